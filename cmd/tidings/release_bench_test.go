//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkWatched is what it costs to watch a send: the processor time of the
// shipped program, site and worker in one, for a whole send, with nobody looking and
// with three open pages that follow it. Rounds of the two take turns; the figures are
// medians, and beside them the cheapest round of each: what a loaded machine adds is
// not of the program.
//
//	go test ./cmd/tidings -run='^$' -bench='^BenchmarkWatched$' -benchtime=1x
func BenchmarkWatched(b *testing.B) {
	const people, rounds, pages = 30_000, 5, 3
	program := buildForBench(b)
	sink := startBenchSink(b, 0, 0)
	h := newBenchHouse(b, program, sink, "")
	h.prepare(people)
	h.signUp()
	used := map[int][]float64{}
	for range rounds {
		for _, watched := range []int{0, pages} {
			use, events := h.copied().watched(watched)
			used[watched] = append(used[watched], use.Seconds())
			b.Logf("%d pages: %.2f s of processor, %d events", watched, use.Seconds(), events)
		}
	}
	for _, all := range used {
		slices.Sort(all)
	}
	median := func(n int) float64 { return used[n][len(used[n])/2] }
	b.ReportMetric(median(0), "cpu-s")
	b.ReportMetric(median(pages), "cpu-s/watched")
	b.ReportMetric(100*(median(pages)/median(0)-1), "%more")
	b.ReportMetric(100*(used[pages][0]/used[0][0]-1), "%more/cheapest")
}

const benchPassword = "a plain password of the benchmark"

// signUp adds an editor, who needs no second factor.
func (h *benchHouse) signUp() {
	h.b.Helper()
	cmd := h.command("editor", "add", "--name", "A watcher", "--address", "watcher@example.org", "--role", "editor", "--password-stdin")
	cmd.Stdin = strings.NewReader(benchPassword + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		h.b.Fatalf("%v: %s", err, out)
	}
}

// copied is another house with a copy of the database, which may send.
func (h *benchHouse) copied() *benchHouse {
	h.b.Helper()
	other := *h
	other.dir = h.b.TempDir()
	for _, name := range []string{"tidings.db", "tidings.db-wal"} {
		from, err := os.Open(filepath.Join(h.dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			h.b.Fatal(err)
		}
		to, err := os.Create(filepath.Join(other.dir, name))
		if err == nil {
			_, err = io.Copy(to, from)
		}
		if err := errors.Join(err, from.Close(), to.Close()); err != nil {
			h.b.Fatal(err)
		}
	}
	other.do("release")
	return &other
}

// watched sends the edition while so many pages follow it, and gives the processor
// time of the program.
func (h *benchHouse) watched(pages int) (cpu time.Duration, events int) {
	h.b.Helper()
	serve := h.command("serve", "--addr", "127.0.0.1:0")
	out, err := serve.StdoutPipe()
	if err != nil {
		h.b.Fatal(err)
	}
	serve.Stderr = io.Discard // a line a request
	if err := serve.Start(); err != nil {
		h.b.Fatal(err)
	}
	site := ""
	for lines := bufio.NewScanner(out); site == "" && lines.Scan(); {
		_, site, _ = strings.Cut(lines.Text(), "The site is at ")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	cookie := h.signIn(site)
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	var mu sync.Mutex
	for range pages {
		watching.Go(func() {
			n := h.follow(ctx, site, cookie)
			mu.Lock()
			defer mu.Unlock()
			events += n
		})
	}
	h.do("edition", "send", "1")
	for deadline := time.Now().Add(10 * time.Minute); !h.sent(); time.Sleep(time.Second) {
		if time.Now().After(deadline) {
			h.b.Fatal("the edition is not sent")
		}
	}
	stop()
	watching.Wait()
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		h.b.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		h.b.Fatal(err)
	}
	return serve.ProcessState.UserTime() + serve.ProcessState.SystemTime(), events
}

// signIn gives the cookie of a session.
func (h *benchHouse) signIn(site string) string {
	h.b.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.PostForm(site+"/desk/sign-in", url.Values{"email": {"watcher@example.org"}, "password": {benchPassword}})
	if err != nil {
		h.b.Fatal(err)
	}
	defer answer.Body.Close()
	for _, c := range answer.Cookies() {
		if c.Name == "tidings-desk" {
			return c.Name + "=" + c.Value
		}
	}
	h.b.Fatalf("signing in is answered with %d", answer.StatusCode)
	return ""
}

// follow reads a stream to its end, again and again as a browser does, and counts.
func (h *benchHouse) follow(ctx context.Context, site, cookie string) (events int) {
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/desk/editions/1/release/stream", nil)
		if err != nil {
			return events
		}
		r.Header.Set("Cookie", cookie)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "data: ") {
				events++
			}
		}
		_ = answer.Body.Close()
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return events
}
