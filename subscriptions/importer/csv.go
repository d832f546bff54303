package importer

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/idn"
)

// encoding/csv is not used here: one quotation mark that is never closed makes
// it read the rest of the file as one field, and every row after it is gone.
// In this reader a bad row costs itself alone.

// Subscribers reads a list of people: CSV with a header line that names the
// columns email, name and topics in any order and case; further columns are
// passed over. Fields are divided by commas, semicolons or tabs, whichever the
// header uses. Topics are slugs divided by ';' (or by ',' or '|', where that
// does not divide fields).
//
// A row that cannot be read comes with its line and Err, and the reading goes
// on with the line below. A file that cannot be read at all gives one row with
// Err. Addresses and slugs are not judged here.
func Subscribers(r io.Reader) iter.Seq[subscriptions.SubscriberRow] {
	return func(yield func(subscriptions.SubscriberRow) bool) {
		rows := &csvRows{lines: newLineReader(r)}
		if row, ok := rows.header(); !ok {
			if row.Err != nil {
				yield(row)
			}
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
	email   int
	name    int // -1 when there is no such column
	topics  int
	fields  []string // of the row at hand, used again for the next
	stopped bool
}

// columnNames are the headings people give the three columns.
var columnNames = map[string]string{
	"email": "email", "e-mail": "email", "mail": "email", "email address": "email", "e-mail address": "email",
	"name": "name", "full name": "name",
	"topics": "topics", "topic": "topics",
}

// header reads the first line. A false answer ends the reading.
func (c *csvRows) header() (subscriptions.SubscriberRow, bool) {
	var line textLine
	for {
		var err error
		if line, err = c.lines.next(); errors.Is(err, io.EOF) {
			return badRow(0, "the list of subscribers is empty", headerHint), false
		} else if err != nil {
			return unreadable(line.no, err), false
		}
		if bytes.HasPrefix(line.text, []byte{0xff, 0xfe}) || bytes.HasPrefix(line.text, []byte{0xfe, 0xff}) {
			return badRow(line.no, "the list of subscribers is UTF-16", "Save it as “CSV UTF-8”."), false
		}
		if line.no == 1 {
			line.text = bytes.TrimPrefix(line.text, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(line.text)) > 0 || line.long {
			break
		}
	}
	if err := checkLine(line); err != nil {
		return subscriptions.SubscriberRow{Line: line.no, Err: err}, false
	}
	c.comma = sniff(line.text)
	c.divides = ";,|"
	if at := strings.IndexByte(c.divides, c.comma); at >= 0 {
		c.divides = c.divides[:at] + c.divides[at+1:]
	}
	if fault := c.split(string(line.text)); fault != nil {
		return subscriptions.SubscriberRow{Line: line.no, Err: fault}, false
	}
	place := map[string]int{"email": -1, "name": -1, "topics": -1}
	for i, f := range c.fields {
		column, known := columnNames[strings.ToLower(strings.TrimSpace(f))]
		if !known {
			continue
		}
		if place[column] >= 0 {
			return badRow(line.no, "the header names the column "+column+" twice", headerHint), false
		}
		place[column] = i
	}
	c.width, c.email, c.name, c.topics = len(c.fields), place["email"], place["name"], place["topics"]
	if c.email < 0 {
		return badRow(line.no, "the list has no column email", headerHint), false
	}
	return subscriptions.SubscriberRow{}, true
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
		if len(c.fields) != c.width {
			return badRow(line.no, "the row has "+count(len(c.fields), "field")+" where the header has "+strconv.Itoa(c.width),
				"Put a field that contains a divider in double quotes."), true
		}
		return c.row(line.no), true
	}
	return subscriptions.SubscriberRow{}, false
}

// row names the fields at hand.
func (c *csvRows) row(line int) subscriptions.SubscriberRow {
	row := subscriptions.SubscriberRow{Line: line, Email: idn.ASCII(strings.TrimSpace(c.fields[c.email]))}
	if c.name >= 0 {
		row.Name = strings.Join(strings.Fields(c.fields[c.name]), " ")
	}
	if c.topics >= 0 {
		for slug := range strings.FieldsFuncSeq(c.fields[c.topics], func(r rune) bool { return strings.ContainsRune(c.divides, r) }) {
			if slug = strings.TrimSpace(slug); slug != "" {
				row.Topics = append(row.Topics, slug)
			}
		}
	}
	return row
}

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
