package importer

import (
	"regexp"
	"strconv"
	"strings"
)

// markdown writes the blocks. Links that stand alone are sources and left out,
// but for those that a colon announces: "Please register here:".
func markdown(blocks []*block) string {
	var b strings.Builder
	var indents []int // of the list entries we are in
	var before *block
	for _, at := range blocks {
		announced := at.kind == blockLink && before != nil && strings.HasSuffix(before.text, ":")
		if at.kind == blockLink && !announced || at.kind != blockTable && strings.TrimSpace(at.text) == "" && at.label == "" {
			continue
		}
		listed := before != nil && (before.kind == blockList && at.kind == blockList || before.kind == blockLabel && at.kind == blockLabel)
		if b.Len() > 0 {
			b.WriteByte('\n')
			if !listed {
				b.WriteByte('\n')
			}
		}
		if at.kind != blockList {
			indents = nil
		}
		switch at.kind {
		case blockText:
			b.WriteString(escape(at.text))
		case blockLink:
			b.WriteString("<" + at.text + ">")
		case blockLabel:
			b.WriteString("- **" + escape(at.label) + ":** " + inline(at.text))
		case blockList:
			depth := min(at.depth, len(indents))
			margin := 0
			if depth > 0 {
				margin = indents[depth-1]
			}
			sign := "- "
			if at.number > 0 {
				sign = strconv.Itoa(at.number) + ". "
			}
			indents = append(indents[:depth], margin+len(sign))
			b.WriteString(strings.Repeat(" ", margin) + sign + escape(at.text))
		case blockTable:
			at.table.write(&b)
		}
		before = at
	}
	return b.String()
}

// write gives the table as GFM has it.
func (g *grid) write(b *strings.Builder) {
	row := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + strings.ReplaceAll(inline(c), "|", `\|`) + " ")
		}
		b.WriteString("|")
	}
	row(g.head)
	b.WriteString("\n" + strings.Repeat("| --- ", len(g.head)) + "|")
	for _, cells := range g.rows {
		b.WriteByte('\n')
		row(cells)
	}
}

// opening is what Markdown would read as the beginning of a heading, list,
// quotation or rule at the start of a line.
var opening = regexp.MustCompile(`^(?:#{1,6}(?: |$)|[-+=]+(?: |$)|>|~~~|\d{1,9}[.)](?: |$))`)

// escape keeps a text a text.
func escape(s string) string {
	s = inline(s)
	if m := opening.FindString(s); m != "" {
		at := len(strings.TrimRight(m, " ")) - 1
		if m[0] == '>' || m[0] == '#' || m[0] == '~' {
			at = 0
		}
		s = s[:at] + `\` + s[at:]
	}
	return s
}

var signs = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "<", `\<`, "~~", `\~\~`)

// inline escapes the signs of Markdown within a line, and marks links.
func inline(s string) string {
	var b strings.Builder
	for {
		at := urls.FindStringIndex(s)
		if at == nil {
			b.WriteString(words(s))
			return b.String()
		}
		u := bareURL(s[at[0]:at[1]])
		b.WriteString(words(s[:at[0]]))
		switch {
		case strings.HasPrefix(u, "www."):
			b.WriteString("[" + words(u) + "](http://" + u + ")")
		default:
			b.WriteString("<" + u + ">")
		}
		s = s[at[0]+len(u):]
	}
}

// underscored is an underscore that could open or close an emphasis: within a
// word it cannot.
var underscored = regexp.MustCompile(`(^|\W)_|_(\W|$)`)

func words(s string) string {
	s = signs.Replace(s)
	if strings.Contains(s, "_") && underscored.MatchString(s) {
		s = strings.ReplaceAll(s, "_", `\_`)
	}
	return s
}

// bareURL takes the punctuation of the sentence off a link. A bracket stays
// when it was opened within.
func bareURL(u string) string {
	for {
		cut := strings.TrimRight(u, ".,;:!?'’，。；、）")
		if strings.HasSuffix(cut, ")") && strings.Count(cut, "(") < strings.Count(cut, ")") {
			cut = cut[:len(cut)-1]
		}
		if cut == u {
			return u
		}
		u = cut
	}
}

// linksIn gives the links of the blocks, each once, in order.
func linksIn(blocks []*block) (links []string) {
	seen := map[string]bool{}
	add := func(s string) {
		for _, u := range urls.FindAllString(s, -1) {
			u = bareURL(u)
			if strings.HasPrefix(u, "www.") {
				u = "http://" + u
			}
			if !seen[u] {
				seen[u] = true
				links = append(links, u)
			}
		}
	}
	for _, b := range blocks {
		add(b.text)
		if b.table != nil {
			for _, row := range b.table.rows {
				for _, cell := range row {
					add(cell)
				}
			}
		}
	}
	return links
}
