package importer

import (
	"cmp"
	"errors"
	"path"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// item reads kind: item.
func (d *document) item(m *fields) {
	m.of = "an item"
	it := subscriptions.Item{Number: m.number("number"), Title: m.text("title"), Slug: m.text("slug"), Date: m.date("date"), Issuer: m.text("issuer"),
		Summary: m.text("summary"), Body: d.body, WebinarSlug: m.text("webinar"), State: subscriptions.ItemDraft, Origin: "import " + path.Base(d.name)}
	topics := m.slugs("topics")
	if s := m.mapping("standard", "the standard", "Write identifier: and title: below it, indented."); s != nil {
		it.Standard = &subscriptions.Standard{Identifier: s.text("identifier"), Title: s.text("title"), OriginalTitle: s.text("original_title"),
			Committee: s.text("committee"), Stage: s.text("stage"), Relation: s.text("relation")}
		s.done()
	}
	if c := m.mapping("comments", "the comment period", "Write until: 2019-03-03 below it, indented."); c != nil {
		it.Comments = &subscriptions.CommentPeriod{Until: c.date("until"), URL: c.text("url")}
		c.need("Write until: and the last day for comments, as 2019-03-03.", "until")
		c.done()
	}
	for _, s := range m.mappings("sources", "a source", "Write a list of sources: - title: …, and below it url: …") {
		it.Sources = append(it.Sources, subscriptions.Source{Title: s.text("title"), URL: s.text("url"), Language: s.text("language"), Accessed: s.date("accessed")})
		s.need("Write url: and the address, beginning with https://.", "url")
		s.done()
	}
	m.done()
	m.need("Write title: and the news in a few words.", "title")
	if len(topics) == 0 && !d.bad {
		d.fail(m.line("topics"), "Write topics: [iot], with the item’s home first.", "The item is filed under no topic.")
	}
	it.Slug = cmp.Or(it.Slug, subscriptions.Slugify(it.Title))
	if it.WebinarSlug != "" && !subscriptions.ValidSlug(it.WebinarSlug) {
		d.fail(m.line("webinar"), "Write the slug of the webinar, as its own file has it.", "The field webinar is %q, which is not a slug.", it.WebinarSlug)
	}
	if d.bad {
		return
	}
	// The topics are known by slug only, and Validate wants one.
	filed := it
	filed.Topics = []int64{1}
	d.check(m, filed.Validate())
	for _, other := range d.into.Items {
		if other.Item.Slug == it.Slug {
			d.twice(m, "item", it.Slug, other.Place)
		}
	}
	if !d.bad {
		d.into.Items = append(d.into.Items, subscriptions.DraftItem{Item: it, TopicSlugs: topics, Place: d.place(1)})
	}
}

// webinar reads kind: webinar.
func (d *document) webinar(m *fields) {
	m.of = "a webinar"
	w := subscriptions.Webinar{Slug: m.text("slug"), Title: m.text("title"), Zone: m.text("zone"), Language: m.text("language"), Contents: d.body,
		RegistrationURL: m.text("registration_url"), JoinURL: m.text("join_url"), Capacity: m.number("capacity"), State: subscriptions.WebinarAnnounced}
	topics := m.slugs("topics")
	starts, ends, until := m.text("starts"), m.text("ends"), m.text("register_until")
	for _, p := range m.mappings("presenters", "a presenter", "Write a list of presenters: - name: …, and below it role: …") {
		w.Presenters = append(w.Presenters, subscriptions.Presenter{Name: p.text("name"), Role: p.text("role"), Biography: p.text("biography")})
		p.need("Write name: and who speaks.", "name")
		p.done()
	}
	m.done()
	m.need("Write title: and what the webinar is about.", "title")
	m.need(`Write the clock time of the webinar’s zone, as in starts: "2019-06-11 09:30".`, "starts", "ends")
	m.need("Write zone: and whose clock that is, as Europe/Brussels.", "zone")
	if len(topics) == 0 && !d.bad {
		d.fail(m.line("topics"), "Write topics: [horizontal], with the topics of the people it is announced to.", "The webinar is filed under no topic.")
	}
	if d.bad {
		return
	}
	zone, err := subscriptions.LoadZone(w.Zone)
	if d.check(m, err); err != nil {
		return
	}
	clock := func(name, s string) (t time.Time) {
		if s != "" {
			t, err = subscriptions.ParseLocalTime(name, s, zone)
			d.check(m, err)
		}
		return t.UTC()
	}
	w.Starts, w.Ends = clock("starts", starts), clock("ends", ends)
	if until != "" {
		w.RegisterUntil = clock("register_until", until)
	}
	w.Slug = cmp.Or(w.Slug, subscriptions.Slugify(w.Title))
	if d.bad {
		return
	}
	d.check(m, w.Validate())
	for _, other := range d.into.Webinars {
		if other.Webinar.Slug == w.Slug {
			d.twice(m, "webinar", w.Slug, other.Place)
		}
	}
	if !d.bad {
		d.into.Webinars = append(d.into.Webinars, subscriptions.DraftWebinar{Webinar: w, TopicSlugs: topics, Place: d.place(1)})
	}
}

// edition reads kind: edition.
func (d *document) edition(m *fields) {
	m.of = "an edition"
	e := subscriptions.DraftEdition{Slug: m.text("slug"), Title: m.text("title"), Period: subscriptions.Period{From: m.date("from"), To: m.date("to")},
		Contact: m.text("contact"), About: m.text("about"), Intro: d.body, Place: d.place(1)}
	m.done()
	m.need(`Write title: and what is printed on the edition, as "March 2019".`, "title")
	m.need("Write the first and the last day of the period, as from: 2019-01-01 and to: 2019-03-31.", "from", "to")
	if d.bad {
		return
	}
	if err := e.Period.Validate(); err != nil {
		d.fail(m.line("to"), "Look whether from and to are the right way round.", "%s.", sentence(err.Error()))
	}
	if e.Slug = cmp.Or(e.Slug, subscriptions.Slugify(e.Title)); !subscriptions.ValidSlug(e.Slug) {
		d.fail(m.line("slug"), "Give the edition a slug of its own, such as 2019-q1.", "The slug %q is not made of small letters, digits and hyphens.", e.Slug)
	}
	if other := d.into.Edition; other != nil {
		d.fail(1, "Import one edition at a time.", "There is a second edition; the first is in %s.", other.Place)
	}
	if !d.bad {
		d.into.Edition = &e
	}
}

// glossary reads kind: glossary. Each good term comes in, whatever is wrong
// with its neighbours.
func (d *document) glossary(m *fields) {
	m.of = "a glossary"
	seen := map[string]bool{}
	for _, t := range d.into.Terms {
		seen[t.Abbreviation] = true
	}
	for _, f := range m.mappings("terms", "a term", "Write a list of terms: - abbreviation: …, and below it english: … and chinese: …") {
		d.bad = false
		t := subscriptions.Term{Abbreviation: f.text("abbreviation"), English: f.text("english"), Chinese: f.text("chinese")}
		f.done()
		f.need("Write abbreviation: and english: in every term.", "abbreviation", "english")
		if d.bad {
			continue
		}
		if d.check(f, t.Validate()); seen[t.Abbreviation] {
			d.fail(f.at, "Take one of them out.", "The abbreviation %s is explained twice.", t.Abbreviation)
		}
		if seen[t.Abbreviation] = true; !d.bad {
			d.into.Terms = append(d.into.Terms, t)
		}
	}
	m.done()
	m.need("Write terms: and a list of abbreviations below it.", "terms")
	if d.body != "" {
		d.find(subscriptions.SeverityWarning, d.below+1, d.body, "Move it to an item or an edition.", "The text below a glossary is not imported.")
	}
}

// check reports a fault that the domain found, at the line of its field.
func (d *document) check(m *fields, err error) {
	if err == nil {
		return
	}
	line := m.at
	var fault *subscriptions.Error
	if errors.As(err, &fault) {
		if line = m.line(fault.Field); fault.Field == "body" {
			line = d.below + 1
		}
	}
	d.fail(line, cmp.Or(subscriptions.HintOf(err), "docs/items-format.md says what each field may hold."), "%s.", sentence(err.Error()))
}

func (d *document) twice(m *fields, what, slug string, first subscriptions.Place) {
	d.fail(m.line("slug"), "Give one of them another slug, with a line slug: above its other facts.",
		"The slug %s belongs to another %s of this import, in %s.", slug, what, first)
}
