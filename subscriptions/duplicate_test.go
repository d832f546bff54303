package subscriptions_test

import (
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func TestNormalLinkIsTheSameForTheSamePage(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"http://www.Example.org:80/a/?utm_source=x&b=1#top": "example.org/a?b=1",
		"https://example.org/a?b=1&fbclid=abc":              "example.org/a?b=1",
		" https://EXAMPLE.org./a?b=1 ":                      "example.org/a?b=1",
		"HTTPS://example.org/":                              "example.org",
		"https://example.org":                               "example.org",
		"https://example.org:8443/A":                        "example.org:8443/A", // paths know capitals
		"https://example.org/?b=2&a=1":                      "example.org?a=1&b=2",
		"https://example.org/?a=%zz&b=1":                    "example.org?a=%zz&b=1",
		"https://[2001:db8::1]:8080/x":                      "[2001:db8::1]:8080/x",
		"https://example.org/%E4%B8%AD":                     "example.org/%E4%B8%AD",
		"https://example.org/中":                             "example.org/%E4%B8%AD",
		"mailto:a@example.org":                              "",
		"example.org/a":                                     "",
		"https://":                                          "",
		"::":                                                "",
		"":                                                  "",
	} {
		if got := subscriptions.NormalLink(link); got != want {
			t.Errorf("%q is compared as %q, want %q", link, got, want)
		}
	}
}

func TestNormalIdentifierIsTheSameForTheSameStandard(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"GB/T 35273-2017":          "GBT35273-2017",
		"GB/T 35273—2017":          "GBT35273-2017",
		"gbt 35273 – 2017":         "GBT35273-2017",
		"ＧＢ／Ｔ３５２７３－２０１７":           "GBT35273-2017",
		"GB/T 35273":               "GBT35273", // without its year it may be any edition
		"ISO/IEC 30141:2018":       "ISOIEC30141-2018",
		"ISO/IEC 30141 : 2018":     "ISOIEC30141-2018",
		"ISO/IEC 30141:\u00a02018": "ISOIEC30141-2018",
		"GB/T 1.1-2009":            "GBT1.1-2009",
		"EN 319 411-1.":            "EN319411-1",
		"YD/T 3746—":               "YDT3746",
		"20190810-T-469":           "20190810-T-469", // a plan number
		"GB/T":                     "",
		"2017":                     "",
		"---":                      "",
		"":                         "",
	} {
		if got := subscriptions.NormalIdentifier(s); got != want {
			t.Errorf("%q is compared as %q, want %q", s, got, want)
		}
	}
}

// What is normal stays as it is, or a stored form would not be found again.
func FuzzNormalForms(f *testing.F) {
	f.Add("http://www.example.org:80/a/?utm_source=x&b=1#top")
	f.Add("ISO/IEC 30141:2018")
	f.Add("ＧＢ／Ｔ３５２７３－２０１７")
	f.Fuzz(func(t *testing.T, s string) {
		if once := subscriptions.NormalIdentifier(s); subscriptions.NormalIdentifier(once) != once {
			t.Errorf("%q → %q → %q", s, once, subscriptions.NormalIdentifier(once))
		}
		once := subscriptions.NormalLink(s)
		if once == "" {
			return
		}
		if twice := subscriptions.NormalLink("https://" + once); twice != once {
			t.Errorf("%q → %q → %q", s, once, twice)
		}
	})
}
