package subscriptions_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// colleague is somebody of the desk.
func (h *house) colleague(t testing.TB, name string, role subscriptions.Role) subscriptions.Actor {
	t.Helper()
	e := subscriptions.Editor{Name: name, Address: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.org", Role: role, CreatedAt: h.clock(), FactorAt: h.clock()}
	must(t, h.store.AddEditor(t.Context(), &e))
	return subscriptions.Actor{EditorID: e.ID, Name: name}
}

// frozenBy is an edition with one item, frozen by somebody.
func (h *house) frozenBy(t testing.TB, by subscriptions.Actor) subscriptions.Edition {
	t.Helper()
	e, err := h.editions.As(by).Create(t.Context(), "First quarter", quarter)
	must(t, err)
	e, err = h.editions.As(by).Freeze(t.Context(), e.ID)
	must(t, err)
	return e
}

// counted has the head count of approvals taken.
func (h *house) counted(t testing.TB) {
	t.Helper()
	h.editions.Reach = &subscriptions.ReachService{Store: h.store, Keys: h.keys, Now: h.clock}
	t.Cleanup(h.editions.Reach.Stop)
}

func TestFourEyes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		writer := h.colleague(t, "Wanda Writer", subscriptions.RolePublisher)
		second := h.colleague(t, "Paul Publisher", subscriptions.RolePublisher)
		third := h.colleague(t, "Another", subscriptions.RolePublisher)
		items := &subscriptions.ItemService{Store: h.store, Now: h.clock}
		tick := func() { h.wait(time.Minute) }
		agree := func(e subscriptions.Edition, by subscriptions.Actor) error {
			_, err := h.editions.As(by).Agree(ctx, e.ID, subscriptions.Approval{Hash: e.Hash, By: by.Name})
			return err
		}
		item := h.item(t, "news", day(2019, 2, 1), "iot")
		e, err := h.editions.As(writer).Create(ctx, "First quarter", quarter)
		must(t, err)
		refreeze := func(by subscriptions.Actor) {
			t.Helper()
			tick()
			if _, err := h.editions.Reopen(ctx, e.ID); err != nil && !errors.Is(err, subscriptions.ErrRefused) {
				t.Fatal(err)
			}
			e, err = h.editions.As(by).Freeze(ctx, e.ID)
			must(t, err)
		}
		refreeze(writer)
		err = agree(e, writer)
		fails(t, err, subscriptions.Refused)
		if !strings.Contains(err.Error(), "Wanda Writer, who froze it") || !strings.Contains(subscriptions.HintOf(err), "Another publisher") {
			t.Errorf("%v (%s)", err, subscriptions.HintOf(err))
		}
		must(t, agree(e, second))

		// To have somebody else press the button does not help: who wrote last wrote it.
		refreeze(third)
		fails(t, agree(e, writer), subscriptions.Refused) // began it, and nobody changed it since
		fails(t, agree(e, third), subscriptions.Refused)
		must(t, agree(e, second))

		// Texts, order and items count alike, and the last of them.
		tick()
		_, err = h.editions.Reopen(ctx, e.ID)
		must(t, err)
		now, err := h.store.FindEdition(ctx, e.ID)
		must(t, err)
		edit := subscriptions.EditOf(now)
		edit.Intro = "An intro."
		_, err = h.editions.As(second).Edit(ctx, e.ID, edit)
		must(t, err)
		refreeze(third)
		fails(t, agree(e, second), subscriptions.Refused)
		must(t, agree(e, writer))
		tick()
		_, err = h.editions.Reopen(ctx, e.ID)
		must(t, err)
		must(t, h.editions.As(writer).Place(ctx, e.ID, item.ID, subscriptions.Placing{Verb: subscriptions.PlacePin}))
		refreeze(third)
		fails(t, agree(e, writer), subscriptions.Refused)
		tick()
		_, err = h.editions.Reopen(ctx, e.ID)
		must(t, err)
		current, err := h.store.FindItem(ctx, item.ID)
		must(t, err)
		title := "News, mended"
		_, err = items.Edit(ctx, item.ID, subscriptions.ItemEdit{Version: current.Version, Title: &title}, second)
		must(t, err)
		refreeze(third)
		fails(t, agree(e, second), subscriptions.Refused)
		// What somebody does to an item after the freeze is not in this edition.
		tick()
		current, err = h.store.FindItem(ctx, item.ID)
		must(t, err)
		later := "News, mended after the freeze"
		_, err = items.Edit(ctx, item.ID, subscriptions.ItemEdit{Version: current.Version, Title: &later}, writer)
		must(t, err)
		must(t, agree(e, writer))

		// The operator is nobody of the desk, unless they give an author's name.
		refreeze(third)
		_, err = h.editions.As(subscriptions.AtCommandLine).Approve(ctx, e.ID, e.Hash, " another")
		fails(t, err, subscriptions.Refused)
		_, err = h.editions.As(subscriptions.AtCommandLine).Approve(ctx, e.ID, e.Hash, "root on the command line")
		must(t, err)
	})
}

