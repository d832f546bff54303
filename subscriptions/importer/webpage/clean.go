package webpage

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// cleaner counts what it leaves out.
type cleaner struct {
	level    int
	pictures int
	fields   int
	links    int
	nested   int
}

// notes says what was left out.
func (c *cleaner) notes() (notes []string) {
	for _, n := range []struct {
		count     int
		one, many string
	}{
		{c.pictures, "1 picture was left out: attach it to the item.", "%d pictures were left out: attach them to the item."},
		{c.fields, "1 field of a form was left out.", "%d fields of forms were left out."},
		{c.links, "1 link that leads nowhere from here was left out; its words stay.", "%d links that lead nowhere from here were left out; their words stay."},
		{c.nested, "1 table within a table became a line of text.", "%d tables within tables became lines of text."},
	} {
		switch {
		case n.count == 1:
			notes = append(notes, n.one)
		case n.count > 1:
			notes = append(notes, fmt.Sprintf(n.many, n.count))
		}
	}
	return notes
}

// clean leaves elements that Markdown knows, and no attribute but href, start,
// colspan and rowspan. What lists need of Word's styles stays until lists has
// read it.
func (c *cleaner) clean(n *html.Node) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		switch child.Type {
		case html.TextNode:
			child.Data = chineseLines.ReplaceAllString(plainRunes(child.Data), "$1$2")
		case html.ElementNode:
			next = c.element(child, next)
		default:
			n.RemoveChild(child) // comments, among them Word's conditions
		}
		child = next
	}
	mergeRuns(n)
}

// chineseLines is a line end between two Chinese characters, where a space
// would be a mistake.
var chineseLines = regexp.MustCompile(`(\p{Han}|[\x{3000}-\x{303f}\x{ff00}-\x{ff0f}])[ \t]*[\r\n]\s*(\p{Han}|[\x{3000}-\x{303f}\x{ff00}-\x{ff0f}])`)

// element cleans one element and says where to go on.
func (c *cleaner) element(n, next *html.Node) *html.Node {
	look := styleOf(n)
	switch {
	case dropped[n.DataAtom], look["display"] == "none", look["visibility"] == "hidden", look["mso-hide"] == "all", has(n, "hidden"):
		n.Parent.RemoveChild(n)
		return next
	case n.DataAtom == atom.Img || n.DataAtom == atom.Svg || n.DataAtom == atom.Video || n.DataAtom == atom.Canvas || n.DataAtom == atom.Object || n.Data == "v:imagedata":
		c.pictures++
		n.Parent.RemoveChild(n)
		return next
	case n.DataAtom == atom.Input || n.DataAtom == atom.Select || n.DataAtom == atom.Textarea || n.DataAtom == atom.Button:
		c.fields++
		n.Parent.RemoveChild(n)
		return next
	}
	c.clean(n)
	if known[n.DataAtom] && n.Namespace == "" {
		style(n, look)
	} else {
		styleInside(n, look)
		return unwrap(n, next)
	}
	switch n.DataAtom {
	case atom.A:
		to, ok := link(attr(n, "href"))
		if !ok {
			if href := attr(n, "href"); href != "" && !strings.HasPrefix(href, "#") && words(n) != "" {
				c.links++
			}
			return unwrap(n, next)
		}
		n.Attr = []html.Attribute{{Key: "href", Val: to}}
	case atom.B, atom.Strong:
		if weight := look["font-weight"]; weight == "normal" || weight == "400" { // Google Docs wraps everything so
			return unwrap(n, next)
		}
		n.Attr, n.DataAtom, n.Data = nil, atom.Strong, "strong"
	case atom.I, atom.Em:
		n.Attr, n.DataAtom, n.Data = nil, atom.Em, "em"
	case atom.S, atom.Strike, atom.Del:
		n.Attr, n.DataAtom, n.Data = nil, atom.Del, "del"
	case atom.Td, atom.Th:
		keep(n, "colspan", "rowspan")
	case atom.Ol:
		keep(n, "start")
	case atom.P, atom.Li, atom.Span: // office.go reads their styles
		keep(n, "style", "class")
	case atom.Table:
		keep(n, "role")
	default:
		n.Attr = nil
	}
	return next
}

// dropped is what nobody reads, with all that is in it.
var dropped = set(atom.Script, atom.Style, atom.Head, atom.Title, atom.Meta, atom.Link, atom.Template, atom.Noscript, atom.Iframe,
	atom.Embed, atom.Audio, atom.Applet, atom.Area, atom.Map, atom.Col, atom.Colgroup, atom.Base, atom.Source, atom.Track, atom.Datalist)

// known is what Markdown has a form for, or what a later step reads; any other
// element is its content.
var known = set(atom.P, atom.Div, atom.Br, atom.Hr, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Li,
	atom.Blockquote, atom.Pre, atom.Code, atom.Strong, atom.B, atom.Em, atom.I, atom.S, atom.Strike, atom.Del, atom.A, atom.Span,
	atom.Table, atom.Caption, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr, atom.Td, atom.Th, atom.Dl, atom.Dt, atom.Dd,
	atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Aside, atom.Nav, atom.Figure, atom.Figcaption, atom.Address,
	atom.Details, atom.Summary, atom.Form, atom.Fieldset)

