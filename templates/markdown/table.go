package markdown

import (
	"strings"

	extast "github.com/yuin/goldmark/extension/ast"
)

// A table is drawn when every column has its width, or when the widest column
// still has minColumn once it is wrapped and the others are not.
const (
	minColumn = 24
	gutter    = 2
)

// grid is a table's words.
type grid struct {
	head  []string
	rows  [][]string
	align []extast.Alignment
}

func (w *writer) table(t *extast.Table, width int) []string {
	g := grid{align: t.Alignments}
	for _, row := range children(t) {
		var cells []string
		for _, c := range children(row) {
			cells = append(cells, strings.ReplaceAll(w.inline(c), "\n", " "))
		}
		if row.Kind() == extast.KindTableHeader {
			g.head = cells
		} else {
			g.rows = append(g.rows, cells)
		}
	}
	if widths, ok := g.fit(width); ok {
		return g.draw(widths)
	}
	return g.tell(width)
}

// fit gives each column its natural width and takes what is missing from the
// widest.
func (g grid) fit(width int) ([]int, bool) {
	widths := make([]int, len(g.head))
	total, wide := -gutter, 0
	for i := range widths {
		for _, row := range append([][]string{g.head}, g.rows...) {
			if i < len(row) {
				widths[i] = max(widths[i], Width(row[i]))
			}
		}
		total += widths[i] + gutter
		if widths[i] > widths[wide] {
			wide = i
		}
	}
	if over := total - width; over > 0 && len(widths) > 0 {
		widths[wide] -= over
		return widths, widths[wide] >= minColumn
	}
	return widths, true
}

// draw sets the columns side by side below their names and a rule.
func (g grid) draw(widths []int) []string {
	lines := g.row(g.head, widths)
	rules := make([]string, len(widths))
	for i, w := range widths {
		rules[i] = strings.Repeat("-", w)
	}
	lines = append(lines, strings.Join(rules, strings.Repeat(" ", gutter)))
	for _, row := range g.rows {
		lines = append(lines, g.row(row, widths)...)
	}
	return lines
}

func (g grid) row(cells []string, widths []int) []string {
	var lines []string
	columns := make([][]string, len(widths))
	height := 1
	for i := range widths {
		if i < len(cells) {
			columns[i] = Wrap(cells[i], widths[i])
		}
		height = max(height, len(columns[i]))
	}
	for l := range height {
		var b strings.Builder
		for i, w := range widths {
			cell := ""
			if l < len(columns[i]) {
				cell = columns[i][l]
			}
			pad := strings.Repeat(" ", max(w-Width(cell), 0))
			if i > 0 {
				b.WriteString(strings.Repeat(" ", gutter))
			}
			if i < len(g.align) && g.align[i] == extast.AlignRight {
				b.WriteString(pad + cell)
			} else {
				b.WriteString(cell + pad)
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}

// tell gives every row as a record: column name and value, line by line.
func (g grid) tell(width int) []string {
	var lines []string
	for _, row := range g.rows {
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		for i, cell := range row {
			if cell == "" {
				continue
			}
			name := ""
			if i < len(g.head) && g.head[i] != "" {
				name = g.head[i] + ": "
			}
			lines = append(lines, prefix(Wrap(name+cell, width-2), "", "  ")...)
		}
	}
	return lines
}
