package subscriptions_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestRegisteringTakesAPressInAMail(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, nil)
		w.register(t, made.Slug, "Reader@example.org")
		w.register(t, made.Slug, "reader@example.org") // pressed twice
		same(t, subscriptions.RegistrationPending, w.registration(t, made.ID, "Reader@example.org").State)
		same(t, "confirm", w.queued(t, "Reader@example.org"))
		seat := w.confirm(t, made.ID, "Reader@example.org")
		same(t, subscriptions.RegistrationActive, seat.Registration.State)
		w.confirm(t, made.ID, "Reader@example.org")
		same(t, "confirm registered", w.queued(t, "Reader@example.org"))
		// Who registers again learns from the mail alone that they have a place.
		w.register(t, made.Slug, "reader@example.org")
		w.register(t, made.Slug, "reader@example.org")
		same(t, "confirm registered registered", w.queued(t, "Reader@example.org"))
		// Nobody was subscribed to anything.
		_, err := h.store.FindSubscriberByAddress(t.Context(), "reader@example.org")
		fails(t, err, subscriptions.NotFound)
	})
}

func TestASubscriberRegistersByOnePress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) {
			e.Questions = []subscriptions.Question{{ID: "q", Kind: subscriptions.QuestionYesNo, Text: "Do you need captions?", Required: true}}
		})
		person := h.reader(t, "reader@example.org", "iot")
		token := h.keys.Issue(subscriptions.PurposeRegister, person.ID, made.ID, h.clock())
		seat, err := w.seats.Offer(t.Context(), token)
		must(t, err)
		same(t, true, seat.Known)
		_, err = w.seats.TakeOffer(t.Context(), token, nil)
		fails(t, err, subscriptions.Invalid)
		for range 2 {
			seat, err = w.seats.TakeOffer(t.Context(), token, map[string]string{"q": "no"})
			must(t, err)
		}
		same(t, subscriptions.RegistrationActive, seat.Registration.State)
		same(t, "registered", w.queued(t, "reader@example.org"))
		same(t, map[string]string{"q": "no"}, w.registration(t, made.ID, "reader@example.org").Answers)
		// The link of one purpose is none of another.
		_, err = w.seats.Own(t.Context(), token)
		fails(t, err, subscriptions.Forged)
		_, err = w.seats.TakeOffer(t.Context(), w.own(t, made.ID, "reader@example.org"), nil)
		fails(t, err, subscriptions.Forged)
	})
}

func TestLeavingGivesThePlaceToWhoWaits(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Capacity = "1" })
		for _, email := range []string{"first@example.org", "second@example.org", "third@example.org"} {
			w.register(t, made.Slug, email)
			h.wait(time.Minute)
			w.confirm(t, made.ID, email)
		}
		same(t, subscriptions.RegistrationWaiting, w.registration(t, made.ID, "second@example.org").State)
		for range 2 {
			_, err := w.seats.Leave(t.Context(), w.own(t, made.ID, "first@example.org"))
			must(t, err)
		}
		same(t, "confirm registered left", w.queued(t, "first@example.org"))
		same(t, "confirm waiting promoted", w.queued(t, "second@example.org"))
		same(t, "confirm waiting", w.queued(t, "third@example.org"))
		// Who comes back waits behind the others, with an invitation above the CANCEL.
		w.register(t, made.Slug, "first@example.org")
		w.confirm(t, made.ID, "first@example.org")
		again := w.registration(t, made.ID, "first@example.org")
		same(t, subscriptions.RegistrationWaiting, again.State)
		same(t, 2, again.Turns)
		// A larger hall.
		row, err := w.desk.Find(t.Context(), made.ID)
		must(t, err)
		e := subscriptions.EditOfWebinar(row.Webinar, nil)
		e.Topics, e.Capacity = []string{"iot"}, ""
		_, err = w.desk.Edit(t.Context(), made.ID, e, w.by)
		must(t, err)
		same(t, "confirm waiting promoted", w.queued(t, "third@example.org"))
		same(t, subscriptions.RegistrationActive, w.registration(t, made.ID, "first@example.org").State)
	})
}

