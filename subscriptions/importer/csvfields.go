package importer

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"sesec.eu/tidings/subscriptions"
)

// maxRowLines is over how many lines a quoted field may run. More means that a
// quotation mark was not closed.
const maxRowLines = 10

// splitOver reads a quoted field that goes on in the lines below. When it does
// not come to an end there, those lines are given back: they are rows of their
// own, and only the first is at fault.
func (c *csvRows) splitOver(first textLine) error {
	text := append([]byte(nil), first.text...)
	var taken []textLine
	for len(taken) < maxRowLines {
		line, err := c.lines.next()
		if err != nil { // the end, or a fault that comes again when next is called
			break
		}
		line.text = bytes.Clone(line.text)
		taken = append(taken, line)
		if checkLine(line) != nil || len(text)+len(line.text) > maxLine {
			break
		}
		text = append(append(text, '\n'), line.text...)
		if bytes.IndexByte(line.text, '"') < 0 {
			continue // it cannot close anything
		}
		if fault := c.split(string(text)); fault == nil {
			return nil
		} else if !errors.Is(fault, errOpenQuote) {
			break
		}
	}
	c.lines.giveBack(taken)
	return errOpenQuote
}

// The two faults of quoting.
var (
	errOpenQuote = &subscriptions.Error{Code: subscriptions.Invalid, Message: "a quotation mark is opened and not closed",
		Hint: `Close it, or take it out. A quotation mark inside a field is written twice: "".`}
	errBareQuote = &subscriptions.Error{Code: subscriptions.Invalid, Message: "a quotation mark stands in the middle of a field",
		Hint: `Put the whole field in double quotes and write the mark inside it twice: "".`}
)

// split cuts a row into c.fields (RFC 4180; spaces around quotes are let pass).
func (c *csvRows) split(row string) error {
	c.fields = c.fields[:0]
	for {
		if trimmed := strings.TrimLeft(row, " "); strings.HasPrefix(trimmed, `"`) {
			field, rest, err := quoted(trimmed[1:])
			if err != nil {
				return err
			}
			c.fields = append(c.fields, field)
			rest = strings.TrimLeft(rest, " ")
			if rest == "" {
				return nil
			}
			if rest[0] != c.comma {
				return errBareQuote
			}
			row = rest[1:]
			continue
		}
		field, rest, more := row, "", false
		if at := strings.IndexByte(row, c.comma); at >= 0 {
			field, rest, more = row[:at], row[at+1:], true
		}
		if strings.IndexByte(field, '"') >= 0 {
			return errBareQuote
		}
		c.fields = append(c.fields, field)
		if !more {
			return nil
		}
		row = rest
	}
}

// quoted reads to the closing quotation mark.
func quoted(s string) (field, rest string, err error) {
	double := false
	for from := 0; ; {
		at := strings.IndexByte(s[from:], '"')
		if at < 0 {
			return "", "", errOpenQuote
		}
		at += from
		if strings.HasPrefix(s[at+1:], `"`) {
			double, from = true, at+2
			continue
		}
		if field = s[:at]; double {
			field = strings.ReplaceAll(field, `""`, `"`)
		}
		return field, s[at+1:], nil
	}
}

func checkLine(line textLine) error {
	switch {
	case line.long:
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: "the row is longer than 64 KB",
			Hint: "Look whether a line break is missing in the file."}
	case bytes.IndexByte(line.text, 0) >= 0:
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: "the row holds a zero byte, which no text does",
			Hint: "Save the list as “CSV UTF-8”; a spreadsheet file itself cannot be read."}
	case !utf8.Valid(line.text):
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: "the row is not UTF-8 text", Hint: "Save the list as “CSV UTF-8”."}
	}
	return nil
}
