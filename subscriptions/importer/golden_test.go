package importer_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s:%d is\n\t%s\nand should be\n\t%s\nRun the test with -update and read the difference.", file, i+1, g[i], w[i])
		}
	}
	t.Fatalf("%s has %d lines, the result %d", file, len(w), len(g))
}

// show writes an import so that an editor can read it through.
func show(i subscriptions.Import) string {
	var b strings.Builder
	fact := func(name string, value any) {
		if s := fmt.Sprint(value); s != "" && s != "0" && s != "[]" {
			fmt.Fprintf(&b, "- %s: %s\n", name, s)
		}
	}
	if e := i.Edition; e != nil {
		fmt.Fprintf(&b, "# Edition: %s\n\n", e.Title)
		fact("slug", e.Slug)
		fact("period", e.Period.From.String()+" to "+e.Period.To.String())
		fact("place", e.Place)
		fmt.Fprintf(&b, "\n## Intro\n\n%s\n\n## About\n\n%s\n\n## Contact\n\n%s\n", e.Intro, e.About, e.Contact)
	}
	for _, d := range i.Items {
		it := d.Item
		fmt.Fprintf(&b, "\n# %s\n\n", it.Describe())
		fact("slug", it.Slug)
		fact("topics", d.TopicSlugs)
		fact("date", it.Date)
		fact("issuer", it.Issuer)
		if it.Standard != nil {
			fact("standard", it.Standard.Identifier)
		}
		if it.Comments != nil {
			fact("comments until", strings.TrimSpace(it.Comments.Until.String()+" "+it.Comments.URL))
		}
		for _, s := range it.Sources {
			fact("source", s.URL)
		}
		fact("webinar", it.WebinarSlug)
		fact("origin", it.Origin)
		fact("place", d.Place)
		fmt.Fprintf(&b, "\n%s\n", it.Body)
	}
	for _, d := range i.Webinars {
		w := d.Webinar
		fmt.Fprintf(&b, "\n# Webinar: %s\n\n", w.Title)
		zone, _ := subscriptions.LoadZone(w.Zone)
		fact("slug", w.Slug)
		fact("topics", d.TopicSlugs)
		fact("starts", w.Starts.In(zone).Format("Monday 2006-01-02 15:04 ")+w.Zone)
		fact("ends", w.Ends.In(zone).Format("Monday 2006-01-02 15:04 ")+w.Zone)
		fact("language", w.Language)
		for _, p := range w.Presenters {
			fact("presenter", strings.TrimSuffix(p.Name+" | "+p.Role, " | "))
		}
		fact("registration", w.RegistrationURL)
		fact("state", w.State)
		fmt.Fprintf(&b, "\n%s\n", w.Contents)
	}
	if len(i.Terms) > 0 {
		b.WriteString("\n# Abbreviations\n\n")
		for _, t := range i.Terms {
			fmt.Fprintf(&b, "- %s: %s | %s\n", t.Abbreviation, t.English, t.Chinese)
		}
	}
	b.WriteString("\n# Findings\n\n")
	for _, f := range i.Findings {
		fmt.Fprintf(&b, "- %s: %s: %s [%s] (%s)\n", f.Place, f.Severity, f.Message, f.Text, f.Hint)
	}
	return b.String()
}
