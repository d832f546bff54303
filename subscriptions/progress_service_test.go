package subscriptions_test

import (
	"context"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// slowBooks counts slowly, and from the second look on reads no edition before it is
// let.
type slowBooks struct {
	subscriptions.Store
	looks chan struct{}
	let   chan struct{}
}

func (s slowBooks) Books(ctx context.Context, id int64) (subscriptions.Books, error) {
	time.Sleep(30 * time.Millisecond)
	return s.Store.Books(ctx, id)
}

func (s slowBooks) FindEdition(ctx context.Context, id int64) (subscriptions.Edition, error) {
	select {
	case s.looks <- struct{}{}:
	default:
		<-s.let
	}
	return s.Store.FindEdition(ctx, id)
}

// Where counting takes long, who watches a send has the last look before them while the
// next is made, and has that one after.
func TestNobodyWaitsForALongCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.New(t))
	h.item(t, "news", day(2019, 2, 1), "iot")
	h.crowd(t, 20)
	e := h.plan(t, h.sending(t).ID, 1000)
	s := slowBooks{h.store, make(chan struct{}, 1), make(chan struct{})}
	progress := &subscriptions.ProgressService{Store: s, Now: h.clock}
	first, err := progress.Of(t.Context(), e.ID)
	must(t, err)
	same(t, 20, first.Books.Planned)
	_, err = h.editions.Pause(t.Context(), e.ID)
	must(t, err)
	time.Sleep(1100 * time.Millisecond) // a look is good for a second, of the real clock
	for range 3 {
		p, err := progress.Of(t.Context(), e.ID)
		must(t, err)
		same(t, subscriptions.EditionSending, p.Edition.State)
	}
	close(s.let)
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		p, err := progress.Of(t.Context(), e.ID)
		must(t, err)
		if p.Edition.State == subscriptions.EditionPaused {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("the edition is still shown as %s", p.Edition.State)
		}
	}
}
