package subscriptions

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a search. What is cut is told to the person.
const (
	MaxSearchText  = 200 // characters
	MaxSearchWords = 12
)

// SearchQuery is what a person looks for. Every phrase must be in an entry.
// It is made of words alone: nothing that a database's own query language knows
// passes through ParseSearch.
type SearchQuery struct {
	Text    string   // as it was typed, without what was cut
	Phrases []Phrase // none: there is nothing to look for
	Cut     string   // what was left out, in a sentence; "" when nothing was
}

// Phrase is words that stand one behind the other.
type Phrase struct {
	Words  []string // of letters and digits only
	Prefix bool     // the last may be the beginning of a word
}

// minPrefix is how long a word must be to stand for those that begin with it:
// "cyber" finds cybersecurity, "AI" does not find aim.
const minPrefix = 4

// idle words are left out where others remain.
var idle = []string{"a", "an", "and", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}

// ParseSearch reads what was typed: words with spaces between, and "words in
// quotation marks" for a phrase. An identifier is a phrase of its own accord:
// GB/T and TC260 are two words each.
func ParseSearch(text string) SearchQuery {
	q := SearchQuery{Text: strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), ""))}
	if at := byteOf(q.Text, MaxSearchText); at < len(q.Text) {
		q.Text = q.Text[:at]
		q.Cut = fmt.Sprintf("Only the first %d characters were looked for.", MaxSearchText)
	}
	var weak []Phrase
	for _, part := range searchParts(q.Text) {
		p := phraseOf(part)
		switch {
		case len(p.Words) == 0, slices.ContainsFunc(q.Phrases, p.same):
		case len(p.Words) == 1 && slices.Contains(idle, p.Words[0]):
			weak = append(weak, p)
		case len(q.Phrases) == MaxSearchWords:
			q.Cut = fmt.Sprintf("Only the first %d words were looked for.", MaxSearchWords)
		default:
			q.Phrases = append(q.Phrases, p)
		}
	}
	if len(q.Phrases) == 0 {
		q.Phrases = weak[:min(len(weak), MaxSearchWords)]
	}
	return q
}

func (p Phrase) same(other Phrase) bool { return slices.Equal(p.Words, other.Words) }

// searchParts cuts at spaces, except between quotation marks of any country.
func searchParts(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if strings.ContainsRune(`"“”„«»`, r) {
			quoted = !quoted
			return true
		}
		return !quoted && unicode.IsSpace(r)
	})
}

// phraseOf gives the words of one part. The last character of a run that ends
// the phrase is in its last pair already.
func phraseOf(part string) Phrase {
	words := wordsOf(part)
	if n := len(words); n > 0 && words[n-1].lone {
		words = words[:n-1]
	}
	var p Phrase
	for _, w := range words {
		p.Words = append(p.Words, w.text)
	}
	if n := len(words); n > 0 {
		last := words[n-1]
		if kindAt(part, last.from) == characters {
			p.Prefix = utf8.RuneCountInString(last.text) == 1 // it begins a pair
		} else {
			p.Prefix = utf8.RuneCountInString(last.text) >= minPrefix
		}
	}
	return p
}

// byteOf gives where the nth character ends, or the end.
func byteOf(s string, n int) int {
	for at := range s {
		if n == 0 {
			return at
		}
		n--
	}
	return len(s)
}

// SearchFields are what of an item is looked through, the weightiest first: its
// title; what it says of a standard; who issued it, and its summary; all else.
func (i Item) SearchFields() [4]string {
	fields := [4]string{i.Title, "", i.Issuer + "\n" + i.Summary, plainText(i.Body)}
	if s := i.Standard; s != nil {
		fields[1] = strings.Join([]string{s.Identifier, s.Title, s.OriginalTitle, s.Committee}, "\n")
		fields[3] += "\n" + s.Stage + "\n" + s.Relation
	}
	for _, s := range i.Sources {
		fields[3] += "\n" + s.Title
	}
	return fields
}

// SearchWords takes a text apart into the words of its index.
func SearchWords(text string) []string {
	words := wordsOf(text)
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.text
	}
	return texts
}
