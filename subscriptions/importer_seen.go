package subscriptions

import "hash/maphash"

// seenRows remembers which addresses stand further up in a list, and in a dry run
// what their rows would have opened. Of a row it keeps twelve bytes: lists have
// hundreds of thousands, and two addresses of one hash are not to be expected.
type seenRows struct {
	seed maphash.Seed
	rows map[uint64]seenRow
	sets []TopicSet // 0 is the empty one
	at   map[string]uint16
}

type seenRow struct {
	line int32
	set  uint16
}

func newSeenRows() *seenRows {
	return &seenRows{seed: maphash.MakeSeed(), rows: map[uint64]seenRow{}, sets: []TopicSet{nil}, at: map[string]uint16{"": 0}}
}

func (s *seenRows) key(address string) uint64 { return maphash.String(s.seed, AddressKey(address)) }

// first gives the line in which the address stands first, 0 where that is this one.
func (s *seenRows) first(address string, line int) int {
	k := s.key(address)
	if above, ok := s.rows[k]; ok {
		return int(above.line)
	}
	s.rows[k] = seenRow{line: int32(min(line, 1<<31-1))}
	return 0
}

// would remembers topics that a row would have opened.
func (s *seenRows) would(address string, topics []Topic) {
	if len(topics) == 0 {
		return
	}
	k := s.key(address)
	row := s.rows[k]
	set := s.sets[row.set]
	for _, t := range topics {
		set = set.With(t.ID)
	}
	n, ok := s.at[set.Key()]
	if !ok {
		if len(s.sets) > 1<<16-1 {
			return
		}
		n = uint16(len(s.sets))
		s.sets, s.at[set.Key()] = append(s.sets, set), n
	}
	row.set = n
	s.rows[k] = row
}

// added are the topics that rows further up would have opened.
func (s *seenRows) added(address string) TopicSet { return s.sets[s.rows[s.key(address)].set] }
