package subscriptions

import (
	"context"
	"fmt"
)

// How many people may complain. Gmail and Yahoo ask senders to stay below 0.1 % and
// never to reach 0.3 %; beyond that mail to everybody ends in the spam folder. A
// rate of few letters says nothing, so that the numbers below have to be reached too.
const (
	ComplaintAlarm = 0.001 // of the letters that left: the desk says so
	ComplaintPause = 0.003 // a running send pauses itself

	alarmAtLeast = 2 // complaints
	pauseAtLeast = 5
)

// ComplaintRate is how many of the letters of an edition were reported as spam.
type ComplaintRate struct{ Complaints, Sent int }

// Share is the rate, from 0 to 1.
func (r ComplaintRate) Share() float64 {
	if r.Sent == 0 {
		return 0
	}
	return float64(r.Complaints) / float64(r.Sent)
}

// Alarm and Pause report whether the rate is that high.
func (r ComplaintRate) Alarm() bool {
	return r.Complaints >= alarmAtLeast && r.Share() >= ComplaintAlarm
}

// Pause reports whether a send with this rate must not go on by itself.
func (r ComplaintRate) Pause() bool {
	return r.Complaints >= pauseAtLeast && r.Share() >= ComplaintPause
}

// Percent says it in words: "0.34 %".
func (r ComplaintRate) Percent() string { return fmt.Sprintf("%.2f %%", 100*r.Share()) }

// ComplaintRate counts an edition's.
func (s *BounceService) ComplaintRate(ctx context.Context, editionID int64) (ComplaintRate, error) {
	n, err := s.Store.CountComplaints(ctx, editionID)
	if err != nil || n == 0 {
		return ComplaintRate{}, err
	}
	b, err := s.Store.Books(ctx, editionID)
	return ComplaintRate{n, b.Sent}, err
}

// watch pauses the edition when too many of its readers complain.
func (s *BounceService) watch(ctx context.Context, editionID int64) error {
	if editionID == 0 || s.Pause == nil {
		return nil
	}
	rate, err := s.ComplaintRate(ctx, editionID)
	if err != nil || !rate.Pause() {
		return err
	}
	e, err := s.Store.FindEdition(ctx, editionID)
	if err != nil || e.State != EditionSending {
		return err
	}
	return s.Pause(ctx, editionID, fmt.Sprintf("%d of %d readers reported it as spam (%s)", rate.Complaints, rate.Sent, rate.Percent()))
}
