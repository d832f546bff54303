package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// RegistrationService is what a reader does about a webinar: register, confirm,
// look after the place, leave.
//
//	form ──▶ pending ──mail, press──▶ registered | waiting       (double opt-in)
//	signed link of a subscriber, press ──▶ registered | waiting
//
// Places are given with the webinar's row held, so that no two of them are the last
// one. Each change writes the mail that follows from it in the same transaction.
// Registering subscribes nobody to the newsletter (MAIL 20).
type RegistrationService struct {
	Store Store
	Keys  *Keyring
	Now   func() time.Time
}

// RegisterRequest is a form as it came.
type RegisterRequest struct {
	Email        string
	Name         string
	Organisation string
	Zone         string            // IANA, "" for the service's own
	Answers      map[string]string // by the id of the question
}

// Check finds what is wrong with a form and takes nothing. It gives the address as
// it would be written to.
func (s *RegistrationService) Check(ctx context.Context, slug string, r RegisterRequest) (address string, err error) {
	w, err := s.Store.FindWebinarBySlug(ctx, slug)
	if err != nil {
		return "", err
	}
	read, err := readRegistration(w, r)
	return read.Address, err
}

// readRegistration tells every fault of a form at once.
func readRegistration(w Webinar, r RegisterRequest) (Registration, error) {
	read, err := readSeat(w, r)
	address, errAddress := ParseAddress(r.Email)
	read.Address = address
	return read, errors.Join(errAddress, err)
}

// readSeat reads what the holder of a place may say about themselves.
func readSeat(w Webinar, r RegisterRequest) (Registration, error) {
	name, errName := CleanName("name", r.Name)
	organisation, errOrganisation := CleanName("organisation", r.Organisation)
	var errZone error
	if r.Zone != "" {
		_, errZone = LoadZone(r.Zone)
	}
	answers, faults := w.ReadAnswers(r.Answers)
	return Registration{WebinarID: w.ID, Name: name, Organisation: organisation, Zone: r.Zone, Answers: answers},
		errors.Join(append([]error{errName, errOrganisation, errZone}, faults...)...)
}

// Register takes a form. The answer is the same for every address; only the mail
// differs (MAIL 15): a link to confirm, at most one a day, or the place one has.
func (s *RegistrationService) Register(ctx context.Context, slug string, r RegisterRequest) error {
	now := s.Now()
	enrol := func(tx Store) error {
		w, err := holdWebinar(ctx, tx, slug)
		if err != nil {
			return err
		}
		read, err := readRegistration(w, r)
		if err != nil {
			return err
		}
		if !w.Own() || !w.TakesRegistrations(now) {
			return refused("registration for %q is closed", w.Title)
		}
		if barred, err := s.barred(ctx, tx, read.Address); err != nil || barred {
			return err
		}
		there, err := tx.FindOpenRegistration(ctx, w.ID, read.Address)
		switch {
		case errors.Is(err, ErrNotFound):
			read.State, read.CreatedAt, read.Source = RegistrationPending, now, "web form"
			if read.Turns, err = tx.RegistrationTurns(ctx, w.ID, read.Address); err != nil {
				return err
			}
			if err := s.knownPerson(ctx, tx, &read); err != nil {
				return err
			}
			if err := tx.AddRegistration(ctx, &read); err != nil {
				return err
			}
			there = read
		case err != nil:
			return err
		case there.State == RegistrationPending:
			// Until somebody has shown that the mailbox is theirs, the last form wins.
			there.Name, there.Organisation, there.Zone, there.Answers = read.Name, read.Organisation, read.Zone, read.Answers
			if err := tx.UpdateRegistration(ctx, there); err != nil {
				return err
			}
		default:
			return queueSeat(ctx, tx, there, seatKind(there), fmt.Sprintf("again-%d", now.Unix()/int64(manageEvery/time.Second)), now)
		}
		return queueSeat(ctx, tx, there, KindRegisterConfirm, DateOf(now.UTC()).String(), now)
	}
	err := s.Store.InTx(ctx, enrol)
	if errors.Is(err, ErrConflict) {
		err = s.Store.InTx(ctx, enrol) // the button was pressed twice
	}
	return err
}

// knownPerson notes whose place it is, where the address is a subscriber's.
func (s *RegistrationService) knownPerson(ctx context.Context, tx Store, r *Registration) error {
	person, err := tx.FindSubscriberByAddress(ctx, r.Address)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	r.SubscriberID = person.ID
	return err
}

func (s *RegistrationService) barred(ctx context.Context, store Store, address string) (bool, error) {
	hash := s.Keys.HashAddress(address)
	found, err := store.Suppressions(ctx, []string{hash})
	sup, ok := found[hash]
	return ok && sup.Reason != SuppressedErased, err
}

// holdWebinar reads one that readers may know of, and is alone with it until the
// transaction ends.
func holdWebinar(ctx context.Context, tx Store, slug string) (Webinar, error) {
	w, err := tx.FindWebinarBySlug(ctx, slug)
	if err == nil {
		w, err = tx.FindWebinar(ctx, w.ID)
	}
	if err == nil && w.State == WebinarDraft {
		err = notFound("there is no webinar %q", slug)
	}
	return w, err
}

