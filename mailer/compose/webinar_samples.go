package compose

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Samples of the letters of webinars. The id of a registration, and of its webinar,
// says which letter it is for: sampleSeat and the place of its kind.
const sampleSeat = 100

// webinarMails are one of each kind; two after a webinar.
func (s sampleStore) webinarMails(mail func(k subscriptions.Kind, r subscriptions.Recipient, pages ...string) sampleMail, reader subscriptions.Recipient) []sampleMail {
	var mails []sampleMail
	for i, kind := range subscriptions.WebinarKinds() {
		m := mail(kind, subscriptions.Recipient{})
		m.delivery.RefID, m.delivery.SubscriberID, m.delivery.EditionID = int64(sampleSeat+i), 0, 0
		m.pages = []string{"registration"}
		switch kind {
		case subscriptions.KindAnnouncement:
			m.reader, m.delivery.SubscriberID, m.pages = reader, 1, []string{"register", "preferences", "unsubscribe"}
		case subscriptions.KindRegisterConfirm:
			m.pages = []string{"attend"}
		case subscriptions.KindReminder:
			m.delivery.Key = "reminder:1:24h:0"
		case subscriptions.KindWebinarMoved:
			m.delivery.Key = fmt.Sprintf("%s:%d:1", kind, m.delivery.RefID)
		case subscriptions.KindWebinarCancelled, subscriptions.KindLeft:
			m.pages = nil
		case subscriptions.KindFollowUp:
			missed := m
			missed.name, missed.delivery.RefID, missed.pages = string(kind)+".missed", int64(sampleSeat+len(subscriptions.WebinarKinds())), nil
			m.pages = nil
			mails = append(mails, missed)
		}
		mails = append(mails, m)
	}
	return mails
}

// sampleKind is the kind a registration is for, and whether it is the second of it.
func sampleKind(id int64) (kind subscriptions.Kind, second bool) {
	kinds := subscriptions.WebinarKinds()
	if i := int(id - sampleSeat); i < len(kinds) {
		return kinds[i], false
	}
	return subscriptions.KindFollowUp, true
}

// FindWebinar gives one in the state in which the letter is sent.
func (s sampleStore) FindWebinar(_ context.Context, id int64) (subscriptions.Webinar, error) {
	w := subscriptions.Webinar{ID: id, Slug: "a-webinar", Title: "A webinar", Topics: slices.Clone(s.topics), Starts: s.at.AddDate(0, 0, 20), Ends: s.at.AddDate(0, 0, 20).Add(time.Hour),
		Zone: "Europe/Brussels", State: subscriptions.WebinarAnnounced, JoinURL: "https://join.example.org/room?key=1", CreatedAt: s.at, UpdatedAt: s.at}
	if len(s.content.Webinars) > 0 {
		of := s.content.Webinars[0]
		w.Title, w.Language, w.Presenters, w.Contents = of.Title, of.Language, of.Presenters, of.Contents
	}
	if s.name == CaseLongest {
		w.JoinURL += string(slices.Repeat([]byte("a"), 600))
	}
	switch kind, second := sampleKind(id); kind { //nolint:exhaustive // the others are told before it
	case subscriptions.KindReminder:
		w.Starts, w.Ends = s.at.Add(24*time.Hour), s.at.Add(25*time.Hour)
	case subscriptions.KindWebinarMoved:
		w.Moves, w.Sequence, w.Note = 1, 1, "The speaker travels on the first day."
		w.WasStarts, w.WasEnds = w.Starts.AddDate(0, 0, -7), w.Ends.AddDate(0, 0, -7)
	case subscriptions.KindWebinarCancelled:
		w.State, w.Sequence, w.Note = subscriptions.WebinarCancelled, 1, "The speaker is ill."
	case subscriptions.KindFollowUp:
		w.State, w.Starts, w.Ends = subscriptions.WebinarOver, s.at.Add(-25*time.Hour), s.at.Add(-24*time.Hour)
		if s.name != CaseEmpty && !second {
			w.RecordingURL, w.SlidesURL = "https://example.org/recording", "https://example.org/slides"
		}
	}
	return w, nil
}

// PeekRegistration gives one in the state in which the letter is sent.
func (s sampleStore) PeekRegistration(_ context.Context, id int64) (subscriptions.Registration, error) {
	r := subscriptions.Registration{ID: id, WebinarID: id, Address: "reader@example.org", Name: s.reader, Zone: "Europe/Lisbon", State: subscriptions.RegistrationActive, ConfirmedAt: s.at}
	switch kind, second := sampleKind(id); kind { //nolint:exhaustive // the others have a place
	case subscriptions.KindRegisterConfirm:
		r.State = subscriptions.RegistrationPending
	case subscriptions.KindWaiting:
		r.State = subscriptions.RegistrationWaiting
	case subscriptions.KindLeft:
		r.State, r.Turns = subscriptions.RegistrationCancelled, 1
	case subscriptions.KindFollowUp:
		if r.State = subscriptions.RegistrationAttended; second {
			r.State = subscriptions.RegistrationMissed
		}
	}
	return r, nil
}

// RegisteredAmong gives nobody.
func (s sampleStore) RegisteredAmong(context.Context, int64, []string) (map[string]bool, error) {
	return nil, nil
}
