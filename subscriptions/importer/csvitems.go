package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// maxRows bounds a table of items.
const maxRows = 2000

// itemColumns are the columns of a table of items; docs/items-format.md says
// what the fields hold.
var itemColumns = []string{"title", "slug", "number", "topics", "date", "issuer", "summary", "body", "identifier", "standard", "original_title",
	"committee", "stage", "relation", "comments_until", "comments_url", "source_title", "source_url", "source_language"}

// Items reads a table of items: CSV whose header names the columns, divided by
// commas, semicolons or tabs, whichever the header uses. Topics are slugs divided
// by ';', or by '|' or ',' where that does not divide columns. A column that is
// not known is an error: it may be a field that was misspelt. A row with a fault
// is left out and told; the others come in.
func Items(name string, b []byte) (subscriptions.Import, error) {
	in := subscriptions.Import{}
	text, encoding, err := Text(b, "")
	if err != nil {
		return in, err
	}
	t := &itemTable{name: name, in: &in, columns: map[string]int{}}
	if encoding != "" {
		t.find(subscriptions.SeverityNote, 0, "", "Look at letters that are not English.", "The file is no UTF-8; it was read as %s.", encoding)
	}
	header, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = rune(sniff([]byte(header)))
	r.FieldsPerRecord = -1
	t.divides = strings.ReplaceAll(";,|", string(r.Comma), "")
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var fault *csv.ParseError
		if errors.As(err, &fault) {
			t.find(subscriptions.SeverityError, fault.StartLine, "", `Close it, or write a quotation mark inside a quoted field twice: "".`,
				"A quotation mark stands where none can be, or is not closed.")
			continue
		}
		if err != nil {
			return in, fmt.Errorf("read %s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		switch {
		case t.width == 0:
			if !t.header(line, row) {
				return in, nil
			}
		case t.rows == maxRows:
			t.find(subscriptions.SeverityError, line, "", "Cut the table into several.", "The table has more than %d rows; what follows was not read.", maxRows)
			return in, nil
		case strings.TrimSpace(strings.Join(row, "")) != "":
			t.rows++
			t.row(line, row)
		}
	}
	if t.width == 0 {
		t.find(subscriptions.SeverityError, 0, "", tableHint, "The table is empty.")
	}
	return in, nil
}

const tableHint = "The first line names the columns, as title,topics,date,body,source_url; docs/import.md lists them."

// itemTable is a table being read.
type itemTable struct {
	name    string
	in      *subscriptions.Import
	columns map[string]int
	width   int
	rows    int
	divides string // topics in their field
	bad     bool
}

func (t *itemTable) find(severity subscriptions.Severity, line int, text, hint, format string, args ...any) {
	t.bad = t.bad || severity == subscriptions.SeverityError
	t.in.Findings = append(t.in.Findings, subscriptions.Finding{Place: subscriptions.Place{File: t.name, Line: line}, Severity: severity,
		Message: fmt.Sprintf(format, args...), Text: shorten(text), Hint: hint})
}

func (t *itemTable) header(line int, row []string) bool {
	for i, f := range row {
		column := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(f)), " ", "_")
		if column == "" {
			continue
		}
		known := false
		for _, c := range itemColumns {
			known = known || c == column
		}
		if _, twice := t.columns[column]; !known || twice {
			what := "There is no column %q."
			if twice {
				what = "The column %q is named twice."
			}
			t.find(subscriptions.SeverityError, line, "", "The columns are "+strings.Join(itemColumns, ", ")+".", what, shorten(f))
			continue
		}
		t.columns[column] = i
	}
	if _, ok := t.columns["title"]; !ok {
		t.find(subscriptions.SeverityError, line, "", tableHint, "The table has no column title.")
	}
	t.width = len(row)
	return !t.bad
}

// row reads one item.
func (t *itemTable) row(line int, row []string) {
	t.bad = false
	if len(row) != t.width {
		t.find(subscriptions.SeverityError, line, "", "Put a field that contains a divider in double quotes.", "The row has %s where the header has %d.",
			count(len(row), "field"), t.width)
		return
	}
	get := func(column string) string {
		if i, ok := t.columns[column]; ok {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	date := func(column string) subscriptions.Date {
		s := get(column)
		if s == "" {
			return subscriptions.Date{}
		}
		d, err := subscriptions.ParseDate(s)
		if err != nil {
			t.find(subscriptions.SeverityError, line, s, "Write it as 2019-03-04.", "The field %s is not a date.", column)
		}
		return d
	}
	it := subscriptions.Item{Title: spoken(get("title")), Slug: get("slug"), Date: date("date"), Issuer: spoken(get("issuer")),
		Summary: spoken(get("summary")), Body: strings.ReplaceAll(get("body"), "\r\n", "\n"), State: subscriptions.ItemDraft}
	if s := get("number"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 100_000 {
			t.find(subscriptions.SeverityError, line, s, "Write a whole number from 1, or nothing.", "The field number is not a number.")
		}
		it.Number = n
	}
	standard := subscriptions.Standard{Identifier: get("identifier"), Title: get("standard"), OriginalTitle: get("original_title"),
		Committee: get("committee"), Stage: get("stage"), Relation: get("relation")}
	if standard != (subscriptions.Standard{}) {
		it.Standard = &standard
	}
	if until := date("comments_until"); !until.IsZero() || get("comments_url") != "" {
		it.Comments = &subscriptions.CommentPeriod{Until: until, URL: get("comments_url")}
	}
	if u := get("source_url"); u != "" {
		it.Sources = []subscriptions.Source{{Title: spoken(get("source_title")), URL: u, Language: get("source_language")}}
	}
	if it.Slug == "" {
		it.Slug = subscriptions.Slugify(it.Title)
	}
	var topics []string
	for slug := range strings.FieldsFuncSeq(get("topics"), func(r rune) bool { return strings.ContainsRune(t.divides, r) }) {
		if slug = strings.TrimSpace(slug); slug != "" {
			topics = append(topics, slug)
		}
	}
	if !t.bad {
		t.in.Items = append(t.in.Items, subscriptions.DraftItem{Item: it, TopicSlugs: topics, Place: subscriptions.Place{File: t.name, Line: line}})
	}
}
