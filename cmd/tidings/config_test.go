package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer"
)

// TestTheReadmeListsEverySetting: name, flag and default of each.
func TestTheReadmeListsEverySetting(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.SplitSeq(string(b), "\n") {
		if strings.HasPrefix(line, "| `TIDINGS_") {
			name, _, _ := strings.Cut(line[3:], "`")
			rows[name] = line
		}
	}
	for _, f := range settingFields(&Settings{}) {
		row := rows[f.env]
		if row == "" {
			t.Errorf("the README has no row for %s", f.env)
			continue
		}
		if !strings.Contains(row, "`--"+f.name+"`") {
			t.Errorf("the row of %s does not name its flag --%s", f.env, f.name)
		}
		if f.preset != "" && !strings.Contains(row, "`"+f.preset+"`") {
			t.Errorf("the row of %s does not name its default %s", f.env, f.preset)
		}
		delete(rows, f.env)
	}
	delete(rows, "TIDINGS_CONFIG")
	for name := range rows {
		t.Errorf("the README lists %s, which is no setting", name)
	}
}

func TestDomainLimitsAreASetting(t *testing.T) {
	t.Parallel()
	got, err := Settings{Domains: "example.org=120/m:5, *=:10"}.read()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]mailer.DomainLimit{"example.org": {Rate: 2, Concurrent: 5}, mailer.EveryOther: {Concurrent: 10}}
	if !maps.Equal(got.domains, want) {
		t.Errorf("%v, want %v", got.domains, want)
	}
}

// TestTheReadmeListsEveryPackage: the table of floors names each package.
func TestTheReadmeListsEveryPackage(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for room := range floors {
		if room != "subscriptions/store/storetest" && !strings.Contains(string(b), "`"+room+"`") {
			t.Errorf("the README's floors lack %s", room)
		}
	}
}
