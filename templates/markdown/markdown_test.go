package markdown_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sesec.eu/tidings/templates/markdown"
)

func TestHTML(t *testing.T) {
	for _, test := range []struct{ name, src, want string }{
		{"paragraphs and emphasis", "One *two* **three**", "<p>One <em>two</em> <strong>three</strong></p>\n"},
		{"raw HTML is dropped, its words stay", "a <b onclick=x>b</b> c", "<p>a b c</p>\n"},
		{"an HTML block is dropped", "<div>x</div>\n\nafter", "<p>after</p>\n"},
		{"a script is dropped", "<script>alert(1)</script>\n\nafter", "<p>after</p>\n"},
		{"a picture is its description", "see ![the chart](https://e.example/p.png) here", "<p>see the chart here</p>\n"},
		{"a javascript link is its words", "[click](javascript:alert(1))", "<p>click</p>\n"},
		{"so is one in disguise", "[click](JaVaScRiPt&#58;alert(1))", "<p>click</p>\n"},
		{"a data link is its words", "[click](data:text/html,x)", "<p>click</p>\n"},
		{"a relative link is its words", "[click](/admin)", "<p>click</p>\n"},
		{"a strange autolink is its words", "<ftp://e.example/x>", "<p>ftp://e.example/x</p>\n"},
		{"a link keeps its query", "[a](https://e.example/?id=1&b=2)", "<p><a href=\"https://e.example/?id=1&amp;b=2\">a</a></p>\n"},
		{"a bare link becomes one", "https://e.example/x", "<p><a href=\"https://e.example/x\">https://e.example/x</a></p>\n"},
		{"an address becomes one", "x@e.example", "<p><a href=\"mailto:x@e.example\">x@e.example</a></p>\n"},
		{"a link after a line end keeps the space", "see\n[a](https://e.example/)", "<p>see\n<a href=\"https://e.example/\">a</a></p>\n"},
		{"headings begin at h3", "# A\n\n## B", "<h3>A</h3>\n<h4>B</h4>\n"},
		{"deep ones are lifted", "#### A", "<h3>A</h3>\n"},
		{"Chinese is marked, with its punctuation", "SAC 国家标准，委员会 here", "<p>SAC <span lang=\"zh\">国家标准，委员会</span> here</p>\n"},
		{"a date within Chinese is Chinese", "委员会于2019年2月4日（周一）发布：x", "<p><span lang=\"zh\">委员会于2019年2月4日（周一）发布：</span>x</p>\n"},
		{"a number after Chinese is not", "标准 35273, 2 and 国家 (2)", "<p><span lang=\"zh\">标准</span> 35273, 2 and <span lang=\"zh\">国家</span> (2)</p>\n"},
		{"Chinese lines join without a space", "国家\n标准", "<p><span lang=\"zh\">国家</span><span lang=\"zh\">标准</span></p>\n"},
		{"a table has scopes", "|A|B|\n|-|-:|\n|1|2|", "<table>\n<thead>\n<tr>\n<th scope=\"col\">A</th>\n<th align=\"right\" scope=\"col\">B</th>\n</tr>\n</thead>\n" +
			"<tbody>\n<tr>\n<td>1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table>\n"},
		{"a wide table names the column of prose", "|A|B|C|D|\n|-|-|-|-|\n|1|long words|3|4|", "<table class=\"records\">\n<thead>\n<tr>\n" +
			"<th scope=\"col\">A</th>\n<th scope=\"col\">B</th>\n<th scope=\"col\">C</th>\n<th scope=\"col\">D</th>\n</tr>\n</thead>\n" +
			"<tbody>\n<tr>\n<td>1</td>\n<td class=\"wide\">long words</td>\n<td class=\"rest\">3</td>\n<td class=\"rest\">4</td>\n</tr>\n</tbody>\n</table>\n"},
		{"nothing is nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(markdown.HTML(test.src)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		name, src string
		width     int
		want      string
	}{
		{"paragraphs are wrapped", "one two three four\n\nfive", 13, "one two three\nfour\n\nfive"},
		{"emphasis leaves no mark, code neither", "*a* **b** `c`", 40, "a b c"},
		{"what is struck stays visible", "~~old~~ new", 40, "~old~ new"},
		{"entities and escapes are words", `R&amp;D \*x\*`, 40, "R&D *x*"},
		{"a hard break holds", "a  \nb", 40, "a\nb"},
		{"lists hang", "- one two three\n- four", 12, "- one two\n  three\n- four"},
		{"lists in lists hang deeper", "1. a\n   - b c d e f g h\n   - i\n2. j", 17, "1. a\n   - b c d e f g\n     h\n   - i\n2. j"},
		{"numbers align", "9. a\n10. b", 20, " 9. a\n10. b"},
		{"loose lists stay loose", "- a\n\n- b", 20, "- a\n\n- b"},
		{"quotations are marked", "> a b c d e f g h", 14, "> a b c d e f\n> g h"},
		{"headings are lines", "## A\n\nb", 20, "A\n\nb"},
		{"links are numbered below, the same one once", "[a](https://e.example/1) [b](https://e.example/2) [c](https://e.example/1)", 72,
			"a [1] b [2] c [1]\n\n[1] https://e.example/1\n[2] https://e.example/2"},
		{"a number never starts a line", "aaaa bbbb [cccc](https://e.example/)", 14, "aaaa bbbb\ncccc [1]\n\n[1] https://e.example/"},
		{"a bare link stays whole in its place", "see https://e.example/a/very/long/path now", 14, "see\nhttps://e.example/a/very/long/path\nnow"},
		{"a javascript link is its words", "[click](javascript:alert(1)) [there](/admin)", 40, "click there"},
		{"an address needs no number", "[x@e.example](mailto:x@e.example)", 40, "x@e.example"},
		{"Chinese counts two a character", "国家标准化管理委员会", 12, "国家标准化管\n理委员会"},
		{"no line starts with a Chinese full stop", "国家标准化管。理委", 12, "国家标准化\n管。理委"},
		{"a table that fits is drawn", "|A|Num|\n|-|-:|\n|国家|1|\n|b|22|", 30, "A     Num\n----  ---\n国家    1\nb      22"},
		{"one that nearly fits wraps its widest column", "|A|B|\n|-|-|\n|1|one two three four five six seven|", 29,
			"A  B\n-  --------------------------\n1  one two three four five\n   six seven"},
		{"one that does not is told as records", "|Standard|Subject|\n|-|-|\n|GB/T 1|one two three four five six|\n|GB/T 2|seven|", 22,
			"Standard: GB/T 1\nSubject: one two\n  three four five six\n\nStandard: GB/T 2\nSubject: seven"},
		{"raw HTML is dropped here too", "<div>x</div>\n\na <b>b</b>", 20, "a b"},
		{"a picture is its description", "![the chart](https://e.example/p.png)", 40, "the chart"},
		{"nothing is nothing", "", 40, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := markdown.Text(test.src, test.width); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestFold(t *testing.T) {
	for _, test := range []struct{ name, src, want string }{
		{"what fits stays as it is", "a  b   c\n", "a  b   c\n"},
		{"what does not is wrapped", "one two three four five\n", "one two three four\nfive\n"},
		{"below a bullet", "- one two three four five\n", "- one two three four\n  five\n"},
		{"below a number, indented", "  3. one two three four\n", "  3. one two three\n     four\n"},
		{"below the name of a term", "CAC  one two three four five\n", "CAC  one two three\n     four five\n"},
		{"a verbatim line is left alone", markdown.Verbatim + "one two three four five six\nx", "one two three four five six\nx"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := markdown.Fold(test.src, 20); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestHeadIsTheFirstBlocks(t *testing.T) {
	d := markdown.Parse("one\n\n- two\n\nthree", 3)
	if d.Blocks() != 3 {
		t.Fatalf("%d blocks", d.Blocks())
	}
	if got := d.Head(2).Text(40); got != "one\n\n- two" {
		t.Errorf("got %q", got)
	}
	if got := d.Head(9).HTML(); got != d.HTML() {
		t.Errorf("more than there is: %q", got)
	}
	if got := string(d.Block(0)); got != "<p>one</p>\n" {
		t.Errorf("block 0 is %q", got)
	}
}

// Whatever an editor pastes, neither form breaks its promise.
func FuzzBothForms(f *testing.F) {
	for _, seed := range []string{"", "# a\n\n|x|y|\n|-|-|\n|1|2|\n", "- a\n  1. b\n\n     c", "[a](javascript:x) ![b](c) <i>d</i>", "国家\n*标准*\n[x](http://e.example)",
		"> - `a\nb`\n\n    code\n***\n", "\x00\x01\xff&#1;", "|a|\n|-|\n|" + strings.Repeat("x ", 99) + "|"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		html, text := strings.ToLower(string(markdown.HTML(src))), markdown.Text(src, 40)
		if !utf8.ValidString(html + text) {
			t.Error("what came out is not valid UTF-8")
		}
		for _, bad := range []string{"<script", "<img", "<iframe", "<style", "<h1", `href="javascript`, `href="data`, `href="/`} {
			if strings.Contains(html, bad) {
				t.Errorf("%q came through: %q", bad, html)
			}
		}
		for line := range strings.SplitSeq(text, "\n") {
			// A line may be too long only by a word that cannot be broken.
			words := strings.Split(strings.TrimLeft(line, " >-0123456789.~"), " ")
			if markdown.Width(line) > 40 && len(words) > 4 && !strings.HasPrefix(line, "    ") && !strings.Contains(line, "  ") {
				t.Errorf("a line of %d columns: %q", markdown.Width(line), line)
			}
		}
	})
}

// Who shows a text among links of their own numbers them all in one row.
func TestNotesGoOn(t *testing.T) {
	var notes markdown.Notes
	first := notes.Mark("https://a.example/")
	text := markdown.Parse("See [b](https://b.example/), [a](https://a.example/) and [b again](https://b.example/).", 3).TextNoted(72, &notes)
	if want := "See b [2], a [1] and b again [2]."; text != want || first != "\u00a0[1]" {
		t.Errorf("%q after %q, want %q", text, first, want)
	}
	if want := []string{"https://a.example/", "https://b.example/"}; !slices.Equal(notes.URLs, want) {
		t.Errorf("notes %v, want %v", notes.URLs, want)
	}
}
