package subscriptions_test

import (
	"errors"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		password, want string // "" when it is taken
	}{
		"words that do not belong together":     {"violet harbour ninety spoons", ""},
		"twelve characters":                     {"kd8sWm2plQx7", ""},
		"eleven":                                {"kd8sWm2plQx", "at least 12 characters"},
		"twelve characters of another script":   {"紫色的港口有九十把勺子吗", ""},
		"no digit and no sign":                  {"harbourspoonsviolet", ""},
		"200 bytes":                             {strings.Repeat("violet harbour spoon", 9) + "nobody guesses this!", ""},
		"201 bytes":                             {strings.Repeat("violet harbour spoon", 9) + "nobody guesses this !", "longer than 200 bytes"},
		"a common one":                          {"PasswordPassword", "tried first"},
		"a common one with digits":              {"password20192019", "tried first"},
		"a common one with signs":               {"Change-Me-Change-Me!", "tried first"},
		"the name of the service":               {"sesec-tidings-2019", "tried first"},
		"one sign":                              {"aaaaaaaaaaaaaaaa", "pattern"},
		"four signs":                            {"aabbccddaabbddcc", "pattern"},
		"a repeated piece":                      {"violet7violet7violet7", "pattern"},
		"the digits":                            {"1234567890123", "pattern"},
		"the alphabet":                          {"abcdefghijklmnop", "pattern"},
		"the keyboard":                          {"qwertyuiopas", "pattern"},
		"the keyboard in another country":       {"azertyuiopml", "pattern"},
		"the name":                              {"Anna Berg 2019", "name or address"},
		"the name backwards in order":           {"bergannaberg1", "name or address"},
		"the address":                           {"anna.berg@example.org", "name or address"},
		"the name in the middle of other words": {"violet anna harbour", ""},
		"what cannot be typed":                  {"violet\x00harbour spoons", "cannot be typed"},
		"what is no text":                       {"violet\xffharbour spoons", "cannot be typed"},
		"a short name is in many passwords":     {"bo-violet harbours", ""},
	} {
		err := subscriptions.CheckPassword(c.password, "Anna Berg", "anna.berg@example.org")
		if c.want == "" {
			must(t, err)
			continue
		}
		var e *subscriptions.Error
		if !errors.As(err, &e) || e.Code != subscriptions.Invalid || e.Field != "password" || !strings.Contains(e.Message, c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), c.password) {
			t.Errorf("%s: the error repeats the password", name)
		}
	}
}
