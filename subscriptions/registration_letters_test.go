package subscriptions_test

import (
	"fmt"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// How people stand in webinars to come is read for all of a batch at once: by any
// spelling of the address, and only where it matters.
func TestTheSeatsOfABatch(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		people := func(emails ...string) []subscriptions.Recipient {
			all := make([]subscriptions.Recipient, len(emails))
			for i, email := range emails {
				all[i].Subscriber.Address = email
			}
			must(t, subscriptions.MarkSeats(t.Context(), h.store, all))
			return all
		}
		same(t, 0, len(people("placed@example.org")[0].Seats)) // there is no webinar
		small := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Capacity = "1" })
		large := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Slug = "large" })
		off := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Slug = "off" })
		for _, made := range []subscriptions.Webinar{small, large, off} {
			for _, email := range []string{"placed@example.org", "second@example.org", "left@example.org"} {
				w.register(t, made.Slug, email)
				h.wait(time.Minute)
				w.confirm(t, made.ID, email)
			}
			w.register(t, made.Slug, "pending@example.org")
			_, err := w.seats.Leave(t.Context(), w.own(t, made.ID, "left@example.org"))
			must(t, err)
		}
		_, err := w.desk.Cancel(t.Context(), off.ID, "", w.by)
		must(t, err)
		var got []subscriptions.Seats
		for _, p := range people("Placed@Example.org", "second@example.org", "left@example.org", "pending@example.org", "nobody@example.org", "") {
			got = append(got, p.Seats)
		}
		same(t, []subscriptions.Seats{{small.ID: subscriptions.RegistrationActive, large.ID: subscriptions.RegistrationActive},
			{small.ID: subscriptions.RegistrationWaiting, large.ID: subscriptions.RegistrationActive}, nil, nil, nil, nil}, got)
	})
}

// A letter that was composed from what is no more does not leave: the begin is granted
// in the commit before the first octet, and compares.
func TestALetterOfAWebinarLeavesAsThingsAre(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, nil)
		p := h.reader(t, "reader@example.org", "iot")
		guest, err := w.desk.Register(t.Context(), made.ID, subscriptions.Registrant{Email: "guest@example.org", Source: "test"}, w.by)
		must(t, err)
		n := 0
		// asks composes a letter, lets something happen, and asks to put it on the wire.
		asks := func(d subscriptions.Delivery, meanwhile func()) bool {
			t.Helper()
			n++
			d.Key, d.Address, d.State, d.CreatedAt = fmt.Sprintf("letter:%d", n), "a@example.org", subscriptions.DeliveryQueued, h.clock()
			_, err := h.store.QueueDeliveries(t.Context(), []subscriptions.Delivery{d})
			must(t, err)
			claimed, err := h.store.Claim(t.Context(), "w", 1000, h.clock(), h.clock().Add(time.Hour))
			must(t, err)
			webinar, err := h.store.FindWebinar(t.Context(), made.ID)
			must(t, err)
			b := subscriptions.Begin{Standing: webinar.Standing()}
			if d.Kind != subscriptions.KindAnnouncement {
				r, err := h.store.PeekRegistration(t.Context(), d.RefID)
				must(t, err)
				b.Standing = r.Standing(webinar)
			} else {
				b.Revision = h.find(t, "reader@example.org").Revision
			}
			for _, c := range claimed {
				if c.Key == d.Key {
					b.DeliveryID = c.ID
				}
			}
			meanwhile()
			granted, err := h.store.Advance(t.Context(), "w", h.clock(), nil, []subscriptions.Begin{b})
			must(t, err)
			return granted[0]
		}
		reminder := subscriptions.Delivery{Kind: subscriptions.KindReminder, RefID: guest.ID}
		announcement := subscriptions.Delivery{Kind: subscriptions.KindAnnouncement, RefID: made.ID, SubscriberID: p.ID}
		nothing := func() {}
		moves := 0
		move := func() {
			moves++
			_, err := w.desk.Move(t.Context(), made.ID, subscriptions.WebinarMove{Starts: fmt.Sprintf("2019-07-%02d 09:30", moves), Ends: fmt.Sprintf("2019-07-%02d 10:30", moves), Zone: "UTC"}, w.by)
			must(t, err)
		}
		for name, d := range map[string]subscriptions.Delivery{"a reminder": reminder, "an announcement": announcement} {
			if !asks(d, nothing) {
				t.Errorf("%s does not leave though nothing has happened", name)
			}
			if asks(d, move) {
				t.Errorf("%s leaves for the time before the move", name)
			}
		}
		if !asks(announcement, func() { w.register(t, made.Slug, "other@example.org"); w.confirm(t, made.ID, "other@example.org") }) {
			t.Error("the announcement is kept by what others do")
		}
		register := func() {
			_, err := w.seats.TakeOffer(t.Context(), h.keys.Issue(subscriptions.PurposeRegister, p.ID, made.ID, h.clock()), nil)
			must(t, err)
		}
		if asks(announcement, register) {
			t.Error("it is announced to who has just registered")
		}
		leave := func() {
			_, err := w.seats.Leave(t.Context(), w.own(t, made.ID, "guest@example.org"))
			must(t, err)
		}
		if asks(reminder, leave) {
			t.Error("who has just left is reminded")
		}
		if asks(reminder, func() { _, err := w.desk.Cancel(t.Context(), made.ID, "", w.by); must(t, err) }) {
			t.Error("people are reminded of what was just cancelled")
		}
		same(t, int64(0), h.find(t, "reader@example.org").Revision-p.Revision-1) // one press, one change
	})
}

