package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

type sessionRow struct {
	ID          int64
	Hash        string
	EditorID    int64
	CreatedAt   time.Time
	SeenAt      time.Time
	EndsAt      time.Time
	ConfirmedAt *time.Time
	Waiting     bool
	IP          string
	Agent       string
	Said        string
}

func (sessionRow) TableName() string { return "editor_sessions" }

func toSessionRow(s subscriptions.Session) sessionRow {
	return sessionRow{ID: s.ID, Hash: s.Hash, EditorID: s.EditorID, CreatedAt: s.CreatedAt.UTC(), SeenAt: s.SeenAt.UTC(), EndsAt: s.EndsAt.UTC(),
		ConfirmedAt: null(s.ConfirmedAt), Waiting: s.Waiting, IP: s.IP, Agent: s.Agent, Said: s.Said}
}

func (r sessionRow) session() subscriptions.Session {
	return subscriptions.Session{ID: r.ID, Hash: r.Hash, EditorID: r.EditorID, CreatedAt: r.CreatedAt.UTC(), SeenAt: r.SeenAt.UTC(), EndsAt: r.EndsAt.UTC(),
		ConfirmedAt: timeOf(r.ConfirmedAt), Waiting: r.Waiting, IP: r.IP, Agent: r.Agent, Said: r.Said}
}

// AddSession inserts one.
func (s *Store) AddSession(ctx context.Context, session *subscriptions.Session) error {
	row := toSessionRow(*session)
	err := s.write(ctx).Create(&row).Error
	session.ID = row.ID
	return fault(err, "session")
}

// FindSession reads the one whose token has the hash.
func (s *Store) FindSession(ctx context.Context, hash string) (subscriptions.Session, error) {
	var row sessionRow
	err := s.read(ctx).Where("hash = ?", hash).Take(&row).Error
	return row.session(), fault(err, "session")
}

// Sessions lists an editor's, last seen first.
func (s *Store) Sessions(ctx context.Context, editorID int64) ([]subscriptions.Session, error) {
	var rows []sessionRow
	if err := s.read(ctx).Where("editor_id = ?", editorID).Order("seen_at DESC, id DESC").Limit(batch).Find(&rows).Error; err != nil {
		return nil, fault(err, "sessions of editor %d", editorID)
	}
	sessions := make([]subscriptions.Session, len(rows))
	for i, r := range rows {
		sessions[i] = r.session()
	}
	return sessions, nil
}

// UpdateSession writes all fields but the hash. One that was ended or rotated
// meanwhile stays as it is.
func (s *Store) UpdateSession(ctx context.Context, session subscriptions.Session) error {
	row := toSessionRow(session)
	return fault(s.write(ctx).Select("*").Omit("id", "hash").Where("id = ? AND hash = ?", session.ID, session.Hash).Updates(&row).Error, "session")
}

// RotateSession gives the session another hash, and writes all else.
func (s *Store) RotateSession(ctx context.Context, before string, session subscriptions.Session) error {
	row := toSessionRow(session)
	result := s.write(ctx).Select("*").Omit("id").Where("id = ? AND hash = ?", session.ID, before).Updates(&row)
	if result.Error == nil && result.RowsAffected == 0 {
		result.Error = gorm.ErrRecordNotFound
	}
	return fault(result.Error, "session")
}

// DeleteSession ends one.
func (s *Store) DeleteSession(ctx context.Context, id int64) error {
	return fault(s.write(ctx).Delete(&sessionRow{}, id).Error, "session")
}

// DeleteSessions ends all of an editor's but one.
func (s *Store) DeleteSessions(ctx context.Context, editorID, except int64) error {
	return fault(s.write(ctx).Where("editor_id = ? AND id <> ?", editorID, except).Delete(&sessionRow{}).Error, "sessions of editor %d", editorID)
}

// PruneSessions deletes up to limit that are over.
func (s *Store) PruneSessions(ctx context.Context, now, seenBefore time.Time, limit int) (int, error) {
	result := s.write(ctx).Exec("DELETE FROM editor_sessions WHERE id IN (SELECT id FROM editor_sessions WHERE ends_at < ? OR seen_at < ? LIMIT ?)",
		now.UTC(), seenBefore.UTC(), limit)
	return int(result.RowsAffected), fault(result.Error, "sessions that are over")
}
