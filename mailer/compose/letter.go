package compose

import (
	"context"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// Letter composes a digest to be looked at, of content that may still change:
// nothing is cached, and nothing is queued. The same key and the same moment give
// the same message as the worker's. It answers a *mailer.Skip when the edition has
// nothing for the reader.
func (c *Composer) Letter(ctx context.Context, r subscriptions.LetterRequest) (*mailer.Message, mailer.Shortening, error) {
	set, ok := r.Content.LetterFor(r.Recipient.Chosen)
	if !ok {
		return nil, mailer.Shortening{}, &mailer.Skip{Reason: "nothing in their topics"}
	}
	at := r.At
	if at.IsZero() {
		at = c.now()
	}
	speaks, err := c.voiceOf(ctx, r.Content)
	if err != nil {
		return nil, mailer.Shortening{}, err
	}
	v, err := speaks.build(r.Content, set, at, asDigest)
	if err != nil {
		return nil, mailer.Shortening{}, err
	}
	if v.knows(r.Recipient) {
		return nil, mailer.Shortening{}, errKnown
	}
	m := speaks.spliceAt(at, v, subscriptions.Delivery{Kind: subscriptions.KindDigest, Key: r.Key}, muted(r.Recipient, r.Mute))
	return m, v.short, m.Check()
}

// muted is the person with links that act for nobody: no subscriber has the id 0.
func muted(r subscriptions.Recipient, mute bool) subscriptions.Recipient {
	if mute {
		r.Subscriber.ID = 0
	}
	return r
}

// shortening compares what a digest holds with what its view shows: entries in the
// same order, and none after the first that did not fit.
func shortening(d subscriptions.Digest, v digestView) (s mailer.Shortening) {
	var items []int64
	for _, section := range d.Sections {
		for _, e := range section.Entries {
			items = append(items, e.ID)
		}
	}
	shown := 0
	for _, section := range v.Sections {
		for _, e := range section.Entries {
			if e.Cut {
				s.Items = append(s.Items, items[shown])
			}
			shown++
		}
	}
	s.LeftOut = len(items) - shown + len(d.Events) - len(v.Events)
	return s
}
