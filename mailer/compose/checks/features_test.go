package checks

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
	"golang.org/x/net/html"
)

// use is a feature at one place of a mail, by the name that caniemail gives it.
type use struct {
	slug     string
	on       string   // the element; "" in a style sheet
	property string   // of a declaration
	value    string   // of a declaration, or of an attribute
	query    []string // the media query's features, where the rule holds only under one
}

// usage is what an HTML mail uses.
type usage struct {
	elements int // of the page, but for html, head and meta
	uses     []use
	unknown  map[string]int // what caniemail has never tried
}

func (u *usage) add(one use) { u.uses = append(u.uses, one) }

// known tells whether caniemail has the feature.
type known func(slug string) bool

// features finds what a page uses.
//
// What only Outlook on Windows reads, in conditional comments, counts as a comment.
// Rules under a media query count apart: a client without the query loses the whole
// block at once, which is the query's own score.
func features(page string, has known) (usage, error) {
	u := usage{unknown: map[string]int{}}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return u, err
	}
	for n := range doc.Descendants() {
		switch n.Type {
		case html.DoctypeNode:
			u.add(use{slug: "html-doctype"})
		case html.CommentNode:
			u.add(use{slug: "html-comments"})
		case html.ElementNode:
			if err := u.element(n, has); err != nil {
				return u, err
			}
		}
	}
	return u, nil
}

// elements that caniemail groups, by their name.
var groups = map[string]string{"ul": "html-lists", "ol": "html-lists", "dl": "html-lists", "h1": "html-h1-h6", "h2": "html-h1-h6", "h3": "html-h1-h6", "h4": "html-h1-h6",
	"h5": "html-h1-h6", "h6": "html-h1-h6", "article": "html-semantics", "aside": "html-semantics", "details": "html-semantics", "figcaption": "html-semantics",
	"figure": "html-semantics", "footer": "html-semantics", "header": "html-semantics", "main": "html-semantics", "mark": "html-semantics", "nav": "html-semantics",
	"section": "html-semantics", "summary": "html-semantics", "time": "html-semantics", "embed": "html-object", "map": "html-image-maps", "source": "html-picture"}

// plainElements are as old as HTML itself; caniemail has not tried them.
var plainElements = set("html head meta title a b i em u s br sub sup tbody thead tfoot tr td th caption li dt dd col colgroup center font")

func (u *usage) element(n *html.Node, has known) error {
	if n.Data != "html" && n.Data != "head" && n.Data != "meta" {
		u.elements++
	}
	switch slug := "html-" + n.Data; {
	case groups[n.Data] != "":
		u.add(use{slug: groups[n.Data], on: n.Data})
	case n.Data == "input" || n.Data == "button":
		u.add(use{slug: slug + "-" + attr(n, "type"), on: n.Data})
	case has(slug):
		u.add(use{slug: slug, on: n.Data})
	case !plainElements[n.Data]:
		u.unknown["<"+n.Data+">"]++
	}
	if n.Data == "style" && n.FirstChild != nil {
		return u.sheet(n.FirstChild.Data, has)
	}
	for _, a := range n.Attr {
		switch slug := "html-" + a.Key; {
		case a.Key == "style":
			if err := u.declarations(n.Data, a.Val, has); err != nil {
				return fmt.Errorf("the style of <%s>: %w", n.Data, err)
			}
		case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
			u.add(use{slug: "html-anchor-links", on: n.Data, value: a.Val})
		case a.Key == "href" && strings.HasPrefix(a.Val, "mailto:"):
			u.add(use{slug: "html-mailto-links", on: n.Data, value: a.Val})
		case a.Key == "src" && n.Data == "img":
			u.image(a.Val)
		case a.Key == "name" && a.Val == "color-scheme":
			u.add(use{slug: "html-meta-color-scheme", on: n.Data, value: a.Val})
		case a.Key == "bgcolor":
			u.add(use{slug: "css-background-color", on: n.Data, value: a.Val})
		case a.Key == "sizes" || a.Key == "srcset":
			u.add(use{slug: "html-srcset", on: n.Data, value: a.Val})
		case a.Key == "loading":
			u.add(use{slug: "html-loading-attribute", on: n.Data, value: a.Val})
		case a.Key == "usemap":
			u.add(use{slug: "html-image-maps", on: n.Data, value: a.Val})
		case slugIsElement[slug]: // an attribute that is called like an element
		case has(slug):
			u.add(use{slug: slug, on: n.Data, value: a.Val})
		case !plainAttributes[a.Key]:
			u.unknown[a.Key+"="]++
		}
	}
	return nil
}

