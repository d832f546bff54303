package mailer

import (
	"context"

	"sesec.eu/tidings/subscriptions"
)

// Composer turns a delivery into a message for the person as they are now. It
// answers a *Skip when there is nothing that could or should be sent.
type Composer interface {
	Compose(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*Message, error)
}

// Skip says why a delivery is not sent.
type Skip struct{ Reason string }

// Error gives the reason.
func (s *Skip) Error() string { return "skipped: " + s.Reason }
