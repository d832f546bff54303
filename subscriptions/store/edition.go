package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/lru"
)

type editionRow struct {
	ID          int64
	Slug        string
	Title       string
	PeriodFrom  string
	PeriodTo    string
	Intro       string
	About       string
	Contact     string
	Subject     string
	Preheader   string
	State       string
	Hash        string
	CreatedAt   time.Time
	FrozenAt    *time.Time
	ApprovedAt  *time.Time
	ApprovedBy  string
	StartedAt   *time.Time
	FinishedAt  *time.Time
	CancelledAt *time.Time
	PlanCursor  int64
	PlannedAt   *time.Time
	Planned     int
	PassedOver  int
	Version     int

	SubmittedAt       *time.Time
	SubmittedBy       string
	Note              string
	ApprovedPeople    int
	ApprovedCountedAt *time.Time
	SendAt            *time.Time
	SendZone          string
	SendBy            string
	SendOrderedAt     *time.Time
	Rate              float64
	Reason            string
	ReasonAt          *time.Time
	WatchDone         int
	WatchFailed       int
	WatchComplaints   int
	// Of a correction:
	Kind         string
	Corrects     *int64
	CorrectsItem *int64
	WasWrong     string
	IsRight      string
}

func (editionRow) TableName() string { return "editions" }

type contentRow struct {
	EditionID int64 `gorm:"primaryKey;autoIncrement:false"`
	Content   string
	Indexed   int // archiveRules at the time
}

func (contentRow) TableName() string { return "edition_contents" }

func toEditionRow(e subscriptions.Edition) editionRow {
	return editionRow{ID: e.ID, Slug: e.Slug, Title: e.Title, PeriodFrom: e.Period.From.String(), PeriodTo: e.Period.To.String(),
		Intro: e.Intro, About: e.About, Contact: e.Contact, Subject: e.Subject, Preheader: e.Preheader, State: string(e.State), Hash: e.Hash, CreatedAt: e.CreatedAt.UTC(),
		FrozenAt: null(e.FrozenAt), ApprovedAt: null(e.ApprovedAt), ApprovedBy: e.ApprovedBy, StartedAt: null(e.StartedAt),
		FinishedAt: null(e.FinishedAt), CancelledAt: null(e.CancelledAt), PlanCursor: e.Cursor, PlannedAt: null(e.PlannedAt),
		Planned: e.Planned, PassedOver: e.Nothing, Version: e.Version,
		SubmittedAt: null(e.SubmittedAt), SubmittedBy: e.SubmittedBy, Note: e.Note, ApprovedPeople: e.Approved.People, ApprovedCountedAt: null(e.Approved.At),
		SendAt: null(e.SendAt), SendZone: e.SendZone, SendBy: e.SendBy, SendOrderedAt: null(e.SendOrderedAt), Rate: e.Rate, Reason: e.Reason, ReasonAt: null(e.ReasonAt),
		WatchDone: e.Watched.Done, WatchFailed: e.Watched.Failed, WatchComplaints: e.Watched.Complaints,
		Kind:     string(cmp.Or(e.Kind, subscriptions.EditionIssue)),
		Corrects: ref(e.Corrects), CorrectsItem: ref(e.CorrectsItem), WasWrong: e.Wrong, IsRight: e.Right}
}

func (r editionRow) edition() subscriptions.Edition {
	return subscriptions.Edition{ID: r.ID, Slug: r.Slug, Title: r.Title, Period: subscriptions.Period{From: day(r.PeriodFrom), To: day(r.PeriodTo)},
		Intro: r.Intro, About: r.About, Contact: r.Contact, Subject: r.Subject, Preheader: r.Preheader, State: subscriptions.EditionState(r.State), Hash: r.Hash,
		CreatedAt: r.CreatedAt.UTC(), FrozenAt: timeOf(r.FrozenAt), ApprovedAt: timeOf(r.ApprovedAt), ApprovedBy: r.ApprovedBy,
		StartedAt: timeOf(r.StartedAt), FinishedAt: timeOf(r.FinishedAt), CancelledAt: timeOf(r.CancelledAt), Cursor: r.PlanCursor,
		PlannedAt: timeOf(r.PlannedAt), Planned: r.Planned, Nothing: r.PassedOver, Version: r.Version, Release: r.release(),
		Kind: subscriptions.EditionKind(r.Kind), Correction: subscriptions.Correction{Corrects: idOf(r.Corrects), CorrectsItem: idOf(r.CorrectsItem), Wrong: r.WasWrong, Right: r.IsRight}}
}

