package importer_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

func TestATableOfItemsIsRead(t *testing.T) {
	t.Parallel()
	in, err := importer.Items("items.csv", []byte("\ufeffTitle;Topics;date;body;identifier;comments_until;source url;source_title;number\r\n"+
		"\"A draft; for comment\";iot|cybersecurity;2019-03-04;\"First.\r\n\r\nSecond \"\"quoted\"\".\";GB/T 35273;2019-04-01;https://example.org/a;A notice;3\r\n"+
		";;;;;;;;\r\n"+
		"No date;iot;;Text;;;;;\r\n"))
	if err != nil || len(in.Items) != 2 || len(in.Findings) != 0 {
		t.Fatalf("it reads %+v, %v", in, err)
	}
	d := in.Items[0]
	it := d.Item
	if it.Title != "A draft; for comment" || it.Slug != "a-draft-for-comment" || it.Number != 3 || it.Date.String() != "2019-03-04" ||
		it.Body != "First.\n\nSecond \"quoted\"." || it.Standard.Identifier != "GB/T 35273" || it.Comments.Until.String() != "2019-04-01" ||
		it.Sources[0] != (subscriptions.Source{Title: "A notice", URL: "https://example.org/a"}) {
		t.Errorf("the first row is %+v", it)
	}
	if len(d.TopicSlugs) != 2 || d.TopicSlugs[1] != "cybersecurity" || d.Place.Line != 2 {
		t.Errorf("the first row is filed under %v, from %v", d.TopicSlugs, d.Place)
	}
	if in.Items[1].Place.Line != 6 {
		t.Errorf("the second row stands at %v", in.Items[1].Place)
	}
}

func TestFaultsOfATableNameTheirLine(t *testing.T) {
	t.Parallel()
	in, err := importer.Items("x.csv", []byte("title,topics,date\nA,iot,yesterday\nB,iot\nC,iot,2019-03-04\n\"D,iot,\n"))
	if err != nil || len(in.Items) != 1 || in.Items[0].Item.Title != "C" {
		t.Errorf("it reads %+v, %v", in, err)
	}
	wantFinding(t, in, subscriptions.SeverityError, "The field date is not a date")
	wantFinding(t, in, subscriptions.SeverityError, "The row has 2 fields where the header has 3")
	wantFinding(t, in, subscriptions.SeverityError, "A quotation mark stands where none can be")
	if in.Findings[0].Place.String() != "x.csv:2" {
		t.Errorf("the first fault is at %s", in.Findings[0].Place)
	}
	for table, words := range map[string]string{
		"":                  "The table is empty",
		"topics,date\n":     "no column title",
		"title,titel\n":     `no column "titel"`,
		"title,date,date\n": `"date" is named twice`,
	} {
		in, err := importer.Items("x.csv", []byte(table))
		if err != nil {
			t.Error(err)
		}
		wantFinding(t, in, subscriptions.SeverityError, words)
	}
	b, err := charmap.Windows1252.NewEncoder().Bytes([]byte("title,topics\nSécurité des réseaux,iot\n"))
	if err != nil {
		t.Fatal(err)
	}
	in, err = importer.Items("x.csv", b)
	if err != nil || len(in.Items) != 1 || in.Items[0].Item.Title != "Sécurité des réseaux" {
		t.Errorf("Latin-1 reads %+v, %v", in, err)
	}
	wantFinding(t, in, subscriptions.SeverityNote, "WINDOWS-1252")
}

func FuzzItems(f *testing.F) {
	f.Add([]byte("title,topics,date\nA,iot,2019-03-04\n"))
	f.Add([]byte("title;body\n\"A;\nB"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := importer.Items("fuzz.csv", b); err != nil && subscriptions.CodeOf(err) != subscriptions.Invalid {
			t.Errorf("no sentence: %v", err)
		}
	})
}

func TestATableIsReadToItsBound(t *testing.T) {
	t.Parallel()
	in, err := importer.Items("x.csv", []byte("title\n"+strings.Repeat("A\n", 2001)))
	if err != nil || len(in.Items) != 2000 {
		t.Errorf("it reads %d items, %v", len(in.Items), err)
	}
	wantFinding(t, in, subscriptions.SeverityError, "more than 2000 rows")
}
