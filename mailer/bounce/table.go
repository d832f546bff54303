package bounce

import "strings"

// group is what a phrase speaks for.
type group uint8

const (
	groupFailure group = iota
	groupDelay
	groupFinal
	groupAway
	groupChallenge
	groupNotice
	groupDelivered
	groupFormat
)

// tables are all the data of the package, ready to be looked through. It is
// made once and never changes.
type tables struct {
	reasons  *phrases
	reasonBy []Reason
	firstUs  int // the phrases from here on are aboutUs
	words    *phrases
	wordBy   []wordOf
	formats  []*format
}

type wordOf struct {
	group  group
	format int
}

var table = newTables()

func newTables() *tables {
	t := &tables{}
	var all []string
	for r := range reasonPhrases {
		for _, s := range reasonPhrases[r] {
			all = append(all, s)
			t.reasonBy = append(t.reasonBy, r)
		}
	}
	t.firstUs = len(all)
	for _, s := range aboutUs {
		all = append(all, s)
		t.reasonBy = append(t.reasonBy, Policy)
	}
	t.reasons = newPhrases(all)
	var words []string
	add := func(g group, format int, list []string) {
		for _, s := range list {
			words = append(words, strings.ReplaceAll(s, "\n", " "))
			t.wordBy = append(t.wordBy, wordOf{g, format})
		}
	}
	add(groupFailure, 0, failureWords)
	add(groupDelay, 0, delayWords)
	add(groupFinal, 0, finalWords)
	add(groupAway, 0, awayWords)
	add(groupChallenge, 0, challengeWords)
	add(groupNotice, 0, noticeWords)
	add(groupDelivered, 0, deliveredWords)
	for _, set := range [][]format{serverFormats, exchangeFormats, filterFormats, providerFormats, lastFormats} {
		for i := range set {
			t.formats = append(t.formats, &set[i])
			add(groupFormat, len(t.formats)-1, set[i].mark)
		}
	}
	t.words = newPhrases(words)
	return t
}

// has reports whether a phrase of the group stands in a text in lower case.
func (t *tables) has(lower string, g group) bool {
	yes := false
	t.words.find(lower, func(id, _ int) { yes = yes || t.wordBy[id].group == g })
	return yes
}

// rank is that of a phrase of the reasons.
func (t *tables) rank(id int) int {
	if id >= t.firstUs {
		return 100
	}
	return ranks[t.reasonBy[id]]
}
