package page

import (
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates/markdown"
)

// Moving is an entry with where it can go, for the partial edition-move.
type Moving struct {
	Edition  int64
	Entry    subscriptions.BoardEntry
	Sections []subscriptions.Topic
}

// abbreviate shortens a name for the head of a narrow column: Cyber., IoT.
func abbreviate(name string) string {
	const most = 6
	letters := []rune(name)
	if len(letters) <= most+1 {
		return name
	}
	if first, _, more := strings.Cut(name, " "); more {
		letters = []rune(first)
	}
	if len(letters) <= most {
		return string(letters)
	}
	return string(letters[:most-1]) + "."
}

// excerpt is the beginning of a Markdown text, in plain words.
func excerpt(src string) string {
	const most = 140
	words := strings.Join(strings.Fields(markdown.Parse(src, 3).Text(1000)), " ")
	letters := []rune(words)
	if len(letters) <= most {
		return words
	}
	cut := string(letters[:most])
	if at := strings.LastIndexByte(cut, ' '); at > most/2 {
		cut = cut[:at]
	}
	return cut + "…"
}
