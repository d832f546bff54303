package subscriptions

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The ledger of an edition: who got what, when, and what the server said. It is
// the deliveries themselves, read and never written.
//
// # How a million rows are searched
//
// The ledger is read in windows. A window begins after a place (LedgerFilter.After)
// and looks at a bounded number of rows, by one of two ways: the deliveries of some
// states in the order of their ids, or the people whose address or domain is looked
// for, in the order of theirs. What an index cannot tell is then asked of the rows
// of the window. So no question, however odd, costs more than one window; an answer
// may be short of a page and still go on (LedgerWindow.Next).

// LedgerFilter selects lines of an edition's ledger; zero fields do not narrow.
type LedgerFilter struct {
	EditionID int64
	States    []DeliveryState
	// Address is what the address begins with that the person has now. "@example.org"
	// is a whole domain.
	Address  string
	TopicID  int64 // the letter had the topic
	ItemID   int64 // the letter had the item
	From, To time.Time
	After    int64 // where a window before ended
	Limit    int   // 0 means 50
}

// narrow reports whether more than states are asked for.
func (f LedgerFilter) narrow() bool {
	return f.Address != "" || f.TopicID != 0 || f.ItemID != 0 || !f.From.IsZero() || !f.To.IsZero()
}

// Narrowed reports whether the filter leaves anything out.
func (f LedgerFilter) Narrowed() bool { return f.narrow() || len(f.States) > 0 }

// LedgerQuery is what the store is asked: the filter, with the variants that have
// what is looked for.
type LedgerQuery struct {
	LedgerFilter
	Key      func(subscriberID int64) string // of the edition's deliveries
	Variants []int64                         // nil for all
	Window   int                             // rows a window looks at, of each way; 0 means 5,000, some five milliseconds
}

// LedgerWindow is what one window held. Next is where the next one begins, 0 when
// the ledger is through.
type LedgerWindow struct {
	Rows []Delivery
	Next int64
}

// LedgerStore reads the ledgers of editions.
type LedgerStore interface {
	// EditionVariants lists the variants of an edition.
	EditionVariants(ctx context.Context, editionID int64) ([]Variant, error)
	LedgerWindow(ctx context.Context, q LedgerQuery) (LedgerWindow, error)
}

// LedgerLine is a delivery with what the letter was about.
type LedgerLine struct {
	Delivery
	Topics []Topic // of the letter, without those for everyone unless there is nothing else
}

// When is when it came to where it stands.
func (l LedgerLine) When() time.Time {
	if !l.SentAt.IsZero() {
		return l.SentAt
	}
	return l.UpdatedAt
}

// Said are the server's words, or ours, as one line that can be shown anywhere:
// they are foreign text, and may hold what moves a terminal or turns a line round.
func (l LedgerLine) Said() string { return Printable(l.Detail) }

// maxSaid is how much of a server's words is shown.
const maxSaid = 500

// Printable makes one line of foreign words: without control characters, without
// those that change the direction of writing or are not seen, and bounded.
func Printable(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxSaid {
		return string(runes[:maxSaid]) + " …"
	}
	return s
}

// holds reports whether a letter of the variant has the item: whether the item has
// a place in it (BuildDigest).
func (c Content) holds(item Item, set TopicSet) bool {
	there := idsOf(c.Topics)
	for _, id := range item.Topics {
		if set.Has(id) && there.Has(id) {
			return true
		}
	}
	return false
}

// Item finds an entry of the content by its id.
func (c Content) Item(id int64) (Item, bool) {
	for _, i := range c.Entries {
		if i.ID == id {
			return i, true
		}
	}
	return Item{}, false
}

// LedgerRecord is a line as exports write it.
type LedgerRecord struct {
	ID        int64     `json:"id"`
	Person    int64     `json:"person"`
	Address   string    `json:"address"` // "" once erased
	Topics    []string  `json:"topics"`  // slugs
	State     string    `json:"state"`
	At        time.Time `json:"at"`
	Attempts  int       `json:"attempts"`
	Code      int       `json:"code,omitempty"`
	Status    string    `json:"status,omitempty"`
	Said      string    `json:"said,omitempty"`
	MessageID string    `json:"message_id,omitempty"`
}

// LedgerRecordOf writes a line down.
func LedgerRecordOf(l LedgerLine) LedgerRecord {
	return LedgerRecord{ID: l.ID, Person: l.SubscriberID, Address: l.Address, Topics: slugsOf(l.Topics), State: string(l.State), At: l.When(),
		Attempts: l.Attempts, Code: l.Code, Status: Printable(l.Status), Said: l.Said(), MessageID: l.MessageID}
}

// LedgerColumns are the heads of the columns of Cells.
func LedgerColumns() []string {
	return []string{"id", "person", "address", "topics", "state", "at", "attempts", "code", "status", "said", "message_id"}
}

// Cells are the record as a row of a table.
func (r LedgerRecord) Cells() []string {
	return []string{strconv.FormatInt(r.ID, 10), strconv.FormatInt(r.Person, 10), r.Address, strings.Join(r.Topics, ";"), r.State, r.At.UTC().Format(time.RFC3339),
		strconv.Itoa(r.Attempts), strconv.Itoa(r.Code), r.Status, r.Said, r.MessageID}
}
