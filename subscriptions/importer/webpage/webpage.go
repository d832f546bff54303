package webpage

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"sesec.eu/tidings/subscriptions"
)

// MaxSource is how much HTML is read, in bytes. A newsletter of forty pages
// copied out of Word has about half of it, most of that styles.
const MaxSource = 2 << 20

// Options are how to read a page.
type Options struct {
	// Level is that of the shallowest heading, 1 to 6; 0 means 2, for an item
	// has its title above.
	Level int
}

// Reading is what came out.
type Reading struct {
	Markdown string   `json:"markdown"`        // without a line feed at its end
	Notes    []string `json:"notes,omitempty"` // sentences on what was left out
}

// Read turns HTML into Markdown. The error is an Invalid of package
// subscriptions: too large, nested too deeply, or too long for an item.
func Read(source string, o Options) (r Reading, err error) {
	if len(source) > MaxSource {
		return Reading{}, invalid("what was pasted is larger than 2 MB", "Paste it in parts, or as plain text.")
	}
	root, err := html.Parse(strings.NewReader(strings.ToValidUTF8(source, "\uFFFD")))
	if err != nil {
		// It reads any text; what it refuses is more than 512 elements in one another.
		return Reading{}, deep(err)
	}
	// The libraries are made for pages, not for attacks: a fault of theirs is
	// an answer, and the person pastes plain text.
	defer func() {
		if p := recover(); p != nil {
			r, err = Reading{}, deep(fmt.Errorf("panic: %v", p))
		}
	}()
	body := find(root, atom.Body)
	if body == nil {
		return Reading{}, nil
	}
	if depth(body) > maxDepth {
		return Reading{}, deep(nil)
	}
	c := &cleaner{level: o.Level}
	c.clean(body)
	lists(body)
	c.tables(body)
	c.headings(body)
	out, err := tools().ConvertNode(body)
	if err != nil {
		return Reading{}, deep(err)
	}
	r.Markdown = tidy(string(out))
	if len(r.Markdown) > subscriptions.MaxBody {
		return Reading{}, invalid(fmt.Sprintf("what was pasted has more than %d characters", subscriptions.MaxBody), "Paste it in parts.")
	}
	r.Notes = c.notes()
	return r, nil
}

// maxDepth bounds how deep elements stand in one another. Web pages have about
// thirty; each level of a list or quotation is written again in every line.
const maxDepth = 200

func deep(err error) error {
	e := invalid("what was pasted is nested too deeply to be read", "Paste it as plain text.")
	e.Err = err
	return e
}

func invalid(message, hint string) *subscriptions.Error {
	return &subscriptions.Error{Code: subscriptions.Invalid, Field: "body", Message: message, Hint: hint}
}

// tools is the library with what our Markdown has: no comments between lists,
// no padding in tables.
var tools = sync.OnceValue(func() *converter.Converter {
	return converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(commonmark.WithEmDelimiter("*"), commonmark.WithBulletListMarker("-"), commonmark.WithListEndComment(false)),
		strikethrough.NewStrikethroughPlugin(),
		table.NewTablePlugin(table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal)),
	))
})

var (
	breaks = regexp.MustCompile(`(?: *\n)*(?:  \n){2,}(?: *\n)*`) // two line breaks are a paragraph
	loose  = regexp.MustCompile(`\n[ \t]+\n( *(?:-|\d{1,9}\.) )`) // the library parts a list from the one in it
	blank  = regexp.MustCompile(`\n{3,}`)
)

// tidy ends what the library leaves open.
func tidy(s string) string {
	s = breaks.ReplaceAllString(s, "\n\n")
	s = loose.ReplaceAllString(s, "\n$1")
	s = blank.ReplaceAllString(s, "\n\n")
	return strings.Trim(s, " \n")
}

// plainRunes drops what is seen by nobody and turns the kinds of spaces into
// one. Marks that turn the direction of reading go too: they would turn that of
// the text after them.
func plainRunes(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0' || r == '\u3000' || r == '\u2007' || r == '\u202f':
			return ' '
		case r == '\u00ad', r == '\u200b', r == '\ufeff', r == '\u2060',
			r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f':
			return -1
		case r == '\n' || r == '\t' || r == '\r':
			return r
		case unicode.IsControl(r) || r == utf8.RuneError || r >= 0xe000 && r <= 0xf8ff: // Symbol's bullets
			return -1
		}
		return r
	}, s)
}

// find gives the first element of the kind, in the order of the page.
func find(n *html.Node, kind atom.Atom) *html.Node {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && c.DataAtom == kind {
			return c
		}
	}
	return nil
}

// depth is how many elements stand in one another.
func depth(n *html.Node) int {
	most, at := 0, 0
	for c := n.FirstChild; c != nil; {
		most = max(most, at+1)
		if c.FirstChild != nil {
			c, at = c.FirstChild, at+1
			continue
		}
		for c != n && c.NextSibling == nil {
			c, at = c.Parent, at-1
		}
		if c == n {
			break
		}
		c = c.NextSibling
	}
	return most
}
