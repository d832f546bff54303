package compose

import (
	"context"

	"sesec.eu/tidings/subscriptions"
)

// Again shows a letter that has left, or would have: from the content as it was
// frozen, with the topics it had, as of that moment. Its links belong to nobody: who
// looks at somebody's letter cannot leave in their name.
func (c *Composer) Again(ctx context.Context, l subscriptions.LedgerLetter) (text, html string, err error) {
	content, err := c.store.Content(ctx, l.Edition.ID)
	if err != nil {
		return "", "", err
	}
	set, ok := subscriptions.NewAudience(content).VariantFor(l.Variant.Topics)
	if !ok {
		return "", "", &subscriptions.Error{Code: subscriptions.Refused, Message: "there is no letter to show: the edition has nothing in these topics"}
	}
	speaks, err := c.voiceOf(ctx, content)
	if err != nil {
		return "", "", err
	}
	v, err := speaks.build(content, set, l.Line.When(), asDigest)
	if err != nil {
		return "", "", err
	}
	nobody := subscriptions.Recipient{Subscriber: l.Person, Chosen: set}
	nobody.Subscriber.ID = 0
	m := speaks.splice(v, subscriptions.Delivery{Kind: subscriptions.KindDigest, Key: "again"}, nobody)
	if err := m.Check(); err != nil {
		return "", "", err
	}
	text, html = m.Render()
	return text, html, nil
}