func set(kinds ...atom.Atom) map[atom.Atom]bool {
	m := map[atom.Atom]bool{}
	for _, k := range kinds {
		m[k] = true
	}
	return m
}

// styleOf reads a style attribute. The last of two declarations counts.
func styleOf(n *html.Node) map[string]string {
	value := attr(n, "style")
	if value == "" {
		return nil
	}
	look := map[string]string{}
	for part := range strings.SplitSeq(value, ";") {
		if name, v, ok := strings.Cut(part, ":"); ok {
			look[strings.ToLower(strings.TrimSpace(name))] = strings.ToLower(strings.TrimSpace(v))
		}
	}
	return look
}

// style turns the looks of text into elements: spans carry them, and what else
// carries them (a cell, a paragraph) says it of all it holds.
func style(n *html.Node, look map[string]string) {
	if n.DataAtom == atom.Span {
		styleInside(n, look)
	}
}

func styleInside(n *html.Node, look map[string]string) {
	if len(look) == 0 || words(n) == "" {
		return
	}
	if weight, err := strconv.Atoi(look["font-weight"]); look["font-weight"] == "bold" || err == nil && weight >= 600 {
		wrap(n, atom.Strong)
	}
	if s := look["font-style"]; s == "italic" || s == "oblique" {
		wrap(n, atom.Em)
	}
	if strings.Contains(look["text-decoration"]+look["text-decoration-line"], "line-through") {
		wrap(n, atom.Del)
	}
}

// wrap puts all that n holds into a new element, unless there are blocks in it.
func wrap(n *html.Node, kind atom.Atom) {
	if hasBlock(n) {
		return
	}
	inner := &html.Node{Type: html.ElementNode, DataAtom: kind, Data: kind.String()}
	move(n, inner)
	n.AppendChild(inner)
}

// mergeRuns joins neighbours that look alike: Word parts a bold word wherever
// its spelling was checked.
func mergeRuns(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		for next := c.NextSibling; next != nil && c.Type == html.ElementNode && next.Type == html.ElementNode && c.DataAtom == next.DataAtom &&
			(c.DataAtom == atom.Strong || c.DataAtom == atom.Em || c.DataAtom == atom.Del); next = c.NextSibling {
			move(next, c)
			n.RemoveChild(next)
		}
	}
}

// wrappers are services that put their own address before a link: the name of
// the host, and the parameter that holds the link.
var wrappers = []struct{ host, path, parameter string }{
	{".safelinks.protection.outlook.com", "/", "url"},
	{"www.google.com", "/url", "q"},
}

// link gives a link that works from anywhere.
func link(href string) (string, bool) {
	href = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, href)
	for range 3 { // a link may be wrapped more than once
		u, err := url.Parse(href)
		if err != nil {
			return "", false
		}
		inner := ""
		for _, w := range wrappers {
			if strings.HasSuffix(strings.ToLower(u.Host), w.host) && u.Path == w.path {
				inner = u.Query().Get(w.parameter)
			}
		}
		if inner == "" {
			scheme := strings.ToLower(u.Scheme)
			ok := (scheme == "http" || scheme == "https") && u.Host != "" || scheme == "mailto" && strings.Contains(u.Opaque, "@")
			return u.String(), ok
		}
		href = inner
	}
	return href, strings.HasPrefix(href, "https://") || strings.HasPrefix(href, "http://")
}

// headings moves all headings so that the shallowest has its level. One in a
// list or a table is bold text; an empty one goes.
func (c *cleaner) headings(root *html.Node) {
	level := c.level
	if level < 1 || level > 6 {
		level = 2
	}
	var all []*html.Node
	least := 6
	for n := range root.Descendants() {
		if at := headingLevel(n); at > 0 {
			all = append(all, n)
			if words(n) != "" && !within(n, root, atom.Li, atom.Td, atom.Th) {
				least = min(least, at)
			}
		}
	}
	for _, n := range all {
		switch {
		case words(n) == "":
			n.Parent.RemoveChild(n)
		case within(n, root, atom.Li, atom.Td, atom.Th):
			n.DataAtom, n.Data = atom.P, "p"
			unbold(n)
			wrap(n, atom.Strong)
		default:
			unbold(n)
			at := min(headingLevel(n)-least+level, 6)
			n.Data = "h" + strconv.Itoa(at)
			n.DataAtom = atom.Lookup([]byte(n.Data))
		}
	}
}

func headingLevel(n *html.Node) int {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return int(n.Data[1] - '0')
	}
	return 0
}

// unbold takes bold out of what is bold by itself.
func unbold(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.ElementNode {
			unbold(c)
			if c.DataAtom == atom.Strong {
				next = unwrap(c, next)
			}
		}
		c = next
	}
}
