//go:build load

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"
)

// The load: a million subscribers, five thousand entries in five years of editions,
// and an edition on its way to all of them. Meanwhile people sign up, two hundred a
// second, and read. What counts is how long they wait.
//
// When the readers are done, editors open every page of the desk.
//
//	make load                        as the issue has it
//	LOAD_PEOPLE=20000 make load      smaller
//	LOAD_RATE=0 make load            mail leaves at that rate, a thousand a second if none is
//	                                 given, 0 for no limit; confirmations go first
//
// Requests begin when their time has come, whether or not earlier ones are done:
// a slow answer delays nobody's clock.

// loadPage is one kind of request: how many a second, and how it is made.
type loadPage struct {
	name   string
	second int
	make   func(r *rand.Rand) (*http.Request, error)
	want   int // status

	mu    sync.Mutex
	took  []time.Duration
	wrong map[string]int
}

// How long readers and editors are at it, and how long the site has had before: what a
// process does when it starts, such as to count the day on which a million joined,
// is not what they wait for.
const (
	loadFor     = 30 * time.Second
	loadDeskFor = 2 * time.Minute // of 120 answers the second slowest is the 99th part
	loadSettle  = 5 * time.Second
)

func TestLoad(t *testing.T) {
	h := newLoadHouse(t, cmp.Or(number(t, "LOAD_PEOPLE"), 1_000_000), 5000)
	site := h.serve(cmp.Or(os.Getenv("LOAD_RATE"), "1000"))
	h.do("edition", "send", h.running)
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 200, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	time.Sleep(loadSettle)
	h.measure(client, h.pages(site), loadFor)
	h.measure(client, h.deskPages(site), loadDeskFor)
	fmt.Printf("%d people, %d entries; the site uses %d MB\n\n", h.people, h.entries, h.memory())
}

// measure asks for the pages, all at once, and prints how long they took.
func (h *loadHouse) measure(client *http.Client, pages []*loadPage, length time.Duration) {
	h.t.Helper()
	before := h.status().Sent
	ctx, stop := context.WithTimeout(h.t.Context(), length)
	defer stop()
	var all sync.WaitGroup
	for i, p := range pages {
		// Not all at the same instant of each second.
		start := time.Now().Add(time.Second / time.Duration(p.second) * time.Duration(i) / time.Duration(len(pages)))
		all.Go(func() { p.run(ctx, client, start) })
	}
	all.Wait()
	after := h.status().Sent
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\trequest\ta second\tanswers\tp50\tp90\tp99\tmost\twrong\t")
	for _, p := range pages {
		p.print(w)
	}
	_ = w.Flush()
	fmt.Printf("meanwhile %.0f letters a second left\n\n", float64(after-before)/length.Seconds())
	for _, p := range pages {
		for what, n := range p.wrong {
			h.t.Errorf("%s: %d answered %s", p.name, n, what)
		}
	}
}

