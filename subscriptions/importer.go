package subscriptions

import "fmt"

// Import is what a reader of files (package importer) found: nouns that are not
// yet in the store, with topics still named by slug, and what could not be
// placed.
type Import struct {
	Title    string // what the file calls itself; "" for most
	Items    []DraftItem
	Terms    []Term
	Webinars []DraftWebinar
	Edition  *DraftEdition
	Findings []Finding
}

// DraftItem is an item as a file has it.
type DraftItem struct {
	Item       Item
	TopicSlugs []string // home first
	Place      Place
	Key        string // how its feed names the entry; "" for what is known by its slug
}

// DraftWebinar is a webinar as a file has it.
type DraftWebinar struct {
	Webinar    Webinar
	TopicSlugs []string
	Place      Place
}

// DraftEdition is an edition as a file has it.
type DraftEdition struct {
	Slug    string
	Title   string
	Period  Period
	Intro   string
	About   string
	Contact string
	Place   Place
}

// Place is where in a file something stands; lines count from 1.
type Place struct {
	File string
	Line int
}

// String gives file:line, as compilers do.
func (p Place) String() string {
	switch {
	case p.File == "" && p.Line == 0:
		return ""
	case p.Line == 0:
		return p.File
	case p.File == "":
		return fmt.Sprintf("line %d", p.Line)
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Finding is something an importer could not read or place, or had to guess.
type Finding struct {
	Place    Place
	Severity Severity
	Message  string // one sentence
	Text     string // the text at fault, shortened; may be empty
	Hint     string
}

// Severity of a finding.
type Severity string

// The severities: an error leaves its row or item out, a warning lets it in and
// wants a look, a note says what was guessed or left aside on purpose.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityNote    Severity = "note"
)

// SubscriberRow is one line of a subscribers' list.
type SubscriberRow struct {
	Line         int
	Email        string
	Name         string
	Organisation string
	Topics       []string // slugs or names
	Err          error    // the line could not be read
}

// SubscriberReport sums up an import of subscribers.
type SubscriberReport struct {
	Rows       int       `json:"rows"`
	Added      int       `json:"added"`      // people new here
	Extended   int       `json:"extended"`   // known people who got further topics
	Unchanged  int       `json:"unchanged"`  // nothing to do
	Ended      int       `json:"ended"`      // left before; kept as they are
	Suppressed int       `json:"suppressed"` // must not be mailed; left out
	Bad        int       `json:"bad"`        // rows with an error
	Twice      int       `json:"twice"`      // of all these, rows whose address stands further up
	Findings   []Finding `json:"-"`          // at most maxFindings of them
}

// maxFindings bounds what a report holds of a file in which every row is bad.
const maxFindings = 1000

func (r *SubscriberReport) find(line int, severity Severity, err error) {
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, Finding{Place: Place{Line: line}, Severity: severity, Message: err.Error(), Hint: HintOf(err)})
	}
}
