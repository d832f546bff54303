package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// EditionService is what an editor does with an edition: collect, freeze,
// approve, send, stop. Each move reads the row, asks the noun, and writes it
// back only if nobody else has moved it meanwhile, with a line in the audit log.
type EditionService struct {
	Store Store
	Keys  *Keyring
	Now   func() time.Time
	By    Actor // who does it

	Settings *SettingsService // what freezing takes of them, and the rules of sending; may be nil
	Reach    *ReachService    // who is counted for an approval; nil: nobody is
	// Preflight refuses the approval of an edition that is not ready; nil: nothing is
	// looked at.
	Preflight func(ctx context.Context, e Edition) error
}

// As gives the service in the hands of somebody.
func (s *EditionService) As(by Actor) *EditionService {
	theirs := *s
	theirs.By = by
	return &theirs
}

// audit writes what was done to an edition, in its transaction.
func (s *EditionService) audit(ctx context.Context, tx Store, action string, e Edition, detail string) error {
	return audit(ctx, tx, s.By, s.Now(), action, fmt.Sprintf("edition:%d", e.ID), e.Title, detail)
}

// Create starts a collecting edition. A slug that is taken gets a number. Who
// sends the newsletter and how they are reached is carried over from the newest
// edition: it seldom changes.
func (s *EditionService) Create(ctx context.Context, title string, period Period) (Edition, error) {
	e, err := NewEdition(title, period, s.Now())
	if err != nil {
		return e, err
	}
	return e, s.Store.InTx(ctx, func(tx Store) error {
		past, err := tx.Editions(ctx)
		if err != nil {
			return err
		}
		if len(past) > 0 {
			e.About, e.Contact = past[0].About, past[0].Contact
		}
		if err := s.add(ctx, tx, &e); err != nil {
			return err
		}
		return s.audit(ctx, tx, "edition.create", e, "collects "+e.Period.Words())
	})
}

func (s *EditionService) add(ctx context.Context, tx Store, e *Edition) error {
	var err error
	if e.Slug, err = freeSlug(ctx, tx, e.Slug); err != nil {
		return err
	}
	return tx.AddEdition(ctx, e)
}

// freeSlug gives the slug, with a number when it is taken.
func freeSlug(ctx context.Context, tx Store, base string) (string, error) {
	slug := base
	for n := 2; ; n++ {
		_, err := tx.FindEditionBySlug(ctx, slug)
		if errors.Is(err, ErrNotFound) {
			return slug, nil
		}
		if err != nil {
			return "", err
		}
		slug = fmt.Sprintf("%s-%d", strings.TrimRight(base[:min(len(base), maxSlug-4)], "-"), n)
	}
}

// Freeze fixes what the edition says and takes its items.
func (s *EditionService) Freeze(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, "edition.freeze", func(tx Store, e *Edition) error {
		c, err := s.collect(ctx, tx, *e)
		if err != nil {
			return err
		}
		if err := e.Freeze(c, s.Now()); err != nil {
			return err
		}
		if e.IsCorrection() {
			return tx.PutContent(ctx, c) // the item stays with the edition it was in
		}
		for _, entry := range c.Entries {
			item, err := tx.FindItem(ctx, entry.ID)
			if err != nil {
				return err
			}
			item.EditionID = e.ID
			if err := tx.UpdateItem(ctx, item); err != nil {
				return err
			}
		}
		return tx.PutContent(ctx, c)
	})
}

// Reopen gives a frozen edition back to collecting, and its items with it.
func (s *EditionService) Reopen(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, "edition.reopen", func(tx Store, e *Edition) error {
		if err := e.Reopen(); err != nil {
			return err
		}
		return releaseItems(ctx, tx, e.ID)
	})
}

