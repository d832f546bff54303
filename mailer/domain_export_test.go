package mailer

// Known counts the domains that are remembered.
func Known(d *Domains) int {
	n := 0
	for i := range d.shards {
		s := &d.shards[i]
		s.mu.Lock()
		n += len(s.paces)
		s.mu.Unlock()
	}
	return n
}

// MaxKnown is how many there can be, and Horizon how far ahead a turn.
const (
	MaxKnown = domainShards * maxPaces
	Horizon  = horizon
)
