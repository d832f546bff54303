package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"sesec.eu/tidings/web"
	"sesec.eu/tidings/web/ops"
)

// asked is a request for the figures, from the address, with the header.
func asked(from string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.RemoteAddr = from
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestWhoMayReadTheFigures(t *testing.T) {
	t.Parallel()
	const local, scraper, stranger = "127.0.0.1:40000", "10.1.2.3:40000", "192.0.2.7:40000"
	tests := []struct {
		name    string
		proxies []string
		allow   string
		request *http.Request
		allowed bool
	}{
		{"this machine", nil, "", asked(local), true},
		{"this machine, in the newer way", nil, "", asked("[::1]:40000"), true},
		{"this machine, as an older address in a newer one", nil, "", asked("[::ffff:127.0.0.1]:40000"), true},
		{"a stranger", nil, "", asked(stranger), false},
		{"a scraper nobody has allowed", nil, "", asked(scraper), false},
		{"a scraper", nil, "10.1.0.0/16", asked(scraper), true},
		{"a scraper in the newer way", nil, "2001:db8::/32", asked("[2001:db8::7]:40000"), true},
		{"this machine beside a scraper", nil, "10.1.0.0/16", asked(local), true},
		{"a neighbour of the scraper", nil, "10.1.0.0/16", asked("10.2.2.3:40000"), false},
		{"a stranger who says to be this machine", nil, "", asked(stranger, "X-Forwarded-For", "127.0.0.1"), false},
		{"a stranger through a proxy here that is trusted", []string{"127.0.0.1"}, "", asked(local, "X-Forwarded-For", "192.0.2.7"), false},
		{"a stranger who says so through that proxy", []string{"127.0.0.1"}, "", asked(local, "X-Forwarded-For", "127.0.0.1, 192.0.2.7"), false},
		{"a scraper through that proxy", []string{"127.0.0.1"}, "10.1.0.0/16", asked(local, "X-Forwarded-For", "10.1.2.3"), true},
		{"anybody through a proxy here that is not trusted", nil, "", asked(local, "X-Forwarded-For", "192.0.2.7"), false},
		{"anybody through one that says it in other words", nil, "", asked(local, "X-Real-IP", "192.0.2.7"), false},
		{"or in those of the standard", nil, "", asked(local, "Forwarded", "for=192.0.2.7"), false},
		{"or says only that it is there", nil, "", asked(local, "Via", "1.1 proxy"), false},
		{"a proxy among the scrapers that is not trusted", nil, "10.1.0.0/16", asked(scraper, "X-Forwarded-For", "192.0.2.7"), false},
		{"nobody", nil, "", asked(""), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var site http.Handler
			s := newSite(t, func(o *web.Options) {
				o.TrustedProxies = test.proxies
				if test.allow != "" {
					o.Ops.Allow = []netip.Prefix{netip.MustParsePrefix(test.allow)}
				}
				var err error
				if site, err = web.Operators(o.Ops, test.proxies, slog.New(slog.NewTextHandler(io.Discard, nil)), o.Now); err != nil {
					t.Fatal(err)
				}
			})
			for where, h := range map[string]http.Handler{"the site": s.handler, "the address of its own": site} {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, test.request.Clone(t.Context()))
				shown := strings.Contains(w.Body.String(), "tidings_workers_alive 0")
				if test.allowed && (w.Code != http.StatusOK || !shown) || !test.allowed && (w.Code != http.StatusNotFound || shown) {
					t.Errorf("%s answers %d, allowed: %v", where, w.Code, test.allowed)
				}
			}
		})
	}
}

func TestTheAddressOfItsOwnHasNothingElse(t *testing.T) {
	t.Parallel()
	var watch *ops.Ops
	s := newSite(t, func(o *web.Options) { watch = o.Ops })
	h, err := web.Operators(watch, nil, slog.New(slog.NewTextHandler(s.log, nil)), watch.Now)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 404, "/": 404, "/subscribe": 404, "/unsubscribe/x": 404} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			if w.Code != want {
				t.Errorf("%s %s: %d, want %d", method, path, w.Code, want)
			}
		}
	}
	if _, err := web.Operators(watch, []string{"nonsense"}, nil, nil); err == nil {
		t.Error("a proxy that is no address is taken")
	}
}
