package mailer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// connection is one of the worker's goroutines: it keeps a Conn and the outcome
// of its last message, which is committed together with the begin of the next.
//
// It looks one message ahead. While one is on its way the next is composed and
// announced to the Conn, which may let its envelope leave with the end of the one
// before. Its content waits for the commit that says both what became of the one
// and that the other begins.
type connection struct {
	worker  *Worker
	place   int // among the senders: when it is one too many, nothing follows
	conn    Conn
	sender  Sender // that opened conn
	pending *subscriptions.Outcome
	held    *letter       // lets another go first, and is the next after it
	waits   time.Duration // before the next attempt to connect
}

// letter is a composed message with the delivery it is for.
type letter struct {
	job
	message *Message
	// announced: the Conn has been told, and is of no use if the message does not
	// leave now.
	announced bool
	begun     bool // the ledger has it on the wire
}

// send works off jobs until there are no more, or sender i is one too many.
func (w *Worker) send(ctx context.Context, i int) {
	c := &connection{worker: w, place: i}
	var next *letter
	for {
		l := next
		if l == nil {
			if l, c.held = c.held, nil; l == nil {
				j, ok := c.take()
				if !ok {
					break
				}
				if l = c.compose(ctx, j); l == nil {
					continue
				}
			}
			began := w.Now()
			err := w.throttle.Wait(w.wanted, w.Now)
			w.Stats.Waited(w.Now().Sub(began))
			if err == nil && l.delivery.Priority >= subscriptions.PriorityDigest {
				// It may have waited long. Who waits for a mail goes first.
				if u := c.urgent(ctx); u != nil {
					l, c.held = u, l
				}
			}
		}
		if w.wanted.Err() != nil {
			c.giveBack(l)
			break
		}
		next = c.deliver(ctx, l)
	}
	if c.held != nil {
		c.giveBack(c.held)
	}
	c.settle()
	c.drop()
}

// urgent takes and composes a mail that somebody waits for, if there is one.
func (c *connection) urgent(ctx context.Context) *letter {
	select {
	case j := <-c.worker.urgent:
		return c.compose(ctx, j)
	default:
		return nil
	}
}

// ahead takes and composes the message that will follow, if there is one at once
// and the pace lets it leave at once.
func (c *connection) ahead(ctx context.Context) *letter {
	w := c.worker
	for w.wanted.Err() == nil && c.place < w.connections() && (c.held != nil || len(w.jobs) > 0) && w.throttle.Take(w.Now()) {
		if u := c.urgent(ctx); u != nil {
			return u
		}
		if l := c.held; l != nil {
			c.held = nil
			return l
		}
		select {
		case j, ok := <-w.jobs:
			if !ok {
				return nil
			}
			if l := c.compose(ctx, j); l != nil {
				return l
			}
		default:
			return nil // another connection was faster
		}
	}
	return nil
}

// take waits for a job; when none is there at once, it does not keep the last
// outcome to itself meanwhile, nor for long a connection that nobody needs.
//
// When the worker is to stop, there are no more jobs: what is claimed is freed
// by its leave.
func (c *connection) take() (job, bool) {
	w, i := c.worker, c.place
	changed := w.retuned()
	if w.wanted.Err() != nil || !w.wants(i) {
		return job{}, false
	}
	select {
	case j := <-w.urgent:
		return j, true
	default:
	}
	select {
	case j, ok := <-w.jobs:
		return j, ok
	default:
	}
	c.settle()
	idle := time.NewTimer(w.idle)
	defer idle.Stop()
	for {
		select {
		case j := <-w.urgent:
			return j, true
		case j, ok := <-w.jobs:
			return j, ok
		case <-idle.C:
			c.drop()
		case <-changed:
			if changed = w.retuned(); !w.wants(i) {
				return job{}, false
			}
		}
	}
}

// settle commits the pending outcome.
func (c *connection) settle() {
	if c.pending != nil {
		c.worker.ledger.write(c.pending, nil)
		c.pending = nil
	}
}

// conclude commits an outcome of a message that this connection has not put on the
// wire.
func (c *connection) conclude(o subscriptions.Outcome) {
	o.Unbegun = true
	c.settle()
	c.worker.ledger.write(&o, nil)
}

func (c *connection) drop() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.worker.Stats.Closed()
		c.conn = nil
	}
}

