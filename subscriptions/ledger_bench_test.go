package subscriptions_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to fill a database faster than a service would

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// BenchmarkAMillion asks the questions of the pages after a send at a million
// deliveries: the ledger by every filter, and the statistics.
func BenchmarkAMillion(b *testing.B) {
	const people = 1_000_000
	path := filepath.Join(b.TempDir(), "tidings.db")
	s, err := store.Open(b.Context(), path, store.Options{Now: storetest.Now})
	must(b, err)
	defer s.Close()
	_, err = s.Migrate(b.Context())
	must(b, err)
	h := newHouse(b, s)
	h.item(b, "news", day(2019, 2, 1), "iot")
	h.item(b, "other", day(2019, 2, 1), "cybersecurity")
	e := h.sending(b)
	variants, err := s.Variants(b.Context(), e.ID, []subscriptions.TopicSet{subscriptions.NewTopicSet(h.topics["iot"].ID), subscriptions.NewTopicSet(h.topics["cybersecurity"].ID)})
	must(b, err)
	var ids []int64
	for _, v := range variants {
		ids = append(ids, v.ID)
	}
	db, err := sql.Open("sqlite", path)
	must(b, err)
	now := h.clock().UnixMicro()
	for _, statement := range []string{
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)
			INSERT INTO subscribers (id, address, address_key, created_at, confirmed_at, ended_at, end_reason)
			SELECT i, 'p'||i||'@d'||(i*i%%97)||'.example.org', 'p'||i||'@d'||(i*i%%97)||'.example.org', %d - i*30000000, %d - i*30000000,
			CASE WHEN i%%50=0 THEN %d - i*10000000 END, CASE WHEN i%%50=0 THEN 'unsubscribed' ELSE '' END FROM n`, people, now, now, now),
		fmt.Sprintf(`INSERT INTO subscriptions (subscriber_id, topic_id, state, created_at, confirmed_at) SELECT id, %d + id%%2, 'active', created_at, created_at FROM subscribers`, h.topics["iot"].ID),
		fmt.Sprintf(`INSERT INTO deliveries (kind, unique_key, edition_id, subscriber_id, variant_id, address, state, attempts, not_before, code, status, detail, created_at, updated_at, sent_at)
			SELECT 'digest', 'digest:%[1]d:'||id, %[1]d, id, CASE WHEN id%%2=0 THEN %[2]d ELSE %[3]d END, address,
			CASE WHEN id%%1000=7 THEN 'failed' WHEN id%%5000=9 THEN 'skipped' ELSE 'sent' END, 1, %[4]d, 250, '2.0.0', 'Ok', %[4]d, %[4]d + id,
			CASE WHEN id%%1000=7 OR id%%5000=9 THEN NULL ELSE %[4]d + id END FROM subscribers`, e.ID, ids[0], ids[1], now),
		fmt.Sprintf(`UPDATE editions SET planned = %d, planned_at = %d, state = 'sent', finished_at = %[2]d WHERE id = %d`, people, now, e.ID), "ANALYZE",
	} {
		_, err = db.Exec(statement)
		must(b, err)
	}
	must(b, db.Close())
	ledger := &subscriptions.LedgerService{Store: s, Now: h.clock}
	item, err := s.FindItemBySlug(b.Context(), "other")
	must(b, err)
	failed := []subscriptions.DeliveryState{subscriptions.DeliveryFailed}
	for name, f := range map[string]subscriptions.LedgerFilter{
		"first page": {}, "far page": {After: 900_000}, "failed": {States: failed}, "address": {Address: "p777777@"}, "beginning": {Address: "p77"}, "domain": {Address: "@d4.example.org"},
		"domain and failed": {Address: "@d4.example.org", States: failed}, "topic": {TopicID: h.topics["iot"].ID}, "item": {ItemID: item.ID}, "item and failed": {ItemID: item.ID, States: failed},
		"time": {From: h.clock().Add(500 * time.Millisecond)}, "nothing": {To: h.clock().Add(-time.Hour)},
	} {
		f.EditionID = e.ID
		b.Run("ledger/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := ledger.Page(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	stats := &subscriptions.StatisticsService{Store: s, Now: h.clock}
	b.Run("statistics/count all", func(b *testing.B) {
		for b.Loop() {
			must(b, stats.Count(b.Context()))
		}
	})
	span, err := subscriptions.Months(day(2018, 5, 1), day(2019, 4, 1))
	must(b, err)
	b.Run("statistics/page", func(b *testing.B) {
		for b.Loop() {
			_, err := stats.Of(b.Context(), span)
			must(b, err)
		}
	})
	b.Run("missed", func(b *testing.B) {
		for b.Loop() {
			_, err := h.editions.Missed(b.Context(), e.ID, 14)
			must(b, err)
		}
	})
}
