package markdown

import (
	"bytes"
	"html/template"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Doc is a parsed text. It does not change and may be used by several
// goroutines.
type Doc struct {
	source []byte
	root   ast.Node
	blocks []ast.Node
}

// Parse reads GitHub's dialect. The shallowest heading of the text becomes one
// of the given level (2 to 6), the others keep their distance to it.
func Parse(src string, level int) *Doc {
	source := []byte(strings.ToValidUTF8(src, "\uFFFD"))
	root := tools().Parser().Parse(text.NewReader(source))
	clean(root, source, level)
	d := &Doc{source: source, root: root}
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		d.blocks = append(d.blocks, n)
	}
	return d
}

// Blocks counts paragraphs, lists, tables and whatever else stands beside them.
func (d *Doc) Blocks() int { return len(d.blocks) }

// Head is the text up to and without its nth block, counted from 0: what a
// letter shows of an item that is too long for it.
func (d *Doc) Head(n int) *Doc {
	return &Doc{source: d.source, root: d.root, blocks: d.blocks[:min(n, len(d.blocks))]}
}

// HTML renders the blocks.
func (d *Doc) HTML() template.HTML { return d.html(d.blocks) }

// Block renders one block, counted from 0.
func (d *Doc) Block(i int) template.HTML { return d.html(d.blocks[i : i+1]) }

func (d *Doc) html(blocks []ast.Node) template.HTML {
	var b bytes.Buffer
	for _, n := range blocks {
		// A bytes.Buffer refuses no write, and every node kind has a renderer.
		if err := tools().Renderer().Render(&b, d.source, n); err != nil {
			return template.HTML("<p>" + template.HTMLEscapeString(err.Error()) + "</p>") //nolint:gosec // escaped just here
		}
	}
	return template.HTML(policy().SanitizeBytes(b.Bytes())) //nolint:gosec // sanitised in this line
}

// HTML is Parse(src, 3).HTML(): for a page whose title is h1 and whose sections
// are h2.
func HTML(src string) template.HTML { return Parse(src, 3).HTML() }

// Text is Parse(src, 3).Text(width).
func Text(src string, width int) string { return Parse(src, 3).Text(width) }

// tools is goldmark with what newsletters need: tables, bare links, struck
// text. (Its own rule for Chinese line ends swallows the space before a link
// that starts a line; clean.go has ours.)
var tools = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
			extension.Linkify,
			extension.Strikethrough,
		),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(chineseRenderer{}, 500))),
	)
})

// policy is what may stand in the HTML. The tree was cleaned before; this is
// the second lock on the door.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "li", "blockquote", "pre", "code",
		"em", "strong", "del", "thead", "tbody", "tr")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^records$`)).OnElements("table")
	p.AllowElements("table")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowElements("ol")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^col$`)).OnElements("th")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(wide|rest)$`)).OnElements("th", "td")
	p.AllowElements("th", "td")
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^zh$`)).OnElements("span")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(false)
	return p
})
