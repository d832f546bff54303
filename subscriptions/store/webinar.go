package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

type webinarRow struct {
	ID              int64
	Slug            string
	Title           string
	Starts          time.Time
	Ends            time.Time
	Zone            string
	Language        string
	Presenters      string
	Contents        string
	RegistrationURL string
	JoinURL         string
	Capacity        int
	RegisterUntil   *time.Time
	RecordingURL    string
	SlidesURL       string
	State           string
	Sequence        int
	CreatedAt       time.Time
	UpdatedAt       time.Time
	Questions       string
	Reminders       string
	Alone           bool
	AnnouncedAt     *time.Time
	Moves           int
	MovedAt         *time.Time
	Note            string
	Version         int
	WasStarts       *time.Time
	WasEnds         *time.Time
}

func (webinarRow) TableName() string { return "webinars" }

type webinarTopicRow struct {
	WebinarID int64
	TopicID   int64
	Position  int
}

func (webinarTopicRow) TableName() string { return "webinar_topics" }

func toWebinarRow(w subscriptions.Webinar) (webinarRow, error) {
	presenters, err := json.Marshal(w.Presenters)
	if err != nil {
		return webinarRow{}, err
	}
	questions, err := json.Marshal(w.Questions)
	reminders := ""
	if w.Reminders != nil {
		reminders = subscriptions.WindowNames(w.Reminders)
	}
	return webinarRow{WasStarts: null(w.WasStarts), WasEnds: null(w.WasEnds), Questions: string(questions), Reminders: reminders, Alone: w.Alone, AnnouncedAt: null(w.AnnouncedAt), Moves: w.Moves,
		MovedAt: null(w.MovedAt), Note: w.Note, Version: w.Version,
		ID: w.ID, Slug: w.Slug, Title: w.Title, Starts: w.Starts.UTC(), Ends: w.Ends.UTC(), Zone: w.Zone,
		Language: w.Language, Presenters: string(presenters), Contents: w.Contents, RegistrationURL: w.RegistrationURL, JoinURL: w.JoinURL,
		Capacity: w.Capacity, RegisterUntil: null(w.RegisterUntil), RecordingURL: w.RecordingURL, SlidesURL: w.SlidesURL,
		State: string(w.State), Sequence: w.Sequence, CreatedAt: w.CreatedAt.UTC(), UpdatedAt: w.UpdatedAt.UTC()}, err
}

func (r webinarRow) webinar() (subscriptions.Webinar, error) {
	w := subscriptions.Webinar{ID: r.ID, Slug: r.Slug, Title: r.Title, Starts: r.Starts.UTC(), Ends: r.Ends.UTC(), Zone: r.Zone,
		Language: r.Language, Contents: r.Contents, RegistrationURL: r.RegistrationURL, JoinURL: r.JoinURL, Capacity: r.Capacity,
		RegisterUntil: timeOf(r.RegisterUntil), RecordingURL: r.RecordingURL, SlidesURL: r.SlidesURL,
		State: subscriptions.WebinarState(r.State), Sequence: r.Sequence, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
		Alone: r.Alone, AnnouncedAt: timeOf(r.AnnouncedAt), Moves: r.Moves, MovedAt: timeOf(r.MovedAt), WasStarts: timeOf(r.WasStarts), WasEnds: timeOf(r.WasEnds), Note: r.Note, Version: r.Version}
	if err := json.Unmarshal([]byte(r.Questions), &w.Questions); err != nil {
		return w, fmt.Errorf("questions of webinar %d: %w", r.ID, err)
	}
	var err error
	if w.Reminders, err = subscriptions.ParseWindows(r.Reminders); err != nil {
		return w, fmt.Errorf("reminders of webinar %d: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(r.Presenters), &w.Presenters); err != nil {
		return w, fmt.Errorf("presenters of webinar %d: %w", r.ID, err)
	}
	return w, nil
}

// Webinars lists by start.
func (s *Store) Webinars(ctx context.Context) ([]subscriptions.Webinar, error) {
	return s.webinars(ctx, s.read(ctx).Order("starts, id"))
}

// RunningWebinars lists those the clock still has to do with.
func (s *Store) RunningWebinars(ctx context.Context) ([]subscriptions.Webinar, error) {
	return s.webinars(ctx, s.read(ctx).Where("state IN ('announced', 'live')").Order("starts, id"))
}

// FindWebinarBySlug reads one.
func (s *Store) FindWebinarBySlug(ctx context.Context, slug string) (subscriptions.Webinar, error) {
	found, err := s.webinars(ctx, s.read(ctx).Where("slug = ?", slug).Limit(1))
	if err == nil && len(found) == 0 {
		err = fault(gorm.ErrRecordNotFound, "webinar %s", slug)
	}
	if err != nil {
		return subscriptions.Webinar{}, err
	}
	return found[0], nil
}

func (s *Store) webinars(ctx context.Context, q *gorm.DB) ([]subscriptions.Webinar, error) {
	var rows []webinarRow
	if err := q.Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, fault(err, "webinars")
	}
	webinars := make([]subscriptions.Webinar, len(rows))
	ids := make([]int64, len(rows))
	at := make(map[int64]*subscriptions.Webinar, len(rows))
	for i, r := range rows {
		w, err := r.webinar()
		if err != nil {
			return nil, err
		}
		webinars[i], ids[i], at[r.ID] = w, r.ID, &webinars[i]
	}
	for from := 0; from < len(ids); from += batch {
		var topics []webinarTopicRow
		part := ids[from:min(from+batch, len(ids))]
		if err := s.read(ctx).Where("webinar_id IN ?", part).Order("webinar_id, position").Find(&topics).Error; err != nil {
			return nil, fault(err, "topics of webinars")
		}
		for _, t := range topics {
			at[t.WebinarID].Topics = append(at[t.WebinarID].Topics, t.TopicID)
		}
	}
	return webinars, nil
}

// AddWebinar inserts a webinar with its topics.
func (s *Store) AddWebinar(ctx context.Context, w *subscriptions.Webinar) error {
	return s.tx(ctx, func(tx *Store) error {
		row, err := toWebinarRow(*w)
		if err != nil {
			return fault(err, "webinar %s", w.Slug)
		}
		if err := tx.write(ctx).Create(&row).Error; err != nil {
			return fault(err, "webinar %s", w.Slug)
		}
		w.ID = row.ID
		return tx.addWebinarTopics(ctx, *w)
	})
}

// UpdateWebinar writes all fields.
func (s *Store) UpdateWebinar(ctx context.Context, w subscriptions.Webinar) error {
	return s.tx(ctx, func(tx *Store) error {
		row, err := toWebinarRow(w)
		if err != nil {
			return fault(err, "webinar %s", w.Slug)
		}
		if err := tx.write(ctx).Select("*").Omit("id").Where("id = ?", w.ID).Updates(&row).Error; err != nil {
			return fault(err, "webinar %s", w.Slug)
		}
		if err := tx.write(ctx).Where("webinar_id = ?", w.ID).Delete(&webinarTopicRow{}).Error; err != nil {
			return fault(err, "topics of webinar %s", w.Slug)
		}
		return tx.addWebinarTopics(ctx, w)
	})
}

func (s *Store) addWebinarTopics(ctx context.Context, w subscriptions.Webinar) error {
	rows := make([]webinarTopicRow, len(w.Topics))
	for n, id := range w.Topics {
		rows[n] = webinarTopicRow{w.ID, id, n}
	}
	if len(rows) == 0 {
		return nil
	}
	return fault(s.write(ctx).Create(&rows).Error, "topics of webinar %s", w.Slug)
}