func releaseItems(ctx context.Context, tx Store, editionID int64) error {
	items, err := tx.Items(ctx, ItemFilter{EditionID: editionID, Limit: maxEntries})
	if err != nil {
		return err
	}
	for _, listed := range items {
		i, err := tx.FindItem(ctx, listed.ID) // as it is now, and held
		if err != nil {
			return err
		}
		i.EditionID = 0
		if err := tx.UpdateItem(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// Start begins the send; a worker does the rest. Starting twice sends once.
func (s *EditionService) Start(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, "edition.start", func(_ Store, e *Edition) error { return e.Start(s.Now()) })
}

// Pause stops the send before the next message.
func (s *EditionService) Pause(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, "edition.pause", func(_ Store, e *Edition) error {
		if err := e.Pause(); err != nil {
			return err
		}
		if s.By.Name != "" {
			e.stands("Paused by "+s.By.Name+".", s.Now())
		}
		return nil
	})
}

// Resume goes on. What has failed so far was looked at: a run that paused itself is
// watched anew from here.
func (s *EditionService) Resume(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, "edition.resume", func(tx Store, e *Edition) error {
		if err := e.Resume(); err != nil {
			return err
		}
		return s.watchAnew(ctx, tx, e)
	})
}

// Cancel ends the edition: what is still open is skipped. Items of an edition
// of which nothing has left are free for the next one.
func (s *EditionService) Cancel(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, "edition.cancel", func(tx Store, e *Edition) error {
		began := !e.StartedAt.IsZero()
		if err := e.Cancel(s.Now()); err != nil {
			return err
		}
		if !began {
			return releaseItems(ctx, tx, e.ID)
		}
		if err := tx.SkipOpen(ctx, e.ID, "cancelled", s.Now()); err != nil {
			return err
		}
		return s.follow(ctx, tx, *e)
	})
}

// Resolve decides about deliveries of which nobody knows whether they arrived:
// send them again with the same Message-ID, or accept them as sent. With ids it is
// about those alone.
func (s *EditionService) Resolve(ctx context.Context, id int64, resend bool, deliveryIDs ...int64) (int, error) {
	var n int
	err := s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEdition(ctx, id)
		if err != nil {
			return err
		}
		if resend && e.State == EditionCancelled {
			return e.wrong("sent again", fmt.Sprintf("Accept what is uncertain: tidings edition resolve %d --accept", id))
		}
		if n, err = tx.ResolveUncertain(ctx, id, resend, s.Now(), deliveryIDs...); err != nil || n == 0 {
			return err
		}
		what := "accepted as sent"
		if resend {
			what = "to be sent again"
		}
		if err := s.audit(ctx, tx, "edition.resolve", e, fmt.Sprintf("%d uncertain %s", n, what)); err != nil || !resend || e.State != EditionSent {
			return err
		}
		// There is something to send again: the run is open once more.
		if err := s.watchAnew(ctx, tx, &e); err != nil {
			return err
		}
		e.State, e.FinishedAt = EditionSending, time.Time{}
		return tx.UpdateEdition(ctx, e, EditionSent)
	})
	return n, err
}

// move runs one state change of an edition in a transaction.
func (s *EditionService) move(ctx context.Context, id int64, action string, f func(tx Store, e *Edition) error) (Edition, error) {
	var e Edition
	err := s.Store.InTx(ctx, func(tx Store) error {
		var err error
		if e, err = tx.FindEdition(ctx, id); err != nil {
			return err
		}
		was := e.State
		if err := f(tx, &e); err != nil {
			return err
		}
		if err := tx.UpdateEdition(ctx, e, was); err != nil || e.State == was {
			return err // starting twice is one start
		}
		return s.audit(ctx, tx, action, e, fmt.Sprintf("state %s → %s", was, e.State))
	})
	return e, err
}

// Status is an edition with its books.
type Status struct {
	Edition Edition
	Books   Books
}

// Status reads where an edition stands, counted from the rows.
func (s *EditionService) Status(ctx context.Context, id int64) (Status, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil {
		return Status{}, err
	}
	books, err := s.Store.Books(ctx, id)
	return Status{e, books}, err
}
