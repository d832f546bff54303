package store

import (
	"context"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// Schema is the version the database has at this moment and the one this program
// makes. They differ while a newer program has taken the database over, or after
// an older backup was put in its place.
func (s *Store) Schema(ctx context.Context) (has, knows int64, err error) {
	if knows, err = newestMigration(); err != nil {
		return 0, 0, err
	}
	// A version that was taken back has no row any more.
	err = s.read(ctx).Table("goose_db_version").Where("is_applied").Select("COALESCE(max(version_id), 0)").Scan(&has).Error
	return has, knows, fault(err, "version of the database schema")
}

// newestMigration is the highest number among the files. Both folders have the
// same.
func newestMigration() (newest int64, err error) {
	files, err := migrations.ReadDir("migrations/sqlite")
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, &subscriptions.Error{Code: subscriptions.Internal, Message: "the migration " + f.Name() + " has no number", Err: err}
		}
		newest = max(newest, n)
	}
	return newest, nil
}
