package subscriptions_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

// What is not set is what the program has always said.
func TestWithoutSettingsEverythingIsTheStandard(t *testing.T) {
	t.Parallel()
	want := subscriptions.StandardIdentity()
	got := subscriptions.NewHouse(0, nil, want).Identity
	for _, c := range [][2]any{{got.Site, want.Site}, {got.From, want.From}, {got.Postal, want.Postal}, {got.Zone + got.Second, want.Zone + want.Second},
		{got.Colours(), want.Colours()}, {got.Consent(), want.Consent()}, {got.BaseURL, want.BaseURL}, {got.Text("digest.why"), want.Text("digest.why")}} {
		if !reflect.DeepEqual(c[0], c[1]) {
			t.Errorf("got %v, want %v", c[0], c[1])
		}
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	if err := (subscriptions.Settings{}).Validate(); err != nil {
		t.Error(err)
	}
}

// The table is what desk, command line and documentation show.
func TestTheTableOfSettingsIsInOrder(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, f := range subscriptions.SettingFields() {
		if keys[f.Key] {
			t.Errorf("%s stands there twice", f.Key)
		}
		keys[f.Key] = true
		if f.Label == "" || f.Section == "" || f.Max == 0 || !slices.Contains(subscriptions.SettingPages(), f.Page) {
			t.Errorf("%s lacks something: %+v", f.Key, f)
		}
		if clean, err := f.Clean(f.Standard); err != nil || clean != f.Standard {
			t.Errorf("the standard of %s is refused: %q, %v", f.Key, clean, err)
		}
		for _, need := range f.Needs {
			if !slices.Contains(f.Holds, need) {
				t.Errorf("%s must hold {%s} and may not", f.Key, need)
			}
		}
	}
}

func TestWhatASettingCannotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, key, value, want string }{
		{"a name", "site", "The Daily Standard", ""},
		{"a name too long", "site", strings.Repeat("é", 81), "81 characters"},
		{"a name as long as may be", "site", strings.Repeat("é", 80), ""},
		{"a second header in the name of the sender", "sender.name", "Us\r\nBcc: all@example.org", "one line"},
		{"a bare carriage return", "sender.name", "Us\rBcc: all@example.org", "control character"},
		{"a line separator", "sender.name", "Us\u2028Bcc", "control character"},
		{"a second header in the subject of letters", "subject", "News\nX: y", "one line"},
		{"what is no text", "site", "a\xffb", "not valid text"},
		{"a zero byte", "lede", "a\x00b", "control character"},
		{"an address", "sender.address", "news@Example.ORG", ""},
		{"no address", "sender.address", "news", "not an e-mail address"},
		{"two addresses", "sender.reply", "a@example.org, b@example.org", "no spaces"},
		{"a zone", "zone.first", "America/New_York", ""},
		{"no zone", "zone.first", "Mars/Olympus", "no time zone"},
		{"the machine's own zone", "zone.second", "Local", "name a time zone"},
		{"a file instead of a zone", "zone.second", "../../etc/passwd", "no time zone"},
		{"days", "keep.left", "30", ""},
		{"no days", "keep.left", "soon", "not a number of days"},
		{"fewer days than a link works", "keep.pending", "6", "7 days"},
		{"a text with what it may hold", "text.confirmation.intro", "Entered at {site} for {topics}:", ""},
		{"a text with an unknown name", "text.confirmation.intro", "Entered at {site} by {name}:", "{name} stands for nothing"},
		{"a text without what it must hold", "text.confirmation.until", "The link works for a while.", "{until} is missing"},
		{"a name in braces where there are none", "text.consent", "Send {everything}.", "stands for nothing"},
		{"a picture by a name of somebody else's", "logo.light", "https://example.org/logo.png", "no picture of ours"},
		{"a text of several lines", "text.subscribe.intro", "One.\r\n\r\nTwo.", ""},
		{"nothing", "site", "  ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := subscriptions.Settings{}.With(subscriptions.Settings{c.key: c.value})
			var fault *subscriptions.Error
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (!errors.As(err, &fault) || fault.Field != c.key || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want one that says %q at %s", err, c.want, c.key)
			}
		})
	}
}

func TestAnUnknownSettingIsNamed(t *testing.T) {
	t.Parallel()
	if _, err := (subscriptions.Settings{}).With(subscriptions.Settings{"colour": "red"}); !errors.Is(err, subscriptions.ErrNotFound) {
		t.Error(err)
	}
}

// A row that a newer program has written does not stop this one.
func TestWhatThisProgramCannotUseIsTheStandard(t *testing.T) {
	t.Parallel()
	house := subscriptions.NewHouse(9, subscriptions.Settings{"zone.first": "Mars/Olympus", "light.ink": "none", "site": "Ours", "new.key": "x", "keep.left": "4000"},
		subscriptions.StandardIdentity())
	if house.Identity.Site != "Ours" || house.Identity.Zone != "Europe/Brussels" || house.Identity.Colours() != subscriptions.StandardPalette() {
		t.Errorf("%+v", house.Identity)
	}
	if err := house.Identity.Validate(); err != nil {
		t.Error(err)
	}
	if err := house.Keep.Validate(); err != nil {
		t.Error(err)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, signs string
		set         subscriptions.Settings
		field       string
	}{
		{"the sender is where mail is signed", "example.org", nil, ""},
		{"below it", "mail.example.org", nil, ""},
		{"elsewhere", "example.com", nil, "sender.address"},
		{"a domain that only ends alike", "ample.org", nil, "sender.address"},
		{"nothing is signed", "", nil, ""},
		{"answers go elsewhere", "", subscriptions.Settings{"sender.reply": "us@example.com"}, "sender.reply"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := c.set.Warnings(c.signs)
			if c.field == "" && len(got) > 0 || c.field != "" && (len(got) != 1 || got[0].Field != c.field) {
				t.Errorf("got %v, want one of %q", got, c.field)
			}
		})
	}
}
