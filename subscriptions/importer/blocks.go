package importer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// block is a piece of an entry's body.
type block struct {
	kind   blockKind
	text   string
	depth  int // of a list
	number int // of an ordered list, 0 for a bullet
	line   int // where it begins
	table  *grid
	label  string // of a labelled line
}

type blockKind string

const (
	blockText  blockKind = "text"
	blockList  blockKind = "list"
	blockLink  blockKind = "link"
	blockTable blockKind = "table"
	blockLabel blockKind = "label"
)

// bullets open the entry of a list. The private ones are Symbol and Wingdings,
// which pdftotext cannot name.
const bullets = "•▪●○◦■□◆◇►▶➢➤❖✓✔‣⁃∙·\uf0b7\uf0a7\uf0d8\uf076\uf0fc\uf0a8\uf06e\uf075"

// dashes open one only where a sentence has just ended, or another dash did.
const dashes = "-–—*"

var orderedMark = regexp.MustCompile(`^(?:\((\d{1,2}|[a-z])\)[.、]?|(\d{1,2}|[a-z])\)|(\d{1,2})[.、])\s*(\S.*)$`)

// bullet splits the sign from the text. The marker names its kind; number is 0
// for signs that do not count.
func bullet(s string) (marker string, number int, rest string) {
	r, size := utf8.DecodeRuneInString(s)
	if strings.ContainsRune(bullets, r) {
		return string(r), 0, strings.TrimSpace(s[size:])
	}
	// Word's second bullet is the letter o of a font without a name.
	if (r == 'o' || strings.ContainsRune(dashes, r)) && len(s) > size && s[size] == ' ' {
		return string(r), 0, strings.TrimSpace(s[size:])
	}
	m := orderedMark.FindStringSubmatch(s)
	if m == nil {
		return "", 0, s
	}
	for i, kind := range []string{"(1)", "1)", "1."} {
		if m[i+1] == "" {
			continue
		}
		if n, err := strconv.Atoi(m[i+1]); err == nil {
			return kind, n, m[4]
		}
		return strings.ReplaceAll(kind, "1", "a"), int(m[i+1][0]-'a') + 1, m[4]
	}
	return "", 0, s
}

// blockParser turns the lines of an entry into blocks.
type blockParser struct {
	s      *source
	j      *joiner
	width  int
	labels bool     // lines like "Topic: …" stand by themselves
	open   []string // markers of the lists we are in
	counts map[string]int
	blocks []*block
	at     text // of the last block
	last   *line
}

// parseBlocks reads all lines; each is marked as used.
func (s *source) parseBlocks(j *joiner, lines []*line, width int, labels bool) []*block {
	p := &blockParser{s: s, j: j, width: width, labels: labels, counts: map[string]int{}}
	for i := 0; i < len(lines); {
		l := lines[i]
		if isTableHead(l) {
			if g, n := readTable(j, s, lines[i:]); g != nil {
				p.begin(&block{kind: blockTable, table: g, line: l.no}, "")
				p.open = nil
				for _, row := range lines[i : i+n] {
					row.used = true
				}
				p.last = nil
				i += n
				continue
			}
		}
		l.used = true
		p.line(l)
		p.last = l
		i++
	}
	p.end()
	return p.blocks
}

func (p *blockParser) end() {
	if len(p.blocks) > 0 && p.at.b != nil {
		p.blocks[len(p.blocks)-1].text = p.at.String()
	}
	p.at = text{j: p.j}
}

func (p *blockParser) begin(b *block, s string) {
	p.end()
	p.blocks = append(p.blocks, b)
	p.at.add(s)
}

func (p *blockParser) line(l *line) {
	switch marker, number, rest := bullet(l.text); {
	case link.MatchString(l.text) && !p.sentenceLink(l):
		p.begin(&block{kind: blockLink, line: l.no}, strings.Trim(l.text, "<>"))
	case marker != "" && p.opens(l, marker, number):
		p.nest(marker)
		p.counts[marker] = number
		p.begin(&block{kind: blockList, depth: len(p.open) - 1, number: number, line: l.no}, rest)
	case p.labels && labelled(l.text) != nil:
		m := labelled(l.text)
		p.open = nil
		p.begin(&block{kind: blockLabel, label: m[0], line: l.no}, m[1])
	case p.continues(l):
		p.at.add(l.text)
	default:
		p.open = nil
		p.begin(&block{kind: blockText, line: l.no}, l.text)
	}
}

// opens decides whether the sign at the beginning of a line is one of a list,
// or stands there by chance.
func (p *blockParser) opens(l *line, marker string, number int) bool {
	inside := slices.Contains(p.open, marker)
	fresh := p.last == nil || l.gap >= p.s.big() || endsSentence(p.last.text)
	switch {
	case number > 0:
		return inside && number == p.counts[marker]+1 || number == 1 && (fresh || marker[0] == '(')
	case strings.Contains(dashes, marker):
		return inside || fresh
	}
	return true
}

// nest finds the level of a marker: its own list if we are in one, or a list in
// the one we are in.
func (p *blockParser) nest(marker string) {
	if at := slices.Index(p.open, marker); at >= 0 {
		p.open = p.open[:at+1]
		return
	}
	p.open = append(p.open, marker)
}

// continues decides whether the line belongs to the block above.
func (p *blockParser) continues(l *line) bool {
	if p.last == nil || len(p.blocks) == 0 {
		return false
	}
	above, b := p.last.text, p.blocks[len(p.blocks)-1]
	if b.kind == blockLink || b.kind == blockTable {
		return false
	}
	if strings.HasSuffix(above, "-") && len(above) > 1 && above[len(above)-2] != ' ' {
		return true
	}
	if len(p.at.b) == 0 {
		return true // the sign stood alone on its line
	}
	ended, small := endsSentence(above), unicode.IsLower(firstRune(l.text))
	switch {
	case l.turn:
		return !ended
	case l.gap >= p.s.big():
		return !ended && small && p.s.spaced
	case p.labels && b.kind == blockLabel:
		return small || strings.Count(string(p.at.b), `"`)%2 == 1 || !p.fits(l)
	case ended && (p.last.hard || p.fits(l) || strings.HasSuffix(l.text, ":")):
		return false // "Detailed information is as follows:"
	}
	return true
}

// sentenceLink is true of a link that has a line to itself by chance: the line
// above wants a word, or the link ends the sentence.
func (p *blockParser) sentenceLink(l *line) bool {
	if p.last == nil || l.gap >= p.s.big() || endsSentence(p.last.text) || link.MatchString(p.last.text) {
		return false
	}
	return dangles(p.last.text) || strings.HasSuffix(p.last.text, " see") || strings.HasSuffix(p.last.text, " via") || strings.HasSuffix(l.text, ".")
}

// fits reports whether the first word of the line would have had room on the
// line above: then the line was not broken for want of room.
func (p *blockParser) fits(l *line) bool {
	if p.last == nil {
		return true
	}
	first, _, _ := strings.Cut(l.text, " ")
	return utf8.RuneCountInString(p.last.text)+1+utf8.RuneCountInString(first) <= p.width*86/100
}
