package importer_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

func readNewsletter(t *testing.T, file string) (text string, found subscriptions.Import) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	found, err = importer.Newsletter(file, strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b), found
}

func TestNewslettersComeOutAsTheirGoldenFiles(t *testing.T) {
	for _, name := range []string{"newsletter-2019-q1", "newsletter-single", "newsletter-plain"} {
		t.Run(name, func(t *testing.T) {
			_, found := readNewsletter(t, name+".txt")
			golden(t, name+".golden.md", show(found))
		})
	}
}

func TestEveryLineOfANewsletterIsUsedOrReported(t *testing.T) {
	for _, name := range []string{"newsletter-2019-q1.txt", "newsletter-single.txt", "newsletter-plain.txt"} {
		t.Run(name, func(t *testing.T) {
			text, found := readNewsletter(t, name)
			all := squash(autolink.ReplaceAllString(show(found), "")) + squash(headingNames)
			for no, line := range strings.Split(text, "\n") {
				line = strings.TrimSpace(strings.Trim(line, "\f"))
				want := squash(notText.ReplaceAllString(line, ""))
				if !strings.Contains(all, want) && !pageNumbers[line] {
					t.Errorf("line %d is lost: %s", no+1, line)
				}
			}
		})
	}
}

// headingNames are headings that say where something goes and are no content.
const headingNames = `In this Newsletter; Abbreviations; Contents; Contact; Contact us; Contact details for SESEC IV;
	Horizontal issues; IoT; Blockchain; Communication Network and Service; Industrial Internet; Cybersecurity and Digital Identity; Upcoming events;
	No. Standard code Name Status`

// notText are signs of lists, page numbers in a list of contents, and what the
// page of abbreviations says twice.
var notText = regexp.MustCompile(`^(?:o|\([a-z]\)) |(?:\.{3,}| {3,})\s*\d+$|^mailto:|\(OSCCA\),$`)

// autolink is the address that Markdown adds to a link without https://.
var autolink = regexp.MustCompile(`\]\(http://www[^)]*\)`)

// pageNumbers of newsletter-single.txt; the first of them is reported.
var pageNumbers = map[string]bool{"3": true, "4": true}

func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// A word is put into each line in turn, where it changes what the line looks
// like: as the second word, so that headers are headers no more, rows of the
// table cannot be parted, labels are none. It must be in the result all the
// same, in an item, a term, the edition or a finding.
func TestAWordAnywhereInANewsletterIsNeverLost(t *testing.T) {
	for _, name := range []string{"newsletter-2019-q1.txt", "newsletter-single.txt", "newsletter-plain.txt"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, _ := readNewsletter(t, name)
			lines := strings.Split(text, "\n")
			for no, line := range lines {
				at := strings.Index(strings.TrimLeft(line, " \f"), " ")
				if at <= 0 || strings.TrimSpace(line) == "" || no%everyLine != 0 {
					continue
				}
				at += len(line) - len(strings.TrimLeft(line, " \f"))
				changed := slices.Clone(lines)
				changed[no] = line[:at] + " Marked" + line[at:]
				found, err := importer.Newsletter(name, strings.NewReader(strings.Join(changed, "\n")))
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(show(found), "Marked") {
					t.Errorf("line %d is lost: %s", no+1, changed[no])
				}
			}
		})
	}
}
