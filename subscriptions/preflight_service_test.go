package subscriptions_test

import (
	"context"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// servers answers for links as other people's servers do.
type servers map[string]subscriptions.LinkAnswer

func (s servers) CheckLink(_ context.Context, url string) subscriptions.LinkAnswer {
	if a, ok := s[url]; ok {
		return a
	}
	return subscriptions.LinkAnswer{URL: url, State: subscriptions.LinkFine}
}

// preflight wires the checks with the composer and the encoder of the worker.
func (h *house) preflight(t testing.TB, links subscriptions.LinkChecker) (*subscriptions.PreflightService, *subscriptions.ReachService) {
	t.Helper()
	identity := subscriptions.StandardIdentity()
	identity.BaseURL = "https://tidings.example.org"
	c, err := compose.New(compose.Options{Store: h.store, Keys: h.keys, Identity: identity, Salt: "salt", Now: h.clock})
	must(t, err)
	reach := &subscriptions.ReachService{Store: h.store, Keys: h.keys, Now: h.clock}
	t.Cleanup(reach.Stop)
	s := subscriptions.NewPreflightService(subscriptions.PreflightService{Store: h.store, Editions: h.editions, Reach: reach, Now: h.clock, Links: links,
		House:   func(context.Context) subscriptions.House { return subscriptions.House{Identity: identity} },
		Letters: mailer.LetterWriter{Write: c.Letter, Encode: smtp.Encode, Postal: func(context.Context) string { return identity.Postal }},
		By:      subscriptions.Actor{Name: "A publisher"}})
	t.Cleanup(s.Stop)
	return s, reach
}

func codes(p subscriptions.Preflight) map[string]subscriptions.PreflightFinding {
	found := map[string]subscriptions.PreflightFinding{}
	for _, f := range p.Findings {
		found[f.Code] = f
	}
	return found
}

func TestPreflightIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.reader(t, "anna@example.org", "iot")
		i := h.item(t, "news", day(2019, 3, 4), "iot")
		i.Body = "Read [it](https://example.net/gone) and [that](https://example.net/slow)."
		i.Sources = nil
		must(t, h.store.UpdateItem(ctx, i))
		e, err := h.editions.Create(ctx, "March 2019", march)
		must(t, err)
		other := servers{"https://example.net/gone": {State: subscriptions.LinkDead, Status: 404, Detail: "Gone."},
			"https://example.net/slow": {State: subscriptions.LinkSilent, Detail: "It did not answer."}}
		checks, reach := h.preflight(t, other)
		none, err := checks.Last(ctx, e.ID)
		must(t, err)
		if none != nil {
			t.Errorf("before the first run: %+v", none)
		}
		steps := 0
		run, err := checks.Run(ctx, e.ID, func(subscriptions.Preflight) { steps++ })
		must(t, err)
		found := codes(run)
		if run.State != subscriptions.PreflightDone || run.People != 1 || len(run.Letters) != 1 || run.Links != 2 || run.LinksDone != 2 || steps < 3 ||
			found["link-dead"].Level != subscriptions.FindingBlocking || found["link-silent"].Level != subscriptions.FindingWarning || found["link-dead"].Path == "" {
			t.Errorf("%+v", run)
		}
		v, err := checks.Verdict(ctx, e.ID)
		must(t, err)
		if v.May || v.Blocking != 1 {
			t.Errorf("%+v", v)
		}
		fails(t, checks.Ready(ctx, e), subscriptions.Refused)
		fails(t, checks.Acknowledge(ctx, e.ID, found["link-dead"].Key, "x"), subscriptions.Refused)
		must(t, checks.Acknowledge(ctx, e.ID, found["link-silent"].Key, "It is down until Monday."))

		// What was dead is asked again after a while only; then it is well.
		delete(other, "https://example.net/gone")
		if run, err = checks.Run(ctx, e.ID, func(subscriptions.Preflight) {}); err != nil || codes(run)["link-dead"].Key == "" {
			t.Errorf("a dead link was asked for again at once: %+v, %v", run, err)
		}
		h.wait(time.Hour)
		run, err = checks.Run(ctx, e.ID, func(subscriptions.Preflight) {})
		must(t, err)
		if taken := codes(run)["link-silent"].Taken; taken == nil || taken.Reason != "It is down until Monday." || taken.Actor != "A publisher" {
			t.Errorf("the note is gone: %+v", run.Findings)
		}
		must(t, checks.Ready(ctx, e))
		if _, err := h.editions.Freeze(ctx, e.ID); err != nil {
			t.Fatal(err)
		}
		must(t, checks.Ready(ctx, e)) // it is the same content
		h.wait(25 * time.Hour)
		fails(t, checks.Ready(ctx, e), subscriptions.Refused)
		for range 7 { // old runs are forgotten
			_, err := checks.Run(ctx, e.ID, func(subscriptions.Preflight) {})
			must(t, err)
		}
		fails(t, func() error { _, err := checks.Run(ctx, 99, func(subscriptions.Preflight) {}); return err }(), subscriptions.NotFound)
		_, err = h.editions.Cancel(ctx, e.ID)
		must(t, err)
		fails(t, func() error { _, err := checks.Run(ctx, e.ID, func(subscriptions.Preflight) {}); return err }(), subscriptions.Refused)
		_ = reach
	})
}

