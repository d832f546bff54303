package web_test

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
)

func TestHeaders(t *testing.T) {
	s := newSampleSite(t, func(o *web.Options) { o.Inbox = newBox(t) })
	id := s.member("anna@example.org", "iot")
	unsubscribe := s.leave(id)
	tests := []struct {
		name, path, header string
		want, wantNot      string
	}{
		{"no script and no frame anywhere", "/", "Content-Security-Policy", "default-src 'none'; style-src 'self'", "script"},
		{"no page of ours is framed", "/", "Content-Security-Policy", "frame-ancestors 'none'", "unsafe"},
		{"error pages carry it too", "/nothing", "Content-Security-Policy", "default-src 'none'", "unsafe"},
		{"old browsers do not frame us either", "/", "X-Frame-Options", "DENY", ""},
		{"no type is guessed", "/", "X-Content-Type-Options", "nosniff", ""},
		{"public pages are asked for again", "/editions/2019-q1", "Cache-Control", "no-cache", "no-store"},
		{"links of one person are stored nowhere", unsubscribe, "Cache-Control", "no-store", ""},
		{"nor told to other sites", unsubscribe, "Referrer-Policy", "no-referrer", ""},
		{"nor found", unsubscribe, "X-Robots-Tag", "noindex", ""},
		{"nor is a link that does not work", "/confirm/forged", "Referrer-Policy", "no-referrer", ""},
		{"the inbox may frame our letters", "/inbox", "Content-Security-Policy", "frame-src 'self'", "script"},
		{"a letter is a sandbox", "/inbox/1/html", "Content-Security-Policy", "sandbox allow-popups", "allow-scripts"},
		{"and framed by nobody else", "/inbox/1/html", "Content-Security-Policy", "frame-ancestors 'self'", ""},
		{"a letter's source is a file", "/inbox/1/source", "Content-Type", "message/rfc822", ""},
		{"no HSTS without TLS", "/", "Strict-Transport-Security", "", "max-age"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := strings.Join(s.get(test.path).Header.Values(test.header), "\n")
			if !strings.Contains(got, test.want) || test.wantNot != "" && strings.Contains(got, test.wantNot) {
				t.Errorf("%s: %s: %q", test.path, test.header, got)
			}
			if strings.Count(got, "\n") > 0 {
				t.Errorf("%s: %s stands there more than once: %q", test.path, test.header, got)
			}
		})
	}
	secure := newSite(t, func(o *web.Options) { o.Identity.BaseURL = "https://tidings.example.org" })
	if got := secure.get("/").Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=31536000") {
		t.Errorf("HSTS behind TLS: %q", got)
	}
}

func TestNoInlineStyleNorScript(t *testing.T) {
	s := newSampleSite(t, func(o *web.Options) { o.Inbox, o.Demo = newBox(t), true })
	for _, path := range []string{"/", "/editions/2019-q1", "/items/real-time-iot-framework", "/inbox/1", "/glossary", "/nothing"} {
		body := s.get(path).body
		for _, forbidden := range []string{" style=", "<script", "<style", " onclick", "javascript:", "ZgotmplZ"} {
			if strings.Contains(body, forbidden) {
				t.Errorf("%s holds %q, which the policy forbids", path, forbidden)
			}
		}
	}
}

func TestRedact(t *testing.T) {
	tests := []struct{ path, want string }{
		{"/confirm/AXVjAgG836w", "/confirm/…"},
		{"/confirm/AXVjAgG836w/", "/confirm/…"},
		{"//Unsubscribe//AXVjAgG836w", "/Unsubscribe/…"},
		{"/x/../preferences/AXVjAgG836w/more", "/preferences/…/more"},
		{"/editions/2019-q1", "/editions/2019-q1"},
		{"/", "/"},
		{"/" + strings.Repeat("é", 300), "/" + strings.Repeat("é", 99) + "…"},
	}
	for _, test := range tests {
		if got := web.Redact(test.path); got != test.want {
			t.Errorf("Redact(%q) = %q, want %q", test.path, got, test.want)
		}
	}
}

