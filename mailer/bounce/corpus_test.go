package bounce_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/mailer/bounce"
)

// expectation stands beside each message of the corpus. Fields that are left
// out are not held.
type expectation struct {
	Kind       bounce.Kind        `json:"kind"`
	Recipients []bounce.Recipient `json:"recipients"`
	Delivery   string             `json:"delivery,omitempty"`
	Format     string             `json:"format,omitempty"`
}

type specimen struct {
	name string
	eml  []byte
	want expectation
}

// corpus is our own: written by hand after the formats of real servers, with
// addresses of the example domains.
func corpus(t testing.TB) []specimen {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	var all []specimen
	for _, file := range files {
		s := specimen{name: strings.TrimSuffix(filepath.Base(file), ".eml")}
		if s.eml, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(strings.TrimSuffix(file, ".eml") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&s.want); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		all = append(all, s)
	}
	return all
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	innocent := 0
	all := corpus(t)
	for _, s := range all {
		if s.want.Kind != bounce.KindBounce && s.want.Kind != bounce.KindComplaint && s.want.Kind != bounce.KindDelay {
			innocent++
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			got := bounce.Read(bytes.NewReader(s.eml))
			held := expectation{Kind: got.Kind, Delivery: got.DeliveryToken}
			if s.want.Format != "" {
				held.Format = got.Format
			}
			for i, r := range got.Recipients {
				r.Diagnostic = ""
				if i < len(s.want.Recipients) {
					if want := s.want.Recipients[i]; want.Status == "" {
						r.Status = ""
					}
					if want := s.want.Recipients[i]; want.Action == "" {
						r.Action = ""
					}
					if want := s.want.Recipients[i]; want.Reason == "" {
						r.Reason = ""
					}
				}
				held.Recipients = append(held.Recipients, r)
			}
			if diff := cmp.Diff(s.want, held); diff != "" {
				t.Errorf("%s (-want +got):\n%s\nformat %q, why %q, diagnostics %v", s.name, diff, got.Format, got.Why, got.Recipients)
			}
		})
	}
	if len(all) < 150 || innocent < 40 {
		t.Errorf("the corpus has %d messages, %d of them innocent; 150 and 40 are asked for", len(all), innocent)
	}
}

// TestEveryFormatHasAMessage: an entry of the table that no message of the corpus
// is read by has never been seen to work.
func TestEveryFormatHasAMessage(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range corpus(t) {
		seen[bounce.Read(bytes.NewReader(s.eml)).Format] = true
	}
	for _, name := range bounce.FormatNames() {
		if !seen[name] {
			t.Errorf("no message of the corpus is read by %s", name)
		}
	}
}