// What is ordered for a moment to come is judged as of that moment, in the service's
// zone: there it is Wednesday already.
func TestPreflightJudgesTheMomentOfTheOrder(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.reader(t, "anna@example.org", "iot")
		i := h.item(t, "news", day(2019, 3, 4), "iot")
		i.Comments = &subscriptions.CommentPeriod{Until: day(2019, 4, 9)}
		must(t, h.store.UpdateItem(ctx, i))
		e, err := h.editions.Create(ctx, "March 2019", march)
		must(t, err)
		e, err = h.editions.Freeze(ctx, e.ID)
		must(t, err)
		e, err = h.editions.Approve(ctx, e.ID, e.Hash, "a test")
		must(t, err)
		checks, _ := h.preflight(t, servers{})
		check := func() map[string]subscriptions.PreflightFinding {
			t.Helper()
			run, err := checks.Run(ctx, e.ID, func(subscriptions.Preflight) {})
			must(t, err)
			return codes(run)
		}
		if f := check(); f["deadline-past"].Code != "" || f["deadline-near"].Code != "" {
			t.Errorf("as of now: %+v", f)
		}
		_, err = h.editions.Schedule(ctx, e.ID, time.Date(2019, 4, 9, 22, 30, 0, 0, time.UTC), "UTC")
		must(t, err)
		past := check()["deadline-past"]
		same(t, "When it leaves, its comment period has ended, on 9 April 2019; letters say so.", past.Sentence)
		_, err = h.editions.TakeBack(ctx, e.ID)
		must(t, err)
		if f := check(); f["deadline-past"].Code != "" {
			t.Errorf("the order was taken back: %+v", f)
		}
	})
}

func TestTestsAreKeptAndForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.reader(t, "anna@example.org", "iot")
		h.item(t, "news", day(2019, 3, 4), "iot")
		e, err := h.editions.Create(ctx, "March 2019", march)
		must(t, err)
		_, reach := h.preflight(t, nil)
		must(t, reach.Count(ctx))
		tests := &subscriptions.TestSendService{Store: h.store, Editions: h.editions, Reach: reach, Now: h.clock, By: subscriptions.Actor{Name: "An editor"}}
		g, err := tests.SaveGroup(ctx, 0, "Editors", "a@example.net\nb@example.net")
		must(t, err)
		if g, err = tests.SaveGroup(ctx, g.ID, "The editors", "c@example.net, b@example.net"); err != nil {
			t.Fatal(err)
		}
		kept, err := h.store.FindSeedGroup(ctx, g.ID)
		must(t, err)
		same(t, []string{"b@example.net", "c@example.net"}, kept.Addresses)
		fails(t, func() error { _, err := tests.SaveGroup(ctx, 99, "Other", "a@example.net"); return err }(), subscriptions.NotFound)
		sent, err := tests.Send(ctx, e.ID, g.ID, nil)
		must(t, err)
		if sent.Letters != 1 || sent.Addresses != 2 {
			t.Errorf("%+v", sent)
		}
		letter, back, err := h.store.FindTestLetter(ctx, 1)
		must(t, err)
		if len(letter.Topics) == 0 || back.Content.Title != "March 2019" || back.Hash != sent.Hash {
			t.Errorf("%+v %+v", letter, back)
		}
		// No more than people can look at.
		for n := 0; err == nil && n < 500; n++ {
			_, err = tests.Send(ctx, e.ID, g.ID, nil)
		}
		fails(t, err, subscriptions.Limited)
		personas := &subscriptions.PersonaService{Store: h.store, Now: h.clock, By: subscriptions.Actor{Name: "An editor"}}
		p, err := personas.Save(ctx, subscriptions.Persona{Name: "A committee", Topics: subscriptions.NewTopicSet(h.topics["iot"].ID), Zone: "Europe/Lisbon", Dates: subscriptions.DatesISO})
		must(t, err)
		p.Name = "Another"
		_, err = personas.Save(ctx, p)
		must(t, err)
		must(t, personas.End(ctx, p.ID))
		must(t, personas.End(ctx, p.ID))
		all, err := h.store.Personas(ctx)
		must(t, err)
		if len(all) != 0 {
			t.Errorf("%+v", all)
		}
		_, err = personas.Save(ctx, p)
		fails(t, err, subscriptions.Refused)

		retention := subscriptions.RetentionService{Store: h.store, Keys: h.keys}
		done, err := retention.Run(ctx, h.clock().Add(31*24*time.Hour))
		must(t, err)
		if done[subscriptions.ClockTests] < 2 {
			t.Errorf("%v", done)
		}
		if _, back, err = h.store.FindTestLetter(ctx, 1); err != nil || len(back.Content.Entries) != 0 {
			t.Errorf("the words of a test are kept: %v", err)
		}
		must(t, tests.DropGroup(ctx, g.ID))
		fails(t, tests.DropGroup(ctx, g.ID), subscriptions.NotFound)
	})
}
