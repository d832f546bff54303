package importer_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// entry reads a newsletter of one section and one entry with the given text.
func entry(t *testing.T, period, title, text string) (subscriptions.Item, subscriptions.Import) {
	t.Helper()
	in := "Example Newsletter\n" + period + "\n\nIoT\n\n1. " + title + "\n\n" + text + "\n"
	found, err := importer.Newsletter("n.txt", strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Items) != 1 {
		t.Fatalf("%d items of\n%s\n%v", len(found.Items), in, found.Findings)
	}
	return found.Items[0].Item, found
}

func TestBrokenLinesBecomeText(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a word is put together", "China’s cyberse-\ncurity law", "China’s cybersecurity law"},
		{"also behind a capital and a quote", "the “Ex-\ncellent list” of Asso-\nciations", "the “Excellent list” of Associations"},
		{"a word that stands hyphenated elsewhere keeps its hyphen", "an in-depth look and in-\ndepth exchanges", "an in-depth look and in-depth exchanges"},
		{"one that stands whole elsewhere loses it", "an interface is an in-\nterface", "an interface is an interface"},
		{"words that make compounds keep it", "on self-\nmanagement and real-\ntime things", "on self-management and real-time things"},
		{"so do acronyms", "with AI-\nbased tools and VtX-\nlinks", "with AI-based tools and VtX-links"},
		{"so do names", "the EU-\nChina talks", "the EU-China talks"},
		{"so do numbers", "see ISO/IEC 29182-\n2:2013 from 2009-\n2012 for this", "see ISO/IEC 29182-2:2013 from 2009-2012 for this"},
		{"a dash is no hyphen", "this – or that -\nor the other", "this – or that - or the other"},
		{"a slash joins", "for SAC/\nTC260 and others", "for SAC/TC260 and others"},
		{"sentences that were glued are parted", "It came into force in 2019.SESEC has a copy.", "It came into force in 2019. SESEC has a copy."},
		{"addresses are not", "See https://example.org/a.Bc for it.", "See <https://example.org/a.Bc> for it."},
		{"Chinese signs in English become English", "architecture（SNRA）and more：2 of 3，all told", "architecture (SNRA) and more: 2 of 3, all told"},
		{"in Chinese they stay", "the name is 标准，规范（草案）", "the name is 标准，规范（草案）"},
		{"Chinese is put together without a space", "in Chinese 信息安全\n技术规范", "in Chinese 信息安全技术规范"},
		{"ligatures are spelled out", "the ﬁrst ﬂow", "the first flow"},
		{"what Markdown would take for a sign is escaped", "5 * 3 * 2 <b> [x](y) `z` _a_ a_b", `5 \* 3 \* 2 \<b> \[x](y) ` + "\\`z\\`" + ` \_a\_ a\_b`},
		{"also at the beginning of a line", "# of things", `\# of things`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if it, _ := entry(t, "March 2019", "A title", tt.text); it.Body != tt.want {
				t.Errorf("the body is\n\t%s\nand should be\n\t%s", it.Body, tt.want)
			}
		})
	}
}

func TestListsKeepTheirLevels(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"bullets", "All:\n• one\n• two, which\ngoes on\n\nAfter.", "All:\n\n- one\n- two, which goes on\n\nAfter."},
		{"bullets below numbers in brackets", "(1) A. one\n▪ a\n▪ b\n(2). B\n• c\n(3) C", "1. A. one\n   - a\n   - b\n2. B\n   - c\n3. C"},
		{"three levels", "• a\no b\n▪ c\n• d", "- a\n  - b\n    - c\n- d"},
		{"a dash in a sentence is no list", "He said it\n– and that was all – twice.", "He said it – and that was all – twice."},
		{"a number in a sentence is no list", "It has articles 3 and\n1. That is all.", "It has articles 3 and 1. That is all."},
		{"letters", "(a) one\n(b) two", "1. one\n2. two"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if it, _ := entry(t, "March 2019", "A title", tt.text); it.Body != tt.want {
				t.Errorf("the body is\n%s\nand should be\n%s", it.Body, tt.want)
			}
		})
	}
}

