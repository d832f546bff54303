package store

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type recoveryCodeRow struct {
	ID        int64
	EditorID  int64
	Hash      string
	CreatedAt time.Time
	UsedAt    *time.Time
}

func (recoveryCodeRow) TableName() string { return "editor_recovery_codes" }

var _ subscriptions.FactorStore = (*Store)(nil)

// RecoveryCodes counts those of the editor that were not used.
func (s *Store) RecoveryCodes(ctx context.Context, editorID int64) (int, error) {
	var n int64
	err := s.read(ctx).Model(&recoveryCodeRow{}).Where("editor_id = ? AND used_at IS NULL", editorID).Count(&n).Error
	return int(n), fault(err, "recovery codes")
}

// ReplaceRecoveryCodes deletes the editor's codes, the used ones too, and keeps
// these.
func (s *Store) ReplaceRecoveryCodes(ctx context.Context, editorID int64, hashes []string, now time.Time) error {
	err := s.tx(ctx, func(tx *Store) error {
		if err := tx.write(ctx).Where("editor_id = ?", editorID).Delete(&recoveryCodeRow{}).Error; err != nil || len(hashes) == 0 {
			return err
		}
		rows := make([]recoveryCodeRow, len(hashes))
		for i, h := range hashes {
			rows[i] = recoveryCodeRow{EditorID: editorID, Hash: h, CreatedAt: now.UTC()}
		}
		return tx.write(ctx).Create(&rows).Error
	})
	return fault(err, "recovery codes")
}

// UseRecoveryCode marks one as used. Of two at once, one does.
func (s *Store) UseRecoveryCode(ctx context.Context, editorID int64, hash string, now time.Time) (bool, error) {
	result := s.write(ctx).Model(&recoveryCodeRow{}).Where("editor_id = ? AND hash = ? AND used_at IS NULL", editorID, hash).
		UpdateColumns(map[string]any{"used_at": now.UTC()})
	return result.RowsAffected == 1, fault(result.Error, "recovery code")
}
