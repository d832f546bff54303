package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// WebinarService is what editors do about webinars, and what the clock does.
//
// A decision that concerns many people (announce, move, cancel, follow up) writes a
// WebinarRun in its own transaction; Work makes letters of it, a batch a
// transaction. A letter is looked at once more when it leaves (RegistrationRefusal).
type WebinarService struct {
	Store Store
	Keys  *Keyring
	Now   func() time.Time
	Batch int // people of one transaction; 0 means 1,000
}

// WebinarRow is a webinar with who takes part.
type WebinarRow struct {
	Webinar
	Counts RegistrationCounts
}

// Told counts those whom a move or a cancellation is told: who has a place, and who
// waits for one.
func (r WebinarRow) Told() int { return r.Counts[RegistrationActive] + r.Counts[RegistrationWaiting] }

// List gives all webinars, the latest first.
func (s *WebinarService) List(ctx context.Context) ([]WebinarRow, error) {
	all, err := s.Store.Webinars(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	ids := make([]int64, len(all))
	for i, w := range all {
		ids[i] = w.ID
	}
	counts, err := s.Store.CountRegistrations(ctx, ids...)
	if err != nil {
		return nil, err
	}
	rows := make([]WebinarRow, len(all))
	for i, w := range all {
		rows[len(all)-1-i] = WebinarRow{w, counts[w.ID]}
	}
	return rows, nil
}

// Find reads one.
func (s *WebinarService) Find(ctx context.Context, id int64) (WebinarRow, error) {
	w, err := s.Store.FindWebinar(ctx, id)
	if err != nil {
		return WebinarRow{}, err
	}
	counts, err := s.Store.CountRegistrations(ctx, id)
	return WebinarRow{w, counts[id]}, err
}

// FindBySlug reads one by its name in addresses, drafts too.
func (s *WebinarService) FindBySlug(ctx context.Context, slug string) (WebinarRow, error) {
	w, err := s.Store.FindWebinarBySlug(ctx, slug)
	if err != nil {
		return WebinarRow{}, err
	}
	return s.Find(ctx, w.ID)
}

func webinarSubject(id int64) string { return fmt.Sprintf("webinar:%d", id) }

// Create makes a draft.
func (s *WebinarService) Create(ctx context.Context, e WebinarEdit, by Actor) (Webinar, error) {
	var w Webinar
	err := s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		topics, err := tx.Topics(ctx)
		if err != nil {
			return err
		}
		w = Webinar{State: WebinarDraft, CreatedAt: now, UpdatedAt: now, Version: 1}
		if err := e.apply(&w, topics); err != nil {
			return err
		}
		if err := tx.AddWebinar(ctx, &w); err != nil {
			if errors.Is(err, ErrConflict) {
				return invalid("slug", "there is a webinar of this address already").hint("Give it another one.")
			}
			return err
		}
		return audit(ctx, tx, by, now, "webinar.create", webinarSubject(w.ID), w.Title, "")
	})
	return w, err
}

// change runs a decision about a webinar with its row held.
func (s *WebinarService) change(ctx context.Context, id int64, version int, f func(tx Store, w *Webinar, now time.Time) error) (Webinar, error) {
	var w Webinar
	err := s.Store.InTx(ctx, func(tx Store) (err error) {
		if w, err = tx.FindWebinar(ctx, id); err != nil {
			return err
		}
		if version != 0 && w.Version != version {
			return &Error{Code: Conflict, Message: "somebody else has saved this webinar meanwhile", Hint: "Look at what they wrote, and send yours again if it is still right."}
		}
		changed := w
		if err := f(tx, &changed, s.Now()); err != nil {
			return err
		}
		changed.Version++
		if err := tx.UpdateWebinar(ctx, changed); err != nil {
			return err
		}
		w = changed
		return nil
	})
	return w, err
}

// Edit saves what an editor wrote. What calendars show of an announced webinar, or
// where it is joined, is told to the registered: an editor alone does not write to many.
func (s *WebinarService) Edit(ctx context.Context, id int64, e WebinarEdit, by Actor) (Webinar, error) {
	return s.change(ctx, id, e.Version, func(tx Store, w *Webinar, now time.Time) error {
		if w.State == WebinarCancelled {
			return refused("the webinar %q is cancelled", w.Title)
		}
		was := *w
		topics, err := tx.Topics(ctx)
		if err != nil {
			return err
		}
		if err := e.apply(w, topics); err != nil {
			return err
		}
		counts, err := tx.CountRegistrations(ctx, id)
		if err != nil {
			return err
		}
		taken := counts[id].Taken()
		switch {
		case w.Capacity > 0 && w.Capacity < taken:
			return invalid("capacity", "%d people have a place already", taken).hint("Give at least as many, or cancel some of them first.")
		case w.State != WebinarDraft && !w.Own() && was.Own() && taken+counts[id][RegistrationWaiting] > 0:
			return invalid("registration_url", "people have registered here").hint("Cancel the webinar, or leave the outside link empty.")
		}
		w.UpdatedAt = now
		if (w.State == WebinarAnnounced || w.State == WebinarLive) && (w.Title != was.Title || w.JoinURL != was.JoinURL) {
			if taken > 0 && !e.Tells {
				return refused("%s would be told of this by mail", countOf(taken, "person", "people")).
					hint("A publisher changes the title or the link of an announced webinar.")
			}
			w.Sequence++
			if taken > 0 {
				if _, err := tx.AddWebinarRun(ctx, WebinarRun{WebinarID: id, Name: fmt.Sprintf("changed:%d", w.Sequence), StartedAt: now}); err != nil {
					return err
				}
			}
		}
		if err := audit(ctx, tx, by, now, "webinar.edit", webinarSubject(id), w.Title, ""); err != nil {
			return err
		}
		if err := tx.UpdateWebinar(ctx, *w); err != nil { // promote counts by what is stored
			return err
		}
		_, err = promote(ctx, tx, *w, now)
		return err
	})
}