// seatKind is the letter that says how somebody stands.
func seatKind(r Registration) Kind {
	if r.State == RegistrationWaiting {
		return KindWaiting
	}
	return KindRegistered
}

// queueSeat queues a letter of a registration. The key is the kind, the
// registration and what tells this one from others of the kind.
func queueSeat(ctx context.Context, tx Store, r Registration, kind Kind, which string, now time.Time) error {
	_, err := tx.QueueDeliveries(ctx, []Delivery{seatMail(r, kind, fmt.Sprintf("%s:%d:%s", kind, r.ID, which), now)})
	return err
}

func seatMail(r Registration, kind Kind, key string, now time.Time) Delivery {
	return Delivery{Kind: kind, SubscriberID: r.SubscriberID, RefID: r.ID, Address: r.Address, Key: key,
		Priority: PriorityPerson, State: DeliveryQueued, NotBefore: now, CreatedAt: now}
}

// Seat is a registration with its webinar, as its holder sees it.
type Seat struct {
	Webinar      Webinar
	Registration Registration
	Door         Door // what somebody new could do
	Known        bool // from the signed link of a subscriber, not registered yet
}

// Confirmation reads what a link to confirm is about. It changes nothing.
func (s *RegistrationService) Confirmation(ctx context.Context, token string) (Seat, error) {
	claims, err := s.Keys.Parse(PurposeSeatMail, token, s.Now())
	if err != nil {
		return Seat{}, err
	}
	return s.seat(ctx, s.Store, claims.Subscriber)
}

// Confirm gives the place, or one on the waiting list. It may be called twice.
func (s *RegistrationService) Confirm(ctx context.Context, token string) (Seat, error) {
	now := s.Now()
	claims, err := s.Keys.Parse(PurposeSeatMail, token, now)
	if err != nil {
		return Seat{}, err
	}
	var seat Seat
	err = s.Store.InTx(ctx, func(tx Store) error {
		if seat, err = s.held(ctx, tx, claims.Subscriber); err != nil {
			return err
		}
		if seat.Registration.State != RegistrationPending {
			return nil
		}
		return s.place(ctx, tx, &seat, now)
	})
	return seat, err
}

// held reads a registration and its webinar, the webinar first and held: that is the
// order in which all take them.
func (s *RegistrationService) held(ctx context.Context, tx Store, id int64) (Seat, error) {
	seat, err := s.seat(ctx, tx, id)
	if err != nil {
		return seat, err
	}
	if seat.Webinar, err = tx.FindWebinar(ctx, seat.Webinar.ID); err != nil {
		return seat, err
	}
	seat.Registration, err = tx.FindRegistration(ctx, id)
	return seat, err
}

// place confirms a pending registration and queues the letter that says so.
func (s *RegistrationService) place(ctx context.Context, tx Store, seat *Seat, now time.Time) error {
	counts, err := tx.CountRegistrations(ctx, seat.Webinar.ID)
	if err != nil {
		return err
	}
	if err := seat.Registration.Confirm(seat.Webinar, counts[seat.Webinar.ID].Taken(), now); err != nil {
		return err
	}
	if seat.Registration.ID == 0 {
		err = tx.AddRegistration(ctx, &seat.Registration)
	} else {
		err = tx.UpdateRegistration(ctx, seat.Registration)
	}
	if err != nil {
		return err
	}
	if err := stirReaders(ctx, tx, seat.Registration); err != nil {
		return err
	}
	return queueSeat(ctx, tx, seat.Registration, seatKind(seat.Registration), fmt.Sprint(seat.Webinar.Sequence), now)
}

// seat reads a registration without holding it. Whoever was forgotten has none.
func (s *RegistrationService) seat(ctx context.Context, store Store, id int64) (Seat, error) {
	gone := &Error{Code: Expired, Message: "this link belongs to nobody any more", Hint: "Register again if you would like to take part."}
	r, err := store.PeekRegistration(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && r.Address == "" {
		return Seat{}, gone
	}
	if err != nil {
		return Seat{}, err
	}
	webinars, err := store.Webinars(ctx)
	if err != nil {
		return Seat{}, err
	}
	for _, w := range webinars {
		if w.ID != r.WebinarID {
			continue
		}
		counts, err := store.CountRegistrations(ctx, w.ID)
		return Seat{Webinar: w, Registration: r, Door: w.Door(counts[w.ID].Taken(), s.Now())}, err
	}
	return Seat{}, gone
}

// Door tells what a reader can do about a webinar now, and how many places are taken.
func (s *RegistrationService) Door(ctx context.Context, w Webinar) (door Door, taken int, err error) {
	counts, err := s.Store.CountRegistrations(ctx, w.ID)
	if err != nil {
		return "", 0, err
	}
	taken = counts[w.ID].Taken()
	return w.Door(taken, s.Now()), taken, nil
}
