package web_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// payloads are texts that have broken out of other people's pages. Each is put
// into every text field there is (infected) and looked for in everything that is
// rendered (renderings).
var payloads = []string{
	// Elements
	`<script>alert(1)</script>`, `<SCRIPT SRC=//evil.example/x.js></SCRIPT>`, `<scr<script>ipt>alert(1)</scr</script>ipt>`, `"><script>alert(1)</script>`,
	`'><img src=x onerror=alert(1)>`, `<img src=x onerror="alert(1)">`, `<img/src=x/onerror=alert(1)//`, `<body onload=alert(1)>`, `<iframe src="javascript:alert(1)"></iframe>`,
	`<iframe srcdoc="<script>alert(1)</script>">`, `<object data="javascript:alert(1)">`, `<embed src="data:text/html,<script>alert(1)</script>">`,
	`<form action="javascript:alert(1)"><button>go</button></form>`, `<button formaction=javascript:alert(1)>go</button>`, `<input autofocus onfocus=alert(1)>`,
	`<details open ontoggle=alert(1)>`, `<video><source onerror=alert(1)>`, `<marquee onstart=alert(1)>`, `<link rel=stylesheet href=//evil.example/x.css>`,
	`<meta http-equiv=refresh content="0;url=javascript:alert(1)">`, `<base href=//evil.example/>`, `<template><script>alert(1)</script></template>`, `<plaintext>`, `<xmp><script>alert(1)</script>`,
	// SVG and MathML, and what parsers read differently the second time (mXSS)
	`<svg onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`, `<svg><animate onbegin=alert(1) attributeName=x dur=1s>`, `<svg><a xlink:href="javascript:alert(1)"><text y=9>go</text></a></svg>`,
	`<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`, `<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`, `<select><template><style><!--</style><a rel="--></style></template></select><img src=x onerror=alert(1)>">`,
	`<!--><img src=x onerror=alert(1)>-->`, `<!--[if mso]><script>alert(1)</script><![endif]-->`, `--><script>alert(1)</script><!--`, `<![CDATA[<script>alert(1)</script>]]>`, `]]><script>alert(1)</script>`, `<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>`,
	// Out of attributes, titles, style sheets
	`" onmouseover="alert(1)`, `' onmouseover='alert(1)`, "` onmouseover=alert(1)", `"autofocus tabindex=1 onfocus=alert(1) x="`, `</title><script>alert(1)</script>`, `</textarea><script>alert(1)</script>`,
	`</style><script>alert(1)</script>`, `<style>@import url(//evil.example/x.css);</style>`, `<div style="background:url(javascript:alert(1))">`, `<div style="width:expression(alert(1))">`, `;}body{background:url(//evil.example/x)}`,
	// Links
	`javascript:alert(1)`, "\x01 jAvAsCrIpT:alert(1)", "java\nscript:alert(1)", `data:text/html,<script>alert(1)</script>`, `javascript://example.org/%0aalert(1)`,
	// Markdown
	`[click](javascript:alert(1))`, `[click](JaVaScRiPt:alert(1))`, "[click](java\tscript:alert(1))", `[click](java&Tab;script&colon;alert(1))`, `[click](&#106;avascript&#58;alert(1))`, `[click](\x6aavascript:alert(1))`,
	`[click]( javascript:alert(1))`, `[click](<javascript:alert(1)>)`, `[click](vbscript:msgbox(1))`, `[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)`, `[click](//evil.example/)`, `[click](https://example.org/" onmouseover="alert(1))`,
	`![x](javascript:alert(1))`, `![x](https://example.org/x.png"onerror="alert(1))`, `![x](data:image/svg+xml,<svg onload=alert(1)>)`, `<javascript:alert(1)>`, `<https://example.org/"onmouseover="alert(1)>`,
	`[click][1] [1]: javascript:alert(1)`, `| a | b | |---|---| | [x](javascript:alert(1)) | <img src=x onerror=alert(1)> |`, "`<script>alert(1)</script>`", "```html onload=alert(1) <script>", `> <script>alert(1)</script>`, `# <img src=x onerror=alert(1)> {onclick=alert(1)}`, `www.example.org"onmouseover=alert(1)`,
	// Templates, headers, the direction of reading, formulas
	`{{.}} {{7*7}} ${7*7} #{7*7} <%= 7*7 %>`, `{{template "foot" .}}`, `%0d%0aSet-Cookie: x=1`, "\u202egpj.exe\u202c <b>x</b>", `&lt;script&gt;alert(1)&lt;/script&gt;`, `&#60;script&#62;alert(1)`, `＜script＞alert(1)＜/script＞`, `\u003cscript\u003ealert(1)`,
	`=HYPERLINK("https://evil.example/","go")`, `+cmd|' /C calc'!A0`, `-2+3+cmd|' /C calc'!A0`, `@SUM(1+1)*cmd|' /C calc'!A0`, "\t=1+1",
	// Lines: where a field is one line, its rule refuses them; the store is asked all the same
	"a\r\nBcc: x@evil.example\r\n\r\n<script>alert(1)</script>", "a\u2028alert(1)", "[click][x]\n\n[x]: javascript:alert(1) 'onmouseover=alert(1)'", "| a | b |\n|---|---|\n| [x](java&#115;cript:alert(1)) | <svg/onload=alert(1)> |", "<div>\n\n<script>\nalert(1)\n</script>\n",
}

