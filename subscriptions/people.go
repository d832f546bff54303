package subscriptions

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Person is a subscriber in a list of the desk.
type Person struct {
	Subscriber
	Status SubscriberStatus
	Topics []Topic // active now
	// Suppressed says why the address gets no letters, whatever the status; "" when
	// it may.
	Suppressed SuppressionReason
}

// PeopleFilter selects subscribers; zero fields do not narrow.
//
// Text is looked for at the beginning: of an address, of its domain, of the name,
// of what follows the first word of the name, of the organisation. "@example.org"
// is everybody of that domain. A million people are searched by indexes, and an
// index knows beginnings.
type PeopleFilter struct {
	Text     string
	Status   SubscriberStatus
	BeforeID int64 // for the next page, when there is no Text
	Limit    int   // 0 means 500
}

// PeopleStore finds people.
type PeopleStore interface {
	// People lists by id, newest first; with Text, what was found first.
	People(ctx context.Context, f PeopleFilter, now time.Time) ([]Subscriber, error)
	// SuppressionList lists those in force, newest first, after the given one.
	SuppressionList(ctx context.Context, f SuppressionFilter) ([]Suppression, error)
	CountSuppressed(ctx context.Context) (map[SuppressionReason]int, error)
}

// SuppressionFilter selects suppressions.
type SuppressionFilter struct {
	Reason SuppressionReason // "" for all
	Before time.Time         // for the next page; zero for the first
	Limit  int
}

// maxSearch is the longest text that is looked for, in bytes: an address.
const maxSearch = 254

// CleanSearch makes a text one can look for: one line, small letters, bounded.
func CleanSearch(s string) string {
	if !utf8.ValidString(s) {
		return ""
	}
	s = strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(s, "\x00", " ")), " "))
	if len(s) > maxSearch {
		s = strings.ToValidUTF8(s[:maxSearch], "")
	}
	return s
}

// AddPerson is somebody an editor adds.
type AddPerson struct {
	Email, Name string
	Topics      []string // slugs
	Source      string   // where the consent lies: "sign-up sheet of March 2019"
	Confirmed   bool     // it was given in writing; otherwise a letter asks for it
}

// EndPerson ends somebody, or bars their address.
type EndPerson struct {
	Note string // why, and who asked
	Bar  bool   // no letter ever, until it is lifted
}
