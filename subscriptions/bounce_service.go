package subscriptions

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// BounceService records what comes back, and does what the policy says.
type BounceService struct {
	Store   Store
	Keys    *Keyring
	Readers *SubscriptionService // who leave by mail do it through them
	Now     func() time.Time
	Log     *slog.Logger
	// Judge reads a server's refusal; mailer/bounce has it.
	Judge func(code int, status, text string) (ReturnReason, ReturnClass)
	// Editions pause a run of which too many people complain; nil for never.
	Editions *EditionService
}

// Recorded is what recording came to.
type Recorded struct {
	Known    bool // it was recorded before; nothing has changed
	Assigned bool
	Effect   ReturnEffect
	Standing Standing // of the address, where it is assigned
}

const (
	maxOriginal   = 256 << 10 // bytes of a message that are kept, before they are compressed
	maxReported   = 50        // addresses of one report that are kept
	maxReturnText = 500
)

// ReportID is the identity of a report: the parts that stay the same when the same
// report comes again, by whatever way.
func ReportID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Record takes a report, once. It decides and writes in one transaction: whoever
// has had its answer need not keep the report.
func (s *BounceService) Record(ctx context.Context, r Returned) (Recorded, error) {
	if r.ID == "" {
		return Recorded{}, invalid("report", "a report needs an identity")
	}
	original, err := pack(r)
	if err != nil {
		return Recorded{}, err
	}
	var done Recorded
	var edition int64
	err = s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		about, err := s.about(ctx, tx, r, now)
		if err != nil {
			return err
		}
		rows := s.rows(r, about, original.Size, now)
		if done, err = s.take(ctx, tx, r, rows, about, now); err != nil || done.Known {
			return err
		}
		edition = about.delivery.EditionID
		if original.Gzip == nil {
			return nil
		}
		original.At = now
		return tx.PutOriginal(ctx, original)
	})
	if err == nil && !done.Known && done.Assigned && r.Kind == ReturnComplaint {
		err = s.watch(ctx, edition)
	}
	return done, err
}

// subject is whom a report is about, as far as a token of ours proves it.
type subject struct {
	delivery Delivery
	person   Subscriber // zero: an editor, or nobody any more
	address  string     // that we wrote to; "" when it is forgotten
	leaves   string     // a verified token to leave with
}

// about finds out whom the report is about. What is forged is about nobody.
func (s *BounceService) about(ctx context.Context, tx Store, r Returned, now time.Time) (subject, error) {
	var about subject
	if r.Unsubscribe != "" {
		claims, err := s.Keys.Parse(PurposeUnsubscribe, r.Unsubscribe, now)
		if err == nil {
			about.leaves = r.Unsubscribe
			about.person, err = tx.FindSubscriber(ctx, claims.Subscriber)
			if errors.Is(err, ErrNotFound) {
				return subject{}, nil
			}
			about.address = about.person.Address
			return about, err
		}
	}
	if r.Token == "" {
		return about, nil
	}
	claims, err := s.Keys.Parse(PurposeDelivery, r.Token, now)
	if err != nil {
		return about, nil //nolint:nilerr // anybody can write anything: it is about nobody
	}
	d, err := tx.FindDelivery(ctx, claims.Ref)
	if errors.Is(err, ErrNotFound) || err == nil && d.SubscriberID != claims.Subscriber {
		return about, nil // of a database that is no more
	}
	if err != nil {
		return about, err
	}
	return s.aboutDelivery(ctx, tx, d)
}

func (s *BounceService) aboutDelivery(ctx context.Context, tx Store, d Delivery) (subject, error) {
	about := subject{delivery: d, address: d.Address}
	if d.SubscriberID == 0 {
		return about, nil
	}
	var err error
	about.person, err = tx.FindSubscriber(ctx, d.SubscriberID)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return about, err
}

