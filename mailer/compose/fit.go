package compose

import (
	"fmt"
	"html/template"
	"math"
	"slices"

	"sesec.eu/tidings/templates/markdown"
)

// The size of a letter. Gmail cuts a message off after 102 KB of HTML and takes
// the unsubscribe links with it. It is measured as it is sent, in quoted-printable,
// where a Chinese character takes nine octets. The bound is on what all share; a
// person's own lines need less than the difference to 102 KB.
const softLimit = 90_000

// encoded is how many octets a text takes in quoted-printable (RFC 2045, 6.7): what
// is not ASCII takes three, as does an equals sign; a line that is longer than 76 is
// broken.
func encoded(s string) int {
	octets, column := 0, 0
	for i := range len(s) {
		n := 1
		switch c := s[i]; {
		case c == '\n':
			octets, column = octets+2, 0
			continue
		case c == '=' || c >= 0x7f || c < ' ' && c != '\t':
			n = 3
		}
		if column+n > 75 {
			octets, column = octets+3, 0
		}
		octets, column = octets+n, column+n
	}
	return octets
}

// limits say how much of a digest is shown.
type limits struct {
	body    int  // octets of HTML one text may have
	entries int  // how many are shown
	plain   bool // no contents list, glossary, or words about the sender
	guessed bool // only to guess the size of the page: no text part
}

var unlimited = limits{body: math.MaxInt, entries: math.MaxInt}

// prose is a text that was read once, however often its letter is tried.
type prose struct {
	doc   *markdown.Doc
	sizes []int // of the HTML up to and with each block, once they are asked for
	heads map[int]template.HTML
}

// head is the HTML of the first blocks.
func (p *prose) head(n int) template.HTML {
	html, known := p.heads[n]
	if !known {
		html = p.doc.Head(n).HTML()
		if p.heads == nil {
			p.heads = map[int]template.HTML{}
		}
		p.heads[n] = html
	}
	return html
}

// blocks is how many paragraphs of a text are shown.
func (l limits) blocks(p *prose) int {
	if l.body == unlimited.body {
		return p.doc.Blocks()
	}
	for size := 0; len(p.sizes) < p.doc.Blocks(); p.sizes = append(p.sizes, size) {
		size += len(p.doc.Block(len(p.sizes)))
	}
	n, _ := slices.BinarySearch(p.sizes, l.body+1)
	return n
}

// fit renders with the widest limits under which the letter is small enough:
// first long texts end at a paragraph, the longest before the others; then the
// extras go; then entries at the end. What is left out is a link away.
func fit(render func(limits) (text, page string, err error)) (text, page string, err error) {
	return fitRoughly(render, nil)
}

// fitRoughly is fit with a guess of how large a letter would be, which costs a
// tenth of making it: of the many that are too large or could be larger, few are
// made. What is guessed wrong is found out by making it.
func fitRoughly(render func(limits) (text, page string, err error), guess func(limits) (int, error)) (text, page string, err error) {
	tried := func(l limits) (bool, error) {
		t, p, e := render(l)
		if e != nil {
			return false, e
		}
		if encoded(p) <= softLimit {
			text, page = t, p
			return true, nil
		}
		return false, nil
	}
	if ok, err := tried(unlimited); ok || err != nil {
		return text, page, err
	}
	for _, plain := range []bool{false, true} {
		at := func(n int) limits { return limits{body: n, entries: math.MaxInt, plain: plain} }
		try := func(n int) (bool, error) { return tried(at(n)) }
		var ok bool
		if guess == nil {
			ok, err = widest(softLimit, softLimit/64, try)
		} else {
			ok, err = widestRoughly(softLimit, softLimit/64, func(n int) (int, error) { return guess(at(n)) }, try)
		}
		if ok || err != nil {
			return text, page, err
		}
	}
	ok, err := widest(1024, 1, func(n int) (bool, error) { return tried(limits{entries: n, plain: true}) })
	if err == nil && !ok {
		err = fmt.Errorf("the letter has more than %d octets of HTML even without its items; shorten the texts of the edition and of the sender", softLimit)
	}
	return text, page, err
}

// widest finds, to within a step, the greatest n up to most for which try succeeds,
// and leaves that try the last successful one. It reports whether any did.
func widest(most, step int, try func(int) (bool, error)) (bool, error) {
	ok, err := try(0)
	if !ok || err != nil {
		return false, err
	}
	low, high := 0, most
	for high-low > step {
		mid := (low + high) / 2
		if ok, err = try(mid); err != nil {
			return false, err
		}
		if ok {
			low = mid
		} else {
			high = mid
		}
	}
	return true, nil
}

// widestRoughly is widest with a guess of the size at n. It looks for the greatest n
// by guesses and tries that one; with what was learned from it, once more, until
// there is nothing between what fits and what is guessed not to.
func widestRoughly(most, step int, guess func(n int) (int, error), try func(n int) (bool, error)) (bool, error) {
	ok, err := try(0)
	if !ok || err != nil {
		return false, err
	}
	const passes = 4
	fits, over := 0, most
	for range passes {
		low, high := fits, over
		for high-low > step {
			mid := (low + high) / 2
			size, err := guess(mid)
			if err != nil {
				return false, err
			}
			if size <= softLimit {
				low = mid
			} else {
				high = mid
			}
		}
		if low == fits {
			break
		}
		if ok, err = try(low); err != nil {
			return false, err
		}
		if ok {
			fits = low
		} else {
			over = low
		}
	}
	return true, nil
}

// growth guesses how large a page is as it is sent from what it is before its styles
// stand at its elements: the two grow alike, and those made so far tell how.
type growth struct {
	before map[limits]int
	made   [][2]int // before, and as it is sent
}

// guess gives the size as it would be sent.
func (g *growth) guess(before int) int {
	switch n := len(g.made); {
	case n == 0:
		return before
	case n == 1 || g.made[n-1][0] == g.made[n-2][0]:
		return before + g.made[n-1][1] - g.made[n-1][0]
	default:
		a, b := g.made[n-1], g.made[n-2]
		return a[1] + int(float64(before-a[0])*float64(b[1]-a[1])/float64(b[0]-a[0]))
	}
}
