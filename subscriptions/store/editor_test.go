package store_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestThePeopleOfTheDesk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), storetest.Now()
		e := subscriptions.Editor{Name: "Desk", Address: "Desk@example.org", Role: subscriptions.RolePublisher, PasswordHash: "h", Factor: "f",
			FactorStep: 7, FactorAt: now, CreatedAt: now, SignedInAt: now}
		must(t, s.AddEditor(ctx, &e))
		got, err := s.FindEditorByAddress(ctx, "desk@EXAMPLE.org")
		must(t, err)
		same(t, e, got)
		again := subscriptions.Editor{Name: "Other", Address: "DESK@example.org", Role: subscriptions.RoleEditor, CreatedAt: now}
		if err := s.AddEditor(ctx, &again); !errors.Is(err, subscriptions.ErrConflict) {
			t.Errorf("a second editor of the same address: %v", err)
		}
		e.EndedAt, e.FactorAt, e.Factor = now, time.Time{}, ""
		must(t, s.UpdateEditor(ctx, e))
		all, err := s.Editors(ctx)
		must(t, err)
		same(t, []subscriptions.Editor{e}, all)
		if _, err := s.FindEditor(ctx, e.ID+1); !errors.Is(err, subscriptions.ErrNotFound) {
			t.Errorf("an editor who is not there: %v", err)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), storetest.Now()
		e := subscriptions.Editor{Name: "Desk", Address: "desk@example.org", Role: subscriptions.RoleEditor, CreatedAt: now}
		must(t, s.AddEditor(ctx, &e))
		sessions := make([]subscriptions.Session, 4)
		for i := range sessions {
			seen := now.Add(time.Duration(i) * time.Minute)
			sessions[i] = subscriptions.Session{Hash: strconv.Itoa(i), EditorID: e.ID, CreatedAt: now, SeenAt: seen, EndsAt: now.Add(time.Hour),
				ConfirmedAt: now, IP: "192.0.2.1", Agent: "a"}
			must(t, s.AddSession(ctx, &sessions[i]))
		}
		listed, err := s.Sessions(ctx, e.ID)
		must(t, err)
		same(t, []subscriptions.Session{sessions[3], sessions[2], sessions[1], sessions[0]}, listed)
		gone := sessions[1]
		must(t, s.DeleteSession(ctx, gone.ID))
		gone.Said = "late"
		must(t, s.UpdateSession(ctx, gone)) // ended meanwhile, and stays so
		if _, err := s.FindSession(ctx, "1"); !errors.Is(err, subscriptions.ErrNotFound) {
			t.Errorf("a session that was ended: %v", err)
		}
		n, err := s.PruneSessions(ctx, now, sessions[2].SeenAt, 10)
		must(t, err)
		same(t, 1, n)
		must(t, s.DeleteSessions(ctx, e.ID, sessions[2].ID))
		listed, err = s.Sessions(ctx, e.ID)
		must(t, err)
		same(t, []subscriptions.Session{sessions[2]}, listed)
	})
}

func TestTheAuditLogIsRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), storetest.Now()
		e := subscriptions.Editor{Name: "Desk", Address: "desk@example.org", Role: subscriptions.RoleEditor, CreatedAt: now}
		must(t, s.AddEditor(ctx, &e))
		lines := []*subscriptions.AuditEvent{
			{At: now, EditorID: e.ID, Actor: "Desk", Action: "item.publish", Subject: "item:1", About: "A 100% title", Detail: "state draft → published", IP: "192.0.2.1"},
			{At: now.Add(time.Hour), Actor: "schedule", Action: "items.import", Subject: "import:1"},
			{At: now.Add(2 * time.Hour), EditorID: e.ID, Actor: "Desk", Action: "item.edit", Subject: "item:1", About: "A 1000 title"},
		}
		must(t, s.AddAudit(ctx, lines...))
		for _, c := range []struct {
			name   string
			filter subscriptions.AuditFilter
			want   []int
		}{
			{"everything, newest first", subscriptions.AuditFilter{}, []int{2, 1, 0}},
			{"one editor's", subscriptions.AuditFilter{EditorID: e.ID}, []int{2, 0}},
			{"a noun's, and not that of a longer noun", subscriptions.AuditFilter{Action: "item."}, []int{2, 0}},
			{"one action", subscriptions.AuditFilter{Action: "item.edit"}, []int{2}},
			{"one subject", subscriptions.AuditFilter{Subject: "import:1"}, []int{1}},
			{"a text, in which % is a letter", subscriptions.AuditFilter{Text: "100% T"}, []int{0}},
			{"a text of one editor", subscriptions.AuditFilter{Text: "desk", EditorID: e.ID + 1}, nil},
			{"a time", subscriptions.AuditFilter{From: now.Add(time.Hour), To: now.Add(2 * time.Hour)}, []int{1}},
			{"the page after", subscriptions.AuditFilter{BeforeID: lines[2].ID, Limit: 1}, []int{1}},
		} {
			got, err := s.AuditEvents(ctx, c.filter)
			must(t, err)
			var want []subscriptions.AuditEvent
			for _, i := range c.want {
				want = append(want, *lines[i])
			}
			if len(got) != len(want) {
				t.Errorf("%s: %d lines, want %d", c.name, len(got), len(want))
				continue
			}
			for i := range want {
				same(t, want[i], got[i])
			}
		}
	})
}
