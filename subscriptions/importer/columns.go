package importer

import (
	"bytes"
	"iter"
	"slices"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// What the columns of a list of people are called, in the languages of those who
// keep such lists. A heading is compared in small letters, without the marks that
// forms put behind it.
//
// A list without headings begins with a person: its first line has an "@" in it.

// columnNames are the headings, by what the column holds.
var columnNames = map[string]string{
	"email": "email", "e-mail": "email", "mail": "email", "email address": "email", "e-mail address": "email", "mail address": "email", "emailaddress": "email",
	"e-mail-adresse": "email", "e-mail adresse": "email", "email-adresse": "email", "emailadresse": "email", "mailadresse": "email", "mail-adresse": "email", "mailanschrift": "email",
	"courriel": "email", "adresse courriel": "email", "adresse e-mail": "email", "adresse email": "email", "adresse mail": "email", "adresse électronique": "email", "mél": "email", "mel": "email",

	"name": "name", "full name": "name", "fullname": "name", "display name": "name", "contact": "name",
	"vollständiger name": "name", "vor- und nachname": "name", "ansprechpartner": "name", "kontakt": "name",
	"nom complet": "name", "nom et prénom": "name", "prénom et nom": "name",

	"first name": "first", "firstname": "first", "given name": "first", "forename": "first", "vorname": "first", "prénom": "first", "prenom": "first",
	"last name": "last", "lastname": "last", "surname": "last", "family name": "last", "nachname": "last", "familienname": "last", "zuname": "last", "nom": "last", "nom de famille": "last",

	"organisation": "organisation", "organization": "organisation", "company": "organisation", "institution": "organisation", "affiliation": "organisation", "employer": "organisation",
	"firma": "organisation", "unternehmen": "organisation", "einrichtung": "organisation", "institut": "organisation", "verband": "organisation",
	"société": "organisation", "entreprise": "organisation", "organisme": "organisation", "structure": "organisation",

	"topics": "topics", "topic": "topics", "interests": "topics", "themen": "topics", "thema": "topics", "interessen": "topics",
	"thèmes": "topics", "thème": "topics", "themes": "topics", "theme": "topics", "sujets": "topics", "centres d'intérêt": "topics",
}

func columnOf(heading string) string { return columnNames[normalHeading(heading)] }

func normalHeading(s string) string {
	s = strings.NewReplacer("_", " ", "’", "'").Replace(strings.ToLower(s))
	return folded(strings.TrimRight(strings.TrimSpace(s), ":* "))
}

// byHeadings places the columns by the names in the first line: those told, and
// those recognised. A column that two headings claim is a fault, unless it was told.
func (c *csvRows) byHeadings(line int, told map[string]string) error {
	if !c.named {
		if len(told) > 0 {
			return badRow(line, "the list has no headings to tell columns by", headerHint).Err
		}
		return badRow(line, "the list has no column email", headerHint).Err
	}
	place := map[string]int{}
	for field, heading := range told {
		at := slices.IndexFunc(c.fields, func(f string) bool { return normalHeading(f) == normalHeading(heading) })
		if at < 0 {
			return badRow(line, "the list has no column “"+heading+"”", "Its columns are: "+strings.Join(c.fields, ", ")).Err
		}
		place[field] = at
	}
	for i, f := range c.fields {
		column := columnOf(f)
		if column == "" || told[column] != "" {
			continue
		}
		if _, twice := place[column]; twice {
			return badRow(line, "the header names the column "+column+" twice", headerHint).Err
		}
		place[column] = i
	}
	c.at = columnsAt(place)
	if c.at.Email < 0 {
		return badRow(line, "the list has no column email", headerHint).Err
	}
	return nil
}

// columnsAt settles what a name alone means: beside a first name it is the last
// name, and a last name alone is the whole.
func columnsAt(place map[string]int) subscriptions.ListColumns {
	at := func(field string) int {
		if i, ok := place[field]; ok {
			return i
		}
		return -1
	}
	c := subscriptions.ListColumns{Email: at("email"), Name: at("name"), First: at("first"), Last: at("last"), Organisation: at("organisation"), Topics: at("topics")}
	switch {
	case c.First >= 0 && c.Last < 0:
		c.Name, c.Last = -1, c.Name
	case c.First < 0 && c.Last >= 0:
		c.Name, c.Last = c.Last, -1
	case c.First >= 0:
		c.Name = -1
	}
	return c
}

// Lists reads lists of people that are kept: their head for whoever says what the
// columns are, and then their rows.
type Lists struct{}

var _ subscriptions.ListReader = Lists{}

// sampled is how many rows of a list one looks at to tell its columns.
const sampled = 5

// Head reads the headings and a few rows, counts the rows, and says what the
// columns seem to be.
func (Lists) Head(b []byte) (subscriptions.ListHead, error) {
	var head subscriptions.ListHead
	text, encoding, err := Text(b, "")
	if err != nil {
		return head, err
	}
	head.Encoding = encoding
	rows := &csvRows{lines: newLineReader(strings.NewReader(text))}
	line, bad := rows.begin()
	if bad != nil {
		return head, bad.Err
	}
	head.Named = rows.named
	if head.Named {
		head.Headings = slices.Clone(rows.fields)
		place := map[string]int{}
		for i, f := range rows.fields {
			if column := columnOf(f); column != "" {
				if _, taken := place[column]; !taken {
					place[column] = i
				}
			}
		}
		head.Guess = columnsAt(place)
	} else {
		head.Headings = make([]string, len(rows.fields))
		head.Guess = guess(rows.fields)
		head.Rows, head.Sample = 1, [][]string{slices.Clone(rows.fields)}
	}
	rows.at = head.Guess
	for {
		row, more := rows.next()
		if !more {
			break
		}
		head.Rows++
		if row.Err == nil && len(head.Sample) < sampled {
			head.Sample = append(head.Sample, slices.Clone(rows.fields))
			head.Headings = append(head.Headings, make([]string, max(0, len(rows.fields)-len(head.Headings)))...)
		}
	}
	if head.Rows == 0 {
		return head, badRow(line, "the list has headings and nobody below them", headerHint).Err
	}
	return head, nil
}

// guess tells the columns of a list without headings by its first person.
func guess(fields []string) subscriptions.ListColumns {
	c := columnsAt(nil)
	c.Email = slices.IndexFunc(fields, func(f string) bool { return strings.Contains(f, "@") })
	if len(fields) > 1 {
		c.Name = 0
		if c.Email == 0 {
			c.Name = 1
		}
	}
	return c
}

// Rows reads the people.
func (Lists) Rows(b []byte, at subscriptions.ListColumns) iter.Seq[subscriptions.SubscriberRow] {
	text, _, err := Text(b, "")
	if err != nil {
		return func(yield func(subscriptions.SubscriberRow) bool) { yield(subscriptions.SubscriberRow{Err: err}) }
	}
	return rowsOf(strings.NewReader(text), func(c *csvRows, _ int) error { c.at = at; return nil })
}

// Pasted makes a list of what was pasted: addresses with commas or semicolons
// between, as the line "To" of a mail program has them, become a line each.
func (Lists) Pasted(text string) []byte {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' })
	parts = slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
	if len(parts) == 0 || slices.ContainsFunc(parts, func(s string) bool { return strings.Count(s, "@") != 1 }) {
		return []byte(text)
	}
	var b bytes.Buffer
	for _, p := range parts {
		b.WriteString(strings.TrimSpace(p) + "\n")
	}
	return b.Bytes()
}
