package inbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"sesec.eu/tidings/mailer/bounce"
	"sesec.eu/tidings/subscriptions"
)

// Door is where all ways lead.
type Door struct {
	Bounces *subscriptions.BounceService
	Keys    *subscriptions.Keyring
	Address string // TIDINGS_BOUNCE_ADDRESS
	Now     func() time.Time
	Log     *slog.Logger
}

// recordWithin bounds how long one message may take to be recorded: less than a
// server waits for the answer to its dot.
const recordWithin = 30 * time.Second

// Take records a message. The recipient is that of the envelope, where it is known.
// An error means that it is not recorded, and may be handed over again.
func (d *Door) Take(ctx context.Context, raw []byte, way subscriptions.Way, recipient string) (kind subscriptions.ReturnKind, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read a message that came back: %v", r)
		}
	}()
	report, returned := bounce.Take(raw, way, recipient)
	done, err := d.Bounces.Record(ctx, returned)
	if err != nil {
		return report.Kind, err
	}
	d.Log.Info("came back", "way", way, "kind", returned.Kind, "report", returned.ID, "known", done.Known, "assigned", done.Assigned, "effect", string(done.Effect))
	return returned.Kind, nil
}

var errNotOurs = errors.New("no such address here")

// Ours reports whether mail for the recipient is for us: the bounce address itself,
// or with a token behind it that we have signed.
func (d *Door) Ours(recipient string) error {
	at := strings.LastIndexByte(recipient, '@')
	home := strings.LastIndexByte(d.Address, '@')
	if at < 0 || home < 0 || !strings.EqualFold(recipient[at:], d.Address[home:]) {
		return errNotOurs
	}
	local, base := recipient[:at], d.Address[:home]
	if strings.EqualFold(local, base) {
		return nil
	}
	if len(local) <= len(base) || !strings.EqualFold(local[:len(base)], base) || local[len(base)] != '+' {
		return errNotOurs
	}
	purpose, token, ok := subscriptions.MailToken(recipient)
	if !ok {
		return errNotOurs
	}
	_, err := d.Keys.Parse(purpose, token, d.Now())
	return err
}