func TestTokensDoNotReachTheLog(t *testing.T) {
	s := newSite(t)
	id := s.member("anna@example.org", "iot")
	token := s.keys.Issue(subscriptions.PurposeUnsubscribe, id, 0, s.now)
	for _, path := range []string{"/unsubscribe/" + token, "/unsubscribe/" + token + "/", "//unsubscribe/" + token, "/UNSUBSCRIBE/" + token, "/confirm/" + token + "/x"} {
		s.get(path)
		s.post(path, url.Values{"undo": {token}})
		s.do(httptest.NewRequest(http.MethodDelete, path, nil))
	}
	s.noTokens(token)
	if !strings.Contains(s.log.String(), "path=/unsubscribe/…") {
		t.Errorf("the requests are not logged:\n%s", s.log)
	}
	if strings.Contains(s.log.String(), "anna@example.org") {
		t.Error("the log holds an address")
	}
}

func TestPagesThatAreNotThere(t *testing.T) {
	s := newSampleSite(t)
	tests := []struct {
		name, method, path string
		status             int
		location           string
	}{
		{"an unknown page", "GET", "/nothing", http.StatusNotFound, ""},
		{"an unknown entry", "GET", "/items/nothing", http.StatusNotFound, ""},
		{"a slash too many is taken away", "GET", "/editions/2019-q1/", http.StatusMovedPermanently, "/editions/2019-q1"},
		{"with its query", "GET", "/unsubscribe/T/?topic=iot", http.StatusMovedPermanently, "/unsubscribe/T?topic=iot"},
		{"but never leads to another site", "GET", "//elsewhere.example.org/", http.StatusMovedPermanently, "/elsewhere.example.org"},
		{"however it is written", "GET", "/%2felsewhere.example.org/", http.StatusMovedPermanently, "/elsewhere.example.org"},
		{"nor by a backslash, which browsers take for a slash", "GET", "/%5celsewhere.example.org/", http.StatusMovedPermanently, "/%5Celsewhere.example.org"},
		{"a page that takes no form", "POST", "/editions", http.StatusMethodNotAllowed, ""},
		{"a method nobody knows", "DELETE", "/subscribe", http.StatusMethodNotAllowed, ""},
		{"an asset of another version", "GET", "/static/000000000000/site.css", http.StatusNotFound, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := s.do(httptest.NewRequest(test.method, "http://example.com"+test.path, nil))
			if a.StatusCode != test.status || a.Header.Get("Location") != test.location {
				t.Errorf("%s to %q, want %d to %q", a.Status, a.Header.Get("Location"), test.status, test.location)
			}
			if test.location == "" && !strings.Contains(a.body, `<header class="mast">`) {
				t.Errorf("the page is not in our look:\n%s", a.body)
			}
		})
	}
	if got := s.do(httptest.NewRequest(http.MethodDelete, "/subscribe", nil)).Header.Get("Allow"); !strings.Contains(got, "POST") {
		t.Errorf("Allow: %q", got)
	}
}

