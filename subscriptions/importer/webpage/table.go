package webpage

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// How a table becomes one that Markdown can hold: the first row names the
// columns; each cell is one line; a cell over several rows is said in each of
// them, a cell over several columns once; a row that is one cell over all
// columns is a line of bold text before the table, or in its first column.

// Bounds of a grid. A wider or longer table is written row by row as text.
const (
	maxColumns = 60
	maxCells   = 40_000
)

// tables makes every table plain, the inner ones first.
func (c *cleaner) tables(root *html.Node) {
	// Said of all before any is changed: a table is what it was when it was pasted.
	layout := map[*html.Node]bool{}
	for _, n := range all(root) {
		if n.DataAtom == atom.Table {
			layout[n] = lays(n, rowsOf(n), layout)
		}
	}
	for _, n := range all(root) {
		if n.DataAtom == atom.Table && n.Parent != nil {
			c.table(n, layout)
		}
	}
	for _, n := range all(root) {
		switch n.DataAtom {
		case atom.Dt:
			n.DataAtom, n.Data = atom.P, "p"
			wrap(n, atom.Strong)
		case atom.Dd:
			n.DataAtom, n.Data = atom.P, "p"
		}
	}
}

func (c *cleaner) table(n *html.Node, layout map[*html.Node]bool) {
	rows := rowsOf(n)
	if layout[n] {
		unlay(n)
		return
	}
	if outer := outerTable(n); outer != nil && !layout[outer] {
		c.nested++
		inline(n, rows)
		return
	}
	grid, ok := spread(rows)
	if !ok {
		asLines(n, rows)
		return
	}
	grid = trim(grid)
	if len(grid) == 0 {
		n.Parent.RemoveChild(n)
		return
	}
	before := captions(n, &grid)
	for _, b := range before {
		n.Parent.InsertBefore(b, n)
	}
	if len(grid) == 0 || len(grid[0]) < 2 {
		for _, row := range grid {
			p := element(atom.P)
			fill(p, row[0])
			n.Parent.InsertBefore(p, n)
		}
		n.Parent.RemoveChild(n)
		return
	}
	n.Parent.InsertBefore(build(grid), n)
	n.Parent.RemoveChild(n)
}

// rowsOf lists the rows of the table itself.
func rowsOf(t *html.Node) (rows []*html.Node) {
	for c := range t.ChildNodes() {
		switch c.DataAtom {
		case atom.Tr:
			rows = append(rows, c)
		case atom.Thead, atom.Tbody, atom.Tfoot:
			for r := range c.ChildNodes() {
				if r.DataAtom == atom.Tr {
					rows = append(rows, r)
				}
			}
		}
	}
	return rows
}

func cellsOf(row *html.Node) (cells []*html.Node) {
	for c := range row.ChildNodes() {
		if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
			cells = append(cells, c)
		}
	}
	return cells
}

// lays reports whether a table only lays out a page: it says so, no row has two
// cells with words, or it holds what no cell of figures does: headings, or
// other tables and few words of its own. inside knows that of the tables in it.
func lays(t *html.Node, rows []*html.Node, inside map[*html.Node]bool) bool {
	if attr(t, "role") == "presentation" || attr(t, "role") == "none" {
		return true
	}
	single := true
	for _, row := range rows {
		full := 0
		for _, cell := range cellsOf(row) {
			if words(cell) != "" {
				full++
			}
		}
		single = single && full < 2
	}
	if single {
		return true
	}
	inner, prose := 0, false
	for n := range t.Descendants() {
		switch {
		case headingLevel(n) > 0:
			return true
		case n.DataAtom == atom.Table && outerTable(n) == t:
			inner += len(words(n))
			prose = prose || inside[n] || len(rowsOf(n)) > 2
		}
	}
	return prose && inner*2 > len(words(t))
}

func outerTable(n *html.Node) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Table {
			return p
		}
	}
	return nil
}

