package subscriptions_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestConfirmARegistration(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	for name, c := range map[string]struct {
		change func(w *subscriptions.Webinar)
		taken  int
		at     time.Time
		want   subscriptions.RegistrationState // "" is refused
	}{
		"without a limit":                   {func(*subscriptions.Webinar) {}, 5000, now, subscriptions.RegistrationActive},
		"the last place":                    {func(w *subscriptions.Webinar) { w.Capacity = 20 }, 19, now, subscriptions.RegistrationActive},
		"full, so the waiting list":         {func(w *subscriptions.Webinar) { w.Capacity = 20 }, 20, now, subscriptions.RegistrationWaiting},
		"overfull after a smaller capacity": {func(w *subscriptions.Webinar) { w.Capacity = 20 }, 25, now, subscriptions.RegistrationWaiting},
		"at the moment registration closes": {func(w *subscriptions.Webinar) { w.RegisterUntil = now }, 0, now, subscriptions.RegistrationActive},
		"a moment later":                    {func(w *subscriptions.Webinar) { w.RegisterUntil = now }, 0, now.Add(time.Second), ""},
		"at the start":                      {func(*subscriptions.Webinar) {}, 0, webinar06().Starts, ""},
		"of a draft":                        {func(w *subscriptions.Webinar) { w.State = subscriptions.WebinarDraft }, 0, now, ""},
		"of a cancelled webinar":            {func(w *subscriptions.Webinar) { w.State = subscriptions.WebinarCancelled }, 0, now, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := webinar06()
			c.change(&w)
			r := subscriptions.Registration{State: subscriptions.RegistrationPending}
			err := r.Confirm(w, c.taken, c.at)
			if c.want == "" {
				fails(t, err, subscriptions.Refused)
				same(t, subscriptions.Registration{State: subscriptions.RegistrationPending}, r)
				return
			}
			must(t, err)
			want := subscriptions.Registration{State: c.want, ConfirmedAt: c.at}
			if c.want == subscriptions.RegistrationActive {
				want.PlacedAt = c.at
			}
			same(t, want, r)
			must(t, r.Confirm(w, 99, c.at.Add(time.Hour))) // pressed twice: the place stays
			same(t, want, r)
		})
	}
}

func TestEveryMoveOfARegistration(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	const pending, active, waiting, cancelled, attended, missed = subscriptions.RegistrationPending, subscriptions.RegistrationActive,
		subscriptions.RegistrationWaiting, subscriptions.RegistrationCancelled, subscriptions.RegistrationAttended, subscriptions.RegistrationMissed
	states := []subscriptions.RegistrationState{pending, active, waiting, cancelled, attended, missed}
	for verb, c := range map[string]struct {
		move func(r *subscriptions.Registration) error
		to   map[subscriptions.RegistrationState]subscriptions.RegistrationState
	}{
		"promote": {func(r *subscriptions.Registration) error { return r.Promote(storetest.Now()) },
			map[subscriptions.RegistrationState]subscriptions.RegistrationState{waiting: active}},
		"cancel": {func(r *subscriptions.Registration) error { return r.Cancel(now) },
			map[subscriptions.RegistrationState]subscriptions.RegistrationState{pending: cancelled, active: cancelled, waiting: cancelled, cancelled: cancelled}},
		"mark as attended": {func(r *subscriptions.Registration) error { return r.Attend(true) },
			map[subscriptions.RegistrationState]subscriptions.RegistrationState{active: attended, attended: attended, missed: attended}},
		"mark as missed": {func(r *subscriptions.Registration) error { return r.Attend(false) },
			map[subscriptions.RegistrationState]subscriptions.RegistrationState{active: missed, attended: missed, missed: missed}},
	} {
		for _, from := range states {
			t.Run(verb+" while "+string(from), func(t *testing.T) {
				t.Parallel()
				r := subscriptions.Registration{State: from}
				err := c.move(&r)
				to, ok := c.to[from]
				if !ok {
					fails(t, err, subscriptions.Refused)
					to = from
				} else {
					must(t, err)
				}
				same(t, to, r.State)
			})
		}
	}
}
