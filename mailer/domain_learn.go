package mailer

import (
	"math/bits"
	"time"
)

// How a pace changes.
//
//	too fast            half the rate and half the places, at most once in slowEvery:
//	                    ten connections that are refused together count once
//	accepted            growBy more of both, at most once in growEvery; below one a
//	                    second growStep more, so that the way up from the floor is
//	                    minutes and not hours
//	back at the goal    all that was learned is forgotten; the goal is the limit, or
//	                    without one twice the highest rate that was protested against
//	silence             the same, after learnedFor
//
// A domain without a rate begins at the half of what it was sent in the last
// seconds.
const (
	slowEvery  = 3 * time.Second
	slowest    = 0.1 // messages a second; a limit below it stays as it is
	growEvery  = 5 * time.Second
	growBy     = 1.1
	growStep   = 0.1 // messages a second
	learnedFor = time.Hour
)

// done gives a place back and learns from the answer.
func (p *pace) done(says domainAnswer, r Result, now time.Duration) {
	held := p.taken
	p.taken = max(held-1, 0)
	// Places times time, divided by the messages that went through, is how long a
	// message is on the wire (Little's law), without a mark on each.
	if p.hold == 0 {
		p.hold = p.busy
	} else {
		p.hold += (p.busy - p.hold) / 8
	}
	p.busy = 0
	if says == saysNothing {
		return
	}
	p.answers = p.answers << 1 & (1<<lastAnswers - 1)
	switch says {
	case saysRoom:
		p.grow(now)
	case saysTooFast:
		p.slow(now, held, slowest, r)
	case saysRefused:
		if p.answers |= 1; bits.OnesCount32(p.answers) >= refusedShare {
			p.slow(now, held, refusedFloor, r)
		}
	}
}

// slow halves the pace, not below floor; held is how many places were taken.
func (p *pace) slow(now time.Duration, held int, floor float64, r Result) {
	if p.slowed() && now-p.slowedAt < slowEvery {
		return
	}
	rate, concurrent := p.inForce()
	if rate == 0 {
		rate = p.measured(now)
	}
	p.top = max(p.top, rate)
	if rate = min(rate, max(rate/2, floor)); p.limit.Rate == 0 || rate < p.limit.Rate {
		p.rate = rate
	}
	if concurrent == 0 {
		concurrent = held
	}
	if half := max(concurrent/2, 1); p.limit.Concurrent == 0 || half < p.limit.Concurrent {
		p.concurrent = half
	}
	p.answers, p.slowedAt, p.grewAt, p.why = 0, now, now, clip(r.String())
	p.next = now + gapOf(rate) // the places that were kept are lost
}

// grow goes a step back to the limit.
func (p *pace) grow(now time.Duration) {
	if !p.slowed() || now-p.grewAt < growEvery {
		return
	}
	p.grewAt = now
	if p.rate > 0 {
		if p.rate = grown(p.rate); p.rate >= p.goal() {
			p.rate = 0
		}
	}
	if p.concurrent > 0 {
		p.concurrent = max(p.concurrent+1, int(float64(p.concurrent)*growBy))
		if p.limit.Concurrent > 0 && p.concurrent >= p.limit.Concurrent || p.limit.Concurrent == 0 && p.rate == 0 {
			p.concurrent = 0
		}
	}
	if !p.slowed() {
		p.forget()
	}
}

func grown(rate float64) float64 { return max(rate*growBy, rate+growStep) }

// goal is the rate at which what was learned is forgotten.
func (p *pace) goal() float64 {
	if p.limit.Rate > 0 {
		return p.limit.Rate
	}
	return 2 * p.top
}

func (p *pace) slowed() bool { return p.rate > 0 || p.concurrent > 0 }

func (p *pace) forget() { p.rate, p.concurrent, p.top, p.why = 0, 0, 0, "" }
