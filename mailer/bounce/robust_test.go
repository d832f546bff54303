package bounce_test

import (
	"bytes"
	"testing"

	"sesec.eu/tidings/mailer/bounce"
)

// TestLineEndsDoNotMatter: the same message with any line ends gives the same report.
func TestLineEndsDoNotMatter(t *testing.T) {
	t.Parallel()
	for _, s := range corpus(t) {
		if bytes.ContainsRune(s.eml, '\r') || bytes.Contains(s.eml, []byte("\x0e")) || s.name == "more-utf16" {
			continue
		}
		want := bounce.Read(bytes.NewReader(s.eml))
		for name, end := range map[string]string{"CR LF": "\r\n", "CR": "\r", "CR CR LF": "\r\r\n"} {
			if name == "CR CR LF" && want.Kind != bounce.KindBounce {
				continue
			}
			got := bounce.Read(bytes.NewReader(bytes.ReplaceAll(s.eml, []byte("\n"), []byte(end))))
			if got.Kind != want.Kind || len(got.Recipients) != len(want.Recipients) {
				t.Errorf("%s with %s: %s of %d, want %s of %d", s.name, name, got.Kind, len(got.Recipients), want.Kind, len(want.Recipients))
				continue
			}
			for i := range got.Recipients {
				if got.Recipients[i].Address != want.Recipients[i].Address || got.Recipients[i].Class != want.Recipients[i].Class {
					t.Errorf("%s with %s: %+v, want %+v", s.name, name, got.Recipients[i], want.Recipients[i])
				}
			}
		}
	}
}

// TestWhatIsCutOff: a message that ends anywhere makes no innocent one guilty, and
// names nobody but its recipients.
func TestWhatIsCutOff(t *testing.T) {
	t.Parallel()
	for _, s := range corpus(t) {
		guilty := s.want.Kind == bounce.KindBounce || s.want.Kind == bounce.KindDelay || s.want.Kind == bounce.KindComplaint
		if guilty {
			continue
		}
		for n := 0; n < len(s.eml); n += 1 + len(s.eml)/40 {
			for _, r := range bounce.Read(bytes.NewReader(s.eml[:n])).Recipients {
				if r.Class == bounce.ClassHard {
					t.Errorf("%s, cut at %d: %+v", s.name, n, r)
				}
			}
		}
	}
}
