package store_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// TestTheDatabaseKeepsTheAuditLog tries every change that whoever has the database
// in hand could make to a line by SQL.
func TestTheDatabaseKeepsTheAuditLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		event := subscriptions.AuditEvent{At: storetest.Now(), Actor: "Anna", Action: "item.publish", Subject: "item:1", About: "A", Detail: "D", IP: "192.0.2.7"}
		must(t, s.AddAudit(ctx, &event))
		columns, err := s.Columns(ctx, "audit_events")
		must(t, err)
		refused := []string{"DELETE FROM audit_events", "UPDATE audit_events SET ip = '192.0.2.8'", "UPDATE audit_events SET ip = 'x'",
			"UPDATE audit_events SET ip = '192.0.2.0/24', actor = 'Ben'"}
		for _, column := range columns {
			value := "'2'"
			switch column {
			case "ip":
				continue
			case "id", "editor_id":
				value = "2"
			case "at":
				value = "at"
				if s.IsPostgres() {
					value = "at + interval '1 day'"
				}
			}
			refused = append(refused, "UPDATE audit_events SET "+column+" = "+value)
		}
		if s.IsPostgres() {
			refused = append(refused, "TRUNCATE audit_events")
		} else {
			refused = append(refused, "REPLACE INTO audit_events (id, at, actor, action) VALUES (1, 0, 'Ben', 'x')")
		}
		for _, statement := range refused {
			if err := s.Exec(ctx, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v, want it refused", statement, err)
			}
		}
		ip := func() string {
			events, err := s.AuditEvents(ctx, subscriptions.AuditFilter{})
			must(t, err)
			if len(events) != 1 {
				t.Fatalf("%d lines", len(events))
			}
			return events[0].IP
		}
		must(t, s.Exec(ctx, "UPDATE audit_events SET ip = '192.0.2.0/24'"))
		same(t, "192.0.2.0/24", ip())
		for _, statement := range []string{"UPDATE audit_events SET ip = '198.51.100.0/24'", "UPDATE audit_events SET ip = '192.0.2.7'"} {
			if err := s.Exec(ctx, statement); err == nil {
				t.Errorf("%s was taken", statement)
			}
		}
		must(t, s.Exec(ctx, "UPDATE audit_events SET ip = ''"))
		same(t, "", ip())
		for _, address := range []string{"192.0.2.7", "192.0.2.0/24"} {
			if err := s.Exec(ctx, "UPDATE audit_events SET ip = '"+address+"'"); err == nil {
				t.Errorf("%s came back", address)
			}
		}
	})
}
