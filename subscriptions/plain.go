package subscriptions

import (
	"html"
	"regexp"
	"strings"
)

// The marks of Markdown, as far as they stand in the way of reading a line of
// it. A letter or a page is rendered by package markdown, which knows them all;
// this is for what is looked for, and for the few words around a hit.
var (
	mdFence = regexp.MustCompile("(?m)^[ \t]*(?:```|~~~).*$")
	mdRuler = regexp.MustCompile(`(?m)^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$`)
	mdStart = regexp.MustCompile(`(?m)^[ \t>]*(?:#{1,6}[ \t]+|[-*+][ \t]+|\d{1,4}[.)][ \t]+)?`)
	mdLink  = regexp.MustCompile(`!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t]+"[^"]*")?\)`)
	mdAuto  = regexp.MustCompile(`<((?:https?://|mailto:)[^<>\s]*)>`)
	mdTag   = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)
	mdMark  = regexp.MustCompile("\\\\[!-/:-@\\[-`{-~]|\\*+|~~|`+|\\b_+|_+\\b") // or a mark that is text
	mdCell  = regexp.MustCompile(`[ \t]*\|[ \t]*`)
)

// PlainText gives the words of a Markdown text on one line, for the few words that
// stand where no markup can.
func PlainText(md string) string { return plainText(md) }

// plainText gives the words of a Markdown text on one line. It is no HTML: what
// shows it escapes it.
func plainText(md string) string {
	s := mdFence.ReplaceAllString(md, "")
	s = mdRuler.ReplaceAllString(s, "")
	s = mdStart.ReplaceAllString(s, "")
	s = mdLink.ReplaceAllString(s, "$1")
	s = mdAuto.ReplaceAllString(s, "$1")
	s = mdTag.ReplaceAllString(s, "")
	s = mdCell.ReplaceAllString(s, " ")
	s = mdMark.ReplaceAllStringFunc(s, func(mark string) string {
		if mark[0] == '\\' {
			return mark[1:]
		}
		return ""
	})
	return strings.Join(strings.Fields(html.UnescapeString(s)), " ")
}
