package mailer_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sesec.eu/tidings/mailer"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
)

// A process that is killed cannot tidy up. So the worker under test is a process:
// this test binary once more, on the database of the test and against its mail
// server. The next one goes on at once: nobody waits for a heartbeat to grow old.
const (
	envChild  = "MAILER_TEST_CHILD"
	envServer = "MAILER_TEST_SERVER"
)

const childConnections = 6

// childT ends the child when something cannot be had.
type childT struct{}

func (childT) Helper() {}
func (childT) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

// child works the outbox until it is killed.
func child() {
	t, ctx := childT{}, context.Background()
	clock := newClock()
	s, err := store.Open(ctx, os.Getenv(envChild), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := subscriptions.NewKeyring([]byte("a secret that only tests know"))
	if err != nil {
		t.Fatal(err)
	}
	editions := &subscriptions.EditionService{Store: s, Keys: keys, Now: clock.Now}
	t.Fatal(newWorker(t, s, editions, keys, os.Getenv(envServer), clock.Now, childConnections).Run(ctx))
}

// live starts a child; die kills it without a warning.
func (h *house) live() (die func()) {
	h.t.Helper()
	cmd := exec.Command(os.Args[0])
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.Env = append(os.Environ(), envChild+"="+h.path, envServer+"="+h.mail.URL())
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	killed := false
	die = func() {
		if killed {
			return
		}
		killed = true
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if said.Len() > 0 {
			h.t.Errorf("the worker said: %s", said.String())
		}
	}
	h.t.Cleanup(die)
	return die
}

func TestAKilledWorkerLosesNobodyAndRepeatsNobody(t *testing.T) {
	t.Parallel()
	const people, kills = 2000, 8
	h := newHouse(t, people, slowly(2*time.Millisecond))
	seed := time.Now().UnixNano()
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	t.Logf("seed %d", seed)

	sent := 0 // when the last kill came
	for life := range kills {
		die := h.live()
		switch {
		case life < 2:
			// In its first moments: while it opens, plans and claims.
			h.until("it runs", func() bool {
				alive, err := mailer.Alive(t.Context(), h.store, h.clock.Now())
				return err == nil && len(alive) > 0
			})
			time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		default:
			at := min(sent+1+random.IntN(people*2/kills), people-20*(kills-life))
			h.until("it has sent some", func() bool { return h.mail.Count() >= at })
			time.Sleep(time.Duration(random.IntN(4000)) * time.Microsecond)
		}
		die()
		sent = h.mail.Count()
		if b := h.books(); b.Sending > childConnections {
			t.Errorf("kill %d leaves %d messages on the wire of %d connections", life+1, b.Sending, childConnections)
		}
	}
	die := h.live()
	h.over()
	die()

	b := h.books()
	t.Logf("%d kills, %d messages, books %+v", kills, h.mail.Count(), b)
	if b.Planned != people || b.Sent+b.Uncertain != people || b.Open() != 0 {
		t.Errorf("the books are %+v", b)
	}
	if b.Uncertain > kills*childConnections {
		t.Errorf("%d are uncertain after %d kills of %d connections", b.Uncertain, kills, childConnections)
	}
	inbox := h.inbox()
	for to, n := range inbox {
		if n != 1 {
			t.Errorf("%s has %d messages", to, n)
		}
	}
	after := int64(0)
	for {
		page, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{EditionID: h.edition, AfterID: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page {
			after = d.ID
			if has := inbox[d.Address]; d.State == subscriptions.DeliverySent && has != 1 || d.State != subscriptions.DeliverySent && d.State != subscriptions.DeliveryUncertain {
				t.Errorf("%s is %s and has %d messages", d.Address, d.State, has)
			}
		}
		if len(page) == 0 {
			break
		}
	}

	// A person decides about the rest: sent again, nobody is without a letter.
	if _, err := h.editions.Resolve(t.Context(), h.edition, true); err != nil {
		t.Fatal(err)
	}
	h.run(h.worker(2))
	h.over()
	if n := len(h.inbox()); n != people || h.books().Sent != people {
		t.Errorf("%d of %d people have a letter, the books are %+v", n, people, h.books())
	}
}
