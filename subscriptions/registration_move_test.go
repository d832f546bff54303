package subscriptions_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// held writes down who has which registration of the webinar, oldest first.
func (w *webinars) held(t testing.TB, id int64) string {
	t.Helper()
	all, err := w.store.Registrations(t.Context(), id)
	must(t, err)
	var lines []string
	for _, r := range all {
		name, _, _ := strings.Cut(r.Address, "@")
		lines = append(lines, name+" "+string(r.State))
	}
	return strings.Join(lines, ", ")
}

// moves takes the person to another address, by both presses.
func (h *house) moves(t testing.TB, p subscriptions.Subscriber, email string) {
	t.Helper()
	_, err := h.people.ConfirmAddress(t.Context(), h.asks(t, p, email), "")
	must(t, err)
}

// A place follows its holder to the new address, with an invitation above the old one;
// what is open goes there, and so do the reminders.
func TestPlacesFollowToANewAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, nil)
		w.register(t, made.Slug, "old@example.org") // before they subscribed
		w.confirm(t, made.ID, "old@example.org")
		pending := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Slug = "another" })
		w.register(t, pending.Slug, "old@example.org")
		p := h.reader(t, "old@example.org", "iot")
		h.wait(made.Starts.Add(-24 * time.Hour).Sub(h.clock()))
		w.work(t) // a reminder waits in the queue
		h.moves(t, p, "new@example.org")
		same(t, "new registered", w.held(t, made.ID))
		same(t, "new pending", w.held(t, pending.ID))
		r := w.registration(t, made.ID, "new@example.org")
		same(t, p.ID, r.SubscriberID)
		same(t, 1, r.Turns)
		same(t, "reminder registered confirm", w.queued(t, "new@example.org"))
		same(t, "confirm registered confirm", w.queued(t, "old@example.org"))
		told := map[string]int{}
		for _, l := range w.deliver(t, made.ID) {
			if l.RefID == r.ID && l.Kind.OfRegistration() {
				told[string(l.Kind)+" "+l.Address]++
			}
		}
		same(t, map[string]int{"webinar-reminder new@example.org": 1, "webinar-registered new@example.org": 1}, told)
		h.wait(23 * time.Hour)
		w.work(t)
		same(t, "reminder registered confirm reminder", w.queued(t, "new@example.org"))
	})
}

// Who waits keeps the place in the line.
func TestTheWaitingListFollowsToANewAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Capacity = "1" })
		p := h.reader(t, "old@example.org", "iot")
		for _, email := range []string{"first@example.org", "old@example.org", "third@example.org"} {
			w.register(t, made.Slug, email)
			h.wait(time.Minute)
			w.confirm(t, made.ID, email)
		}
		h.moves(t, p, "new@example.org")
		same(t, "waiting", w.queued(t, "new@example.org"))
		_, err := w.seats.Leave(t.Context(), w.own(t, made.ID, "first@example.org"))
		must(t, err)
		same(t, "first cancelled, new registered, third waiting", w.held(t, made.ID))
		same(t, "waiting promoted", w.queued(t, "new@example.org"))
	})
}

// Where both addresses are registered one registration stays, and the other's place is
// given on.
func TestPlacesOfTwoAddressesBecomeOne(t *testing.T) {
	t.Parallel()
	type step struct{ who, state string }
	for name, c := range map[string]struct {
		capacity string
		steps    []step // in the order in which they came
		want     string
		mail     string // to the new address, after the change
	}{
		"both have a place: that of the new address stays": {"", []step{{"old", "placed"}, {"new", "placed"}}, "old cancelled, new registered", "confirm registered"},
		"both had a place, and somebody waits":             {"2", []step{{"old", "placed"}, {"new", "placed"}, {"third", "placed"}}, "old cancelled, new registered, third registered", "confirm registered"},
		"a place is worth more than the waiting list":      {"1", []step{{"old", "placed"}, {"new", "placed"}}, "new registered, new cancelled", "confirm waiting registered"},
		"the waiting list is worth less than a place":      {"1", []step{{"new", "placed"}, {"old", "placed"}}, "new registered, old cancelled", "confirm registered"},
		"of two in the line the earlier stays":             {"1", []step{{"first", "placed"}, {"old", "placed"}, {"new", "placed"}}, "first registered, new waiting, new cancelled", "confirm waiting waiting"},
		"of two in the line the later goes":                {"1", []step{{"first", "placed"}, {"new", "placed"}, {"old", "placed"}}, "first registered, new waiting, old cancelled", "confirm waiting"},
		"a form that nobody confirmed gives way":           {"", []step{{"new", "asked"}, {"old", "placed"}}, "new cancelled, new registered", "confirm registered"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				w := h.webinars()
				made := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Capacity = c.capacity })
				p := h.reader(t, "old@example.org", "iot")
				for _, s := range c.steps {
					w.register(t, made.Slug, s.who+"@example.org")
					h.wait(time.Minute)
					if s.state == "placed" {
						w.confirm(t, made.ID, s.who+"@example.org")
					}
				}
				h.moves(t, p, "new@example.org")
				same(t, c.want, w.held(t, made.ID))
				same(t, c.mail, w.queued(t, "new@example.org"))
			})
		})
	}
}

