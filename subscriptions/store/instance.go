package store

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"time"

	"gorm.io/gorm"
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

// ReleasedFor is the place the database may send from.
func (s *Store) ReleasedFor(ctx context.Context) (string, error) {
	var place string
	err := s.read(ctx).Table("instance").Select("place").Take(&place).Error
	return place, fault(err, "identity of the database")
}

// Secret is the fingerprint of the keyring the database is used with.
func (s *Store) Secret(ctx context.Context) (string, error) {
	var fingerprint string
	err := s.read(ctx).Table("instance").Select("secret").Take(&fingerprint).Error
	return fingerprint, fault(err, "identity of the database")
}

// KeepSecret sets it.
func (s *Store) KeepSecret(ctx context.Context, fingerprint string) error {
	return fault(s.write(ctx).Exec("UPDATE instance SET secret = ?", fingerprint).Error, "identity of the database")
}

// Release lets the database send from the place.
func (s *Store) Release(ctx context.Context, place string) error {
	return fault(s.write(ctx).Exec("UPDATE instance SET place = ?", place).Error, "identity of the database")
}

// Place names the database where it lies. A copy of an SQLite file has another
// inode; a dump that was restored has another object id in PostgreSQL, or lies in
// a cluster with another identifier.
func (s *Store) Place(ctx context.Context) (string, error) {
	if s.postgres {
		var place string
		err := s.read(ctx).Raw(`SELECT system_identifier || '/' || oid FROM pg_control_system(), pg_database WHERE datname = current_database()`).Scan(&place).Error
		return "postgres:" + place, fault(err, "identity of the PostgreSQL cluster")
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return "", fmt.Errorf("find the database file: %w", err)
	}
	return "sqlite:" + fileIdentity(info), nil
}

// Exclusively keeps other processes out. PostgreSQL has advisory locks for it,
// which end with their transaction; beside SQLite there is one worker, and f's
// own transactions are one at a time.
func (s *Store) Exclusively(ctx context.Context, name string, f func() error) (ran bool, err error) {
	if !s.postgres {
		return true, f()
	}
	h := fnv.New64a()
	h.Write([]byte("tidings " + name))
	err = s.w.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Raw("SELECT pg_try_advisory_xact_lock(?)", int64(h.Sum64())).Scan(&ran).Error; err != nil || !ran {
			return err
		}
		return f()
	})
	return ran, err
}

// Beat says that the worker is alive.
func (s *Store) Beat(ctx context.Context, worker string, now time.Time) error {
	s.holdLock(worker)
	row := workerRow{worker, now.UTC()}
	err := s.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, UpdateAll: true}).Create(&row).Error
	return fault(err, "worker %s", worker)
}

// Workers gives those seen around now, but for those whose process is known to
// have ended.
func (s *Store) Workers(ctx context.Context, now time.Time, within time.Duration) ([]string, error) {
	var ids []string
	err := s.read(ctx).Model(&workerRow{}).Where("seen_at BETWEEN ? AND ?", now.Add(-within).UTC(), now.Add(within).UTC()).Order("id").Pluck("id", &ids).Error
	if err != nil {
		return nil, fault(err, "workers")
	}
	var alive []string
	for _, id := range ids {
		if !s.gone(id) {
			alive = append(alive, id)
			continue
		}
		if err := s.Leave(ctx, id); err != nil {
			return nil, err
		}
	}
	return alive, nil
}

// Leave takes the worker off the list.
func (s *Store) Leave(ctx context.Context, worker string) error {
	s.letGo(worker)
	return fault(s.write(ctx).Where("id = ?", worker).Delete(&workerRow{}).Error, "worker %s", worker)
}
