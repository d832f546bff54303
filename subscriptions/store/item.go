package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

type itemRow struct {
	ID                    int64
	Slug                  string
	Title                 string
	Number                int
	Date                  string
	Issuer                string
	Summary               string
	Body                  string
	StandardIdentifier    string
	StandardTitle         string
	StandardOriginalTitle string
	StandardCommittee     string
	StandardStage         string
	StandardRelation      string
	CommentsUntil         string
	CommentsURL           string
	WebinarSlug           string
	State                 string
	EditionID             *int64
	Origin                string
	CreatedAt             time.Time
	UpdatedAt             time.Time `gorm:"autoUpdateTime:false"` // the services say when an item changed
	PublishedAt           *time.Time
	Version               int64
	StandardKey           string
	Indexed               int // itemRules at the time
}

func (itemRow) TableName() string { return "items" }

type itemTopicRow struct {
	ItemID   int64
	TopicID  int64
	Position int
}

func (itemTopicRow) TableName() string { return "item_topics" }

type itemSourceRow struct {
	ItemID   int64
	Position int
	Title    string
	URL      string
	Language string
	Accessed string
	URLKey   string
}

func (itemSourceRow) TableName() string { return "item_sources" }

func toItemRow(i subscriptions.Item) itemRow {
	row := itemRow{ID: i.ID, Slug: i.Slug, Title: i.Title, Number: i.Number, Date: i.Date.String(), Issuer: i.Issuer,
		Summary: i.Summary, Body: i.Body, WebinarSlug: i.WebinarSlug, State: string(i.State), EditionID: ref(i.EditionID),
		Origin: i.Origin, CreatedAt: i.CreatedAt.UTC(), UpdatedAt: i.UpdatedAt.UTC(), PublishedAt: null(i.PublishedAt),
		Version: i.Version, Indexed: itemRules}
	if s := i.Standard; s != nil {
		row.StandardKey = subscriptions.IdentifierKey(s.Identifier)
		row.StandardIdentifier, row.StandardTitle, row.StandardOriginalTitle = s.Identifier, s.Title, s.OriginalTitle
		row.StandardCommittee, row.StandardStage, row.StandardRelation = s.Committee, s.Stage, s.Relation
	}
	if c := i.Comments; c != nil {
		row.CommentsUntil, row.CommentsURL = c.Until.String(), c.URL
	}
	return row
}

func (r itemRow) item() subscriptions.Item {
	i := subscriptions.Item{ID: r.ID, Slug: r.Slug, Title: r.Title, Number: r.Number, Date: day(r.Date), Issuer: r.Issuer,
		Summary: r.Summary, Body: r.Body, WebinarSlug: r.WebinarSlug, State: subscriptions.ItemState(r.State), EditionID: idOf(r.EditionID),
		Origin: r.Origin, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), PublishedAt: timeOf(r.PublishedAt),
		Version: r.Version}
	standard := subscriptions.Standard{Identifier: r.StandardIdentifier, Title: r.StandardTitle, OriginalTitle: r.StandardOriginalTitle,
		Committee: r.StandardCommittee, Stage: r.StandardStage, Relation: r.StandardRelation}
	if standard != (subscriptions.Standard{}) {
		i.Standard = &standard
	}
	if r.CommentsUntil != "" {
		i.Comments = &subscriptions.CommentPeriod{Until: day(r.CommentsUntil), URL: r.CommentsURL}
	}
	return i
}

