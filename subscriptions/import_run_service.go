package subscriptions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Bounds of an import at the desk.
const (
	maxImportText    = 20 << 20 // bytes of all its texts
	maxImportEntries = 2000
	keepPrepared     = 7 * 24 * time.Hour // then it is forgotten, unless it was taken in
)

// ImportSource says what is imported.
type ImportSource struct {
	Kind   ImportKind
	Name   string   // of the file or the feed
	Topics []string // slugs, for entries that name none; home first
	FeedID int64    // of the watched feed that brought it, 0 for none
}

// Prepare judges what was read, and keeps it with its report for TakeIn. No item
// is written.
func (s *ImportService) Prepare(ctx context.Context, by Actor, in Import, from ImportSource) (ImportRun, error) {
	var run ImportRun
	err := s.Store.InTx(ctx, func(tx Store) (err error) {
		if _, err = tx.PruneImports(ctx, s.Now().Add(-keepPrepared), 50); err != nil {
			return err
		}
		run, _, err = s.prepare(ctx, tx, by, in, from)
		return err
	})
	return run, err
}

func (s *ImportService) prepare(ctx context.Context, tx Store, by Actor, in Import, from ImportSource) (ImportRun, []ImportEntry, error) {
	run := ImportRun{Kind: from.Kind, Name: from.Name, State: ImportPrepared, At: s.Now(), EditorID: by.EditorID, By: by.Name, FeedID: from.FeedID,
		Report: RunReport{Findings: in.Findings[:min(len(in.Findings), maxFindings)], Terms: in.Terms, Webinars: in.Webinars}}
	if len(in.Items) > maxImportEntries {
		return run, nil, invalid("file", "the import has more than %d entries", maxImportEntries).hint("Cut it into several.")
	}
	size := 0
	for _, d := range in.Items {
		size += len(d.Item.Body)
	}
	if size > maxImportText {
		return run, nil, invalid("file", "the import holds more than 20 MB of text").hint("Cut it into several.")
	}
	j, err := s.judge(ctx, tx, from)
	if err != nil {
		return run, nil, err
	}
	if slices.ContainsFunc(in.Items, func(d DraftItem) bool { return len(d.TopicSlugs) == 0 }) {
		if _, err := pickTopics(j.topics, from.Topics); err != nil {
			return run, nil, err // one fault of who imports, not one of each entry
		}
	}
	entries := make([]ImportEntry, len(in.Items))
	for n, d := range in.Items {
		entries[n] = j.entry(d)
		entries[n].Position = n
	}
	run.Counts = countEntries(entries)
	if err := tx.AddImport(ctx, &run, entries); err != nil {
		return run, nil, err
	}
	for n := range entries {
		entries[n].ImportID = run.ID
	}
	return run, entries, nil
}

// Take prepares an import and takes it in at once; with rehearse it only tells
// what would come of it, and keeps nothing.
func (s *ImportService) Take(ctx context.Context, by Actor, in Import, from ImportSource, rehearse bool) (run ImportRun, entries []ImportEntry, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		if run, entries, err = s.prepare(ctx, tx, by, in, from); err != nil {
			return err
		}
		if rehearse {
			return errDryRun
		}
		return s.takeIn(ctx, tx, by, &run, entries, nil)
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return run, entries, err
}

// record keeps what an import has added.
func (s *ImportService) record(ctx context.Context, tx Store, o ImportOptions, added []Item) (*ImportRun, error) {
	now := s.Now()
	run := &ImportRun{Kind: o.From.Kind, Name: o.From.Name, State: ImportTaken, At: now, TakenAt: now, EditorID: o.By.EditorID, By: o.By.Name}
	entries := make([]ImportEntry, len(added))
	for n, i := range added {
		kept, err := tx.FindItem(ctx, i.ID)
		if err != nil {
			return nil, err
		}
		entries[n] = ImportEntry{Position: n, Title: i.Title, Outcome: EntryTaken, ItemID: i.ID}
		if entries[n].Mark, err = markOf(kept); err != nil {
			return nil, err
		}
	}
	run.Counts = countEntries(entries)
	if err := tx.AddImport(ctx, run, entries); err != nil {
		return nil, err
	}
	return run, audit(ctx, tx, o.By, now, "import.take", "import:"+strconv.FormatInt(run.ID, 10), run.Name,
		fmt.Sprintf("%s: %d items", run.Kind.Words(), len(added)))
}

// TakeIn makes drafts of a prepared import: of the entries at the positions, or
// of all that can come in where only is nil. What has come to be known since
// stays as it is.
func (s *ImportService) TakeIn(ctx context.Context, by Actor, id int64, only []int) (ImportRun, error) {
	var run ImportRun
	err := s.Store.InTx(ctx, func(tx Store) (err error) {
		if run, err = tx.FindImport(ctx, id); err != nil {
			return err
		}
		entries, err := tx.ImportEntries(ctx, id, 0, maxImportEntries)
		if err != nil {
			return err
		}
		return s.takeIn(ctx, tx, by, &run, entries, only)
	})
	return run, err
}

