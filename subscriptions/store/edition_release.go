package store

import (
	"context"
	"fmt"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type authorRow struct {
	EditorID *int64
	Actor    string
	At       time.Time
}

// EditionAuthors reads the log for the last freeze and the last change of the
// edition itself, and the history of the items it has taken. A save of an item after
// the freeze changes nothing of the edition.
func (s *Store) EditionAuthors(ctx context.Context, editionID int64) ([]subscriptions.Authorship, error) {
	e, err := s.FindEdition(ctx, editionID)
	if err != nil {
		return nil, err
	}
	subject := fmt.Sprintf("edition:%d", editionID)
	log := s.read(ctx).Table("audit_events").Select("editor_id, actor, at").Where("subject = ?", subject).Order("id DESC").Limit(1)
	var froze, edited, saved []authorRow
	if err := log.Where("action = ?", "edition.freeze").Scan(&froze).Error; err != nil {
		return nil, fault(err, "who froze edition %d", editionID)
	}
	log = s.read(ctx).Table("audit_events").Select("editor_id, actor, at").Where("subject = ?", subject).Order("id DESC").Limit(1)
	if err := log.Where("action IN ?", subscriptions.AuthorshipActions()).Scan(&edited).Error; err != nil {
		return nil, fault(err, "who changed edition %d", editionID)
	}
	items := s.read(ctx).Table("item_revisions").Select("editor_id, actor, at").Where("item_id IN (SELECT id FROM items WHERE edition_id = ?) AND NOT aside", editionID)
	if !e.FrozenAt.IsZero() {
		items = items.Where("at <= ?", e.FrozenAt.UTC())
	}
	if err := items.Order("at DESC, id DESC").Limit(1).Scan(&saved).Error; err != nil {
		return nil, fault(err, "who changed the items of edition %d", editionID)
	}
	var authors []subscriptions.Authorship
	for _, r := range froze {
		authors = append(authors, r.author(true))
	}
	last := append(edited, saved...)
	if len(last) == 2 && last[1].At.After(last[0].At) {
		last[0] = last[1]
	}
	if len(last) > 0 {
		authors = append(authors, last[0].author(false))
	}
	return authors, nil
}

func (r authorRow) author(froze bool) subscriptions.Authorship {
	return subscriptions.Authorship{EditorID: idOf(r.EditorID), Name: r.Actor, At: r.At.UTC(), Froze: froze}
}

// CountDeliveries counts entries of the index of the books.
func (s *Store) CountDeliveries(ctx context.Context, editionID int64, state subscriptions.DeliveryState) (int, error) {
	var n int64
	err := s.read(ctx).Model(&deliveryRow{}).Where("edition_id = ? AND worker = '' AND state = ?", editionID, string(state)).Count(&n).Error
	return int(n), fault(err, "deliveries of edition %d", editionID)
}

// waitingLetters looks into the index of what is due, behind the moment.
const waitingLetters = `SELECT address, not_before, detail FROM deliveries WHERE edition_id = ? AND priority = ? AND not_before > ?
	AND state IN ('queued', 'deferred') ORDER BY edition_id, priority, not_before LIMIT ?`

// WaitingDeliveries reads what waits for its turn.
func (s *Store) WaitingDeliveries(ctx context.Context, editionID int64, now time.Time, limit int) ([]subscriptions.Delivery, error) {
	var rows []deliveryRow
	err := s.read(ctx).Raw(waitingLetters, editionID, subscriptions.PriorityDigest, now.UTC(), limit).Scan(&rows).Error
	return deliveriesOf(rows), fault(err, "letters of edition %d that wait", editionID)
}
