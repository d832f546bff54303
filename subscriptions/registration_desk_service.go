package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

func registrationSubject(id int64) string { return fmt.Sprintf("registration:%d", id) }

// RegistrationList is a page of a webinar's registrations.
type RegistrationList struct {
	Webinar WebinarRow
	Found   []Registration
	Total   int // that the filter finds
}

// Registrations lists them, oldest first.
func (s *WebinarService) Registrations(ctx context.Context, f RegistrationFilter) (l RegistrationList, err error) {
	f.Text = CleanSearch(f.Text)
	if l.Webinar, err = s.Find(ctx, f.WebinarID); err != nil {
		return l, err
	}
	if l.Total, err = s.Store.CountFound(ctx, f); err != nil {
		return l, err
	}
	l.Found, err = s.Store.FindRegistrations(ctx, f)
	return l, err
}

// AllRegistrations reads them all, for an export, which is written down.
func (s *WebinarService) AllRegistrations(ctx context.Context, id int64, by Actor) (w Webinar, all []Registration, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		if w, err = tx.FindWebinar(ctx, id); err != nil {
			return err
		}
		const page = 1000
		for after, more := int64(0), true; more; {
			found, err := tx.FindRegistrations(ctx, RegistrationFilter{WebinarID: id, AfterID: after, Limit: page})
			if err != nil {
				return err
			}
			for _, r := range found {
				after = r.ID
				if r.Address != "" {
					all = append(all, r)
				}
			}
			more = len(found) == page
		}
		return audit(ctx, tx, by, s.Now(), "webinar.export", webinarSubject(id), w.Title, fmt.Sprintf("%d registrations", len(all)))
	})
	return w, all, err
}

// Registrant is somebody an editor takes in.
type Registrant struct {
	Email, Name, Organisation string
	Source                    string // how they asked for it
}

// Register takes somebody in who asked in another way; the source is the proof. They
// get the same letter as everybody, with the link by which they leave.
func (s *WebinarService) Register(ctx context.Context, id int64, in Registrant, by Actor) (Registration, error) {
	source, err := CleanName("source", in.Source)
	if err == nil && source == "" {
		err = errNoReason("source", "say how they asked for it")
	}
	var r Registration
	take := func(tx Store) error {
		now := s.Now()
		w, errFind := tx.FindWebinar(ctx, id)
		if errFind != nil {
			return errFind
		}
		if !w.Own() {
			return refused("registration for %q is at another service", w.Title)
		}
		// Questions are the person's to answer.
		w.Questions = nil
		read, errRead := readRegistration(w, RegisterRequest{Email: in.Email, Name: in.Name, Organisation: in.Organisation})
		if err := errors.Join(errRead, err); err != nil {
			return err
		}
		seats := &RegistrationService{Store: tx, Keys: s.Keys, Now: s.Now}
		if barred, err := seats.barred(ctx, tx, read.Address); err != nil || barred {
			return errors.Join(err, refused("this address gets no mail").hint("It is suppressed: lift that first, if the person asks for it in writing."))
		}
		there, err := tx.FindOpenRegistration(ctx, id, read.Address)
		switch {
		case err == nil && there.State != RegistrationPending:
			r = there
			return nil
		case err == nil:
			read.ID, read.CreatedAt, read.Turns, read.SubscriberID = there.ID, there.CreatedAt, there.Turns, there.SubscriberID
		case errors.Is(err, ErrNotFound):
			read.CreatedAt = now
			if read.Turns, err = tx.RegistrationTurns(ctx, id, read.Address); err != nil {
				return err
			}
			if err := seats.knownPerson(ctx, tx, &read); err != nil {
				return err
			}
		default:
			return err
		}
		read.State, read.Source = RegistrationPending, "desk: "+source
		seat := Seat{Webinar: w, Registration: read}
		if err := seats.place(ctx, tx, &seat, now); err != nil {
			return err
		}
		r = seat.Registration
		return audit(ctx, tx, by, now, "registration.add", registrationSubject(r.ID), w.Title, MaskAddress(r.Address)+": "+source)
	}
	return r, s.Store.InTx(ctx, take)
}

// Unregister gives somebody's place back because they asked for it in another way.
func (s *WebinarService) Unregister(ctx context.Context, id int64, by Actor) (Registration, error) {
	var seat Seat
	err := s.Store.InTx(ctx, func(tx Store) (err error) {
		seats := &RegistrationService{Store: tx, Keys: s.Keys, Now: s.Now}
		if seat, err = seats.held(ctx, tx, id); err != nil {
			return err
		}
		if !seat.Registration.Open() {
			return refused("this registration is %s", seat.Registration.State)
		}
		if err := leave(ctx, tx, &seat, s.Now()); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), "registration.cancel", registrationSubject(id), seat.Webinar.Title, MaskAddress(seat.Registration.Address))
	})
	return seat.Registration, err
}

// Attendance is what came of a list of who was there.
type Attendance struct {
	Read     int      // rows with an address
	Attended int      // registered, and there
	Missed   int      // registered, and not in the list, or in it as absent
	Unknown  []string // in the list, and not registered here
}

// TakeAttendance marks who was there by the list of a webinar tool, and everybody
// else who had a place as missed. Another list corrects the first.
func (s *WebinarService) TakeAttendance(ctx context.Context, id int64, rows []Attendee, by Actor) (a Attendance, err error) {
	_, err = s.change(ctx, id, 0, func(tx Store, w *Webinar, now time.Time) error {
		a = Attendance{Read: len(rows)}
		if now.Before(w.Starts) || w.State == WebinarCancelled || w.State == WebinarDraft {
			return refused("the webinar %q has not taken place", w.Title)
		}
		there := map[string]bool{}
		for _, row := range rows {
			key := AddressKey(row.Address)
			there[key] = there[key] || row.Attended // who came in twice has two rows
		}
		const page = 1000
		for after, more := int64(0), true; more; {
			found, err := tx.FindRegistrations(ctx, RegistrationFilter{WebinarID: id, AfterID: after, Limit: page,
				States: []RegistrationState{RegistrationActive, RegistrationAttended, RegistrationMissed}})
			if err != nil {
				return err
			}
			for _, r := range found {
				after = r.ID
				key := AddressKey(r.Address)
				was := r.State
				if err := r.Attend(there[key]); err != nil {
					return err
				}
				delete(there, key)
				if r.State == RegistrationAttended {
					a.Attended++
				} else {
					a.Missed++
				}
				if r.State == was {
					continue
				}
				if err := tx.UpdateRegistration(ctx, r); err != nil {
					return err
				}
			}
			more = len(found) == page
		}
		for _, row := range rows {
			if key := AddressKey(row.Address); there[key] {
				a.Unknown = append(a.Unknown, row.Address)
				delete(there, key)
			}
		}
		return audit(ctx, tx, by, now, "webinar.attendance", webinarSubject(id), w.Title,
			fmt.Sprintf("%d attended, %d missed, %d not registered", a.Attended, a.Missed, len(a.Unknown)))
	})
	return a, err
}
