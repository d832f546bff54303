package importer_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/sample"
)

func TestTheSampleEditionIsReadWhole(t *testing.T) {
	found, err := importer.Documents(sample.FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found.Findings {
		t.Errorf("%s: %s", f.Place, f.Message)
	}
	if len(found.Items) != 11 || len(found.Terms) != 21 || len(found.Webinars) != 1 || found.Edition == nil {
		t.Errorf("%d items, %d terms, %d webinars, edition %v", len(found.Items), len(found.Terms), len(found.Webinars), found.Edition)
	}
	for i, it := range found.Items {
		if it.Item.Number != i+1 {
			t.Errorf("item %d has the number %d: files are read in the order of their names", i+1, it.Item.Number)
		}
	}
	if e := found.Edition; e != nil && (e.Intro == "" || e.About == "" || !strings.Contains(e.Contact, "\nPhone: ")) {
		t.Errorf("the edition lacks something: %+v", *e)
	}
}

const wholeItem = `---
# a comment
kind: item
number: 8
title: "Draft: personal information"
slug: personal-information
topics: [cybersecurity, horizontal]
date: 2019-02-04
issuer: TC260
summary: One sentence. # and a comment
standard:
  identifier: GB/T 35273
  title: Specification
  original_title: 信息安全技术
  committee: SAC/TC260
  stage: Draft
  relation: none
comments:
  until: 2019-03-03
  url: https://example.org/draft
sources:
  - title: Notice
    url: https://example.org/a#b
    language: zh
    accessed: 2019-03-30
  - url: http://example.org/b
webinar: webinar-06
---

The text.

- a list
`

func TestAnItemCarriesAllItsFields(t *testing.T) {
	want := subscriptions.DraftItem{
		Item: subscriptions.Item{Slug: "personal-information", Title: "Draft: personal information", Number: 8, Date: subscriptions.Date{Year: 2019, Month: 2, Day: 4},
			Issuer: "TC260", Summary: "One sentence.", Body: "The text.\n\n- a list", WebinarSlug: "webinar-06", State: subscriptions.ItemDraft, Origin: "import item.md",
			Standard: &subscriptions.Standard{Identifier: "GB/T 35273", Title: "Specification", OriginalTitle: "信息安全技术", Committee: "SAC/TC260", Stage: "Draft", Relation: "none"},
			Comments: &subscriptions.CommentPeriod{Until: subscriptions.Date{Year: 2019, Month: 3, Day: 3}, URL: "https://example.org/draft"},
			Sources: []subscriptions.Source{{Title: "Notice", URL: "https://example.org/a#b", Language: "zh", Accessed: subscriptions.Date{Year: 2019, Month: 3, Day: 30}},
				{URL: "http://example.org/b"}}},
		TopicSlugs: []string{"cybersecurity", "horizontal"}, Place: subscriptions.Place{File: "news/item.md", Line: 1},
	}
	for name, text := range map[string]string{"as it is": wholeItem, "with the line ends of Windows": strings.ReplaceAll(wholeItem, "\n", "\r\n"), "with a byte order mark": "\ufeff" + wholeItem} {
		var found subscriptions.Import
		if err := importer.Document("news/item.md", strings.NewReader(text), &found); err != nil {
			t.Fatal(err)
		}
		if len(found.Findings) > 0 || len(found.Items) != 1 || !reflect.DeepEqual(found.Items[0], want) {
			t.Errorf("%s:\n%+v\n%+v\n%v", name, found.Items, want, found.Findings)
		}
	}
}

func TestAWebinarIsSetOnTheClockOfItsZone(t *testing.T) {
	found := document(t, `---
kind: webinar
title: Lamp posts
topics: [horizontal]
starts: "2019-06-11 09:30"
ends: 2019-06-11 10:30
register_until: "2019-06-10 18:00"
zone: Europe/Brussels
language: English
presenters:
  - name: A. Example
    role: engineer
    biography: |
      Knows lamps.
      And posts.
registration_url: https://example.org/register
join_url: https://example.org/join
capacity: 100
---
What lamp posts do.
`)
	want := subscriptions.Webinar{Slug: "lamp-posts", Title: "Lamp posts", Starts: time.Date(2019, 6, 11, 7, 30, 0, 0, time.UTC), Ends: time.Date(2019, 6, 11, 8, 30, 0, 0, time.UTC),
		RegisterUntil: time.Date(2019, 6, 10, 16, 0, 0, 0, time.UTC), Zone: "Europe/Brussels", Language: "English", Capacity: 100, Contents: "What lamp posts do.",
		Presenters:      []subscriptions.Presenter{{Name: "A. Example", Role: "engineer", Biography: "Knows lamps.\nAnd posts."}},
		RegistrationURL: "https://example.org/register", JoinURL: "https://example.org/join", State: subscriptions.WebinarAnnounced}
	if len(found.Findings) > 0 || len(found.Webinars) != 1 || !reflect.DeepEqual(found.Webinars[0].Webinar, want) {
		t.Errorf("%+v\n%v", found.Webinars, found.Findings)
	}
}

func document(t *testing.T, text string) (found subscriptions.Import) {
	t.Helper()
	if err := importer.Document("f.md", strings.NewReader(text), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestFaultsInAFileAreFoundWithTheirLine(t *testing.T) {
	const item = "---\ntitle: T\ntopics: [iot]\n"
	const webinar = "---\nkind: webinar\ntitle: W\ntopics: [iot]\nzone: Europe/Brussels\nstarts: 2019-06-11 09:30\nends: 2019-06-11 10:30\n"
	const edition = "---\nkind: edition\ntitle: E\nfrom: 2019-01-01\nto: 2019-03-31\n"
	tests := []struct {
		name string
		text string
		want []string // line: what is said
	}{
		{"no facts at all", "Some text.\n", []string{"1: The facts on top are missing: the file does not begin with a line ---."}},
		{"an empty file", "", []string{"1: The facts on top are missing: the file does not begin with a line ---."}},
		{"no second ---", "---\ntitle: T\ntopics: [iot]\n\ntext\n", []string{"5: The facts on top have no end: the second line --- is missing."}},
		{"broken YAML", item + "issuer: \"A\nB: c\n---\n", []string{"4: The facts on top are not valid YAML: could not find end character of double-quoted text."}},
		{"a colon in a bare value", "---\ntopics: [iot]\ntitle: Webinar 06: AI\n---\n", []string{"3: The facts on top are not valid YAML: mapping value is not allowed in this context."}},
		{"a name twice", item + "title: U\n---\n", []string{`4: The facts on top are not valid YAML: mapping key "title" already defined at [1:1].`}},
		{"a list in place of facts", "---\n- a\n- b\n---\n", []string{`2: The facts on top are not lines of "name: value".`}},
		{"brackets without end", item + "issuer: " + strings.Repeat("[", 300) + "\n---\n", []string{"1: The facts on top hold more than 200 brackets."}},
		{"an unknown kind", "---\nkind: news\n---\n", []string{`2: There is no kind "news".`}},
		{"an unknown field", item + "sumary: S\n---\n", []string{`4: The field "sumary" is not known in an item.`}},
		{"an unknown field further in", item + "standard:\n  identifier: X\n  number: 3\n---\n", []string{`6: The field "number" is not known in the standard.`}},
		{"several faults at once", "---\ntopics: iot\ndate: 4 March\nfoo: 1\n---\n", []string{
			"1: The field title is missing: an item needs it.", "2: The field topics of an item is not a list.", `3: The field date of an item is "4 March", which is not a date.`,
			`4: The field "foo" is not known in an item.`}},
		{"no title", "---\ntopics: [iot]\n---\n", []string{"1: The field title is missing: an item needs it."}},
		{"an empty title", "---\ntopics: [iot]\ntitle:\n---\n", []string{"3: The field title is missing: an item needs it."}},
		{"a title that is a list", "---\ntitle: [a]\ntopics: [iot]\n---\n", []string{"2: The field title of an item is not a text."}},
		{"a title of two lines", "---\ntitle: |\n  a\n  b\ntopics: [iot]\n---\n", []string{"2: Title, issuing body and summary are single lines."}},
		{"no topics", "---\ntitle: T\n---\n", []string{"1: The item is filed under no topic."}},
		{"a topic that is no slug", "---\ntitle: T\ntopics: [Big Data]\n---\n", []string{`3: The field topics of an item holds "Big Data", which is not the slug of a topic.`}},
		{"a topic twice", "---\ntitle: T\ntopics: [iot, iot]\n---\n", []string{"3: The field topics of an item names iot twice."}},
		{"a day that is none", item + "date: 2019-02-30\n---\n", []string{`4: The field date of an item is "2019-02-30", which is not a date.`}},
		{"a number that is none", item + "number: five\n---\n", []string{`4: The field number of an item is "five", which is not a whole number from 1.`}},
		{"a slug that is none", item + "slug: My Slug\n---\n", []string{`4: The slug "My Slug" is not made of small letters, digits and hyphens.`}},
		{"a title no slug can be made of", "---\ntitle: 标准\ntopics: [iot]\n---\n", []string{`1: The slug "" is not made of small letters, digits and hyphens.`}},
		{"a source that is no link", item + "sources:\n  - title: S\n    url: example.org\n---\n", []string{`4: "example.org" is not a web link.`}},
		{"a source without one", item + "sources:\n  - title: S\n---\n", []string{"5: The field url is missing: a source needs it."}},
		{"sources that are no list", item + "sources: https://example.org\n---\n", []string{"4: The field sources of an item is not a list."}},
		{"a source that has no fields", item + "sources:\n  - https://example.org\n---\n", []string{"5: What stands here for a source has no fields."}},
		{"comments without a day", item + "comments:\n  url: https://example.org\n---\n", []string{"5: The field until is missing: the comment period needs it."}},
		{"an anchor", item + "issuer: &a B\n---\n", []string{"4: The field issuer of an item is not a text."}},
		{"a webinar without times", "---\nkind: webinar\ntitle: W\ntopics: [iot]\n---\n", []string{
			"1: The field starts is missing: a webinar needs it.", "1: The field ends is missing: a webinar needs it.", "1: The field zone is missing: a webinar needs it."}},
		{"a zone that is none", strings.Replace(webinar, "Brussels", "Brussel", 1) + "---\n", []string{"5: There is no time zone Europe/Brussel: unknown time zone Europe/Brussel."}},
		{"a time that is none", strings.Replace(webinar, "09:30", "9.30", 1) + "---\n", []string{`6: "2019-06-11 9.30" is not a time.`}},
		{"a time that the clock skips", strings.Replace(webinar, "2019-06-11 09:30", "2019-03-31 02:30", 1) + "---\n", []string{"6: 2019-03-31 02:30 does not exist in Europe/Brussels: clocks go forward then."}},
		{"an end before the start", strings.Replace(webinar, "10:30", "08:30", 1) + "---\n", []string{"7: The webinar ends before it starts."}},
		{"a registration that is not safe", webinar + "registration_url: http://example.org\n---\n", []string{`8: "http://example.org" is not an https link.`}},
		{"a period the wrong way round", strings.Replace(edition, "2019-03", "2018-03", 1) + "---\n", []string{"5: The period ends (2018-03-31) before it starts (2019-01-01)."}},
		{"an edition without a period", "---\nkind: edition\ntitle: E\n---\n", []string{"1: The field from is missing: an edition needs it.", "1: The field to is missing: an edition needs it."}},
		{"a term without a name", "---\nkind: glossary\nterms:\n  - abbreviation: A\n  - abbreviation: B\n    english: Bee\n---\n", []string{"4: The field english is missing: a term needs it."}},
		{"a term twice", "---\nkind: glossary\nterms:\n  - abbreviation: A\n    english: x\n  - abbreviation: A\n    english: y\n---\n", []string{"6: The abbreviation A is explained twice."}},
		{"a glossary without terms", "---\nkind: glossary\n---\n", []string{"1: The field terms is missing: a glossary needs it."}},
		{"bytes that are no text", "---\ntitle: J\xfcrgen\n---\n", []string{"2: The file is not UTF-8 text."}},
		{"too large", "---\n" + strings.Repeat("x", 1<<20), []string{"0: The file is larger than 1 MB."}},
		{"facts without end", "---\nabout: " + strings.Repeat("x", 70_000) + "\n---\n", []string{"1: The facts on top are longer than 64 KB."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := document(t, tt.text)
			var got []string
			for _, f := range found.Findings {
				got = append(got, fmt.Sprintf("%d: %s", f.Place.Line, f.Message))
				if f.Place.File != "f.md" || f.Severity != subscriptions.SeverityError || f.Hint == "" {
					t.Errorf("the finding lacks its file, severity or hint: %+v", f)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("findings are\n\t%s\nand should be\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
			if len(found.Items)+len(found.Webinars) > 0 || found.Edition != nil || !importer.Failed(found) {
				t.Errorf("something came in all the same: %+v", found)
			}
		})
	}
}

func TestATypingErrorIsAnsweredWithTheFieldThatIsMeant(t *testing.T) {
	found := document(t, "---\ntitle: T\ntopics: [iot]\nsumary: S\n---\n")
	if len(found.Findings) != 1 || found.Findings[0].Hint != "Write summary, if that is what is meant." {
		t.Errorf("%+v", found.Findings)
	}
}

func TestGoodFilesAreReadBesideBadOnes(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	fsys := fstest.MapFS{
		"items/b.md":      file("---\ntitle: B\ntopics: [iot]\n---\nb\n"),
		"items/a.md":      file("---\ntitle: A\ntopics: [iot]\n---\na\n"),
		"items/c/bad.md":  file("no facts\n"),
		"items/d/same.MD": file("---\ntitle: Again\nslug: a\ntopics: [iot]\n---\n"),
		"items/notes.txt": file("not read\n"),
		"edition.md":      file("---\nkind: edition\ntitle: E\nfrom: 2019-01-01\nto: 2019-03-31\n---\n"),
		"second.md":       file("---\nkind: edition\ntitle: F\nfrom: 2019-01-01\nto: 2019-03-31\n---\n"),
		"empty/x.txt":     file("x"),
	}
	found, err := importer.Documents(fsys, "items/", "items/a.md", "edition.md", "./second.md", "empty")
	if err != nil {
		t.Fatal(err)
	}
	var titles, findings []string
	for _, it := range found.Items {
		titles = append(titles, it.Item.Title)
	}
	for _, f := range found.Findings {
		findings = append(findings, f.Place.String()+" "+f.Message)
	}
	if !slices.Equal(titles, []string{"A", "B"}) || found.Edition == nil || found.Edition.Title != "E" {
		t.Errorf("items %v, edition %+v", titles, found.Edition)
	}
	want := []string{
		"empty The folder has no .md file.",
		"items/c/bad.md:1 The facts on top are missing: the file does not begin with a line ---.",
		"items/d/same.MD:3 The slug a belongs to another item of this import, in items/a.md:1.",
		"second.md:1 There is a second edition; the first is in edition.md:1.",
	}
	if !slices.Equal(findings, want) {
		t.Errorf("findings are\n\t%s", strings.Join(findings, "\n\t"))
	}
}

func TestNamesThatDoNotExistAreAnError(t *testing.T) {
	for _, name := range []string{"gone.md", "../outside.md", "/etc/passwd", ""} {
		_, err := importer.Documents(fstest.MapFS{}, name)
		if name == "" {
			continue // the root, which is there and empty
		}
		if subscriptions.CodeOf(err) != subscriptions.NotFound || subscriptions.HintOf(err) == "" {
			t.Errorf("%q gives %v", name, err)
		}
	}
}

func TestTooManyFilesAreRefused(t *testing.T) {
	fsys := fstest.MapFS{}
	for i := range 2001 {
		fsys[fmt.Sprintf("%d.md", i)] = &fstest.MapFile{Data: []byte("---\ntitle: T\ntopics: [iot]\n---\n")}
	}
	if _, err := importer.Documents(fsys, "."); !errors.Is(err, subscriptions.ErrInvalid) {
		t.Errorf("2,001 files give %v", err)
	}
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	var found subscriptions.Import
	gone := errors.New("the disk is gone")
	if err := importer.Document("f.md", iotest.ErrReader(gone), &found); !errors.Is(err, gone) {
		t.Error(err)
	}
}

func TestTextBelowAGlossaryIsReported(t *testing.T) {
	found := document(t, "---\nkind: glossary\nterms:\n  - abbreviation: A\n    english: x\n---\nlost?\n")
	if len(found.Terms) != 1 || len(found.Findings) != 1 || found.Findings[0].Severity != subscriptions.SeverityWarning || importer.Failed(found) {
		t.Errorf("%+v", found)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add(wholeItem)
	f.Add("---\nkind: webinar\ntitle: W\ntopics: [iot]\nzone: Europe/Brussels\nstarts: 2019-06-11 09:30\nends: 2019-06-11 10:30\npresenters:\n  - name: A\n---\n")
	f.Add("---\nkind: edition\ntitle: E\nfrom: 2019-01-01\nto: 2019-03-31\ncontact: |\n  A\n---\nIntro\n")
	f.Add("---\nkind: glossary\nterms:\n  - abbreviation: A\n    english: x\n    chinese: 标\n---\n")
	f.Add("---\n? a\n: {b: [c, *d]}\n<<: &e {}\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		var found subscriptions.Import
		if err := importer.Document("f.md", strings.NewReader(text), &found); err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(text, "\n") + 1
		for _, x := range found.Findings {
			if x.Place.Line < 0 || x.Place.Line > lines || x.Message == "" {
				t.Fatalf("%+v in %d lines", x, lines)
			}
		}
		if len(found.Items)+len(found.Webinars)+len(found.Terms) == 0 && found.Edition == nil && len(found.Findings) == 0 {
			t.Fatal("nothing was found, and nothing said")
		}
	})
}
