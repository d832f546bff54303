package markdown

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// clean takes out of the tree what neither form may show, and writes into it
// what only one of them would know otherwise.
func clean(root ast.Node, source []byte, level int) {
	shift := level - shallowest(root)
	for _, n := range all(root) {
		switch n := n.(type) {
		case *ast.HTMLBlock, *ast.RawHTML:
			n.Parent().RemoveChild(n.Parent(), n)
		case *ast.Heading:
			n.Level = min(max(n.Level+shift, 2), 6)
		case *ast.Image:
			unwrap(n)
		case *ast.Link:
			if to, ok := safeLink(string(n.Destination)); ok {
				n.Destination, n.Title = []byte(to), nil
			} else {
				unwrap(n)
			}
		case *ast.AutoLink:
			if _, ok := safeLink(string(n.URL(source))); !ok && n.AutoLinkType != ast.AutoLinkEmail {
				n.Parent().ReplaceChild(n.Parent(), n, ast.NewString(n.Label(source)))
			}
		case *ast.Text:
			joinChinese(n, source)
			markChinese(n, source)
		case *extast.Table:
			markTable(n, source)
		}
	}
	for _, n := range all(root) {
		if n.Kind() == ast.KindParagraph && n.ChildCount() == 0 {
			n.Parent().RemoveChild(n.Parent(), n)
		}
	}
}

// all lists the nodes below root, parents first, so that the tree may change
// while the list is walked.
func all(root ast.Node) []ast.Node {
	var list []ast.Node
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n != root {
			list = append(list, n)
		}
		return ast.WalkContinue, nil
	})
	return list
}

func shallowest(root ast.Node) int {
	least := 6
	for _, n := range all(root) {
		if h, ok := n.(*ast.Heading); ok {
			least = min(least, h.Level)
		}
	}
	return least
}

// unwrap puts a node's children in its place.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for c := n.FirstChild(); c != nil; c = n.FirstChild() {
		parent.InsertBefore(parent, n, c)
	}
	parent.RemoveChild(parent, n)
}

// safeLink gives the link in the spelling both forms show. A relative link is
// refused: in a letter it leads nowhere.
func safeLink(dest string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(dest))
	if err != nil {
		return "", false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return u.String(), u.Host != ""
	case "mailto":
		return u.String(), u.Opaque != ""
	}
	return "", false
}

// recordColumns is how many columns make a table too wide for a phone.
const recordColumns = 4

// markTable gives header cells their scope. In a table that no phone is wide
// enough for it names the column that holds the prose ("wide"), so that a style
// sheet can set each row as a record and that column in a line of its own.
func markTable(t *extast.Table, source []byte) {
	var widths []int
	cells := func(visit func(column int, cell *extast.TableCell, header bool)) {
		for row := t.FirstChild(); row != nil; row = row.NextSibling() {
			column := 0
			for c := row.FirstChild(); c != nil; c = c.NextSibling() {
				if cell, ok := c.(*extast.TableCell); ok {
					visit(column, cell, row.Kind() == extast.KindTableHeader)
					column++
				}
			}
		}
	}
	cells(func(column int, cell *extast.TableCell, header bool) {
		for len(widths) <= column {
			widths = append(widths, 0)
		}
		if header {
			cell.SetAttributeString("scope", []byte("col"))
			return
		}
		widths[column] += Width(plain(cell, source))
	})
	wide := 0
	for i, w := range widths {
		if w > widths[wide] {
			wide = i
		}
	}
	if len(widths) < recordColumns {
		return
	}
	t.SetAttributeString("class", []byte("records"))
	cells(func(column int, cell *extast.TableCell, header bool) {
		switch {
		case header:
		case column == wide:
			cell.SetAttributeString("class", []byte("wide"))
		case column > wide:
			cell.SetAttributeString("class", []byte("rest"))
		}
	})
}

// plain is the text of a node without any mark.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	for _, c := range all(n) {
		switch c := c.(type) {
		case *ast.Text:
			b.Write(c.Value(source))
		case *ast.String:
			b.Write(c.Value)
		case *ast.AutoLink:
			b.Write(c.Label(source))
		}
	}
	return b.String()
}

// joinChinese drops a line end between two Chinese characters, where a space
// would be a mistake.
func joinChinese(n *ast.Text, source []byte) {
	if !n.SoftLineBreak() {
		return
	}
	var next ast.Node = n
	for next.NextSibling() == nil {
		if next = next.Parent(); next == nil || next.Type() == ast.TypeBlock {
			return
		}
	}
	before, _ := utf8.DecodeLastRune(n.Value(source))
	next = next.NextSibling()
	for next.FirstChild() != nil {
		next = next.FirstChild()
	}
	if t, ok := next.(*ast.Text); ok {
		after, _ := utf8.DecodeRune(t.Value(source))
		n.SetSoftLineBreak(!(isHan(before) || isCJKPunct(before)) || !(isHan(after) || isCJKPunct(after)))
	}
}

// chinese wraps a run of Han characters, so that a voice reads it as Chinese
// and a font shows its Chinese forms.
type chinese struct{ ast.BaseInline }

var kindChinese = ast.NewNodeKind("Chinese")

func (*chinese) Kind() ast.NodeKind              { return kindChinese }
func (n *chinese) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// markChinese splits the text where the script changes.
func markChinese(n *ast.Text, source []byte) {
	if n.IsRaw() {
		return
	}
	s := string(n.Segment.Value(source))
	if n.Segment.Padding > 0 || !strings.ContainsFunc(s, isHan) {
		return
	}
	parent := n.Parent()
	for from := 0; from < len(s); {
		first, _ := utf8.DecodeRuneInString(s[from:])
		han := isHan(first)
		length := strings.IndexFunc(s[from:], isHan)
		if han {
			length = chineseRun(s[from:])
		}
		if length < 0 {
			length = len(s) - from
		}
		part := ast.NewTextSegment(text.NewSegment(n.Segment.Start+from, n.Segment.Start+from+length))
		from += length
		if from == len(s) {
			part.SetSoftLineBreak(n.SoftLineBreak())
			part.SetHardLineBreak(n.HardLineBreak())
		}
		if !han {
			parent.InsertBefore(parent, n, part)
			continue
		}
		run := &chinese{}
		run.AppendChild(run, part)
		parent.InsertBefore(parent, n, run)
	}
	parent.RemoveChild(parent, n)
}

// chineseRun is how much of s, which begins with a Chinese character, is Chinese: with
// its punctuation, and with the numbers within it, so that a voice that reads
// 2019年2月4日 does not change languages six times.
func chineseRun(s string) int {
	end := 0
	for i, r := range s {
		switch {
		case isHan(r), isCJKPunct(r) && i == end:
			end = i + utf8.RuneLen(r)
		case !unicode.IsDigit(r) && !unicode.IsPunct(r) && r != ' ':
			return end
		}
	}
	return end
}

func isHan(r rune) bool      { return unicode.Is(unicode.Han, r) }
func isCJKPunct(r rune) bool { return r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef }

type chineseRenderer struct{}

// RegisterFuncs is goldmark's hook.
func (chineseRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindChinese, func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
		tag := "</span>"
		if entering {
			tag = `<span lang="zh">`
		}
		_, err := w.WriteString(tag)
		return ast.WalkContinue, err
	})
}