func TestBodyLimit(t *testing.T) {
	s := newSite(t)
	s.post("/subscribe", url.Values{"email": {strings.Repeat("x", 100_000)}}).want(t, http.StatusRequestEntityTooLarge, "This is longer than we read")
	r := httptest.NewRequest(http.MethodPost, "/subscribe", strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n"+strings.Repeat("x", 100_000)+"\r\n--b--\r\n"))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	s.do(r).want(t, http.StatusRequestEntityTooLarge)
	r = httptest.NewRequest(http.MethodPost, "/subscribe", strings.NewReader("email=%zz"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.do(r).want(t, http.StatusBadRequest, "could not be read")
}

func TestAssetsAndCaching(t *testing.T) {
	s := newSampleSite(t)
	home := s.get("/")
	css := regexp.MustCompile(`/static/[0-9a-f]+/site\.css`).FindString(home.body)
	a := s.get(css)
	a.want(t, http.StatusOK, "--paper")
	if got := a.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control: %q", got)
	}
	if len(a.body) > 30_000 {
		t.Errorf("the style sheet has %d bytes", len(a.body))
	}
	zipped := httptest.NewRequest(http.MethodGet, "/editions/2019-q1", nil)
	zipped.Header.Set("Accept-Encoding", "gzip, br")
	small := s.do(zipped)
	if _, err := gzip.NewReader(strings.NewReader(small.body)); err != nil || small.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("the edition is not compressed: %v", err)
	}
	again := httptest.NewRequest(http.MethodGet, "/", nil)
	again.Header.Set("If-None-Match", home.Header.Get("ETag"))
	if a := s.do(again); a.StatusCode != http.StatusNotModified || a.body != "" {
		t.Errorf("asked again: %s", a.Status)
	}
	heavy := 0 // home with all it loads, compressed as browsers get it: 60 KB at most
	for _, path := range append(regexp.MustCompile(`/static/[0-9a-f]+/[\w.]+`).FindAllString(home.body, -1), "/") {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		a := s.do(r)
		a.want(t, http.StatusOK)
		heavy += len(a.body)
	}
	t.Logf("home weighs %d bytes", heavy)
	if heavy < 4_000 || heavy > 60_000 {
		t.Errorf("home weighs %d bytes", heavy)
	}
	// A page with a form keeps its ETag though each answer has a token of its own, for
	// as long as the token in the page that was kept is good.
	opened := regexp.MustCompile(`name="form" value="([^"]+)"`)
	hours := s.now.Truncate(6 * time.Hour)
	for after, want := range map[time.Duration]int{0: http.StatusNotModified, 6*time.Hour - time.Second: http.StatusNotModified, 6 * time.Hour: http.StatusOK} {
		s.now = hours
		first := s.get("/manage")
		s.now = hours.Add(after)
		r := httptest.NewRequest(http.MethodGet, "/manage", nil)
		r.Header.Set("If-None-Match", first.Header.Get("ETag"))
		if a := s.do(r); a.StatusCode != want {
			t.Errorf("after %v: %s", after, a.Status)
		}
		token := opened.FindStringSubmatch(s.get("/manage").body)
		claims, err := s.keys.Parse(subscriptions.PurposeForm, token[1], s.now)
		if err != nil || claims.Ref != s.now.Unix() {
			t.Errorf("after %v the form says it was opened at %d (%v)", after, claims.Ref, err)
		}
	}
	s.get("/favicon.ico").want(t, http.StatusFound)
	s.get(s.get("/favicon.svg").Header.Get("Location")).want(t, http.StatusOK, "<svg")
	s.get("/robots.txt").want(t, http.StatusOK, "Disallow: /unsubscribe/")
}

func TestHealth(t *testing.T) {
	s := newSite(t)
	s.get("/healthz").want(t, http.StatusOK, "ok")
	s.get("/readyz").want(t, http.StatusOK, "ready")
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.get("/healthz").want(t, http.StatusOK, "ok")
	s.get("/readyz").want(t, http.StatusServiceUnavailable, "not ready", "database: it does not answer")
}

func TestAFaultOfOursIsAPageAndALine(t *testing.T) {
	s := newSite(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	a := s.get("/")
	a.want(t, http.StatusInternalServerError, "This page failed", "on record")
	if strings.Contains(a.body, "sql") || strings.Contains(a.body, "database") {
		t.Errorf("the page tells what is inside:\n%s", a.body)
	}
	if n := strings.Count(s.log.String(), "level=ERROR"); n != 1 {
		t.Errorf("the fault stands %d times in the log, want once:\n%s", n, s.log)
	}
}

func TestAPanicIsAPageAndALine(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.Inbox = brokenBox{} })
	s.get("/inbox").want(t, http.StatusInternalServerError, "This page failed")
	if !strings.Contains(s.log.String(), "the box is broken") || !strings.Contains(s.log.String(), "status=500") {
		t.Errorf("the log says:\n%s", s.log)
	}
}

func TestTheServerHasBounds(t *testing.T) {
	s := web.HTTPServer("127.0.0.1:0", http.NotFoundHandler())
	if s.ReadHeaderTimeout == 0 || s.ReadTimeout == 0 || s.WriteTimeout == 0 || s.IdleTimeout == 0 || s.MaxHeaderBytes == 0 {
		t.Errorf("%+v", s)
	}
}

