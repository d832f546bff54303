package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type seedGroupRow struct {
	ID        int64
	Name      string
	CreatedAt time.Time
	UsedAt    time.Time
}

func (seedGroupRow) TableName() string { return "seed_groups" }

type seedAddressRow struct {
	GroupID int64  `gorm:"primaryKey;autoIncrement:false"`
	Address string `gorm:"primaryKey"`
}

func (seedAddressRow) TableName() string { return "seed_addresses" }

type testSendRow struct {
	ID        int64
	EditionID int64
	GroupName string
	Hash      string
	Content   string
	Letters   int
	Addresses int
	Actor     string
	CreatedAt time.Time
}

func (testSendRow) TableName() string { return "test_sends" }

func (r testSendRow) send() subscriptions.TestSend {
	return subscriptions.TestSend{ID: r.ID, EditionID: r.EditionID, Group: r.GroupName, Hash: r.Hash, Letters: r.Letters, Addresses: r.Addresses,
		Actor: r.Actor, CreatedAt: r.CreatedAt.UTC()}
}

type testLetterRow struct {
	ID     int64
	TestID int64
	Topics string
}

func (testLetterRow) TableName() string { return "test_letters" }

// Index deliveries_test. What has not left by now does not leave any more.
const dropTestLetters = `UPDATE deliveries SET address = '', detail = CASE WHEN state = 'skipped' THEN detail ELSE '' END,
		state = CASE WHEN state IN ('queued', 'deferred') THEN 'skipped' ELSE state END
	WHERE id IN (SELECT id FROM deliveries WHERE kind = 'test' AND address <> '' AND worker = '' AND created_at <= ? ORDER BY created_at LIMIT ?)`

var _ subscriptions.SeedStore = (*Store)(nil)

// SeedGroups lists them by name.
func (s *Store) SeedGroups(ctx context.Context) ([]subscriptions.SeedGroup, error) {
	var rows []seedGroupRow
	if err := s.read(ctx).Order("lower(name), id").Find(&rows).Error; err != nil {
		return nil, fault(err, "test groups")
	}
	return s.seedGroups(ctx, rows)
}

func (s *Store) seedGroups(ctx context.Context, rows []seedGroupRow) ([]subscriptions.SeedGroup, error) {
	groups, at, ids := make([]subscriptions.SeedGroup, len(rows)), map[int64]int{}, make([]int64, len(rows))
	for n, r := range rows {
		groups[n] = subscriptions.SeedGroup{ID: r.ID, Name: r.Name, CreatedAt: r.CreatedAt.UTC(), UsedAt: r.UsedAt.UTC()}
		at[r.ID], ids[n] = n, r.ID
	}
	var seeds []seedAddressRow
	if err := s.read(ctx).Where("group_id IN ?", ids).Order("group_id, address").Find(&seeds).Error; err != nil {
		return nil, fault(err, "addresses of test groups")
	}
	for _, a := range seeds {
		g := &groups[at[a.GroupID]]
		g.Addresses = append(g.Addresses, a.Address)
	}
	return groups, nil
}

// FindSeedGroup reads one.
func (s *Store) FindSeedGroup(ctx context.Context, id int64) (subscriptions.SeedGroup, error) {
	var row seedGroupRow
	if err := s.hold(ctx).Take(&row, id).Error; err != nil {
		return subscriptions.SeedGroup{}, fault(err, "test group %d", id)
	}
	groups, err := s.seedGroups(ctx, []seedGroupRow{row})
	if err != nil {
		return subscriptions.SeedGroup{}, err
	}
	return groups[0], nil
}

// PutSeedGroup inserts or replaces.
func (s *Store) PutSeedGroup(ctx context.Context, g *subscriptions.SeedGroup) error {
	return s.tx(ctx, func(tx *Store) error {
		row := seedGroupRow{g.ID, g.Name, g.CreatedAt.UTC(), g.UsedAt.UTC()}
		if err := tx.write(ctx).Save(&row).Error; err != nil {
			return fault(err, "test group %q", g.Name)
		}
		g.ID = row.ID
		if err := tx.write(ctx).Where("group_id = ?", g.ID).Delete(&seedAddressRow{}).Error; err != nil || len(g.Addresses) == 0 {
			return fault(err, "addresses of test group %q", g.Name)
		}
		rows := make([]seedAddressRow, len(g.Addresses))
		for n, a := range g.Addresses {
			rows[n] = seedAddressRow{g.ID, a}
		}
		return fault(tx.write(ctx).Create(&rows).Error, "addresses of test group %q", g.Name)
	})
}