// However many press at the same moment: no more places than there are, everybody
// else waits, and what is given back is given on.
func TestConcurrentRegistrationNeverOverbooks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const people, places = 60, 17
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Capacity = fmt.Sprint(places) })
		email := func(n int) string { return fmt.Sprintf("p%d@example.org", n) }
		tokens := make([]string, people)
		for n := range people {
			w.register(t, made.Slug, email(n))
			tokens[n] = h.keys.Issue(subscriptions.PurposeSeatMail, w.registration(t, made.ID, email(n)).ID, 0, h.clock())
		}
		var all sync.WaitGroup
		for n := range people {
			for range 2 { // each presses twice
				all.Go(func() {
					if _, err := w.seats.Confirm(t.Context(), tokens[n]); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		count := func() subscriptions.RegistrationCounts {
			row, err := w.desk.Find(t.Context(), made.ID)
			must(t, err)
			return row.Counts
		}
		same(t, subscriptions.RegistrationCounts{subscriptions.RegistrationActive: places, subscriptions.RegistrationWaiting: people - places}, count())
		// A third leaves, at the same moment.
		for n := 0; n < people; n += 3 {
			all.Go(func() {
				if _, err := w.seats.Leave(t.Context(), w.own(t, made.ID, email(n))); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		same(t, subscriptions.RegistrationCounts{subscriptions.RegistrationActive: places, subscriptions.RegistrationWaiting: people - places - 20,
			subscriptions.RegistrationCancelled: 20}, count())
	})
}

// The last place, again and again: by the link of a mail, by that of a subscriber and
// by an editor's hand at the same moment, one gets it. (Of one crowd alone a missing
// lock is seen once in three times.)
func TestTheLastPlaceIsGivenOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const rounds, guests = 25, 4
		w := h.webinars()
		var readers []subscriptions.Subscriber
		for n := range 2 {
			readers = append(readers, h.reader(t, fmt.Sprintf("reader%d@example.org", n), "iot"))
		}
		for round := range rounds {
			made := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Slug, e.Capacity = fmt.Sprintf("round-%d", round), "1" })
			var presses []func() error
			must(t, h.store.InTx(t.Context(), func(tx subscriptions.Store) error {
				for n := range guests {
					r := subscriptions.Registration{WebinarID: made.ID, Address: fmt.Sprintf("guest%d@example.org", n), State: subscriptions.RegistrationPending, CreatedAt: h.clock()}
					if err := tx.AddRegistration(t.Context(), &r); err != nil {
						return err
					}
					token := h.keys.Issue(subscriptions.PurposeSeatMail, r.ID, 0, h.clock())
					presses = append(presses, func() error { _, err := w.seats.Confirm(t.Context(), token); return err })
				}
				return nil
			}))
			for _, p := range readers {
				token := h.keys.Issue(subscriptions.PurposeRegister, p.ID, made.ID, h.clock())
				presses = append(presses, func() error { _, err := w.seats.TakeOffer(t.Context(), token, nil); return err })
			}
			presses = append(presses, func() error {
				_, err := w.desk.Register(t.Context(), made.ID, subscriptions.Registrant{Email: "hand@example.org", Source: "test"}, w.by)
				return err
			})
			start := make(chan struct{})
			var all sync.WaitGroup
			for _, press := range presses {
				all.Go(func() {
					<-start
					if err := press(); err != nil {
						t.Error(err)
					}
				})
			}
			close(start)
			all.Wait()
			row, err := w.desk.Find(t.Context(), made.ID)
			must(t, err)
			same(t, subscriptions.RegistrationCounts{subscriptions.RegistrationActive: 1, subscriptions.RegistrationWaiting: len(presses) - 1}, row.Counts)
		}
	})
}

func TestWhatARegistrationRefuses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) {
			e.Questions = []subscriptions.Question{{ID: "c", Kind: subscriptions.QuestionChoice, Text: "Which?", Choices: []string{"this", "that"}},
				{ID: "t", Kind: subscriptions.QuestionText, Text: "What?", Required: true}}
			e.RegisterUntil = "2019-06-10 18:00"
		})
		_, err := w.seats.Check(t.Context(), made.Slug, subscriptions.RegisterRequest{Email: "no address", Zone: "Mars/Olympus",
			Answers: map[string]string{"c": "neither", "t": strings.Repeat("x", subscriptions.MaxAnswer+1)}})
		for _, says := range []string{"is not an e-mail address", "no time zone", "choose one of the answers", "more than 500 characters"} {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("it does not say %q: %v", says, err)
			}
		}
		h.suppress(t, "barred@example.org", subscriptions.SuppressedComplaint)
		must(t, w.seats.Register(t.Context(), made.Slug, subscriptions.RegisterRequest{Email: "barred@example.org", Answers: map[string]string{"t": "x"}}))
		same(t, "", w.queued(t, "barred@example.org"))
		h.wait(time.Date(2019, 6, 10, 16, 0, 1, 0, time.UTC).Sub(h.clock()))
		err = w.seats.Register(t.Context(), made.Slug, subscriptions.RegisterRequest{Email: "late@example.org", Answers: map[string]string{"t": "x"}})
		fails(t, err, subscriptions.Refused)
	})
}