// A digest that says how its reader stands is composed anew once that has changed.
func TestADigestIsComposedAnewAfterAPress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Capacity = "1" })
		revision := func(email string) int64 { return h.find(t, email).Revision }
		for _, email := range []string{"a@example.org", "b@example.org"} {
			h.reader(t, email, "iot")
		}
		a, b := revision("a@example.org"), revision("b@example.org")
		rises := func(what string, email string, before *int64) {
			t.Helper()
			if now := revision(email); now <= *before {
				t.Errorf("%s: a digest of before would leave", what)
			} else {
				*before = now
			}
		}
		w.register(t, made.Slug, "a@example.org")
		w.confirm(t, made.ID, "a@example.org")
		rises("a place", "a@example.org", &a)
		_, err := w.desk.Register(t.Context(), made.ID, subscriptions.Registrant{Email: "B@example.org", Source: "test"}, w.by)
		must(t, err)
		rises("the waiting list", "b@example.org", &b)
		_, err = w.seats.Leave(t.Context(), w.own(t, made.ID, "a@example.org"))
		must(t, err)
		rises("a place given back", "a@example.org", &a)
		rises("a place from the waiting list", "b@example.org", &b)
	})
}

// From the moment on that a letter is said to be true until, it is refused; just
// before, it is not.
func TestUntilWhenALetterIsTrue(t *testing.T) {
	t.Parallel()
	w := subscriptions.Webinar{ID: 1, State: subscriptions.WebinarAnnounced, Version: 1, Moves: 1, Starts: time.Date(2019, 6, 11, 7, 30, 0, 0, time.UTC)}
	w.Ends = w.Starts.Add(time.Hour)
	for _, closes := range []time.Time{{}, w.Starts.Add(-time.Hour), w.Starts} {
		w.RegisterUntil = closes
		for _, kind := range subscriptions.WebinarKinds() {
			until := subscriptions.TrueUntil(kind, w)
			r := subscriptions.Registration{ID: 7, WebinarID: 1, Address: "a@example.org", State: subscriptions.RegistrationActive}
			d := subscriptions.Delivery{Kind: kind, RefID: 7, Address: r.Address}
			switch kind { //nolint:exhaustive // the others have a place
			case subscriptions.KindRegisterConfirm:
				r.State = subscriptions.RegistrationPending
			case subscriptions.KindWaiting:
				r.State = subscriptions.RegistrationWaiting
			case subscriptions.KindReminder:
				d.Key = "reminder:7:1h:1"
			case subscriptions.KindWebinarMoved:
				d.Key = "webinar-moved:7:1"
			}
			refused := func(now time.Time) bool {
				if kind == subscriptions.KindAnnouncement {
					return !w.TakesRegistrations(now)
				}
				return subscriptions.RegistrationRefusal(d, w, r, now) != ""
			}
			switch kind { //nolint:exhaustive // the others end
			case subscriptions.KindWebinarCancelled, subscriptions.KindLeft, subscriptions.KindFollowUp:
				if !until.IsZero() {
					t.Errorf("%s is true until %s", kind, until)
				}
			default:
				if refused(until.Add(-1)) || !refused(until) {
					t.Errorf("%s, registration until %s: true until %s, refused then: %v, before: %v", kind, closes, until, refused(until), refused(until.Add(-1)))
				}
			}
		}
	}
}
