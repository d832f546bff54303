//go:build load

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
)

const loadSecret = "a-secret-that-only-the-load-knows"

// loadHouse is a database of the size of a great service, the program, and a mail
// server that takes everything.
type loadHouse struct {
	t               *testing.T
	program, dir    string
	mail            net.Listener
	people, entries int
	editions, slugs []string
	running         string   // number of the edition that is sent meanwhile
	desk            []string // paths of the desk
	session         string   // of an admin
	keys            *subscriptions.Keyring
	site            *exec.Cmd
}

func number(t *testing.T, name string) int {
	t.Helper()
	if os.Getenv(name) == "" {
		return 0
	}
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func newLoadHouse(t *testing.T, people, entries int) *loadHouse {
	t.Helper()
	h := &loadHouse{t: t, dir: t.TempDir(), people: people, entries: entries}
	h.program = filepath.Join(h.dir, "tidings")
	if out, err := exec.Command("go", "build", "-o", h.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var err error
	if h.keys, err = subscriptions.NewKeyring([]byte(loadSecret)); err != nil {
		t.Fatal(err)
	}
	if h.mail, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.mail.Close() })
	go h.takeAll()
	h.publish()
	file, err := os.Create(filepath.Join(h.dir, "people.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "email,name,topics")
	topics := subscriptions.StandardTopics()
	for i := range people {
		fmt.Fprintf(w, "p%d@d%d.example.org,,%s;%s\n", i, i%97, topics[i%6].Slug, topics[(i/6)%6].Slug)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	h.do("import", "subscribers", file.Name(), "--confirmed", "--source", "the load")
	h.do("stats") // a house that runs has counted all days but the last two
	h.do("edition", "approve", h.running)
	return h
}

// publish fills sixty months with entries, and one more edition that is to be sent.
func (h *loadHouse) publish() {
	h.t.Helper()
	ctx := context.Background()
	a, err := wire(ctx, settings{database: filepath.Join(h.dir, "tidings.db"), secrets: [][]byte{[]byte(loadSecret)},
		identity: subscriptions.StandardIdentity(), connections: 1, level: slog.LevelWarn}, stdio{nil, io.Discard, io.Discard}, time.Now)
	if err != nil {
		h.t.Fatal(err)
	}
	defer a.Close()
	must := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	topics, err := a.store.Topics(ctx)
	must(err)
	if len(topics) == 0 {
		for _, topic := range subscriptions.StandardTopics() {
			must(a.store.AddTopic(ctx, &topic))
		}
		topics, err = a.store.Topics(ctx)
		must(err)
	}
	const months = 60
	month := time.Now().UTC().AddDate(0, -months, 1-time.Now().UTC().Day())
	for m := range months + 1 {
		first := subscriptions.DateOf(month)
		last := subscriptions.DateOf(month.AddDate(0, 1, -1))
		for i := range h.entries / (months + 1) {
			slug := fmt.Sprintf("entry-%d-%d", m, i)
			item := subscriptions.Item{Slug: slug, Title: fmt.Sprintf("Standard %d of month %d enters a round of comments", i, m),
				Topics: []int64{topics[i%len(topics)].ID}, Date: first, State: subscriptions.ItemPublished, CreatedAt: month, UpdatedAt: month, PublishedAt: month,
				Body: strings.Repeat("The committee has published a draft. Stakeholders may comment until the end of the month. ", 12)}
			must(a.store.AddItem(ctx, &item))
			h.slugs = append(h.slugs, slug)
		}
		e, err := a.editions.Create(ctx, month.Format("January 2006"), subscriptions.Period{From: first, To: last})
		must(err)
		if e, err = a.editions.Freeze(ctx, e.ID); err != nil {
			h.t.Fatal(err)
		}
		h.running = strconv.FormatInt(e.ID, 10)
		if month = month.AddDate(0, 1, 0); m == months {
			break
		}
		_, err = a.editions.Approve(ctx, e.ID, e.Hash, "the load")
		must(err)
		_, err = a.editions.Start(ctx, e.ID)
		must(err)
		_, _, err = a.editions.QueueBatch(ctx, e.ID, 10) // there is nobody yet
		must(err)
		_, err = a.editions.FinishIfDone(ctx, e.ID)
		must(err)
		h.editions = append(h.editions, e.Slug)
	}
	h.openDesk(a, month)
	h.slugs = h.slugs[:len(h.slugs)-h.entries/(months+1)] // those of the last are not public yet
}

// openDesk signs an admin in, begins the edition after the last with forty entries,
// and lists what there is to open.
func (h *loadHouse) openDesk(a *app, month time.Time) {
	h.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	first := subscriptions.DateOf(month)
	for i := range 40 {
		must(a.store.AddItem(ctx, &subscriptions.Item{Slug: fmt.Sprintf("to-come-%d", i), Title: fmt.Sprintf("Draft %d, open for comments", i), Topics: []int64{1 + int64(i%6)},
			Date: first, State: subscriptions.ItemPublished, CreatedAt: month, UpdatedAt: month, PublishedAt: month, Body: strings.Repeat("The committee has published a draft. ", 30),
			Comments: &subscriptions.CommentPeriod{Until: subscriptions.DateOf(month.AddDate(0, 2, i))}}))
	}
	e, err := a.editions.Create(ctx, "The next edition", subscriptions.Period{From: first, To: subscriptions.DateOf(month.AddDate(0, 1, -1))})
	must(err)
	admin := subscriptions.Editor{Name: "The load", Address: "load@example.org", Role: subscriptions.RoleAdmin, FactorAt: time.Now(), CreatedAt: time.Now()}
	must(a.store.AddEditor(ctx, &admin))
	sessions := &subscriptions.SessionService{Store: a.store, Now: time.Now}
	h.session, err = sessions.Begin(ctx, admin.ID, "127.0.0.1", "the load")
	must(err)
	d, err := a.desk()
	must(err)
	for _, route := range d.Routes() {
		// A stream ends when its reader goes.
		if route.Method != http.MethodGet || route.Role == desk.Everybody || strings.HasSuffix(route.Path, "/stream") {
			continue
		}
		path := strings.Replace(route.Path, "/desk/editions/:id", fmt.Sprintf("/desk/editions/%d", e.ID), 1)
		if path = strings.ReplaceAll(path, ":id", "1"); !strings.Contains(path, ":") {
			h.desk = append(h.desk, path)
		}
	}
	// The edition that is leaving.
	for _, page := range []string{"", "/release", "/ledger", "/ledger?state=sent", "/ledger?state=failed", "/ledger?address=p4242", "/ledger?address=%40d42.example.org", "/statistics", "/corrections", "/missed", "/preview", "/preflight"} {
		h.desk = append(h.desk, "/desk/editions/"+h.running+page)
	}
	// People are found among all of them by the beginning of an address, and by a
	// domain; and nobody is.
	for _, text := range []string{"p12345", "p999", "@d42.example.org", "zebra"} {
		h.desk = append(h.desk, "/desk/people?q="+url.QueryEscape(text))
	}
	h.desk = append(h.desk, "/desk/people?status=active&before=500000", "/desk/people/suppressions?reason=bounce", "/desk/search?q=p4242")
}

// takeAll is the mail server.
func (h *loadHouse) takeAll() {
	for {
		c, err := h.mail.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			r := bufio.NewReaderSize(c, 64<<10)
			say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
			say("220 load.example.org ESMTP")
			for data := false; ; {
				line, err := r.ReadSlice('\n')
				switch {
				case err != nil:
					return
				case data:
					if data = len(line) != 3 || line[0] != '.'; !data {
						say("250 taken")
					}
				case bytes.HasPrefix(line, []byte("EHLO")):
					say("250-load.example.org\r\n250 PIPELINING")
				case bytes.HasPrefix(line, []byte("DATA")):
					data = true
					say("354 go on")
				default:
					say("250 fine")
				}
			}
		}()
	}
}

func (h *loadHouse) command(args ...string) *exec.Cmd {
	cmd := exec.Command(h.program, args...)
	cmd.Env = append(os.Environ(), "TIDINGS_DATABASE="+filepath.Join(h.dir, "tidings.db"), "TIDINGS_SECRET="+loadSecret,
		"TIDINGS_SMTP=smtp://"+h.mail.Addr().String()+"?tls=none", "TIDINGS_LOG_LEVEL=warn")
	return cmd
}

func (h *loadHouse) do(args ...string) []byte {
	h.t.Helper()
	cmd := h.command(args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("tidings %v: %v\n%s", args, err, &said)
	}
	return out
}

func (h *loadHouse) status() (s struct{ Sent int }) {
	h.t.Helper()
	if err := json.Unmarshal(h.do("edition", "status", h.running, "--json"), &s); err != nil {
		h.t.Fatal(err)
	}
	return s
}

// serve starts the site, which sends as well, and gives its address.
func (h *loadHouse) serve(rate string) string {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	h.site = h.command("serve")
	h.site.Env = append(h.site.Env, "TIDINGS_ADDR="+addr, "TIDINGS_RATE="+rate, "TIDINGS_TRUSTED_PROXIES=127.0.0.1")
	h.site.Stderr = os.Stderr
	if err := h.site.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		_ = h.site.Process.Signal(os.Interrupt)
		_ = h.site.Wait()
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if answer, err := http.Get("http://" + addr + "/healthz"); err == nil {
			_ = answer.Body.Close()
			return "http://" + addr
		}
		if time.Now().After(deadline) {
			h.t.Fatal("the site does not answer")
		}
	}
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// form reads the hidden fields of the form, and waits for as long as a person
// takes to fill it in.
func (h *loadHouse) form(link string) map[string]string {
	h.t.Helper()
	answer, err := http.Get(link)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	fields := map[string]string{}
	for _, m := range hiddenInput.FindAllStringSubmatch(string(page), -1) {
		fields[m[1]] = m[2]
	}
	time.Sleep(8 * time.Second)
	return fields
}

// token is a person's link to their preferences.
func (h *loadHouse) token(id int64) string {
	return h.keys.Issue(subscriptions.PurposePreferences, id, 0, time.Now())
}