// compose makes the message of a job, or concludes it and gives nil.
func (c *connection) compose(ctx context.Context, j job) *letter {
	w, d := c.worker, j.delivery
	reason := Refusal(d, j.recipient, w.Now())
	if reason == "" && (!d.Kind.Edition() || w.Now().Sub(d.Since()) <= w.tuning.Load().TooLate) {
		m, err := w.Composer.Compose(ctx, d, j.recipient)
		if err == nil {
			return &letter{job: j, message: m}
		}
		w.domains.Release(j.domain)
		c.notComposed(d, err)
		return nil
	}
	w.domains.Release(j.domain)
	o := subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySkipped, Detail: reason}
	if reason == "" {
		o.State, o.Detail = subscriptions.DeliveryFailed, "too late: queued on "+subscriptions.DateOf(d.Since()).Words()
	}
	w.Stats.Outcome(d.Kind, o.State)
	c.conclude(o)
	return nil
}

// giveBack frees a claim nothing was done for. If it is not ours any more, that
// changes nothing.
func (c *connection) giveBack(l *letter) {
	if l.announced {
		c.drop()
	}
	c.worker.domains.Release(l.domain)
	c.settle()
	c.worker.ledger.write(&subscriptions.Outcome{DeliveryID: l.delivery.ID, State: subscriptions.DeliveryQueued, Unbegun: !l.begun}, nil)
}

// deliver takes one message from the claim to its outcome, and gives the one that
// it has composed meanwhile.
func (c *connection) deliver(ctx context.Context, l *letter) (next *letter) {
	w, d := c.worker, l.delivery
	if c.conn != nil && c.sender != w.tuning.Load().Sender {
		c.drop() // there are other servers, or other keys
		l.announced = false
	}
	fresh := c.conn == nil
	if !c.connect() {
		c.giveBack(l)
		c.rest()
		return nil
	}
	begin := subscriptions.Begin{DeliveryID: d.ID, Revision: l.recipient.Subscriber.Revision, Standing: l.message.Standing}
	if l.message.VariantID != d.VariantID {
		begin.VariantID = l.message.VariantID
	}
	granted := w.ledger.write(c.pending, &begin)
	c.pending = nil
	if !granted {
		// The person, the edition or the lease has changed since the claim.
		c.giveBack(l)
		return nil
	}
	l.begun = true
	if c.late(l) {
		return nil
	}
	d.Attempts++
	w.Stats.Attempt()
	if next = c.ahead(ctx); next != nil {
		c.conn.Announce(next.message)
		next.announced = true
	}
	result := c.conn.Send(ctx, l.message)
	if result.Broken && next != nil {
		next.announced = false // gone with the connection
	}
	if result.Broken && !result.AboutUs && !fresh && (result.Stage == StageMail || result.Stage == StageConnect) {
		// The server had ended the connection, as servers do after so many messages
		// or minutes. Nothing of this message has left.
		c.drop()
		if !c.connect() {
			c.giveBack(l)
			if next != nil {
				c.giveBack(next)
			}
			c.rest()
			return nil
		}
		if c.late(l) {
			return next
		}
		result = c.conn.Send(ctx, l.message)
	}
	w.Stats.Reply(result)
	if result.Broken {
		c.drop()
	}
	if result.AboutUs {
		// One wrong setting must not fail everybody: the message goes back, and the
		// server is taken for one that cannot be reached.
		c.pending = &subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryQueued, Code: result.Code, Status: result.Status, Detail: clip(result.Text)}
		c.settle()
		w.domains.Release(l.domain)
		if next != nil {
			c.giveBack(next)
		}
		c.unreachable(errors.New("it refuses this sender: " + result.String()))
		c.rest()
		return nil
	}
	w.domains.Done(l.domain, result, w.Now())
	o := OutcomeOf(d, l.message, result, w.Now())
	w.Stats.Outcome(d.Kind, o.State)
	if o.State != subscriptions.DeliverySent {
		w.Log.Info("not sent", "delivery", d.ID, "kind", d.Kind, "state", o.State, "attempt", d.Attempts, "answer", result.String())
	}
	if c.waits > 0 || w.down.Load() != nil {
		c.waits = 0
		w.down.Store(nil) // it answers as a mail server should
		w.Stats.Reached(true)
	}
	c.pending = &o
	return next
}

// late gives a letter back whose time has come to an end while it waited for the pace,
// the database or the server. It is composed once more, and that says what is to
// become of it.
func (c *connection) late(l *letter) bool {
	if l.message.Until.IsZero() || c.worker.Now().Before(l.message.Until) {
		return false
	}
	c.giveBack(l)
	return true
}

// notComposed records why there is no message: nothing to say, or a fault of
// ours, which is tried again like a server's.
func (c *connection) notComposed(d subscriptions.Delivery, err error) {
	var skip *Skip
	if errors.As(err, &skip) {
		c.worker.Stats.Outcome(d.Kind, subscriptions.DeliverySkipped)
		c.conclude(subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySkipped, Detail: skip.Reason})
		return
	}
	err = fmt.Errorf("compose %s for delivery %d: %w", d.Kind, d.ID, err)
	c.worker.Log.Error("a message could not be composed", "delivery", d.ID, "error", err)
	o := subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryFailed, Detail: clip(err.Error())}
	if at, again := NextAttempt(d, c.worker.Now()); again && !errors.Is(err, subscriptions.ErrNotFound) {
		o.State, o.NotBefore = subscriptions.DeliveryDeferred, at
	}
	c.worker.Stats.Outcome(d.Kind, o.State)
	c.conclude(o)
}

