package compose

import (
	"cmp"
	"html/template"
	"slices"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates/markdown"
)

// The views are what the templates see: words ready to print, never a noun of
// the domain. HTML and text templates read the same ones, which is why the two
// parts tell the same.

// frame is what every mail shows around its content.
type frame struct {
	Title      string // of the page
	Preheader  string // what an inbox shows beside the subject
	Site       string
	About      string // beside the name
	Period     string
	HomeURL    string
	PrivacyURL string
	Postal     string
	Keep       string // first in a text line: do not fold it
	Logo       *logoView
	Style      styleView
	id         subscriptions.Identity // whose texts Say gives
}

func (c *voice) frame(title, preheader string) frame {
	return frame{Title: line(title), Preheader: shorten(line(preheader), 140), Site: line(c.id.Site), About: line(c.id.Subject),
		HomeURL: c.id.URL("/"), PrivacyURL: c.id.URL("/privacy"), Postal: line(c.id.Postal), Keep: markdown.Verbatim,
		Logo: c.logo(), Style: c.style(), id: c.id}
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
	Welcome        bool   // it comes with a new subscription
	Name           string // slot
	Since          string // slot
	ChangeURL      string // slot
	UnsubscribeURL string // slot
	Leave          []leaveView
	WebURL         string
	EditionTitle   string
	Topics         []topicView
	Lede           template.HTML
	LedeText       string
	Counted        string
	Contents       []contentsView
	Soon           []soonView
	Sections       []sectionView
	Events         []eventView
	Rest           string // what did not fit
	Glossary       []termView
	Signoff        template.HTML
	SignoffText    string
	AboutText      template.HTML
	AboutPlain     string
	Contact        []contactView
}

type leaveView struct{ Name, URL string }

type contentsView struct{ No, Figure, Title, Anchor, Label, Accent string }

type soonView struct{ Day, Left, Title, Committee, URL string }

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
}

type standardView struct{ Title, Original, Relation string }

type commentsView struct {
	Words string
	Open  bool
	URL   string
}

type sourceView struct{ Title, URL, Language string }

type eventView struct {
	Rule        bool
	Day, Month  string
	Date        string // Tuesday 11 June 2019
	Times       string // in the service's two zones
	Own         string // slot
	Title       string
	Anchor      string
	URL         string // the entry's page, or the webinar's
	PageURL     string // the webinar's
	RegisterURL string
	Button      bool
	Over        bool
	Place       string
	Presenters  string
	Body        template.HTML
	BodyText    string
	Keep        string
}

type termView struct{ Abbreviation, Padded, English, Chinese string }

// contactView is a line of the contact block, parted at a mail address.
type contactView struct{ Before, Mail, After string }
