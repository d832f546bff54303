package importer

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/idn"
)

// encoding/csv is not used here: one quotation mark that is never closed makes
// it read the rest of the file as one field, and every row after it is gone.
// In this reader a bad row costs itself alone.

// Subscribers reads a list of people: CSV with a header line that names the
// columns, email, name and topics, in any order and case, and in English, German
// or French (columns.go); further columns are passed over. Fields are divided by
// commas, semicolons or tabs, whichever the header uses. Topics are slugs or names
// divided by ';' (or by ',' or '|', where that does not divide fields).
//
// A row that cannot be read comes with its line and Err, and the reading goes
// on with the line below. A file that cannot be read at all gives one row with
// Err. Addresses and topics are not judged here.
func Subscribers(r io.Reader) iter.Seq[subscriptions.SubscriberRow] {
	return SubscribersBy(r, nil)
}

// SubscribersBy reads the list with columns that are told by their headings: field
// → heading, as in email → "Mail". What is not told is recognised.
func SubscribersBy(r io.Reader, headings map[string]string) iter.Seq[subscriptions.SubscriberRow] {
	return rowsOf(r, func(c *csvRows, line int) error { return c.byHeadings(line, headings) })
}

// rowsOf reads the first line, has the columns placed, and reads on.
func rowsOf(r io.Reader, place func(c *csvRows, line int) error) iter.Seq[subscriptions.SubscriberRow] {
	return func(yield func(subscriptions.SubscriberRow) bool) {
		rows := &csvRows{lines: newLineReader(r)}
		line, bad := rows.begin()
		if bad == nil {
			if err := place(rows, line); err != nil {
				bad = &subscriptions.SubscriberRow{Line: line, Err: err}
			}
		}
		if bad != nil {
			yield(*bad)
			return
		}
		if !rows.named && !yield(rows.row(line)) { // the first line is a person
			return
		}
		for {
			row, more := rows.next()
			if !more {
				return
			}
			if !yield(row) {
				return
			}
		}
	}
}

// csvRows is a file being read.
type csvRows struct {
	lines   *lineReader
	comma   byte
	divides string // what divides topics within their field
	width   int    // fields in the header
	named   bool   // there is a header
	at      subscriptions.ListColumns
	fields  []string // of the row at hand, used again for the next
	stopped bool
}

// begin reads the first line that is not empty into fields.
func (c *csvRows) begin() (no int, bad *subscriptions.SubscriberRow) {
	fail := func(row subscriptions.SubscriberRow) (int, *subscriptions.SubscriberRow) { return row.Line, &row }
	var line textLine
	for {
		var err error
		if line, err = c.lines.next(); errors.Is(err, io.EOF) {
			return fail(badRow(0, "the list of subscribers is empty", headerHint))
		} else if err != nil {
			return fail(unreadable(line.no, err))
		}
		if bytes.HasPrefix(line.text, []byte{0xff, 0xfe}) || bytes.HasPrefix(line.text, []byte{0xfe, 0xff}) {
			return fail(badRow(line.no, "the list of subscribers is UTF-16", "Save it as “CSV UTF-8”."))
		}
		if line.no == 1 {
			line.text = bytes.TrimPrefix(line.text, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(line.text)) > 0 || line.long {
			break
		}
	}
	if err := checkLine(line); err != nil {
		return fail(subscriptions.SubscriberRow{Line: line.no, Err: err})
	}
	c.comma = sniff(line.text)
	c.divides = ";,|"
	if at := strings.IndexByte(c.divides, c.comma); at >= 0 {
		c.divides = c.divides[:at] + c.divides[at+1:]
	}
	if fault := c.split(string(line.text)); fault != nil {
		return fail(subscriptions.SubscriberRow{Line: line.no, Err: fault})
	}
	c.width = len(c.fields)
	c.named = !slices.ContainsFunc(c.fields, func(f string) bool { return strings.Contains(f, "@") })
	return line.no, nil
}

const headerHint = "The first line names the columns: email,name,topics"

// sniff tells the divider from the header line.
func sniff(header []byte) byte {
	best, most := byte(','), 0
	for _, b := range []byte{',', ';', '\t'} {
		if n := bytes.Count(header, []byte{b}); n > most {
			best, most = b, n
		}
	}
	return best
}

// next gives the row below; false at the end of the file.
func (c *csvRows) next() (subscriptions.SubscriberRow, bool) {
	for !c.stopped {
		line, err := c.lines.next()
		if errors.Is(err, io.EOF) {
			return subscriptions.SubscriberRow{}, false
		}
		if err != nil {
			c.stopped = true
			return unreadable(line.no, err), true
		}
		if err := checkLine(line); err != nil {
			return subscriptions.SubscriberRow{Line: line.no, Err: err}, true
		}
		fault := c.split(string(line.text))
		if errors.Is(fault, errOpenQuote) {
			fault = c.splitOver(line)
		}
		if fault != nil {
			return subscriptions.SubscriberRow{Line: line.no, Err: fault}, true
		}
		if c.blank() {
			continue
		}
		if c.named && len(c.fields) != c.width {
			return badRow(line.no, "the row has "+count(len(c.fields), "field")+" where the header has "+strconv.Itoa(c.width),
				"Put a field that contains a divider in double quotes."), true
		}
		return c.row(line.no), true
	}
	return subscriptions.SubscriberRow{}, false
}

// row names the fields at hand.
func (c *csvRows) row(line int) subscriptions.SubscriberRow {
	row := subscriptions.SubscriberRow{Line: line, Email: c.field(c.at.Email), Organisation: folded(c.field(c.at.Organisation))}
	row.Name = folded(c.field(c.at.Name))
	if whole := folded(c.field(c.at.First) + " " + c.field(c.at.Last)); whole != "" {
		row.Name = whole
	}
	// "Anna Example <anna@example.org>", as mail programs copy it.
	if before, inside, ok := strings.Cut(row.Email, "<"); ok && strings.HasSuffix(inside, ">") {
		row.Email = strings.TrimSpace(strings.TrimSuffix(inside, ">"))
		if row.Name == "" {
			row.Name = folded(strings.Trim(strings.TrimSpace(before), `"'`))
		}
	}
	row.Email = idn.ASCII(row.Email)
	for topic := range strings.FieldsFuncSeq(c.field(c.at.Topics), func(r rune) bool { return strings.ContainsRune(c.divides, r) }) {
		if topic = folded(topic); topic != "" {
			row.Topics = append(row.Topics, topic)
		}
	}
	return row
}

// field is one of those at hand, "" for none.
func (c *csvRows) field(at int) string {
	if at < 0 || at >= len(c.fields) {
		return ""
	}
	return strings.TrimSpace(c.fields[at])
}

func folded(s string) string { return strings.Join(strings.Fields(s), " ") }

// blank is true of an empty line and of the ",," that spreadsheets write below
// their last row.
func (c *csvRows) blank() bool {
	for _, f := range c.fields {
		if strings.TrimSpace(f) != "" {
			return false
		}
	}
	return true
}

func badRow(line int, message, hint string) subscriptions.SubscriberRow {
	return subscriptions.SubscriberRow{Line: line, Err: &subscriptions.Error{Code: subscriptions.Invalid, Message: message, Hint: hint}}
}

func unreadable(line int, err error) subscriptions.SubscriberRow {
	return subscriptions.SubscriberRow{Line: line, Err: &subscriptions.Error{Code: subscriptions.Internal,
		Message: "read the list of subscribers", Err: err}}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