func TestTheDayOfAnEntryIsTheFirstThatLiesInThePeriod(t *testing.T) {
	tests := []struct{ name, period, text, want, until string }{
		{"day and month", "January - March 2019", "On 17th January they met.", "2019-01-17", ""},
		{"the first of two days", "January - March 2019", "They met from 22-23 February in Berlin.", "2019-02-22", ""},
		{"the first of two days across a month", "January - March 2019", "They met from 28 February to 2 March.", "2019-02-28", ""},
		{"of the month", "January - March 2019", "It came on the 15th of February, 2019.", "2019-02-15", ""},
		{"month and day", "January - March 2019", "It came on February 15, 2019.", "2019-02-15", ""},
		{"year first", "January - March 2019", "It came on 2019-02-15 or so.", "2019-02-15", ""},
		{"year first, in Chinese", "January - March 2019", "It came on 2019年2月15日.", "2019-02-15", ""},
		{"with dots", "January - March 2019", "It came on 15.2.2019.", "2019-02-15", ""},
		{"days outside of the period are passed over", "January - March 2019", "After 3 May 2018, on 4 March, it came.", "2019-03-04", ""},
		{"a 30 February is no day", "January - March 2019", "On 30 February and 1 March.", "2019-03-01", ""},
		{"may is a verb", "April - June 2019", "In 10 days may 3 come; on 5 June one did.", "2019-06-05", ""},
		{"days in addresses are none", "January - March 2019", "See http://example.org/2019-01-10/a for 2 March.", "2019-03-02", ""},
		{"without a day none is made up", "January - March 2019", "Nothing.", "", ""},
		{"the year of a period over New Year", "December 2018 - January 2019", "On 20 December and 3 January.", "2018-12-20", ""},
		{"a deadline is not the day", "January - March 2019", "The feedback deadline is the 3rd of March. It came on 4 March.", "2019-03-04", "2019-03-03"},
		{"a deadline after the period", "January - March 2019", "It came on 4 March; comments are welcome until 15 May.", "2019-03-04", "2019-05-15"},
		{"a deadline in the next year", "October - December 2019", "It came on 4 December, open for comment by 15 January.", "2019-12-04", "2020-01-15"},
		{"a day after the word comments is no deadline by itself", "January - March 2019", "A draft for comments. On 4 March it came.", "2019-03-04", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			it, found := entry(t, tt.period, "A title", tt.text)
			until := ""
			if it.Comments != nil {
				until = it.Comments.Until.String()
			}
			if it.Date.String() != tt.want || until != tt.until {
				t.Errorf("day %s, until %q; should be %s, until %q", it.Date, until, tt.want, tt.until)
			}
			if found.Edition == nil || found.Edition.Period.Validate() != nil {
				t.Errorf("the edition is %+v", found.Edition)
			}
		})
	}
}

func TestPeriodsAreNamedInFull(t *testing.T) {
	tests := []struct{ in, title, slug, span string }{
		{"January Feb and March  2019", "January, February and March 2019", "2019-q1", "2019-01-01 2019-03-31"},
		{"April 2019", "April 2019", "2019-04", "2019-04-01 2019-04-30"},
		{"Feb 2020", "February 2020", "2020-02", "2020-02-01 2020-02-29"},
		{"July-September 2019", "July, August and September 2019", "2019-q3", "2019-07-01 2019-09-30"},
		{"Q4 2019", "October, November and December 2019", "2019-q4", "2019-10-01 2019-12-31"},
		{"Second Quarter of 2019", "April, May and June 2019", "2019-q2", "2019-04-01 2019-06-30"},
		{"May & June 2019", "May and June 2019", "may-and-june-2019", "2019-05-01 2019-06-30"},
		{"Issue 7, May 2019", "May 2019", "2019-05", "2019-05-01 2019-05-31"},
		{"November 2018 – January 2019", "November 2018 – January 2019", "november-2018-january-2019", "2018-11-01 2019-01-31"},
		{"December and January 2019", "December 2018 – January 2019", "december-2018-january-2019", "2018-12-01 2019-01-31"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			_, found := entry(t, tt.in, "A title", "Text.")
			e := found.Edition
			if e == nil {
				t.Fatal("there is no edition")
			}
			if span := e.Period.From.String() + " " + e.Period.To.String(); e.Title != tt.title || e.Slug != tt.slug || span != tt.span {
				t.Errorf("%q, %s, %s; should be %q, %s, %s", e.Title, e.Slug, span, tt.title, tt.slug, tt.span)
			}
		})
	}
}

