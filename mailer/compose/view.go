package compose

import (
	"cmp"
	"html/template"
	"slices"
	"strings"
	"unicode/utf8"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates"
	"sesec.eu/tidings/templates/markdown"
)

// The views are what the templates see: words ready to print, never a noun of
// the domain. HTML and text templates read the same ones, which is why the two
// parts tell the same.

// frame is what every mail shows around its content.
type frame struct {
	Title      string // of the page
	Preheader  string // what an inbox shows beside the subject
	Filler     string // keeps what follows out of there
	Site       string
	About      string // beside the name
	Period     string
	HomeURL    string
	PrivacyURL string
	Postal     string
	Keep       string // first in a text line: do not fold it
	Logo       *logoView
	Style      styleView
	Foot       footView
	id         subscriptions.Identity // whose texts Say gives
}

// footView is what stands at the foot of a letter, before who sends it. A letter that
// nobody subscribed to has nothing there.
type footView struct {
	Why    string     // why it came; may hold a slot
	Topics string     // of whom it came to
	Links  []linkView // to change and to leave
	Leave  []linkView // to leave one topic
	More   []linkView // to read on
}

// linkView is a link with its words: what the function link of the templates makes.
type linkView = templates.Link

func (c *voice) frame(title, preheader string) frame {
	preheader = shorten(line(preheader), previewed)
	return frame{Title: line(title), Preheader: preheader, Filler: filler(preheader), Site: line(c.id.Site), About: line(c.id.Subject),
		HomeURL: c.id.URL("/"), PrivacyURL: c.id.URL("/privacy"), Postal: line(c.id.Postal), Keep: markdown.Verbatim,
		Logo: c.logo(), Style: c.style(), id: c.id}
}

// previewed is how many characters of a letter an inbox shows at most.
const previewed = 140

// filler is blank, and keeps the masthead out of an inbox's preview when the preheader
// is short.
func filler(preheader string) string {
	return strings.Repeat("\u00a0\u200c", max(0, 90-utf8.RuneCountInString(preheader))/2)
}

// factView is a name and what it stands for, in one line or several, the last of
// which may be a link.
type factView struct {
	Label string
	Lines []string
	URL   string
}

type topicView struct{ Name, Short, Accent string }

func viewTopic(t subscriptions.Topic) topicView {
	return topicView{line(t.Name), line(cmp.Or(t.ShortName, t.Name)), accent(t)}
}

// accent is a colour that parts/style.html knows. A topic of another one is set in
// a plain colour: a missing class would leave it unreadable in dark mode.
func accent(t subscriptions.Topic) string {
	if slices.Contains(subscriptions.Accents(), t.Accent) {
		return t.Accent
	}
	return "plain"
}

type digestView struct {
	frame
	Welcome     bool   // it comes with a new subscription
	Name        string // slot
	ChangeURL   string // slot
	WebURL      string
	Topics      []topicView
	Lede        template.HTML
	LedeText    string
	Counted     string
	Contents    []contentsView
	Soon        []soonView
	Sections    []sectionView
	Events      []eventView
	Rest        string // what did not fit
	Glossary    []termView
	Signoff     template.HTML
	SignoffText string
	AboutText   template.HTML
	AboutPlain  string
	Contact     []contactView
}

type contentsView struct{ No, Figure, Title, Anchor, Label, Accent string }

type soonView struct{ Day, Left, Title, Committee, URL, To string }

type sectionView struct {
	topicView
	Heading   string // the topic's name, or the edition's own words
	Intro     template.HTML
	IntroText string
	Entries   []entryView
}

type entryView struct {
	Rule     bool // a line above: it is not the first of its section
	No       string
	Accent   string
	Anchor   string
	URL      string
	Title    string
	Lead     string
	Meta     []string
	Standard *standardView
	Comments *commentsView
	Body     template.HTML
	BodyText string
	Cut      bool // the rest is on the web
	Sources  []sourceView
	Mark     string // of its page, in the text
	Notes    []noteView
}

// noteView is a link of an entry's text, as its mark [1] names it.
type noteView struct {
	No  int
	URL string
}

type standardView struct{ Title, Original, Relation string }

type commentsView struct {
	Words string
	Open  bool
	URL   string
	Mark  string
}

type sourceView struct{ Title, URL, Language, Mark string }

type eventView struct {
	Rule         bool
	No           string
	Day, Month   string
	Date         string   // Tuesday 11 June 2019
	Times        []string // in the service's two zones
	TimesText    string
	Own          template.HTML // slot: in the reader's
	OwnText      string        // slot
	Title        string
	Anchor       string
	URL          string     // the entry's page, or the webinar's
	PageURL      string     // the webinar's
	RegisterURL  string     // at another service
	Doors        []doorView // of our own form: the faces, of which a reader sees one
	DoorsEnd     string
	Button       bool
	Over         bool
	Place        string
	Presenters   string
	Body         template.HTML
	BodyText     string
	RegisterMark string
	PageMark     string
	EntryMark    string
	Notes        []noteView
}

type termView struct{ Abbreviation, English, Chinese string }

// contactView is a line of the contact block, parted at a mail address.
type contactView struct{ Before, Mail, After string }
