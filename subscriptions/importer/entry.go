package importer

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"sesec.eu/tidings/subscriptions"
)

// Bounds that the domain sets and a newsletter may break.
const (
	maxTitle   = 300
	maxSources = 50
)

// item makes a draft of an entry.
func (r *newsletterReader) item(p *segment) {
	title := r.j.join(p.takeTitle(r.s))
	it := subscriptions.DraftItem{TopicSlugs: []string{p.topic}, Place: subscriptions.Place{File: r.s.name, Line: p.at.no}}
	it.Item = subscriptions.Item{Number: p.heading.n, Title: title, State: subscriptions.ItemDraft, Origin: r.origin(p.heading.n)}
	if (p.section == "" || !p.known) && !r.warned[p.section] {
		r.warned[p.section] = true
		message := "The section %q is not known; what stands under it was filed under %s."
		if p.section == "" {
			message = "No section%.0s stands above the entry; it was filed under %s, and so are those that follow it."
		}
		r.find(p.at.no, subscriptions.SeverityWarning, p.at.text, "Choose the topics of these items.", message, p.section, fallback)
	}
	event := isEvent(p.lines)
	blocks := r.s.parseBlocks(r.j, p.lines, p.width(), event)
	if utf8.RuneCountInString(title) > maxTitle {
		it.Item.Title = string([]rune(title)[:maxTitle-1]) + "…"
		blocks = append([]*block{{kind: blockText, text: title, line: p.at.no}}, blocks...)
		r.find(p.at.no, subscriptions.SeverityWarning, title, "Shorten it.", "The title of entry %d is too long and was cut; the whole stands in the text.", p.heading.n)
	}
	it.Item.Slug = r.unique(subscriptions.Slugify(it.Item.Title), p.heading.n)
	for _, b := range blocks {
		if strings.Count(b.text, `"`)%2 == 1 {
			r.find(b.line, subscriptions.SeverityNote, b.text, "Look where it belongs.", "A quotation mark of entry %d has no partner.", p.heading.n)
		}
		if b.table == nil {
			continue
		}
		for _, line := range b.table.loose {
			r.find(line, subscriptions.SeverityWarning, "", "Move its words to their columns.", "The row of the table could not be parted into its cells.")
		}
	}
	r.sources(&it, blocks, p)
	it.Item.Body = markdown(blocks)
	r.dates(&it, blocks, event)
	it.Item.Issuer = r.issuer(title, blocks)
	if code := identifier.FindStringSubmatch(title); code != nil {
		it.Item.Standard = &subscriptions.Standard{Identifier: code[1]}
	}
	if event {
		it.Item.WebinarSlug = r.event(&it, blocks)
	}
	filed := it.Item
	filed.Topics = []int64{1}
	if err := filed.Validate(); err != nil {
		r.find(p.at.no, subscriptions.SeverityError, title, subscriptions.HintOf(err), "Entry %d was left out: %s.", p.heading.n, err)
		return
	}
	if it.Item.Body == "" {
		r.find(p.at.no, subscriptions.SeverityWarning, title, "Look whether its text stands elsewhere in the file.", "Entry %d has no text.", p.heading.n)
	}
	r.found.Items = append(r.found.Items, it)
}

// sources takes the links of the entry. A link that stands alone just before
// the next entry belongs to this one.
func (r *newsletterReader) sources(it *subscriptions.DraftItem, blocks []*block, p *segment) {
	for _, u := range linksIn(blocks) {
		if parsed, err := url.Parse(u); err != nil || parsed.Host == "" {
			r.find(p.at.no, subscriptions.SeverityWarning, u, "Mend it by hand.", "A link of entry %d is broken and was not taken as a source.", p.heading.n)
			continue
		}
		if len(it.Item.Sources) == maxSources {
			r.find(p.at.no, subscriptions.SeverityWarning, u, "Put it in the text.", "Entry %d has more than %d links; this one was left out of the sources.", p.heading.n, maxSources)
			continue
		}
		it.Item.Sources = append(it.Item.Sources, subscriptions.Source{URL: u})
	}
}