func TestTheClientBehindAProxy(t *testing.T) {
	tests := []struct {
		name    string
		proxies []string
		want    string
	}{
		{"nobody is believed by default", nil, "192.0.2.1"},
		{"a trusted proxy is", []string{"192.0.2.0/24"}, "203.0.113.7"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, func(o *web.Options) { o.TrustedProxies = test.proxies })
			form := url.Values{"email": {"anna@example.org"}, "topics": {"iot"}}
			r := httptest.NewRequest(http.MethodPost, "/subscribe", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Add("X-Forwarded-For", "198.51.100.66") // what the reader claims
			r.Header.Add("X-Forwarded-For", "203.0.113.7")   // what the proxy adds
			r.Header.Set("X-Real-IP", "198.51.100.67")
			s.do(r).want(t, http.StatusSeeOther)
			person, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
			if err != nil {
				t.Fatal(err)
			}
			consents, err := s.store.Consents(t.Context(), person.ID)
			if err != nil || len(consents) != 1 || consents[0].IP != test.want {
				t.Errorf("the consent came from %+v, want %s (%v)", consents, test.want, err)
			}
		})
	}
	_, err := web.New(web.Options{Identity: subscriptions.StandardIdentity()})
	if err == nil {
		t.Error("a site without services was built")
	}
}

func TestOtherHeadersAreNoProxys(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.TrustedProxies = []string{"192.0.2.0/24"} })
	form := url.Values{"email": {"anna@example.org"}, "topics": {"iot"}}
	r := httptest.NewRequest(http.MethodPost, "/subscribe", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, name := range []string{"X-Real-IP", "CF-Connecting-IP", "X-Appengine-Remote-Addr", "Forwarded"} {
		r.Header.Set(name, "198.51.100.66")
	}
	s.do(r).want(t, http.StatusSeeOther)
	person, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if consents, err := s.store.Consents(t.Context(), person.ID); err != nil || len(consents) != 1 || consents[0].IP != "192.0.2.1" {
		t.Errorf("the consent came from %+v (%v)", consents, err)
	}
}

// Whoever sends a reader a link must not write words onto our page with it.
func TestTheAddressIsNotRepeatedOnThePage(t *testing.T) {
	s := newSampleSite(t)
	for _, path := range []string{"/items/", "/editions/", "/topics/", "/webinars/", "/confirm/", "/preferences/", "/unsubscribe/", "/"} {
		a := s.get(path + "Your%20account%20is%20locked")
		a.want(t, http.StatusNotFound)
		if strings.Contains(a.body, "locked") {
			t.Errorf("%s repeats what the address says:\n%s", path, a.body)
		}
	}
}

// The database is not asked for what is no text: PostgreSQL takes it for a fault
// of ours. Here it is closed, so that asking it fails.
func TestANameThatIsNoTextIsNobodys(t *testing.T) {
	s := newSite(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/items/", "/editions/", "/topics/", "/webinars/"} {
		for _, name := range []string{"%00", "a%00b", "%ff", "%c3%28"} {
			s.get(path+name).want(t, http.StatusNotFound, "There is no such page")
		}
		s.get(path+"text").want(t, http.StatusInternalServerError)
	}
}

// The host in a request is the reader's; links are the site's.
func TestLinksComeFromTheBaseURL(t *testing.T) {
	s := newSampleSite(t)
	for _, path := range []string{"/", "/editions/2019-q1", "/editions/", "/nothing", "/favicon.ico"} {
		r := httptest.NewRequest(http.MethodGet, "http://elsewhere.example.net"+path, nil)
		r.Header.Set("X-Forwarded-Host", "elsewhere.example.net")
		a := s.do(r)
		if strings.Contains(a.body, "elsewhere") || strings.Contains(a.Header.Get("Location"), "elsewhere") {
			t.Errorf("%s links to the host of the request: %q\n%s", path, a.Header.Get("Location"), a.body)
		}
	}
}
