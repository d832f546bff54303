package templates

import (
	htmltemplate "html/template"
	"strings"
	"unicode"
)

// What mail templates can call: "link" in both forms, "han" and "outlook" in HTML,
// "pad" in text.

// Link is a place with the words for it.
type Link struct{ URL, Label string }

// link makes one where a component wants one: {{template "button" (link .URL "Set your password")}}.
func link(url, label string) Link { return Link{url, label} }

// outlook is markup that only Outlook on Windows reads. html/template drops
// comments from files, so it has to come from a function; its argument is
// always written in a template, never data.
func outlook(markup string) htmltemplate.HTML {
	return htmltemplate.HTML("<!--[if mso]>" + markup + "<![endif]-->") //nolint:gosec // see above
}

// han gives words in which Chinese is marked as Chinese, so that a voice reads it as
// such and a font shows its Chinese forms.
func han(words string) htmltemplate.HTML {
	if !strings.ContainsFunc(words, isHan) {
		return htmltemplate.HTML(htmltemplate.HTMLEscapeString(words)) //nolint:gosec // escaped in this line
	}
	var b strings.Builder
	for words != "" {
		from := strings.IndexFunc(words, isHan)
		if from < 0 {
			from = len(words)
		}
		b.WriteString(htmltemplate.HTMLEscapeString(words[:from]))
		if words = words[from:]; words == "" {
			break
		}
		to := strings.IndexFunc(words, func(r rune) bool { return !isHan(r) && !isHanPunct(r) })
		if to < 0 {
			to = len(words)
		}
		b.WriteString(`<span lang="zh">` + htmltemplate.HTMLEscapeString(words[:to]) + `</span>`)
		words = words[to:]
	}
	return htmltemplate.HTML(b.String()) //nolint:gosec // escaped piece by piece
}

func isHan(r rune) bool      { return unicode.Is(unicode.Han, r) }
func isHanPunct(r rune) bool { return r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xff0f }

// pad fills words up to a column of a text, where what follows stands; a Chinese
// character takes two. Words that are too long for it are followed by two spaces.
func pad(columns int, words string) string {
	used := 0
	for _, r := range words {
		if used++; isHan(r) || isHanPunct(r) {
			used++
		}
	}
	return words + strings.Repeat(" ", max(columns-used, 2))
}
