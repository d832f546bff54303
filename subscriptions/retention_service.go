package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// RetentionService does what the table of retention.go says, when it is due.
type RetentionService struct {
	Store Store
	Keys  *Keyring
	Keep  Keep
	Batch int // rows of a transaction; 0 means 1,000
}

const (
	defaultBatch = 1000
	// A person who is forgotten has about five rows: their own, topics, consents,
	// deliveries.
	rowsOfAPerson = 5
)

// Run runs each clock until nothing more is due, a batch a transaction, and
// counts the rows. It stops when the context ends; the next run goes on where it
// was. A clock that fails keeps no other from running.
func (s *RetentionService) Run(ctx context.Context, now time.Time) (map[Clock]int, error) {
	done := map[Clock]int{}
	var errs []error
	for _, row := range s.Keep.Table() {
		for more := row.Clock != ""; more; {
			if ctx.Err() != nil {
				return done, errors.Join(append(errs, ctx.Err())...)
			}
			var n int
			var err error
			if n, more, err = s.step(ctx, row.Clock, now, now.Add(-row.Keep)); err != nil {
				errs = append(errs, fmt.Errorf("run the retention clock %q: %w", row.Clock, err))
				more = false
			}
			if n > 0 {
				done[row.Clock] += n
			}
		}
	}
	return done, errors.Join(errs...)
}

// step does one batch of a clock. There may be more when it was full.
func (s *RetentionService) step(ctx context.Context, clock Clock, now, until time.Time) (n int, more bool, err error) {
	size := s.Batch
	if size <= 0 {
		size = defaultBatch
	}
	switch clock {
	case ClockUnconfirmed:
		size = max(size/rowsOfAPerson, 1)
		n, err = s.forget(ctx, now, EndUnconfirmed, func(tx Store) ([]Subscriber, error) {
			return tx.Unconfirmed(ctx, until, size)
		})
	case ClockLeft:
		size = max(size/rowsOfAPerson, 1)
		// Who has signed up again is waited for like any who have.
		quiet := now.Add(-s.Keep.standard().Unconfirmed)
		n, err = s.forget(ctx, now, EndErased, func(tx Store) ([]Subscriber, error) { return tx.Left(ctx, until, quiet, size) })
	case ClockIP:
		n, err = s.Store.ShortenIPs(ctx, until, size, ShortenIP)
	case ClockNetwork:
		n, err = s.Store.DropIPs(ctx, until, size)
	case ClockAnswers:
		n, err = s.Store.DropAnswers(ctx, now, until, size)
	case ClockRegistrations:
		n, err = s.Store.DropRegistrations(ctx, now, until, size)
	case ClockPendingSeats:
		n, err = s.Store.DropPendingRegistrations(ctx, now, until, size)
	case ClockOriginals:
		n, err = s.Store.DropOriginals(ctx, until, size)
	case ClockReturns:
		n, err = s.Store.DropBounceAddresses(ctx, until, size)
	case ClockAddresses:
		n, err = s.Store.DropAddressChanges(ctx, until, size)
	case ClockLists:
		size = 20 // each may be 20 MB
		n, err = s.Store.DropLists(ctx, until, size)
	case ClockSessions:
		n, err = s.Store.PruneSessions(ctx, until, until.Add(-sessionIdle), size)
	case ClockDeskIP:
		n, err = s.Store.ShortenAuditIPs(ctx, until, size, ShortenIP)
	case ClockDeskNetwork:
		n, err = s.Store.DropAuditIPs(ctx, until, size)
	case ClockDeskLetters:
		n, err = s.Store.DropDeskLetters(ctx, until, size)
	case ClockEditors:
		n, err = s.Store.ForgetEditors(ctx, until, size)
	case ClockTests:
		n, err = s.Store.DropTests(ctx, until, size)
	case ClockSeeds:
		n, err = s.Store.DropSeedGroups(ctx, until, size)
	default:
		return 0, false, errors.New("nothing does what this clock says")
	}
	return n, err == nil && n >= size, err
}

// forget empties the next people who are due. Those who had confirmed leave the
// hash of their address behind.
func (s *RetentionService) forget(ctx context.Context, now time.Time, reason EndReason, due func(tx Store) ([]Subscriber, error)) (n int, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		people, err := due(tx)
		if n = len(people); err != nil || n == 0 {
			return err
		}
		ids := make([]int64, n)
		var hashes []string
		for i, p := range people {
			ids[i] = p.ID
			if !p.ConfirmedAt.IsZero() {
				hashes = append(hashes, s.Keys.HashAddress(p.Address))
			}
		}
		if err := remember(ctx, tx, hashes, "left", now); err != nil {
			return err
		}
		_, err = tx.Forget(ctx, ids, reason, now)
		return err
	})
	return n, err
}

// remember suppresses addresses that are about to be forgotten. A reason that is
// in force is stronger than ours and stays.
func remember(ctx context.Context, tx Store, hashes []string, note string, now time.Time) error {
	if len(hashes) == 0 {
		return nil
	}
	known, err := tx.Suppressions(ctx, hashes)
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		if _, ok := known[hash]; ok {
			continue
		}
		if err := tx.PutSuppression(ctx, Suppression{Hash: hash, Reason: SuppressedErased, Note: note, CreatedAt: now}); err != nil {
			return err
		}
	}
	return nil
}
