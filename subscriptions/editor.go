package subscriptions

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Role is what somebody may do at the desk. Each may do what those before may.
type Role string

// The roles, the smallest first.
const (
	RoleEditor    Role = "editor"    // writes: items, editions, webinars
	RolePublisher Role = "publisher" // approves and sends
	RoleAdmin     Role = "admin"     // people and settings
)

// Roles lists them, the smallest first.
func Roles() []Role { return []Role{RoleEditor, RolePublisher, RoleAdmin} }

// May reports whether r may do what least may do. An unknown role may nothing.
func (r Role) May(least Role) bool {
	have, need := slices.Index(Roles(), r), slices.Index(Roles(), least)
	return have >= 0 && need >= 0 && have >= need
}

// ParseRole reads a role.
func ParseRole(s string) (Role, error) {
	if r := Role(strings.ToLower(strings.TrimSpace(s))); slices.Contains(Roles(), r) {
		return r, nil
	}
	return "", invalid("role", "there is no role %q", s).hint("The roles are editor, publisher and admin.")
}

// Editor is somebody who works at the desk. An editor ends and is not deleted:
// what they did stays theirs in the audit log.
type Editor struct {
	ID           int64
	Name         string
	Address      string
	Role         Role
	PasswordHash string    // argon2id, encoded with its parameters; "" until one is chosen
	Factor       string    // secret of the second factor, sealed; "" without one
	FactorStep   int64     // the last time step whose code was taken (RFC 6238, 5.2)
	FactorAt     time.Time // since when it is asked for; zero: not
	CreatedAt    time.Time
	SignedInAt   time.Time // last
	EndedAt      time.Time // zero while they work here
}

// Active reports whether the editor works here.
func (e Editor) Active() bool { return e.EndedAt.IsZero() }

// Actor is who does something: an editor, or the service itself.
type Actor struct {
	EditorID int64 // 0: nobody who signed in
	Name     string
	IP       string
}

// The actors who are no editors.
var (
	AtCommandLine = Actor{Name: "command line"}
	BySchedule    = Actor{Name: "schedule"}
)

// EditorStore keeps the people of the desk and where they are signed in.
type EditorStore interface {
	Editors(ctx context.Context) ([]Editor, error) // by name, the ended too
	// HoldEditors is the same, by id, and holds all rows until the transaction's end.
	HoldEditors(ctx context.Context) ([]Editor, error)
	FindEditor(ctx context.Context, id int64) (Editor, error)
	FindEditorByAddress(ctx context.Context, address string) (Editor, error) // any spelling
	AddEditor(ctx context.Context, e *Editor) error
	UpdateEditor(ctx context.Context, e Editor) error // all fields

	AddSession(ctx context.Context, s *Session) error
	FindSession(ctx context.Context, hash string) (Session, error)
	Sessions(ctx context.Context, editorID int64) ([]Session, error) // last seen first
	// UpdateSession writes all fields but the hash. One that has another hash by now
	// was ended or rotated meanwhile: it stays as it is.
	UpdateSession(ctx context.Context, s Session) error
	// RotateSession writes all fields of the session that has the hash before, the
	// new hash included; NotFound when it has another by now.
	RotateSession(ctx context.Context, before string, s Session) error
	DeleteSession(ctx context.Context, id int64) error
	// DeleteSessions ends all of an editor but one, 0 for none spared.
	DeleteSessions(ctx context.Context, editorID, except int64) error
	// PruneSessions deletes up to limit whose end, or last sign of life, is past.
	PruneSessions(ctx context.Context, now, seenBefore time.Time, limit int) (int, error)
}