func (s *ImportService) takeIn(ctx context.Context, tx Store, by Actor, run *ImportRun, entries []ImportEntry, only []int) error {
	if run.State != ImportPrepared {
		return refused("the import has been taken in already").hint("Its report says what became of it.")
	}
	now := s.Now()
	j, err := s.judge(ctx, tx, ImportSource{FeedID: run.FeedID})
	if err != nil {
		return err
	}
	for n := range entries {
		e := &entries[n]
		if e.Outcome != EntryNew {
			continue
		}
		if only != nil && !slices.Contains(only, e.Position) {
			e.Outcome = EntryLeft
			continue
		}
		again := j.entry(e.Draft)
		e.Outcome, e.Why, e.Alike, e.Draft = again.Outcome, again.Why, again.Alike, again.Draft
		if e.Outcome != EntryNew {
			continue
		}
		item := e.Draft.Item
		item.State, item.CreatedAt, item.UpdatedAt = ItemDraft, now, now
		item.PublishedAt, item.EditionID = time.Time{}, 0
		if item.Origin == "" {
			item.Origin = "import " + cmp.Or(e.Place.String(), run.Name)
		}
		if err := tx.AddItem(ctx, &item); err != nil {
			return err
		}
		kept, err := tx.FindItem(ctx, item.ID) // as the database has it
		if err != nil {
			return err
		}
		if e.Mark, err = markOf(kept); err != nil {
			return err
		}
		e.Outcome, e.ItemID = EntryTaken, item.ID
	}
	if err := s.takeRest(ctx, tx, run.Report); err != nil {
		return err
	}
	run.State, run.TakenAt, run.Counts = ImportTaken, now, countEntries(entries)
	if err := tx.UpdateImportEntries(ctx, entries); err != nil {
		return err
	}
	if err := tx.UpdateImport(ctx, *run); err != nil {
		return err
	}
	c := run.Counts
	return audit(ctx, tx, by, now, "import.take", "import:"+strconv.FormatInt(run.ID, 10), run.Name,
		fmt.Sprintf("%s: %d read, %d drafts, %d known, %d faulty, %d left out", run.Kind.Words(), c.Read, c.New, c.Known, c.Faulty, c.Left))
}

// takeRest brings in what stands beside the items: abbreviations, and webinars
// as drafts. What is known stays as it is.
func (s *ImportService) takeRest(ctx context.Context, tx Store, rest RunReport) error {
	for _, t := range rest.Terms {
		if _, err := tx.PutTerm(ctx, &t); err != nil {
			return err
		}
	}
	if len(rest.Webinars) == 0 {
		return nil
	}
	topics, err := tx.Topics(ctx)
	if err != nil {
		return err
	}
	for _, d := range rest.Webinars {
		d.Webinar.State = WebinarDraft // nothing is announced by itself
		if err := s.webinar(ctx, tx, topics, d, ImportOptions{}, &ImportReport{}); err != nil {
			return err
		}
	}
	return nil
}

// Undo takes the drafts of an import back that nobody has touched since. They are
// deleted: no reader has seen them. What was edited, published or put into an
// edition stays, and the entries say so; abbreviations and webinars stay too.
func (s *ImportService) Undo(ctx context.Context, by Actor, id int64) (ImportRun, error) {
	var run ImportRun
	err := s.Store.InTx(ctx, func(tx Store) (err error) {
		if run, err = tx.FindImport(ctx, id); err != nil {
			return err
		}
		switch run.State {
		case ImportPrepared:
			return refused("the import has not been taken in").hint("There is nothing to take back.")
		case ImportUndone:
			return refused("the import has been taken back already").hint("What stayed can be withdrawn one by one.")
		}
		entries, err := tx.ImportEntries(ctx, id, 0, maxImportEntries)
		if err != nil {
			return err
		}
		stay := 0
		for n := range entries {
			e := &entries[n]
			if e.Outcome != EntryTaken {
				continue
			}
			item, err := tx.FindItem(ctx, e.ItemID)
			if errors.Is(err, ErrNotFound) {
				e.Outcome, e.ItemID = EntryUndone, 0
				continue
			}
			if err != nil {
				return err
			}
			if e.Why, err = touched(item, e.Mark); err != nil {
				return err
			}
			if e.Why != "" {
				e.Outcome = EntryStays
				stay++
				continue
			}
			err = tx.DeleteItem(ctx, item.ID)
			if errors.Is(err, ErrConflict) {
				e.Outcome, e.Why = EntryStays, "Somebody has begun to work with it."
				stay++
				continue
			}
			if err != nil {
				return err
			}
			e.Outcome, e.ItemID = EntryUndone, 0
		}
		run.State, run.UndoneAt, run.Counts = ImportUndone, s.Now(), countEntries(entries)
		if err := tx.UpdateImportEntries(ctx, entries); err != nil {
			return err
		}
		if err := tx.UpdateImport(ctx, run); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), "import.undo", "import:"+strconv.FormatInt(id, 10), run.Name,
			fmt.Sprintf("%d drafts taken back, %d stay", run.Counts.Undone, stay))
	})
	return run, err
}

// touched says why an item stays, "" when nobody has touched it.
func touched(i Item, mark string) (string, error) {
	switch {
	case i.State == ItemWithdrawn:
		return "It was withdrawn since.", nil
	case i.State != ItemDraft || !i.PublishedAt.IsZero():
		return "It is public.", nil
	case i.EditionID != 0:
		return "It is in an edition.", nil
	}
	now, err := markOf(i)
	if err == nil && now != mark {
		return "It was edited since.", nil
	}
	return "", err
}

// countEntries sums them up.
func countEntries(entries []ImportEntry) (c ImportCounts) {
	c.Read = len(entries)
	for _, e := range entries {
		switch e.Outcome {
		case EntryNew, EntryTaken, EntryStays:
			c.New++
			if len(e.Alike) > 0 {
				c.Alike++
			}
		case EntryUndone:
			c.New++
			c.Undone++
		case EntryKnown:
			c.Known++
		case EntryFaulty:
			c.Faulty++
		case EntryLeft:
			c.Left++
		}
	}
	return c
}