func (r editionRow) release() subscriptions.Release {
	return subscriptions.Release{SubmittedAt: timeOf(r.SubmittedAt), SubmittedBy: r.SubmittedBy, Note: r.Note,
		Approved: subscriptions.HeadCount{People: r.ApprovedPeople, At: timeOf(r.ApprovedCountedAt)},
		SendAt:   timeOf(r.SendAt), SendZone: r.SendZone, SendBy: r.SendBy, SendOrderedAt: timeOf(r.SendOrderedAt), Rate: r.Rate, Reason: r.Reason, ReasonAt: timeOf(r.ReasonAt),
		Watched: subscriptions.Watched{Done: r.WatchDone, Failed: r.WatchFailed, Complaints: r.WatchComplaints}}
}

// Editions lists the issues, the newest period first.
func (s *Store) Editions(ctx context.Context) ([]subscriptions.Edition, error) {
	var rows []editionRow
	if err := s.read(ctx).Where("kind = 'issue'").Order("period_to DESC, period_from DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, fault(err, "editions")
	}
	return editionsOf(rows), nil
}

func editionsOf(rows []editionRow) []subscriptions.Edition {
	editions := make([]subscriptions.Edition, len(rows))
	for i, r := range rows {
		editions[i] = r.edition()
	}
	return editions
}

// FindEdition reads an edition; two moves of it happen one after the other.
func (s *Store) FindEdition(ctx context.Context, id int64) (subscriptions.Edition, error) {
	var row editionRow
	err := s.hold(ctx).Take(&row, id).Error
	return row.edition(), fault(err, "edition %d", id)
}

// FindEditionBySlug reads an edition by the last part of its link.
func (s *Store) FindEditionBySlug(ctx context.Context, slug string) (subscriptions.Edition, error) {
	var row editionRow
	err := s.read(ctx).Where("slug = ?", slug).Take(&row).Error
	return row.edition(), fault(err, "edition %q", slug)
}

// AddEdition inserts an edition.
func (s *Store) AddEdition(ctx context.Context, e *subscriptions.Edition) error {
	row := toEditionRow(*e)
	err := s.write(ctx).Create(&row).Error
	e.ID = row.ID
	return fault(err, "edition %q", e.Slug)
}

// UpdateEdition writes all fields if the state is still was.
func (s *Store) UpdateEdition(ctx context.Context, e subscriptions.Edition, was subscriptions.EditionState) error {
	row := toEditionRow(e)
	result := s.write(ctx).Select("*").Omit("id").Where("id = ? AND state = ?", e.ID, string(was)).Updates(&row)
	if result.Error == nil && result.RowsAffected == 0 {
		return &subscriptions.Error{Code: subscriptions.Conflict, Message: fmt.Sprintf("edition %d was changed by somebody else", e.ID),
			Hint: "Look at it again."}
	}
	return fault(result.Error, "edition %d", e.ID)
}

// PutContent writes what was frozen, and its rows in the archive.
func (s *Store) PutContent(ctx context.Context, c subscriptions.Content) error {
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write the content of edition %d: %w", c.EditionID, err)
	}
	return s.tx(ctx, func(tx *Store) error {
		row := contentRow{c.EditionID, string(b), archiveRules}
		err := tx.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "edition_id"}}, UpdateAll: true}).Create(&row).Error
		if err != nil {
			return fault(err, "content of edition %d", c.EditionID)
		}
		return tx.archive(ctx, c)
	})
}