var (
	slugIsElement   = set("html-style html-link html-form html-abbr html-span html-code html-base html-dfn html-address")
	plainAttributes = set("href src alt title class id name content charset colspan rowspan scope border start color face headers summary type value nowrap http-equiv xmlns")
)

func (u *usage) image(src string) {

	if strings.HasPrefix(src, "data:") {
		u.add(use{slug: "image-base64", on: "img"})
		return
	}
	end := strings.TrimPrefix(strings.ToLower(path.Ext(src)), ".")
	switch end {
	case "jpeg":
		end = "jpg"
	case "":
		u.unknown["an image without an ending"]++
		return
	}
	u.add(use{slug: "image-" + end, on: "img"})
}

// declarations reads a style attribute.
func (u *usage) declarations(on, style string, has known) error {
	p := css.NewParser(parse.NewInputString(style), true)
	for {
		kind, _, data := p.Next()
		switch kind {
		case css.ErrorGrammar:
			if p.HasParseError() {
				return p.Err()
			}
			return nil
		case css.DeclarationGrammar, css.CustomPropertyGrammar:
			u.declaration(use{on: on}, string(data), p.Values(), has)
		case css.CommentGrammar:
			u.add(use{slug: "css-comments", on: on})
		}
	}
}

// sheet reads a <style>.
func (u *usage) sheet(text string, has known) error {
	p := css.NewParser(parse.NewInputString(text), false)
	var query []string
	depth, selectors := 0, 0
	for {
		kind, _, data := p.Next()
		switch kind {
		case css.ErrorGrammar:
			if p.HasParseError() {
				return fmt.Errorf("the style sheet: %w", p.Err())
			}
			return nil
		case css.CommentGrammar:
			u.add(use{slug: "css-comments", query: query})
		case css.AtRuleGrammar:
			u.add(use{slug: "css-at-" + strings.TrimPrefix(string(data), "@"), query: query})
		case css.BeginAtRuleGrammar:
			slug := "css-at-" + strings.TrimPrefix(string(data), "@")
			u.add(use{slug: slug, value: words(p.Values()), query: query})
			if slug == "css-at-media" || slug == "css-at-supports" {
				query = append(slices.Clip(query), append(u.query(p.Values(), has), slug)...)
				depth++
			}
		case css.EndAtRuleGrammar:
			if depth--; depth <= 0 {
				depth, query = 0, nil
			}
		case css.QualifiedRuleGrammar:
			selectors++
			u.selector(query, p.Values())
		case css.BeginRulesetGrammar:
			if selectors > 0 {
				u.add(use{slug: "css-selector-grouping", query: query})
			}
			selectors = 0
			u.selector(query, p.Values())
		case css.DeclarationGrammar, css.CustomPropertyGrammar:
			u.declaration(use{query: query}, string(data), p.Values(), has)
		}
	}
}

func words(values []css.Token) string {
	var b strings.Builder
	for _, v := range values {
		b.Write(v.Data)
	}
	return strings.TrimSpace(strings.ToLower(b.String()))
}

// query reads what a media query asks for.
func (u *usage) query(values []css.Token, has known) (features []string) {
	for _, v := range values {
		if v.TokenType != css.IdentToken {
			continue
		}
		name := strings.TrimPrefix(string(v.Data), "-webkit-")
		switch slug := "css-at-media-" + name; {
		case has(slug):
			u.add(use{slug: slug})
			features = append(features, slug)
		case !plainQueries[name]:
			u.unknown["@media "+name]++
		}
	}
	return features
}

var plainQueries = set("screen print all and not only min-width max-width dark light display none")

