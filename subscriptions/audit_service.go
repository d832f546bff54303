package subscriptions

import (
	"context"
	"fmt"
)

// AuditService reads the log of who did what.
type AuditService struct{ Store AuditStore }

// MaxAuditExport is how many lines one export holds at most; more are had by
// their period.
const MaxAuditExport = 100_000

// Page gives the next lines of a filter, newest first, and whether there are more.
// The limit is the filter's, 0 for 50.
func (s *AuditService) Page(ctx context.Context, f AuditFilter) (events []AuditEvent, more bool, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	limit := f.Limit
	f.Limit++
	events, err = s.Store.AuditEvents(ctx, f)
	if len(events) > limit {
		return events[:limit], true, err
	}
	return events, false, err
}

// Each hands every line of a filter to f, newest first, MaxAuditExport at most,
// and reads a few at a time, so that an export costs no memory.
func (s *AuditService) Each(ctx context.Context, filter AuditFilter, f func(AuditEvent) error) error {
	const batch = 1000
	filter.Limit = batch
	for n := 0; n < MaxAuditExport; n += batch {
		events, err := s.Store.AuditEvents(ctx, filter)
		if err != nil {
			return fmt.Errorf("export the audit log: %w", err)
		}
		for _, e := range events {
			if err := f(e); err != nil {
				return err
			}
		}
		if len(events) < batch {
			return nil
		}
		filter.BeforeID = events[len(events)-1].ID
	}
	return nil
}
