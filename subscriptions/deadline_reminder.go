package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A week before the comments on an item close, those who wished for it get one
// letter, with all that closes within the week and that they were not reminded of
// yet. It is derived from the deadlines and the wishes, day by day:
//
//   - Nobody is reminded without a wish, which is never there unless they ticked it.
//   - Once of an item and its day: a deadline that is extended is a new one, and
//     what is published a few days before its deadline is told of the next morning.
//   - One letter a person and day at most, in the morning of the house's zone.
//   - Never after the day: composing looks at the item once more, and at the wish.

// KindDeadlines is the letter. RefID is its day: 20190314.
const KindDeadlines Kind = "deadlines"

const (
	remindDays  = 7 // before the last day
	remindHour  = 6 // in the house's zone
	remindBatch = 500
	// keepReminded is how many days after a deadline it is remembered who was
	// reminded of it: a day that is moved back and forth reminds nobody twice.
	keepReminded = 90
)

// DeadlineReminder says that a person was reminded of an item's deadline.
type DeadlineReminder struct {
	SubscriberID int64
	ItemID       int64
	Until        Date
	Day          Date // of the letter
}

// DeadlineRun says how far the letters of a day are planned.
type DeadlineRun struct {
	Day        Date
	DoneTo     int64 // the last subscriber that was read
	FinishedAt time.Time
}

// DeadlineReminderStore keeps wishes and who was reminded.
type DeadlineReminderStore interface {
	WantsDeadlines(ctx context.Context, subscriberID int64) (bool, error)
	WishDeadlines(ctx context.Context, subscriberID int64, on bool, now time.Time) error
	// DeadlineWishes are people with the wish after the given one, in order of id.
	DeadlineWishes(ctx context.Context, afterID int64, limit int) ([]int64, error)
	// Reminded are the reminders of these people of deadlines not before the day.
	Reminded(ctx context.Context, from Date, subscriberIDs []int64) ([]DeadlineReminder, error)
	// DeadlinesOf are those a person's letter of the day names.
	DeadlinesOf(ctx context.Context, subscriberID int64, day Date) ([]DeadlineReminder, error)
	AddDeadlineReminders(ctx context.Context, r []DeadlineReminder) error
	DropDeadlineReminders(ctx context.Context, before Date) error
	// DeadlineRun is the one of the day, held inside a transaction; a new one is made.
	DeadlineRun(ctx context.Context, day Date) (DeadlineRun, error)
	UpdateDeadlineRun(ctx context.Context, r DeadlineRun) error
}

// Whoever leaves everything loses the wish with it. That there was one is kept beside
// the withdrawal, so that whoever takes that back has both again.
const (
	wishLeft  = SourceDeadlines + "no, with the last topic"
	wishAgain = SourceDeadlines + "yes, as the leaving was taken back"
)

// endWish takes the wish of who had these topics and has none now. The event comes
// before that of the withdrawal.
func endWish(ctx context.Context, tx Store, personID int64, topics []Topic, now time.Time) error {
	if wants, err := tx.WantsDeadlines(ctx, personID); err != nil || !wants {
		return err
	}
	if err := tx.WishDeadlines(ctx, personID, false, now); err != nil {
		return err
	}
	return tx.AddConsents(ctx, []*Consent{{SubscriberID: personID, Kind: ConsentChanged, Topics: slugsOf(topics), Source: wishLeft, At: now}})
}

// undoEndWish gives back what ended with a withdrawal.
func undoEndWish(ctx context.Context, tx Store, withdrawn Consent, again Consent) error {
	past, err := tx.Consents(ctx, withdrawn.SubscriberID)
	if err != nil || !slices.ContainsFunc(past, func(c Consent) bool { return c.Source == wishLeft && c.At.Equal(withdrawn.At) }) {
		return err
	}
	again.Source = wishAgain
	if err := tx.WishDeadlines(ctx, withdrawn.SubscriberID, true, again.At); err != nil {
		return err
	}
	return tx.AddConsents(ctx, []*Consent{&again})
}

// DeadlineService plans the letters.
type DeadlineService struct {
	Store Store
	Keys  *Keyring
	Now   func() time.Time
	Zone  func(ctx context.Context) *time.Location // of the house
}

// DayNumber writes a day as RefID does: 20190314.
func DayNumber(d Date) int64 { return int64(d.Year*10000 + int(d.Month)*100 + d.Day) }

// DayOfNumber reads it back.
func DayOfNumber(n int64) Date {
	return Date{Year: int(n / 10000), Month: time.Month(n / 100 % 100), Day: int(n % 100)}
}

// DeadlinesKey is the unique key of a person's letter of a day.
func DeadlinesKey(subscriberID int64, day Date) string {
	return fmt.Sprintf("deadlines:%d:%s", subscriberID, day)
}

// DeadlineIsFor reports whether a deadline concerns somebody's topics: one of theirs,
// or one that is for everyone.
func DeadlineIsFor(item Item, topics []Topic, chosen TopicSet) bool {
	if chosen.HasAny(item.Topics) {
		return true
	}
	for _, t := range topics {
		if t.ForEveryone && NewTopicSet(item.Topics...).Has(t.ID) {
			return true
		}
	}
	return false
}