func TestAnApprovalIsOfTheHashAndTheHeadCount(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.counted(t)
		h.item(t, "news", day(2019, 2, 1), "iot")
		h.crowd(t, 100)
		e := h.frozenBy(t, h.colleague(t, "Wanda Writer", subscriptions.RoleEditor))
		desk := h.editions.As(h.colleague(t, "Paul Publisher", subscriptions.RolePublisher))
		e, err := h.editions.Submit(ctx, e.ID, "  Ready.\r\n")
		must(t, err)
		same(t, "Ready.", e.Note)
		_, err = h.editions.Submit(ctx, e.ID, "again")
		fails(t, err, subscriptions.Refused)
		seen := func(n int) subscriptions.Approval {
			return subscriptions.Approval{Hash: e.Hash, By: "Paul Publisher", Seen: &n}
		}
		must(t, h.editions.Reach.Count(ctx))
		stale := seen(100)
		stale.Hash = strings.Repeat("0", 64)
		_, err = desk.Agree(ctx, e.ID, stale)
		fails(t, err, subscriptions.Conflict)
		_, err = desk.Agree(ctx, e.ID, seen(50))
		fails(t, err, subscriptions.Conflict)
		e, err = desk.Agree(ctx, e.ID, seen(95)) // a few more are no other approval
		must(t, err)
		same(t, subscriptions.HeadCount{People: 100, At: h.clock()}, e.Approved)

		// Half as many again: it is not sent before somebody has agreed to that.
		for n := range 50 {
			h.reader(t, "more"+string(rune('a'+n%26))+string(rune('a'+n/26))+"@example.org", "iot")
		}
		h.wait(time.Hour)
		must(t, h.editions.Reach.Count(ctx))
		_, err = desk.Send(ctx, e.ID, 0)
		fails(t, err, subscriptions.Conflict)
		if !strings.Contains(err.Error(), "150 people") || !strings.Contains(err.Error(), "approved for 100") {
			t.Error(err)
		}
		e, err = desk.Agree(ctx, e.ID, seen(150))
		must(t, err)
		same(t, 150, e.Approved.People)
		e, err = desk.Send(ctx, e.ID, 10*time.Minute)
		must(t, err)
		_, err = desk.Agree(ctx, e.ID, seen(150)) // it is ordered
		fails(t, err, subscriptions.Refused)

		// A change takes everything back.
		e, err = h.editions.Reopen(ctx, e.ID)
		must(t, err)
		same(t, subscriptions.Release{}, e.Release)
		same(t, "", e.ApprovedBy)
		_, err = h.editions.StartDue(ctx)
		must(t, err)
		h.wait(time.Hour)
		n, err := h.editions.StartDue(ctx)
		must(t, err)
		same(t, 0, n)
	})
}

func TestAnOrderIsCarriedOutOnceOrTakenBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.item(t, "news", day(2019, 2, 1), "iot")
		e := h.approved(t)
		_, err := h.editions.TakeBack(ctx, e.ID)
		fails(t, err, subscriptions.Refused)
		first, second := h.editions.As(subscriptions.Actor{Name: "One"}), h.editions.As(subscriptions.Actor{Name: "Two"})
		e, err = first.Send(ctx, e.ID, 10*time.Minute)
		must(t, err)
		same(t, h.clock().Add(10*time.Minute), e.SendAt)
		// From a second window, and for another moment: one order, and who was first.
		for _, again := range []func() (subscriptions.Edition, error){
			func() (subscriptions.Edition, error) { return second.Send(ctx, e.ID, 0) },
			func() (subscriptions.Edition, error) {
				return second.Schedule(ctx, e.ID, h.clock().Add(time.Hour), "Europe/Brussels")
			},
		} {
			_, err = again()
			fails(t, err, subscriptions.Conflict)
			if !strings.Contains(err.Error(), "by One") {
				t.Error(err)
			}
		}
		_, err = h.editions.Start(ctx, e.ID)
		fails(t, err, subscriptions.Refused)
		n, err := h.editions.StartDue(ctx)
		must(t, err)
		same(t, 0, n)
		e, err = second.TakeBack(ctx, e.ID)
		must(t, err)
		same(t, time.Time{}, e.SendAt)
		h.wait(time.Hour)
		n, err = h.editions.StartDue(ctx)
		must(t, err)
		same(t, 0, n)

		_, err = second.Send(ctx, e.ID, 10*time.Minute)
		must(t, err)
		h.wait(10 * time.Minute)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := h.editions.StartDue(ctx); err != nil && !errors.Is(err, subscriptions.ErrConflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		events, err := h.store.AuditEvents(ctx, subscriptions.AuditFilter{Action: "edition.start"})
		must(t, err)
		same(t, 1, len(events))
		same(t, "schedule: ordered by Two", events[0].Actor+": "+events[0].Detail)
		_, err = first.Send(ctx, e.ID, 0)
		fails(t, err, subscriptions.Conflict)
		_, err = first.TakeBack(ctx, e.ID)
		fails(t, err, subscriptions.Refused)
	})
}