// A change that is taken back takes the places back, and none that the other mailbox
// took for itself.
func TestPlacesComeBackWithTheAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		mine := w.announced(t, nil)
		theirs := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Slug = "another" })
		p := h.reader(t, "old@example.org", "iot")
		w.register(t, mine.Slug, "old@example.org")
		w.confirm(t, mine.ID, "old@example.org")
		w.register(t, theirs.Slug, "new@example.org")
		w.confirm(t, theirs.ID, "new@example.org")
		h.moves(t, p, "new@example.org")
		same(t, "new registered", w.held(t, mine.ID))
		_, err := h.people.RestoreAddress(t.Context(), h.token(t, p, subscriptions.PurposeRestore), "")
		must(t, err)
		same(t, "old registered", w.held(t, mine.ID))
		same(t, "new registered", w.held(t, theirs.ID))
	})
}

// What is over stays with who was there, and where both were, with both.
func TestWhatIsOverFollowsWhereItIsAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		alone := w.announced(t, nil)
		both := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Slug = "another" })
		p := h.reader(t, "old@example.org", "iot")
		for _, at := range []struct{ slug, email string }{{alone.Slug, "old@example.org"}, {both.Slug, "old@example.org"}, {both.Slug, "new@example.org"}} {
			w.register(t, at.slug, at.email)
			id := alone.ID
			if at.slug == both.Slug {
				id = both.ID
			}
			w.confirm(t, id, at.email)
		}
		h.wait(alone.Ends.Add(time.Hour).Sub(h.clock()))
		w.work(t)
		h.moves(t, p, "new@example.org")
		same(t, "new registered", w.held(t, alone.ID))
		same(t, "old registered, new registered", w.held(t, both.ID))
	})
}

// Whoever moves while others register and leave: nobody waits for ever for somebody
// else, and no more places are taken than there are.
func TestMovingWhileOthersRegister(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const people, places = 12, 5
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Capacity = fmt.Sprint(places) })
		var all sync.WaitGroup
		for n := range people {
			email := fmt.Sprintf("p%d@example.org", n)
			p := h.reader(t, email, "iot")
			if n%2 == 0 {
				w.register(t, made.Slug, email)
				w.confirm(t, made.ID, email)
			}
			w.register(t, made.Slug, "new-"+email)
			change := h.asks(t, p, "new-"+email)
			press := h.keys.Issue(subscriptions.PurposeSeatMail, w.registration(t, made.ID, "new-"+email).ID, 0, h.clock())
			offer := h.keys.Issue(subscriptions.PurposeRegister, p.ID, made.ID, h.clock())
			all.Go(func() {
				if _, err := h.people.ConfirmAddress(t.Context(), change, ""); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if _, err := w.seats.TakeOffer(t.Context(), offer, nil); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() { _, _ = w.seats.Confirm(t.Context(), press) }) // refused where it gave way
		}
		all.Wait()
		row, err := w.desk.Find(t.Context(), made.ID)
		must(t, err)
		if row.Counts.Taken() != places {
			t.Errorf("%d places of %d: %v", row.Counts.Taken(), places, row.Counts)
		}
	})
}
