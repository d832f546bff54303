package importer

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"sesec.eu/tidings/subscriptions"
)

// The facts are read from the syntax tree, not decoded into structs: a decoder
// stops at the first fault and often without a line, while an editor wants all
// of them at once, each with its place.

// maxBrackets bounds [ and { in the facts. The parser takes seconds for a few
// thousand of them one in the other, and no file needs a hundred.
const maxBrackets = 200

// fields is a mapping of facts. What is asked for is ticked off; done reports
// the rest.
type fields struct {
	d      *document
	of     string // what the mapping is, in words
	at     int    // its line
	values []*ast.MappingValueNode
	asked  []string
}

// parse reads the facts of the document.
func (d *document) parse() (*fields, bool) {
	if strings.Count(d.front, "[")+strings.Count(d.front, "{") > maxBrackets {
		d.fail(1, "Write lists with a hyphen, one entry a line.", "The facts on top hold more than %d brackets.", maxBrackets)
		return nil, false
	}
	file, err := parser.ParseBytes([]byte(d.front), 0)
	if err != nil {
		line, message := 1, err.Error()
		var fault yaml.Error
		if errors.As(err, &fault) {
			message = fault.GetMessage()
			if t := fault.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line + 1
			}
		}
		d.find(subscriptions.SeverityError, line, lineOf(d.front, line-1),
			`Each fact is "name: value" on a line of its own; a value with a colon and a space in it, or one that begins with a sign, stands in double quotes.`,
			"The facts on top are not valid YAML: %s.", strings.TrimSuffix(message, "."))
		return nil, false
	}
	m := &fields{d: d, of: "the file", at: 1}
	for _, doc := range file.Docs {
		switch body := doc.Body.(type) {
		case nil, *ast.NullNode, *ast.CommentGroupNode:
		case *ast.MappingNode:
			if m.values != nil {
				d.fail(lineAt(body), "Take the line ... out.", "The facts on top are two YAML documents.")
				return nil, false
			}
			m.values = body.Values
		default:
			d.fail(lineAt(body), frontHint, `The facts on top are not lines of "name: value".`)
			return nil, false
		}
	}
	return m, true
}

func lineOf(text string, n int) string {
	lines := strings.Split(text, "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}

// lineAt gives the line in the file: the facts begin on its second.
func lineAt(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line + 1
	}
	return 1
}

// value finds a field and ticks it off; nil when it is not there or empty.
func (m *fields) value(name string) ast.Node {
	m.asked = append(m.asked, name)
	for _, v := range m.values {
		if key(v) == name {
			if _, empty := v.Value.(*ast.NullNode); empty {
				return nil
			}
			return v.Value
		}
	}
	return nil
}

func key(v *ast.MappingValueNode) string {
	if v.Key == nil || v.Key.GetToken() == nil {
		return ""
	}
	return v.Key.GetToken().Value
}

// line gives the line of a field, or that of the mapping.
func (m *fields) line(name string) int {
	for _, v := range m.values {
		if key(v) == name {
			return lineAt(v.Key)
		}
	}
	return m.at
}

// text reads a single value as it is written: 5.10 stays "5.10".
func (m *fields) text(name string) string {
	v := m.value(name)
	if v == nil {
		return ""
	}
	s, ok := scalar(v)
	if !ok {
		m.d.fail(lineAt(v), "Write "+name+": and the text; put it in double quotes if it begins with a sign.", "The field %s of %s is not a text.", name, m.of)
	}
	return strings.TrimSpace(s)
}

func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// number reads a whole number of at least 1.
func (m *fields) number(name string) int {
	s := m.text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		m.d.fail(m.line(name), "Write a whole number from 1, or leave the field out.", "The field %s of %s is %q, which is not a whole number from 1.", name, m.of, s)
		return 0
	}
	return n
}

// date reads a day.
func (m *fields) date(name string) subscriptions.Date {
	s := m.text(name)
	if s == "" {
		return subscriptions.Date{}
	}
	date, err := subscriptions.ParseDate(s)
	if err != nil {
		m.d.fail(m.line(name), subscriptions.HintOf(err), "The field %s of %s is %q, which is not a date.", name, m.of, s)
	}
	return date
}

// need reports a field that must be there. It asks after the field was read.
func (m *fields) need(hint string, names ...string) {
	for _, name := range names {
		missing := true
		for _, v := range m.values {
			if key(v) == name {
				s, single := scalar(v.Value)
				_, null := v.Value.(*ast.NullNode)
				missing = null || single && strings.TrimSpace(s) == ""
			}
		}
		if missing {
			m.d.fail(m.line(name), hint, "The field %s is missing: %s needs it.", name, m.of)
		}
	}
}

// list reads a list; a single value is not taken for a list of one.
func (m *fields) list(name, hint string) []ast.Node {
	v := m.value(name)
	if v == nil {
		return nil
	}
	seq, ok := v.(*ast.SequenceNode)
	if !ok {
		m.d.fail(lineAt(v), hint, "The field %s of %s is not a list.", name, m.of)
		return nil
	}
	return seq.Values
}

// slugs reads a list of slugs.
func (m *fields) slugs(name string) []string {
	const hint = "Write topics: [iot, cybersecurity]"
	var slugs []string
	for _, n := range m.list(name, hint) {
		s, ok := scalar(n)
		switch {
		case !ok || !subscriptions.ValidSlug(s):
			m.d.fail(lineAt(n), hint, "The field %s of %s holds %q, which is not the slug of a topic.", name, m.of, s)
		case slices.Contains(slugs, s):
			m.d.fail(lineAt(n), "Name each topic once.", "The field %s of %s names %s twice.", name, m.of, s)
		default:
			slugs = append(slugs, s)
		}
	}
	return slugs
}

// mappings reads a list of mappings.
func (m *fields) mappings(name, of, hint string) []*fields {
	var all []*fields
	for _, n := range m.list(name, hint) {
		if sub, ok := m.under(n, of, hint); ok {
			all = append(all, sub)
		}
	}
	return all
}

// mapping reads a field that has fields of its own; nil when it is not there.
func (m *fields) mapping(name, of, hint string) *fields {
	v := m.value(name)
	if v == nil {
		return nil
	}
	sub, _ := m.under(v, of, hint)
	return sub
}

func (m *fields) under(n ast.Node, of, hint string) (*fields, bool) {
	body, ok := n.(*ast.MappingNode)
	if !ok {
		m.d.fail(lineAt(n), hint, "What stands here for %s has no fields.", of)
		return nil, false
	}
	sub := &fields{d: m.d, of: of, at: lineAt(n), values: body.Values}
	if len(body.Values) > 0 {
		sub.at = lineAt(body.Values[0].Key)
	}
	return sub, true
}

// done reports the fields that nobody asked for.
func (m *fields) done() {
	for _, v := range m.values {
		name := key(v)
		if slices.Contains(m.asked, name) {
			continue
		}
		hint := "The fields of " + m.of + " are " + strings.Join(m.asked, ", ") + "."
		if near := nearest(name, m.asked); near != "" {
			hint = "Write " + near + ", if that is what is meant."
		}
		m.d.fail(lineAt(v.Key), hint, "The field %q is not known in %s.", shorten(name), m.of)
	}
}
