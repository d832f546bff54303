package web_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/web"
)

// TestAnEditionPrintsAsANewsletter prints to PDF as a browser does and reads the
// paper.
func TestAnEditionPrintsAsANewsletter(t *testing.T) {
	tab := browser(t)
	s := newSampleSite(t, func(o *web.Options) { o.Demo = true })
	server := httptest.NewServer(s.handler)
	defer server.Close()
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	if err := chromedp.Do(tab, chromedp.Navigate(server.URL+"/editions/2019-q1")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		paper         chromedp.PaperSize
		width, height int // in points
	}{"A4": {chromedp.PaperA4, 595, 842}, "Letter": {chromedp.PaperLetter, 612, 792}} {
		pdf, err := chromedp.Run(tab, chromedp.PrintToPDF(chromedp.PDFPaper(c.paper), chromedp.PDFPreferCSSPageSize()))
		if err != nil {
			t.Fatal(err)
		}
		pages := paper(t, pdf)
		if len(pages) < 5 || len(pages) > 14 {
			t.Errorf("%s: %d pages", name, len(pages))
		}
		if box := regexp.MustCompile(`/MediaBox \[0 0 (\d+)[.\d]* (\d+)[.\d]*\]`).FindStringSubmatch(string(pdf)); box == nil ||
			near(t, box[1], c.width) || near(t, box[2], c.height) {
			t.Errorf("%s: the paper is %v", name, box)
		}
		whole := strings.Join(pages, "\n")
		for _, words := range []string{"SESEC Tidings", "Over a hundred partners at the webinar", "Over 100 partners and stakeholders from Europe", // the first entry
			"Webinar 06: AI standardization and regulations in China", "Who writes the rules and standards", // the last
			"Contents", "ISO/IEC 30165", "Dr. Betty XU", "http://127.0.0.1:8080/editions/2019-q1",
			"https://attendee.gotowebinar.com/register/6905922981922601474"} { // an address that can be typed
			if !strings.Contains(flat(whole), flat(words)) {
				t.Errorf("%s lacks %q", name, words)
			}
		}
		for _, words := range []string{"Skip to the text", "This is a demo", "Change topics or leave", "Glossary", "/webinars/sesec"} {
			if strings.Contains(flat(whole), flat(words)) {
				t.Errorf("%s holds %q, of no use on paper", name, words)
			}
		}
		// The one rule for breaks: no page ends with a heading.
		heads := regexp.MustCompile(`(?m)(Industrial internet|IoT|Blockchain|Cybersecurity and digital identity|Coming up|Names in this edition|register from 15 February|for industrial apps|\d March 2019)$`)
		for n, text := range pages {
			text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), strconv.Itoa(n+1))) // its number
			if at := heads.FindString(lastLine(text)); at != "" {
				t.Errorf("%s: page %d ends with the heading %q", name, n+1, at)
			}
		}
	}
}

func near(t *testing.T, got string, want int) (far bool) {
	t.Helper()
	n, err := strconv.Atoi(got)
	return err != nil || n < want-2 || n > want+2
}

// flat leaves spaces out: on paper they are gaps between glyphs as often as not.
func flat(s string) string { return strings.Join(strings.Fields(s), "") }

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }

var (
	pdfObject = regexp.MustCompile(`(?s)(?:^|\n)(\d+) 0 obj\s*(.*?)\nendobj`)
	pdfStream = regexp.MustCompile(`(?s)stream\r?\n(.*)\r?\nendstream`)
	pdfFonts  = regexp.MustCompile(`/(F\d+) (\d+) 0 R`)
	pdfUni    = regexp.MustCompile(`/ToUnicode (\d+) 0 R`)
	pdfBody   = regexp.MustCompile(`/Contents (\d+) 0 R`)
	pdfShow   = regexp.MustCompile(`/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|(\bET\b)`)
	pdfChars  = regexp.MustCompile(`(?s)beginbfchar(.*?)endbfchar`)
	pdfRanges = regexp.MustCompile(`(?s)beginbfrange(.*?)endbfrange`)
	pdfCodes  = regexp.MustCompile(`begincodespacerange\s*<([0-9A-Fa-f]+)>`)
	pdfHex    = regexp.MustCompile(`<([0-9A-Fa-f]+)>`)
)

// font is how codes become text: so many digits each, and a table.
type font struct {
	digits int
	text   map[int]string
}

// paper reads the text of each page of a PDF as Chromium writes it (ISO 32000-1,
// 9.10): codes in hexadecimal, and for each font a table from code to text. A code
// is two bytes, or one where a face came as drawings (Type 3), as variable faces do.
func paper(t *testing.T, pdf []byte) []string {
	t.Helper()
	objects := map[string]string{}
	for _, o := range pdfObject.FindAllSubmatch(pdf, -1) {
		objects[string(o[1])] = string(o[2])
	}
	stream := func(id string) string {
		raw := pdfStream.FindStringSubmatch(objects[id])
		if raw == nil {
			return ""
		}
		r, err := zlib.NewReader(strings.NewReader(raw[1]))
		if err != nil {
			return raw[1]
		}
		b, err := io.ReadAll(r)
		if err != nil && !bytes.Contains(b, []byte("ET")) {
			t.Fatalf("object %s of the PDF: %v", id, err)
		}
		return string(b)
	}
	var pages []string
	for n := 1; n <= len(objects)+1; n++ {
		page := objects[strconv.Itoa(n)]
		body := pdfBody.FindStringSubmatch(page)
		if body == nil || !strings.Contains(page, "/Type /Page\n") {
			continue
		}
		fonts := map[string]font{}
		for _, f := range pdfFonts.FindAllStringSubmatch(page, -1) {
			if to := pdfUni.FindStringSubmatch(objects[f[2]]); to != nil {
				table := stream(to[1])
				fonts[f[1]] = font{len(pdfCodes.FindStringSubmatch(table)[1]), glyphs(t, table)}
			}
		}
		var text strings.Builder
		var in font
		for _, m := range pdfShow.FindAllStringSubmatch(stream(body[1]), -1) {
			switch {
			case m[1] != "":
				in = fonts[m[1]]
			case m[3] != "":
				text.WriteByte('\n')
			default:
				for i := 0; in.digits > 0 && i+in.digits <= len(m[2]); i += in.digits {
					text.WriteString(in.text[number(t, m[2][i:i+in.digits])])
				}
			}
		}
		pages = append(pages, text.String())
	}
	return pages
}

// glyphs reads a ToUnicode table.
func glyphs(t *testing.T, table string) map[int]string {
	t.Helper()
	to := map[int]string{}
	for _, block := range pdfChars.FindAllStringSubmatch(table, -1) {
		pairs := pdfHex.FindAllStringSubmatch(block[1], -1)
		for i := 0; i+1 < len(pairs); i += 2 {
			to[number(t, pairs[i][1])] = text16(t, pairs[i+1][1])
		}
	}
	for _, block := range pdfRanges.FindAllStringSubmatch(table, -1) {
		triples := pdfHex.FindAllStringSubmatch(block[1], -1)
		for i := 0; i+2 < len(triples); i += 3 {
			from, last, first := number(t, triples[i][1]), number(t, triples[i+1][1]), number(t, triples[i+2][1])
			for g := from; g <= last; g++ {
				to[g] = text16(t, fmt.Sprintf("%04x", first+g-from))
			}
		}
	}
	return to
}

func number(t *testing.T, digits string) int {
	t.Helper()
	n, err := strconv.ParseInt(digits, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func text16(t *testing.T, digits string) string {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	var units []uint16
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(units))
}
