package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// Whatever happens in whatever order — people register, confirm, leave and come back,
// the webinar is moved, changed and cancelled, the service stands still or begins
// anew in the middle of its work — nobody gets two reminders of a window and a time,
// none after the start, none for a time that it no longer has, and none whose window
// opened before they came.
func TestRemindersOverAnyStory(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		w := (&house{store: s, keys: mustKeys(t), now: storetest.Now()}).webinars()
		e := webinarEdit()
		e.Slug = fmt.Sprintf("webinar-%d", round)
		if rapid.Bool().Draw(t, "a small hall") {
			e.Capacity = "2"
		}
		made, err := w.desk.Create(t.Context(), e, w.by)
		check(t, err)
		_, err = w.desk.Announce(t.Context(), made.ID, false, w.by)
		check(t, err)
		w.desk.Batch = rapid.IntRange(1, 3).Draw(t, "batch")
		reminded := map[string]bool{}
		deliver := func() {
			for _, l := range w.deliver(t, made.ID) {
				if l.Kind != subscriptions.KindReminder {
					continue
				}
				r, err := s.PeekRegistration(t.Context(), l.RefID)
				check(t, err)
				window := strings.Split(l.Key, ":")[2]
				d, err := time.ParseDuration(strings.Replace(window, "7d", "168h", 1))
				check(t, err)
				told := fmt.Sprintf("%d %s %s", l.RefID, window, l.Webinar.Starts)
				switch {
				case reminded[told]:
					t.Fatalf("a second one: %s", told)
				case !l.At.Before(l.Webinar.Starts):
					t.Fatalf("%s leaves at %s, after the start %s", l.Key, l.At, l.Webinar.Starts)
				case l.At.Before(l.Webinar.Starts.Add(-d)):
					t.Fatalf("%s leaves at %s, for the time it no longer has: it is %s", l.Key, l.At, l.Webinar.Starts)
				case !r.PlacedAt.Before(l.Webinar.Starts.Add(-d)):
					t.Fatalf("%s: the window opened before they came", l.Key)
				case r.State != subscriptions.RegistrationActive || l.Webinar.State == subscriptions.WebinarCancelled:
					t.Fatalf("%s to a registration that is %s of a webinar that is %s", l.Key, r.State, l.Webinar.State)
				}
				reminded[told] = true
			}
		}
		who := func() string { return fmt.Sprintf("p%d@r%d.example.org", rapid.IntRange(0, 4).Draw(t, "who"), round) }
		for i := range 2 { // two are there from the beginning: stories without people tell nothing
			email := fmt.Sprintf("p%d@r%d.example.org", i, round)
			check(t, w.seats.Register(t.Context(), made.Slug, subscriptions.RegisterRequest{Email: email}))
			r, err := s.FindOpenRegistration(t.Context(), made.ID, email)
			check(t, err)
			_, err = w.seats.Confirm(t.Context(), w.keys.Issue(subscriptions.PurposeSeatMail, r.ID, 0, w.clock()))
			check(t, err)
		}
		for range rapid.IntRange(5, 40).Draw(t, "steps") {
			webinar, err := s.FindWebinar(t.Context(), made.ID)
			check(t, err)
			step := time.Duration(rapid.IntRange(1, 60*24).Draw(t, "minutes")) * time.Minute
			if opening := webinar.Starts.Add(-rapid.SampledFrom(subscriptions.ReminderWindows()).Draw(t, "window")); opening.After(w.clock()) && rapid.Bool().Draw(t, "to a window") {
				step = opening.Sub(w.clock())
			}
			w.wait(step)
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1:
				_ = w.seats.Register(t.Context(), made.Slug, subscriptions.RegisterRequest{Email: who()})
			case 2, 3:
				if r, err := s.FindOpenRegistration(t.Context(), made.ID, who()); err == nil {
					_, _ = w.seats.Confirm(t.Context(), w.keys.Issue(subscriptions.PurposeSeatMail, r.ID, 0, w.clock()))
				}
			case 4:
				if r, err := s.FindOpenRegistration(t.Context(), made.ID, who()); err == nil {
					_, _ = w.seats.Leave(t.Context(), w.seats.OwnLink(r.ID))
				}
			case 5, 6:
				if rapid.Bool().Draw(t, "planned, and not sent yet") {
					_, err := w.desk.Work(t.Context())
					check(t, err)
				}
				starts := w.clock().Add(time.Duration(rapid.IntRange(1, 12*24).Draw(t, "hours")) * time.Hour)
				_, _ = w.desk.Move(t.Context(), made.ID, subscriptions.WebinarMove{Starts: starts.Format("2006-01-02 15:04"), Ends: starts.Add(time.Hour).Format("2006-01-02 15:04"), Zone: "UTC"}, w.by)
			case 7:
				if rapid.IntRange(0, 9).Draw(t, "cancel") == 0 {
					_, _ = w.desk.Cancel(t.Context(), made.ID, "", w.by)
				}
			case 8:
				// A worker plans, and dies before anything leaves.
				_, err := w.desk.Work(t.Context())
				check(t, err)
			default:
				_, err := w.desk.Work(t.Context())
				check(t, err)
				deliver()
			}
		}
		_, err = w.desk.Work(t.Context())
		check(t, err)
		deliver()
		row, err := w.desk.Find(t.Context(), made.ID)
		check(t, err)
		if row.Capacity > 0 && row.Counts.Taken() > row.Capacity {
			t.Fatalf("%d places of %d", row.Counts.Taken(), row.Capacity)
		}
	})
}

func mustKeys(t fataler) *subscriptions.Keyring {
	keys, err := subscriptions.NewKeyring([]byte("a secret that only tests know"))
	check(t, err)
	return keys
}
