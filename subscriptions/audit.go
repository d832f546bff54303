package subscriptions

import (
	"context"
	"strings"
	"time"
)

// AuditEvent is a line of the log of who did what. Lines are added, in the
// transaction of what they tell, and never changed.
type AuditEvent struct {
	ID       int64
	At       time.Time
	EditorID int64  // 0: nobody who signed in
	Actor    string // their name as it was then
	Action   string // a noun and a verb: item.publish
	Subject  string // a noun and an id: item:42; "" for none
	About    string // the subject in words, as it was called then
	Detail   string // what changed, one line: state draft → published
	IP       string
}

// AuditFilter selects events, newest first; zero fields do not narrow.
type AuditFilter struct {
	EditorID int64
	Action   string // whole, or a noun with a full stop: "item."
	Subject  string
	Text     string // in Actor, About or Detail
	From, To time.Time
	BeforeID int64 // for the next page
	Limit    int   // 0 means 500
}

// AuditStore keeps the log.
type AuditStore interface {
	AddAudit(ctx context.Context, events ...*AuditEvent) error
	AuditEvents(ctx context.Context, f AuditFilter) ([]AuditEvent, error)
}

// maxAudit bounds one text of a line, in bytes.
const maxAudit = 1000

// audit writes a line. Call it in the transaction of what it tells.
func audit(ctx context.Context, tx Store, by Actor, now time.Time, action, subject, about, detail string) error {
	return tx.AddAudit(ctx, &AuditEvent{At: now, EditorID: by.EditorID, Actor: by.Name, Action: action, Subject: subject,
		About: auditText(about), Detail: auditText(detail), IP: by.IP})
}

// auditText is one line of bounded length, and text: PostgreSQL takes nothing else,
// and a line that cannot be written would undo what it tells of.
func auditText(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\ufffd")
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxAudit {
		s = strings.ToValidUTF8(s[:maxAudit], "") + "…"
	}
	return s
}
