package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type bounceRow struct {
	ID           int64
	Report       string
	Position     int
	At           time.Time
	Way          string
	Kind         string
	Class        string
	Reason       string
	Status       string
	Action       string
	Address      string
	Domain       string
	Hash         string
	Behind       bool
	SubscriberID *int64
	DeliveryID   *int64
	EditionID    *int64
	Diagnostic   string
	Format       string
	Why          string
	Effect       string
	Kept         int
}

func (bounceRow) TableName() string { return "bounces" }

func toBounceRow(b subscriptions.Bounce) bounceRow {
	return bounceRow{ID: b.ID, Report: b.Report, Position: b.Position, At: b.At.UTC(), Way: string(b.Way), Kind: string(b.Kind), Class: string(b.Class),
		Reason: string(b.Reason), Status: b.Status, Action: b.Action, Address: b.Address, Domain: b.Domain, Hash: b.Hash, Behind: b.Behind,
		SubscriberID: ref(b.SubscriberID), DeliveryID: ref(b.DeliveryID), EditionID: ref(b.EditionID), Diagnostic: b.Diagnostic, Format: b.Format,
		Why: b.Why, Effect: string(b.Effect), Kept: b.Kept}
}

func (r bounceRow) bounce() subscriptions.Bounce {
	return subscriptions.Bounce{ID: r.ID, Report: r.Report, Position: r.Position, At: r.At.UTC(), Way: subscriptions.Way(r.Way), Kind: subscriptions.ReturnKind(r.Kind),
		Class: subscriptions.ReturnClass(r.Class), Reason: subscriptions.ReturnReason(r.Reason), Status: r.Status, Action: r.Action, Address: r.Address,
		Domain: r.Domain, Hash: r.Hash, Behind: r.Behind, SubscriberID: idOf(r.SubscriberID), DeliveryID: idOf(r.DeliveryID), EditionID: idOf(r.EditionID),
		Diagnostic: r.Diagnostic, Format: r.Format, Why: r.Why, Effect: subscriptions.ReturnEffect(r.Effect), Kept: r.Kept}
}

func bouncesOf(rows []bounceRow) []subscriptions.Bounce {
	all := make([]subscriptions.Bounce, len(rows))
	for i, r := range rows {
		all[i] = r.bounce()
	}
	return all
}

type originalRow struct {
	Report string
	At     time.Time
	Gzip   []byte
	Size   int
	Cut    bool
}

func (originalRow) TableName() string { return "bounce_originals" }

// AddBounces inserts the rows of one report, all or none. The first is the key: who
// has it in wins, and the other finds the report known.
func (s *Store) AddBounces(ctx context.Context, all []*subscriptions.Bounce) (added bool, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		for i, b := range all {
			row := toBounceRow(*b)
			result := tx.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "report"}, {Name: "position"}}, DoNothing: true}).Create(&row)
			if result.Error != nil {
				return result.Error
			}
			if i == 0 && result.RowsAffected == 0 {
				return nil
			}
			b.ID = row.ID
		}
		added = true
		return nil
	})
	return added, fault(err, "report")
}

// SetBounceEffect writes what came of a report.
func (s *Store) SetBounceEffect(ctx context.Context, report string, effect subscriptions.ReturnEffect) error {
	return fault(s.write(ctx).Model(&bounceRow{}).Where("report = ?", report).UpdateColumn("effect", string(effect)).Error, "report")
}

// PutOriginal keeps the message of a report.
func (s *Store) PutOriginal(ctx context.Context, o subscriptions.Original) error {
	row := originalRow{Report: o.Report, At: o.At.UTC(), Gzip: o.Gzip, Size: o.Size, Cut: o.Cut}
	return fault(s.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "report"}}, DoNothing: true}).Create(&row).Error, "original of a report")
}

// FindOriginal reads it.
func (s *Store) FindOriginal(ctx context.Context, report string) (subscriptions.Original, error) {
	var r originalRow
	err := s.read(ctx).Where("report = ?", report).Take(&r).Error
	return subscriptions.Original{Report: r.Report, At: r.At.UTC(), Gzip: r.Gzip, Size: r.Size, Cut: r.Cut}, fault(err, "original of this report")
}

// FindBounce reads one.
func (s *Store) FindBounce(ctx context.Context, id int64) (subscriptions.Bounce, error) {
	var row bounceRow
	err := s.read(ctx).Take(&row, id).Error
	return row.bounce(), fault(err, "report %d", id)
}

// Bounces lists them, the newest first.
func (s *Store) Bounces(ctx context.Context, f subscriptions.BounceFilter) ([]subscriptions.Bounce, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	q := s.read(ctx).Order("id DESC").Limit(limit)
	if f.BeforeID != 0 {
		q = q.Where("id < ?", f.BeforeID)
	}
	for _, c := range []struct{ column, value string }{{"kind", string(f.Kind)}, {"class", string(f.Class)}, {"reason", string(f.Reason)}, {"domain", f.Domain}, {"hash", f.Hash}} {
		if c.value != "" {
			q = q.Where(c.column+" = ?", c.value)
		}
	}
	if f.PersonID != 0 {
		q = q.Where("subscriber_id = ?", f.PersonID)
	}
	if f.Edition != 0 {
		q = q.Where("edition_id = ?", f.Edition)
	}
	const assigned = "(hash <> '' OR subscriber_id IS NOT NULL OR delivery_id IS NOT NULL)"
	switch {
	case f.Assigned == nil:
	case *f.Assigned:
		q = q.Where(assigned)
	default:
		q = q.Where("NOT " + assigned)
	}
	var rows []bounceRow
	err := q.Find(&rows).Error
	return bouncesOf(rows), fault(err, "reports")
}

// BouncesOf reads the history of an address by the index bounces_hash. An attacker
// with a token of ours can make it long; the latest decide.
func (s *Store) BouncesOf(ctx context.Context, hash string, since time.Time) ([]subscriptions.Bounce, error) {
	const most = 500
	var rows []bounceRow
	err := s.read(ctx).Raw("SELECT * FROM (SELECT * FROM bounces WHERE hash = ? AND hash <> '' AND at >= ? ORDER BY at DESC, id DESC LIMIT ?) latest ORDER BY at, id",
		hash, since.UTC(), most).Scan(&rows).Error
	return bouncesOf(rows), fault(err, "history of an address")
}
