package subscriptions

import (
	"context"
	"fmt"
)

// How many people may complain. Gmail and Yahoo ask senders to stay below 0.1 % and
// never to reach 0.3 %; beyond that mail to everybody ends in the spam folder. At the
// first the desk raises an alarm; at the second, which is a setting, a running send
// pauses itself (EditionService.WatchComplaints). One or two people who press the
// wrong button are neither.
const (
	ComplaintAlarm = 0.001 // of the letters that left
	alarmAtLeast   = 2     // complaints
	pauseAtLeast   = 3
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

// Alarm reports whether the rate is too high.
func (r ComplaintRate) Alarm() bool {
	return r.Complaints >= alarmAtLeast && r.Share() >= ComplaintAlarm
}

// Percent says it in words: "0.34 %".
func (r ComplaintRate) Percent() string { return fmt.Sprintf("%.2f %%", 100*r.Share()) }

// ComplaintRate counts an edition's.
func (s *BounceService) ComplaintRate(ctx context.Context, editionID int64) (ComplaintRate, error) {
	n, err := s.Store.CountComplaints(ctx, editionID)
	if err != nil {
		return ComplaintRate{}, err
	}
	sent, err := s.Store.CountDeliveries(ctx, editionID, DeliverySent)
	return ComplaintRate{n, sent}, err
}

// watch pauses the edition when too many of its readers complain.
func (s *BounceService) watch(ctx context.Context, editionID int64) error {
	if editionID == 0 || s.Editions == nil {
		return nil
	}
	n, err := s.Store.CountComplaints(ctx, editionID)
	if err != nil || n < pauseAtLeast {
		return err
	}
	_, err = s.Editions.WatchComplaints(ctx, editionID, n)
	return err
}
