package subscriptions_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

// The table of texts in docs/rebrand.md is the table of the program.
func TestTheDocumentationListsEveryText(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join("..", "docs", "rebrand.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, f := range subscriptions.SettingFields() {
		if f.Page != subscriptions.SettingsTexts {
			continue
		}
		holds := make([]string, len(f.Holds))
		for i, name := range f.Holds {
			if holds[i] = "`{" + name + "}`"; slices.Contains(f.Needs, name) {
				holds[i] = "**" + holds[i] + "**"
			}
		}
		fmt.Fprintf(&want, "| `%s` | %s: %s | %s |\n", f.Key, f.Section, strings.ToLower(f.Label[:1])+f.Label[1:], strings.Join(holds, ", "))
	}
	if !strings.Contains(string(doc), want.String()) {
		t.Errorf("docs/rebrand.md lacks this table:\n%s", want.String())
	}
}
