package subscriptions

import (
	"context"
	"slices"
)

// Webinars lists the announced ones: those to come, the next first, and those
// past, the latest first.
func (s *ArchiveService) Webinars(ctx context.Context) (upcoming, past []Webinar, err error) {
	all, err := s.Store.Webinars(ctx)
	if err != nil {
		return nil, nil, err
	}
	now := s.Now()
	for _, w := range all {
		switch {
		case w.State == WebinarDraft || w.State == WebinarCancelled:
		case w.Upcoming(now):
			upcoming = append(upcoming, w)
		default:
			past = append(past, w)
		}
	}
	slices.Reverse(past)
	return upcoming, past, nil
}

// Webinar reads one that was announced.
func (s *ArchiveService) Webinar(ctx context.Context, slug string) (Webinar, error) {
	w, err := s.Store.FindWebinarBySlug(ctx, slug)
	if err == nil && w.State == WebinarDraft {
		return Webinar{}, notFound("there is no webinar %q", slug)
	}
	return w, err
}

// Glossary lists all terms.
func (s *ArchiveService) Glossary(ctx context.Context) ([]Term, error) { return s.Store.Terms(ctx) }
