package importer_test

import (
	"regexp"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

// The same newsletter comes in many shapes, and has to come out the same.
func TestOneNewsletterInManyShapes(t *testing.T) {
	text, whole := readNewsletter(t, "newsletter-2019-q1.txt")
	want := itemsOf(whole)
	tests := []struct {
		name   string
		change func(string) string
	}{
		{"with the line ends of Windows", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
		{"with a byte order mark", func(s string) string { return "\ufeff" + s }},
		{"with form feeds in place of the spaces they became", func(s string) string {
			return regexp.MustCompile(`(?m)^ (\S)`).ReplaceAllString(s, "\f$1")
		}},
		{"with blank lines between paragraphs only", func(s string) string {
			lines := strings.Split(s, "\n")
			var b strings.Builder
			gap := 0
			for _, l := range lines {
				if strings.TrimSpace(l) == "" {
					gap++
					continue
				}
				if gap >= 3 {
					b.WriteString("\n")
				}
				gap = 0
				b.WriteString(l + "\n")
			}
			return b.String()
		}},
		{"with other bullets", func(s string) string {
			return strings.NewReplacer("▪", "\uf0a7", "•", "➢").Replace(s)
		}},
		{"with bullets on lines of their own", func(s string) string {
			return strings.NewReplacer("▪ ", "▪\n", "• ", "•\n").Replace(s)
		}},
		{"with entries numbered 1)", func(s string) string {
			return regexp.MustCompile(`(?m)^(\d{1,2})\. `).ReplaceAllString(s, "$1) ")
		}},
		{"with soft hyphens", func(s string) string {
			return regexp.MustCompile(`(?m)([a-z])- *$`).ReplaceAllString(s, "$1\u00ad")
		}},
		{"without its page header, where the name of the file says nothing", func(s string) string {
			from, to := strings.Index(s, "SESEC IV China IT/ICT Standardization Newsletter  \n"), strings.Index(s, "7. Guidelines")
			return s[:from] + "\n\n\n" + s[to:]
		}},
		{"without the page of abbreviations", func(s string) string {
			from, to := strings.Index(s, " Abbreviations"), strings.Index(s, " Contents")
			return s[:from] + s[to:]
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, err := importer.Newsletter("newsletter-2019-q1.txt", strings.NewReader(tt.change(text)))
			if err != nil {
				t.Fatal(err)
			}
			got := itemsOf(found)
			if got != want {
				g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
				for i := range min(len(g), len(w)) {
					if g[i] != w[i] {
						t.Fatalf("the items differ:\n%s\nshould be\n%s", g[i], w[i])
					}
				}
				t.Fatalf("%d lines, should be %d", len(g), len(w))
			}
		})
	}
}

// Without the two spaces that end a paragraph, some of them cannot be told
// from the next; the words are the same.
func TestParagraphsMayMergeButKeepTheirWords(t *testing.T) {
	text, whole := readNewsletter(t, "newsletter-2019-q1.txt")
	found, err := importer.Newsletter("newsletter-2019-q1.txt", strings.NewReader(regexp.MustCompile(`(?m) +$`).ReplaceAllString(text, "")))
	if err != nil {
		t.Fatal(err)
	}
	words := func(i subscriptions.Import) string { return strings.Join(strings.Fields(itemsOf(i)), " ") }
	if words(found) != words(whole) {
		t.Error("the words differ")
	}
}

// itemsOf shows the items and webinars, without the lines they come from.
func itemsOf(i subscriptions.Import) string {
	return regexp.MustCompile(`(?m)^- place: .*\n`).ReplaceAllString(show(subscriptions.Import{Items: i.Items, Webinars: i.Webinars}), "")
}
