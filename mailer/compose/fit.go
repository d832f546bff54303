package compose

import (
	"fmt"
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
}

var unlimited = limits{body: math.MaxInt, entries: math.MaxInt}

// prose is a text that was read once, however often its letter is tried.
type prose struct {
	doc   *markdown.Doc
	sizes []int // of the HTML up to and with each block, once they are asked for
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
		ok, err := widest(softLimit, softLimit/64, func(n int) (bool, error) { return tried(limits{body: n, entries: math.MaxInt, plain: plain}) })
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