// DropSeedGroup deletes one with its addresses.
func (s *Store) DropSeedGroup(ctx context.Context, id int64) error {
	return fault(s.write(ctx).Where("id = ?", id).Delete(&seedGroupRow{}).Error, "test group %d", id)
}

// DropSeedGroups deletes those that nobody has used since until.
func (s *Store) DropSeedGroups(ctx context.Context, until time.Time, limit int) (int, error) {
	done := s.write(ctx).Exec("DELETE FROM seed_groups WHERE id IN (SELECT id FROM seed_groups WHERE used_at <= ? ORDER BY used_at LIMIT ?)", until.UTC(), limit)
	return int(done.RowsAffected), fault(done.Error, "test groups")
}

// AddTestSend inserts a test and its letters.
func (s *Store) AddTestSend(ctx context.Context, t *subscriptions.TestSend, letters []*subscriptions.TestLetter) error {
	content, err := json.Marshal(t.Content)
	if err != nil {
		return fmt.Errorf("write the content of a test of edition %d: %w", t.EditionID, err)
	}
	return s.tx(ctx, func(tx *Store) error {
		row := testSendRow{0, t.EditionID, t.Group, t.Hash, string(content), t.Letters, t.Addresses, t.Actor, t.CreatedAt.UTC()}
		if err := tx.write(ctx).Create(&row).Error; err != nil {
			return fault(err, "test of edition %d", t.EditionID)
		}
		t.ID = row.ID
		for _, l := range letters {
			letter := testLetterRow{TestID: t.ID, Topics: l.Topics.Key()}
			if err := tx.write(ctx).Create(&letter).Error; err != nil {
				return fault(err, "letters of a test of edition %d", t.EditionID)
			}
			l.ID, l.TestID = letter.ID, t.ID
		}
		return nil
	})
}

// FindTestLetter reads a letter with its test.
func (s *Store) FindTestLetter(ctx context.Context, id int64) (subscriptions.TestLetter, subscriptions.TestSend, error) {
	var letter testLetterRow
	var row testSendRow
	if err := s.read(ctx).Take(&letter, id).Error; err != nil {
		return subscriptions.TestLetter{}, subscriptions.TestSend{}, fault(err, "test letter %d", id)
	}
	if err := s.read(ctx).Take(&row, letter.TestID).Error; err != nil {
		return subscriptions.TestLetter{}, subscriptions.TestSend{}, fault(err, "test %d", letter.TestID)
	}
	send := row.send()
	set, err := subscriptions.ParseTopicSet(letter.Topics)
	if err == nil && row.Content != "" {
		err = json.Unmarshal([]byte(row.Content), &send.Content)
	}
	return subscriptions.TestLetter{ID: letter.ID, TestID: letter.TestID, Topics: set}, send, err
}

// TestSends lists the newest of an edition.
func (s *Store) TestSends(ctx context.Context, editionID int64, limit int) ([]subscriptions.TestSend, error) {
	var rows []testSendRow
	err := s.read(ctx).Omit("content").Where("edition_id = ?", editionID).Order("id DESC").Limit(limitOr(limit)).Find(&rows).Error
	sends := make([]subscriptions.TestSend, len(rows))
	for n, r := range rows {
		sends[n] = r.send()
	}
	return sends, fault(err, "tests of edition %d", editionID)
}

// TestsSince sums their messages.
func (s *Store) TestsSince(ctx context.Context, since time.Time) (int, error) {
	var n int
	err := s.read(ctx).Raw("SELECT COALESCE(sum(letters * addresses), 0) FROM test_sends WHERE created_at > ?", since.UTC()).Scan(&n).Error
	return n, fault(err, "number of test letters")
}

// DropTests forgets whom tests went to and what they said.
func (s *Store) DropTests(ctx context.Context, until time.Time, limit int) (n int, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		done := tx.write(ctx).Exec(dropTestLetters, until.UTC(), limit)
		if done.Error != nil {
			return done.Error
		}
		n = int(done.RowsAffected)
		return tx.write(ctx).Exec("UPDATE test_sends SET content = '' WHERE content <> '' AND created_at <= ?", until.UTC()).Error
	})
	return n, fault(err, "test letters")
}
