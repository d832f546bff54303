package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// ImportService writes what was read from files. An import can be repeated: it
// adds what is missing and leaves what is there as it is.
type ImportService struct {
	Store Store
	Keys  *Keyring
	Now   func() time.Time
}

// ImportOptions say how far an import goes.
type ImportOptions struct {
	Publish bool // items become published instead of drafts
	DryRun  bool // report only
	// From and By are kept with what came in, so that it can be taken back; without
	// a kind nothing is kept.
	From ImportSource
	By   Actor
}

// ImportReport says what became of each noun.
type ImportReport struct {
	Added     []Item
	Published []Item // known drafts that --publish published
	Kept      []Item // known, left as they are
	Terms     int    // new abbreviations
	Webinars  []Webinar
	Edition   *Edition
	Run       *ImportRun // that keeps the added, nil when there is none
}

// errDryRun rolls a rehearsal back.
var errDryRun = errors.New("dry run")

// Import writes items, terms, webinars and the edition in one transaction: all
// of it or nothing. An item, a webinar or an edition is known by its slug, a
// term by its abbreviation; what is known is kept.
func (s *ImportService) Import(ctx context.Context, in Import, o ImportOptions) (ImportReport, error) {
	var report ImportReport
	err := s.Store.InTx(ctx, func(tx Store) error {
		topics, err := tx.Topics(ctx)
		if err != nil {
			return err
		}
		for _, d := range in.Webinars {
			if err := s.webinar(ctx, tx, topics, d, o, &report); err != nil {
				return err
			}
		}
		for _, d := range in.Items {
			if err := s.item(ctx, tx, topics, d, o, &report); err != nil {
				return err
			}
		}
		for _, t := range in.Terms {
			if err := t.Validate(); err != nil {
				return err
			}
			added, err := tx.PutTerm(ctx, &t)
			if err != nil {
				return err
			}
			if added {
				report.Terms++
			}
		}
		if in.Edition != nil {
			if err := s.edition(ctx, tx, *in.Edition, &report); err != nil {
				return err
			}
		}
		if o.DryRun {
			return errDryRun
		}
		if o.From.Kind != "" && len(report.Added) > 0 {
			report.Run, err = s.record(ctx, tx, o, report.Added)
		}
		return err
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return report, err
}

func (s *ImportService) item(ctx context.Context, tx Store, topics []Topic, d DraftItem, o ImportOptions, report *ImportReport) error {
	now := s.Now()
	known, err := tx.FindItemBySlug(ctx, d.Item.Slug)
	switch {
	case err == nil && o.Publish && known.State == ItemDraft:
		if err := known.Publish(now); err != nil {
			return at(d.Place, err)
		}
		report.Published = append(report.Published, known)
		return tx.UpdateItem(ctx, known)
	case err == nil:
		report.Kept = append(report.Kept, known)
		return nil
	case !errors.Is(err, ErrNotFound):
		return err
	}
	picked, err := pickTopics(topics, d.TopicSlugs)
	if err != nil {
		return at(d.Place, err)
	}
	item := d.Item
	item.Topics = nil
	for _, t := range picked {
		item.Topics = append(item.Topics, t.ID)
	}
	item.State, item.CreatedAt, item.UpdatedAt = ItemDraft, now, now
	if item.Origin == "" {
		item.Origin = "import " + d.Place.String()
	}
	if err := item.Validate(); err != nil {
		return at(d.Place, err)
	}
	if o.Publish {
		if err := item.Publish(now); err != nil {
			return at(d.Place, err)
		}
	}
	if err := tx.AddItem(ctx, &item); err != nil {
		return err
	}
	report.Added = append(report.Added, item)
	return nil
}

func (s *ImportService) webinar(ctx context.Context, tx Store, topics []Topic, d DraftWebinar, o ImportOptions, report *ImportReport) error {
	now := s.Now()
	known, err := tx.FindWebinarBySlug(ctx, d.Webinar.Slug)
	if err == nil && o.Publish && known.State == WebinarDraft {
		if err := known.Announce(now); err != nil {
			return at(d.Place, err)
		}
		return tx.UpdateWebinar(ctx, known)
	}
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	picked, err := pickTopics(topics, d.TopicSlugs)
	if err != nil {
		return at(d.Place, err)
	}
	w := d.Webinar
	w.Topics = nil
	for _, t := range picked {
		w.Topics = append(w.Topics, t.ID)
	}
	w.CreatedAt, w.UpdatedAt = now, now
	if err := w.Validate(); err != nil {
		return at(d.Place, err)
	}
	if o.Publish && w.State == WebinarDraft {
		if err := w.Announce(now); err != nil {
			return at(d.Place, err)
		}
	}
	if err := tx.AddWebinar(ctx, &w); err != nil {
		return err
	}
	report.Webinars = append(report.Webinars, w)
	return nil
}

func (s *ImportService) edition(ctx context.Context, tx Store, d DraftEdition, report *ImportReport) error {
	if d.Slug == "" {
		d.Slug = Slugify(d.Title)
	}
	if _, err := tx.FindEditionBySlug(ctx, d.Slug); !errors.Is(err, ErrNotFound) {
		return err
	}
	e := Edition{Slug: d.Slug, Title: d.Title, Period: d.Period, Intro: d.Intro, About: d.About, Contact: d.Contact,
		State: EditionCollecting, CreatedAt: s.Now()}
	if err := e.Validate(); err != nil {
		return at(d.Place, err)
	}
	if err := tx.AddEdition(ctx, &e); err != nil {
		return err
	}
	report.Edition = &e
	return nil
}

// at puts the place before the message of an input fault.
func at(p Place, err error) error {
	if p == (Place{}) {
		return err
	}
	return fmt.Errorf("%s: %w", p, err)
}

// SubscriberOptions say with what right people are imported.
type SubscriberOptions struct {
	Confirmed bool     // the consent was given elsewhere and can be proved
	Source    string   // where the proof lies; needed with Confirmed
	Topics    []string // slugs, for rows that name none
	DryRun    bool
	Run       int64 // the PeopleImport they belong to, 0 for none
}

func (o SubscriberOptions) check() error {
	if o.Confirmed && strings.TrimSpace(o.Source) == "" {
		return invalid("source", "confirmed people need a source").hint("Say where their consent can be proved: --source \"sign-up sheet, TC meeting, March 2019\".")
	}
	return nil
}

// Subscribers imports people row by row, in batches; a bad row is reported and
// the rest goes on. Confirmed people are active at once, others get a
// confirmation mail. What has ended is never reopened, a suppressed address is
// left out, and importing a list twice changes nothing. A dry run reads only.
func (s *ImportService) Subscribers(ctx context.Context, rows iter.Seq[SubscriberRow], o SubscriberOptions) (SubscriberReport, error) {
	if err := o.check(); err != nil {
		return SubscriberReport{}, err
	}
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return SubscriberReport{}, err
	}
	b := newSubscriberBatch(s, topics, o)
	for row := range rows {
		if err := ctx.Err(); err != nil {
			return *b.report, err
		}
		b.report.Rows++
		b.add(row)
		if b.full() {
			if err := b.flush(ctx, s.Store, nil); err != nil {
				return *b.report, err
			}
		}
	}
	return *b.report, b.flush(ctx, s.Store, nil)
}
