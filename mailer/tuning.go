package mailer

import (
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Tuning is what may change while a worker runs (MAIL 30). No message is lost or
// repeated by a change: one that is on the wire ends as it began.
type Tuning struct {
	// Sender opens connections. Those of an earlier one end with their message.
	Sender      Sender
	Connections int // at once; 0 means 4
	// Rate is how many messages a second all workers together may send, 0 for no
	// limit. Each keeps to its share of those that are alive.
	Rate float64
	// Domains are the limits of receiving domains, shared in the same way.
	Domains map[string]DomainLimit
	// TooLate is the age, counted from the plan, at which a digest is refused
	// instead of sent (MAIL 29): nobody wants the March letter in May because a
	// worker came back. 0 means two weeks.
	TooLate time.Duration
}

const (
	defaultConnections = 4
	defaultTooLate     = 14 * 24 * time.Hour
)

// orDefaults puts in what is not said.
func (t Tuning) orDefaults() Tuning {
	if t.Connections <= 0 {
		t.Connections = defaultConnections
	}
	if t.TooLate <= 0 {
		t.TooLate = defaultTooLate
	}
	return t
}

// Tune changes the tuning of a worker, before Run or while it runs.
func (w *Worker) Tune(t Tuning) {
	t = t.orDefaults()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tuning.Store(&t)
	if w.changed != nil {
		close(w.changed) // who waits for a job looks whether it is still wanted
		w.changed = make(chan struct{})
	}
	w.keepPace()
	w.hire()
}

// share says how many workers are alive, this one among them.
func (w *Worker) share(alive int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if alive = max(alive, 1); alive != w.alive {
		w.alive = alive
		w.keepPace()
	}
}

// keepPace sets the throttles to this worker's share. It is called with the lock.
func (w *Worker) keepPace() {
	t, alive := w.tuning.Load(), max(w.alive, 1)
	w.throttle.SetRate(t.Rate / float64(alive))
	limits := make(map[string]DomainLimit, len(t.Domains))
	for domain, l := range t.Domains {
		l.Rate /= float64(alive)
		if l.Concurrent > 0 {
			l.Concurrent = max(l.Concurrent/alive, 1)
		}
		limits[domain] = l
	}
	w.domains.Set(limits)
}

// hire starts senders up to the number that is wanted. It is called with the lock;
// nothing is started before Run or after it was told to stop.
func (w *Worker) hire() {
	for i := 0; w.begin != nil && i < w.tuning.Load().Connections; i++ {
		if w.senders[i] {
			continue
		}
		w.senders[i] = true
		w.sending.Go(func() { w.send(w.begin, i) })
	}
}

// wants reports whether sender i is still wanted; if not, it is taken off the list.
func (w *Worker) wants(i int) bool {
	if i < w.tuning.Load().Connections {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if i < w.tuning.Load().Connections {
		return true
	}
	delete(w.senders, i)
	return false
}

// retuned is closed at the next change.
func (w *Worker) retuned() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

// Slowed lists the receiving domains that are held back at present.
func (w *Worker) Slowed() []DomainStatus { return w.domains.Snapshot(w.Now()) }

// domainOf is the receiving domain of a delivery.
func domainOf(d subscriptions.Delivery) string { return subscriptions.AddressDomain(d.Address) }