// Work plans the letters of this day, and says how many. Called again it goes on
// where it was, and plans nothing twice.
func (s *DeadlineService) Work(ctx context.Context) (planned int, err error) {
	local := s.Now().In(s.Zone(ctx))
	if local.Hour() < remindHour {
		return 0, nil
	}
	today := DateOf(local)
	run, err := s.Store.DeadlineRun(ctx, today)
	if err != nil || !run.FinishedAt.IsZero() {
		return 0, err
	}
	items, err := s.closing(ctx, today)
	if err != nil {
		return 0, err
	}
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return 0, err
	}
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return planned, err
		}
		var n int
		err := s.Store.InTx(ctx, func(tx Store) (err error) {
			n, more, err = s.batch(ctx, tx, today, items, topics)
			return err
		})
		if err != nil {
			return planned, err
		}
		planned += n
	}
	return planned, s.Store.DropDeadlineReminders(ctx, today.AddDays(-keepReminded))
}

// closing are the items whose comments close within the week, from tomorrow on: on
// the last day itself nobody can do much.
func (s *DeadlineService) closing(ctx context.Context, today Date) ([]Item, error) {
	items, err := s.Store.PublicDeadlines(ctx, DeadlineFilter{From: today.AddDays(1)})
	if err != nil {
		return nil, err
	}
	for n, i := range items { // the nearest first
		if today.DaysUntil(i.Comments.Until) > remindDays {
			return items[:n], nil
		}
	}
	return items, nil
}

// batch plans the letters of the next people.
func (s *DeadlineService) batch(ctx context.Context, tx Store, today Date, items []Item, topics []Topic) (planned int, more bool, err error) {
	run, err := tx.DeadlineRun(ctx, today)
	if err != nil || !run.FinishedAt.IsZero() {
		return 0, false, err
	}
	now := s.Now()
	var ids []int64
	if len(items) > 0 {
		if ids, err = tx.DeadlineWishes(ctx, run.DoneTo, remindBatch); err != nil {
			return 0, false, err
		}
	}
	if len(ids) > 0 {
		run.DoneTo = ids[len(ids)-1]
		if planned, err = s.plan(ctx, tx, ids, today, items, topics, now); err != nil {
			return 0, false, err
		}
	}
	if more = len(ids) == remindBatch; !more {
		run.FinishedAt = now
	}
	return planned, more, tx.UpdateDeadlineRun(ctx, run)
}

func (s *DeadlineService) plan(ctx context.Context, tx Store, ids []int64, today Date, items []Item, topics []Topic, now time.Time) (int, error) {
	found, err := tx.RecipientsByID(ctx, ids)
	if err != nil {
		return 0, err
	}
	wish := NewTopicSet(ids...) // neighbours may come with them
	var people []Recipient
	for _, r := range found {
		if wish.Has(r.Subscriber.ID) {
			people = append(people, r)
		}
	}
	if err := MarkSuppressed(ctx, tx, s.Keys, people); err != nil {
		return 0, err
	}
	past, err := tx.Reminded(ctx, today, ids)
	if err != nil {
		return 0, err
	}
	type key struct {
		person, item int64
		until        Date
	}
	reminded := make(map[key]bool, len(past))
	for _, r := range past {
		reminded[key{r.SubscriberID, r.ItemID, r.Until}] = true
	}
	var reminders []DeadlineReminder
	var letters []Delivery
	for _, p := range people {
		id := p.Subscriber.ID
		if p.Refusal(now) != "" {
			continue
		}
		before := len(reminders)
		for _, item := range items {
			if !reminded[key{id, item.ID, item.Comments.Until}] && DeadlineIsFor(item, topics, p.Chosen) {
				reminders = append(reminders, DeadlineReminder{SubscriberID: id, ItemID: item.ID, Until: item.Comments.Until, Day: today})
			}
		}
		if len(reminders) > before {
			letters = append(letters, Delivery{Key: DeadlinesKey(id, today), Kind: KindDeadlines, SubscriberID: id, RefID: DayNumber(today), Address: p.Subscriber.Address,
				Priority: PriorityMany, NotBefore: now, CreatedAt: now})
		}
	}
	if err := tx.AddDeadlineReminders(ctx, reminders); err != nil {
		return 0, err
	}
	return tx.QueueDeliveries(ctx, letters)
}

// DeadlinesDue are the items a letter is to name, as they are at the moment: open
// still, on the same day, in the reader's topics. Without any, why says why the
// letter does not leave.
func DeadlinesDue(ctx context.Context, store DeadlineLetterStore, d Delivery, r Recipient, today Date) (due []Deadline, why string, err error) {
	wants, err := store.WantsDeadlines(ctx, r.Subscriber.ID)
	if err != nil || !wants {
		return nil, "they do not want reminders any more", err
	}
	topics, err := store.Topics(ctx)
	if err != nil {
		return nil, "", err
	}
	named, err := store.DeadlinesOf(ctx, r.Subscriber.ID, DayOfNumber(d.RefID))
	if err != nil {
		return nil, "", err
	}
	for _, n := range named {
		item, err := store.FindItem(ctx, n.ItemID)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		if item.State == ItemPublished && item.Comments != nil && item.Comments.Until == n.Until && today.DaysUntil(n.Until) >= 0 && DeadlineIsFor(item, topics, r.Chosen) {
			due = append(due, Deadline{Item: item, Until: n.Until, DaysLeft: today.DaysUntil(n.Until)})
		}
	}
	return due, "what it would say is no longer so", nil
}

// DeadlineLetterStore is what composing the letter reads.
type DeadlineLetterStore interface {
	Topics(ctx context.Context) ([]Topic, error)
	WantsDeadlines(ctx context.Context, subscriberID int64) (bool, error)
	DeadlinesOf(ctx context.Context, subscriberID int64, day Date) ([]DeadlineReminder, error)
	FindItem(ctx context.Context, id int64) (Item, error)
}
