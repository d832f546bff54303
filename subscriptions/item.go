package subscriptions

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Item is one piece of news.
type Item struct {
	ID       int64          `json:"id"`
	Slug     string         `json:"slug"`
	Title    string         `json:"title"`
	Number   int            `json:"number,omitempty"` // its place as printed in the newsletter; 0 none
	Topics   []int64        `json:"topics"`           // home first
	Date     Date           `json:"date"`             // files it into an edition's period
	Issuer   string         `json:"issuer,omitempty"` // issuing body
	Summary  string         `json:"summary,omitempty"`
	Body     string         `json:"body"` // Markdown (GFM)
	Standard *Standard      `json:"standard,omitempty"`
	Comments *CommentPeriod `json:"comments,omitempty"`
	Sources  []Source       `json:"sources,omitempty"`
	// WebinarSlug names the webinar the item announces; its digest shows the
	// webinar's own facts in place of the item's.
	WebinarSlug string    `json:"webinar,omitempty"`
	State       ItemState `json:"-"`
	EditionID   int64     `json:"-"` // the edition that holds it, 0 while free
	Origin      string    `json:"-"` // where it came from: "desk", "import newsletter.txt#3"
	CreatedAt   time.Time `json:"-"`
	UpdatedAt   time.Time `json:"-"`
	PublishedAt time.Time `json:"-"`
	Version     int64     `json:"-"` // counts the saves at the desk (ItemRevision.Number), 0 before the first
}

// ItemState is draft → published; withdrawn takes it out of everything to come.
type ItemState string

// The states of an item.
const (
	ItemDraft     ItemState = "draft"
	ItemPublished ItemState = "published"
	ItemWithdrawn ItemState = "withdrawn"
)

// Standard is what an item tells about one standard.
type Standard struct {
	Identifier    string `json:"identifier"`               // GB/T 35273-2017, ISO/IEC 30141:2018
	Title         string `json:"title,omitempty"`          // in English
	OriginalTitle string `json:"original_title,omitempty"` // usually Chinese
	Committee     string `json:"committee,omitempty"`      // SAC/TC260, ISO/TC 8
	Stage         string `json:"stage,omitempty"`          // WD, CD, draft for comment, published
	Relation      string `json:"relation,omitempty"`       // to ISO, IEC or EN documents, in words
}

// CommentPeriod says until when and where a draft is open for comments.
type CommentPeriod struct {
	Until Date   `json:"until"`
	URL   string `json:"url,omitempty"`
}

// Source is a link an item rests on.
type Source struct {
	Title    string `json:"title,omitempty"`
	URL      string `json:"url"`
	Language string `json:"language,omitempty"` // BCP 47, "" for English
	Accessed Date   `json:"accessed"`
}

// Web reports whether the source is a web link. Items that are saved have no other;
// where links leave as they are, it is looked at once more.
func (s Source) Web() bool { return validLink("sources", s.URL) == nil }

// Bounds of an item. They are far above any real one and below what could hurt.
const (
	maxTitle   = 300
	maxSummary = 400
	MaxBody    = 200_000
	maxSources = 50
)

// Validate wants what no item can do without: a title, a home topic, a body that
// is text, and links that are links.
func (i Item) Validate() error {
	switch {
	case strings.TrimSpace(i.Title) == "":
		return invalid("title", "the item has no title")
	case utf8.RuneCountInString(i.Title) > maxTitle:
		return invalid("title", "the title has more than %d characters", maxTitle)
	case !oneLine(i.Title), !oneLine(i.Issuer), !oneLine(i.Summary):
		return invalid("title", "title, issuing body and summary are single lines")
	case utf8.RuneCountInString(i.Summary) > maxSummary:
		return invalid("summary", "the summary has more than %d characters", maxSummary)
	case !ValidSlug(i.Slug):
		return invalid("slug", "the slug %q is not made of small letters, digits and hyphens", i.Slug).
			hint("Give the item a slug of its own, such as gb-t-35273.")
	case len(i.Topics) == 0:
		return invalid("topics", "the item is filed under no topic")
	case len(i.Body) > MaxBody:
		return invalid("body", "the body has more than %d characters", MaxBody)
	case !utf8.ValidString(i.SearchText()) || strings.ContainsRune(i.SearchText(), 0):
		return invalid("body", "the item is not valid UTF-8 text") // PostgreSQL would not take it
	case len(NewTopicSet(i.Topics...)) < len(i.Topics):
		return invalid("topics", "the item is filed under the same topic twice")
	case len(i.Sources) > maxSources:
		return invalid("sources", "the item has more than %d sources", maxSources)
	}
	for _, s := range i.Sources {
		if err := validLink("sources", s.URL); err != nil {
			return err
		}
	}
	if c := i.Comments; c != nil {
		if c.Until.IsZero() {
			return invalid("comments", "the comment period needs its last day")
		}
		if c.URL != "" {
			if err := validLink("comments", c.URL); err != nil {
				return err
			}
		}
	}
	if s := i.Standard; s != nil && s.Identifier == "" && s.Title == "" {
		return invalid("standard", "the standard needs an identifier or a title")
	}
	return nil
}

// oneLine reports whether s is text without line breaks and control characters.
func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' })
}

func validLink(field, s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return invalid(field, "%q is not a web link", s).hint("Links start with https:// or http://.")
	}
	return nil
}

// Home is the topic whose section holds the item.
func (i Item) Home() int64 {
	if len(i.Topics) == 0 {
		return 0
	}
	return i.Topics[0]
}

// Publish makes a draft part of the next edition of its period.
func (i *Item) Publish(now time.Time) error {
	switch i.State {
	case ItemPublished:
		return nil
	case ItemWithdrawn:
		return refused("the item %q was withdrawn", i.Title)
	}
	if err := i.Validate(); err != nil {
		return err
	}
	i.State, i.PublishedAt, i.UpdatedAt = ItemPublished, now, now
	return nil
}

// Withdraw takes the item out of editions that are still collecting.
func (i *Item) Withdraw(now time.Time) { i.State, i.UpdatedAt = ItemWithdrawn, now }

// SearchText is everything of the item a reader could look for, and where
// abbreviations are looked for.
func (i Item) SearchText() string {
	parts := []string{i.Title, i.Issuer, i.Summary, i.Body}
	if s := i.Standard; s != nil {
		parts = append(parts, s.Identifier, s.Title, s.OriginalTitle, s.Committee, s.Stage, s.Relation)
	}
	for _, s := range i.Sources {
		parts = append(parts, s.Title)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// ItemFilter selects items; zero fields do not narrow.
type ItemFilter struct {
	States    []ItemState
	Period    Period // of Date
	TopicID   int64
	EditionID int64
	Free      bool // in no edition yet
	// What follows narrows the desk's list.
	IDs         []int64
	Phrases     []Phrase // all of them are in the item
	NoTopic     bool     // filed under none
	Issuer      string   // exactly
	HasDeadline bool     // open for comments until some day, past or to come
	ChangedBy   int64    // an editor who has saved it at least once
	Sort        ItemSort
	Limit       int // 0 means 500
	Offset      int
}

// Describe names an item in messages to editors.
func (i Item) Describe() string {
	if i.Number > 0 {
		return fmt.Sprintf("%d. %s", i.Number, i.Title)
	}
	return i.Title
}