// What an editor does for somebody who asked in another way.
func TestRegisteringByHand(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, nil)
		_, err := w.desk.Register(t.Context(), made.ID, subscriptions.Registrant{Email: "a@example.org"}, w.by)
		fails(t, err, subscriptions.Invalid)
		r, err := w.desk.Register(t.Context(), made.ID, subscriptions.Registrant{Email: "a@example.org", Source: "telephone, 1 April"}, w.by)
		must(t, err)
		same(t, "desk: telephone, 1 April", r.Source)
		same(t, "registered", w.queued(t, "a@example.org"))
		_, err = w.desk.Unregister(t.Context(), r.ID, w.by)
		must(t, err)
		_, err = w.desk.Unregister(t.Context(), r.ID, w.by)
		fails(t, err, subscriptions.Refused)
		same(t, "registered left", w.queued(t, "a@example.org"))
	})
}

// Erasing a person takes their places, answers and the addresses of letters.
func TestErasingARegistrant(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) {
			e.Capacity, e.Questions = "1", []subscriptions.Question{{ID: "t", Kind: subscriptions.QuestionText, Text: "What?"}}
		})
		must(t, w.seats.Register(t.Context(), made.Slug, subscriptions.RegisterRequest{Email: "a@example.org", Answers: map[string]string{"t": "secret"}}))
		w.confirm(t, made.ID, "a@example.org")
		w.register(t, made.Slug, "b@example.org")
		w.confirm(t, made.ID, "b@example.org")
		id := w.registration(t, made.ID, "a@example.org").ID
		_, err := h.people.EraseAddress(t.Context(), "a@example.org", "test")
		must(t, err)
		r, err := h.store.PeekRegistration(t.Context(), id)
		must(t, err)
		same(t, subscriptions.RegistrationCancelled, r.State)
		same(t, "", r.Address+r.Name+r.Source+r.Answers["t"])
		same(t, "", w.queued(t, "a@example.org"))
		w.work(t) // their place is given on
		same(t, "confirm waiting promoted", w.queued(t, "b@example.org"))
	})
}

// Who never confirms is forgotten after two weeks, everybody else half a year after
// the webinar.
func TestRegistrationsAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, nil)
		for _, email := range []string{"pending@example.org", "a@example.org"} {
			w.register(t, made.Slug, email)
		}
		w.confirm(t, made.ID, "a@example.org")
		clocks := &subscriptions.RetentionService{Store: h.store, Keys: h.keys}
		for _, step := range []struct {
			at            time.Time
			pending, held string
		}{{h.clock().Add(13 * 24 * time.Hour), "confirm", "confirm registered"}, {h.clock().Add(14 * 24 * time.Hour), "", "confirm registered"},
			{made.Ends.Add(180 * 24 * time.Hour), "", ""}} {
			_, err := clocks.Run(t.Context(), step.at)
			must(t, err)
			same(t, step.pending, w.queued(t, "pending@example.org"))
			same(t, step.held, w.queued(t, "a@example.org"))
		}
	})
}

// Who registered and never subscribed gets their data too, with their answers.
func TestARegistrantsData(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) {
			e.Questions = []subscriptions.Question{{ID: "t", Kind: subscriptions.QuestionText, Text: "What?"}}
		})
		must(t, w.seats.Register(t.Context(), made.Slug, subscriptions.RegisterRequest{Email: "a@example.org", Name: "Anna", Answers: map[string]string{"t": "This."}}))
		data, err := h.people.ExportAddress(t.Context(), "a@example.org")
		must(t, err)
		if len(data.Registrations) != 1 || data.Registrations[0].Answers["What?"] != "This." || data.Registrations[0].Name != "Anna" {
			t.Errorf("%+v", data.Registrations)
		}
		_, err = h.people.ExportAddress(t.Context(), "nobody@example.org")
		fails(t, err, subscriptions.NotFound)
	})
}