func TestWhoIssuedAndWhichStandard(t *testing.T) {
	tests := []struct{ name, title, text, issuer, standard string }{
		{"in the title", "MIIT Release the list", "Text.", "MIIT", ""},
		{"a committee by its number", "TC260 published a draft", "Text.", "TC260", ""},
		{"two, in the text", "Guidelines", "On 9th March, MIIT and SAC jointly issued the guidelines.", "MIIT and SAC", ""},
		{"explained in brackets", "Rules", "On 10th January, CAC (Cyberspace administration of China) issued rules.", "CAC", ""},
		{"a body nobody knows", "XYZQ published a draft", "Text.", "", ""},
		{"an identifier in the title", "GB/T 35273-2017 is revised", "Text.", "", "GB/T 35273-2017"},
		{"a part and a year", "ISO/IEC 29182-2:2013 adopted", "Text.", "", "ISO/IEC 29182-2:2013"},
		{"an identifier in the text only", "A standard", "It is ISO/IEC 29182-2:2013.", "", ""},
		{"a committee is no standard", "ISO/TC8 approved it", "Text.", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			it, _ := entry(t, "March 2019", tt.title, tt.text)
			standard := ""
			if it.Standard != nil {
				standard = it.Standard.Identifier
			}
			if it.Issuer != tt.issuer || standard != tt.standard {
				t.Errorf("issuer %q, standard %q; should be %q, %q", it.Issuer, standard, tt.issuer, tt.standard)
			}
		})
	}
}

func TestEventsBecomeWebinars(t *testing.T) {
	tests := []struct{ name, when, want, warning string }{
		{"morning in Brussels", "9:30- 10:30 am Brussel time, Tuesday, 11 June, 2019", "2019-06-11T07:30:00Z 2019-06-11T08:30:00Z Europe/Brussels", ""},
		{"on another weekday than it says", "9:30-10:30 CEST, Monday, 11 June 2019", "2019-06-11T07:30:00Z 2019-06-11T08:30:00Z Europe/Brussels", "11 June 2019 is a Tuesday, not a Monday."},
		{"over noon in Beijing", "11:30 - 1:00 pm Beijing time, 11 June 2019", "2019-06-11T03:30:00Z 2019-06-11T05:00:00Z Asia/Shanghai", ""},
		{"two zones, of which the first counts", "15:00-16:00 Beijing time (9:00-10:00 Brussels time), 11 June 2019", "2019-06-11T07:00:00Z 2019-06-11T08:00:00Z Asia/Shanghai", ""},
		{"without an end", "14.00 GMT, June 11, 2019", "2019-06-11T14:00:00Z 2019-06-11T15:00:00Z UTC", "The event names no end; one hour was taken."},
		{"without a zone", "14:00-15:00, 11 June 2019", "2019-06-11T12:00:00Z 2019-06-11T13:00:00Z Europe/Brussels", "The event names no time zone; Europe/Brussels was taken."},
		{"without a year, in the next", "14:00-15:00 CET, 14 January", "2020-01-14T13:00:00Z 2020-01-14T14:00:00Z Europe/Brussels", ""},
		{"without a time", "11 June 2019", "", "No day and time of the event were found, so no webinar was made."},
		{"in the hour the clock skips", "2:30-3:30 CET, 31 March 2019", "", "No day and time of the event were found, so no webinar was made."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			it, found := entry(t, "February - March 2019", "Talk", "Topic: “Lamps”\nTime and Date: "+tt.when+"\nSpeakers: A. Example, of Acme; B. Example\nPlease register here:\nhttps://example.org/42")
			got := ""
			if len(found.Webinars) == 1 {
				w := found.Webinars[0].Webinar
				got = w.Starts.Format(time.RFC3339) + " " + w.Ends.Format(time.RFC3339) + " " + w.Zone
				if w.Slug != "lamps" || it.WebinarSlug != "lamps" || w.Title != "Lamps" || w.RegistrationURL != "https://example.org/42" || len(w.Presenters) != 2 || w.Presenters[0].Role != "of Acme" {
					t.Errorf("%+v", w)
				}
			}
			warning := ""
			for _, f := range found.Findings {
				if f.Severity == subscriptions.SeverityWarning {
					warning += f.Message
				}
			}
			if got != tt.want || warning != tt.warning {
				t.Errorf("%q, %q; should be %q, %q", got, warning, tt.want, tt.warning)
			}
		})
	}
}

