package smtp_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// pool is a pool of the servers with these settings, one of each.
func pool(t testing.TB, servers []*mailtest.Server, settings ...string) (*smtp.Pool, *clock) {
	t.Helper()
	var urls strings.Builder
	for i, s := range servers {
		urls.WriteString(s.URL() + "&" + settings[i] + " ")
	}
	o, err := smtp.ParseURLs(urls.String())
	if err != nil {
		t.Fatal(err)
	}
	at := &clock{now: time.Date(2019, 4, 1, 9, 0, 0, 0, time.UTC)}
	p, err := smtp.NewPool(smtp.PoolOptions{Servers: o, Now: at.Now})
	if err != nil {
		t.Fatal(err)
	}
	return p, at
}

func two(t testing.TB) []*mailtest.Server {
	return []*mailtest.Server{serve(t, mailtest.Options{}), serve(t, mailtest.Options{})}
}

func open(t testing.TB, p *smtp.Pool) mailer.Conn {
	t.Helper()
	c, err := p.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// asked checks how many connections each server has seen so far.
func asked(t testing.TB, servers []*mailtest.Server, want ...int) {
	t.Helper()
	for i, s := range servers {
		if got := s.Stats().Connections; got != want[i] {
			t.Errorf("server %d was asked for %d connections, want %d", i+1, got, want[i])
		}
	}
}

func faults(t testing.TB, s *mailtest.Server, f ...mailtest.Fault) {
	t.Helper()
	if err := s.SetFaults(f...); err != nil {
		t.Fatal(err)
	}
}

var (
	goAway = mailtest.Fault{At: mailtest.Connect, Action: mailtest.Reply{Code: 554, Text: "Go away"}}
	crowd  = mailtest.Reply{Code: 421, Enhanced: "4.7.0", Text: "Too many connections"}
)

func TestConnectionsAreSharedOutByWeight(t *testing.T) {
	t.Parallel()
	servers := two(t)
	p, _ := pool(t, servers, "weight=1", "weight=3")
	for _, want := range [][]int{{1, 0}, {1, 1}, {1, 2}, {1, 3}, {2, 3}, {2, 4}, {2, 5}, {2, 6}} {
		open(t, p)
		asked(t, servers, want...)
	}
}

func TestNoServerGetsMoreConnectionsThanItsLimit(t *testing.T) {
	t.Parallel()
	servers := two(t)
	p, _ := pool(t, servers, "connections=1", "connections=2")
	first := open(t, p)
	open(t, p)
	open(t, p)
	asked(t, servers, 1, 2)
	_, err := p.Connect(t.Context())
	if !errors.Is(err, mailer.ErrBusy) || subscriptions.CodeOf(err) != subscriptions.Unavailable || subscriptions.HintOf(err) == "" ||
		!strings.Contains(err.Error(), servers[0].Addr()) || !strings.Contains(err.Error(), servers[1].Addr()) {
		t.Errorf("with all places taken: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	_ = first.Close() // gives its place back once
	open(t, p)
	asked(t, servers, 2, 2)
	if _, err := p.Connect(t.Context()); !errors.Is(err, mailer.ErrBusy) {
		t.Errorf("a place was given back twice: %v", err)
	}
}

func TestAServerThatFailsIsLeftAloneTwiceAsLongEachTime(t *testing.T) {
	t.Parallel()
	servers := two(t)
	faults(t, servers[0], goAway)
	p, at := pool(t, servers, "weight=1", "weight=1")
	if err := open(t, p).Close(); err != nil { // on the second, in the same call
		t.Error(err)
	}
	tries, others := 1, 1
	connect := func(times int) {
		t.Helper()
		others++
		tries += times
		if err := open(t, p).Close(); err != nil {
			t.Error(err)
		}
		asked(t, servers, tries, others)
	}
	for _, wait := range []string{"1s", "2s", "4s", "8s", "16s", "32s", "60s", "60s"} {
		timeOut, err := time.ParseDuration(wait)
		if err != nil {
			t.Fatal(err)
		}
		at.move(timeOut - time.Nanosecond)
		connect(0)
		at.move(time.Nanosecond)
		connect(1)
	}
	at.move(3 * time.Minute) // nobody has asked for long: what is new is a new outage
	connect(1)
	at.move(time.Second)
	connect(1)
}

func TestWhenAllServersAreDownEachReasonIsTold(t *testing.T) {
	t.Parallel()
	servers := append(two(t), serve(t, mailtest.Options{Auth: map[string]string{"tidings": "s3cret"}}))
	faults(t, servers[0], goAway)
	faults(t, servers[1], mailtest.Fault{At: mailtest.Connect, Action: mailtest.Drop})
	p, _ := pool(t, servers, "weight=1", "weight=1", "weight=0")
	faults(t, servers[2], mailtest.Fault{At: mailtest.Connect, Action: mailtest.Reply{Code: 421, Text: "Closing"}})
	for range 2 { // the second time nobody is asked
		_, err := p.Connect(t.Context())
		if subscriptions.CodeOf(err) != subscriptions.Unavailable || subscriptions.HintOf(err) == "" || errors.Is(err, mailer.ErrBusy) {
			t.Fatalf("the error is %v", err)
		}
		for _, want := range []string{servers[0].Addr() + ": 554", servers[1].Addr() + ": EOF", servers[2].Addr() + ": 421"} {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%q is not in: %v", want, err)
			}
		}
	}
	asked(t, servers, 1, 1, 1)
}

// A server's attempt may take longer than the time out of another.
func TestNoServerIsAskedTwiceInOneCall(t *testing.T) {
	t.Parallel()
	servers := two(t)
	o := make([]smtp.Options, len(servers))
	for i, s := range servers {
		faults(t, s, goAway)
		var err error
		if o[i], err = smtp.ParseURL(s.URL()); err != nil {
			t.Fatal(err)
		}
	}
	var at clock
	p, err := smtp.NewPool(smtp.PoolOptions{Servers: o, Now: func() time.Time {
		at.move(2 * time.Minute)
		return at.Now()
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = p.Connect(ctx)
	if subscriptions.CodeOf(err) != subscriptions.Unavailable || strings.Count(err.Error(), "554") != 2 {
		t.Errorf("the error is %v", err)
	}
	asked(t, servers, 1, 1)
}

func TestAPoolOfOneGivesItsOwnReason(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{Auth: map[string]string{"tidings": "s3cret"}})
	o, err := smtp.ParseURL(strings.Replace(s.URL(), "s3cret", "s3cret-not", 1))
	if err != nil {
		t.Fatal(err)
	}
	p, err := smtp.NewPool(smtp.PoolOptions{Servers: []smtp.Options{o}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Connect(t.Context())
	if want := "the mail server " + s.Addr() + " does not let us log in: AUTH PLAIN: 535"; subscriptions.CodeOf(err) != subscriptions.Unavailable || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("the error is %v, want %s", err, want)
	}
	if _, err := smtp.NewPool(smtp.PoolOptions{}); err == nil {
		t.Error("a pool of none was made")
	}
}

func TestA421BesideOpenConnectionsIsALimitForFiveMinutes(t *testing.T) {
	t.Parallel()
	servers := two(t)
	faults(t, servers[0], mailtest.Fault{At: mailtest.Connect, Skip: 2, Times: 1, Action: crowd})
	p, at := pool(t, servers, "weight=1000", "weight=1")
	open(t, p)
	open(t, p) // goes to the second, which has none
	last := open(t, p)
	asked(t, servers, 2, 1)
	open(t, p)
	asked(t, servers, 3, 2) // the third of the first was refused, and went to the second
	open(t, p)
	asked(t, servers, 3, 3)
	_ = last.Close()
	open(t, p)
	asked(t, servers, 4, 3) // one of its two places is free again
	at.move(5*time.Minute - time.Nanosecond)
	open(t, p)
	asked(t, servers, 4, 4)
	at.move(time.Nanosecond)
	open(t, p)
	asked(t, servers, 5, 4)
}

func TestWhenEveryServerHasToldItsLimitItIsNoOutage(t *testing.T) {
	t.Parallel()
	servers := []*mailtest.Server{serve(t, mailtest.Options{})}
	p, _ := pool(t, servers, "weight=1")
	open(t, p)
	faults(t, servers[0], mailtest.Fault{At: mailtest.Connect, Action: crowd})
	for range 2 {
		if _, err := p.Connect(t.Context()); !errors.Is(err, mailer.ErrBusy) {
			t.Errorf("the error is %v", err)
		}
	}
	asked(t, servers, 2)
}

func TestAServerThatRefusesThisSenderIsDown(t *testing.T) {
	t.Parallel()
	servers := two(t)
	faults(t, servers[0], mailtest.Fault{At: mailtest.Mail, Times: 1, Action: mailtest.Reply{Code: 550, Enhanced: "5.7.1", Text: "Sender unknown"}})
	p, at := pool(t, servers, "weight=1", "weight=1")
	c := open(t, p)
	if r := c.Send(t.Context(), to("first")); !r.AboutUs || !r.Broken {
		t.Fatalf("the answer is %v", r)
	}
	_ = c.Close()
	accepted(t, open(t, p).Send(t.Context(), to("first")))
	open(t, p)
	asked(t, servers, 1, 2)
	at.move(time.Second)
	accepted(t, open(t, p).Send(t.Context(), to("second")))
	asked(t, servers, 2, 2)
}

func TestAServerThatCameBackHasItsShareAsConnectionsAreRenewed(t *testing.T) {
	t.Parallel()
	servers := two(t)
	faults(t, servers[0], mailtest.Fault{At: mailtest.Connect, Times: 1, Action: mailtest.Drop})
	p, at := pool(t, servers, "messages=1", "messages=1")
	var all []mailer.Conn
	for range 4 {
		all = append(all, open(t, p))
	}
	asked(t, servers, 1, 4)
	at.move(time.Second)
	for i, c := range all {
		if r := c.Send(t.Context(), to("reader")); r.Verdict != mailer.Accepted || !r.Broken {
			t.Fatalf("the answer is %v, broken %v", r, r.Broken)
		}
		_ = c.Close()
		all[i] = open(t, p)
	}
	asked(t, servers, 3, 6)
}

func TestAStandbyIsUsedWhileAllOthersAreDown(t *testing.T) {
	t.Parallel()
	servers := append([]*mailtest.Server{serve(t, mailtest.Options{})}, two(t)...)
	p, at := pool(t, servers, "weight=0", "weight=1", "weight=1")
	faults(t, servers[1], goAway)
	faults(t, servers[2], goAway)
	open(t, p)
	asked(t, servers, 1, 1, 1)
	faults(t, servers[2])
	at.move(time.Second)
	open(t, p)
	asked(t, servers, 1, 2, 2)
}

func TestAStandbyIsLeftAloneWhileAnotherServerIsFull(t *testing.T) {
	t.Parallel()
	servers := append([]*mailtest.Server{serve(t, mailtest.Options{})}, two(t)...)
	p, _ := pool(t, servers, "weight=0", "connections=1", "connections=1")
	first := open(t, p)
	open(t, p)
	if _, err := p.Connect(t.Context()); !errors.Is(err, mailer.ErrBusy) {
		t.Errorf("with both full: %v", err)
	}
	_ = first.Close()
	faults(t, servers[1], goAway)
	_, err := p.Connect(t.Context())
	if !errors.Is(err, mailer.ErrBusy) || !strings.Contains(err.Error(), servers[1].Addr()+": 554") || strings.Contains(err.Error(), servers[0].Addr()) {
		t.Errorf("with one down and one full: %v", err)
	}
	asked(t, servers, 0, 2, 1)
}

// The first at the gate is held there by the server; what the others would do, were
// they let, is to stand there too.
func TestOneAttemptAtATimeUntilAServerHasLetOneIn(t *testing.T) {
	t.Parallel()
	servers := []*mailtest.Server{serve(t, mailtest.Options{})}
	p, at := pool(t, servers, "weight=1")
	for _, outage := range []string{"at the start", "after a failure"} {
		if outage != "at the start" {
			faults(t, servers[0], goAway)
			if _, err := p.Connect(t.Context()); err == nil {
				t.Fatal("the connection came about")
			}
			at.move(time.Second)
		}
		before := servers[0].Stats().Connections
		faults(t, servers[0], mailtest.Fault{At: mailtest.Connect, Times: 1, Action: mailtest.Stall(2 * time.Second)})
		var all sync.WaitGroup
		first := make(chan error, 1)
		all.Go(func() {
			c, err := p.Connect(t.Context())
			if err == nil {
				err = c.Close()
			}
			first <- err
		})
		until(t, func() bool { return servers[0].Stats().Connections == before+1 })
		soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if _, err := p.Connect(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: beside the first attempt: %v", outage, err)
		}
		cancel()
		asked(t, servers, before+1)
		for range 3 { // these wait, and come in when the first has
			all.Go(func() {
				c, err := p.Connect(t.Context())
				if err != nil {
					t.Errorf("%s: %v", outage, err)
					return
				}
				_ = c.Close()
			})
		}
		if err := <-first; err != nil {
			t.Errorf("%s: the first attempt: %v", outage, err)
		}
		all.Wait()
		asked(t, servers, before+4)
	}
}

func TestAnAttemptThatIsBrokenOffGivesItsPlaceBackAndIsNoFailure(t *testing.T) {
	t.Parallel()
	servers := []*mailtest.Server{serve(t, mailtest.Options{})}
	faults(t, servers[0], mailtest.Fault{At: mailtest.Connect, Times: 1, Action: mailtest.Stall(time.Minute)})
	p, _ := pool(t, servers, "connections=1")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := p.Connect(ctx)
		ended <- err
	}()
	until(t, func() bool { return servers[0].Stats().Connections == 1 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	accepted(t, open(t, p).Send(t.Context(), to("reader")))
}

func until(t testing.TB, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !true(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it has not come about in 30 s")
		}
	}
}

func TestTheCheckFailsWhenNoServerTakesMail(t *testing.T) {
	t.Parallel()
	servers := two(t)
	p, _ := pool(t, servers, "weight=1", "weight=1")
	if warnings, err := p.Check(t.Context(), "news@example.org"); err != nil || len(warnings) != 0 {
		t.Errorf("all is well: %v, %v", warnings, err)
	}
	faults(t, servers[0], mailtest.Fault{At: mailtest.Mail, Action: mailtest.Reply{Code: 553, Text: "Not from you"}})
	warnings, err := p.Check(t.Context(), "news@example.org")
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Error(), "takes no mail from news@example.org") ||
		!strings.Contains(warnings[0].Error(), servers[0].Addr()) {
		t.Errorf("one takes mail: %v, %v", warnings, err)
	}
	faults(t, servers[1], goAway)
	warnings, err = p.Check(t.Context(), "news@example.org")
	if len(warnings) != 0 || subscriptions.CodeOf(err) != subscriptions.Unavailable || !strings.Contains(err.Error(), "553") || !strings.Contains(err.Error(), "554") {
		t.Errorf("none takes mail: %v, %v", warnings, err)
	}
}