// selector reads one selector of a rule.
func (u *usage) selector(query []string, values []css.Token) {
	add := func(slug string) { u.add(use{slug: slug, query: query}) }
	before := css.WhitespaceToken
	for i, v := range values {
		switch v.TokenType {
		case css.IdentToken:
			switch {
			case i > 0 && values[i-1].TokenType == css.ColonToken && i > 1 && values[i-2].TokenType == css.ColonToken:
				add("css-pseudo-element-" + string(v.Data))
			case before == css.ColonToken:
				add("css-pseudo-class-" + string(v.Data))
			case i > 0 && values[i-1].TokenType == css.DelimToken && string(values[i-1].Data) == ".":
				add("css-selector-class")
				if i > 1 && (values[i-2].TokenType == css.IdentToken || values[i-2].TokenType == css.HashToken) {
					add("css-selector-chaining")
				}
			default:
				add("css-selector-type")
			}
		case css.HashToken:
			add("css-selector-id")
		case css.FunctionToken:
			add("css-pseudo-class-" + strings.TrimSuffix(string(v.Data), "("))
		case css.LeftBracketToken:
			add("css-selector-attribute")
		case css.WhitespaceToken:
			add("css-selector-descendant")
		case css.DelimToken:
			switch string(v.Data) {
			case ">":
				add("css-selector-child")
			case "+":
				add("css-selector-adjacent-sibling")
			case "~":
				add("css-selector-general-sibling")
			case "*":
				add("css-selector-universal")
			}
		}
		before = v.TokenType
	}
}

// shorthand gives the name under which caniemail has a property of several.
func shorthand(property string) string {
	for _, side := range []string{"-top", "-right", "-bottom", "-left"} {
		if strings.HasPrefix(property, "border"+side) {
			if strings.HasSuffix(property, "-radius") {
				return "border-radius"
			}
			return "border"
		}
		if property == "padding"+side || property == "margin"+side {
			return strings.TrimSuffix(property, side)
		}
	}
	switch property {
	case "border-color", "border-width", "border-style":
		return "border"
	case "left", "right", "top", "bottom":
		return "left-right-top-bottom"
	case "column-gap", "row-gap":
		return "gap"
	case "overflow-x", "overflow-y":
		return "overflow"
	case "flex-flow":
		return "flex-direction"
	}
	return property
}

// plainProperties caniemail has not tried; all clients have known them for ever, or
// they are written for one client alone.
var plainProperties = set("color font-family font-style -webkit-text-size-adjust -ms-text-size-adjust -ms-interpolation-mode -webkit-font-smoothing quotes")

func (u *usage) declaration(at use, property string, values []css.Token, has known) {
	property = strings.ToLower(property)
	slug := "css-" + shorthand(property)
	at.property, at.value = property, words(values)
	add := func(slug string) { at.slug = slug; u.add(at) }
	switch {
	case strings.HasPrefix(property, "mso-"): // Outlook's own, which others pass over
		return
	case strings.HasPrefix(property, "--"):
		add("css-variables")
	case has(slug):
		add(slug)
	case !plainProperties[property]:
		u.unknown[property]++
	}
	important := false
	seen := map[string]bool{} // a value counts once a declaration
	mark := func(slug string) {
		if has(slug) && !seen[slug] {
			seen[slug] = true
			add(slug)
		}
	}
	for _, v := range values {
		text := strings.ToLower(string(v.Data))
		switch v.TokenType {
		case css.PercentageToken:
			mark("css-unit-percent")
		case css.DimensionToken:
			mark("css-unit-" + strings.TrimLeft(text, "+-.0123456789"))
		case css.FunctionToken:
			name := strings.TrimSuffix(text, "(")
			switch name {
			case "calc":
				mark("css-unit-calc")
			case "var":
				mark("css-variables")
			case "lch", "oklch", "lab", "oklab":
				mark("css-modern-color")
			default:
				if strings.HasSuffix(name, "gradient") || name == "rgb" || name == "rgba" {
					mark("css-" + name)
				} else if mark("css-function-" + name); !has("css-function-" + name) {
					u.unknown[name+"()"]++
				}
			}
		case css.DelimToken:
			important = text == "!"
			continue
		case css.IdentToken:
			switch {
			case important && text == "important":
				mark("css-important")
			case property == "display" && (text == "none" || text == "flex" || text == "grid"):
				mark("css-display-" + text)
			case strings.HasPrefix(property, "font") && strings.HasPrefix(text, "ui-") || text == "system-ui":
				mark("css-sytem-ui") //nolint:misspell // as their data spell it
			case text == "initial":
				mark("css-unit-initial")
			case text == "fit-content" || text == "min-content" || text == "max-content":
				mark("css-intrinsic-size")
			}
		}
		important = false
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func set(words string) map[string]bool {
	s := map[string]bool{}
	for _, w := range strings.Fields(words) {
		s[w] = true
	}
	return s
}
