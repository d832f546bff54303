package subscriptions

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Approval is what somebody agrees to.
type Approval struct {
	Hash string
	By   string // their name
	// Seen is the head count they were shown; nil where they were shown none. It is
	// counted anew, and refused when it is far off by now.
	Seen *int
	// Unchecked goes without a preflight.
	Unchecked bool
}

// Submit asks a publisher for approval. A collecting edition is frozen first.
func (s *EditionService) Submit(ctx context.Context, id int64, note string) (Edition, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil {
		return e, err
	}
	var out Edition
	err = s.Store.InTx(ctx, func(tx Store) error {
		within := *s
		within.Store = tx
		if e.State == EditionCollecting {
			if _, err := within.Freeze(ctx, id); err != nil {
				return err
			}
		}
		out, err = within.change(ctx, id, "edition.submit", func(_ Store, e *Edition) (string, error) {
			return e.Note, e.Submit(s.By.Name, note, s.Now())
		})
		return err
	})
	return out, err
}

// Approve agrees to the frozen state the hash names.
func (s *EditionService) Approve(ctx context.Context, id int64, hash, by string) (Edition, error) {
	return s.Agree(ctx, id, Approval{Hash: hash, By: by})
}

// Agree approves: the hash, and how many people get a letter. Four eyes: somebody of
// the desk who changed the edition last, or froze it, does not. Who works on the
// machine itself is nobody of the desk, and is named.
func (s *EditionService) Agree(ctx context.Context, id int64, a Approval) (Edition, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil {
		return e, err
	}
	if s.Preflight != nil && !a.Unchecked && (e.State == EditionFrozen || e.State == EditionApproved) && a.Hash == e.Hash {
		if err := s.Preflight(ctx, e); err != nil {
			return e, err
		}
	}
	count, err := s.headCount(ctx, e, a.Seen == nil)
	if err != nil {
		return e, err
	}
	looked := e.Hash // what was checked and counted
	return s.change(ctx, id, "edition.approve", func(tx Store, e *Edition) (string, error) {
		if e.Hash != looked {
			return "", &Error{Code: Conflict, Message: fmt.Sprintf("edition %d changed at this moment", e.ID), Hint: "Look at it again, then approve what you see."}
		}
		if e.State == EditionFrozen || e.State == EditionApproved {
			if err := fourEyes(ctx, tx, *e, s.By, a.By); err != nil {
				return "", err
			}
		}
		if a.Seen != nil && !count.At.IsZero() && e.Hash == a.Hash && (HeadCount{*a.Seen, s.Now()}).Far(count.People) {
			return "", &Error{Code: Conflict, Message: fmt.Sprintf("%s would get it, and the page said %d", countOf(count.People, "person", "people"), *a.Seen),
				Hint: "Look at the number, then approve what you see."}
		}
		if err := e.Approve(a.Hash, a.By, s.Now()); err != nil {
			return "", err
		}
		e.Approved = count
		said := e.Hash[:min(len(e.Hash), 12)]
		if !count.At.IsZero() {
			said += ", for " + countOf(count.People, "person", "people")
		}
		if a.Unchecked && s.Preflight != nil {
			said += ", without preflight"
		}
		return said, nil
	})
}

// fourEyes refuses somebody who wrote the edition.
func fourEyes(ctx context.Context, tx Store, e Edition, by Actor, name string) error {
	authors, err := tx.EditionAuthors(ctx, e.ID)
	if err != nil {
		return err
	}
	for _, a := range authors {
		theirs := a.EditorID != 0 && (a.EditorID == by.EditorID || by.EditorID == 0 && strings.EqualFold(strings.TrimSpace(name), a.Name))
		if !theirs {
			continue
		}
		did := "changed it last"
		if a.Froze {
			did = "froze it"
		}
		return refused("edition %d cannot be approved by %s, who %s", e.ID, a.Name, did).
			hint("Another publisher of the desk looks at it and approves.")
	}
	return nil
}

// MayApprove tells why somebody of the desk may not approve the edition, or nil.
func (s *EditionService) MayApprove(ctx context.Context, e Edition) error {
	return fourEyes(ctx, s.Store, e, s.By, s.By.Name)
}

// headCount is how many people get a letter; zero where nobody counts. Where exact
// they are counted now, else the count may be some moments old.
func (s *EditionService) headCount(ctx context.Context, e Edition, exact bool) (HeadCount, error) {
	if s.Reach == nil || e.Hash == "" {
		return HeadCount{}, nil
	}
	c, err := s.Store.Content(ctx, e.ID)
	if err != nil {
		return HeadCount{}, err
	}
	if c.Corrected != nil {
		r, err := s.Reach.ofCorrection(ctx, c, exact)
		return HeadCount{r.People, r.At}, err
	}
	if exact {
		if err := s.Reach.Count(ctx); err != nil {
			return HeadCount{}, err
		}
	}
	r, err := s.Reach.Of(ctx, c)
	if r.At.IsZero() {
		return HeadCount{}, err
	}
	return HeadCount{r.People, r.At}, err
}

// Rules are those in force about sending; none where nothing can be set.
func (s *EditionService) Rules(ctx context.Context) (ReleaseRules, error) {
	if s.Settings == nil {
		return ReleaseRules{Late: time.Hour}, nil
	}
	house, err := s.Settings.Current(ctx)
	return house.Settings.ReleaseRules(), err
}

// change is move for what may leave the state as it is: what changes nothing is not
// in the log.
func (s *EditionService) change(ctx context.Context, id int64, action string, f func(tx Store, e *Edition) (detail string, err error)) (Edition, error) {
	var e Edition
	err := s.Store.InTx(ctx, func(tx Store) error {
		var err error
		if e, err = tx.FindEdition(ctx, id); err != nil {
			return err
		}
		was := e
		detail, err := f(tx, &e)
		if err != nil || e == was {
			return err
		}
		if err := tx.UpdateEdition(ctx, e, was.State); err != nil {
			return err
		}
		return s.audit(ctx, tx, action, e, detail)
	})
	return e, err
}
