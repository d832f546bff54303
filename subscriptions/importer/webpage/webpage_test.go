package webpage_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer/webpage"
	"sesec.eu/tidings/templates/markdown"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The samples are written by hand after what the clipboard of each program holds.
func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.html")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d samples: %v", len(files), err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := webpage.Read(string(source), webpage.Options{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		got := r.Markdown + "\n"
		for _, note := range r.Notes {
			got += "\n<!-- " + note + " -->"
		}
		want := strings.TrimSuffix(file, "html") + "md"
		if *update {
			if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		expected, err := os.ReadFile(want)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(expected) {
			t.Errorf("%s is\n%s\nand should be\n%s\nRun the test with -update and read the difference.", file, got, expected)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	list := func(level, mark, words string) string {
		return `<p style="mso-list:l0 level` + level + ` lfo1"><span style="mso-list:Ignore">` + mark + `</span>` + words + `</p>`
	}
	for _, test := range []struct{ name, source, want string }{
		{"nothing is nothing", "", ""},
		{"text alone is a paragraph", "a &amp; b", "a & b"},
		{"signs of Markdown stay signs", "<p># no *heading* [x](y) `z`</p>", "\\# no \\*heading* \\[x](y) \\`z\\`"},
		{"text that looks like HTML stays text", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
		{"scripts and styles go whole", "<p>a<script>alert(1)</script><style>p{}</style></p>", "a"},
		{"what is hidden goes", `<p>a<span style="DISPLAY : none">b</span><b hidden>c</b><i style="mso-hide:all">d</i></p>`, "a"},
		{"marks that turn the direction go", "<p>a\u202eb\u2066c\u200f</p>", "abc"},
		{"bold by style is bold", `<p><span style="font-weight:700">a</span> <span style="font-weight:400">b</span></p>`, "**a** b"},
		{"bold in pieces is one", "<p><b>a</b><b>b</b><b>c</b></p>", "**abc**"},
		{"Word's normal weight in other scripts is no weight", `<p><span style="mso-bidi-font-weight:bold">a</span></p>`, "a"},
		{"headings keep their distance", "<h3>a</h3><h4>b</h4><h1></h1>", "## a\n\n### b"},
		{"a bold heading is a heading", "<h1><b>a</b></h1>", "## a"},
		{"a heading in a list is bold", "<ul><li><h2>a</h2></li></ul>", "- **a**"},
		{"javascript links are words", `<a href="java&#x09;script:alert(1)">a</a> <a href=" JAVASCRIPT:x">b</a> <a href="data:text/html,x">c</a>`, "a b c"},
		{"links with spaces within are put together", "<a href=\"https://e.example/a\n b\">a</a>", "[a](https://e.example/ab)"},
		{"wrapped links are unwrapped", `<a href="https://x.safelinks.protection.outlook.com/?url=javascript%3Aalert(1)">a</a>`, "a"},
		{"numbers go on where they stood", list("1", "3.", "c") + list("1", "4.", "d"), "3. c\n4. d"},
		{"letters are numbers", list("1", "a)", "x") + list("1", "b)", "y"), "1. x\n2. y"},
		{"Chinese numbers too", list("1", "一、", "x"), "1. x"},
		{"a level that is left out is not missed", list("1", "·", "a") + list("3", "·", "b") + list("2", "·", "c") + list("1", "·", "d"), "- a\n  - b\n  - c\n- d"},
		{"a list may begin deep", list("3", "·", "a") + list("1", "·", "b"), "- a\n- b"},
		{"a paragraph ends a list", list("1", "1.", "a") + "<p>b</p>" + list("1", "2.", "c"), "1. a\n\nb\n\n2. c"},
		{"bullets after numbers are another list", list("1", "1.", "a") + list("1", "·", "b"), "1. a\n\n- b"},
		{"a table names its columns by its first row", "<table><tr><td>A<td>B<tr><td>1<td>2</table>", "| A | B |\n|---|---|\n| 1 | 2 |"},
		{"cells over rows are said again", "<table><tr><td>A<td>B<tr><td rowspan=2>1<td>2<tr><td>3</table>", "| A | B |\n|---|---|\n| 1 | 2 |\n| 1 | 3 |"},
		{"cells over columns are said once", "<table><tr><td>A<td>B<td>C<tr><td colspan=2>1<td>2</table>", "| A | B | C |\n|---|---|---|\n| 1 |  | 2 |"},
		{"a row that is one cell is bold", "<table><tr><td>A<td>B<tr><td colspan=2>all<tr><td>1<td>2</table>", "| A | B |\n|---|---|\n| **all** |  |\n| 1 | 2 |"},
		{"spans that end nowhere end with the table", "<table><tr><td rowspan=999>A<td>B<tr><td>1</table>", "| A | B |\n|---|---|\n| A | 1 |"},
		{"rows of different length are filled", "<table><tr><td>A<td>B<td>C<tr><td>1</table>", "| A | B | C |\n|---|---|---|\n| 1 |  |  |"},
		{"lists in cells are one line", "<table><tr><td>A<td>B<tr><td><ul><li>x<li>y</ul><td>2</table>", "| A | B |\n|---|---|\n| x; y | 2 |"},
		{"a table of one cell is its text", "<table><tr><td><p>a<p>b</table>", "a\n\nb"},
		{"a table of one column is its lines", "<table><tr><td>a<tr><td>b</table>", "a\n\nb"},
		{"a table of nothing is nothing", "a<table><tr><td></table>", "a"},
		{"a table that was broken off is read", "<table><tr><td>A<td>B<tr><td>1<td><b>2", "| A | B |\n|---|---|\n| 1 | **2** |"},
		{"cells without a table are words", "<td>a</td><td>b</td>", "ab"},
		{"a link in a cell stays", `<table><tr><td>A<td>B<tr><td><a href="https://e.example/|x">l</a><td>2</table>`, "| A | B |\n|---|---|\n| [l](https://e.example/%7Cx) | 2 |"},
		{"two line breaks are a paragraph", "a<br><br>b<br>c", "a\n\nb  \nc"},
		{"a definition list is paragraphs", "<dl><dt>a<dd>b</dl>", "**a**\n\nb"},
		{"Chinese lines join", "<p>国家\n  标准，\n委员会</p>", "国家标准，委员会"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := webpage.Read(test.source, webpage.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Markdown != test.want {
				t.Errorf("got\n%s\nwant\n%s", r.Markdown, test.want)
			}
		})
	}
}

func TestTheLevelIsTheItems(t *testing.T) {
	t.Parallel()
	r, err := webpage.Read("<h2>a</h2><h6>b</h6>", webpage.Options{Level: 4})
	if want := "#### a\n\n###### b"; err != nil || r.Markdown != want {
		t.Errorf("%q, %v; want %q", r.Markdown, err, want)
	}
}

func TestWhatIsTooMuchIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	row := "<tr><td>a<td>b</tr>"
	for _, test := range []struct{ name, source, says string }{
		{"megabytes", strings.Repeat("x", webpage.MaxSource+1), "larger than 2 MB"},
		{"a text longer than an item", "<p>" + strings.Repeat("word ", 60_000), "more than 200000 characters"},
		{"elements in one another beyond the parser", strings.Repeat("<div>", 5_000), "nested too deeply"},
		{"elements in one another within the parser", strings.Repeat("<blockquote>", 300) + "x", "nested too deeply"},
		{"a table of forty thousand rows", "<table>" + strings.Repeat(row, 40_000), "more than 200000 characters"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := webpage.Read(test.source, webpage.Options{})
			var e *subscriptions.Error
			if !errors.As(err, &e) || e.Code != subscriptions.Invalid || !strings.Contains(e.Message, test.says) || e.Hint == "" {
				t.Errorf("%v, %+v", err, e)
			}
			if r.Markdown != "" {
				t.Errorf("%d characters came through", len(r.Markdown))
			}
		})
	}
	r, err := webpage.Read("<table><tr><td>a<td colspan=100000>b<td>c<tr><td rowspan=100000>d<td>e</table>", webpage.Options{})
	if err != nil || !strings.Contains(r.Markdown, "a, b, c") || len(r.Markdown) > 1000 {
		t.Errorf("a table wider than a grid is not its lines: %q, %v", r.Markdown, err)
	}
}

// Whatever is on a clipboard: an answer comes, within its bounds, and what is
// rendered of it holds nothing that could act.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.html")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source))
	}
	for _, seed := range []string{"<table><tr><td><table><tr><td rowspan=9><ul><table>", "<svg><style><img src=x onerror=alert(1)>", "<math><mtext></p><table><mglyph>",
		"<p style='mso-list:l0 level9 lfo1'><p style='mso-list:l0 level0 lfo1'>", "<ul><ul><li><ol><table><li><p>", "<a href='http://a\x00b'><h1><li></a>",
		"<ruby>x<rt>y</ruby><select><option>z<template><p>q", "<plaintext><b>", "<frameset><frame>", "&#0;&#xd800;&lt;img src=x onerror=y&gt;", "<pre>\n```\n</pre>",
		"<td rowspan=0 colspan=-1>", "<b><p></b></p><table><caption><table>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		r, err := webpage.Read(source, webpage.Options{})
		if err != nil {
			var e *subscriptions.Error
			if !errors.As(err, &e) || e.Hint == "" {
				t.Fatalf("no answer for a person: %v", err)
			}
			if e.Err != nil && strings.HasPrefix(e.Err.Error(), "panic") {
				t.Fatalf("it broke: %v", e.Err)
			}
			return
		}
		if !utf8.ValidString(r.Markdown) || len(r.Markdown) > subscriptions.MaxBody {
			t.Errorf("%d bytes, valid: %v", len(r.Markdown), utf8.ValidString(r.Markdown))
		}
		page, err := html.Parse(strings.NewReader(string(markdown.HTML(r.Markdown))))
		if err != nil {
			t.Fatal(err)
		}
		for n := range page.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			switch n.Data {
			case "script", "style", "img", "iframe", "svg", "math", "form", "input", "object", "embed", "link", "meta", "base", "template":
				t.Errorf("<%s> came through: %q", n.Data, r.Markdown)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "href" && !strings.HasPrefix(a.Val, "http") && !strings.HasPrefix(a.Val, "mailto:") {
					t.Errorf("<%s %s=%q> came through", n.Data, a.Key, a.Val)
				}
			}
		}
	})
}
