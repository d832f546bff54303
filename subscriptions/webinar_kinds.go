package subscriptions

import "strings"

// The kinds of webinars. RefID is the registration, of the announcement the webinar;
// the names are kept by an index: webinar-….
const (
	KindAnnouncement     Kind = "webinar-announcement" // to subscribers of its topics
	KindRegisterConfirm  Kind = "webinar-confirm"      // double opt-in for a place
	KindRegistered       Kind = "webinar-registered"   // a place, with the invitation
	KindWaiting          Kind = "webinar-waiting"      // on the waiting list
	KindPromoted         Kind = "webinar-promoted"     // from there to a place
	KindReminder         Kind = "webinar-reminder"
	KindWebinarMoved     Kind = "webinar-moved"
	KindWebinarChanged   Kind = "webinar-changed" // title, or the link to join
	KindWebinarCancelled Kind = "webinar-cancelled"
	KindLeft             Kind = "webinar-left" // by their own hand, or an editor's
	KindFollowUp         Kind = "webinar-followup"
)

// WebinarKinds lists them, in the order in which a person may get them.
func WebinarKinds() []Kind {
	return []Kind{KindAnnouncement, KindRegisterConfirm, KindRegistered, KindWaiting, KindPromoted, KindReminder, KindWebinarMoved,
		KindWebinarChanged, KindWebinarCancelled, KindLeft, KindFollowUp}
}

// OfRegistration reports whether mail of the kind goes to somebody with a
// registration, who may be no subscriber. Whether it may leave says
// RegistrationRefusal.
func (k Kind) OfRegistration() bool {
	return strings.HasPrefix(string(k), "webinar-") && k != KindAnnouncement
}