// rows are what is kept of the report.
func (s *BounceService) rows(r Returned, about subject, size int, now time.Time) []*Bounce {
	base := Bounce{Report: r.ID, At: now, Way: r.Way, Kind: r.Kind, Class: ReturnNone, Format: clipText(r.Format), Why: clipText(r.Why), Kept: size,
		SubscriberID: about.person.ID, DeliveryID: about.delivery.ID, EditionID: about.delivery.EditionID}
	if about.address != "" {
		base.Hash = s.Keys.HashAddress(about.address)
	}
	named := r.Recipients[:min(len(r.Recipients), maxReported)]
	if len(named) == 0 {
		base.Address = about.address
		base.Domain = AddressDomain(base.Address)
		return []*Bounce{&base}
	}
	var rows []*Bounce
	for i, n := range named {
		b := base
		b.Position, b.Address, b.Class, b.Reason, b.Status, b.Action, b.Diagnostic = i, clipText(n.Address), n.Class, n.Reason, clipText(n.Status), clipText(n.Action), clipText(n.Diagnostic)
		if b.Address == "" {
			b.Address = about.address
		}
		b.Domain = AddressDomain(b.Address)
		if about.address != "" && AddressKey(b.Address) != AddressKey(about.address) {
			// Behind ours: where it forwards to, or a member of a list. Of several the
			// others say nothing about the whole.
			if b.Behind = true; len(named) > 1 {
				b.Hash = ""
			}
		}
		rows = append(rows, &b)
	}
	return rows
}

// take writes the rows, and does what follows from them.
func (s *BounceService) take(ctx context.Context, tx Store, r Returned, rows []*Bounce, about subject, now time.Time) (Recorded, error) {
	done := Recorded{Assigned: rows[0].Assigned()}
	added, err := tx.AddBounces(ctx, rows)
	if err != nil || !added {
		done.Known = err == nil
		return done, err
	}
	done.Effect, done.Standing, err = s.effect(ctx, tx, r, rows, about, now)
	if err != nil || done.Effect == EffectNone {
		return done, err
	}
	return done, tx.SetBounceEffect(ctx, r.ID, done.Effect)
}

// effect decides.
func (s *BounceService) effect(ctx context.Context, tx Store, r Returned, rows []*Bounce, about subject, now time.Time) (ReturnEffect, Standing, error) {
	if r.Kind == ReturnUnsubscribe {
		return s.leave(ctx, tx, about)
	}
	if r.Kind != ReturnBounce && r.Kind != ReturnComplaint {
		return EffectNone, Standing{}, nil
	}
	hash := ""
	for _, b := range rows {
		if b.Hash != "" {
			hash = b.Hash
		}
	}
	switch {
	case !rows[0].Assigned():
		return EffectStranger, Standing{}, nil
	case hash == "":
		return EffectNone, Standing{}, nil // somebody who is forgotten, or one of a list
	}
	history, err := tx.BouncesOf(ctx, hash, now.Add(-keepHistory))
	if err != nil {
		return "", Standing{}, err
	}
	standing := SuppressionFor(history, now)
	effect, err := s.carryOut(ctx, tx, standing, about, hash, now)
	return effect, standing, err
}

// leave ends what somebody asked to end by mail.
func (s *BounceService) leave(ctx context.Context, tx Store, about subject) (ReturnEffect, Standing, error) {
	token := about.leaves
	if token == "" && about.person.ID != 0 {
		// A provider says so in its report about a letter that bears our token.
		token = s.Keys.Issue(PurposeUnsubscribe, about.person.ID, 0, s.Now())
	}
	if token == "" {
		return EffectStranger, Standing{}, nil
	}
	readers := *s.Readers
	readers.Store = tx
	_, err := readers.Leave(ctx, token, LeaveRequest{Source: "unsubscribe by mail"})
	return EffectLeft, Standing{}, err
}