// connect makes sure of a connection. A server that is not there is no fault of
// the message: its attempts are not counted, and the claim goes back before the
// connection rests. A stop ends the attempt: nothing has begun.
func (c *connection) connect() bool {
	if c.conn != nil {
		return true
	}
	c.settle()
	w := c.worker
	sender := w.tuning.Load().Sender
	conn, err := sender.Connect(w.wanted)
	if err == nil {
		c.conn, c.sender = conn, sender
		w.Stats.Opened()
		w.Stats.Reached(true)
		return true
	}
	if w.wanted.Err() != nil {
		return false
	}
	if errors.Is(err, ErrBusy) {
		// The servers work, for others of us, and take no more connections.
		c.waits = min(max(2*c.waits, 250*time.Millisecond), 5*time.Second)
		return false
	}
	w.Stats.NotOpened()
	c.unreachable(err)
	return false
}

// rest waits before the next attempt to connect.
func (c *connection) rest() { sleep(c.worker.wanted, c.waits) }

// unreachable says so once; rest waits, longer each time.
func (c *connection) unreachable(err error) {
	w := c.worker
	why := err.Error()
	w.Stats.Reached(false)
	if old := w.down.Swap(&why); old == nil {
		w.Log.Error("the mail server cannot be reached; trying again", "error", err)
	}
	c.waits = min(max(2*c.waits, 250*time.Millisecond), 30*time.Second)
}

// Refusal tells why a delivery must not leave to the person as they are now, or
// "". A digest wants a confirmed, active, unsuppressed reader; mail that a person
// asked for a minute ago wants only an address that is not suppressed. Of an
// address that is not the person's own the composer finds out.
func Refusal(d subscriptions.Delivery, r subscriptions.Recipient, now time.Time) string {
	switch {
	case d.Kind.Desk():
		return "" // an editor is no subscriber; composing looks whether they are there
	case d.Kind.OfRegistration():
		return "" // who takes part in a webinar need not be one; composing looks at the registration
	case r.Subscriber.ID == 0 || !r.Subscriber.ErasedAt.IsZero():
		return "erased"
	case d.Kind.Elsewhere():
		return ""
	case subscriptions.AddressKey(d.Address) != subscriptions.AddressKey(r.Subscriber.Address):
		return "address changed"
	case d.Kind.Edition() || d.Kind == subscriptions.KindWelcome || d.Kind == subscriptions.KindAnnouncement || d.Kind == subscriptions.KindDeadlines:
		return r.Refusal(now)
	case d.Kind == subscriptions.KindConfirmation && r.Suppressed == subscriptions.SuppressedBounce:
		return "" // nobody queues one unasked: its button is how an address comes back to life
	case r.Suppressed != "" && r.Suppressed != subscriptions.SuppressedErased:
		return "suppressed"
	}
	return ""
}

// OutcomeOf turns a server's answer into what the ledger keeps.
func OutcomeOf(d subscriptions.Delivery, m *Message, r Result, now time.Time) subscriptions.Outcome {
	o := subscriptions.Outcome{DeliveryID: d.ID, MessageID: m.MessageID, Code: r.Code, Status: r.Status, Detail: clip(r.Text)}
	switch r.Verdict {
	case Accepted:
		o.State = subscriptions.DeliverySent
	case Permanent:
		o.State = subscriptions.DeliveryFailed
	case Uncertain:
		if d.Kind.Edition() {
			o.State = subscriptions.DeliveryUncertain // a person decides
			break
		}
		// Somebody waits for this mail: it goes again, with the same Message-ID.
		fallthrough
	case Temporary:
		at, again := NextAttempt(d, now)
		if !again {
			o.State, o.Detail = subscriptions.DeliveryFailed, clip("given up: "+r.Text)
			break
		}
		o.State, o.NotBefore = subscriptions.DeliveryDeferred, at
	}
	return o
}

// maxDetail bounds a server's words in the ledger.
const maxDetail = 500

// clip makes a server's words fit to be stored: in PostgreSQL that is UTF-8 only,
// and a row that it refuses would hold up the ledger for ever.
func clip(s string) string {
	if len(s) > maxDetail {
		s = s[:maxDetail]
	}
	return StripMarks(strings.ToValidUTF8(s, "\uFFFD"))
}
