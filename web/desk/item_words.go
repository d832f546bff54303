package desk

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ItemWords is the form of an item as it stands: words, whatever state they are
// in. Only Edit makes an edit of them, and says what is wrong.
type ItemWords struct {
	Title, Slug, Summary, Body, Issuer, Date, Home               string
	Topics                                                       []string // ids, the home topic left out
	Identifier, StandardTitle, Original, Committee, Stage, Terms string   // of the standard; Terms is its relation
	Until, CommentsURL                                           string
	Sources                                                      []SourceWords
	Note                                                         string

	Version, Turn int64
	Slot          string
}

// SourceWords is a row of the sources.
type SourceWords struct{ Title, URL, Language, Accessed string }

func (s SourceWords) empty() bool { return s == SourceWords{} }

// moreSources is more rows than an item may have: a form that sends more is cut
// there, and the item refuses the rest.
const moreSources = 60

// wordsOfForm reads the form.
func wordsOfForm(sent url.Values) ItemWords {
	line := func(name string) string { return strings.TrimSpace(sent.Get(name)) }
	w := ItemWords{Title: line("title"), Slug: line("slug"), Summary: line("summary"), Issuer: line("issuer"), Date: line("date"), Home: line("home"),
		Body:       strings.ReplaceAll(sent.Get("body"), "\r\n", "\n"), // as forms send lines (HTML, 4.10.21.8)
		Identifier: line("standard-identifier"), StandardTitle: line("standard-title"), Original: line("standard-original"),
		Committee: line("standard-committee"), Stage: line("standard-stage"), Terms: line("standard-relation"),
		Until: line("comments-until"), CommentsURL: line("comments-url"), Note: line("note"), Slot: line("slot")}
	w.Version, _ = strconv.ParseInt(line("version"), 10, 64)
	w.Turn, _ = strconv.ParseInt(line("turn"), 10, 64)
	for _, id := range sent["topic"] {
		if id != w.Home && !slices.Contains(w.Topics, id) {
			w.Topics = append(w.Topics, id)
		}
	}
	for n := range moreSources {
		part := func(name string) string { return line(subscriptions.SourceField(n, name)) }
		if s := (SourceWords{part("title"), part("url"), part("language"), part("accessed")}); !s.empty() {
			w.Sources = append(w.Sources, s)
		}
	}
	return w
}

// wordsOfItem fills the form with an item.
func wordsOfItem(i subscriptions.Item) ItemWords {
	w := ItemWords{Title: i.Title, Slug: i.Slug, Summary: i.Summary, Body: i.Body, Issuer: i.Issuer, Date: i.Date.String(), Version: i.Version,
		Slot: subscriptions.ItemSlot(i.ID)}
	for n, id := range i.Topics {
		if n == 0 {
			w.Home = strconv.FormatInt(id, 10)
			continue
		}
		w.Topics = append(w.Topics, strconv.FormatInt(id, 10))
	}
	if s := i.Standard; s != nil {
		w.Identifier, w.StandardTitle, w.Original, w.Committee, w.Stage, w.Terms = s.Identifier, s.Title, s.OriginalTitle, s.Committee, s.Stage, s.Relation
	}
	if c := i.Comments; c != nil {
		w.Until, w.CommentsURL = c.Until.String(), c.URL
	}
	for _, s := range i.Sources {
		w.Sources = append(w.Sources, SourceWords{s.Title, s.URL, s.Language, s.Accessed.String()})
	}
	return w
}

// form writes the words as a form would send them.
func (w ItemWords) form() url.Values {
	v := url.Values{"title": {w.Title}, "slug": {w.Slug}, "summary": {w.Summary}, "body": {w.Body}, "issuer": {w.Issuer}, "date": {w.Date}, "home": {w.Home},
		"topic": w.Topics, "standard-identifier": {w.Identifier}, "standard-title": {w.StandardTitle}, "standard-original": {w.Original},
		"standard-committee": {w.Committee}, "standard-stage": {w.Stage}, "standard-relation": {w.Terms}, "comments-until": {w.Until},
		"comments-url": {w.CommentsURL}, "note": {w.Note}}
	for n, s := range w.Sources {
		for part, word := range map[string]string{"title": s.Title, "url": s.URL, "language": s.Language, "accessed": s.Accessed} {
			v.Set(subscriptions.SourceField(n, part), word)
		}
	}
	return v
}

// same reports whether two forms say the same, by whatever way they came about.
func (w ItemWords) same(other ItemWords) bool { return w.form().Encode() == other.form().Encode() }

