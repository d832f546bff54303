package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type deadlineWishRow struct {
	SubscriberID int64 `gorm:"primaryKey;autoIncrement:false"`
	At           time.Time
}

func (deadlineWishRow) TableName() string { return "deadline_wishes" }

type deadlineReminderRow struct {
	SubscriberID int64  `gorm:"primaryKey;autoIncrement:false"`
	ItemID       int64  `gorm:"primaryKey;autoIncrement:false"`
	Until        string `gorm:"primaryKey"`
	Day          string
}

func (deadlineReminderRow) TableName() string { return "deadline_reminders" }

func (r deadlineReminderRow) reminder() subscriptions.DeadlineReminder {
	return subscriptions.DeadlineReminder{SubscriberID: r.SubscriberID, ItemID: r.ItemID, Until: day(r.Until), Day: day(r.Day)}
}

type deadlineRunRow struct {
	Day        string `gorm:"primaryKey"`
	DoneTo     int64
	FinishedAt *time.Time
}

func (deadlineRunRow) TableName() string { return "deadline_runs" }

// WantsDeadlines reports whether the person wants reminders.
func (s *Store) WantsDeadlines(ctx context.Context, subscriberID int64) (bool, error) {
	var n int64
	err := s.read(ctx).Model(&deadlineWishRow{}).Where("subscriber_id = ?", subscriberID).Count(&n).Error
	return n > 0, fault(err, "wish of subscriber %d", subscriberID)
}

// WishDeadlines sets or takes the wish.
func (s *Store) WishDeadlines(ctx context.Context, subscriberID int64, on bool, now time.Time) error {
	if !on {
		return fault(s.write(ctx).Where("subscriber_id = ?", subscriberID).Delete(&deadlineWishRow{}).Error, "wish of subscriber %d", subscriberID)
	}
	row := deadlineWishRow{subscriberID, now.UTC()}
	return fault(s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error, "wish of subscriber %d", subscriberID)
}

// DeadlineWishes reads the next people with the wish.
func (s *Store) DeadlineWishes(ctx context.Context, afterID int64, limit int) (ids []int64, err error) {
	err = s.read(ctx).Model(&deadlineWishRow{}).Where("subscriber_id > ?", afterID).Order("subscriber_id").Limit(limitOr(limit)).Pluck("subscriber_id", &ids).Error
	return ids, fault(err, "wishes for reminders")
}

// Reminded reads who of these people was reminded of what is not over.
func (s *Store) Reminded(ctx context.Context, from subscriptions.Date, subscriberIDs []int64) ([]subscriptions.DeadlineReminder, error) {
	return s.reminders(ctx, "subscriber_id IN ? AND until >= ?", subscriberIDs, from.String())
}

// DeadlinesOf reads what a person's letter of the day names, the nearest first.
func (s *Store) DeadlinesOf(ctx context.Context, subscriberID int64, on subscriptions.Date) ([]subscriptions.DeadlineReminder, error) {
	return s.reminders(ctx, "subscriber_id = ? AND day = ?", subscriberID, on.String())
}

func (s *Store) reminders(ctx context.Context, where string, args ...any) ([]subscriptions.DeadlineReminder, error) {
	var rows []deadlineReminderRow
	if err := s.read(ctx).Where(where, args...).Order("until, item_id").Find(&rows).Error; err != nil {
		return nil, fault(err, "reminders of deadlines")
	}
	all := make([]subscriptions.DeadlineReminder, len(rows))
	for i, r := range rows {
		all[i] = r.reminder()
	}
	return all, nil
}

// AddDeadlineReminders inserts those that are not there.
func (s *Store) AddDeadlineReminders(ctx context.Context, reminders []subscriptions.DeadlineReminder) error {
	if len(reminders) == 0 {
		return nil
	}
	rows := make([]deadlineReminderRow, len(reminders))
	for i, r := range reminders {
		rows[i] = deadlineReminderRow{r.SubscriberID, r.ItemID, r.Until.String(), r.Day.String()}
	}
	return fault(s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, batch).Error, "reminders of deadlines")
}

// DropDeadlineReminders forgets those of deadlines long past, and their days.
func (s *Store) DropDeadlineReminders(ctx context.Context, before subscriptions.Date) error {
	if err := s.write(ctx).Where("until < ?", before.String()).Delete(&deadlineReminderRow{}).Error; err != nil {
		return fault(err, "reminders of deadlines")
	}
	return fault(s.write(ctx).Where("day < ?", before.String()).Delete(&deadlineRunRow{}).Error, "reminders of deadlines")
}

// DeadlineRun reads, or inside a transaction makes and holds, the one of the day.
func (s *Store) DeadlineRun(ctx context.Context, on subscriptions.Date) (subscriptions.DeadlineRun, error) {
	if s.inTx {
		row := deadlineRunRow{Day: on.String()}
		if err := s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
			return subscriptions.DeadlineRun{}, fault(err, "reminders of %s", on)
		}
	}
	row := deadlineRunRow{Day: on.String()}
	err := s.hold(ctx).Where("day = ?", row.Day).Limit(1).Find(&row).Error
	return subscriptions.DeadlineRun{Day: on, DoneTo: row.DoneTo, FinishedAt: timeOf(row.FinishedAt)}, fault(err, "reminders of %s", on)
}

// UpdateDeadlineRun writes how far it is.
func (s *Store) UpdateDeadlineRun(ctx context.Context, r subscriptions.DeadlineRun) error {
	err := s.write(ctx).Model(&deadlineRunRow{}).Where("day = ?", r.Day.String()).UpdateColumns(map[string]any{"done_to": r.DoneTo, "finished_at": null(r.FinishedAt)}).Error
	return fault(err, "reminders of %s", r.Day)
}
