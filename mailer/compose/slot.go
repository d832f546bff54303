package compose

import (
	"crypto/rand"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aymerick/douceur/inliner"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates/markdown"
)

// columns is how wide the text part is set.
const columns = 72

// person is what a digest says of its reader, or the words that stand for it
// while a body is built.
type person struct {
	name        string        // "you" when they gave none
	unsubscribe string        // token
	preferences string        // token
	since       string        // " on 12 March 2019"
	own         []mailer.Fill // one a webinar: a line "8:30–9:30 in Lisbon", or nothing
	doors       []personDoor  // one a webinar that one registers for here
}

// personDoor is a door while a body is built.
type personDoor struct {
	event int    // of the digest
	token string // to register, or the word for it
	slot  string // the word that stays
	words doorWords
}

// The slots of a body, in the order of fills.
const fixedSlots = 4

// maxWebinars is for how many webinars there are slots. Doors come first: a webinar
// without one leads to its page alone, and is not announced to who has registered;
// one without the other shows the service's two zones only.
var maxWebinars = mailer.MaxSlots - fixedSlots

// fills gives the values of the slots but for the doors, which follow them. What
// stands in the HTML is escaped just as the HTML parser that wrote the body escapes.
func (p person) fills() []mailer.Fill {
	fills := make([]mailer.Fill, 0, mailer.MaxSlots)
	fills = append(fills, fill(p.name), fill(p.unsubscribe), fill(p.preferences), fill(p.since))
	return append(fills, p.own...)
}

func fill(s string) mailer.Fill { return mailer.Fill{Text: s, HTML: html.EscapeString(s)} }

// stands is a person of made-up words, and what turns those words into marks.
// The words are letters and digits, so that no escaper touches them, and random,
// so that nobody can write one into an item.
func stands(events []subscriptions.Event, now time.Time) (person, *strings.Replacer) {
	nonce := "slot" + rand.Text()
	var pairs []string
	free := func(i int) string { return nonce + "x" + strconv.Itoa(i) + "x" }
	word := func(i int) string {
		w := free(i)
		pairs = append(pairs, w, mailer.SlotMark(i))
		return w
	}
	p := person{name: word(0), unsubscribe: word(1), preferences: word(2), since: word(3)}
	for i, e := range events {
		if hasDoor(e.Webinar, now) && len(p.doors) < maxWebinars {
			p.doors = append(p.doors, personDoor{event: i})
		}
	}
	for i := range min(len(events), maxWebinars-len(p.doors)) {
		w := word(fixedSlots + i)
		p.own = append(p.own, mailer.Fill{Text: w, HTML: w})
	}
	next := mailer.MaxSlots
	for i := range p.doors {
		d := &p.doors[i]
		d.slot, d.token = word(fixedSlots+len(p.own)+i), free(next)
		for f := range d.words {
			next++
			d.words[f] = free(next)
		}
		next++
	}
	return p, strings.NewReplacer(pairs...)
}

// Inline moves a page's style sheet into style attributes, which is all that
// some mail programs read. Its @media rules, which stand at its end, stay in the
// head for those that know more; they go round the inliner, which would only
// parse and print them. It costs milliseconds: once a body, never once a person.
func Inline(page string) (string, error) {
	kept := ""
	if from, to := strings.Index(page, "@media"), strings.Index(page, "</style>"); 0 < from && from < to {
		kept = "<style>\n" + page[from:to] + "</style>\n"
		page = page[:from] + page[to:]
	}
	out, err := inliner.Inline(unstyled(page))
	if err != nil {
		return "", fmt.Errorf("inline the style sheet: %w", err)
	}
	return strings.Replace(out, "</head>", kept+"</head>", 1), nil
}

// unstyled takes out of the first style sheet what styles nothing on the page: the
// inliner looks through the whole page for each rule.
func unstyled(page string) string {
	before, rest, ok := strings.Cut(page, "<style>")
	sheet, after, closed := strings.Cut(rest, "</style>")
	if !ok || !closed {
		return page
	}
	return before + "<style>\n" + purge(sheet, classes(after)) + "</style>" + after
}

// texts renders a mail's two parts, ready but for the slots. A page that is far
// beyond most before its styles are inlined comes back as it is, without text:
// it is too large anyway, and inlining takes a second a megabyte.
func (c *Composer) texts(mail string, view any, most int) (text, page string, err error) {
	if page, err = c.mails.HTML(mail, view); err != nil || len(page) > 2*most {
		return "", page, err
	}
	return c.finish(mail, view, page)
}

// finish moves the styles of a page to its elements, and renders the text beside it.
func (c *Composer) finish(mail string, view any, page string) (text, inlined string, err error) {
	if page, err = Inline(page); err != nil {
		return "", "", err
	}
	if text, err = c.mails.Text(mail, view); err != nil {
		return "", "", err
	}
	return tidy(markdown.Fold(text, columns)), safe(lean(squeeze(page))), nil
}

// tidy leaves at most two blank lines anywhere, and none at the ends.
func tidy(text string) string {
	var b strings.Builder
	blank := 0
	for l := range strings.Lines(safe(text)) {
		if l = strings.TrimRight(l, " \t\n"); l == "" {
			blank++
			continue
		}
		if b.Len() > 0 {
			b.WriteString(strings.Repeat("\n", min(blank, 2)))
		}
		blank = 0
		b.WriteString(l + "\n")
	}
	return b.String()
}

// squeeze drops the empty lines that template actions leave behind, and the
// inliner's indentation, unless the page holds text whose spaces count.
func squeeze(page string) string {
	if strings.Contains(page, "<pre") {
		return page
	}
	var b strings.Builder
	for l := range strings.Lines(page) {
		if l = strings.TrimLeft(l, " \t\n"); l != "" {
			b.WriteString(l)
		}
	}
	return b.String()
}

// safe is text without the characters that are slots, and without carriage
// returns: how lines end is the sender's business.
func safe(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ReplaceAll(mailer.StripMarks(s), "\r", "")
}

// line is safe as one line, for headers and titles.
func line(s string) string { return strings.Join(strings.Fields(safe(s)), " ") }