// unlay makes a block of each cell.
func unlay(t *html.Node) {
	for _, row := range rowsOf(t) {
		for _, cell := range cellsOf(row) {
			div := element(atom.Div)
			move(cell, div)
			t.Parent.InsertBefore(div, t)
		}
	}
	t.Parent.RemoveChild(t)
}

// inline makes a line of a table in a cell: "a, b; c, d".
func inline(t *html.Node, rows []*html.Node) {
	var lines []string
	for _, row := range rows {
		var cells []string
		for _, cell := range cellsOf(row) {
			if w := words(cell); w != "" {
				cells = append(cells, w)
			}
		}
		if len(cells) > 0 {
			lines = append(lines, strings.Join(cells, ", "))
		}
	}
	t.Parent.InsertBefore(text(" "+strings.Join(lines, "; ")+" "), t)
	t.Parent.RemoveChild(t)
}

// asLines gives a table that is too large for a grid as paragraphs.
func asLines(t *html.Node, rows []*html.Node) {
	for _, row := range rows {
		p := element(atom.P)
		for i, cell := range cellsOf(row) {
			if i > 0 {
				p.AppendChild(text(", "))
			}
			p.AppendChild(text(words(cell)))
		}
		t.Parent.InsertBefore(p, t)
	}
	t.Parent.RemoveChild(t)
}

// cell is a place of the grid; several may show one node.
type cell struct {
	node *html.Node
	over *html.Node // the node of a cell before it in the row, that spans this place
	wide bool       // it spans others
}

// spread lays the cells out with their spans. It refuses what is too large.
func spread(rows []*html.Node) (grid [][]cell, ok bool) {
	var held []cell // by column: what a cell above holds here
	var left []int  // and for how many rows more
	total := 0
	for _, row := range rows {
		var line []cell
		cells := cellsOf(row)
		place := func(c cell) { line = append(line, c) }
		fromAbove := func() bool {
			at := len(line)
			if at >= len(left) || left[at] == 0 {
				return false
			}
			left[at]--
			place(held[at])
			return true
		}
		for _, n := range cells {
			for fromAbove() {
			}
			across := min(span(n, "colspan"), maxColumns)
			down := span(n, "rowspan")
			for i := range across {
				at := len(line)
				c := cell{node: n, wide: across > 1}
				if i > 0 {
					c = cell{over: n}
				}
				place(c)
				for len(left) <= at {
					held, left = append(held, cell{}), append(left, 0)
				}
				held[at], left[at] = c, down-1
			}
			if len(line) > maxColumns {
				return nil, false
			}
		}
		for fromAbove() {
		}
		if total += len(line); total > maxCells {
			return nil, false
		}
		grid = append(grid, line)
	}
	return grid, true
}

func span(n *html.Node, key string) int {
	v, err := strconv.Atoi(strings.TrimSpace(attr(n, key)))
	if err != nil || v < 1 {
		return 1
	}
	return min(v, 1000) // as browsers do
}

// trim drops empty rows, and columns that are empty in all rows.
func trim(grid [][]cell) [][]cell {
	var rows [][]cell
	var used []bool
	for _, row := range grid {
		empty := true
		for i, c := range row {
			for len(used) <= i {
				used = append(used, false)
			}
			if c.node != nil && words(c.node) != "" {
				used[i], empty = true, false
			}
		}
		if !empty {
			rows = append(rows, row)
		}
	}
	for r, row := range rows {
		var line []cell
		for i := range used {
			if !used[i] {
				continue
			}
			if i < len(row) {
				line = append(line, row[i])
			} else {
				line = append(line, cell{})
			}
		}
		rows[r] = line
	}
	return rows
}

