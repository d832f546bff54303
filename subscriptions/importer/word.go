package importer

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"sesec.eu/tidings/subscriptions"
)

// maxWord bounds a Word document as it lies on the disk.
const maxWord = 20 << 20

// CheckWord wants a .docx that is one, and is small when unpacked. Ask it before
// the document is given to a program that unpacks it.
func CheckWord(b []byte) error {
	if len(b) > maxWord {
		return wrongWord("the document is larger than 20 MB", "Take the pictures out, or cut it into several documents.")
	}
	if strings.HasPrefix(string(b[:min(len(b), 8)]), "\xd0\xcf\x11\xe0") {
		return wrongWord("the document is in the old format of Word, or is locked with a password", "Save it as .docx, without a password.")
	}
	document := false
	err := unpack(b, func(name string) bool {
		document = document || name == "word/document.xml"
		return false
	}, nil)
	if err == nil && !document {
		err = wrongWord("the file is not a Word document", "Save it as .docx.")
	}
	return err
}

func wrongWord(message, hint string) error {
	return &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: message, Hint: hint}
}

// Word reads a Word document that was turned into HTML. Every heading of the
// first level begins an item; without one, the document is one item. Topics are
// for the caller to choose.
func Word(name, page string) (subscriptions.Import, error) {
	in := subscriptions.Import{}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return in, wrongWord("the document is nested as no text is", "Paste its text.")
	}
	r := wordReader{name: name, in: &in}
	if body := firstElement(root, atom.Body); body != nil {
		for n := body.FirstChild; n != nil; n = n.NextSibling {
			if n.Type == html.ElementNode && n.DataAtom == atom.H1 {
				r.end()
				r.title = textOf(n)
				continue
			}
			if err := html.Render(&r.text, n); err != nil {
				return in, fmt.Errorf("read %s: %w", name, err)
			}
		}
	}
	r.end()
	if len(in.Items) == 0 && len(in.Findings) == 0 {
		in.Findings = append(in.Findings, subscriptions.Finding{Place: subscriptions.Place{File: name}, Severity: subscriptions.SeverityError,
			Message: "The document has no text.", Hint: "Look whether its text is a picture."})
	}
	return in, nil
}

// wordReader collects what stands under one heading.
type wordReader struct {
	name  string
	in    *subscriptions.Import
	n     int // items and headings without one
	title string
	text  strings.Builder
}

// end makes an item of what was collected.
func (r *wordReader) end() {
	body := markdownOf(r.text.String(), "")
	title := r.title
	r.text.Reset()
	if r.title = ""; title == "" && body == "" {
		return
	}
	r.n++
	place := subscriptions.Place{File: r.name, Line: r.n}
	find := func(severity subscriptions.Severity, text, hint, message string) {
		r.in.Findings = append(r.in.Findings, subscriptions.Finding{Place: place, Severity: severity, Message: message, Text: shorten(text), Hint: hint})
	}
	if title == "" {
		first, rest, _ := strings.Cut(body, "\n")
		if title = plainMark(first); title != "" && utf8.RuneCountInString(title) <= 150 && strings.TrimSpace(rest) != "" {
			body = strings.TrimSpace(rest)
			find(subscriptions.SeverityNote, title, "", "The first line became the title: no heading stands above it.")
		} else {
			title = strings.TrimSuffix(path.Base(r.name), path.Ext(r.name))
			find(subscriptions.SeverityWarning, title, "Give it a title.", "No heading stands above the text; the name of the file became the title.")
		}
	}
	if utf8.RuneCountInString(title) > maxTitle {
		find(subscriptions.SeverityWarning, title, "Shorten it.", "The title is too long and was cut.")
		title = cut(title, maxTitle)
	}
	if len(body) > subscriptions.MaxBody {
		find(subscriptions.SeverityError, title, "Cut it into several, each under a heading of the first level.", "The text is longer than an item may be.")
		return
	}
	it := subscriptions.Item{Title: title, Slug: subscriptions.Slugify(title), Body: body, State: subscriptions.ItemDraft}
	if code := identifier.FindStringSubmatch(title); code != nil {
		it.Standard = &subscriptions.Standard{Identifier: code[1]}
	}
	r.in.Items = append(r.in.Items, subscriptions.DraftItem{Item: it, Place: place})
}

// plainMark takes the signs of emphasis and of a heading off a line.
func plainMark(line string) string {
	return plainOf(strings.NewReplacer("**", "", "__", "", `\`, "").Replace(strings.TrimLeft(line, "# ")))
}

func firstElement(n *html.Node, a atom.Atom) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.DataAtom == a {
			return d
		}
	}
	return nil
}

// textOf is the text below a node in one line.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return spoken(b.String())
}
