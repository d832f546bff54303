package subscriptions_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
)

func TestSearchWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"letters and digits part":                    {"SAC/TC260, GB/T35273-2017", "sac tc 260 gb t 35273 2017"},
		"a plural is its singular":                   {"Standards of bodies, studies", "standard of body study"},
		"what only looks like one stays":             {"status process series gas ISO/IEC is", "status process sery gas iso iec is"},
		"accents of our neighbours fall":             {"Zürich Größe Österreich café Łódź", "zurich grosse osterreich cafe lodz"},
		"accents that stand apart fall too":          {"cafe\u0301", "cafe"},
		"wide forms are those of ASCII":              {"ＧＢ／Ｔ　３５２７３", "gb t 35273"},
		"Chinese is its pairs and last character":    {"信息安全", "信息 息安 安全 全"},
		"the round zero is one":                      {"二〇一九年⺀", "二〇 〇一 一九 九年 年"},
		"one character is itself":                    {"法", "法"},
		"Chinese and Latin part":                     {"5G网络TC", "5 g 网络 络 tc"},
		"marks part, also Chinese ones":              {"《网络安全法》，CAC", "网络 络安 安全 全法 法 cac"},
		"Greek and Cyrillic are words":               {"Αθήνα МОСКВА", "αθήνα москва"},
		"nothing is in marks and broken bytes":       {" -- '\" \xff * ( ) ", ""},
		"an endless word is cut":                     {strings.Repeat("x", 500), strings.Repeat("x", 40)},
		"a character beyond the basic plane is none": {"a\U0001F600b", "a b"},
	} {
		t.Run(name, func(t *testing.T) { same(t, c.want, strings.Join(subscriptions.SearchWords(c.text), " ")) })
	}
	same(t, 16_000, len(subscriptions.SearchWords(strings.Repeat("w ", 30_000))))
}

// said writes phrases down: "gb t", "35273*".
func said(q subscriptions.SearchQuery) string {
	var all []string
	for _, p := range q.Phrases {
		s := strings.Join(p.Words, " ")
		if p.Prefix {
			s += "*"
		}
		all = append(all, s)
	}
	return strings.Join(all, " + ")
}

func TestParseSearch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want, cut string }{
		"an identifier is a phrase and its number":    {"GB/T 35273", "gb t + 35273*", ""},
		"a committee's number stays with its letters": {"TC260", "tc 260", ""},
		"a long word may be a beginning, a short not": {"cyber AI", "cyber* + ai", ""},
		"Chinese ends with its last pair":             {"信息安全", "信息 息安 安全", ""},
		"in its middle the last character counts":     {"网络5G", "网络 络 5 g", ""},
		"one character begins a pair":                 {"法", "法*", ""},
		"quotation marks hold words together":         {`"real time" “data flow”`, "real time* + data flow*", ""},
		"one that is left open holds to the end":      {`a "real time`, "real time*", ""},
		"idle words fall beside others":               {"the law of the sea", "law + sea", ""},
		"and count when they are all there is":        {"to the", "to + the", ""},
		"a word twice is once":                        {"5G 5g ５Ｇ", "5 g", ""},
		"no word is nothing":                          {" ' -- § ", "", ""},
		"what an engine knows is words":               {`NEAR(a b) title:x^2 -y* AND`, "near a + b + title x 2 + y", ""},
		"the thirteenth word is cut, and told":        {"1 2 3 4 5 6 7 8 9 10 11 12 13", "1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12", "Only the first 12 words were looked for."},
		"the character after the 200th too":           {strings.Repeat("法", 201), strings.TrimSpace(strings.Repeat("法法 ", 199)), "Only the first 200 characters were looked for."},
		"exactly 200 are whole":                       {strings.Repeat("1", 200), strings.Repeat("1", 40) + "*", ""},
		"zero bytes and broken text are no words":     {"a\x00b \xff\xfe", "ab", ""},
	} {
		t.Run(name, func(t *testing.T) {
			q := subscriptions.ParseSearch(c.text)
			same(t, c.want, said(q))
			same(t, c.cut, q.Cut)
		})
	}
	same(t, `<b>"GB/T 35273"`, subscriptions.ParseSearch(` <b>"GB/T 35273" `).Text) // the form gives it back
}

