package subscriptions

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"
)

// BulkKind is what is done to many items at once.
type BulkKind string

// The acts.
const (
	BulkPublish     BulkKind = "publish"
	BulkWithdraw    BulkKind = "withdraw"
	BulkRedraft     BulkKind = "draft"
	BulkAddTopic    BulkKind = "add-topic"
	BulkRemoveTopic BulkKind = "remove-topic"
	BulkHomeTopic   BulkKind = "home-topic"
)

// BulkAct is an act on items: on those named, or on all that match.
type BulkAct struct {
	Kind    BulkKind
	TopicID int64       // of the acts on topics
	IDs     []int64     // empty: all of Match
	Match   *ItemFilter // its Limit and Offset do not count
}

// BulkReport says what became of them.
type BulkReport struct {
	Batch     string // names the act in revisions and the audit log, and undoes it; "" when nothing changed
	Changed   int
	Unchanged int // they were so already
	Refused   []BulkRefusal
}

// BulkRefusal is an item that could not be changed, and why.
type BulkRefusal struct {
	ItemID int64
	Title  string
	Why    error
}

// How many items one act may reach, and how many share a transaction: other
// writers come in between.
const (
	MaxBulk   = 1000
	bulkSlice = 50
)

var bulkVerbs = map[BulkKind]string{BulkPublish: "item.publish", BulkWithdraw: "item.withdraw", BulkRedraft: "item.draft",
	BulkAddTopic: "item.topics", BulkRemoveTopic: "item.topics", BulkHomeTopic: "item.topics"}

// Bulk does it. Each item is read afresh and changed in this one respect, so
// that an act never takes back what somebody else just wrote.
func (s *ItemService) Bulk(ctx context.Context, a BulkAct, by Actor) (BulkReport, error) {
	var report BulkReport
	change, topic, err := s.bulkChange(ctx, a)
	if err != nil {
		return report, err
	}
	ids, err := s.bulkIDs(ctx, a)
	if err != nil {
		return report, err
	}
	batch := rand.Text()[:16]
	err = s.inSlices(ctx, ids, &report, func(tx Store, id int64, now time.Time, r *BulkReport) error {
		was, err := tx.FindItem(ctx, id)
		if err != nil {
			if CodeOf(err) == NotFound {
				return nil // there are no such items to change
			}
			return err
		}
		i := was
		i.Topics = slices.Clone(was.Topics)
		if why := change(&i, now); why != nil {
			r.Refused = append(r.Refused, BulkRefusal{id, was.Title, why})
			return nil //nolint:nilerr // it is told in the report
		}
		changed := ChangedFields(was, i)
		if len(changed) == 0 {
			r.Unchanged++
			return nil
		}
		r.Changed++
		if was.State != i.State {
			return moved(ctx, tx, was, &i, by, now, bulkVerbs[a.Kind], batch)
		}
		if err := saveItem(ctx, tx, was, &i, by, now, topic, batch); err != nil {
			return err
		}
		return audit(ctx, tx, by, now, bulkVerbs[a.Kind], ItemSlot(id), i.Title, topic+"; batch "+batch)
	})
	if report.Changed > 0 {
		report.Batch = batch
	}
	return report, err
}

