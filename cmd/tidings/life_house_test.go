package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// life is the whole service as it runs for readers: the site on a port, the worker,
// a mail server, the sample edition already sent, and a clock that is moved.
type life struct {
	t     *testing.T
	app   *app
	mail  *mailtest.Server
	base  string
	moved *atomic.Int64
	read  map[int]bool // messages that a test has taken out of the inbox

	browser context.Context // nil until the first window is opened
}

// newLife starts it; with changes the services before anything runs.
func newLife(t *testing.T, with ...func(*app)) *life {
	t.Helper()
	l := &life{t: t, moved: new(atomic.Int64), read: map[int]bool{}}
	start := time.Now()
	now := func() time.Time { return demoTime.Add(time.Since(start) + time.Duration(l.moved.Load())) }
	var err error
	if l.mail, err = mailtest.New(mailtest.Options{Now: now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.mail.Close() })
	var complaints bytes.Buffer // read when all that writes to it has ended
	l.app, err = wireDemo(t.Context(), filepath.Dir(storetest.SQLite(t)), "127.0.0.1:0", l.mail, stdio{strings.NewReader(""), &bytes.Buffer{}, &complaints}, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range with {
		change(l.app)
	}
	listener, err := listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	l.base = "http://" + listener.Addr().String()
	l.app.settings.identity.BaseURL = l.base
	id, err := l.app.demoPrepare(t.Context())
	if err == nil {
		err = l.app.demoSend(t.Context(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	w, err := l.app.worker(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.Poll = 20 * time.Millisecond
	o, err := l.app.operators(w)
	if err != nil {
		t.Fatal(err)
	}
	site, err := l.app.site(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() {
		ended <- together(ctx, w.Run, func(ctx context.Context) error { return serve(ctx, listener, site, time.Second) })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the service ended with %v", err)
		}
		if t.Failed() {
			t.Logf("what it logged:\n%s", complaints.String())
		}
		_ = l.app.Close()
	})
	return l
}

// waits moves the clock.
func (l *life) waits(d time.Duration) { l.moved.Add(int64(d)) }

// letter takes the next message to the address whose subject holds the words out of
// the inbox, and follows every link in it: none is dead.
func (l *life) letter(to, words string) letter {
	l.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, m := range l.mail.Messages() {
			if l.read[m.N] || m.To != to {
				continue
			}
			e, err := enmime.ReadEnvelope(bytes.NewReader(m.Data))
			if err != nil {
				l.t.Fatal(err)
			}
			if got := (letter{e, m.Data}); strings.Contains(e.GetHeader("Subject"), words) {
				l.read[m.N] = true
				l.links(got)
				return got
			}
		}
	}
	l.t.Fatalf("no letter %q came to %s; there are %v", words, to, l.unread(to))
	return letter{}
}

// unread lists the subjects of what the address has got and no test has taken.
func (l *life) unread(to string) []string {
	l.t.Helper()
	var all []string
	for _, m := range l.mail.Messages() {
		if m.To == to && !l.read[m.N] {
			e, err := enmime.ReadEnvelope(bytes.NewReader(m.Data))
			if err != nil {
				l.t.Fatal(err)
			}
			all = append(all, e.GetHeader("Subject"))
		}
	}
	return all
}

var (
	anHref = regexp.MustCompile(`href="([^"]*)"`)
	aURL   = regexp.MustCompile(`https?://[^\s<>"]+`)
)

// links gives all addresses of our site in a letter, from its HTML, its text and its
// header, each opened once and answered (the test fails otherwise). Those of others
// are not ours to open.
func (l *life) links(m letter) []string {
	l.t.Helper()
	var all []string
	for _, found := range anHref.FindAllStringSubmatch(m.HTML, -1) {
		if strings.Contains(found[1], "://") {
			all = append(all, strings.ReplaceAll(found[1], "&amp;", "&"))
		}
	}
	all = append(all, aURL.FindAllString(m.Text, -1)...)
	if header := m.GetHeader("List-Unsubscribe"); header != "" {
		all = append(all, strings.Trim(header, "<>"))
	}
	slices.Sort(all)
	all = slices.DeleteFunc(slices.Compact(all), func(link string) bool { return !strings.HasPrefix(link, l.base) })
	for _, link := range all {
		if status := l.ask(http.MethodGet, link, nil); status >= http.StatusBadRequest {
			l.t.Errorf("%q: GET %s is answered with %d", m.GetHeader("Subject"), link, status)
		}
	}
	if len(all) == 0 {
		l.t.Errorf("%q holds no link of ours", m.GetHeader("Subject"))
	}
	return all
}

// link gives the letter's link of that page.
func (l *life) link(m letter, page string) string {
	l.t.Helper()
	at := strings.Index(m.Text, l.base+page)
	if at < 0 {
		l.t.Fatalf("%q holds no %s:\n%s", m.GetHeader("Subject"), page, m.Text)
	}
	return strings.Fields(m.Text[at:])[0]
}

// ask sends a request as a program does, without cookie, origin or redirect.
func (l *life) ask(method, link string, form url.Values) int {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), method, link, strings.NewReader(form.Encode()))
	if err != nil {
		l.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// oneClick does what a mailbox provider does with a letter (RFC 8058, 3.1).
func (l *life) oneClick(m letter) {
	l.t.Helper()
	link := strings.Trim(m.GetHeader("List-Unsubscribe"), "<>")
	if m.GetHeader("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		l.t.Fatalf("%q offers no one-click", m.GetHeader("Subject"))
	}
	if status := l.ask(http.MethodPost, link, url.Values{"List-Unsubscribe": {"One-Click"}}); status != http.StatusOK {
		l.t.Errorf("the one-click POST to %s is answered with %d", link, status)
	}
}

// edition sends an edition with one entry in the topic, to its end.
func (l *life) edition(title, topic string) {
	l.t.Helper()
	ctx := l.t.Context()
	day := subscriptions.DateOf(l.app.now())
	topics, err := l.app.store.Topics(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	at := slices.IndexFunc(topics, func(t subscriptions.Topic) bool { return t.Slug == topic })
	slug := fmt.Sprintf("entry-of-%s", strings.ToLower(strings.ReplaceAll(title, " ", "-")))
	item := subscriptions.Item{Slug: slug, Title: "An entry of " + title, Date: day, Body: "It says something.", Topics: []int64{topics[at].ID},
		State: subscriptions.ItemDraft, CreatedAt: l.app.now()}
	if err := item.Publish(l.app.now()); err != nil {
		l.t.Fatal(err)
	}
	if err := l.app.store.AddItem(ctx, &item); err != nil {
		l.t.Fatal(err)
	}
	e, err := l.app.editions.Create(ctx, title, subscriptions.Period{From: day, To: day})
	if err == nil {
		e, err = l.app.editions.Freeze(ctx, e.ID)
	}
	if err == nil {
		e, err = l.app.editions.Approve(ctx, e.ID, e.Hash, "a test")
	}
	if err == nil {
		e, err = l.app.editions.Start(ctx, e.ID)
	}
	if err == nil {
		err = l.app.drained(ctx, e.ID)
	}
	if err != nil {
		l.t.Fatalf("send %s: %v", title, err)
	}
}
