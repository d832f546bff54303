package mailer

import (
	"math"
	"time"
)

const (
	// horizon is how far ahead a turn can be. Beyond it everybody is told the
	// horizon: a pace that recovers must find somebody who is there to use it.
	horizon = 10 * time.Minute
	// turnStep keeps turns apart that are stored with milliseconds.
	turnStep = time.Millisecond
	// usualHold is how long a message is taken to be on the wire before one has
	// been seen.
	usualHold = 250 * time.Millisecond
	// measureFor is the length of the two spans over which a rate is measured.
	measureFor = 5 * time.Second
	// clockSlack is how far apart the clocks of callers may be that wait for the
	// same lock. What is more is a clock that was set back.
	clockSlack = time.Second
)

// pace is what is known of a domain. Times are since 1970.
type pace struct {
	table *domainLimits // where limit comes from
	limit DomainLimit
	taken int

	rate       float64 // learned, messages a second; 0 for none
	concurrent int     // learned; 0 for none
	top        float64 // the highest rate at which the domain has protested
	why        string  // the answer that slowed it last
	slowedAt   time.Duration
	grewAt     time.Duration
	answers    uint32 // the last ones, a refusal is a 1

	next time.Duration // when the next message may leave
	tail time.Duration // the latest turn that was told
	step time.Duration // between the turns told last
	seen time.Duration // the latest time known

	busy     time.Duration // places times time since the last answer
	hold     time.Duration // a message is on the wire, on average
	began    time.Duration // of the span in which admitted are counted
	admitted int
	before   int // those of the span before
}

// touch brings the pace up to now and returns the time that counts. A caller
// whose clock is a moment behind is taken to be on time. When the clock was set
// back, all that is known moves with it: nobody waits for the old time to come
// again.
func (p *pace) touch(now time.Duration) time.Duration {
	switch back := p.seen - now; {
	case back > clockSlack:
		for _, t := range []*time.Duration{&p.slowedAt, &p.grewAt, &p.next, &p.tail, &p.began} {
			*t -= back
		}
	case back > 0:
		return p.seen
	case back < -learnedFor:
		p.forget()
		p.answers = 0
	default:
		p.busy += time.Duration(p.taken) * -back
	}
	p.seen = now
	return now
}

// obey takes over a limit that was changed.
func (p *pace) obey(table *domainLimits, limit DomainLimit, now time.Duration) {
	p.table, p.limit = table, limit
	if limit.Rate > 0 && p.rate >= limit.Rate {
		p.rate = 0
	}
	if limit.Concurrent > 0 && p.concurrent >= limit.Concurrent {
		p.concurrent = 0
	}
	if !p.slowed() {
		p.forget()
	}
	// Nobody waits for a place at the old rate.
	rate, _ := p.inForce()
	p.next = min(p.next, now+gapOf(rate))
}

// inForce gives the rate and the places, 0 for no limit.
func (p *pace) inForce() (rate float64, concurrent int) {
	rate, concurrent = p.limit.Rate, p.limit.Concurrent
	if p.rate > 0 {
		rate = p.rate
	}
	if p.concurrent > 0 {
		concurrent = p.concurrent
	}
	return rate, concurrent
}

// gapOf is the time between messages at a rate, rounded up, so that no rounding
// sends one too many; 0 without a rate.
func gapOf(rate float64) time.Duration {
	if rate == 0 {
		return 0
	}
	return time.Duration(math.Ceil(float64(time.Second) / rate))
}

// admit takes a place, or tells a turn. Places of the last second that were not
// used are kept, as Throttle does: what waits comes back in batches.
func (p *pace) admit(now time.Duration) (turn time.Duration, ok bool) {
	rate, concurrent := p.inForce()
	gap := gapOf(rate)
	full := concurrent > 0 && p.taken >= concurrent
	if rate > 0 {
		p.next = max(p.next, now-max(time.Second-gap, 0))
	}
	if full || rate > 0 && p.next > now {
		return p.book(now, gap, concurrent, full), false
	}
	p.next += gap
	p.taken++
	p.count(now)
	return now, true
}

// book finds the next turn. When the pace has changed since the one before, the
// whole queue is taken to be that much shorter or longer.
func (p *pace) book(now, gap time.Duration, concurrent int, full bool) time.Duration {
	step := max(gap, turnStep)
	if concurrent > 0 {
		hold := p.hold
		if hold == 0 {
			hold = usualHold
		}
		// An average moves with every message; the queue need not.
		if held := hold / time.Duration(concurrent); held > step {
			if step = held; p.step > held*2/3 && p.step < held*3/2 {
				step = max(p.step, gap)
			}
		}
	}
	if p.tail > now && p.step > 0 && p.step != step {
		p.tail = now + time.Duration(float64(p.tail-now)*float64(step)/float64(p.step))
	}
	p.step = step
	turn := max(p.tail+step, p.next)
	if full {
		turn = max(turn, now+step)
	}
	p.tail = min(turn, now+horizon)
	return p.tail
}

// release gives a place back that was not used.
func (p *pace) release() {
	if p.taken == 0 {
		return
	}
	rate, _ := p.inForce()
	p.taken--
	p.next -= gapOf(rate)
	p.admitted = max(p.admitted-1, 0)
}

// count adds one to the messages of the last seconds.
func (p *pace) count(now time.Duration) {
	switch age := now - p.began; {
	case age >= 2*measureFor:
		p.before, p.admitted, p.began = 0, 0, now
	case age >= measureFor:
		p.before, p.admitted, p.began = p.admitted, 0, p.began+measureFor
	}
	p.admitted++
}

// measured is the rate of the last seconds, and at least one a second: less says
// only that there was little to send, or that it took long.
func (p *pace) measured(now time.Duration) float64 {
	age, n := now-p.began, p.admitted
	if p.before > 0 {
		age, n = age+measureFor, n+p.before
	}
	return max(float64(n)/max(age, time.Second).Seconds(), 1)
}

// useless reports whether nothing is lost when the domain is forgotten.
func (p *pace) useless(now time.Duration) bool {
	age := (now - p.seen).Abs()
	return p.taken == 0 && (age > learnedFor || age > knownFor && !p.indebted(now))
}

// indebted reports whether something is known that limits messages to come.
func (p *pace) indebted(now time.Duration) bool {
	return p.slowed() || p.next > now || p.tail > now
}
