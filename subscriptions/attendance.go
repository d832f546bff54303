package subscriptions

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Who was there, as webinar tools export it. They agree on nothing: GoToWebinar and
// Zoom put blocks of words above the table, Zoom has several tables in one file,
// Teams writes UTF-16 with tabs, Webex semicolons in some countries. What they share
// is that a table begins with its headings, and that one of them is an address. The
// table below is what their headings are called; a heading that is missing here is
// one more line.

// Attendee is a row of such a list.
type Attendee struct {
	Address  string
	Name     string
	Attended bool
}

// attendanceHeadings names the columns, in small letters.
var attendanceHeadings = []struct {
	column column
	names  []string
}{
	{columnAddress, []string{
		"email", "e-mail", "email address", "e-mail address", // GoToWebinar, Teams, Zoom, Webex
		"user email", "participant email", "attendee email", "invitee email", // Zoom, Webex
		"registration email", "registered email", "mail", "adresse e-mail", "e-mail-adresse", "邮箱", "电子邮件", // Teams and Zoom elsewhere
	}},
	{columnPresent, []string{"attended", "attended?", "attendance", "present", "status", "teilgenommen", "participation", "参会"}},
	{columnTime, []string{
		"time in session", "time in session (minutes)", "session duration", // GoToWebinar, Zoom
		"duration (minutes)", "duration", "total duration", "total duration (minutes)", // Zoom
		"attendance duration", "in-meeting duration", "meeting duration", "attendee duration", "duration (mins)", // Webex, Teams
	}},
	{columnName, []string{"name", "full name", "attendee name", "display name", "user name (original name)", "name (original name)", "participant", "participant name"}},
	{columnFirst, []string{"first name", "vorname", "prénom"}},
	{columnLast, []string{"last name", "surname", "nachname", "nom"}},
}

type column int

const (
	columnAddress column = iota
	columnPresent
	columnTime
	columnName
	columnFirst
	columnLast
)

// yes and no are what stands in the column that says whether somebody was there.
var (
	attendanceYes = []string{"yes", "y", "true", "1", "attended", "present", "joined", "ja", "oui", "是"}
	attendanceNo  = []string{"no", "n", "false", "0", "not attended", "did not attend", "absent", "registered", "invited", "nein", "non", "否", "--", "-", ""}
)

// maxAttendance bounds a list.
const maxAttendance = 200_000

// ReadAttendance reads a list of who was there. Rows without an address are left
// out: people who came by telephone.
func ReadAttendance(data []byte) ([]Attendee, error) {
	text, err := attendanceText(data)
	if err != nil {
		return nil, err
	}
	var rows []Attendee
	var heads map[column]int
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = separator(text), -1, true, true
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, invalid("file", "the list could not be read").hint("Export it again as CSV.")
		}
		if found := headings(record); found != nil {
			heads = found
			continue
		}
		if heads == nil {
			continue
		}
		if row, ok := attendee(record, heads); ok {
			if rows = append(rows, row); len(rows) > maxAttendance {
				return nil, invalid("file", "the list has more than %d people", maxAttendance)
			}
		}
	}
	if heads == nil {
		return nil, invalid("file", "no line of this file has a heading for addresses").
			hint("Export the list of attendees as CSV from GoToWebinar, Zoom, Teams or Webex: one column is called Email.")
	}
	return rows, nil
}

// headings reads which column is where, nil when the line is none of headings.
func headings(record []string) map[column]int {
	found := map[column]int{}
	for i, cell := range record {
		word := strings.ToLower(strings.Join(strings.Fields(cell), " "))
		for _, h := range attendanceHeadings {
			if _, there := found[h.column]; !there && slices.Contains(h.names, word) {
				found[h.column] = i
			}
		}
	}
	if _, ok := found[columnAddress]; !ok {
		return nil
	}
	return found
}

func attendee(record []string, heads map[column]int) (Attendee, bool) {
	cell := func(c column) (string, bool) {
		i, ok := heads[c]
		if !ok || i >= len(record) {
			return "", false
		}
		return strings.Trim(strings.TrimSpace(record[i]), `"'`), true
	}
	given, _ := cell(columnAddress)
	address, err := ParseAddress(given)
	if err != nil {
		return Attendee{}, false
	}
	a := Attendee{Address: address, Attended: true} // a list without a word about it holds those who came
	if name, ok := cell(columnName); ok {
		a.Name = name
	} else {
		first, _ := cell(columnFirst)
		last, _ := cell(columnLast)
		a.Name = strings.TrimSpace(first + " " + last)
	}
	said := false
	if word, ok := cell(columnPresent); ok {
		word = strings.ToLower(word)
		switch {
		case slices.Contains(attendanceYes, word):
			said = true
		case slices.Contains(attendanceNo, word):
			a.Attended, said = false, true
		}
	}
	if span, ok := cell(columnTime); ok && !said {
		a.Attended = strings.ContainsAny(span, "123456789")
	}
	return a, true
}

// separator is what stands most often in the lines of a table.
func separator(text string) rune {
	best, most := ',', 0
	for _, s := range []rune{',', '\t', ';'} {
		if n := strings.Count(text, string(s)); n > most {
			best, most = s, n
		}
	}
	return best
}

// attendanceText reads UTF-8, or UTF-16 as Teams writes it.
func attendanceText(data []byte) (string, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
		if !utf8.Valid(data) {
			return strings.ToValidUTF8(string(data), "?"), nil // an old program's letters; addresses have none of them
		}
		return string(data), nil
	}
	if data = data[2:]; len(data)%2 != 0 {
		return "", invalid("file", "the list ends in the middle of a character").hint("Export it again as CSV.")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units)), nil
}