// inSlices runs f for every id, slice by slice; the report counts what is
// committed.
func (s *ItemService) inSlices(ctx context.Context, ids []int64, report *BulkReport, f func(tx Store, id int64, now time.Time, r *BulkReport) error) error {
	for slice := range slices.Chunk(ids, bulkSlice) {
		so := *report
		err := s.Store.InTx(ctx, func(tx Store) error {
			now := s.Now()
			for _, id := range slice {
				if err := f(tx, id, now, &so); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		*report = so
	}
	return nil
}

// bulkIDs names the items, in the order of their ids: all that change several
// items take hold of them in this order.
func (s *ItemService) bulkIDs(ctx context.Context, a BulkAct) ([]int64, error) {
	ids := slices.Clone(a.IDs)
	if len(ids) == 0 && a.Match != nil {
		f := *a.Match
		f.Limit, f.Offset = MaxBulk+1, 0
		found, err := s.Store.Items(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			ids = append(ids, i.ID)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	switch {
	case len(ids) == 0:
		return nil, invalid("items", "no item is chosen").hint("Tick the items first.")
	case len(ids) > MaxBulk:
		return nil, invalid("items", "more than %d items match", MaxBulk).hint("Narrow the list, and do it in parts.")
	}
	return ids, nil
}

// bulkChange gives what the act does to one item, and its topic in words.
func (s *ItemService) bulkChange(ctx context.Context, a BulkAct) (change func(i *Item, now time.Time) error, words string, err error) {
	switch a.Kind {
	case BulkPublish:
		return func(i *Item, now time.Time) error {
			if err := i.Faults(ItemPublished); err != nil && i.State != ItemPublished {
				return firstOf(err)
			}
			return i.Publish(now)
		}, "", nil
	case BulkWithdraw:
		return func(i *Item, now time.Time) error { i.Withdraw(now); return nil }, "", nil
	case BulkRedraft:
		return func(i *Item, _ time.Time) error { return i.redraft() }, "", nil
	case BulkAddTopic, BulkRemoveTopic, BulkHomeTopic:
	default:
		return nil, "", invalid("act", "there is no such act").hint("Choose one of the list.")
	}
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return nil, "", err
	}
	at := slices.IndexFunc(topics, func(t Topic) bool { return t.ID == a.TopicID })
	if at < 0 {
		return nil, "", invalid("topic", "no topic is chosen").hint("Choose the topic first.")
	}
	words = map[BulkKind]string{BulkAddTopic: "topic added: ", BulkRemoveTopic: "topic removed: ", BulkHomeTopic: "home topic: "}[a.Kind] + topics[at].Name
	return func(i *Item, _ time.Time) error {
		at := slices.Index(i.Topics, a.TopicID)
		switch {
		case a.Kind == BulkAddTopic && at < 0:
			i.Topics = append(i.Topics, a.TopicID)
		case a.Kind == BulkHomeTopic && at != 0:
			if at > 0 {
				i.Topics = slices.Delete(i.Topics, at, at+1)
			}
			i.Topics = slices.Insert(i.Topics, 0, a.TopicID)
		case a.Kind == BulkRemoveTopic && at >= 0:
			if i.Topics = slices.Delete(i.Topics, at, at+1); len(i.Topics) == 0 && i.State == ItemPublished {
				return refused("it is published, and would be in no topic")
			}
		}
		return nil
	}, words, nil
}

// firstOf gives the first of joined errors.
func firstOf(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 0 {
		return joined.Unwrap()[0]
	}
	return err
}

// Undo takes an act on many items back, item by item. An item that was saved
// since stays as it is, and so does one that an edition has taken.
func (s *ItemService) Undo(ctx context.Context, batch string, by Actor) (BulkReport, error) {
	var report BulkReport
	done, err := s.Store.ItemBatch(ctx, batch)
	if err != nil {
		return report, err
	}
	if len(done) == 0 {
		return report, notFound("no such act").hint("It may be undone already: look into the history of the items.")
	}
	numbers := map[int64]int64{}
	ids := make([]int64, len(done))
	for n, r := range done {
		ids[n], numbers[r.ItemID] = r.ItemID, r.Number
	}
	err = s.inSlices(ctx, ids, &report, func(tx Store, id int64, now time.Time, r *BulkReport) error {
		was, err := tx.FindItem(ctx, id)
		if err != nil {
			return err
		}
		if was.Version != numbers[id] {
			r.Refused = append(r.Refused, BulkRefusal{id, was.Title, refused("it was saved since")})
			return nil
		}
		before, err := tx.ItemRevisionBefore(ctx, id, numbers[id])
		if err != nil {
			return err
		}
		i := was
		i.Topics, i.State, i.PublishedAt = before.Item.Topics, before.Item.State, before.Item.PublishedAt
		if i.EditionID != 0 && i.State == ItemDraft {
			r.Refused = append(r.Refused, BulkRefusal{id, was.Title, refused("an edition has taken it")})
			return nil
		}
		r.Changed++
		if err := saveItem(ctx, tx, was, &i, by, now, "Undone", ""); err != nil {
			return err
		}
		return audit(ctx, tx, by, now, "item.undo", ItemSlot(id), i.Title, fmt.Sprintf("state %s → %s; batch %s", was.State, i.State, batch))
	})
	return report, err
}
