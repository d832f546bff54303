package bounce_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"sesec.eu/tidings/mailer/bounce"
)

// FuzzRead: any bytes give a report that keeps its promises.
func FuzzRead(f *testing.F) {
	for _, s := range corpus(f) {
		f.Add(s.eml)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bounce.Read(bytes.NewReader(b))
		if r.Recipients == nil {
			t.Error("recipients are nil")
		}
		if r.Kind == "" || r.Kind == bounce.KindOther && r.Why == "" {
			t.Errorf("kind %q without a why", r.Kind)
		}
		for _, one := range r.Recipients {
			if one.Class == "" {
				t.Errorf("%q has no class", one.Address)
			}
			if hard := one.Class == bounce.ClassHard || one.Class == bounce.ClassSoft; hard && r.Kind != bounce.KindBounce {
				t.Errorf("%q is %s in a %s", one.Address, one.Class, r.Kind)
			}
			if one.Address == "" && r.DeliveryToken == "" {
				t.Error("a recipient without address and token")
			}
			if len(one.Diagnostic) > 500 || !utf8.ValidString(one.Diagnostic) {
				t.Errorf("diagnostic of %d bytes: %q", len(one.Diagnostic), one.Diagnostic)
			}
		}
	})
}