// dates gives the entry its day, and the last day for comments. An entry that
// names none stays without: no day is made up, and an undated item goes into the
// next edition. The day of an event lies ahead and is not the item's own.
func (r *newsletterReader) dates(it *subscriptions.DraftItem, blocks []*block, event bool) {
	texts := []string{it.Item.Title}
	for _, b := range blocks {
		texts = append(texts, b.text)
	}
	days := daysIn(strings.Join(texts, "\n"), r.period)
	for _, d := range days {
		if d.deadline || event {
			continue
		}
		if r.period.Contains(d.day) || r.title == "" {
			it.Item.Date = d.day
			break
		}
	}
	line, n := it.Place.Line, it.Item.Number
	switch {
	case !it.Item.Date.IsZero():
	case event:
		r.find(line, subscriptions.SeverityNote, it.Item.Title, "", "Entry %d announces an event and stays without a date.", n)
	default:
		r.find(line, subscriptions.SeverityNote, it.Item.Title, "Set the day, if it is known.", "Entry %d names no day in the period and stays without a date.", n)
	}
	for _, d := range days {
		if !d.deadline {
			continue
		}
		until := d.day
		if d.yearless && until.Compare(r.period.From) < 0 {
			until.Year++
		}
		it.Item.Comments = &subscriptions.CommentPeriod{Until: until}
		if len(it.Item.Sources) == 1 {
			it.Item.Comments.URL = it.Item.Sources[0].URL
		}
		return
	}
}

const body = `([A-Z][A-Za-z0-9]*(?:/[A-Z][A-Za-z0-9]*)*)(?: \([^()]*\))?`

var (
	// issues is the opening of an entry: "On 9th March, MIIT and SAC jointly
	// issued", "TC260 published".
	issues = regexp.MustCompile(`^(?:On [^,]{3,30}, ?|\d{1,2}[^,]{3,25}, ?)?` + body + `(?: and ` + body + `)?(?: jointly)? (?:has |have )?(?:[Ii]ssue[sd]?|[Pp]ublish(?:es|ed)?|[Rr]elease[sd]?)\b`)
	// identifier is that of a standard, in a title.
	identifier = regexp.MustCompile(`\b((?:ISO|IEC|ISO/IEC|ITU-T|GB|GB/T|GB/Z|YD|YD/T|EN|ETSI|CEN|SJ/T|GM/T)(?: (?:TR|TS|EN|GS|ES|Rec\.))?[ -](?:[A-Z]\.)?\d[\d.]*\d(?:-\d+)*(?::\d{4})?)`)
	committee  = regexp.MustCompile(`^TC\d{1,4}$`)
)

// issuers are the bodies that newsletters name without explaining them.
var issuers = map[string]bool{"MIIT": true, "SAC": true, "CAC": true, "SAMR": true, "CNCA": true, "MOST": true, "MOT": true, "MPS": true, "NDRC": true,
	"TC": true, "ISO": true, "IEC": true, "ITU": true, "CEN": true, "CENELEC": true, "ETSI": true, "SESEC": true, "CCSA": true, "CESI": true}

// issuer finds who issued what the entry tells of.
func (r *newsletterReader) issuer(title string, blocks []*block) string {
	texts := []string{title}
	if len(blocks) > 0 {
		texts = append(texts, blocks[0].text)
	}
	best := ""
	for _, s := range texts {
		m := issues.FindStringSubmatch(s)
		if m == nil || !r.isBody(m[1]) {
			continue
		}
		name := m[1]
		if m[2] != "" && r.isBody(m[2]) {
			name += " and " + m[2]
		}
		if len(name) > len(best) {
			best = name
		}
	}
	return best
}

func (r *newsletterReader) isBody(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		known := issuers[part] || committee.MatchString(part)
		for _, t := range r.found.Terms {
			known = known || t.Abbreviation == part
		}
		if !known {
			return false
		}
	}
	return true
}
