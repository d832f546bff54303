package subscriptions

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Bounds of the smaller fields of an item, in characters; links in bytes.
const (
	maxItemWord = 200
	maxLink     = 2000
	maxNote     = 300
)

// SourceField names the input of a source, counted from 0, in forms and faults.
func SourceField(n int, part string) string { return fmt.Sprintf("source-%d-%s", n, part) }

// Faults gives everything that is wrong with an item of the desk, joined, each
// with the name of its input: a form says all of it at once. A draft needs no
// topic yet; what is public needs one.
func (i Item) Faults(to ItemState) error {
	var faults []error
	say := func(err *Error) { faults = append(faults, err) }
	line := func(field, name, s string, most int) {
		switch {
		case !oneLine(s):
			say(invalid(field, "%s is one line of text", name))
		case utf8.RuneCountInString(s) > most:
			say(invalid(field, "%s has more than %d characters", name, most))
		}
	}
	link := func(field, s string) {
		if err := linkFault(field, s); err != nil {
			say(err)
		}
	}

	if strings.TrimSpace(i.Title) == "" {
		say(invalid("title", "the item has no title").hint("Give it one, even if you change it later."))
	}
	line("title", "the title", i.Title, maxTitle)
	if !ValidSlug(i.Slug) {
		say(invalid("slug", "the link's last part is made of small letters, digits and hyphens").hint("Write it like gb-t-35273, or leave it empty."))
	}
	line("issuer", "the issuing body", i.Issuer, maxItemWord)
	line("summary", "the summary", i.Summary, maxSummary)
	switch {
	case len(i.Body) > MaxBody:
		say(invalid("body", "the text has %d bytes, and may have %d", len(i.Body), MaxBody).hint("Shorten it, or make two items of it."))
	case !utf8.ValidString(i.Body) || strings.ContainsRune(i.Body, 0):
		say(invalid("body", "the text holds characters that are no text").hint("Paste it again as plain text."))
	}
	if to == ItemPublished && len(i.Topics) == 0 {
		say(invalid("topics", "the item is filed under no topic").hint("Choose its home topic; without one nobody gets it."))
	}
	if len(NewTopicSet(i.Topics...)) < len(i.Topics) {
		say(invalid("topics", "the item is filed under the same topic twice"))
	}
	if s := i.Standard; s != nil {
		line("standard-identifier", "the identifier", s.Identifier, maxItemWord)
		line("standard-title", "the standard's title", s.Title, maxTitle)
		line("standard-original", "the original title", s.OriginalTitle, maxTitle)
		line("standard-committee", "the committee", s.Committee, maxItemWord)
		line("standard-stage", "the stage", s.Stage, maxItemWord)
		line("standard-relation", "the relation", s.Relation, maxTitle)
		if s.Identifier == "" && s.Title == "" {
			say(invalid("standard-identifier", "the standard has neither identifier nor title").hint("Enter one of them, or empty the other fields."))
		}
	}
	if c := i.Comments; c != nil {
		if c.Until.IsZero() {
			say(invalid("comments-until", "the comment period needs its last day"))
		}
		if c.URL != "" {
			link("comments-url", c.URL)
		}
	}
	if len(i.Sources) > maxSources {
		say(invalid("sources", "the item has more than %d sources", maxSources))
	}
	for n, s := range i.Sources {
		link(SourceField(n, "url"), s.URL)
		line(SourceField(n, "title"), "the source's title", s.Title, maxTitle)
		if !validLanguage(s.Language) {
			say(invalid(SourceField(n, "language"), "the language is a short code").hint("Write zh, de or fr; leave it empty for English."))
		}
	}
	return errors.Join(faults...)
}

func linkFault(field, s string) *Error {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return invalid(field, "the source has no link").hint("Enter it, or empty the row.")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || !oneLine(s):
		return invalid(field, "this is not a web link").hint("Links start with https:// or http://.")
	case len(s) > maxLink:
		return invalid(field, "the link has more than %d characters", maxLink)
	}
	return nil
}

// validLanguage knows the shape of BCP 47 tags: zh, zh-Hans, pt-BR.
func validLanguage(tag string) bool {
	if tag == "" {
		return true
	}
	for n, part := range strings.Split(tag, "-") {
		if len(part) < 2 || len(part) > 8 || n > 3 || strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
		}) {
			return false
		}
	}
	return true
}
