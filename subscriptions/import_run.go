package subscriptions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// ImportRun is an import as the desk keeps it: what was read, what became of it,
// and what can be taken back. Prepared, it is a report of what would come in;
// nothing of it is an item yet. Taken in, its drafts point to it.
type ImportRun struct {
	ID       int64        `json:"id"`
	Kind     ImportKind   `json:"kind"`
	Name     string       `json:"name"` // of the file or the feed
	State    ImportState  `json:"state"`
	At       time.Time    `json:"at"` // when it was read
	TakenAt  time.Time    `json:"taken_at,omitzero"`
	UndoneAt time.Time    `json:"undone_at,omitzero"`
	EditorID int64        `json:"-"` // 0: nobody who signed in
	By       string       `json:"by"`
	FeedID   int64        `json:"feed,omitempty"` // the watched feed it came from
	Counts   ImportCounts `json:"counts"`
	Report   RunReport    `json:"-"`
}

// ImportKind is what was read.
type ImportKind string

// The kinds.
const (
	ImportMarkdown   ImportKind = "markdown"   // one file with facts on top
	ImportArchive    ImportKind = "archive"    // a zip file of them
	ImportWord       ImportKind = "word"       // .docx
	ImportTable      ImportKind = "table"      // CSV of items
	ImportFeed       ImportKind = "feed"       // RSS, Atom, JSON Feed
	ImportNewsletter ImportKind = "newsletter" // the plain text of one
)

// Words says the kind to people.
func (k ImportKind) Words() string {
	switch k {
	case ImportMarkdown:
		return "Markdown"
	case ImportArchive:
		return "Zip of Markdown"
	case ImportWord:
		return "Word"
	case ImportTable:
		return "Table"
	case ImportFeed:
		return "Feed"
	case ImportNewsletter:
		return "Newsletter"
	}
	return string(k)
}

// ImportState is prepared → taken → undone.
type ImportState string

// The states of an import.
const (
	ImportPrepared ImportState = "prepared"
	ImportTaken    ImportState = "taken"
	ImportUndone   ImportState = "undone"
)

// ImportCounts sum an import up; Read is the sum of the others but Alike and
// Undone, which count among them.
type ImportCounts struct {
	Read   int `json:"read"`
	New    int `json:"new"`    // to come in, or come in
	Known  int `json:"known"`  // here already, left as they are
	Faulty int `json:"faulty"` // left out for what is wrong with them
	Left   int `json:"left"`   // left out by who took the import in
	Alike  int `json:"alike"`  // new, and like an item that is here
	Undone int `json:"undone"` // taken back
}

// RunReport is what the reader found beside entries, and what comes in beside
// items.
type RunReport struct {
	Findings []Finding      `json:"findings,omitempty"`
	Terms    []Term         `json:"terms,omitempty"`
	Webinars []DraftWebinar `json:"webinars,omitempty"`
}

// ImportEntry is one entry of an import.
type ImportEntry struct {
	ImportID int64
	Position int // from 0
	Title    string
	Place    Place
	Key      string // how its feed names it
	Outcome  EntryOutcome
	Why      string  // a sentence: what is wrong with it, or why it stays
	Alike    []Alike // items it may be the same as
	Draft    DraftItem
	ItemID   int64  // what it became, 0 for nothing
	Mark     string // of that item as it came in
}

// EntryOutcome is what became, or would become, of an entry.
type EntryOutcome string

// The outcomes.
const (
	EntryNew    EntryOutcome = "new"    // would come in
	EntryKnown  EntryOutcome = "known"  // is here already
	EntryFaulty EntryOutcome = "faulty" // cannot come in
	EntryLeft   EntryOutcome = "left"   // was left out
	EntryTaken  EntryOutcome = "taken"  // came in, as a draft
	EntryUndone EntryOutcome = "undone" // was taken back
	EntryStays  EntryOutcome = "stays"  // was not taken back: Why says it
)

// Alike is an item that may be the same as an entry.
type Alike struct {
	ItemID int64  `json:"item,omitempty"` // 0: an entry above, in the same import
	Title  string `json:"title"`
	By     string `json:"by"` // the link or the identifier they share
}

// ItemMark is what of an item tells whether another is like it.
type ItemMark struct {
	ID         int64
	Slug       string
	Title      string
	Identifier string
	Links      []string
}

// ImportStore keeps imports.
type ImportStore interface {
	AddImport(ctx context.Context, r *ImportRun, entries []ImportEntry) error
	UpdateImport(ctx context.Context, r ImportRun) error
	UpdateImportEntries(ctx context.Context, entries []ImportEntry) error
	FindImport(ctx context.Context, id int64) (ImportRun, error) // held, inside a transaction
	// Imports lists, newest first, those with an id below before; 0 for all.
	Imports(ctx context.Context, before int64, limit int) ([]ImportRun, error)
	// ImportEntries are those of an import by position, from one on.
	ImportEntries(ctx context.Context, importID int64, from, limit int) ([]ImportEntry, error)
	// PruneImports deletes up to limit that were prepared before, and not taken in.
	PruneImports(ctx context.Context, before time.Time, limit int) (int, error)

	ItemMarks(ctx context.Context) ([]ItemMark, error)
	// DeleteItem deletes an item that no reader has seen. It answers Conflict when
	// somebody has put something beside it: a place in an edition, a file.
	DeleteItem(ctx context.Context, id int64) error
}

// markOf tells whether an item is still as it was: everything an editor can
// write, and when it was written last.
func markOf(i Item) (string, error) {
	b, err := json.Marshal(struct {
		Item      Item
		UpdatedAt int64
	}{i, i.UpdatedAt.UnixMicro()})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}

// likeness finds the items that share a link or an identifier.
type likeness struct {
	links, identifiers map[string][]Alike
}

func newLikeness(marks []ItemMark) *likeness {
	l := &likeness{map[string][]Alike{}, map[string][]Alike{}}
	for _, m := range marks {
		l.add(m.ID, m.Title, m.Identifier, m.Links)
	}
	return l
}

func (l *likeness) add(id int64, title, identifier string, links []string) {
	if n := NormalIdentifier(identifier); n != "" {
		l.identifiers[n] = append(l.identifiers[n], Alike{id, title, identifier})
	}
	for _, link := range links {
		if n := NormalLink(link); n != "" {
			l.links[n] = append(l.links[n], Alike{id, title, link})
		}
	}
}

// maxAlike bounds what is told of one entry.
const maxAlike = 5

// of gives what the item is like, each once, those by link first.
func (l *likeness) of(i Item) (found []Alike) {
	add := func(more []Alike) {
		for _, a := range more {
			if len(found) < maxAlike && !slices.ContainsFunc(found, func(b Alike) bool { return a.ItemID == b.ItemID && a.Title == b.Title }) {
				found = append(found, a)
			}
		}
	}
	for _, link := range linksOf(i) {
		if n := NormalLink(link); n != "" {
			add(l.links[n])
		}
	}
	if i.Standard != nil {
		if n := NormalIdentifier(i.Standard.Identifier); n != "" {
			add(l.identifiers[n])
		}
	}
	return found
}

func linksOf(i Item) []string {
	links := make([]string, len(i.Sources))
	for n, s := range i.Sources {
		links[n] = s.URL
	}
	return links
}

func identifierOf(i Item) string {
	if i.Standard == nil {
		return ""
	}
	return i.Standard.Identifier
}
