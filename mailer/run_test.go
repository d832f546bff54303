package mailer_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// state reads where the edition stands.
func (h *house) state() subscriptions.Edition {
	h.t.Helper()
	e, err := h.store.FindEdition(h.t.Context(), h.edition)
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// set changes settings of the house.
func (h *house) set(values subscriptions.Settings) {
	h.t.Helper()
	h.editions.Settings = &subscriptions.SettingsService{Store: h.store, Now: h.clock.Now}
	if _, _, err := h.editions.Settings.Change(h.t.Context(), 0, values, subscriptions.Actor{Name: "a test"}); err != nil {
		h.t.Fatal(err)
	}
}

func TestWhatIsOrderedLeavesAtItsMomentAndOnce(t *testing.T) {
	t.Parallel()
	const people = 30
	for name, late := range map[string]time.Duration{"workers run": 0, "nothing ran at the moment": 40 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newReadyHouse(t, people, mailtest.Options{})
			if _, err := h.editions.Schedule(t.Context(), h.edition, h.clock.Now().Add(time.Hour), "Europe/Brussels"); err != nil {
				t.Fatal(err)
			}
			if late > 0 {
				h.clock.move(time.Hour + late)
			}
			h.run(h.worker(2))
			h.run(h.worker(2))
			if late == 0 {
				time.Sleep(50 * time.Millisecond) // both look a few times
				if n := h.mail.Count(); n > 0 || h.state().State != subscriptions.EditionApproved {
					t.Errorf("an hour before its moment %d letters have left", n)
				}
				h.clock.move(time.Hour)
			}
			h.over()
			h.once(people)
		})
	}
}

func TestARunKeepsToItsPace(t *testing.T) {
	t.Parallel()
	const people, pace = 400, 20
	h := newReadyHouse(t, people, mailtest.Options{})
	for _, step := range []func() (subscriptions.Edition, error){
		func() (subscriptions.Edition, error) { return h.editions.SetRate(t.Context(), h.edition, pace) },
		func() (subscriptions.Edition, error) { return h.editions.Start(t.Context(), h.edition) },
	} {
		if _, err := step(); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	h.run(h.worker(4))
	h.run(h.worker(4)) // the pace is of both together
	h.queue(subscriptions.KindManage, 1, "manage:now")
	h.until("the link that somebody waits for is sent", func() bool { return h.row("manage:now").State == subscriptions.DeliverySent })
	for h.books().Sent < 2*pace {
		before := h.books().Sent
		// Each worker holds a second's worth, and both may think for a moment that they are alone.
		if most := 3*pace + int(2*pace*time.Since(began).Seconds()); before > most {
			t.Fatalf("%d have left after %s at %d a second", before, time.Since(began), pace)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if time.Since(began) < 300*time.Millisecond {
		t.Errorf("%d letters at %d a second took %s", 2*pace, pace, time.Since(began))
	}
	// Lifted while it runs: the rest, which would take a quarter of a minute, leaves at once.
	lifted := time.Now()
	if _, err := h.editions.SetRate(t.Context(), h.edition, 0); err != nil {
		t.Fatal(err)
	}
	h.over()
	if took := time.Since(lifted); took > 10*time.Second {
		t.Errorf("without a limit the rest took %s", took)
	}
}

func TestARunThatFailsPausesItselfAndGoesOn(t *testing.T) {
	t.Parallel()
	const people = 300
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Rcpt, Action: mailtest.Stall(60 * time.Millisecond)}, // six seconds for all that fail: the watch looks meanwhile, on a slow machine too
		{At: mailtest.Rcpt, Times: 200, Action: mailtest.Reply{Code: 550, Enhanced: "5.7.1", Text: "We do not like this"}}}})
	h.set(subscriptions.Settings{"send.failures": "10", "send.sample": "20"})
	h.run(h.worker(2))
	h.until("it has paused itself", func() bool { return h.state().State == subscriptions.EditionPaused })
	h.until("what was on the wire is in the books", func() bool { return h.books().Sending == 0 })
	if e, b := h.state(), h.books(); !strings.Contains(e.Reason, "letters failed, more than 10 %.") || b.Failed >= 200 || b.Open() == 0 {
		t.Errorf("%q: %+v", e.Reason, b)
	}
	for h.state().State != subscriptions.EditionSent { // somebody has it go on as often as it takes
		if _, err := h.editions.Resume(t.Context(), h.edition); err != nil && subscriptions.CodeOf(err) != subscriptions.Refused {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if b := h.books(); b.Failed != 200 || b.Sent != people-200 {
		t.Errorf("%+v", b)
	}
}

// What an editor has sent once more is as good as new: it is not too old, and its
// first "come back later" is not its last.
func TestWhatIsSentOnceMoreHasItsAttemptsAndItsAgeAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.AfterDot, Address: reader(1), Times: 1, Action: mailtest.Reset},
		{At: mailtest.Rcpt, Address: reader(1), Skip: 1, Times: 1, Action: mailtest.Reply{Code: 451, Enhanced: "4.7.1", Text: "Greylisted"}}}})
	h.run(h.worker(1))
	h.over()
	if d := h.digest(1); d.State != subscriptions.DeliveryUncertain {
		t.Fatalf("the digest is %s", d.State)
	}
	h.clock.move(15 * 24 * time.Hour) // more than the age at which a digest is refused
	n, err := h.editions.Resolve(t.Context(), h.edition, true, h.digest(0).ID)
	if err != nil || n != 0 {
		t.Errorf("%d resolved of one that is sent: %v", n, err)
	}
	n, err = h.editions.Resolve(t.Context(), h.edition, true, h.digest(1).ID)
	if err != nil || n != 1 {
		t.Fatalf("%d resolved: %v", n, err)
	}
	h.until("it is put off", func() bool { return h.digest(1).State == subscriptions.DeliveryDeferred })
	h.clock.move(2 * time.Minute)
	h.over()
	h.once(2)
}