// harmless is what pages look like: whatever element or attribute is not in it is
// not ours.
var harmless = slices.Repeat([]string{"Plain words, alert", "# Heading alert\n\nA [link](https://example.org/), <mail@example.org>, **bold**, *italic*, ~~struck~~, `code` 国家\n\n- a\n  1. b\n\n3. c\n\n> quoted\n\n---\n\n```\ncode\n```\n\n" +
	"| a | b | c | d |\n|:--|--:|:-:|---|\n| 1 | 2 | 3 | 4 |\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nline  \nbreak\n\n#### Deeper\n\n##### Deeper still"}, 24)

// parts are the elements and attributes of pages: "a[href]".
type parts map[string]bool

// checkHTML looks at a page as a browser would, and writes down what it is made of.
func checkHTML(t *testing.T, where, page string, seen parts) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	for n := range root.Descendants() {
		switch n.Type {
		case html.CommentNode:
			if strings.Contains(n.Data, "alert(") || strings.Contains(n.Data, "evil") {
				t.Errorf("%s: a comment holds %q", where, n.Data)
			}
		case html.ElementNode:
			checkElement(t, where, n, seen)
		}
	}
}

func checkElement(t *testing.T, where string, n *html.Node, seen parts) {
	t.Helper()
	seen[n.Namespace+n.Data] = true
	switch n.Data {
	case "object", "embed", "base", "svg", "math", "template", "plaintext", "xmp", "noscript", "applet", "frameset":
		t.Errorf("%s: <%s>", where, n.Data)
	case "script":
		if n.FirstChild != nil || !strings.HasPrefix(attribute(n, "src"), "/static/") {
			t.Errorf("%s: a script that is not ours: %q", where, attribute(n, "src"))
		}
	case "style":
		if n.FirstChild != nil && strings.Contains(n.FirstChild.Data, "evil") {
			t.Errorf("%s: a style sheet holds a payload", where)
		}
	case "iframe":
		if _, ok := find(n, "sandbox"); !ok {
			t.Errorf("%s: a frame without a sandbox", where)
		}
	}
	for _, a := range n.Attr {
		seen[n.Data+"["+a.Key+"]"] = true
		switch key := strings.ToLower(a.Key); {
		case strings.HasPrefix(key, "on"), key == "formaction" && !local(a.Val), key == "background", key == "ping", key == "xlink:href":
			t.Errorf("%s: <%s %s=%q>", where, n.Data, a.Key, a.Val)
		case key == "style" && (strings.Contains(a.Val, "url(") || strings.Contains(a.Val, "expression") || strings.Contains(a.Val, "@import")):
			t.Errorf("%s: <%s style=%q>", where, n.Data, a.Val)
		case key == "srcdoc":
			checkHTML(t, where+" in its frame", a.Val, seen)
		case key == "href" || key == "src" || key == "action" || key == "poster" || key == "data" || key == "cite":
			if !safe(a.Val) || (key == "src" || key == "action") && !local(a.Val) {
				t.Errorf("%s: <%s %s=%q>", where, n.Data, a.Key, a.Val)
			}
		case key == "content" && strings.EqualFold(attribute(n, "http-equiv"), "refresh"):
			t.Errorf("%s: a page that leads away: %q", where, a.Val)
		}
	}
}

