package fetch_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
)

// here is a client that may reach 127.0.0.1, and nothing else of this machine.
func here(t *testing.T, o fetch.Options) *fetch.Client {
	t.Helper()
	o.Allow = append(o.Allow, netip.MustParsePrefix("127.0.0.1/32"))
	c := fetch.New(o)
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// wantFault holds an error to its code and to a piece of its sentence.
func wantFault(t *testing.T, err error, code subscriptions.Code, words string) {
	t.Helper()
	var e *subscriptions.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, words) || e.Hint == "" {
		t.Errorf("the error is %#v, want %s, %q and a hint", err, code, words)
	}
}

func TestAPageIsFetchedAndThenKnown(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Last-Modified", "Mon, 04 Mar 2019 08:00:00 GMT")
		if r.Header.Get("If-None-Match") == `"one"` && r.Header.Get("If-Modified-Since") == "Mon, 04 Mar 2019 08:00:00 GMT" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(r.Header.Get("Accept") + " " + r.Header.Get("User-Agent")))
	})
	c := here(t, fetch.Options{Agent: "A test"})
	page, err := c.Get(t.Context(), fetch.Request{URL: s.URL + "/feed#top", Accept: "text/xml"})
	if err != nil {
		t.Fatal(err)
	}
	if string(page.Body) != "text/xml A test" || page.URL != s.URL+"/feed" || page.ContentType != "text/plain; charset=utf-8" || page.Known {
		t.Errorf("the page is %+v", page)
	}
	again, err := c.Get(t.Context(), fetch.Request{URL: s.URL + "/feed", ETag: page.ETag, LastModified: page.LastModified})
	if err != nil || !again.Known || len(again.Body) != 0 {
		t.Errorf("the second time it is %+v, %v", again, err)
	}
}

func TestWhatIsNoAddressIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	t.Parallel()
	for address, words := range map[string]string{
		"":                              "not the address of a web page",
		"example.org/feed":              "not the address of a web page",
		"file:///etc/passwd":            "not the address of a web page",
		"ftp://example.org/feed":        "only http and https",
		"gopher://example.org:70/1":     "only http and https",
		"http://me:secret@example.org/": "a user name or a password",
		"http://me@example.org/":        "a user name or a password",
		"http://2130706433/":            "a number in an unusual form",
		"http://0x7f000001/":            "a number in an unusual form",
		"http://0x7f.1/":                "a number in an unusual form",
		"http://0177.0.0.1/":            "a number in an unusual form",
		"http://127.1/":                 "a number in an unusual form",
		"http://127.0.0.1./":            "a number in an unusual form",
		"http://1.2.3.4.5/":             "a number in an unusual form",
		"http://example.0x7f/":          "a number in an unusual form",
		"http://example.org/" + strings.Repeat("a", 2000): "longer than 2,000 bytes",
	} {
		_, err := fetch.CheckAddress(address)
		wantFault(t, err, subscriptions.Invalid, words)
	}
	got, err := fetch.CheckAddress("  https://example.org/a?b=c#d ")
	if err != nil || got != "https://example.org/a?b=c" {
		t.Errorf("a good address is kept as %q, %v", got, err)
	}
}

func TestWhatIsNotTheOpenInternetIsNotReached(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	port := s.URL[strings.LastIndexByte(s.URL, ':')+1:]
	c := fetch.New(fetch.Options{Ports: []uint16{portOf(t, s)}})
	t.Cleanup(c.Close)
	for _, host := range []string{"127.0.0.1", "127.8.9.10", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "0.0.0.0",
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]",
		"224.0.0.1", "255.255.255.255", "[ff02::1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "198.18.0.1", "192.0.2.1"} {
		_, err := c.Get(t.Context(), fetch.Request{URL: "http://" + host + ":" + port + "/"})
		wantFault(t, err, subscriptions.Refused, "private network")
	}
	if asked.Load() != 0 {
		t.Errorf("the server was asked %d times", asked.Load())
	}
	other := fetch.New(fetch.Options{})
	t.Cleanup(other.Close)
	_, err := other.Get(t.Context(), fetch.Request{URL: "http://93.184.216.34:22/"})
	wantFault(t, err, subscriptions.Refused, "only the ports 80 and 443")
}

func portOf(t *testing.T, s *httptest.Server) uint16 {
	t.Helper()
	return uint16(s.Listener.Addr().(*net.TCPAddr).Port)
}

