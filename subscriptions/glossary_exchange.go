package subscriptions

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxGlossaryFile is the largest list that is read, in bytes.
const MaxGlossaryFile = 1 << 20

// GlossaryCSV writes the terms as CSV with a header, in UTF-8 with a mark for
// spreadsheets. A cell that a spreadsheet would take for a formula begins with an
// apostrophe, which ReadGlossary takes away.
func GlossaryCSV(terms []Term) []byte {
	b := bytes.NewBufferString("\ufeff")
	w := csv.NewWriter(b)
	_ = w.Write([]string{"abbreviation", "english", "chinese"}) // a buffer takes everything
	for _, t := range terms {
		_ = w.Write([]string{plainCell(t.Abbreviation), plainCell(t.English), plainCell(t.Chinese)})
	}
	w.Flush()
	return b.Bytes()
}

func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r'", rune(s[0])) {
		return "'" + s
	}
	return s
}

// GlossaryMarkdown writes the terms as a table.
func GlossaryMarkdown(terms []Term) []byte {
	b := bytes.NewBufferString("| Abbreviation | English | Chinese |\n|---|---|---|\n")
	escape := strings.NewReplacer(`\`, `\\`, "|", `\|`)
	for _, t := range terms {
		fmt.Fprintf(b, "| %s | %s | %s |\n", escape.Replace(t.Abbreviation), escape.Replace(t.English), escape.Replace(t.Chinese))
	}
	return b.Bytes()
}

// TermLine is a line of a list that is read: a term, or why it is none.
type TermLine struct {
	No   int
	Term Term
	Err  error
}

// ReadGlossary reads a list of terms, one a line: a Markdown table, or CSV divided
// by commas, semicolons or tabs. Columns are abbreviation, English and Chinese; a
// first line that names them is passed over. A bad line costs itself alone.
func ReadGlossary(text string) ([]TermLine, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	switch {
	case len(text) > MaxGlossaryFile:
		return nil, invalid("list", "the list has more than %d bytes", MaxGlossaryFile).hint("Divide it.")
	case !utf8.ValidString(text):
		return nil, invalid("list", "the list is not text in UTF-8").hint("Save it as CSV in UTF-8.")
	}
	var lines []TermLine
	comma := rune(0)
	for no, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		var cells []string
		var err error
		if strings.HasPrefix(strings.TrimSpace(line), "|") {
			cells = tableCells(line) // no spreadsheet has put an apostrophe before these
			if strings.Trim(strings.Join(cells, ""), ":- ") == "" {
				continue // the rule below the head
			}
		} else {
			if comma == 0 {
				comma = divider(line)
			}
			r := csv.NewReader(strings.NewReader(line))
			r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
			cells, err = r.Read()
			for i := range cells {
				cells[i] = strings.TrimPrefix(strings.TrimSpace(cells[i]), "'")
			}
		}
		if len(lines) == 0 && len(cells) > 0 && strings.EqualFold(strings.TrimSpace(cells[0]), "abbreviation") {
			continue
		}
		lines = append(lines, termLine(no+1, cells, err))
		if len(lines) > maxTerms {
			return nil, invalid("list", "the list has more than %d lines", maxTerms).hint("Divide it.")
		}
	}
	if len(lines) == 0 {
		return nil, invalid("list", "there is no term in this list").hint("Write one a line: abbreviation, English name, Chinese name.")
	}
	return lines, nil
}

func termLine(no int, cells []string, err error) TermLine {
	l := TermLine{No: no, Err: err}
	if err != nil {
		l.Err = invalid("list", "this line cannot be read")
		return l
	}
	for i, to := range []*string{&l.Term.Abbreviation, &l.Term.English, &l.Term.Chinese} {
		if i < len(cells) {
			*to = cells[i]
		}
	}
	l.Term = cleanTerm(l.Term)
	l.Err = l.Term.Validate()
	return l
}

func divider(line string) rune {
	best := ','
	for _, r := range ";\t" {
		if strings.Count(line, string(r)) > strings.Count(line, string(best)) {
			best = r
		}
	}
	return best
}

// tableCells divides a row of a Markdown table.
func tableCells(line string) []string {
	line = strings.TrimSpace(line)
	var cells []string
	var b strings.Builder
	escaped := false
	for _, r := range strings.TrimPrefix(line, "|") {
		switch {
		case escaped:
			escaped = false
			if r != '|' && r != '\\' {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		case r == '\\':
			escaped = true
		case r == '|':
			cells = append(cells, strings.TrimSpace(b.String()))
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	if rest := strings.TrimSpace(b.String()); rest != "" {
		cells = append(cells, rest)
	}
	return cells
}

// GlossaryReport is what an import did, or would do.
type GlossaryReport struct {
	Added, Changed []Term
	Differ         []Term // in the list and in the glossary, with other names; left as they are
	Same           int
	Bad            []TermLine
}

// Import adds the terms of a list that are new. Those that say something else than
// the glossary are changed with replace, and left without. All of it is stored, or
// nothing; with try nothing is.
func (s *GlossaryService) Import(ctx context.Context, text string, replace, try bool, by Actor) (GlossaryReport, error) {
	lines, err := ReadGlossary(text)
	if err != nil {
		return GlossaryReport{}, err
	}
	var report GlossaryReport
	work := func(tx Store) error {
		report = GlossaryReport{}
		known, err := tx.Terms(ctx)
		if err != nil {
			return err
		}
		at := make(map[string]Term, len(known))
		for _, t := range known {
			at[t.Abbreviation] = t
		}
		for _, l := range lines {
			if l.Err != nil {
				report.Bad = append(report.Bad, l)
				continue
			}
			was, there := at[l.Term.Abbreviation]
			switch {
			case !there:
				report.Added = append(report.Added, l.Term)
			case was.English == l.Term.English && was.Chinese == l.Term.Chinese:
				report.Same++
				continue
			case !replace:
				report.Differ = append(report.Differ, l.Term)
				continue
			default:
				report.Changed = append(report.Changed, l.Term)
			}
			l.Term.ID, l.Term.Version = was.ID, was.Version
			if !try {
				if err := s.put(ctx, tx, &l.Term, there, by); err != nil {
					return fmt.Errorf("line %d: %w", l.No, err)
				}
			}
			at[l.Term.Abbreviation] = l.Term
		}
		if len(at) > maxTerms {
			return refused("the glossary would have %d terms; it takes %d", len(at), maxTerms)
		}
		return nil
	}
	if try {
		return report, work(s.Store)
	}
	err = s.Store.InTx(ctx, work)
	return report, err
}

func (s *GlossaryService) put(ctx context.Context, tx Store, t *Term, there bool, by Actor) error {
	if there {
		return s.change(ctx, tx, t, by)
	}
	if _, err := tx.PutTerm(ctx, t); err != nil {
		return err
	}
	return s.changed(ctx, tx, by, "term.add", Term{}, *t)
}

// All gives the glossary, to be written out.
func (s *GlossaryService) All(ctx context.Context) ([]Term, error) { return s.Store.Terms(ctx) }
