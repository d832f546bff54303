package subscriptions_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func TestTermsUsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ terms, text, want string }{
		"a word of its own":                         {"CAC", "The CAC said", "CAC"},
		"at the start and at the end":               {"CAC MIIT", "CAC and MIIT", "CAC MIIT"},
		"in brackets and quotation marks":           {"CAC MIIT", "(CAC) “MIIT”", "CAC MIIT"},
		"TC in SAC/TC260":                           {"SAC TC TC260", "by SAC/TC260.", "SAC TC TC260"},
		"TC in ISO/TC 8, not in ETC":                {"TC", "ETC", ""},
		"TC26 is another committee than TC260":      {"TC26", "SAC/TC260", ""},
		"TC260 is another committee than TC2601":    {"TC260", "TC2601 only", ""},
		"TC260 before another number":               {"TC260", "TC2601, then TC260", "TC260"},
		"MOT not in motor, Motor or MOTOR":          {"MOT", "motor Motor MOTOR", ""},
		"MOT in MOT's":                              {"MOT", "the MOT's order", "MOT"},
		"not behind a letter":                       {"IoT", "AIoT and IIoT", ""},
		"not behind a digit":                        {"G", "5G", ""},
		"not beside an accented letter":             {"MOT", "éMOT MOTé", ""},
		"the spelling counts":                       {"MIIT", "miit Miit", ""},
		"beside Chinese without a space":            {"TC260 CAC", "由TC260发布，CAC网信办", "CAC TC260"},
		"found after a false start":                 {"MOT", "MOTOR and MOT", "MOT"},
		"in a compound with a hyphen":               {"ICT", "ICT-based", "ICT"},
		"in alphabetical order, whatever the case":  {"NDRC MoHURD MIIT MOHRSS", "NDRC MoHURD MIIT MOHRSS", "MIIT MOHRSS MoHURD NDRC"},
		"nothing from nothing":                      {"CAC", "", ""},
		"broken text does no harm":                  {"CAC", "\xffCAC\xff", "CAC"},
		"an abbreviation with a sign in its middle": {"S&T P2P", "S&T for P2P", "P2P S&T"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var terms []subscriptions.Term
			for abbreviation := range strings.FieldsSeq(c.terms) {
				terms = append(terms, subscriptions.Term{Abbreviation: abbreviation})
			}
			var got []string
			for _, used := range subscriptions.TermsUsed(terms, c.text) {
				got = append(got, used.Abbreviation)
			}
			same(t, c.want, strings.Join(got, " "))
		})
	}
	if used := subscriptions.TermsUsed([]subscriptions.Term{{}}, "a text"); len(used) != 0 {
		t.Error("a term without an abbreviation is used everywhere")
	}
}

func TestATermNeedsANameOfOneLine(t *testing.T) {
	t.Parallel()
	must(t, subscriptions.Term{Abbreviation: "CAC", Chinese: "国家互联网信息办公室"}.Validate())
	must(t, subscriptions.Term{Abbreviation: "CAC", English: "Cyberspace Administration of China"}.Validate())
	for _, bad := range []subscriptions.Term{{}, {Abbreviation: "CAC"}, {English: "e"}, {Abbreviation: "C\nAC", English: "e"},
		{Abbreviation: "CAC", English: "a\r\nb"}, {Abbreviation: "CAC", English: "e", Chinese: "中\u2028国"}} {
		fails(t, bad.Validate(), subscriptions.Invalid)
	}
}
