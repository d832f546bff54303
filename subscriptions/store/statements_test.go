package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"sesec.eu/tidings/subscriptions/store"
)

// A statement that is in use is not lent twice, one that was put aside works
// again, and more texts than are kept do no harm.
func TestKeptStatementsAreUsedAgainAndNeverTwiceAtOnce(t *testing.T) {
	t.Parallel()
	db, err := store.OpenKeeping("file:" + filepath.Join(t.TempDir(), "s.db"))
	must(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE n (v INTEGER)")
	must(t, err)
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	for i := range 50 {
		insert, err := tx.PrepareContext(t.Context(), "INSERT INTO n VALUES (?)")
		must(t, err)
		_, err = insert.ExecContext(t.Context(), i)
		must(t, err)
		must(t, insert.Close())
	}
	// The same text, open inside itself: each row counts all rows below it.
	const text = "SELECT v FROM n WHERE v < ? ORDER BY v"
	outer, err := tx.PrepareContext(t.Context(), text)
	must(t, err)
	rows, err := outer.QueryContext(t.Context(), 50)
	must(t, err)
	seen := 0
	for rows.Next() {
		var v, below int
		must(t, rows.Scan(&v))
		inner, err := tx.PrepareContext(t.Context(), text)
		must(t, err)
		within, err := inner.QueryContext(t.Context(), v)
		must(t, err)
		for within.Next() {
			below++
		}
		must(t, within.Err())
		must(t, within.Close())
		must(t, inner.Close())
		if below != v {
			t.Fatalf("%d rows lie below %d", below, v)
		}
		seen++
	}
	must(t, rows.Err())
	must(t, outer.Close())
	if seen != 50 {
		t.Errorf("%d rows, want 50", seen)
	}
	must(t, tx.Commit())
	for range 2 {
		for i := range 3 * store.MaxIdle {
			var v int
			must(t, db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT v + %d FROM n WHERE v = ?", i), 7).Scan(&v))
			if v != 7+i {
				t.Fatalf("the statement of %d answers %d", i, v)
			}
		}
	}
}
