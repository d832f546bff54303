package store

import (
	"context"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type auditRow struct {
	ID       int64
	At       time.Time
	EditorID *int64
	Actor    string
	Action   string
	Subject  string
	About    string
	Detail   string
	IP       string
}

func (auditRow) TableName() string { return "audit_events" }

// AddAudit inserts lines.
func (s *Store) AddAudit(ctx context.Context, events ...*subscriptions.AuditEvent) error {
	for _, e := range events {
		row := auditRow{At: e.At.UTC(), EditorID: ref(e.EditorID), Actor: e.Actor, Action: e.Action, Subject: e.Subject,
			About: e.About, Detail: e.Detail, IP: e.IP}
		if err := s.write(ctx).Create(&row).Error; err != nil {
			return fault(err, "line of the audit log")
		}
		e.ID = row.ID
	}
	return nil
}

// AuditEvents reads lines, newest first.
func (s *Store) AuditEvents(ctx context.Context, f subscriptions.AuditFilter) ([]subscriptions.AuditEvent, error) {
	q := s.read(ctx).Order("id DESC").Limit(limitOr(f.Limit))
	if f.EditorID != 0 {
		q = q.Where("editor_id = ?", f.EditorID)
	}
	if noun, all := strings.CutSuffix(f.Action, "."); all {
		// A range rather than LIKE, so that the index serves it in every collation:
		// '/' follows '.'.
		q = q.Where("action > ? AND action < ?", noun+".", noun+"/")
	} else if f.Action != "" {
		q = q.Where("action = ?", f.Action)
	}
	if f.Subject != "" {
		q = q.Where("subject = ?", f.Subject)
	}
	if f.Text != "" {
		like := "%" + escapeLike(strings.ToLower(f.Text)) + "%"
		q = q.Where(`(lower(actor) LIKE ? ESCAPE '\' OR lower(about) LIKE ? ESCAPE '\' OR lower(detail) LIKE ? ESCAPE '\')`, like, like, like)
	}
	if !f.From.IsZero() {
		q = q.Where("at >= ?", f.From.UTC())
	}
	if !f.To.IsZero() {
		q = q.Where("at < ?", f.To.UTC())
	}
	if f.BeforeID != 0 {
		q = q.Where("id < ?", f.BeforeID)
	}
	var rows []auditRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, fault(err, "audit log")
	}
	events := make([]subscriptions.AuditEvent, len(rows))
	for i, r := range rows {
		events[i] = subscriptions.AuditEvent{ID: r.ID, At: r.At.UTC(), EditorID: idOf(r.EditorID), Actor: r.Actor, Action: r.Action,
			Subject: r.Subject, About: r.About, Detail: r.Detail, IP: r.IP}
	}
	return events, nil
}

// escapeLike takes the meaning from LIKE's own characters.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
