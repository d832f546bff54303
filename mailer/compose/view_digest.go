package compose

import (
	"cmp"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates/markdown"
)

// digestWriter puts a digest into views, within limits.
type digestWriter struct {
	*voice
	digest subscriptions.Digest
	now    time.Time
	why    occasion
	limits limits
	read   map[string]*prose
}

// prose reads a Markdown text once a letter.
func (w digestWriter) prose(src string, level int) *prose {
	p, known := w.read[src]
	if !known {
		p = &prose{doc: markdown.Parse(src, level)}
		w.read[src] = p
	}
	return p
}

func (w digestWriter) view(p person) digestView {
	d, c := w.digest, w.digest.Edition
	v := digestView{
		Name:      p.name,
		ChangeURL: w.link("preferences", p.preferences),
		WebURL:    w.id.URL("/editions/" + c.Slug),
		Counted:   counted(d.Count, len(c.Entries)),
	}
	for _, t := range d.Topics {
		v.Topics = append(v.Topics, viewTopic(t))
	}
	var titles []string
	anchors := map[string]string{} // of what is shown, by slug
	shown := 0
	for _, s := range d.Sections {
		section := sectionView{topicView: viewTopic(s.Topic), Heading: line(s.Heading)}
		if intro := safe(s.Intro); intro != "" && !w.limits.plain {
			p := w.prose(intro, 3)
			doc := p.doc.Head(w.limits.blocks(p))
			section.Intro, section.IntroText = doc.HTML(), doc.Text(columns)
		}
		for i, e := range s.Entries {
			if shown++; shown > w.limits.entries {
				continue
			}
			entry := w.entry(e)
			entry.Rule = i > 0
			section.Entries = append(section.Entries, entry)
			titles = append(titles, entry.Title)
			anchors[e.Slug] = "#" + entry.Anchor
			v.Contents = append(v.Contents, contents(e, entry.Accent))
		}
		if len(section.Entries) > 0 {
			v.Sections = append(v.Sections, section)
		}
	}
	for i, e := range d.Events {
		if shown++; shown > w.limits.entries {
			continue
		}
		event := w.event(e)
		event.Rule, event.Button = i > 0, i == 0 // one dark button a view
		if i < len(p.own) {
			event.Own, event.OwnText = template.HTML(p.own[i].HTML), p.own[i].Text //nolint:gosec // escaped by who fills
		}
		for _, d := range p.doors {
			if d.event == i {
				event.Doors, event.DoorsEnd = doorViews(event, w.link("register", d.token), d.words), d.words[faces]
			}
		}
		v.Events = append(v.Events, event)
		titles = append(titles, event.Title)
		if e.Entry != nil {
			anchors[e.Entry.Slug] = "#" + event.Anchor
			v.Contents = append(v.Contents, contents(*e.Entry, accent(e.Entry.Topic)))
		}
	}
	if rest := shown - w.limits.entries; rest > 0 {
		v.Rest = sentence(count(rest, "more entry is on the web", "more entries are on the web"))
	}
	for _, s := range d.Soon {
		soon := w.soon(s)
		soon.To = cmp.Or(anchors[s.Item.Slug], w.id.URL("/items/"+s.Item.Slug))
		v.Soon = append(v.Soon, soon)
	}
	for _, t := range d.Glossary {
		v.Glossary = append(v.Glossary, termView{line(t.Abbreviation), line(t.English), line(t.Chinese)})
	}
	if len(v.Contents) == 1 {
		v.Contents = nil // the entry follows at once
	}
	w.lede(&v)
	w.about(&v)
	if w.limits.plain {
		v.Contents, v.Glossary, v.Contact, v.AboutText, v.AboutPlain = nil, nil, nil, "", ""
		v.Soon = v.Soon[:min(len(v.Soon), 5)]
	}
	if off := w.said("digest.signoff", "site", line(w.id.Site)); off.Blocks() > 0 {
		v.Signoff, v.SignoffText = off.HTML(), off.Text(columns)
	}
	v.Welcome = w.why == asWelcome
	v.frame = w.frame(w.why.subject(d), cmp.Or(d.Preheader(), strings.Join(titles[:min(len(titles), 3)], " · ")))
	v.Period = c.Period.Words()
	v.Foot = w.foot(v, p)
	return v
}

