package importer

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"

	"sesec.eu/tidings/subscriptions"
)

// Bounds of a feed.
const (
	maxFeed      = 5 << 20
	maxEntries   = 200
	maxFeedDepth = 2000 // elements one in the other; broken ones count that are never closed
	maxFeedKey   = 500  // bytes of what names an entry
)

// Feed reads RSS, Atom and JSON Feed. Each entry becomes an item with the
// entry's link as its source and its text as Markdown; the name it has in the
// feed (guid, id, or its link) is its Key. The topics are for the caller to
// choose. Place counts entries, as feeds have no lines worth naming. From is the
// address the feed was read at, "" for a file.
//
// The error is for what is no feed at all; an entry that cannot be read is a
// finding.
func Feed(name string, b []byte, contentType, from string) (subscriptions.Import, error) {
	in := subscriptions.Import{}
	if len(b) > maxFeed {
		return in, wrongFeed("the feed is larger than 5 MB", "Look for a shorter feed of the same site.", nil)
	}
	text, _, err := Text(b, contentType)
	if err != nil {
		return in, err
	}
	text = xmlDeclaration.ReplaceAllString(strings.TrimSpace(text), "") // it is UTF-8 now
	if strings.HasPrefix(text, "<") {
		if err := shallow(text); err != nil {
			return in, err
		}
	}
	feed, err := gofeed.NewParser().Parse(strings.NewReader(text))
	// Any JSON is taken for a JSON Feed, which names its version (JSON Feed 1.1).
	if errors.Is(err, gofeed.ErrFeedTypeNotDetected) || err == nil && feed.FeedType == "json" && feed.FeedVersion == "" {
		hint := "Look for a link to RSS or Atom on the page of the site."
		return in, wrongFeed("this is not a feed: neither RSS nor Atom nor JSON Feed", hint, nil)
	}
	if err != nil {
		return in, wrongFeed("the feed is broken", "Tell those who publish it; a feed can be checked at validator.w3.org/feed.", err)
	}
	in.Title = cut(plainOf(feed.Title), maxTitle)
	for n, e := range feed.Items {
		place := subscriptions.Place{File: name, Line: n + 1}
		if n == maxEntries {
			in.Findings = append(in.Findings, subscriptions.Finding{Place: place, Severity: subscriptions.SeverityWarning,
				Message: fmt.Sprintf("The feed has %d entries; only the first %d were read.", len(feed.Items), maxEntries)})
			break
		}
		d, findings := entryOf(e, feed, place, from)
		in.Findings = append(in.Findings, findings...)
		if d != nil {
			in.Items = append(in.Items, *d)
		}
	}
	return in, nil
}

var xmlDeclaration = regexp.MustCompile(`^<\?xml[^>]{0,200}\?>`)

// shallow refuses XML that is nested as no feed is: its parser calls itself for
// every level.
func shallow(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	for depth := 0; ; {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return wrongFeed("the feed is broken", "Tell those who publish it; a feed can be checked at validator.w3.org/feed.", err)
		}
		switch t.(type) {
		case xml.StartElement:
			if depth++; depth > maxFeedDepth {
				return wrongFeed("the feed is nested as no feed is", "Look whether this is the address of a feed.", nil)
			}
		case xml.EndElement:
			depth--
		}
	}
}

// entryOf makes a draft of an entry.
func entryOf(e *gofeed.Item, feed *gofeed.Feed, place subscriptions.Place, from string) (*subscriptions.DraftItem, []subscriptions.Finding) {
	var findings []subscriptions.Finding
	find := func(severity subscriptions.Severity, text, hint, message string) {
		findings = append(findings, subscriptions.Finding{Place: place, Severity: severity, Message: message, Text: shorten(text), Hint: hint})
	}
	link := absolute(e.Link, cmp.Or(from, feed.Link))
	d := &subscriptions.DraftItem{Place: place, Key: strings.TrimSpace(cmp.Or(e.GUID, link))}
	if len(d.Key) > maxFeedKey {
		sum := sha256.Sum256([]byte(d.Key))
		d.Key = hex.EncodeToString(sum[:])
	}
	d.Key = strings.ToValidUTF8(strings.ReplaceAll(d.Key, "\x00", ""), "")
	source := cmp.Or(strings.TrimSpace(e.Content), strings.TrimSpace(e.Description))
	if len(source) > maxHTML {
		find(subscriptions.SeverityWarning, "", "Read the rest at its source.", "The text of the entry is longer than 1 MB and was cut.")
	}
	it := subscriptions.Item{Title: plainOf(e.Title), Body: markdownOf(source, cmp.Or(link, from)), State: subscriptions.ItemDraft}
	if it.Title == "" {
		first, _, _ := strings.Cut(plainOf(source), ". ")
		it.Title = cut(first, 120)
		if it.Title != "" {
			find(subscriptions.SeverityNote, it.Title, "Give it one.", "The entry has no title; its first words stand in for it.")
		}
	}
	if it.Title == "" {
		find(subscriptions.SeverityError, link, "", "The entry has neither a title nor a text.")
		return nil, findings
	}
	if utf8.RuneCountInString(it.Title) > maxTitle {
		find(subscriptions.SeverityWarning, it.Title, "Shorten it.", "The title of the entry is too long and was cut.")
		it.Title = cut(it.Title, maxTitle)
	}
	if len(it.Body) > subscriptions.MaxBody {
		find(subscriptions.SeverityWarning, it.Title, "Read the rest at its source.", "The text of the entry is longer than an item may be and was cut.")
		it.Body = strings.ToValidUTF8(it.Body[:subscriptions.MaxBody], "")
	}
	if at := when(e); !at.IsZero() {
		it.Date = subscriptions.DateOf(at)
	}
	if link != "" {
		it.Sources = []subscriptions.Source{{Title: cut(plainOf(feed.Title), maxTitle), URL: link, Language: language(feed.Language)}}
	} else {
		find(subscriptions.SeverityNote, it.Title, "", "The entry has no link; the item has no source.")
	}
	if d.Key == "" {
		d.Key = cut(it.Title, maxTitle)
	}
	if code := identifier.FindStringSubmatch(it.Title); code != nil {
		it.Standard = &subscriptions.Standard{Identifier: code[1]}
	}
	it.Slug = subscriptions.Slugify(it.Title)
	d.Item = it
	return d, findings
}

// when is the day an entry came out. A year that no date of ours can hold is
// none.
func when(e *gofeed.Item) time.Time {
	at := e.PublishedParsed
	if at == nil {
		at = e.UpdatedParsed
	}
	if at == nil || at.Year() < 1990 || at.Year() > 2200 {
		return time.Time{}
	}
	return *at
}

// absolute gives a link that is one, in full, or "".
func absolute(link, from string) string {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || link == "" {
		return ""
	}
	if base, err := url.Parse(from); err == nil {
		u = base.ResolveReference(u)
	}
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(u.String()) > 2000 {
		return ""
	}
	return u.String()
}

// language is that of a source: nothing for English.
func language(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(s)), "-")
	if s == "en" || len(s) != 2 && len(s) != 3 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return s
}

// cut shortens to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n-1])) + "…"
}

func wrongFeed(message, hint string, cause error) error {
	return &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: message, Hint: hint, Err: cause}
}
