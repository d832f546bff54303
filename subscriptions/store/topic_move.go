package store

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type topicMoveRow struct {
	ID         int64
	Kind       string
	TopicID    int64
	IntoID     *int64
	DoneTo     int64
	People     int
	Ended      int
	Opened     int
	Had        int
	KeptOut    int
	Actor      string
	StartedAt  time.Time
	FinishedAt *time.Time
	Running    *int
}

func (topicMoveRow) TableName() string { return "topic_moves" }

func toTopicMoveRow(m subscriptions.TopicMove) topicMoveRow {
	row := topicMoveRow{ID: m.ID, Kind: string(m.Kind), TopicID: m.TopicID, IntoID: ref(m.IntoID), DoneTo: m.DoneTo, People: m.People, Ended: m.Ended,
		Opened: m.Opened, Had: m.Had, KeptOut: m.KeptOut, Actor: m.Actor, StartedAt: m.StartedAt.UTC(), FinishedAt: null(m.FinishedAt)}
	if m.Running() {
		one := 1
		row.Running = &one
	}
	return row
}

func (r topicMoveRow) move() subscriptions.TopicMove {
	return subscriptions.TopicMove{ID: r.ID, Kind: subscriptions.MoveKind(r.Kind), TopicID: r.TopicID, IntoID: idOf(r.IntoID), DoneTo: r.DoneTo, People: r.People,
		Ended: r.Ended, Opened: r.Opened, Had: r.Had, KeptOut: r.KeptOut, Actor: r.Actor, StartedAt: r.StartedAt.UTC(), FinishedAt: timeOf(r.FinishedAt)}
}

// AddTopicMove inserts a move, unless another runs.
func (s *Store) AddTopicMove(ctx context.Context, m *subscriptions.TopicMove) error {
	row := toTopicMoveRow(*m)
	err := s.write(ctx).Create(&row).Error
	m.ID = row.ID
	return fault(err, "a change of topics that runs")
}

// UpdateTopicMove writes all fields.
func (s *Store) UpdateTopicMove(ctx context.Context, m subscriptions.TopicMove) error {
	row := toTopicMoveRow(m)
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", m.ID).Updates(&row).Error, "change %d of topics", m.ID)
}

// RunningTopicMove reads the move that runs; two batches of it happen one after
// the other.
func (s *Store) RunningTopicMove(ctx context.Context) (subscriptions.TopicMove, error) {
	var row topicMoveRow
	err := s.hold(ctx).Where("running = 1").Take(&row).Error
	return row.move(), fault(err, "change of topics that runs")
}

// TopicMoves lists the latest.
func (s *Store) TopicMoves(ctx context.Context, topicID int64) ([]subscriptions.TopicMove, error) {
	q := s.read(ctx).Order("id DESC").Limit(50)
	if topicID != 0 {
		q = q.Where("topic_id = ? OR into_id = ?", topicID, topicID)
	}
	var rows []topicMoveRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, fault(err, "changes of topics")
	}
	moves := make([]subscriptions.TopicMove, len(rows))
	for i, r := range rows {
		moves[i] = r.move()
	}
	return moves, nil
}