func TestAMomentThatWasMissed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.editions.Settings = &subscriptions.SettingsService{Store: h.store, Now: h.clock}
		_, _, err := h.editions.Settings.Change(ctx, 0, subscriptions.Settings{"send.late": "60"}, subscriptions.Actor{Name: "a test"})
		must(t, err)
		h.item(t, "news", day(2019, 2, 1), "iot")
		for _, c := range []struct {
			late  time.Duration
			state subscriptions.EditionState
		}{{59 * time.Minute, subscriptions.EditionSending}, {61 * time.Minute, subscriptions.EditionApproved}} {
			e := h.approved(t)
			_, err := h.editions.Schedule(ctx, e.ID, h.clock().Add(time.Hour), "Europe/Brussels")
			must(t, err)
			h.wait(time.Hour + c.late) // nothing ran
			_, err = h.editions.StartDue(ctx)
			must(t, err)
			e, err = h.store.FindEdition(ctx, e.ID)
			must(t, err)
			same(t, c.state, e.State)
			if late := c.state == subscriptions.EditionApproved; late != strings.Contains(e.Reason, "61 minutes later") || late != e.SendAt.IsZero() {
				t.Errorf("%s late: %q, %v", c.late, e.Reason, e.SendAt)
			}
			h.item(t, "more-"+string(c.state), day(2019, 2, 2), "iot")
			_, err = h.editions.Cancel(ctx, e.ID)
			must(t, err)
		}
	})
}

func TestMomentsInANamedZone(t *testing.T) {
	t.Parallel()
	e := subscriptions.Edition{ID: 7, State: subscriptions.EditionApproved, Hash: "hash"}
	now := time.Date(2019, 3, 1, 8, 0, 0, 0, time.UTC)
	brussels, err := subscriptions.LoadZone("Europe/Brussels")
	must(t, err)
	for _, c := range []struct {
		typed, utc string
		twice      bool
	}{
		{"2019-03-30 09:00", "2019-03-30T08:00:00Z", false},
		{"2019-03-31 09:00", "2019-03-31T07:00:00Z", false}, // the morning after clocks went forward
		{"2019-10-27 01:30", "2019-10-26T23:30:00Z", false},
		{"2019-10-27 02:30", "2019-10-27T00:30:00Z", true}, // shown twice: the first
		{"2019-10-27 02:00", "2019-10-27T00:00:00Z", true},
		{"2019-10-27 03:00", "2019-10-27T02:00:00Z", false},
		{"2019-10-28 09:00", "2019-10-28T08:00:00Z", false},
	} {
		at, twice, err := subscriptions.ReadLocalTime("at", c.typed, brussels)
		must(t, err)
		same(t, c.utc, at.UTC().Format(time.RFC3339))
		same(t, c.twice, twice)
	}
	newYork, err := subscriptions.LoadZone("America/New_York")
	must(t, err)
	at, twice, err := subscriptions.ReadLocalTime("at", "2019-11-03 01:30", newYork) // west of Greenwich too
	must(t, err)
	same(t, "2019-11-03T05:30:00Z true", at.UTC().Format(time.RFC3339)+" "+fmt.Sprint(twice))
	_, _, err = subscriptions.ReadLocalTime("at", "2019-03-31 02:30", brussels) // no clock shows it
	fails(t, err, subscriptions.Invalid)
	for _, at := range []time.Time{now.Add(-time.Hour), now, now.Add(367 * 24 * time.Hour)} {
		ordered := e
		fails(t, ordered.Order(at, "Europe/Brussels", "a", now), subscriptions.Invalid)
		same(t, e, ordered)
	}
	ordered := e
	must(t, ordered.Order(now.Add(time.Hour), "Europe/Brussels", "a", now))
	same(t, true, ordered.Scheduled())
	for _, rate := range []float64{-1, 0.001, 1e9} {
		fails(t, ordered.Limit(rate), subscriptions.Invalid)
	}
}
