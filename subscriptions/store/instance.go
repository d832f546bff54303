package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

type workerRow struct {
	ID     string
	SeenAt time.Time
}

func (workerRow) TableName() string { return "workers" }

// Instance is this database's random identity.
func (s *Store) Instance(ctx context.Context) (string, error) {
	var id string
	err := s.read(ctx).Table("instance").Select("id").Take(&id).Error
	return id, fault(err, "identity of the database")
}

// Beat says that the worker is alive.
func (s *Store) Beat(ctx context.Context, worker string, now time.Time) error {
	row := workerRow{worker, now.UTC()}
	err := s.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, UpdateAll: true}).Create(&row).Error
	return fault(err, "worker %s", worker)
}

// Workers gives those seen since.
func (s *Store) Workers(ctx context.Context, since time.Time) ([]string, error) {
	var ids []string
	err := s.read(ctx).Model(&workerRow{}).Where("seen_at >= ?", since.UTC()).Order("id").Pluck("id", &ids).Error
	return ids, fault(err, "workers")
}

// Leave takes the worker off the list.
func (s *Store) Leave(ctx context.Context, worker string) error {
	return fault(s.write(ctx).Where("id = ?", worker).Delete(&workerRow{}).Error, "worker %s", worker)
}
