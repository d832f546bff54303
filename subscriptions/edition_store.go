package subscriptions

import "context"

// EditionPlanStore keeps what editors decide about an edition that is
// collecting, and how many people there are for each set of topics.
type EditionPlanStore interface {
	// EditionItems lists decisions by edition, then item.
	EditionItems(ctx context.Context, f EditionItemFilter) ([]EditionItem, error)
	PutEditionItems(ctx context.Context, rows ...EditionItem) error // one an edition and item, replaced
	DropEditionItems(ctx context.Context, rows ...EditionItem) error
	// FreeItems lists the published items that are in no edition yet and could
	// come into one: dated in the period, without a date, or with a decision. By
	// date, then id.
	FreeItems(ctx context.Context, p Period) ([]Item, error)
	// FreeItemsLike lists published items that are in no edition and have all the
	// words in their title, identifier or slug; the newest first.
	FreeItemsLike(ctx context.Context, words string, limit int) ([]Item, error)
	// CountEditionItems counts the items that editions have taken, by edition.
	CountEditionItems(ctx context.Context) (map[int64]int, error)
	EditionSections(ctx context.Context, editionID int64) ([]EditionSection, error) // by topic
	PutEditionSections(ctx context.Context, rows ...EditionSection) error           // one an edition and topic, replaced

	// TopicSets gives the last count of people, with a zero At before the first.
	TopicSets(ctx context.Context) (TopicSetCounts, error)
	PutTopicSets(ctx context.Context, c TopicSetCounts) error // replaces
}

// EditionItemFilter selects decisions; zero fields do not narrow.
type EditionItemFilter struct {
	EditionID int64
	Free      bool  // of items that are in no edition yet
	HeldBy    int64 // of items that this edition has taken, by whichever edition
}