func TestRedirectsAreJudgedLikeAddresses(t *testing.T) {
	t.Parallel()
	var inner atomic.Int64
	inside, err := net.Listen("tcp", "127.0.0.2:0") // not among the allowed
	if err != nil {
		t.Skip("this machine has no 127.0.0.2:", err)
	}
	secret := &httptest.Server{Listener: inside, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inner.Add(1) })}}
	secret.Start()
	t.Cleanup(secret.Close)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		to := r.URL.Query().Get("to")
		if to == "round" {
			to = "/?to=round"
		}
		if to == "" {
			_, _ = w.Write([]byte("here" + r.Header.Get("Referer")))
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	c := here(t, fetch.Options{Ports: []uint16{portOf(t, secret)}})
	for to, want := range map[string]struct {
		code  subscriptions.Code
		words string
	}{
		secret.URL:                  {subscriptions.Refused, "private network"},
		"http://[::1]:80/":          {subscriptions.Refused, "private network"},
		"http://2130706433/":        {subscriptions.Invalid, "a number in an unusual form"},
		"file:///etc/passwd":        {subscriptions.Invalid, "only http and https"},
		"http://me:me@example.org/": {subscriptions.Invalid, "a user name"},
		"round":                     {subscriptions.Unavailable, "more than five times"},
	} {
		_, err := c.Get(t.Context(), fetch.Request{URL: s.URL + "/?to=" + to})
		wantFault(t, err, want.code, want.words)
	}
	if inner.Load() != 0 {
		t.Errorf("the server inside was asked %d times", inner.Load())
	}
	page, err := c.Get(t.Context(), fetch.Request{URL: s.URL + "/?to=/plain"})
	if err != nil || string(page.Body) != "here" || page.URL != s.URL+"/plain" {
		t.Errorf("a redirect within the open leads to %+v, %v", page, err)
	}
}

func TestWhatIsTooMuchIsCutOff(t *testing.T) {
	t.Parallel()
	block := bytes.Repeat([]byte("<item>again</item>"), 4000)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		case "/bomb": // 200 MB in 200 KB
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			zeros := make([]byte, 1<<20)
			for range 200 {
				if _, err := z.Write(zeros); err != nil {
					return
				}
			}
			_ = z.Close()
		case "/header":
			for range 80 {
				w.Header().Add("X-Long", strings.Repeat("x", 1024))
			}
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/known": // 304 to a question that was not asked
			w.WriteHeader(http.StatusNotModified)
		case "/short":
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("half"))
		case "/drip":
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte("."))
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		}
	})
	c := here(t, fetch.Options{})
	for path, words := range map[string]string{
		"/endless": "larger than 5 MB, or has no end",
		"/bomb":    "larger than 5 MB, or has no end",
		"/header":  "did not answer as a web server does",
		"/gone":    "the server answered 410 Gone",
		"/known":   "the server answered 304",
		"/short":   "did not answer as a web server does",
	} {
		_, err := c.Get(t.Context(), fetch.Request{URL: s.URL + path})
		wantFault(t, err, subscriptions.Unavailable, words)
	}
	_, err := here(t, fetch.Options{Within: 100 * time.Millisecond}).Get(t.Context(), fetch.Request{URL: s.URL + "/drip"})
	wantFault(t, err, subscriptions.Unavailable, "did not answer in time")
}

func TestNoProxyOfTheEnvironmentIsUsed(t *testing.T) {
	var asked atomic.Int64
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	t.Setenv("ALL_PROXY", proxy.URL)
	c := here(t, fetch.Options{Resolver: names(t, nil), Within: 5 * time.Second})
	_, err := c.Get(t.Context(), fetch.Request{URL: "http://nobody.example.org/"})
	wantFault(t, err, subscriptions.Unavailable, "no server of this name")
	if asked.Load() != 0 {
		t.Error("the proxy was asked")
	}
}

func TestParseAllow(t *testing.T) {
	t.Parallel()
	o, err := fetch.ParseAllow(" 127.0.0.0/8, 10.1.2.3,:8443,2001:db8::/32,")
	if err != nil || len(o.Allow) != 3 || o.Allow[1].String() != "10.1.2.3/32" || len(o.Ports) != 1 || o.Ports[0] != 8443 {
		t.Errorf("it reads %+v, %v", o, err)
	}
	if o, err := fetch.ParseAllow(""); err != nil || len(o.Allow)+len(o.Ports) != 0 {
		t.Errorf("nothing is %+v, %v", o, err)
	}
	for _, wrong := range []string{"example.org", ":0", ":70000", "10.0.0.0/33", "::ffff:10.0.0.1", "10.0.0.1 10.0.0.2"} {
		_, err := fetch.ParseAllow(wrong)
		wantFault(t, err, subscriptions.Invalid, "neither a network nor a port")
	}
}
