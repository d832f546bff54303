package desk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// The stream of a send: server-sent events (HTML, 9.2) with what has changed of its
// numbers, at most one a second. It is bounded in time, and the browser asks for
// another; in number, for a session and in all; and it ends with the session, whose
// life it does not prolong. The page says the same without it.

const streamPath = "/desk/editions/:id/release/stream"

const (
	streamFor      = 5 * time.Minute
	streamEvery    = time.Second
	streamAsk      = 10 * time.Second // whether the session is still there
	streamQuiet    = 15 * time.Second // longer, and a proxy may take it for dead
	streamPatience = 20 * time.Second // with a browser that does not read
	mostStreams    = 64
	mostOfSession  = 4
)

// streams counts those that are open.
type streams struct {
	mu  sync.Mutex
	all int
	of  map[int64]int
}

func (s *streams) enter(session int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[int64]int{}
	}
	if s.all >= mostStreams || s.of[session] >= mostOfSession {
		return false
	}
	s.all++
	s.of[session]++
	return true
}

func (s *streams) leave(session int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.of[session]--; s.of[session] == 0 {
		delete(s.of, session)
	}
}

func (d *Desk) releaseStream(v *Visit) error {
	ctx, id := v.Request.Context(), v.id()
	p, err := d.Progress.Of(ctx, id)
	if err != nil {
		return err
	}
	h := v.Writer.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep it to itself
	if v.Request.Method == http.MethodHead {
		v.Status(http.StatusOK)
		return nil
	}
	if !d.streams.enter(v.Session.ID) {
		v.Header("Retry-After", "60")
		v.Data(http.StatusTooManyRequests, "text/plain; charset=utf-8", []byte("Too many pages watch already. Reload the page to see how it goes.\n"))
		return nil
	}
	defer d.streams.leave(v.Session.ID)
	control := http.NewResponseController(v.Writer)
	_ = control.SetReadDeadline(time.Time{}) // that of the request would end the answer
	wrote := time.Time{}
	write := func(event, line string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(streamPatience))
		_, err := fmt.Fprintf(v.Writer, "event: %s\ndata: %s\n\n", event, line)
		wrote = time.Now()
		return err == nil && control.Flush() == nil
	}
	v.Status(http.StatusOK)
	tick := time.NewTicker(streamEvery)
	defer tick.Stop()
	end := time.NewTimer(streamFor)
	defer end.Stop()
	token, asked := d.token(v, cookieName), time.Now()
	last := ""
	for {
		view := d.progressView(p)
		line, err := json.Marshal(view)
		if err != nil {
			return err
		}
		view.At = "" // that it was counted again is no news
		news, err := json.Marshal(view)
		if err != nil {
			return err
		}
		if string(news) != last || time.Since(wrote) >= streamQuiet {
			if !write("progress", string(line)) {
				return nil // they have gone
			}
			last = string(news)
		}
		if p.Edition.State == subscriptions.EditionSent || p.Edition.State == subscriptions.EditionCancelled && p.Books.Open() == 0 {
			write("over", "{}")
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-page.Stop(ctx):
			return nil
		case <-end.C:
			return nil
		case <-tick.C:
		}
		if time.Since(asked) >= streamAsk {
			asked = time.Now()
			if _, e, err := d.Sessions.Peek(ctx, token); subscriptions.CodeOf(err) == subscriptions.Refused && err != nil || err == nil && !e.Role.May(subscriptions.RoleEditor) {
				write("signed-out", "{}")
				return nil
			}
		}
		if p, err = d.Progress.Of(ctx, id); err != nil {
			return nil // the browser asks again
		}
	}
}