// frozen names a content that does not change: the hash is of what it says.
type frozen struct {
	edition int64
	hash    string
}

func newContents() *lru.Cache[frozen, *subscriptions.Content] {
	return lru.New[frozen, *subscriptions.Content](maxContents)
}

// maxContents is how many contents are kept: five years of editions.
const maxContents = 64

// Content reads what was frozen. The archive asks for the same ones with every
// page, and to read one takes milliseconds, so they are kept by their hash.
func (s *Store) Content(ctx context.Context, editionID int64) (subscriptions.Content, error) {
	if s.contents == nil { // in a transaction, which may have changed it
		return s.readContent(ctx, editionID)
	}
	var hash string
	if err := s.read(ctx).Model(&editionRow{}).Select("hash").Where("id = ?", editionID).Take(&hash).Error; err != nil {
		return subscriptions.Content{}, fault(err, "edition %d", editionID)
	}
	if hash == "" {
		return s.readContent(ctx, editionID)
	}
	c, err := s.contents.Get(frozen{editionID, hash}, func() (*subscriptions.Content, error) {
		c, err := s.readContent(context.WithoutCancel(ctx), editionID) // for all who wait for it
		return &c, err
	})
	if err != nil {
		return subscriptions.Content{}, err
	}
	return *c, nil
}

func (s *Store) readContent(ctx context.Context, editionID int64) (subscriptions.Content, error) {
	var row contentRow
	var c subscriptions.Content
	if err := s.read(ctx).Where("edition_id = ?", editionID).Take(&row).Error; err != nil {
		return c, fault(err, "frozen content of edition %d", editionID)
	}
	if err := json.Unmarshal([]byte(row.Content), &c); err != nil {
		return c, fmt.Errorf("read the content of edition %d: %w", editionID, err)
	}
	return c, nil
}

type variantRow struct {
	ID        int64
	EditionID int64
	Topics    string
}

func (variantRow) TableName() string { return "variants" }

func (r variantRow) variant() (subscriptions.Variant, error) {
	set, err := subscriptions.ParseTopicSet(r.Topics)
	return subscriptions.Variant{ID: r.ID, EditionID: r.EditionID, Topics: set}, err
}

// Variants finds or creates the edition's variants of the sets.
func (s *Store) Variants(ctx context.Context, editionID int64, sets []subscriptions.TopicSet) (map[string]subscriptions.Variant, error) {
	found := make(map[string]subscriptions.Variant, len(sets))
	for from := 0; from < len(sets); from += batch {
		part := sets[from:min(from+batch, len(sets))]
		keys := make([]string, len(part))
		rows := make([]variantRow, len(part))
		for i, set := range part {
			keys[i] = set.Key()
			rows[i] = variantRow{EditionID: editionID, Topics: keys[i]}
		}
		if err := s.findVariants(ctx, s.read(ctx), editionID, keys, found); err != nil {
			return nil, err
		}
		if len(found) >= len(sets) {
			break
		}
		if err := s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error; err != nil {
			return nil, fault(err, "variants of edition %d", editionID)
		}
		if err := s.findVariants(ctx, s.write(ctx), editionID, keys, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *Store) findVariants(_ context.Context, db *gorm.DB, editionID int64, keys []string, into map[string]subscriptions.Variant) error {
	var rows []variantRow
	if err := db.Where("edition_id = ? AND topics IN ?", editionID, keys).Find(&rows).Error; err != nil {
		return fault(err, "variants of edition %d", editionID)
	}
	for _, r := range rows {
		v, err := r.variant()
		if err != nil {
			return err
		}
		into[r.Topics] = v
	}
	return nil
}

// FindVariant reads a variant.
func (s *Store) FindVariant(ctx context.Context, id int64) (subscriptions.Variant, error) {
	var row variantRow
	if err := s.read(ctx).Take(&row, id).Error; err != nil {
		return subscriptions.Variant{}, fault(err, "variant %d", id)
	}
	return row.variant()
}
