package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
	"sesec.eu/tidings/web"
)

// elsewhere is another site, on loopback, and what may reach it.
func elsewhere(t *testing.T, h http.HandlerFunc) (*httptest.Server, *fetch.Client) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	client := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []uint16{uint16(port)}, Within: 5 * time.Second})
	t.Cleanup(client.Close)
	return server, client
}

// checked runs preflight at the desk, and gives its page when it is done.
func (d *atDesk) checked(t *testing.T, path string) answer {
	t.Helper()
	if got := d.post(path+"/preflight", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("running preflight: %d\n%s", got.StatusCode, got.body)
	}
	for range 600 {
		got := d.get(path + "/preflight")
		if !strings.Contains(got.body, `data-running`) {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("preflight does not end")
	return answer{}
}

func TestPreflightBlocksAndIsMended(t *testing.T) {
	t.Parallel()
	var gone, asked atomic.Int64
	gone.Store(1)
	other, client := elsewhere(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch {
		case r.URL.Path == "/gone" && gone.Load() == 1:
			w.WriteHeader(http.StatusNotFound)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/there", http.StatusMovedPermanently)
		case r.URL.Path == "/home/deep":
			http.Redirect(w, r, "/", http.StatusFound)
		case r.URL.Path == "/no-head" && r.Method == http.MethodHead:
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
	base := other.URL
	s := newSite(t, func(o *web.Options) { o.Desk.Preflight.Links = client })
	editor, publisher := s.as(subscriptions.RoleEditor), s.as(subscriptions.RolePublisher)
	ids := s.news(t, "One: iot", "Two: iot cybersecurity")
	s.member("anna@example.org", "iot")
	s.member("quiet@example.org", "communication-networks")
	change := func(title string, f func(i *subscriptions.Item)) {
		t.Helper()
		i, err := s.store.FindItem(t.Context(), ids[title])
		if err == nil {
			f(&i)
			err = s.store.UpdateItem(t.Context(), i)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	change("One", func(i *subscriptions.Item) {
		i.Body = "Read [it](" + base + "/gone), [that](" + base + "/moved), <" + base + "/no-head> and [more](" + base + "/home/deep). The ITSRC said so. ![](x.png)"
		i.Comments = &subscriptions.CommentPeriod{Until: subscriptions.Date{Year: 2019, Month: 2, Day: 12}}
	})
	path := editor.quarter(t)
	editor.get(path+"/preflight").want(t, http.StatusOK, "It was not checked yet", "Run preflight")
	verdict := func() subscriptions.PreflightVerdict {
		t.Helper()
		v, err := s.newDesk().Preflight.Verdict(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := verdict(); v.May || v.Checked {
		t.Errorf("before the first check: %+v", v)
	}
	got := editor.checked(t, path)
	got.want(t, http.StatusOK, "Not ready yet", "1 finding blocks", "there is no such page (404)", base+"/gone", "The page has moved for good", "front page of 127.0.0.1",
		"12 February 2019", "ITSRC", "Entry 1. One", "1 picture has no words", "1 person gets no letter, because nothing is in their topics", "Edit the item", "/desk/items/1/edit", "Every different letter", "Blockchain has no entry")
	if strings.Contains(got.body, "no-head") {
		t.Error("a server that does not know HEAD is said to be wrong")
	}
	if strings.Contains(got.body, "Take note<") {
		t.Error("an editor may take note")
	}
	if v := verdict(); v.May || v.Blocking != 1 || v.Warnings == 0 {
		t.Errorf("what blocks does not: %+v", v)
	}
	// A second run does not ask again for what has just answered well.
	before := asked.Load()
	editor.checked(t, path)
	if n := asked.Load() - before; n > 4 {
		t.Errorf("the second run asked %d times", n)
	}

	// Only a publisher takes note, only of warnings, only with a reason.
	note := regexp.MustCompile(`(?s)<li id="f-([0-9a-f]+)">\s*<i class="(\w+)"`)
	keys := map[string][]string{}
	for _, m := range note.FindAllStringSubmatch(got.body, -1) {
		keys[m[2]] = append(keys[m[2]], m[1])
	}
	if len(keys["ba"]) != 1 || len(keys["wa"]) < 4 {
		t.Fatalf("the findings are %v", keys)
	}
	if got := editor.post(path+"/preflight/notes", url.Values{"finding": {keys["wa"][0]}, "reason": {"x"}}); got.StatusCode != http.StatusForbidden {
		t.Errorf("an editor takes note: %d", got.StatusCode)
	}
	if got := publisher.post(path+"/preflight/notes", url.Values{"finding": {keys["ba"][0]}, "reason": {"x"}}); got.StatusCode != http.StatusConflict {
		t.Errorf("taking note of what blocks: %d", got.StatusCode)
	}
	publisher.post(path+"/preflight/notes", url.Values{"finding": {keys["wa"][0]}, "reason": {" "}}).want(t, http.StatusUnprocessableEntity, "Say why it may stay as it is")
	if got := publisher.post(path+"/preflight/notes", url.Values{"finding": {"ffff"}, "reason": {"x"}}); got.StatusCode != http.StatusNotFound {
		t.Errorf("taking note of nothing: %d", got.StatusCode)
	}
	for _, key := range keys["wa"] {
		publisher.post(path+"/preflight/notes", url.Values{"finding": {key}, "reason": {"It is <b>meant</b>."}})
	}
	publisher.get(path+"/preflight").want(t, http.StatusOK, "It is &lt;b&gt;meant&lt;/b&gt;.", "all taken note of", "Ask again")
	if events, err := s.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: "preflight.acknowledge"}); err != nil || len(events) != len(keys["wa"]) {
		t.Errorf("the log has %d notes, %v", len(events), err)
	}
	if v := verdict(); v.May || v.Warnings != 0 || v.Taken != len(keys["wa"]) {
		t.Errorf("with every warning taken note of: %+v", v)
	}

	// The link is mended: the state is another one, and has to be checked anew.
	change("One", func(i *subscriptions.Item) { i.Body = strings.Replace(i.Body, base+"/gone", base+"/there", 1) })
	if v := verdict(); v.May || !v.Stale {
		t.Errorf("a change leaves it checked: %+v", v)
	}
	editor.get(path+"/preflight").want(t, http.StatusOK, "It has changed since it was checked")
	editor.checked(t, path).want(t, http.StatusOK, "Ready to be approved", "Nothing blocks", "taken note of")
	if v := verdict(); !v.May {
		t.Errorf("what was mended may not be approved: %+v", v)
	}
	// Freezing keeps the verdict: it is the same content.
	editor.post(path+"/freeze", nil)
	if v := verdict(); !v.May {
		t.Errorf("frozen as it was checked: %+v", v)
	}
	publisher.post(path+"/preflight/notes", url.Values{"finding": {keys["wa"][0]}, "verb": {"withdraw"}})
	if v := verdict(); v.May || v.Warnings != 1 {
		t.Errorf("a note was taken back: %+v", v)
	}
	// Withdrawn after the freeze: the letters would hold it still.
	change("Two", func(i *subscriptions.Item) { i.State = subscriptions.ItemWithdrawn })
	editor.checked(t, path).want(t, http.StatusOK, "It was withdrawn after the edition was frozen")
}

// Links may not be used to look around in our own network.
func TestPreflightReachesNoPrivateNetwork(t *testing.T) {
	t.Parallel()
	client := fetch.New(fetch.Options{Within: time.Second})
	t.Cleanup(client.Close)
	reached := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(server.Close)
	for _, link := range []string{server.URL, "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://2130706433/", "http://0x7f.1/",
		"http://user:secret@example.org/", "file:///etc/passwd", "gopher://example.org/", "http://10.0.0.1:22/", "http://[::ffff:127.0.0.1]/", "javascript:alert(1)"} {
		if got := client.CheckLink(context.Background(), link); got.State != subscriptions.LinkPrivate || got.Detail == "" {
			t.Errorf("%s: %+v", link, got)
		}
	}
	// Nor by a redirect from outside.
	from := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/", http.StatusFound))
	t.Cleanup(from.Close)
	u, _ := url.Parse(from.URL)
	port, _ := strconv.ParseUint(u.Port(), 10, 16)
	allowed := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []uint16{uint16(port)}})
	t.Cleanup(allowed.Close)
	if got := allowed.CheckLink(context.Background(), from.URL); got.State != subscriptions.LinkPrivate {
		t.Errorf("a redirect into a private network: %+v", got)
	}
	if reached {
		t.Error("a server of this machine was asked")
	}
}