// carryOut does what the verdict says.
func (s *BounceService) carryOut(ctx context.Context, tx Store, standing Standing, about subject, hash string, now time.Time) (ReturnEffect, error) {
	why, end := SuppressedBounce, EndBounced
	switch standing.Verdict {
	case AddressAsk:
		return EffectAsked, s.ask(ctx, tx, about, hash, now)
	case AddressBar:
	case AddressLeave:
		why, end = SuppressedComplaint, EndComplained
	default:
		if standing.Letters == 0 {
			return EffectNone, nil
		}
		return EffectCounted, nil
	}
	known, err := tx.Suppressions(ctx, []string{hash})
	if err != nil {
		return "", err
	}
	if old, ok := known[hash]; ok && (old.Reason != SuppressedBounce || why == SuppressedBounce) {
		return EffectTooLate, nil // what is in force is as strong
	}
	if err := tx.PutSuppression(ctx, Suppression{Hash: hash, Reason: why, Note: standing.Why, CreatedAt: now}); err != nil {
		return "", err
	}
	person := about.person
	if person.ID == 0 || !person.ErasedAt.IsZero() || AddressKey(person.Address) != AddressKey(about.address) {
		return EffectEnded, nil // a mail to another address than the person's own
	}
	if err := endAll(ctx, tx, &person, end, "report of failure: "+standing.Why, now); err != nil {
		return "", err
	}
	person.Revision++ // what is in flight is looked at again
	return EffectEnded, tx.UpdateSubscriber(ctx, person)
}

// RecordRefusals does the same with up to limit of what servers refused at once:
// failed deliveries that nobody has counted yet. It says how many it took.
func (s *BounceService) RecordRefusals(ctx context.Context, limit int) (int, error) {
	refused, err := s.Store.Refusals(ctx, limit)
	if err != nil || len(refused) == 0 {
		return 0, err
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		ids := make([]int64, 0, len(refused))
		for _, d := range refused {
			ids = append(ids, d.ID)
			if d.Code < 400 || d.Address == "" {
				continue // never on the wire, too late, or of nobody any more
			}
			about, err := s.aboutDelivery(ctx, tx, d)
			if err != nil {
				return err
			}
			now := s.Now()
			reason, class := s.Judge(d.Code, d.Status, d.Detail)
			refusal := []string{"refused", d.Key}
			if !d.AgainAt.IsZero() { // of another try, which an editor asked for
				refusal = append(refusal, d.AgainAt.UTC().Format(time.RFC3339Nano))
			}
			r := Returned{ID: ReportID(refusal...), Way: WayRefused, Kind: ReturnBounce, Recipients: []ReturnedRecipient{{Address: d.Address,
				Class: class, Reason: reason, Status: d.Status, Action: "failed", Diagnostic: d.Detail}}}
			if _, err := s.take(ctx, tx, r, s.rows(r, about, 0, now), about, now); err != nil {
				return err
			}
		}
		return tx.MarkRefusals(ctx, ids)
	})
	return len(refused), err
}

// pack compresses the message of a report.
func pack(r Returned) (Original, error) {
	o := Original{Report: r.ID, Size: len(r.Original)}
	if len(r.Original) == 0 {
		return o, nil
	}
	kept := r.Original
	if o.Cut = len(kept) > maxOriginal; o.Cut {
		kept = kept[:maxOriginal]
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(kept); err != nil {
		return o, err
	}
	err := w.Close()
	o.Gzip = b.Bytes()
	return o, err
}

// clipText makes a stranger's words fit for a row.
func clipText(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\ufffd")
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxReturnText {
		s = strings.ToValidUTF8(s[:maxReturnText], "")
	}
	return s
}

// History is what came back from an address, oldest first, and what it comes to.
func (s *BounceService) History(ctx context.Context, address string) ([]Bounce, Standing, error) {
	return s.HistoryOf(ctx, s.Keys.HashAddress(address))
}

// HistoryOf is the same by the keyed hash of the address.
func (s *BounceService) HistoryOf(ctx context.Context, hash string) ([]Bounce, Standing, error) {
	now := s.Now()
	history, err := s.Store.BouncesOf(ctx, hash, now.Add(-keepHistory))
	return history, SuppressionFor(history, now), err
}
