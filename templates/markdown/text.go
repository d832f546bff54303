package markdown

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// How the text is set: paragraphs are wrapped and stand a blank line apart;
// lists hang below their bullet or number, however deep; a table is drawn when
// its columns fit and told as records when not; a link is its words and a
// number, and the numbers are resolved below the text. Bold and italic leave no
// mark: nobody reads asterisks aloud.

// Text sets the blocks in lines of at most width columns, without a line feed
// at the end. The links stand below, numbered.
func (d *Doc) Text(width int) string {
	var notes Notes
	text := d.TextNoted(width, &notes)
	for i, link := range notes.URLs {
		if i == 0 {
			text += "\n"
		}
		text += fmt.Sprintf("\n[%d] %s", i+1, link)
	}
	return text
}

// TextNoted sets the blocks and leaves the links to who asks, who may have links of
// their own to number with them.
func (d *Doc) TextNoted(width int, notes *Notes) string {
	w := &writer{source: d.source, notes: notes}
	return strings.Join(w.list(d.blocks, width, true), "\n")
}

// Notes numbers links, as footnotes: the same link keeps its number.
type Notes struct{ URLs []string }

// Mark gives the mark that stands behind a link's words, with the space before it.
func (n *Notes) Mark(url string) string {
	no := slices.Index(n.URLs, url) + 1
	if no == 0 {
		n.URLs = append(n.URLs, url)
		no = len(n.URLs)
	}
	return fmt.Sprintf("%c[%d]", glue, no)
}

// writer sets one document.
type writer struct {
	source []byte
	notes  *Notes
}

// list sets blocks one below the other, with a blank line between them when
// they stand apart.
func (w *writer) list(blocks []ast.Node, width int, apart bool) []string {
	var lines []string
	for _, n := range blocks {
		set := w.block(n, width)
		if apart && len(lines) > 0 && len(set) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, set...)
	}
	return lines
}

func (w *writer) block(n ast.Node, width int) []string {
	switch n := n.(type) {
	case *ast.List:
		return w.bullets(n, width)
	case *ast.Blockquote:
		return prefix(w.list(children(n), width-2, true), "> ", "> ")
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		var code []string
		for i := range n.Lines().Len() {
			at := n.Lines().At(i)
			code = append(code, strings.TrimRight(string(at.Value(w.source)), "\n"))
		}
		return prefix(code, "    ", "    ")
	case *ast.ThematicBreak:
		return []string{"* * *"}
	case *extast.Table:
		return w.table(n, width)
	}
	return Wrap(w.inline(n), width)
}

// bullets sets a list. An item's first block stands beside its mark.
func (w *writer) bullets(n *ast.List, width int) []string {
	var lines []string
	number := n.Start
	last := fmt.Sprintf("%d. ", n.Start+n.ChildCount()-1)
	for _, item := range children(n) {
		mark := "- "
		if n.IsOrdered() {
			mark = fmt.Sprintf("%*s", len(last), fmt.Sprintf("%d. ", number))
			number++
		}
		if !n.IsTight && len(lines) > 0 {
			lines = append(lines, "")
		}
		set := w.list(children(item), width-len(mark), !n.IsTight)
		if len(set) == 0 {
			set = []string{""}
		}
		lines = append(lines, prefix(set, mark, strings.Repeat(" ", len(mark)))...)
	}
	return lines
}

func prefix(lines []string, first, rest string) []string {
	for i, line := range lines {
		if i == 0 {
			lines[i] = strings.TrimRight(first+line, " ")
		} else if line != "" || strings.TrimSpace(rest) != "" {
			lines[i] = strings.TrimRight(rest+line, " ")
		}
	}
	return lines
}

func children(n ast.Node) []ast.Node {
	var list []ast.Node
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		list = append(list, c)
	}
	return list
}

// inline gives the words of a block, links numbered, hard breaks as line feeds.
func (w *writer) inline(n ast.Node) string {
	var b strings.Builder
	for _, c := range children(n) {
		switch c := c.(type) {
		case *ast.Text:
			b.WriteString(words(c, w.source))
			switch {
			case c.HardLineBreak():
				b.WriteByte('\n')
			case c.SoftLineBreak():
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(c.Value)
		case *ast.AutoLink:
			label := string(c.Label(w.source))
			b.WriteString(label)
			if to := string(c.URL(w.source)); c.AutoLinkType != ast.AutoLinkEmail && to != label {
				b.WriteString(w.notes.Mark(to))
			}
		case *ast.Link:
			label := w.inline(c)
			b.WriteString(label)
			if to := string(c.Destination); label != to && "mailto:"+label != to {
				b.WriteString(w.notes.Mark(to))
			}
		case *extast.Strikethrough:
			b.WriteString("~" + w.inline(c) + "~")
		default:
			b.WriteString(w.inline(c))
		}
	}
	return b.String()
}

// words gives a text node's words with backslashes and entities resolved.
func words(n *ast.Text, source []byte) string {
	value := n.Value(source)
	if n.IsRaw() { // a code span, which may run over a line end
		return strings.ReplaceAll(string(value), "\n", " ")
	}
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(value))))
}
