package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type settingsRow struct {
	Version  int64 `gorm:"primaryKey;autoIncrement:false"`
	At       time.Time
	EditorID int64
	ByName   string
	Note     string
	Settings string
}

func (settingsRow) TableName() string { return "settings" }

func (r settingsRow) version() (subscriptions.SettingsVersion, error) {
	v := subscriptions.SettingsVersion{Version: r.Version, At: r.At.UTC(), EditorID: r.EditorID, By: r.ByName, Note: r.Note}
	if err := json.Unmarshal([]byte(r.Settings), &v.Values); err != nil {
		return v, fmt.Errorf("read version %d of the settings: %w", r.Version, err)
	}
	return v, nil
}

// NewestSettings is the version in force, version 0 before the first.
func (s *Store) NewestSettings(ctx context.Context) (subscriptions.SettingsVersion, error) {
	var row settingsRow
	err := s.hold(ctx).Order("version DESC").Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return subscriptions.SettingsVersion{}, nil
	}
	if err != nil {
		return subscriptions.SettingsVersion{}, fault(err, "settings")
	}
	return row.version()
}

// SettingsVersion is the number of the version in force. Every process asks for it
// every few seconds.
func (s *Store) SettingsVersion(ctx context.Context) (int64, error) {
	var version int64
	err := s.read(ctx).Model(&settingsRow{}).Select("COALESCE(max(version), 0)").Scan(&version).Error
	return version, fault(err, "settings")
}

// FindSettings finds a version.
func (s *Store) FindSettings(ctx context.Context, version int64) (subscriptions.SettingsVersion, error) {
	var row settingsRow
	if err := s.read(ctx).Where("version = ?", version).Take(&row).Error; err != nil {
		return subscriptions.SettingsVersion{}, fault(err, "version %d of the settings", version)
	}
	return row.version()
}

// SettingsHistory lists versions, newest first.
func (s *Store) SettingsHistory(ctx context.Context, before int64, limit int) ([]subscriptions.SettingsVersion, error) {
	q := s.read(ctx).Order("version DESC").Limit(limitOr(limit))
	if before > 0 {
		q = q.Where("version < ?", before)
	}
	var rows []settingsRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, fault(err, "history of the settings")
	}
	all := make([]subscriptions.SettingsVersion, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.version(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// AddSettings adds a version.
func (s *Store) AddSettings(ctx context.Context, v subscriptions.SettingsVersion) error {
	values, err := json.Marshal(v.Values)
	if err != nil {
		return fmt.Errorf("write version %d of the settings: %w", v.Version, err)
	}
	row := settingsRow{v.Version, v.At.UTC(), v.EditorID, v.By, v.Note, string(values)}
	return fault(s.write(ctx).Create(&row).Error, "version %d of the settings", v.Version)
}

type wordingRow struct {
	ID      int64
	Version string
	Text    string
	At      time.Time
}

func (wordingRow) TableName() string { return "wordings" }

// Wordings lists the words that settings brought about, oldest first.
func (s *Store) Wordings(ctx context.Context) ([]subscriptions.Wording, error) {
	var rows []wordingRow
	if err := s.read(ctx).Order("id").Find(&rows).Error; err != nil {
		return nil, fault(err, "words of consent")
	}
	all := make([]subscriptions.Wording, len(rows))
	for i, r := range rows {
		all[i] = subscriptions.Wording{Version: r.Version, Text: r.Text}
	}
	return all, nil
}

// AddWording adds one.
func (s *Store) AddWording(ctx context.Context, w subscriptions.Wording, now time.Time) error {
	return fault(s.write(ctx).Create(&wordingRow{Version: w.Version, Text: w.Text, At: now.UTC()}).Error, "words of consent %s", w.Version)
}

type pictureRow struct {
	Name          string `gorm:"primaryKey"`
	Kind          string
	Width, Height int
	Data          []byte
	At            time.Time
}

func (pictureRow) TableName() string { return "pictures" }

// FindPicture finds a picture by its name.
func (s *Store) FindPicture(ctx context.Context, name string) (subscriptions.Picture, error) {
	var row pictureRow
	if err := s.read(ctx).Where("name = ?", name).Take(&row).Error; err != nil {
		return subscriptions.Picture{}, fault(err, "picture %s", name)
	}
	return subscriptions.Picture{Name: row.Name, Kind: row.Kind, Width: row.Width, Height: row.Height, Data: row.Data}, nil
}

// PutPicture keeps a picture; one of that name has the same content.
func (s *Store) PutPicture(ctx context.Context, p subscriptions.Picture, now time.Time) error {
	row := pictureRow{p.Name, p.Kind, p.Width, p.Height, p.Data, now.UTC()}
	return fault(s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error, "picture %s", p.Name)
}