// Rows gives the rows of sources a page shows: those there are and an empty one.
func (w ItemWords) Rows() []SourceWords {
	return append(slices.Clone(w.Sources), SourceWords{})
}

// Has reports whether a topic other than the home topic is ticked.
func (w ItemWords) Has(id int64) bool { return slices.Contains(w.Topics, strconv.FormatInt(id, 10)) }

// Words are the hidden inputs of a form that carries all of it.
func (w ItemWords) Words() []Word {
	var words []Word
	for name, values := range w.form() {
		for _, value := range values {
			if value != "" {
				words = append(words, Word{name, value})
			}
		}
	}
	slices.SortFunc(words, func(a, b Word) int { return strings.Compare(a.Name+"\x00"+a.Value, b.Name+"\x00"+b.Value) })
	return words
}

// Word is a hidden input.
type Word struct{ Name, Value string }

// edit makes an edit of the words. The error joins what is no date, no number and
// no topic with everything else that is wrong, so that all of it is said at once.
func (w ItemWords) edit(to subscriptions.ItemState) (subscriptions.ItemEdit, error) {
	var faults []error
	day := func(field, s string) subscriptions.Date {
		if s == "" {
			return subscriptions.Date{}
		}
		d, err := subscriptions.ParseDate(s)
		if err != nil {
			faults = append(faults, &subscriptions.Error{Code: subscriptions.Invalid, Field: field, Message: "this is not a date",
				Hint: "Write dates as year-month-day, such as 2019-03-31."})
		}
		return d
	}
	topics := []int64{}
	for _, s := range append([]string{w.Home}, w.Topics...) {
		if s == "" {
			continue
		}
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			id = -1 // there is no such topic
		}
		topics = append(topics, id)
	}
	if w.Home == "" && len(w.Topics) > 0 {
		faults = append(faults, &subscriptions.Error{Code: subscriptions.Invalid, Field: "topics", Message: "no home topic is chosen",
			Hint: "The home topic is the section in which the item stands."})
	}
	date, sources := day("date", w.Date), make([]subscriptions.Source, len(w.Sources))
	for n, s := range w.Sources {
		sources[n] = subscriptions.Source{Title: s.Title, URL: s.URL, Language: s.Language, Accessed: day(subscriptions.SourceField(n, "accessed"), s.Accessed)}
	}
	until := day("comments-until", w.Until)
	e := subscriptions.ItemEdit{Version: w.Version, Title: &w.Title, Slug: &w.Slug, Date: &date, Issuer: &w.Issuer, Summary: &w.Summary, Body: &w.Body,
		Standard: &subscriptions.Standard{Identifier: w.Identifier, Title: w.StandardTitle, OriginalTitle: w.Original, Committee: w.Committee,
			Stage: w.Stage, Relation: w.Terms},
		Comments: &subscriptions.CommentPeriod{Until: until, URL: w.CommentsURL}, Sources: &sources, Topics: &topics, Note: w.Note, State: to}
	if len(faults) == 0 {
		return e, nil
	}
	// The rest is said too, but not twice about one field.
	i := w.item(e)
	said, _ := page.FaultsOf(errors.Join(faults...))
	if more, ok := page.FaultsOf(i.Faults(to)); ok {
		for _, f := range more {
			if len(said.For(f.Field)) == 0 {
				faults = append(faults, &subscriptions.Error{Code: subscriptions.Invalid, Field: f.Field, Message: f.Message})
			}
		}
	}
	return e, errors.Join(faults...)
}

// item is what the edit would make, for a look at it before it is saved.
func (w ItemWords) item(e subscriptions.ItemEdit) subscriptions.Item {
	i := subscriptions.Item{Title: w.Title, Slug: w.Slug, Issuer: w.Issuer, Summary: w.Summary, Body: w.Body, Date: *e.Date, Topics: *e.Topics, Sources: *e.Sources}
	if i.Slug == "" {
		i.Slug = "item"
	}
	if *e.Standard != (subscriptions.Standard{}) {
		i.Standard = e.Standard
	}
	if *e.Comments != (subscriptions.CommentPeriod{}) {
		i.Comments = e.Comments
	}
	return i
}

// fieldOrder is the order in which the form asks.
func (w ItemWords) fieldOrder() []string {
	order := []string{"title", "summary", "body", "topics", "date", "issuer", "slug", "standard-identifier", "standard-title", "standard-original",
		"standard-committee", "standard-stage", "standard-relation", "comments-until", "comments-url", "sources"}
	for n := range w.Sources {
		for _, part := range []string{"url", "title", "language", "accessed"} {
			order = append(order, subscriptions.SourceField(n, part))
		}
	}
	return append(order, "note")
}
