package compose

import (
	"context"
	"slices"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type welcomeView struct {
	frame
	Topics      []topicView
	EditionsURL string
}

// welcome is what a person asked to get right after they confirmed: the newest
// edition's digest of the topics they confirmed, with a sentence above it, from
// the content as it was frozen. Without a variant there is nothing to send yet,
// and a short mail says so. Either can be left like any letter (MAIL 9).
func (c *voice) welcome(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	if d.VariantID != 0 {
		v, err := c.welcomeVariant(ctx, d.VariantID, r)
		if err != nil {
			return nil, err
		}
		if v != nil {
			return c.splice(v, d, r), nil
		}
	}
	all, err := c.store.Topics(ctx)
	if err != nil {
		return nil, err
	}
	// Signed as of the delivery, so that every attempt carries the same links.
	leave := c.keys.Issue(subscriptions.PurposeUnsubscribe, r.Subscriber.ID, 0, d.CreatedAt)
	change := c.keys.Issue(subscriptions.PurposePreferences, r.Subscriber.ID, 0, d.CreatedAt)
	v := welcomeView{EditionsURL: c.id.URL("/editions")}
	for _, t := range all {
		if r.Chosen.Has(t.ID) {
			v.Topics = append(v.Topics, viewTopic(t))
		}
	}
	if len(v.Topics) == 0 {
		return nil, &mailer.Skip{Reason: "unsubscribed"}
	}
	v.frame = c.frame("You are subscribed", "There is nothing to send yet. The next edition comes to you.")
	v.Foot.Links = []linkView{{URL: c.link("preferences", change), Label: "Change topics, or pause"}, {URL: c.link("unsubscribe", leave), Label: "Unsubscribe from all"}}
	m, err := c.single("welcome", v.Title+" · "+line(c.id.Site), v, d, r)
	if err != nil {
		return nil, err
	}
	m.Headers = append(m.Headers, c.listUnsubscribe(leave), mailer.Header{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"})
	return m, nil
}

// welcomeKey names a welcome's body: it comes in the voice in force, that of the
// edition may be of long ago, from a sender that is no more.
type welcomeKey struct{ variant, version int64 }

// welcomeVariant gives the digest of those of the variant's topics that the person
// still has, nil when the edition has nothing in them.
func (c *voice) welcomeVariant(ctx context.Context, id int64, r subscriptions.Recipient) (*variant, error) {
	row, err := c.store.FindVariant(ctx, id)
	if err != nil {
		return nil, err
	}
	e, err := c.edition(ctx, row.EditionID)
	if err != nil {
		return nil, err
	}
	kept := slices.DeleteFunc(slices.Clone(row.Topics), func(id int64) bool { return !r.Chosen.Has(id) })
	set, ok := e.audience.VariantFor(kept)
	if !ok {
		return nil, nil
	}
	if !slices.Equal(set, row.Topics) {
		found, err := c.store.Variants(ctx, row.EditionID, []subscriptions.TopicSet{set})
		if err != nil {
			return nil, err
		}
		id = found[set.Key()].ID
	}
	return c.welcomes.Get(welcomeKey{id, c.version}, func() (*variant, error) { return c.build(e.content, set, c.now(), asWelcome) })
}

// subject is the digest's, told apart where two of them could stand in one inbox.
func (o occasion) subject(d subscriptions.Digest) string {
	if o == asWelcome {
		return "Welcome: " + d.Subject()
	}
	return d.Subject()
}