// Whatever is typed, only letters and digits reach the databases.
func TestNoSyntaxComesThroughParseSearch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune(`"'*()^:-+|&!<>\ aANDORNEAR法5`+"\x00\t\n“”")))).Draw(t, "text")
		q := subscriptions.ParseSearch(text)
		if len(q.Phrases) > subscriptions.MaxSearchWords {
			t.Fatalf("%d phrases", len(q.Phrases))
		}
		for _, p := range q.Phrases {
			if len(p.Words) == 0 {
				t.Fatal("a phrase without words")
			}
			for _, w := range p.Words {
				if w == "" || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
					t.Fatalf("%q is no word", w)
				}
			}
		}
	})
}

// shown writes fragments down with [hits].
func shown(pieces []subscriptions.Fragment) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestMark(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ query, text, want string }{
		"whole words, as they are written":      {"standard", "Standards, STANDARD, substandard", "[Standards], [STANDARD], substandard"},
		"beginnings of long words":              {"cyber", "Cybersecurity", "[Cybersecurity]"},
		"an identifier however it is spelled":   {"gb/t 35273", "GB/T35273 and ＧＢ／Ｔ ３５２７３", "[GB/T][35273] and [ＧＢ／Ｔ] [３５２７３]"},
		"a committee":                           {"TC 260", "SAC/TC260", "SAC/[TC][260]"},
		"part of a Chinese title":               {"安全", "信息安全技术", "信息[安全]技术"},
		"one character, where it begins a pair": {"安", "信息安全", "信息[安]全"},
		"one character, where it ends the run":  {"全", "信息安全", "信息安[全]"},
		"of two that overlap, the longer":       {"信息安全 信息", "信息安全", "[信息安全]"},
		"markup is text":                        {"script", "<script>", "<[script]>"},
		"no word, no hit":                       {"", "text", "text"},
	} {
		t.Run(name, func(t *testing.T) { same(t, c.want, shown(subscriptions.ParseSearch(c.query).Mark(c.text))) })
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("nothing of note here ", 40)
	for name, c := range map[string]struct{ query, text, want string }{
		"a short text is whole":          {"law", "The law.", "The [law]."},
		"where most of the words are":    {"radio bands", "radio " + long + "new radio bands " + long, ""},
		"the beginning without any":      {"absent", long, ""},
		"Chinese needs no spaces":        {"安全", strings.Repeat("技", 500) + "安全" + strings.Repeat("术", 500), ""},
		"and is not cut in a character":  {"x", strings.Repeat("技", 500), ""},
		"lines and spaces become one":    {"b", "a\n\n  b", "a [b]"},
		"one endless word is cut anyway": {"x", strings.Repeat("é", 1000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := shown(subscriptions.ParseSearch(c.query).Excerpt(c.text))
			if c.want != "" {
				same(t, c.want, got)
				return
			}
			if n := len([]rune(got)); n > 240 || n < 60 {
				t.Errorf("%d characters: %s", n, got)
			}
			if strings.ContainsRune(got, '\uFFFD') || !strings.HasSuffix(got, "…") {
				t.Errorf("cut badly: %s", got)
			}
			switch c.query {
			case "radio bands":
				if !strings.Contains(got, "new [radio] [bands]") || !strings.HasPrefix(got, "… ") {
					t.Error(got)
				}
			case "安全":
				if !strings.Contains(got, "技[安全]术") {
					t.Error(got)
				}
			}
		})
	}
}

// What is marked is the text itself, whatever is looked for.
func TestMarkingChangesNoText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("aB5法律 -<\u0301é\n")))).Draw(t, "text")
		q := subscriptions.ParseSearch(rapid.StringOf(rapid.SampledFrom([]rune(`aB5法律 é"`))).Draw(t, "query"))
		var whole strings.Builder
		for _, p := range q.Mark(text) {
			if p.Text == "" {
				t.Fatal("an empty piece")
			}
			whole.WriteString(p.Text)
		}
		if whole.String() != text {
			t.Fatalf("%q became %q", text, whole.String())
		}
		q.Excerpt(text)
	})
}

func TestMarkdownIsLookedThroughAsPlainText(t *testing.T) {
	t.Parallel()
	body := "## A heading\n\nSome **bold**, *slanted*, `code` and [a link](https://example.org/x_(y) \"t\").\n\n" +
		"- one\n- two\n\n| Number | Title |\n|:--|--:|\n| GB/T 1 | snake_case |\n\n> said \\*so\\* &amp; <b>more</b> <https://example.org>\n\n```go\nfunc\n```\n1. first"
	same(t, "A heading Some bold, slanted, code and a link. one two Number Title GB/T 1 snake_case said *so* & more https://example.org func first",
		subscriptions.Item{Body: body}.SearchFields()[3])
}
