package static_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"sesec.eu/tidings/web/static"
)

func TestAssets(t *testing.T) {
	assets, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	p := assets.Path("site.css")
	if !regexp.MustCompile(`^/static/[0-9a-f]{12}/site\.css$`).MatchString(p) {
		t.Fatalf("path %q", p)
	}
	plain, zipped := httptest.NewRecorder(), httptest.NewRecorder()
	if !assets.Serve(plain, httptest.NewRequest(http.MethodGet, p, nil), false) || !assets.Serve(zipped, httptest.NewRequest(http.MethodGet, p, nil), true) {
		t.Fatal("the style sheet is not served")
	}
	r, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := io.ReadAll(r)
	if err != nil || string(unzipped) != plain.Body.String() {
		t.Errorf("compressed it is another one: %v", err)
	}
	if got := plain.Header().Get("Content-Type"); got != "text/css; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if assets.Serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/static/000000000000/site.css", nil), false) {
		t.Error("an asset is served under a hash that is not its own")
	}
	if assets.Path("nothing.css") != "" {
		t.Error("an asset that does not exist has a path")
	}
}

// The site's promise: nothing is loaded from elsewhere.
func TestTheStyleSheetLoadsNothing(t *testing.T) {
	assets, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	assets.Serve(w, httptest.NewRequest(http.MethodGet, assets.Path("site.css"), nil), false)
	for _, sign := range []string{"url(", "@import", "http:", "https:"} {
		if strings.Contains(w.Body.String(), sign) {
			t.Errorf("the style sheet holds %q", sign)
		}
	}
}
