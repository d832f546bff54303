package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type webinarRunRow struct {
	ID         int64
	WebinarID  int64
	Name       string
	DoneTo     int64
	Queued     int
	StartedAt  time.Time
	FinishedAt *time.Time
}

func (webinarRunRow) TableName() string { return "webinar_runs" }

func (r webinarRunRow) run() subscriptions.WebinarRun {
	return subscriptions.WebinarRun{ID: r.ID, WebinarID: r.WebinarID, Name: r.Name, DoneTo: r.DoneTo, Queued: r.Queued,
		StartedAt: r.StartedAt.UTC(), FinishedAt: timeOf(r.FinishedAt)}
}

// AddWebinarRun inserts a run whose name is new for its webinar.
func (s *Store) AddWebinarRun(ctx context.Context, r subscriptions.WebinarRun) (bool, error) {
	row := webinarRunRow{WebinarID: r.WebinarID, Name: r.Name, StartedAt: r.StartedAt.UTC()}
	done := s.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "webinar_id"}, {Name: "name"}}, DoNothing: true}).Create(&row)
	return done.RowsAffected > 0, fault(done.Error, "letter %s of webinar %d", r.Name, r.WebinarID)
}

// WebinarRuns lists those of a webinar.
func (s *Store) WebinarRuns(ctx context.Context, webinarID int64) ([]subscriptions.WebinarRun, error) {
	return s.webinarRuns(s.read(ctx).Where("webinar_id = ?", webinarID))
}

// OpenWebinarRuns lists those that are not worked off, of all webinars. Inside a
// transaction they are held.
func (s *Store) OpenWebinarRuns(ctx context.Context) ([]subscriptions.WebinarRun, error) {
	return s.webinarRuns(s.hold(ctx).Where("finished_at IS NULL"))
}

func (s *Store) webinarRuns(q *gorm.DB) ([]subscriptions.WebinarRun, error) {
	var rows []webinarRunRow
	err := q.Order("id").Find(&rows).Error
	runs := make([]subscriptions.WebinarRun, len(rows))
	for i, r := range rows {
		runs[i] = r.run()
	}
	return runs, fault(err, "letters of webinars")
}

// UpdateWebinarRun writes how far it has come.
func (s *Store) UpdateWebinarRun(ctx context.Context, r subscriptions.WebinarRun) error {
	return fault(s.write(ctx).Model(&webinarRunRow{}).Where("id = ?", r.ID).UpdateColumns(map[string]any{
		"done_to": r.DoneTo, "queued": r.Queued, "finished_at": null(r.FinishedAt)}).Error, "letter %s of webinar %d", r.Name, r.WebinarID)
}
