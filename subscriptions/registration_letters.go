package subscriptions

import (
	"context"
	"time"
)

// A letter may wait for long between the decision that queued it and the wire. What
// holds for it is asked right before it is composed (RegistrationRefusal), and once
// more in the commit before its first octet leaves: it says what it was composed from
// (Standing) and until when that is true (TrueUntil).

// stirReaders has the letters composed once more that are about to leave to these
// people: an announcement, or a digest that says how they stand.
func stirReaders(ctx context.Context, tx Store, of ...Registration) error {
	addresses := make([]string, len(of))
	for i, r := range of {
		addresses[i] = r.Address
	}
	people, err := tx.SubscribersByAddress(ctx, addresses)
	if err != nil || len(people) == 0 {
		return err
	}
	ids := make([]int64, 0, len(people))
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	return tx.RaiseRevisions(ctx, ids)
}

// RegistrationRefusal tells why a letter of a registration must not leave as things
// are now, or "". It is asked right before the letter is composed: whatever has been
// decided since it was queued counts.
func RegistrationRefusal(d Delivery, w Webinar, r Registration, now time.Time) string {
	past := !now.Before(w.Starts)
	switch {
	case r.Address == "":
		return "erased"
	case AddressKey(r.Address) != AddressKey(d.Address):
		return "address changed"
	}
	switch d.Kind {
	case KindRegisterConfirm:
		if r.State != RegistrationPending || !w.TakesRegistrations(now) {
			return "nothing waits for a confirmation any more"
		}
	case KindRegistered, KindPromoted, KindWebinarChanged:
		if r.State != RegistrationActive || w.State != WebinarAnnounced && w.State != WebinarLive || !now.Before(w.Ends) {
			return "it is not to be told any more"
		}
	case KindWaiting:
		if r.State != RegistrationWaiting || w.State != WebinarAnnounced || past {
			return "it is not to be told any more"
		}
	case KindReminder:
		moves, ok := ReminderOf(d.Key)
		switch {
		case r.State != RegistrationActive:
			return "the place was given back"
		case w.State == WebinarCancelled:
			return "the webinar was cancelled"
		case !ok || moves != w.Moves:
			return "the webinar was moved"
		case past:
			return "the webinar has begun"
		}
	case KindWebinarMoved:
		if !r.Open() || w.State != WebinarAnnounced || past || d.Key != movedKey(r.ID, w.Moves) {
			return "something newer is told"
		}
	case KindWebinarCancelled:
		if w.State != WebinarCancelled || r.State == RegistrationCancelled {
			return "it is not to be told any more"
		}
	case KindLeft:
		if r.State != RegistrationCancelled || w.State == WebinarCancelled {
			return "it is not to be told any more"
		}
	case KindFollowUp:
		if r.State == RegistrationCancelled || r.State == RegistrationPending || r.State == RegistrationWaiting {
			return "they had no place"
		}
	}
	return ""
}

// TrueUntil is the moment from which RegistrationRefusal refuses a letter of the kind
// whatever is decided about it; zero: never. A letter may wait for long between its
// last look and the wire.
func TrueUntil(k Kind, w Webinar) time.Time {
	switch k { //nolint:exhaustive // the others are true for as long as nothing is decided
	case KindAnnouncement, KindRegisterConfirm:
		if closes := w.RegisterUntil.Add(1); !w.RegisterUntil.IsZero() && closes.Before(w.Starts) {
			return closes
		}
		return w.Starts
	case KindWaiting, KindReminder, KindWebinarMoved:
		return w.Starts
	case KindRegistered, KindPromoted, KindWebinarChanged:
		return w.Ends
	}
	return time.Time{}
}
