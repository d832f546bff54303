package mailer_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
)

var errLost = errors.New("the connection to the database was lost after the commit")

// unacknowledged is the real store; a few of its commits succeed, and nobody is told.
type unacknowledged struct {
	*store.Store
	advances, claims atomic.Int64
	every            int64 // which of them are lost; 0 for none
	claim            int64 // which claim is lost
}

func (u *unacknowledged) Advance(ctx context.Context, worker string, now time.Time, o []subscriptions.Outcome, b []subscriptions.Begin) ([]bool, error) {
	granted, err := u.Store.Advance(ctx, worker, now, o, b)
	if err == nil && u.every > 0 && u.advances.Add(1)%u.every == 0 {
		return nil, errLost
	}
	return granted, err
}

func (u *unacknowledged) Claim(ctx context.Context, worker string, limit int, now, until time.Time, caps ...subscriptions.EditionCap) ([]subscriptions.Delivery, error) {
	claimed, err := u.Store.Claim(ctx, worker, limit, now, until, caps...)
	if err == nil && len(claimed) > 0 && u.claims.Add(1) == u.claim {
		return nil, errLost
	}
	return claimed, err
}

// A database that breaks off after a commit and before it says so leaves the ledger
// not knowing whether its begins are granted. They are: asked again, it says so.
func TestACommitOfWhichNobodyWasToldHoldsNothingUp(t *testing.T) {
	t.Parallel()
	const people = 40
	h := newHouse(t, people, mailtest.Options{})
	w := h.worker(2)
	w.Store = &unacknowledged{Store: h.store, every: 5}
	h.run(w)
	h.over()
	if b := h.books(); b.Sent != people {
		t.Errorf("the books are %+v", b)
	}
	h.once(people)
	for i := range people {
		if d := h.digest(i); d.Attempts != 1 {
			t.Errorf("%s has %d attempts", d.Address, d.Attempts)
		}
	}
}

// A claim of which the worker was not told is in nobody's hands. Its lease ends.
func TestAClaimOfWhichNobodyWasToldEndsWithItsLease(t *testing.T) {
	t.Parallel()
	const people = 40
	h := newHouse(t, people, mailtest.Options{})
	w := h.worker(2)
	w.Store = &unacknowledged{Store: h.store, claim: 2}
	h.run(w)
	h.until("only the lost are open", func() bool { b := h.books(); return b.Claimed > 0 && b.Sent+b.Claimed == people })
	h.clock.move(11 * time.Minute)
	h.over()
	if b := h.books(); b.Sent != people {
		t.Errorf("the books are %+v", b)
	}
	h.once(people)
}