// items reads the rows of a query with their topics and sources: three queries,
// however many items.
func (s *Store) items(ctx context.Context, q *gorm.DB) ([]subscriptions.Item, error) {
	var rows []itemRow
	if err := q.Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, fault(err, "items")
	}
	items := make([]subscriptions.Item, len(rows))
	ids := make([]int64, len(rows))
	at := make(map[int64]*subscriptions.Item, len(rows))
	for i, r := range rows {
		items[i], ids[i] = r.item(), r.ID
		at[r.ID] = &items[i]
	}
	for from := 0; from < len(ids); from += batch {
		part := ids[from:min(from+batch, len(ids))]
		var topics []itemTopicRow
		if err := s.read(ctx).Where("item_id IN ?", part).Order("item_id, position").Find(&topics).Error; err != nil {
			return nil, fault(err, "topics of items")
		}
		for _, t := range topics {
			at[t.ItemID].Topics = append(at[t.ItemID].Topics, t.TopicID)
		}
		var sources []itemSourceRow
		if err := s.read(ctx).Where("item_id IN ?", part).Order("item_id, position").Find(&sources).Error; err != nil {
			return nil, fault(err, "sources of items")
		}
		for _, r := range sources {
			at[r.ItemID].Sources = append(at[r.ItemID].Sources,
				subscriptions.Source{Title: r.Title, URL: r.URL, Language: r.Language, Accessed: day(r.Accessed)})
		}
	}
	return items, nil
}

func (s *Store) findItem(ctx context.Context, what string, where string, arg any) (subscriptions.Item, error) {
	items, err := s.items(ctx, s.hold(ctx).Where(where, arg).Limit(1))
	if err == nil && len(items) == 0 {
		err = fault(gorm.ErrRecordNotFound, "%s", what)
	}
	if err != nil {
		return subscriptions.Item{}, err
	}
	return items[0], nil
}

// FindItem reads an item.
func (s *Store) FindItem(ctx context.Context, id int64) (subscriptions.Item, error) {
	return s.findItem(ctx, "such item", "id = ?", id)
}

// FindItemBySlug reads an item by the last part of its link.
func (s *Store) FindItemBySlug(ctx context.Context, slug string) (subscriptions.Item, error) {
	return s.findItem(ctx, "entry "+slug, "slug = ?", slug)
}

// AddItem inserts an item with its topics and sources.
func (s *Store) AddItem(ctx context.Context, i *subscriptions.Item) error {
	return s.tx(ctx, func(tx *Store) error {
		row := toItemRow(*i)
		if err := tx.write(ctx).Create(&row).Error; err != nil {
			return fault(err, "item %s", i.Slug)
		}
		i.ID = row.ID
		if err := tx.addItemParts(ctx, *i); err != nil {
			return err
		}
		return tx.addItemWords(ctx, *i)
	})
}

// UpdateItem writes all fields.
func (s *Store) UpdateItem(ctx context.Context, i subscriptions.Item) error {
	return s.tx(ctx, func(tx *Store) error {
		row := toItemRow(i)
		if err := tx.write(ctx).Select("*").Omit("id").Where("id = ?", i.ID).Updates(&row).Error; err != nil {
			return fault(err, "item %d", i.ID)
		}
		for _, part := range []any{&itemTopicRow{}, &itemSourceRow{}} {
			if err := tx.write(ctx).Where("item_id = ?", i.ID).Delete(part).Error; err != nil {
				return fault(err, "item %d", i.ID)
			}
		}
		if err := tx.addItemParts(ctx, i); err != nil {
			return err
		}
		return tx.addItemWords(ctx, i)
	})
}

func (s *Store) addItemParts(ctx context.Context, i subscriptions.Item) error {
	topics := make([]itemTopicRow, len(i.Topics))
	for n, id := range i.Topics {
		topics[n] = itemTopicRow{i.ID, id, n}
	}
	if len(topics) > 0 {
		if err := s.write(ctx).Create(&topics).Error; err != nil {
			return fault(err, "topics of item %s", i.Slug)
		}
	}
	sources := make([]itemSourceRow, len(i.Sources))
	for n, src := range i.Sources {
		sources[n] = itemSourceRow{i.ID, n, src.Title, src.URL, src.Language, src.Accessed.String(), subscriptions.LinkKey(src.URL)}
	}
	if len(sources) > 0 {
		return fault(s.write(ctx).Create(&sources).Error, "sources of item %s", i.Slug)
	}
	return nil
}
