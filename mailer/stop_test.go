package mailer_test

import (
	"context"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// A worker that finishes a slow message after it was told to stop is alive: others
// must not take the message for lost meanwhile.
func TestAWorkerThatFinishesItsLastMessageIsAlive(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.AfterDot, Action: mailtest.Stall(8 * time.Second)}}})
	w := h.worker(1)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	h.until("the message is on the wire", func() bool { return h.mail.Stats().Faults == 1 })
	cancel()
	h.clock.move(15 * time.Second) // its last sign of life is as old
	h.until("it has said that it is alive", func() bool {
		alive, err := mailer.Alive(context.Background(), h.store, h.clock.Now())
		return err == nil && len(alive) == 1
	})
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if d := h.digest(0); d.State != subscriptions.DeliverySent {
		t.Errorf("the row is %+v", d)
	}
}