// captions takes the caption, and rows that are one cell over all columns, off
// the top: they are lines above the table.
func captions(t *html.Node, grid *[][]cell) (lines []*html.Node) {
	bold := func(from *html.Node) {
		p := element(atom.P)
		fill(p, cell{node: from})
		unbold(p)
		wrap(p, atom.Strong)
		lines = append(lines, p)
	}
	if c := find(t, atom.Caption); c != nil && words(c) != "" {
		bold(c)
	}
	for len(*grid) > 1 && whole((*grid)[0]) {
		bold((*grid)[0][0].node)
		*grid = (*grid)[1:]
	}
	return lines
}

// whole reports whether the row is one cell over several columns.
func whole(row []cell) bool {
	for _, c := range row[1:] {
		if c.node != nil && words(c.node) != "" {
			return false
		}
	}
	return row[0].node != nil && row[0].wide
}

// joinHeads makes one row of two that name the columns together: below a name
// that spans columns each has one of its own, beside a name that spans both rows.
func joinHeads(grid [][]cell) [][]cell {
	if len(grid) < 3 {
		return grid
	}
	wide, tall := false, false
	for i, c := range grid[0] {
		wide = wide || c.wide
		tall = tall || c.node != nil && c.node == grid[1][i].node
	}
	if !wide || !tall {
		return grid
	}
	joined := make([]cell, len(grid[0]))
	for i, c := range grid[0] {
		joined[i] = c
		if below := grid[1][i].node; below != nil && below != c.node {
			name := element(atom.Th)
			for _, n := range []*html.Node{c.node, c.over, below} {
				if n != nil {
					name.AppendChild(text(words(n) + " "))
				}
			}
			joined[i] = cell{node: name}
		}
	}
	return append([][]cell{joined}, grid[2:]...)
}

// build writes the grid as a table of lines.
func build(grid [][]cell) *html.Node {
	grid = joinHeads(grid)
	t, head, body := element(atom.Table), element(atom.Thead), element(atom.Tbody)
	t.AppendChild(head)
	t.AppendChild(body)
	for r, row := range grid {
		tr, kind := element(atom.Tr), atom.Td
		if r == 0 {
			kind = atom.Th
			head.AppendChild(tr)
		} else {
			body.AppendChild(tr)
		}
		for _, c := range row {
			td := element(kind)
			fill(td, c)
			if r == 0 {
				unbold(td)
			} else if c.node != nil && whole(row) {
				unbold(td)
				wrap(td, atom.Strong)
			}
			tr.AppendChild(td)
		}
	}
	return t
}

// fill copies what the cell holds into n, as one line.
func fill(n *html.Node, c cell) {
	if c.node == nil {
		return
	}
	one := &line{to: n}
	one.walk(c.node, n)
}

// line writes blocks behind one another: paragraphs with a space between them,
// entries of lists with a semicolon.
type line struct {
	to      *html.Node
	pending string
	begun   bool
}

func (l *line) walk(from, to *html.Node) {
	for c := range from.ChildNodes() {
		switch {
		case c.Type == html.TextNode:
			s := strings.Join(strings.FieldsFunc(c.Data, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " ")
			if strings.TrimSpace(s) == "" && !l.begun {
				continue
			}
			if l.pending != "" && strings.TrimSpace(s) != "" {
				s, l.pending = l.pending+strings.TrimLeft(s, " "), ""
			}
			if strings.TrimSpace(s) != "" {
				l.begun = true
			}
			to.AppendChild(text(s))
		case c.DataAtom == atom.Br:
			l.part(" ")
		case blocks[c.DataAtom] || c.Type != html.ElementNode:
			between := " "
			if c.DataAtom == atom.Li {
				between = "; "
			}
			l.part(between)
			l.walk(c, to)
			l.part(" ")
		default:
			inner := element(c.DataAtom, c.Attr...)
			inner.Data = c.Data
			to.AppendChild(inner)
			l.walk(c, inner)
		}
	}
}

// part says what comes between this block and the next one that has words.
func (l *line) part(between string) {
	if l.begun && (l.pending == "" || between != " ") {
		l.pending = between
	}
}
