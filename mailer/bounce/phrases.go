package bounce

// phrases finds any of many phrases in one pass: the first three bytes of each
// are looked up at every place of the text, and only where they agree is the
// rest compared. A table of a thousand phrases costs a few nanoseconds a byte.
// Phrases are in lower case and at least three bytes long.
type phrases struct {
	first [1 << 13]uint64 // a bit for each hash of three bytes
	by    map[uint32][]int
	all   []string
}

func newPhrases(all []string) *phrases {
	p := &phrases{by: map[uint32][]int{}, all: all}
	for id, s := range all {
		if len(s) < 3 {
			panic("bounce: a phrase of less than three bytes: " + s)
		}
		k := key3(s)
		h := k * 2654435761 >> 13
		p.first[h>>6] |= 1 << (h & 63)
		p.by[k] = append(p.by[k], id)
	}
	return p
}

func key3(s string) uint32 { return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 }

// find calls f with each phrase that stands in the text, which is in lower
// case, and where.
func (p *phrases) find(text string, f func(id, at int)) {
	for i := 0; i+3 <= len(text); i++ {
		k := key3(text[i:])
		h := k * 2654435761 >> 13
		if p.first[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, id := range p.by[k] {
			if s := p.all[id]; len(text)-i >= len(s) && text[i:i+len(s)] == s {
				f(id, i)
			}
		}
	}
}
