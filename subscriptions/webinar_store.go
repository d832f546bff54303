package subscriptions

import (
	"context"
	"time"
)

// WebinarRun is a letter of a webinar to many people: what its decision has written,
// and the scheduler works off in batches. Its name says which letter it is, and is
// there once a webinar.
type WebinarRun struct {
	ID         int64
	WebinarID  int64
	Name       string
	DoneTo     int64 // the last subscriber or registration that was read
	Queued     int
	StartedAt  time.Time
	FinishedAt time.Time // zero while there is more to do
}

// RegistrationFilter selects registrations of a webinar, oldest first; zero fields
// do not narrow.
type RegistrationFilter struct {
	WebinarID int64
	States    []RegistrationState
	Text      string // in the address, name or organisation
	AfterID   int64
	Offset    int
	Limit     int // 0 means 500
}

// RegistrationCounts are the registrations of a webinar by state.
type RegistrationCounts map[RegistrationState]int

// Taken counts the places that are taken.
func (c RegistrationCounts) Taken() int {
	return c[RegistrationActive] + c[RegistrationAttended] + c[RegistrationMissed]
}

// WebinarDeskStore keeps what webinars with a form of our own need.
type WebinarDeskStore interface {
	RunningWebinars(ctx context.Context) ([]Webinar, error) // announced or live, by start
	// FindWebinar and FindRegistration hold the row inside a transaction: two
	// decisions about the places of a webinar are made one after the other.
	FindWebinar(ctx context.Context, id int64) (Webinar, error)
	FindRegistration(ctx context.Context, id int64) (Registration, error)
	// PeekRegistration reads one without holding it: who changes it takes the webinar
	// first, so that no two wait for each other.
	PeekRegistration(ctx context.Context, id int64) (Registration, error)
	// FindOpenRegistration finds the one of the address that is not cancelled.
	FindOpenRegistration(ctx context.Context, webinarID int64, address string) (Registration, error)
	// RegistrationTurns is one more than the turns of the address's last cancelled
	// registration, 0 when there was none.
	RegistrationTurns(ctx context.Context, webinarID int64, address string) (int, error)
	CountRegistrations(ctx context.Context, webinarIDs ...int64) (map[int64]RegistrationCounts, error)
	FindRegistrations(ctx context.Context, f RegistrationFilter) ([]Registration, error)
	CountFound(ctx context.Context, f RegistrationFilter) (int, error)
	// Waiting reads the first of the waiting list, in the order in which they came.
	Waiting(ctx context.Context, webinarID int64, limit int) ([]Registration, error)
	// RegisteredAmong gives those of the addresses that have a place, wait or are to
	// confirm, by AddressKey.
	RegisteredAmong(ctx context.Context, webinarID int64, addresses []string) (map[string]bool, error)
	// MoveSeatMail gives open letters of the registrations another address, but for
	// those that say how they stand: that is told anew.
	MoveSeatMail(ctx context.Context, registrationIDs []int64, address string) error
	// SeatsOf gives where the addresses have a place or wait for one, in webinars that
	// are announced or live, by AddressKey.
	SeatsOf(ctx context.Context, addresses []string) (map[string]Seats, error)

	// AddWebinarRun inserts it unless there is one of the name, and says whether.
	AddWebinarRun(ctx context.Context, r WebinarRun) (bool, error)
	WebinarRuns(ctx context.Context, webinarID int64) ([]WebinarRun, error) // oldest first
	OpenWebinarRuns(ctx context.Context) ([]WebinarRun, error)              // oldest first
	UpdateWebinarRun(ctx context.Context, r WebinarRun) error
}
