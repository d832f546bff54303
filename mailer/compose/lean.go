package compose

import (
	"regexp"
	"strings"
)

// A letter has to be small (fit.go), and of what is not its words most is styles.
// lean takes out what says nothing:
//
//   - rules in the head that style nothing in this letter, such as the colours of
//     topics it does not have;
//   - classes that no rule in the head names: their styles stand in the attribute;
//   - spaces in style attributes.

// lean does it to a page that Inline has made.
func lean(page string) string {
	head, body, found := strings.Cut(page, "</head>")
	if !found {
		return page
	}
	used := classes(body)
	var css strings.Builder // of all style elements, to see which classes they know
	var out strings.Builder
	out.Grow(len(page))
	for head != "" {
		before, rest, ok := strings.Cut(head, "<style>")
		out.WriteString(before)
		if !ok {
			break
		}
		sheet, after, _ := strings.Cut(rest, "</style>")
		if !strings.HasSuffix(strings.TrimSpace(before), "<!--[if mso]>") { // there a class may be named that no part has
			sheet = purge(sheet, used)
		}
		css.WriteString(sheet)
		out.WriteString("<style>" + sheet + "</style>")
		head = after
	}
	out.WriteString("</head>")
	known := map[string]bool{}
	for _, m := range classSelector.FindAllStringSubmatch(css.String(), -1) {
		known[m[1]] = true
	}
	attributes(&out, body, known)
	return out.String()
}

var (
	classSelector = regexp.MustCompile(`\.([a-zA-Z][\w-]*)`)
)

// classes are those that a body uses.
func classes(body string) map[string]bool {
	used := map[string]bool{}
	for {
		_, rest, ok := strings.Cut(body, ` class="`)
		if !ok {
			return used
		}
		var value string
		if value, body, ok = strings.Cut(rest, `"`); !ok {
			return used
		}
		for class := range strings.FieldsSeq(value) {
			used[class] = true
		}
	}
}

// purge drops selectors that name a class which is not used, rules that have no
// selector left, and media that have no rule left.
func purge(sheet string, used map[string]bool) string {
	var out strings.Builder
	for sheet = strings.TrimSpace(sheet); sheet != ""; sheet = strings.TrimSpace(sheet) {
		selectors, rest, ok := strings.Cut(sheet, "{")
		if !ok {
			break
		}
		if strings.HasPrefix(selectors, "@media") {
			var inner string
			inner, sheet = block(rest)
			if inner = purge(inner, used); inner != "" {
				out.WriteString(strings.TrimSpace(selectors) + "{\n" + inner + "}\n")
			}
			continue
		}
		var declarations string
		declarations, sheet, _ = strings.Cut(rest, "}")
		var kept []string
		for selector := range strings.SplitSeq(selectors, ",") {
			if selector = strings.TrimSpace(selector); applies(selector, used) {
				kept = append(kept, selector)
			}
		}
		if len(kept) > 0 {
			out.WriteString(strings.Join(kept, ",") + "{" + strings.TrimSpace(declarations) + "}\n")
		}
	}
	return out.String()
}

// block parts what stands between a brace that was opened and the one that closes
// it from what follows.
func block(s string) (inner, after string) {
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

func applies(selector string, used map[string]bool) bool {
	for _, m := range classSelector.FindAllStringSubmatch(selector, -1) {
		if !used[m[1]] {
			return false
		}
	}
	return true
}

// attributes writes the body with lean class and style attributes. In the inliner's
// HTML a quotation mark stands at attributes only, elsewhere it is an entity.
func attributes(out *strings.Builder, body string, known map[string]bool) {
	for {
		class, style := strings.Index(body, ` class="`), strings.Index(body, ` style="`)
		at, isClass := style, false
		if class >= 0 && (style < 0 || class < style) {
			at, isClass = class, true
		}
		if at < 0 {
			out.WriteString(body)
			return
		}
		out.WriteString(body[:at])
		const opening = len(` class="`)
		value, after, ok := strings.Cut(body[at+opening:], `"`)
		if !ok {
			out.WriteString(body[at:])
			return
		}
		body = after
		if isClass {
			var kept []string
			for _, name := range strings.Fields(value) {
				if known[name] {
					kept = append(kept, name)
				}
			}
			if value = strings.Join(kept, " "); value != "" {
				out.WriteString(` class="` + value + `"`)
			}
			continue
		}
		out.WriteString(` style="`)
		for i, declaration := range strings.Split(strings.TrimRight(value, "; "), ";") {
			name, set, _ := strings.Cut(declaration, ":")
			if i > 0 {
				out.WriteByte(';')
			}
			out.WriteString(strings.TrimSpace(name) + ":" + strings.TrimSpace(set))
		}
		out.WriteByte('"')
	}
}
