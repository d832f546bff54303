package subscriptions

import (
	"context"
	"time"
)

// ArchiveStore reads what is public: the editions that have begun to leave
// (Edition.Public) and their entries as they were frozen. The store writes the
// entries, and the words by which they are found, in the transaction of
// PutContent.
type ArchiveStore interface {
	// PublicEditions lists them, the newest period first.
	PublicEditions(ctx context.Context, limit, offset int) ([]Edition, error)
	CountPublicEditions(ctx context.Context) (int, error)
	// ArchiveEntries lists entries, those of the newest edition first and in its
	// order.
	ArchiveEntries(ctx context.Context, f ArchiveFilter) ([]ArchiveEntry, error)
	CountArchiveEntries(ctx context.Context, f ArchiveFilter) (int, error)
	// SearchEntries lists the entries that have all of the phrases, the best
	// first; of equals, the one with the latest date.
	SearchEntries(ctx context.Context, phrases []Phrase, f ArchiveFilter) ([]ArchiveEntry, error)
	CountSearch(ctx context.Context, phrases []Phrase, f ArchiveFilter) (int, error)
}

// ArchiveFilter selects entries of the archive; counts do not look at Limit and
// Offset.
type ArchiveFilter struct {
	TopicID int64 // 0 for all
	Limit   int   // 0 means 500
	Offset  int
}

// ArchiveEntry is an entry of a public edition.
type ArchiveEntry struct {
	Entry
	Edition EditionRef
}

// EditionRef is what an entry tells of its edition.
type EditionRef struct {
	ID        int64
	Slug      string
	Title     string
	StartedAt time.Time // since when its entries are public
}

// Paging says which part of a long list is shown. A page that is not there is
// the nearest that is.
type Paging struct {
	Page, Pages int // from 1
	Total       int // of all pages
	size        int
}

func newPaging(page, total, size int) Paging {
	pages := max(1, (total+size-1)/size)
	return Paging{Page: min(max(page, 1), pages), Pages: pages, Total: total, size: size}
}

func (p Paging) offset() int { return (p.Page - 1) * p.size }