func TestWhatIsNoTextIsRefusedWithAHint(t *testing.T) {
	tests := []struct {
		name, in, hint string
	}{
		{"a PDF", "%PDF-1.7\n%\xe2\xe3", "pdftotext"},
		{"zero bytes", "PK\x03\x04\x00\x00", "pdftotext"},
		{"another encoding", "J\xfcrgen", "-enc UTF-8"},
		{"a line without end", strings.Repeat("x", 70_000), "line breaks"},
		{"more than 10 MB", strings.Repeat("some text\n", 1<<20+1), "one by one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, err := importer.Newsletter("n.txt", strings.NewReader(tt.in))
			if subscriptions.CodeOf(err) != subscriptions.Invalid || !strings.Contains(subscriptions.HintOf(err), tt.hint) {
				t.Errorf("the error is %v, the hint %q", err, subscriptions.HintOf(err))
			}
			if len(found.Items) > 0 {
				t.Errorf("%d items came in", len(found.Items))
			}
		})
	}
}

func TestATextWithoutEntriesSaysSo(t *testing.T) {
	found, err := importer.Newsletter("n.txt", strings.NewReader("Once upon a time\nthere was no newsletter.\n"))
	if err != nil || !importer.Failed(found) || len(found.Items) > 0 || found.Edition != nil {
		t.Errorf("%v, %+v", err, found)
	}
}

// longNewsletters are the worst of what a file can hold, so many bytes of it.
func longNewsletters(tb testing.TB, size int) map[string]string {
	tb.Helper()
	whole, err := os.ReadFile("testdata/newsletter-2019-q1.txt")
	if err != nil {
		tb.Fatal(err)
	}
	lines := map[string]string{
		"the newsletter again and again": string(whole), "headings": "1. A\n", "bullets": "• a\n", "Chinese": "标准标准标准标准\n",
		"links": "https://example.org/a\n", "rows": "No. Name\n1 a\n", "labels": "Date: 1 May\nTopic: x\n", "dates": "on 1 May 2019 or 2 May\n",
		"quotes": "“ \" (\n", "contents": "Contents\n\nabc\n", "terms": "Abbreviations\n\nABC 标\n", "pages": "\fa\n1\n",
	}
	long := map[string]string{}
	for name, line := range lines {
		long[name] = strings.Repeat(line, max(size/len(line), 1))
	}
	var rising strings.Builder
	for n := 1; rising.Len() < size; n++ {
		fmt.Fprintf(&rising, "%d. Title\n\ntext\n\n", n%999+1)
	}
	long["headings that rise"] = rising.String()
	return long
}

func TestLongNewslettersAreRead(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	for name, in := range longNewsletters(t, 64<<10) {
		if _, err := importer.Newsletter("n.txt", strings.NewReader(in)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkLongNewsletter shows whether time grows with the size alone.
func BenchmarkLongNewsletter(b *testing.B) {
	for name, in := range longNewsletters(b, 512<<10) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				if _, err := importer.Newsletter("n.txt", strings.NewReader(in)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzNewsletter(f *testing.F) {
	for _, name := range []string{"newsletter-2019-q1.txt", "newsletter-single.txt", "newsletter-plain.txt"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		for piece := range slices.Chunk(b, 2000) { // small ones go faster
			f.Add(piece)
		}
	}
	f.Add([]byte("Newsletter\nMay 2019\n\nIoT\n1. A “b\nc” (d\nNo. Name Status\n1\na-\nb WD\n2 x\nTopic: a\nTime: 9-10 am, 5 May\nhttp://a/-\nb.c\n(1) x\n▪\ny\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 1<<16 {
			return
		}
		found, err := importer.Newsletter("n.txt", bytes.NewReader(in))
		if err != nil {
			return
		}
		for _, it := range found.Items {
			it.Item.Topics = []int64{1}
			if err := it.Item.Validate(); err != nil {
				t.Fatalf("an item that is not valid: %v", err)
			}
			if !utf8.ValidString(it.Item.Title) || it.Item.WebinarSlug != "" && len(found.Webinars) == 0 {
				t.Fatalf("%+v", it)
			}
		}
		for _, w := range found.Webinars {
			if err := w.Webinar.Validate(); err != nil {
				t.Fatalf("a webinar that is not valid: %v", err)
			}
		}
		for _, term := range found.Terms {
			if err := term.Validate(); err != nil {
				t.Fatalf("a term that is not valid: %v", err)
			}
		}
		if e := found.Edition; e != nil && (e.Period.Validate() != nil || !subscriptions.ValidSlug(e.Slug)) {
			t.Fatalf("an edition that is not valid: %+v", *e)
		}
		if len(found.Findings) > 2000 {
			t.Fatalf("%d findings", len(found.Findings))
		}
	})
}