// run makes the requests of a kind until the context ends, and waits for those
// under way.
func (p *loadPage) run(ctx context.Context, client *http.Client, start time.Time) {
	p.wrong = map[string]int{}
	every := time.Second / time.Duration(p.second)
	var under sync.WaitGroup
	var seed atomic.Uint64
	for next := start; ctx.Err() == nil; next = next.Add(every) {
		time.Sleep(time.Until(next))
		due := next
		under.Go(func() {
			n := seed.Add(1)
			req, err := p.make(rand.New(rand.NewPCG(n, n)))
			if err == nil {
				err = p.ask(client, req)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.took = append(p.took, time.Since(due))
			if err != nil {
				p.wrong[err.Error()]++
			}
		})
	}
	under.Wait()
}

func (p *loadPage) ask(client *http.Client, req *http.Request) error {
	answer, err := client.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != p.want {
		return fmt.Errorf("%d for %d", answer.StatusCode, p.want)
	}
	return nil
}

func (p *loadPage) print(w io.Writer) {
	slices.Sort(p.took)
	at := func(share float64) time.Duration {
		return p.took[min(int(share*float64(len(p.took))), len(p.took)-1)].Round(100 * time.Microsecond)
	}
	wrong := 0
	for _, n := range p.wrong {
		wrong += n
	}
	fmt.Fprintf(w, "\t%s\t%d\t%d\t%v\t%v\t%v\t%v\t%d\t\n", p.name, p.second, len(p.took), at(0.5), at(0.9), at(0.99), at(1), wrong)
}

// pages are what is asked for.
func (h *loadHouse) pages(site string) []*loadPage {
	get := func(path func(r *rand.Rand) string) func(r *rand.Rand) (*http.Request, error) {
		return func(r *rand.Rand) (*http.Request, error) { return http.NewRequest(http.MethodGet, site+path(r), nil) }
	}
	hidden := h.form(site + "/subscribe")
	run := time.Now().UnixNano()
	return []*loadPage{
		{name: "sign-up", second: 200, want: http.StatusSeeOther, make: func(r *rand.Rand) (*http.Request, error) {
			form := url.Values{"topics": {"iot"}}
			for name, value := range hidden {
				form.Set(name, value)
			}
			form.Set("email", fmt.Sprintf("new%d-%d@d%d.example.net", r.Uint64(), run, r.IntN(5000)))
			req, err := http.NewRequest(http.MethodPost, site+"/subscribe", strings.NewReader(form.Encode()))
			if err != nil {
				return nil, err
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("X-Forwarded-For", fmt.Sprintf("%d.%d.%d.%d", 11+r.IntN(80), r.IntN(256), r.IntN(256), 1+r.IntN(250)))
			return req, nil
		}},
		{name: "home", second: 100, want: http.StatusOK, make: get(func(*rand.Rand) string { return "/" })},
		{name: "archive", second: 50, want: http.StatusOK, make: get(func(*rand.Rand) string { return "/editions" })},
		{name: "edition", second: 20, want: http.StatusOK, make: get(func(r *rand.Rand) string { return "/editions/" + h.editions[r.IntN(len(h.editions))] })},
		{name: "entry", second: 100, want: http.StatusOK, make: get(func(r *rand.Rand) string { return "/items/" + h.slugs[r.IntN(len(h.slugs))] })},
		{name: "deadlines", second: 20, want: http.StatusOK, make: get(func(*rand.Rand) string { return "/deadlines" })},
		{name: "calendar", second: 20, want: http.StatusOK, make: get(func(*rand.Rand) string { return "/calendar.ics?topics=iot,blockchain" })},
		{name: "webinars", second: 20, want: http.StatusOK, make: get(func(*rand.Rand) string { return "/webinars" })},
		{name: "preferences", second: 50, want: http.StatusOK, make: get(func(r *rand.Rand) string { return "/preferences/" + h.token(1+r.Int64N(int64(h.people))) })},
	}
}

// deskPages are all that an admin can open: every route of the desk that is read,
// with an entry, an edition and a topic that are there. Each is asked for once
// a second: forty editors at work.
func (h *loadHouse) deskPages(site string) []*loadPage {
	var pages []*loadPage
	for _, path := range h.desk {
		if status := h.asked(site + path); status != http.StatusOK {
			fmt.Printf("%s is left out: it answers %d without a row or a choice\n", path, status)
			continue
		}
		pages = append(pages, &loadPage{name: path, second: 1, want: http.StatusOK, make: func(*rand.Rand) (*http.Request, error) {
			req, err := http.NewRequest(http.MethodGet, site+path, nil)
			if err == nil {
				req.AddCookie(&http.Cookie{Name: "tidings-desk", Value: h.session})
			}
			return req, err
		}})
	}
	return pages
}

// asked asks once, as the admin.
func (h *loadHouse) asked(link string) int {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodGet, link, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "tidings-desk", Value: h.session})
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// memory is the site's resident set, in MB.
func (h *loadHouse) memory() (mb int) {
	out, err := exec.Command("ps", "-o", "rss=", "-p", fmt.Sprint(h.site.Process.Pid)).Output()
	if err != nil {
		return 0
	}
	_, _ = fmt.Sscan(string(out), &mb)
	return mb / 1024
}
