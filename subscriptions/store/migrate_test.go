package store_test

import (
	"os"
	"slices"
	"sync"
	"testing"

	"gorm.io/gorm/schema"

	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestBothDialectsHaveTheSameMigrations(t *testing.T) {
	t.Parallel()
	names := func(dir string) (names []string) {
		entries, err := os.ReadDir(dir)
		must(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	same(t, names("migrations/sqlite"), names("migrations/postgres"))
}

func TestTheSchemaHasEveryFieldOfTheRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for table, row := range store.Rows() {
			columns, err := s.Columns(t.Context(), table)
			must(t, err)
			parsed, err := schema.Parse(row, &sync.Map{}, schema.NamingStrategy{})
			must(t, err)
			if parsed.Table != table {
				t.Errorf("the row of %s is named %s", table, parsed.Table)
			}
			want := slices.Sorted(slices.Values(parsed.DBNames))
			slices.Sort(columns)
			same(t, want, columns)
		}
	})
}