func find(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func attribute(n *html.Node, key string) string {
	v, _ := find(n, key)
	return v
}

// local is an address of this site.
func local(link string) bool {
	return strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") && !strings.HasPrefix(link, `/\`)
}

// safe is an address that runs nothing, as a browser reads it: spaces and control
// characters before and within the scheme do not count (URL Standard, 4.4).
func safe(link string) bool {
	link = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, link)
	scheme := schemes.FindString(link)
	return scheme == "" || slices.Contains([]string{"https:", "http:", "mailto:"}, strings.ToLower(scheme)) // without one it leads within the site
}

var schemes = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// textOf is what can be read on a page, attributes that are read out included,
// without spaces.
func textOf(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && (n.Parent == nil || n.Parent.Data != "style" && n.Parent.Data != "script") {
			b.WriteString(n.Data)
		}
	}
	return squeezed(b.String())
}

// squeezed takes spaces out, and what one cannot see.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == '\u00a0' || r == '\u2028' || r == '\u202f' || r == '\u200b' || r == '\u2060' {
			return -1
		}
		return r
	}, s)
}

// checkJSON looks at the HTML within a JSON feed.
func checkJSON(t *testing.T, where, body string, seen parts) {
	t.Helper()
	var feed struct {
		Items []struct {
			HTML string `json:"content_html"`
			URL  string `json:"url"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(body), &feed); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	if len(feed.Items) == 0 {
		t.Errorf("%s has no entries", where)
	}
	for _, item := range feed.Items {
		checkHTML(t, where, item.HTML, seen)
		if !safe(item.URL) {
			t.Errorf("%s: %q", where, item.URL)
		}
	}
}

// checkXML reads a feed to its end, and looks at the HTML within.
func checkXML(t *testing.T, where, body string, seen parts) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	kind := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", where, err)
			return
		}
		switch token := token.(type) {
		case xml.StartElement:
			kind = ""
			if strings.EqualFold(token.Name.Local, "script") || token.Name.Space == "http://www.w3.org/2000/svg" {
				t.Errorf("%s: <%s>", where, token.Name.Local)
			}
			for _, a := range token.Attr {
				switch a.Name.Local {
				case "type":
					kind = a.Value
				case "href", "src":
					if !safe(a.Value) {
						t.Errorf("%s: <%s %s=%q>", where, token.Name.Local, a.Name.Local, a.Value)
					}
				}
			}
		case xml.CharData:
			if kind == "html" {
				checkHTML(t, where, string(token), seen)
			}
		}
	}
}

// TestTheChecksSee: each finds what it is there for.
func TestTheChecksSee(t *testing.T) {
	t.Parallel()
	for _, bad := range payloads[:24] {
		probe := new(testing.T)
		seen := parts{}
		done := make(chan struct{})
		go func() { // a failing T may end its goroutine
			defer close(done)
			checkHTML(probe, "x", "<p>"+bad+" >", seen)
		}()
		<-done
		if !probe.Failed() && len(seen) == len(parts{"html": true, "head": true, "body": true, "p": true}) {
			t.Errorf("nobody sees %s", bad)
		}
	}
	for _, link := range []string{"java\tscript:alert(1)", " javascript:x", "\x01javascript:x", "data:text/html,x", "vbscript:x", "JAVASCRIPT:x", "javascript://evil.example/%0aalert(1)"} {
		if safe(link) {
			t.Errorf("%q is taken for safe", link)
		}
	}
	if len(payloads) < 60 {
		t.Errorf("only %d payloads", len(payloads))
	}
}
