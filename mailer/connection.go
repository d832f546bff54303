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
type connection struct {
	worker  *Worker
	conn    Conn
	pending *subscriptions.Outcome
	waits   time.Duration // before the next attempt to connect
}

// send works off jobs until there are no more.
func (w *Worker) send(ctx context.Context) {
	c := &connection{worker: w}
	for {
		j, ok := c.next()
		if !ok {
			break
		}
		c.deliver(ctx, j)
	}
	c.settle()
	c.drop()
}

// next waits for a job; when none is there at once, it does not keep the last
// outcome to itself meanwhile, nor for long a connection that nobody needs.
//
// When the worker is to stop, there are no more jobs: what is claimed is freed
// by its leave.
func (c *connection) next() (job, bool) {
	if c.worker.wanted.Err() != nil {
		return job{}, false
	}
	select {
	case j, ok := <-c.worker.jobs:
		return j, ok
	default:
	}
	c.settle()
	idle := time.NewTimer(c.worker.idle)
	defer idle.Stop()
	for {
		select {
		case j, ok := <-c.worker.jobs:
			return j, ok
		case <-idle.C:
			c.drop()
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

// conclude commits an outcome of a message that was never on the wire.
func (c *connection) conclude(o subscriptions.Outcome) {
	c.settle()
	c.worker.ledger.write(&o, nil)
}

func (c *connection) drop() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// deliver takes one message from the claim to its outcome.
func (c *connection) deliver(ctx context.Context, j job) {
	w, d := c.worker, j.delivery
	if reason := Refusal(d, j.recipient, w.Now()); reason != "" {
		c.conclude(subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySkipped, Detail: reason})
		return
	}
	if d.Kind == subscriptions.KindDigest && w.Now().Sub(d.CreatedAt) > w.TooLate {
		c.conclude(subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryFailed, Detail: "too late: queued on " + subscriptions.DateOf(d.CreatedAt).Words()})
		return
	}
	m, err := w.Composer.Compose(ctx, d, j.recipient)
	if err == nil {
		err = m.Check()
	}
	if err != nil {
		c.notComposed(d, err)
		return
	}
	fresh := c.conn == nil
	if err := w.Throttle.Wait(w.wanted, w.Now); err != nil || !c.connect() {
		c.conclude(subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryQueued})
		return
	}
	granted := w.ledger.write(c.pending, &subscriptions.Begin{DeliveryID: d.ID, Revision: j.recipient.Subscriber.Revision})
	c.pending = nil
	if !granted {
		// The person, the edition or the lease has changed since the claim. If the
		// claim is still ours it goes back, to be looked at afresh.
		c.conclude(subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryQueued})
		return
	}
	d.Attempts++
	result := c.conn.Send(ctx, m)
	if result.Broken && !result.AboutUs && !fresh && (result.Stage == StageMail || result.Stage == StageConnect) {
		// The server had ended the connection, as servers do after so many messages
		// or minutes. Nothing of this message has left.
		c.drop()
		if !c.connect() {
			c.conclude(subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryQueued})
			return
		}
		result = c.conn.Send(ctx, m)
	}
	if result.Broken {
		c.drop()
	}
	if result.AboutUs {
		// One wrong setting must not fail everybody: the message goes back, and the
		// server is taken for one that cannot be reached.
		c.pending = &subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryQueued, Code: result.Code, Status: result.Status, Detail: clip(result.Text)}
		c.settle()
		c.unreachable(errors.New("it refuses this sender: " + result.String()))
		return
	}
	o := OutcomeOf(d, m, result, w.Now())
	if o.State != subscriptions.DeliverySent {
		w.Log.Info("not sent", "delivery", d.ID, "kind", d.Kind, "state", o.State, "attempt", d.Attempts, "answer", result.String())
	}
	if c.waits > 0 || w.down.Load() != nil {
		c.waits = 0
		w.down.Store(nil) // it answers as a mail server should
	}
	c.pending = &o
}

// notComposed records why there is no message: nothing to say, or a fault of
// ours, which is tried again like a server's.
func (c *connection) notComposed(d subscriptions.Delivery, err error) {
	var skip *Skip
	if errors.As(err, &skip) {
		c.conclude(subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySkipped, Detail: skip.Reason})
		return
	}
	err = fmt.Errorf("compose %s for delivery %d: %w", d.Kind, d.ID, err)
	c.worker.Log.Error("a message could not be composed", "delivery", d.ID, "error", err)
	o := subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryFailed, Detail: clip(err.Error())}
	if at, again := NextAttempt(d, c.worker.Now()); again && !errors.Is(err, subscriptions.ErrNotFound) {
		o.State, o.NotBefore = subscriptions.DeliveryDeferred, at
	}
	c.conclude(o)
}

// connect makes sure of a connection. A server that is not there is no fault of
// the message: its attempts are not counted, the connection waits, longer each
// time, and the claim goes back. A stop ends the attempt: nothing has begun.
func (c *connection) connect() bool {
	if c.conn != nil {
		return true
	}
	c.settle()
	w := c.worker
	conn, err := w.Sender.Connect(w.wanted)
	if err == nil {
		c.conn = conn
		return true
	}
	if w.wanted.Err() != nil {
		return false
	}
	c.unreachable(err)
	return false
}

// unreachable says so once and waits, longer each time.
func (c *connection) unreachable(err error) {
	w := c.worker
	why := err.Error()
	if old := w.down.Swap(&why); old == nil {
		w.Log.Error("the mail server cannot be reached; trying again", "error", err)
	}
	c.waits = min(max(2*c.waits, 250*time.Millisecond), 30*time.Second)
	sleep(w.wanted, c.waits)
}

// Refusal tells why a delivery must not leave to the person as they are now, or
// "". A digest wants a confirmed, active, unsuppressed reader; mail that a person
// asked for a minute ago wants only an address that is not suppressed.
func Refusal(d subscriptions.Delivery, r subscriptions.Recipient, now time.Time) string {
	switch {
	case r.Subscriber.ID == 0 || !r.Subscriber.ErasedAt.IsZero():
		return "erased"
	case subscriptions.AddressKey(d.Address) != subscriptions.AddressKey(r.Subscriber.Address):
		return "address changed"
	case d.Kind == subscriptions.KindDigest:
		return r.Refusal(now)
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
		if d.Kind == subscriptions.KindDigest {
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
