package webpage

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What the steps do to a tree.

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// keep drops all attributes but those.
func keep(n *html.Node, keys ...string) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return !slices.Contains(keys, a.Key) })
}

// unwrap puts what n holds in its place. It answers the node after it.
func unwrap(n, next *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = n.FirstChild {
		n.RemoveChild(c)
		n.Parent.InsertBefore(c, n)
	}
	n.Parent.RemoveChild(n)
	return next
}

// move appends all that from holds to to.
func move(from, to *html.Node) {
	for c := from.FirstChild; c != nil; c = from.FirstChild {
		from.RemoveChild(c)
		to.AppendChild(c)
	}
}

// words is the text below n on one line.
func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.DataAtom == atom.Br || blocks[c.DataAtom]:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// blocks stand below one another.
var blocks = set(atom.P, atom.Div, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Li, atom.Blockquote,
	atom.Pre, atom.Table, atom.Tr, atom.Td, atom.Th, atom.Dl, atom.Dt, atom.Dd, atom.Hr, atom.Section, atom.Article, atom.Figure,
	atom.Caption, atom.Thead, atom.Tbody, atom.Tfoot)

func hasBlock(n *html.Node) bool {
	for c := range n.Descendants() {
		if blocks[c.DataAtom] {
			return true
		}
	}
	return false
}

// within reports whether n stands in one of the kinds, below root.
func within(n, root *html.Node, kinds ...atom.Atom) bool {
	for p := n.Parent; p != nil && p != root; p = p.Parent {
		if slices.Contains(kinds, p.DataAtom) {
			return true
		}
	}
	return false
}

func element(kind atom.Atom, attrs ...html.Attribute) *html.Node {
	return &html.Node{Type: html.ElementNode, DataAtom: kind, Data: kind.String(), Attr: attrs}
}

func text(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }

// children lists them, so that they may be moved while the list is walked.
func children(n *html.Node) []*html.Node { return slices.Collect(n.ChildNodes()) }
