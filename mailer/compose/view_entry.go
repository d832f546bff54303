package compose

import (
	"cmp"
	"fmt"
	"html/template"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates/markdown"
)

// entry is an item in its section: facts, text, sources. In the text its links are
// notes, numbered as they come.
func (w digestWriter) entry(e subscriptions.Entry) entryView {
	v := entryView{No: number(e.Number), Accent: accent(e.Topic), Anchor: anchor(e.Item), URL: w.id.URL("/items/" + e.Slug), Title: line(e.Title)}
	facts := facts(e)
	v.Lead, v.Meta = facts[0], facts[1:]
	if s := e.Standard; s != nil {
		v.Standard = viewStandard(*s, e.Title)
	}
	var notes markdown.Notes
	if c := e.Comments; c != nil {
		v.Comments = w.comments(*c)
		if v.Comments.URL != "" {
			v.Comments.Mark = notes.Mark(v.Comments.URL)
		}
	}
	v.Body, v.BodyText, v.Cut = w.text(e.Body, e.Summary, &notes)
	for _, s := range e.Sources {
		source := sourceView{Title: cmp.Or(line(s.Title), safe(s.URL)), URL: safe(s.URL), Language: language(s.Language)}
		source.Mark = notes.Mark(source.URL)
		v.Sources = append(v.Sources, source)
	}
	v.Mark = notes.Mark(v.URL)
	v.Notes = viewNotes(notes)
	return v
}

func viewNotes(notes markdown.Notes) []noteView {
	var views []noteView
	for i, url := range notes.URLs {
		views = append(views, noteView{i + 1, url})
	}
	return views
}

// text is a body within the limits; the summary stands in when no paragraph of
// it fits.
func (w digestWriter) text(body, summary string, notes *markdown.Notes) (html template.HTML, text string, cut bool) {
	p := w.prose(safe(body), 4)
	n := w.limits.blocks(p)
	if cut = n < p.doc.Blocks(); n == 0 && summary != "" {
		p = w.prose(line(summary), 4)
		n = p.doc.Blocks()
	}
	if w.limits.guessed {
		return p.head(n), "", cut
	}
	return p.head(n), p.doc.Head(n).TextNoted(columns, notes), cut
}

// facts is the line under a title: who, which standard, how far, when, where
// else. The first is set apart; there is always one.
func facts(e subscriptions.Entry) []string {
	var parts []string
	add := func(s string) {
		if s = line(s); s != "" {
			parts = append(parts, s)
		}
	}
	issuer := line(e.Issuer)
	if s := e.Standard; s != nil {
		// "ISO/IEC 30165" and "SAC/TC260" name their issuer themselves.
		if issuer != "" && (strings.Contains(s.Identifier, issuer) || strings.Contains(s.Committee, issuer)) {
			issuer = ""
		}
		add(issuer)
		add(s.Identifier)
		if s.Identifier == "" {
			add(s.Committee)
		}
		add(s.Stage)
		if s.Identifier != "" {
			add(s.Committee)
		}
	} else {
		add(issuer)
	}
	add(e.Date.Words())
	if len(e.AlsoIn) > 0 {
		var names []string
		for _, t := range e.AlsoIn {
			names = append(names, line(cmp.Or(t.ShortName, t.Name)))
		}
		add("also in " + join(names))
	}
	if len(parts) == 0 {
		parts = []string{line(e.Topic.Name)}
	}
	return parts
}

// viewStandard is what the facts leave out; nil when that is nothing.
func viewStandard(s subscriptions.Standard, itemTitle string) *standardView {
	v := &standardView{Title: line(s.Title), Original: line(s.OriginalTitle), Relation: strings.TrimSuffix(line(s.Relation), ".")}
	if strings.Contains(line(itemTitle), v.Title) {
		v.Title = ""
	}
	if v.Title == "" && v.Original == "" { // the relation then opens the line
		v.Title, v.Relation = v.Relation, ""
	}
	if *v == (standardView{}) {
		return nil
	}
	return v
}

func (w digestWriter) comments(c subscriptions.CommentPeriod) *commentsView {
	left := subscriptions.DateOf(w.now.In(w.zone)).DaysUntil(c.Until)
	v := &commentsView{Open: left >= 0, URL: safe(c.URL)}
	switch {
	case left < 0:
		v.Words = "Comments closed on " + c.Until.Words()
	case left == 0:
		v.Words = "Open for comments until today, " + c.Until.Words()
	default:
		v.Words = "Open for comments until " + c.Until.Words()
	}
	return v
}

// event is a webinar's own facts, under the title of the entry that announces
// it if there is one.
func (w digestWriter) event(e subscriptions.Event) eventView {
	n := e.Webinar
	starts := n.Starts.In(w.zone)
	page := w.id.URL("/webinars/" + n.Slug)
	v := eventView{
		Day: fmt.Sprint(starts.Day()), Month: months[starts.Month()-1], Date: day(starts),
		Times: w.times(n.Starts, n.Ends, nil, subscriptions.DatesWords),
		Title: line(n.Title), Anchor: "w-" + n.Slug, URL: page, PageURL: page,
		Over: !w.now.Before(n.Ends), Place: "Online",
	}
	v.TimesText = markdown.Verbatim + strings.Join(v.Times, "\n"+markdown.Verbatim) // the slot follows, and takes no part in folding
	if l := line(n.Language); l != "" {
		v.Place += ", in " + l
	}
	if !n.Own() {
		v.RegisterURL = safe(n.RegistrationURL)
	}
	var who []string
	for _, p := range n.Presenters {
		if p.Role == "" {
			who = append(who, line(p.Name))
		} else {
			who = append(who, fmt.Sprintf("%s (%s)", line(p.Name), line(p.Role)))
		}
	}
	if len(who) > 0 {
		v.Presenters = "With " + join(who)
	}
	contents, summary := n.Contents, ""
	if e.Entry != nil {
		v.No, v.Title, v.Anchor, v.URL = number(e.Entry.Number), line(e.Entry.Title), anchor(e.Entry.Item), w.id.URL("/items/"+e.Entry.Slug)
		summary = e.Entry.Summary
	}
	if contents == "" {
		contents = summary
	}
	var notes markdown.Notes
	v.Body, v.BodyText, _ = w.text(contents, summary, &notes)
	if !v.Over && v.RegisterURL != "" {
		v.RegisterMark = notes.Mark(v.RegisterURL)
	}
	v.PageMark = notes.Mark(v.PageURL)
	if v.URL != v.PageURL {
		v.EntryMark = notes.Mark(v.URL)
	}
	v.Notes = viewNotes(notes)
	return v
}