// foot tells why the letter came, and leads out of each topic and of all. What
// travels with every letter cannot be left alone.
func (w digestWriter) foot(v digestView, p person) footView {
	leave := w.link("unsubscribe", p.unsubscribe)
	f := footView{Why: v.Say("digest.why", "since", p.since, "site", v.Site),
		Links: []linkView{{URL: v.ChangeURL, Label: "Change topics, or pause"}, {URL: leave, Label: "Unsubscribe from all"}},
		More:  []linkView{{URL: v.WebURL, Label: "Read “" + line(w.digest.Edition.Title) + "” on the web"}}}
	var chosen []string
	for _, t := range w.digest.Topics {
		if !t.ForEveryone {
			chosen = append(chosen, line(t.Name))
			f.Leave = append(f.Leave, linkView{URL: leave + "?topic=" + t.Slug, Label: line(cmp.Or(t.ShortName, t.Name))})
		}
	}
	if len(chosen) > 0 {
		f.Topics = "Your topics: " + join(chosen) + "."
	}
	return f
}

// counted tells the reader how much of the edition is theirs.
func counted(mine, all int) string {
	verb, edition := "are", count(all, "entry", "entries")
	if mine == 1 {
		verb = "is"
	}
	if mine == all {
		return sentence(edition) + ", the whole edition."
	}
	return sentence(inWords(mine)) + " of this edition’s " + edition + " " + verb + " on your topics."
}

func contents(e subscriptions.Entry, accent string) contentsView {
	no := number(e.Number)
	return contentsView{No: no, Figure: fmt.Sprintf("%2s", no), Title: line(e.Title), Anchor: anchor(e.Item),
		Label: line(cmp.Or(e.Topic.ShortName, e.Topic.Name)), Accent: accent}
}

func number(n int) string {
	if n < 1 {
		return ""
	}
	return fmt.Sprint(n)
}

func anchor(i subscriptions.Item) string {
	if i.Number > 0 {
		return fmt.Sprintf("e%d", i.Number)
	}
	return "e-" + i.Slug
}

// lede is the editor's intro, or a sentence that counts.
func (w digestWriter) lede(v *digestView) {
	intro := safe(w.digest.Edition.Intro)
	if intro == "" {
		intro = w.sentences(v)
	}
	p := w.prose(intro, 4)
	doc := p.doc.Head(w.limits.blocks(p))
	v.Lede, v.LedeText = doc.HTML(), doc.Text(columns)
}

func (w digestWriter) sentences(v *digestView) string {
	s := sentence(count(w.digest.Count, "entry", "entries")) + " in the topics you follow."
	if w.digest.Count == 0 {
		s = "An event in the topics you follow."
	}
	switch n := len(v.Soon); {
	case n == 1:
		s += " One draft is open for comments until " + v.Soon[0].Day + "."
	case n > 1:
		s += fmt.Sprintf(" %s drafts are open for comments, the first until %s.", sentence(inWords(n)), v.Soon[0].Day)
	}
	for _, e := range v.Events {
		if !e.Over {
			return s + " The next webinar takes place on " + e.Day + " " + e.Month + "."
		}
	}
	return s
}

func (w digestWriter) soon(s subscriptions.Deadline) soonView {
	v := soonView{Day: dayMonth(s.Until), Left: daysLeft(s.DaysLeft), Title: line(s.Item.Title), URL: w.id.URL("/items/" + s.Item.Slug)}
	if s.Item.Comments.URL != "" {
		v.URL = safe(s.Item.Comments.URL)
	}
	if s.Item.Standard != nil {
		v.Committee = line(s.Item.Standard.Committee)
	}
	return v
}

func dayMonth(d subscriptions.Date) string { return fmt.Sprintf("%d %s", d.Day, d.Month) }

// mailAddress finds an address in a line of the contact block.
var mailAddress = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)

func (w digestWriter) about(v *digestView) {
	if about := safe(w.digest.Edition.About); about != "" {
		p := w.prose(about, 3)
		doc := p.doc.Head(w.limits.blocks(p))
		v.AboutText, v.AboutPlain = doc.HTML(), doc.Text(columns)
	}
	for l := range strings.Lines(w.digest.Edition.Contact) {
		l = line(l)
		c := contactView{Before: l}
		if at := mailAddress.FindStringIndex(l); at != nil {
			c = contactView{l[:at[0]], l[at[0]:at[1]], l[at[1]:]}
		}
		v.Contact = append(v.Contact, c)
	}
}
