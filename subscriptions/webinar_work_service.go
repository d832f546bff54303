package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Work does what the clock and earlier decisions ask for, until nothing is left: it
// begins and ends webinars, opens the reminders whose window has come, gives free
// places to who waits, and makes letters of runs. It says how many. It may be called
// as often as one likes, by one process at a time; a crash loses and repeats nothing.
func (s *WebinarService) Work(ctx context.Context) (queued int, err error) {
	if err := s.follow(ctx); err != nil {
		return 0, fmt.Errorf("follow the clock of webinars: %w", err)
	}
	runs, err := s.Store.OpenWebinarRuns(ctx)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, run := range runs {
		for more := true; more && ctx.Err() == nil; {
			var n int
			if n, more, err = s.step(ctx, run.ID); err != nil {
				errs = append(errs, fmt.Errorf("plan the letter %s of webinar %d: %w", run.Name, run.WebinarID, err))
			}
			queued += n
		}
	}
	return queued, errors.Join(errs...)
}

// follow takes each webinar to where the clock is.
func (s *WebinarService) follow(ctx context.Context) error {
	running, err := s.Store.RunningWebinars(ctx)
	if err != nil || len(running) == 0 {
		return err
	}
	ids := make([]int64, len(running))
	for i, w := range running {
		ids[i] = w.ID
	}
	counts, err := s.Store.CountRegistrations(ctx, ids...)
	if err != nil {
		return err
	}
	now := s.Now()
	for _, w := range running {
		then := w
		free := counts[w.ID][RegistrationWaiting] > 0 && (w.Capacity == 0 || counts[w.ID].Taken() < w.Capacity)
		window, open := OpenWindow(w, w.Windows(), now)
		name := fmt.Sprintf("reminder:%s:%d", windowName(window), w.Moves)
		if open {
			runs, err := s.Store.WebinarRuns(ctx, w.ID)
			if err != nil {
				return err
			}
			for _, r := range runs {
				open = open && r.Name != name
			}
		}
		if !then.Advance(now) && !free && !open {
			continue
		}
		// Decided again with the row held: an editor may have been faster.
		err := s.Store.InTx(ctx, func(tx Store) error {
			w, err := tx.FindWebinar(ctx, w.ID)
			if err != nil {
				return err
			}
			if w.Advance(now) {
				return tx.UpdateWebinar(ctx, w)
			}
			if again, ok := OpenWindow(w, w.Windows(), now); open && ok && again == window {
				if _, err := tx.AddWebinarRun(ctx, WebinarRun{WebinarID: w.ID, Name: fmt.Sprintf("reminder:%s:%d", windowName(window), w.Moves), StartedAt: now}); err != nil {
					return err
				}
			}
			_, err = promote(ctx, tx, w, now)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const defaultWebinarBatch = 1000

// step makes the letters of the next people of a run.
func (s *WebinarService) step(ctx context.Context, id int64) (queued int, more bool, err error) {
	size := s.Batch
	if size <= 0 {
		size = defaultWebinarBatch
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		runs, err := tx.OpenWebinarRuns(ctx)
		if err != nil {
			return err
		}
		for _, run := range runs {
			if run.ID != id {
				continue
			}
			// Not held: what is decided about it after this is found when a letter leaves.
			webinars, err := tx.Webinars(ctx)
			if err != nil {
				return err
			}
			for _, w := range webinars {
				if w.ID != run.WebinarID {
					continue
				}
				letters, last, read, err := s.letters(ctx, tx, w, run, size)
				if err != nil {
					return err
				}
				if queued, err = tx.QueueDeliveries(ctx, letters); err != nil {
					return err
				}
				run.Queued += queued
				if more = read == size; more {
					run.DoneTo = last
				} else {
					run.FinishedAt = s.Now()
				}
				return tx.UpdateWebinarRun(ctx, run)
			}
		}
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	return queued, more, nil
}

// letters makes those of the next people of the run; fewer than size were read when
// there are no more, or when the run is overtaken by something newer.
func (s *WebinarService) letters(ctx context.Context, tx Store, w Webinar, run WebinarRun, size int) (letters []Delivery, last int64, read int, err error) {
	now := s.Now()
	what, rest, _ := strings.Cut(run.Name, ":")
	if what == "announcement" {
		return s.announcements(ctx, tx, w, run, size)
	}
	f := RegistrationFilter{WebinarID: w.ID, AfterID: run.DoneTo, Limit: size, States: []RegistrationState{RegistrationActive, RegistrationWaiting}}
	var kind Kind
	switch what {
	case "moved":
		if kind = KindWebinarMoved; rest != strconv.Itoa(w.Moves) || w.State != WebinarAnnounced {
			return nil, 0, 0, nil
		}
	case "changed":
		if kind = KindWebinarChanged; w.State != WebinarAnnounced && w.State != WebinarLive {
			return nil, 0, 0, nil
		}
		f.States = []RegistrationState{RegistrationActive}
	case "cancelled":
		kind = KindWebinarCancelled
	case "followup":
		kind, f.States = KindFollowUp, []RegistrationState{RegistrationActive, RegistrationAttended, RegistrationMissed}
	case "reminder":
		window, open := OpenWindow(w, w.Windows(), now)
		if kind = KindReminder; !open || rest != fmt.Sprintf("%s:%d", windowName(window), w.Moves) {
			return nil, 0, 0, nil
		}
		f.States = []RegistrationState{RegistrationActive}
	default:
		return nil, 0, 0, fmt.Errorf("there is no letter of this name; was the row written by a newer version?")
	}
	people, err := tx.FindRegistrations(ctx, f)
	if err != nil || len(people) == 0 {
		return nil, 0, 0, err
	}
	if kind == KindReminder {
		for _, due := range DueReminders(w, people, w.Windows(), now) {
			letters = append(letters, seatMail(due.Registration, kind, due.Key, now))
		}
	} else {
		for _, r := range people {
			if kind != KindFollowUp && r.ConfirmedAt.After(run.StartedAt) {
				continue // their confirmation has told it
			}
			key := fmt.Sprintf("%s:%d:%s", kind, r.ID, rest)
			if kind == KindWebinarMoved {
				key = movedKey(r.ID, w.Moves)
			}
			letters = append(letters, seatMail(r, kind, key, now))
		}
	}
	for i := range letters {
		letters[i].Priority = PriorityMany
		if kind == KindFollowUp {
			letters[i].Priority = PriorityDigest
		}
	}
	return letters, people[len(people)-1].ID, len(people), nil
}

func movedKey(registration int64, moves int) string {
	return fmt.Sprintf("%s:%d:%d", KindWebinarMoved, registration, moves)
}

// announcements go to subscribers of the webinar's topics who do not take part
// already. Topics for everyone count for who has ticked them.
func (s *WebinarService) announcements(ctx context.Context, tx Store, w Webinar, run WebinarRun, size int) (letters []Delivery, last int64, read int, err error) {
	now := s.Now()
	if w.State != WebinarAnnounced || !now.Before(w.Starts) {
		return nil, 0, 0, nil
	}
	people, err := tx.Recipients(ctx, run.DoneTo, size)
	if err != nil || len(people) == 0 {
		return nil, 0, 0, err
	}
	if err := MarkSuppressed(ctx, tx, s.Keys, people); err != nil {
		return nil, 0, 0, err
	}
	addresses := make([]string, len(people))
	for i, p := range people {
		addresses[i] = p.Subscriber.Address
	}
	registered, err := tx.RegisteredAmong(ctx, w.ID, addresses)
	if err != nil {
		return nil, 0, 0, err
	}
	for _, p := range people {
		if p.Refusal(now) != "" || !p.Chosen.HasAny(w.Topics) || registered[AddressKey(p.Subscriber.Address)] {
			continue
		}
		letters = append(letters, Delivery{Kind: KindAnnouncement, SubscriberID: p.Subscriber.ID, RefID: w.ID, Address: p.Subscriber.Address,
			Key: fmt.Sprintf("announcement:%d:%d", w.ID, p.Subscriber.ID), Priority: PriorityDigest, State: DeliveryQueued, NotBefore: now, CreatedAt: now})
	}
	return letters, people[len(people)-1].Subscriber.ID, len(people), nil
}
