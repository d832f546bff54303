package store

import (
	"context"
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"sesec.eu/tidings/subscriptions"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema to this program's version and gives a new database
// its identity and the standard topics. It says how many steps it took. A schema
// that is newer than the program is refused untouched.
func (s *Store) Migrate(ctx context.Context) (int, error) {
	provider, err := s.provider()
	if err != nil {
		return 0, err
	}
	has, knows, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the version of the database schema: %w", err)
	}
	if has > knows {
		return 0, &subscriptions.Error{Code: subscriptions.Refused,
			Message: fmt.Sprintf("the database has schema version %d, this program knows up to %d", has, knows),
			Hint:    "Run the newer tidings that made it, or restore a backup from before. Nothing was changed."}
	}
	steps, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate the database: %w", err)
	}
	if err := s.seed(ctx); err != nil {
		return len(steps), err
	}
	if err := s.indexItems(ctx); err != nil {
		return len(steps), err
	}
	return len(steps), s.archiveAll(ctx)
}

func (s *Store) provider() (*goose.Provider, error) {
	dialect, folder := goose.DialectSQLite3, "migrations/sqlite"
	var options []goose.ProviderOption
	if s.postgres {
		dialect, folder = goose.DialectPostgres, "migrations/postgres"
		// Workers that start together must not migrate together.
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, err
	}
	db, err := s.w.DB()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, files, options...)
}

// seed writes what every database has from the start, once.
func (s *Store) seed(ctx context.Context) error {
	return s.tx(ctx, func(tx *Store) error {
		var n int64
		if err := tx.write(ctx).Table("instance").Count(&n).Error; err != nil || n > 0 {
			return err
		}
		if err := tx.write(ctx).Exec("INSERT INTO instance (id, created_at) VALUES (?, ?)", rand.Text(), s.now().UTC()).Error; err != nil {
			return err
		}
		for _, t := range subscriptions.StandardTopics() {
			t.CreatedAt = s.now()
			if err := tx.AddTopic(ctx, &t); err != nil {
				return err
			}
		}
		return nil
	})
}
