package subscriptions

import (
	"context"
	"iter"
	"time"
)

// PeopleImport is a list of people on its way in, at the desk or by the command
// line. It is a row from the first moment, so that a process may die at any time
// and the next goes on where it was:
//
//	uploaded ──Check──▶ checking ──▶ checked ──Take──▶ running ──▶ done
//	done ──Withdraw──▶ withdrawing ──▶ withdrawn
//	uploaded, checked ──Drop──▶ (gone)
//
// Checking, running and withdrawing are work: each batch moves Done in the
// transaction of what it does. A list checked can be checked again with other
// columns or another basis.
//
// # Rules
//
//  1. A list never brings back who left, and never who is suppressed.
//  2. The consent is one of two things: it was given elsewhere and can be proved
//     (where it lies, on which day, to which words), or a letter asks each of them.
//  3. What a list did is known by its consents, which name it. Taking it back
//     forgets whom it brought and nobody else; whoever has since decided something
//     themselves, or got an edition, keeps what they have.
//  4. The list itself and its lines hold addresses: a clock drops them.
type PeopleImport struct {
	ID        int64             `json:"id"`
	Name      string            `json:"name"` // of the file
	State     PeopleImportState `json:"state"`
	At        time.Time         `json:"at"`
	ChangedAt time.Time         `json:"changed_at"` // by a step or a batch
	EditorID  int64             `json:"-"`          // 0: nobody who signed in
	By        string            `json:"by"`
	Size      int               `json:"size,omitempty"` // bytes of the list while it is kept, else 0
	Rows      int               `json:"rows"`
	Columns   ListColumns       `json:"-"`
	Topics    []string          `json:"topics,omitempty"` // slugs, for rows that name none
	Confirmed bool              `json:"confirmed"`        // the consent can be proved; else a letter asks
	Source    string            `json:"source,omitempty"` // where the proof lies
	GivenOn   Date              `json:"given_on,omitzero"`
	Evidence  string            `json:"evidence,omitempty"` // the words they agreed to
	Done      int               `json:"done"`               // rows behind the step that is on; of a withdrawal: people
	Report    SubscriberReport  `json:"report"`
	Withdrawn WithdrawReport    `json:"withdrawn,omitzero"`
	Note      string            `json:"note,omitempty"`  // why it was taken back
	Fault     string            `json:"fault,omitempty"` // why it broke off
}

// PeopleImportState is where a list stands.
type PeopleImportState string

// The states.
const (
	ListUploaded    PeopleImportState = "uploaded"
	ListChecking    PeopleImportState = "checking"
	ListChecked     PeopleImportState = "checked"
	ListRunning     PeopleImportState = "running"
	ListDone        PeopleImportState = "done"
	ListWithdrawing PeopleImportState = "withdrawing"
	ListWithdrawn   PeopleImportState = "withdrawn"
)

// Working reports whether the state is work that some process does.
func (s PeopleImportState) Working() bool {
	return s == ListChecking || s == ListRunning || s == ListWithdrawing
}

// Words says the state to people.
func (s PeopleImportState) Words() string {
	switch s {
	case ListUploaded:
		return "not checked"
	case ListChecking:
		return "being checked"
	case ListChecked:
		return "checked, not taken in"
	case ListRunning:
		return "coming in"
	case ListDone:
		return "taken in"
	case ListWithdrawing:
		return "being taken back"
	case ListWithdrawn:
		return "taken back"
	}
	return string(s)
}

// Bounds of a list at the desk.
const (
	MaxListBytes = 20 << 20
	MaxListRows  = 200_000
)

// ListColumns says which column of a list holds what, counted from 0; -1 for
// none.
type ListColumns struct {
	Email, Name, First, Last, Organisation, Topics int
}

// ListHead is what one sees of a list before its columns are settled.
type ListHead struct {
	Named    bool // the first line has headings
	Headings []string
	Sample   [][]string // the first rows
	Rows     int
	Guess    ListColumns
	Encoding string // where it was not UTF-8
}

// ListReader reads lists that are kept (package importer).
type ListReader interface {
	Head(list []byte) (ListHead, error)
	Rows(list []byte, at ListColumns) iter.Seq[SubscriberRow]
	// Pasted makes a list of what was pasted into a form.
	Pasted(text string) []byte
}

// WithdrawReport says what taking a list back came to.
type WithdrawReport struct {
	Forgotten int `json:"forgotten"` // people it had brought: nothing of them is left
	Ended     int `json:"ended"`     // people who lost the topics it had given them
	Stay      int `json:"stay"`      // people who have decided something since, or got an edition
}

// ListLine is a line of a list that did not simply come in.
type ListLine struct {
	ID       int64
	ImportID int64
	Line     int
	Outcome  ListOutcome
	Why      string // a sentence
}

// ListOutcome is what became of a line.
type ListOutcome string

// The outcomes that are worth a line.
const (
	LineRefused    ListOutcome = "refused"
	LineLeft       ListOutcome = "left"       // they left before
	LineSuppressed ListOutcome = "suppressed" // the address gets no letters
	LineTwice      ListOutcome = "twice"      // the address stands above
)

// Words says the outcome to people.
func (o ListOutcome) Words() string {
	switch o {
	case LineRefused:
		return "refused"
	case LineLeft:
		return "left before"
	case LineSuppressed:
		return "suppressed"
	case LineTwice:
		return "in the list twice"
	}
	return string(o)
}

// PeopleImportStore keeps lists of people.
type PeopleImportStore interface {
	// AddPeopleImport keeps the list too, unless it is nil.
	AddPeopleImport(ctx context.Context, p *PeopleImport, list []byte) error
	UpdatePeopleImport(ctx context.Context, p PeopleImport) error
	FindPeopleImport(ctx context.Context, id int64) (PeopleImport, error) // held, inside a transaction
	// PeopleImports lists, newest first, those with an id below before; 0 for all.
	PeopleImports(ctx context.Context, before int64, limit int) ([]PeopleImport, error)
	// WorkingPeopleImports are those some process has to go on with, oldest first:
	// the running only where their list is kept.
	WorkingPeopleImports(ctx context.Context) ([]int64, error)
	DropPeopleImport(ctx context.Context, id int64) error // with list and lines
	List(ctx context.Context, id int64) ([]byte, error)

	AddListLines(ctx context.Context, lines []ListLine) error
	ListLines(ctx context.Context, importID, afterID int64, limit int) ([]ListLine, error)
	DropListLines(ctx context.Context, importID int64) error
	// DropLists deletes lists and lines of what nothing has happened to since, and
	// the rows of those that were never taken in.
	DropLists(ctx context.Context, until time.Time, limit int) (int, error)

	// ImportConsents are those the list gave, by id, after the given one.
	ImportConsents(ctx context.Context, importID, afterID int64, limit int) ([]Consent, error)
	// HasDigest reports whether a digest that was planned since has left to the
	// person, or may have.
	HasDigest(ctx context.Context, subscriberID int64, since time.Time) (bool, error)
}

// suppressionWords say a reason within a sentence.
func suppressionWords(r SuppressionReason) string {
	switch r {
	case SuppressedBounce:
		return "letters to it came back"
	case SuppressedComplaint:
		return "a letter was reported as unwanted"
	case SuppressedErased:
		return "the person asked to be forgotten"
	case SuppressedByEditor:
		return "an editor barred it"
	}
	return string(r)
}
