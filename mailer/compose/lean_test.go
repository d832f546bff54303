package compose_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestWhatSaysNothingIsLeftOut(t *testing.T) {
	t.Parallel()
	const before = `<html><head><!--[if mso]><style>.btn{mso-padding-alt:1px}</style><![endif]--><style>
@media (max-width:520px){
.a,.gone b{color:red!important}
.gone{color:blue}
}
@media print{
.gone i{x:y}
}
</style></head><body><p class="a lost" style="margin: 0 0 14px; color: #14213a;">class=&#34;lost&#34; style=&#34;x: y&#34; .gone {}</p><td class="btn lost"></td><i class="lost"></i></body></html>`
	const want = `<html><head><!--[if mso]><style>.btn{mso-padding-alt:1px}</style><![endif]--><style>@media (max-width:520px){
.a{color:red!important}
}
</style></head><body><p class="a" style="margin:0 0 14px;color:#14213a">class=&#34;lost&#34; style=&#34;x: y&#34; .gone {}</p><td class="btn"></td><i></i></body></html>`
	if got := compose.Lean(before); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, odd := range []string{"", "no head", "<head><style>", "</head><p class=\"", "<head><style>@media x{.a{</style></head><p class=\"a\">"} {
		compose.Lean(odd) // ends, whatever a template of somebody else's has become
	}
}

// Every rule in a letter's head styles something in it, and no class is there without
// a rule.
func TestEveryRuleOfALetterIsUsed(t *testing.T) {
	storetest.OneAfterTheOther(t)
	t.Parallel()
	samples, err := compose.Samples(t.Context(), compose.SampleOptions{Identity: identity(), Now: storetest.Now()})
	if err != nil {
		t.Fatal(err)
	}
	class := regexp.MustCompile(`\.([a-zA-Z][\w-]*)`)
	attribute := regexp.MustCompile(` class="([^"]*)"`)
	mso := regexp.MustCompile(`(?s)<!--\[if mso\]>.*?<!\[endif\]-->`)
	for _, s := range samples {
		_, page := s.Message.Render()
		head, body, _ := strings.Cut(page, "</head>")
		used := map[string]bool{}
		for _, m := range attribute.FindAllStringSubmatch(body, -1) {
			for _, name := range strings.Fields(m[1]) {
				used[name] = true
				if !strings.Contains(head, "."+name) {
					t.Errorf("%s, %s: no rule is about the class %s", s.Name, s.Case, name)
				}
			}
		}
		sheet := mso.ReplaceAllString(head, "")
		sheet = sheet[strings.Index(sheet, "<style>"):]
		for _, m := range class.FindAllStringSubmatch(sheet, -1) {
			if !used[m[1]] {
				t.Errorf("%s, %s: nothing has the class %s", s.Name, s.Case, m[1])
			}
		}
	}
}

func TestTheDayOfSittingsIsSaidOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lines, want string }{
		{"", ""},
		{"Sunday 1 May 2019, 9 in A|Sunday 1 May 2019, 10 in B", "Sunday 1 May 2019|9 in A|10 in B"},
		{"Sunday 1 May 2019, 9 in A", "Sunday 1 May 2019|9 in A"},
		{"Sunday 1 May 2019, 23 in A|Monday 2 May 2019, 6 in B", "Sunday 1 May 2019, 23 in A|Monday 2 May 2019, 6 in B"},
	} {
		var lines []string
		if c.lines != "" {
			lines = strings.Split(c.lines, "|")
		}
		if got := strings.Join(compose.OneDay(lines), "|"); got != c.want {
			t.Errorf("%q: %q, want %q", c.lines, got, c.want)
		}
	}
}

// What an inbox shows beside the subject is the preheader, and then nothing.
func TestThePreheaderKeepsTheMastheadOut(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 30, 89, 90, 140} {
		words := strings.Repeat("w", n)
		fill := compose.Filler(words)
		if shown := n + len([]rune(fill)); shown < 89 || n >= 90 && fill != "" {
			t.Errorf("%d characters and %d of filler", n, len([]rune(fill)))
		}
		if strings.TrimLeft(fill, "\u00a0\u200c") != "" {
			t.Errorf("the filler says %s", fmt.Sprintf("%q", fill))
		}
	}
}
