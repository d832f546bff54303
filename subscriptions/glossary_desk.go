package subscriptions

import (
	"context"
	"time"
)

// TermRevision is what a term said until somebody changed or removed it.
type TermRevision struct {
	ID      int64
	Term         // as it was
	Removed bool // it was taken out of the glossary
	Actor   string
	At      time.Time
}

// MissingWord is an abbreviation that stands in items and that no term explains.
type MissingWord struct {
	Word  string
	Items int
	Item  int64  // the newest of them
	Title string // its title
}

// GlossaryDeskStore is what the desk needs to keep the glossary.
type GlossaryDeskStore interface {
	FindTerm(ctx context.Context, id int64) (Term, error) // held inside InTx
	FindTermByAbbreviation(ctx context.Context, abbreviation string) (Term, error)
	// UpdateTerm and RemoveTerm write if the stored version is still t.Version;
	// else they answer Conflict. UpdateTerm raises it.
	UpdateTerm(ctx context.Context, t *Term) error
	RemoveTerm(ctx context.Context, t Term) error
	AddTermRevision(ctx context.Context, r *TermRevision) error
	TermRevisions(ctx context.Context, termID int64) ([]TermRevision, error) // newest first, at most 50
	RemovedTerms(ctx context.Context, limit int) ([]TermRevision, error)     // newest first
	FindTermRevision(ctx context.Context, id int64) (TermRevision, error)

	// UnreadItems are items that have changed since their words were kept, and
	// CountUnread counts them. ForgetWords makes all of them unread.
	UnreadItems(ctx context.Context, limit int) ([]Item, error)
	CountUnread(ctx context.Context) (int, error)
	PutItemWords(ctx context.Context, i Item, words map[string]bool) error
	ForgetWords(ctx context.Context) error
	// WordUses counts the items in which each term stands.
	WordUses(ctx context.Context) (map[string]int, error)
	// MissingWords are those no term explains and nobody has passed over, what
	// stands in most items first.
	MissingWords(ctx context.Context, limit, offset int) ([]MissingWord, error)
	CountMissingWords(ctx context.Context) (int, error)
	IgnoredWords(ctx context.Context) ([]string, error) // by the alphabet
	IgnoreWord(ctx context.Context, word string) error
	HeedWord(ctx context.Context, word string) error
}
