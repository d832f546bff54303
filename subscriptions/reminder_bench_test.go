package subscriptions_test

import (
	"fmt"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// BenchmarkDueReminders plans the reminders of a webinar with 10,000 registrants. The
// bar is a second.
func BenchmarkDueReminders(b *testing.B) {
	const people = 10_000
	for b.Loop() {
		b.StopTimer()
		h := newHouse(b, storetest.New(b))
		w := h.webinars()
		made := w.announced(b, nil)
		must(b, h.store.InTx(b.Context(), func(tx subscriptions.Store) error {
			for i := range people {
				r := subscriptions.Registration{WebinarID: made.ID, Address: fmt.Sprintf("p%d@example.org", i), State: subscriptions.RegistrationActive, CreatedAt: h.clock(), ConfirmedAt: h.clock(), PlacedAt: h.clock()}
				if err := tx.AddRegistration(b.Context(), &r); err != nil {
					return err
				}
			}
			return nil
		}))
		h.wait(made.Starts.Add(-24 * time.Hour).Sub(h.clock()))
		b.StartTimer()
		n, err := w.desk.Work(b.Context())
		b.StopTimer()
		must(b, err)
		if n != people {
			b.Fatalf("%d reminders", n)
		}
		b.StartTimer()
	}
}
