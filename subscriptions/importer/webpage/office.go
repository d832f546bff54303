package webpage

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Word writes a list as paragraphs, each with its place in the list in a style,
// mso-list:l0 level2 lfo1, and with the bullet or number as text in front, in a
// span of mso-list:Ignore.

// entry is a paragraph of such a list.
type entry struct {
	node    *html.Node
	list    string // l0
	level   int    // from 1
	ordered bool
	number  int // as it stands in front; 1 when it is a letter
}

var (
	msoList = regexp.MustCompile(`(?i)mso-list:\s*(l\d+)\s+level(\d+)`)
	ignored = regexp.MustCompile(`(?i)mso-list:\s*ignore`)
	ordinal = regexp.MustCompile(`^[(（]?(?:(\d{1,9})|[a-zA-Z]|[ivxlcdmIVXLCDM]{1,7}|[一二三四五六七八九十]{1,3})[.)、）．](?:\d+\.?)*$`)
)

// maxLevel is the deepest level that Word has.
const maxLevel = 9

// lists makes lists of what looks like them and mends those that are wrong.
func lists(root *html.Node) {
	var parents []*html.Node
	seen := map[*html.Node]bool{}
	for n := range root.Descendants() {
		if n.DataAtom == atom.P && msoList.MatchString(attr(n, "style")) && !seen[n.Parent] && n.Parent.DataAtom != atom.Li {
			seen[n.Parent] = true
			parents = append(parents, n.Parent)
		}
	}
	for _, p := range parents {
		gather(p)
	}
	mend(root)
	for _, n := range all(root) {
		switch n.DataAtom {
		case atom.Span:
			if ignored.MatchString(attr(n, "style")) {
				n.Parent.RemoveChild(n)
				continue
			}
			unwrap(n, nil)
		case atom.P, atom.Li:
			n.Attr = nil
		}
	}
}

// all lists the elements below root, inner ones first.
func all(root *html.Node) []*html.Node {
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			list = append(list, n)
		}
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// gather puts runs of list paragraphs among the children of n into lists.
func gather(n *html.Node) {
	var open []*html.Node // the lists we are in, outermost first
	var lists []entry     // the entry that each was opened for
	for _, child := range children(n) {
		if child.Type == html.TextNode && strings.TrimSpace(child.Data) == "" {
			continue
		}
		e, ok := entryOf(child)
		if !ok {
			open, lists = nil, nil
			continue
		}
		depth := min(e.level, maxLevel)
		for len(open) > depth {
			open, lists = open[:len(open)-1], lists[:len(lists)-1]
		}
		if len(open) == depth && (lists[depth-1].list != e.list || lists[depth-1].ordered != e.ordered) {
			open, lists = open[:depth-1], lists[:depth-1]
		}
		if len(open) < depth {
			list := e.newList()
			if len(open) == 0 {
				n.InsertBefore(list, child)
			} else {
				open[len(open)-1].LastChild.AppendChild(list)
			}
			open, lists = append(open, list), append(lists, e)
		}
		n.RemoveChild(child)
		li := element(atom.Li)
		move(child, li)
		open[len(open)-1].AppendChild(li)
	}
}

func (e entry) newList() *html.Node {
	if !e.ordered {
		return element(atom.Ul)
	}
	if e.number == 1 {
		return element(atom.Ol)
	}
	return element(atom.Ol, html.Attribute{Key: "start", Val: strconv.Itoa(e.number)})
}

// entryOf reads a paragraph's place and takes its mark off.
func entryOf(n *html.Node) (entry, bool) {
	m := msoList.FindStringSubmatch(attr(n, "style"))
	if n.DataAtom != atom.P || m == nil {
		return entry{}, false
	}
	e := entry{node: n, list: m[1], number: 1}
	e.level, _ = strconv.Atoi(m[2])
	e.level = max(e.level, 1)
	for c := range n.Descendants() {
		if c.DataAtom == atom.Span && ignored.MatchString(attr(c, "style")) {
			mark := strings.Trim(words(c), " ")
			if o := ordinal.FindStringSubmatch(mark); o != nil {
				e.ordered = true
				if o[1] != "" {
					e.number, _ = strconv.Atoi(o[1])
				}
			}
			c.Parent.RemoveChild(c)
			break
		}
	}
	return e, true
}

// mend puts a list that stands in a list beside its entries (Google Docs, older
// Word) into the entry before it, and takes the paragraph off an entry that
// begins with one, so that the list stays tight.
func mend(root *html.Node) {
	for _, n := range all(root) {
		if n.DataAtom != atom.Ul && n.DataAtom != atom.Ol {
			continue
		}
		for _, c := range children(n) {
			if c.Type != html.ElementNode || c.DataAtom == atom.Li {
				continue
			}
			li := previousEntry(c)
			if li == nil || c.DataAtom != atom.Ul && c.DataAtom != atom.Ol {
				li = element(atom.Li)
				n.InsertBefore(li, c)
			}
			n.RemoveChild(c)
			li.AppendChild(c)
		}
		for li := range n.ChildNodes() {
			if li.DataAtom != atom.Li {
				continue
			}
			if first := firstElement(li); first != nil && (first.DataAtom == atom.P || first.DataAtom == atom.Div) && !hasBlock(first) {
				unwrap(first, nil)
			}
		}
	}
}

func previousEntry(n *html.Node) *html.Node {
	for p := n.PrevSibling; p != nil; p = p.PrevSibling {
		if p.DataAtom == atom.Li {
			return p
		}
	}
	return nil
}

// firstElement is what n begins with, if that is no text.
func firstElement(n *html.Node) *html.Node {
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode {
			return c
		}
		if strings.TrimSpace(c.Data) != "" {
			return nil
		}
	}
	return nil
}
