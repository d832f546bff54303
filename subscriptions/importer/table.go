package importer

import (
	"regexp"
	"strconv"
	"strings"
)

// grid is a table. pdftotext gives its cells one below the other, broken over
// lines, with nothing between them that tells cell from cell. What does tell
// are the row numbers in the first column, and that codes and states look like
// nothing else: they are taken from the two ends of a row, and what is left is
// the one column of free text.
type grid struct {
	head  []string
	rows  [][]string
	loose []int // lines where rows begin that could not be parted
}

// columnHeads are the names of columns we know, and their shapes.
var columnHeads = map[string]*regexp.Regexp{
	"no": rowNumber, "no.": rowNumber, "nr.": rowNumber, "#": rowNumber, "number": rowNumber,
	"standard code": standardCode, "standard number": standardCode, "standard no.": standardCode, "standard": standardCode,
	"code": standardCode, "plan number": standardCode, "project number": standardCode,
	"status": standardState, "stage": standardState, "state": standardState,
	"date": isoDay, "issue date": isoDay, "publication date": isoDay, "implementation date": isoDay, "effective date": isoDay,
	"name": nil, "title": nil, "standard name": nil, "standard title": nil, "english name": nil, "english title": nil,
	"chinese name": nil, "chinese title": nil, "committee": nil, "tc": nil, "relation": nil, "remarks": nil, "note": nil,
}

var (
	rowNumber     = regexp.MustCompile(`^\d{1,3}$`)
	standardCode  = regexp.MustCompile(`^(?:\d{8}-[TQZ]-\d{3}|[A-Z][A-Z-]*(?:/[A-Z]{1,6})*(?: (?:TR|TS|PAS|Guide))?[ -]?(?:[A-Z]\.)?\d[\d.]*(?:-\d+)*(?:[:—–]\d{4})?)(?: |$)`)
	standardState = regexp.MustCompile(`(?:^| )((?i:published|issued|approved|released|withdrawn|draft(?: for comments?)?|under (?:study|development|drafting|review|approval))|` +
		`WD|CD|CDV|DIS|FDIS|PDTR|DTR|DTS|PWI|NP|NWIP|PRF|IS)$`)
	isoDay = regexp.MustCompile(`(?:^| )(\d{4}-\d{2}-\d{2})$`)
)

// columns reads a line of column names, nothing else.
func columns(s string) (heads []string) {
	words := strings.Fields(s)
	for len(words) > 0 {
		n := min(2, len(words))
		for ; n > 0; n-- {
			name := strings.Join(words[:n], " ")
			if _, known := columnHeads[strings.ToLower(name)]; known {
				heads, words = append(heads, name), words[n:]
				break
			}
		}
		if n == 0 {
			return nil
		}
	}
	return heads
}

func shapeOf(head string) *regexp.Regexp { return columnHeads[strings.ToLower(head)] }

// isTableHead is true of a line that begins with the column of row numbers.
func isTableHead(l *line) bool {
	heads := columns(l.text)
	return len(heads) > 0 && shapeOf(heads[0]) == rowNumber
}

// maxRow is over how many lines a row may run.
const maxRow = 40

// readTable reads the table that begins with the first line, and tells how many
// lines it took; nil when no rows follow.
func readTable(j *joiner, s *source, lines []*line) (*grid, int) {
	g := &grid{}
	i := 0
	for ; i < len(lines); i++ { // each head may have a line of its own
		heads := columns(lines[i].text)
		if heads == nil {
			break
		}
		g.head = append(g.head, heads...)
	}
	if len(g.head) < 2 {
		return nil, 0
	}
	last := shapeOf(g.head[len(g.head)-1])
	var row []*line
	longest := 0
	for n := 1; i < len(lines); i++ {
		l, number := lines[i], strconv.Itoa(n)
		afterHyphen := len(row) > 0 && strings.HasSuffix(row[len(row)-1].text, "-")
		if (l.text == number || strings.HasPrefix(l.text, number+" ")) && !afterHyphen && !(len(row) > 0 && len(row) < 2 && row[0].text == strconv.Itoa(n-1)) {
			if n > 1 {
				g.add(j, s, row)
			}
			longest = max(longest, len(row))
			row = []*line{l}
			n++
			continue
		}
		if n == 1 || len(row) >= maxRow {
			break
		}
		// The last row ends with its state, with a gap, or when it gets longer
		// than any above it.
		if complete := last != nil && len(row) > 0 && last.MatchString(j.join(row[max(0, len(row)-2):])); complete ||
			s.spaced && l.gap >= s.big() || last == nil && len(g.rows) > 0 && len(row) >= longest {
			break
		}
		row = append(row, l)
	}
	if len(row) == 0 {
		return nil, 0
	}
	g.add(j, s, row)
	return g, i
}

// add parts a row into its cells.
func (g *grid) add(j *joiner, s *source, row []*line) {
	first := *row[0]
	number, rest, _ := strings.Cut(first.text, " ")
	var below []*line
	if first.text = rest; rest != "" {
		below = append(below, &first)
	}
	below = append(below, row[1:]...)
	cells := g.byGaps(j, s, number, below)
	if cells == nil {
		cells = g.byShape(number, j.join(below))
	}
	if cells == nil {
		g.loose = append(g.loose, row[0].no)
		cells = make([]string, len(g.head))
		cells[0], cells[1] = number, j.join(below)
	}
	g.rows = append(g.rows, cells)
}

// byGaps takes blank lines for the borders of cells, where they mean anything
// and their number is right.
func (g *grid) byGaps(j *joiner, s *source, number string, lines []*line) []string {
	if s.spaced {
		return nil
	}
	cells := []string{number}
	for from := 0; from < len(lines); {
		to := from + 1
		for to < len(lines) && lines[to].gap == 0 {
			to++
		}
		cells = append(cells, j.join(lines[from:to]))
		from = to
	}
	if len(cells) != len(g.head) {
		return nil
	}
	return cells
}

// byShape takes cells with a shape from both ends of the row.
func (g *grid) byShape(number, row string) []string {
	cells := make([]string, len(g.head))
	cells[0] = number
	from, to := 1, len(g.head)-1
	for ; from <= to && shapeOf(g.head[from]) == standardCode; from++ {
		code := standardCode.FindString(row)
		if code == "" {
			return nil
		}
		cells[from], row = strings.TrimSpace(code), row[len(code):]
	}
	for ; to >= from; to-- {
		shape := shapeOf(g.head[to])
		if shape != standardState && shape != isoDay {
			break
		}
		m := shape.FindStringSubmatchIndex(row)
		if m == nil {
			return nil
		}
		cells[to], row = row[m[2]:m[3]], strings.TrimSpace(row[:m[0]])
	}
	if from != to {
		return nil
	}
	cells[from] = strings.TrimSpace(row)
	return cells
}