// Announce makes a draft public; alone sends a letter to the subscribers of its
// topics beside the next digest.
func (s *WebinarService) Announce(ctx context.Context, id int64, alone bool, by Actor) (Webinar, error) {
	return s.change(ctx, id, 0, func(tx Store, w *Webinar, now time.Time) error {
		if w.State == WebinarDraft && !now.Before(w.Starts) {
			return refused("the webinar %q would have begun already", w.Title).hint("Give it another time first.")
		}
		if w.State == WebinarDraft && w.Own() && w.JoinURL == "" {
			return refused("the webinar %q has no link to join", w.Title).hint("People who register get it by mail. Fill it in, or give an outside link to register.")
		}
		if err := w.Announce(now); err != nil {
			return err
		}
		detail := "in the next digest"
		if w.Alone = alone; alone {
			detail += ", and by a letter of its own"
			if _, err := tx.AddWebinarRun(ctx, WebinarRun{WebinarID: id, Name: "announcement", StartedAt: now}); err != nil {
				return err
			}
		}
		return audit(ctx, tx, by, now, "webinar.announce", webinarSubject(id), w.Title, detail)
	})
}

// WebinarMove is another time, with the reason as readers are told it.
type WebinarMove struct {
	Version            int
	Starts, Ends, Zone string
	Note               string
}

// Move sets another time and tells everybody who takes part or waits.
func (s *WebinarService) Move(ctx context.Context, id int64, m WebinarMove, by Actor) (Webinar, error) {
	return s.change(ctx, id, m.Version, func(tx Store, w *Webinar, now time.Time) error {
		starts, ends, err := ReadSchedule(m.Starts, m.Ends, m.Zone)
		note, errNote := cleanNote(m.Note)
		if err := errors.Join(err, errNote); err != nil {
			return err
		}
		was := *w
		switch {
		case starts.Equal(w.Starts) && ends.Equal(w.Ends) && m.Zone == w.Zone:
			return invalid("starts", "this is the time it has")
		case !now.Before(starts):
			return invalid("starts", "this time is past")
		}
		w.Zone, w.Note = m.Zone, note
		if !w.RegisterUntil.IsZero() {
			w.RegisterUntil = w.RegisterUntil.Add(starts.Sub(was.Starts))
		}
		if err := w.Move(starts, ends, now); err != nil {
			return err
		}
		if w.State == WebinarAnnounced {
			runs, err := tx.WebinarRuns(ctx, id)
			if err != nil {
				return err
			}
			for _, r := range runs {
				if r.Name == fmt.Sprintf("moved:%d", was.Moves) && r.FinishedAt.IsZero() {
					w.WasStarts, w.WasEnds = was.WasStarts, was.WasEnds // nobody knows of the time between
				}
			}
			if _, err := tx.AddWebinarRun(ctx, WebinarRun{WebinarID: id, Name: fmt.Sprintf("moved:%d", w.Moves), StartedAt: now}); err != nil {
				return err
			}
		}
		return audit(ctx, tx, by, now, "webinar.move", webinarSubject(id), w.Title, was.Starts.UTC().Format(time.RFC3339)+" → "+w.Starts.UTC().Format(time.RFC3339))
	})
}

// Cancel calls it off and tells everybody who takes part or waits.
func (s *WebinarService) Cancel(ctx context.Context, id int64, note string, by Actor) (Webinar, error) {
	return s.change(ctx, id, 0, func(tx Store, w *Webinar, now time.Time) error {
		note, err := cleanNote(note)
		if err != nil {
			return err
		}
		public := w.State != WebinarDraft
		if err := w.Cancel(now); err != nil {
			return err
		}
		w.Note = note
		if public {
			if _, err := tx.AddWebinarRun(ctx, WebinarRun{WebinarID: id, Name: "cancelled", StartedAt: now}); err != nil {
				return err
			}
		}
		return audit(ctx, tx, by, now, "webinar.cancel", webinarSubject(id), w.Title, note)
	})
}

// FollowUp writes to those who had a place, once: where the recording and the slides
// are.
func (s *WebinarService) FollowUp(ctx context.Context, id int64, by Actor) (Webinar, error) {
	return s.change(ctx, id, 0, func(tx Store, w *Webinar, now time.Time) error {
		if w.State != WebinarOver {
			return refused("the webinar %q is %s", w.Title, w.State).hint("The letter leaves when it is over.")
		}
		added, err := tx.AddWebinarRun(ctx, WebinarRun{WebinarID: id, Name: "followup", StartedAt: now})
		if err != nil {
			return err
		}
		if !added {
			return refused("the letter after %q has left already", w.Title)
		}
		return audit(ctx, tx, by, now, "webinar.follow-up", webinarSubject(id), w.Title, "")
	})
}

func cleanNote(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", invalid("note", "the reason holds characters that are none")
	case utf8.RuneCountInString(s) > maxWhy:
		return "", invalid("note", "the reason has more than %d characters", maxWhy)
	}
	return s, nil
}

// N counts the registrations in a state.
func (r WebinarRow) N(state string) int { return r.Counts[RegistrationState(state)] }
