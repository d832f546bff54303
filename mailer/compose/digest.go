package compose

import (
	"context"
	"html"
	"slices"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// edition is what is kept of a frozen content.
type edition struct {
	content  subscriptions.Content
	audience subscriptions.Audience
	voice    *voice // of its settings; nil: it has none of its own
}

// variant is a body with what filling it needs.
type variant struct {
	id        int64 // of its row; 0 when it has none
	voice     *voice
	editionID int64
	topics    subscriptions.TopicSet
	body      *mailer.Body
	webinars  []subscriptions.Webinar // one a slot
	doors     []door                  // one a slot after those
	bare      bool                    // it holds webinars with a door, and nothing else
	short     mailer.Shortening
}

// digest is a splice: the body is the variant's.
func (c *Composer) digest(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	v, err := c.variantOf(ctx, d, r)
	if err != nil {
		return nil, err
	}
	if v.knows(r) {
		return nil, errKnown
	}
	m := v.voice.splice(v, d, r)
	m.VariantID = v.id
	return m, nil
}

// errKnown is the answer where a digest would announce what the reader has registered
// for, and say nothing else.
var errKnown = &mailer.Skip{Reason: "they have registered for all it tells of"}

func (v *variant) knows(r subscriptions.Recipient) bool {
	return v.bare && !slices.ContainsFunc(v.doors, func(d door) bool { return r.Seats[d.webinar.ID] == "" })
}

// variantOf is the delivery's variant, unless the person has changed topics
// since it was planned: then it is that of the topics they have now.
func (c *Composer) variantOf(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*variant, error) {
	e, err := c.edition(ctx, d.EditionID)
	if err != nil {
		return nil, err
	}
	set, ok := e.audience.VariantFor(r.Chosen)
	if !ok {
		return nil, &mailer.Skip{Reason: "nothing in their topics"}
	}
	if d.VariantID != 0 {
		v, err := c.variant(ctx, d.VariantID)
		if err != nil {
			return nil, err
		}
		if v.editionID == d.EditionID && slices.Equal(v.topics, set) {
			return v, nil
		}
	}
	found, err := c.store.Variants(ctx, d.EditionID, []subscriptions.TopicSet{set})
	if err != nil {
		return nil, err
	}
	return c.variant(ctx, found[set.Key()].ID)
}

// What is built for the cache is built for all who wait for it: the first one's
// context must not fail the others.

func (c *Composer) edition(ctx context.Context, id int64) (*edition, error) {
	return c.editions.Get(id, func() (*edition, error) {
		content, err := c.store.Content(context.WithoutCancel(ctx), id)
		if err != nil {
			return nil, err
		}
		e := &edition{content: content, audience: subscriptions.NewAudience(content)}
		if content.Look != nil {
			e.voice, err = c.voiceOf(ctx, content)
		}
		return e, err
	})
}

func (c *Composer) variant(ctx context.Context, id int64) (*variant, error) {
	return c.variants.Get(id, func() (*variant, error) {
		ctx := context.WithoutCancel(ctx)
		row, err := c.store.FindVariant(ctx, id)
		if err != nil {
			return nil, err
		}
		e, err := c.edition(ctx, row.EditionID)
		if err != nil {
			return nil, err
		}
		v := e.voice
		if v == nil {
			if v, err = c.voice(ctx); err != nil {
				return nil, err
			}
		}
		built, err := v.build(e.content, row.Topics, c.now(), asDigest)
		if err == nil {
			built.id = id
		}
		return built, err
	})
}

// occasion is why a digest comes: with its edition, or as a welcome.
type occasion int

const (
	asDigest occasion = iota
	asWelcome
)

// build renders the body that everybody with these topics shares.
func (c *voice) build(content subscriptions.Content, set subscriptions.TopicSet, now time.Time, why occasion) (*variant, error) {
	if content.Corrected != nil {
		return c.buildCorrection(content, now)
	}
	digest := subscriptions.BuildDigest(content, set, subscriptions.DateOf(now.In(c.zone)))
	p, marks := stands(digest.Events, now)
	text, page, short, err := c.renderDigest(digest, p, now, why)
	if err != nil {
		return nil, err
	}
	v := &variant{voice: c, editionID: content.EditionID, topics: set, body: c.body("digest", why.subject(digest)), short: short,
		bare: digest.Count == 0 && len(p.doors) > 0 && len(p.doors) == len(digest.Events)}
	for _, e := range digest.Events[:len(p.own)] {
		v.webinars = append(v.webinars, e.Webinar)
	}
	for _, d := range p.doors {
		v.doors = append(v.doors, door{webinar: digest.Events[d.event].Webinar, token: d.token})
	}
	text = p.cut(text, "\n", func(i int, f face, s string) { v.doors[i].faces[f].Text = s })
	page = p.cut(page, "", func(i int, f face, s string) { v.doors[i].faces[f].HTML = s })
	v.body.Text, v.body.HTML = marks.Replace(text), marks.Replace(page)
	v.body.Slots = fixedSlots + len(p.own) + len(p.doors)
	// The answer to the one-click POST (RFC 8058); its address is each person's own.
	v.body.Headers = append(v.body.Headers, mailer.Header{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"})
	return v, nil
}

// renderDigest renders a digest for a person, or for the words that stand for one.
func (c *voice) renderDigest(digest subscriptions.Digest, p person, now time.Time, why occasion) (text, page string, short mailer.Shortening, err error) {
	read, grows := map[string]*prose{}, growth{before: map[limits]int{}}
	view := func(l limits) (digestView, string, error) {
		v := digestWriter{c, digest, now, why, l, read}.view(p)
		page, err := c.mails.HTML("digest", v)
		return v, page, err
	}
	text, page, err = fitRoughly(func(l limits) (string, string, error) {
		v, before, err := view(l)
		if err != nil || len(before) > 2*softLimit {
			return "", before, err
		}
		text, page, err := c.finish("digest", v, before)
		if size := encoded(page); err == nil {
			grows.made = append(grows.made, [2]int{len(before), size})
			if size <= softLimit {
				short = shortening(digest, v) // of the last that fits, which is the letter
			}
		}
		return text, page, err
	}, func(l limits) (int, error) {
		size, known := grows.before[l]
		if !known {
			l.guessed = true
			_, page, err := view(l)
			if err != nil {
				return 0, err
			}
			l.guessed = false
			size, grows.before[l] = len(page), len(page)
		}
		return grows.guess(size), nil
	})
	return text, page, short, err
}

// splice fills a variant's slots for one person.
func (c *voice) splice(v *variant, d subscriptions.Delivery, r subscriptions.Recipient) *mailer.Message {
	return c.spliceAt(c.now(), v, d, r)
}

func (c *voice) spliceAt(now time.Time, v *variant, d subscriptions.Delivery, r subscriptions.Recipient) *mailer.Message {
	p := c.person(v.webinars, r.Subscriber, now)
	m := c.message(d, r, now)
	m.Body, m.Fill = v.body, p.fills()
	for _, door := range v.doors {
		m.Fill = append(m.Fill, door.fill(c, r, now))
	}
	m.Headers = append(m.Headers, c.listUnsubscribe(p.unsubscribe))
	return m
}

func (c *voice) person(webinars []subscriptions.Webinar, s subscriptions.Subscriber, now time.Time) person {
	p := person{
		name:        line(s.Name),
		unsubscribe: c.keys.Issue(subscriptions.PurposeUnsubscribe, s.ID, 0, now),
		preferences: c.keys.Issue(subscriptions.PurposePreferences, s.ID, 0, now),
	}
	if p.name == "" {
		p.name = "you"
	}
	if !s.ConfirmedAt.IsZero() {
		p.since = " on " + s.Dates.Format(subscriptions.DateOf(s.ConfirmedAt.In(c.zoneOf(s))))
	}
	if len(webinars) > 0 {
		p.own = make([]mailer.Fill, len(webinars))
		if zone := c.readerZone(s.Zone); zone != nil {
			for i, w := range webinars {
				own := hours(w.Starts, w.Ends, zone, c.zone, s.Dates)
				p.own[i] = mailer.Fill{Text: "\n" + own, HTML: "<br/>" + html.EscapeString(own)} // as the inliner writes it
			}
		}
	}
	return p
}

// zoneOf is where the person counts their days: the service's zone if they named
// none.
func (c *voice) zoneOf(s subscriptions.Subscriber) *time.Location {
	switch zone := c.readerZone(s.Zone); {
	case zone != nil:
		return zone
	case s.Zone == c.id.Second:
		return c.second
	}
	return c.zone
}

// readerZone is nil when the letter names the reader's zone anyway, or when
// there is none. Loading one reads a file, so those that exist are kept.
func (c *voice) readerZone(name string) *time.Location {
	if name == "" || name == c.id.Zone || name == c.id.Second {
		return nil
	}
	if known, ok := c.zones.Load(name); ok {
		return known.(*time.Location)
	}
	zone, err := subscriptions.LoadZone(name)
	if err != nil {
		return nil
	}
	c.zones.Store(name, zone)
	return zone
}

// Preview composes a person's digest of content that may still change: nothing
// is cached, and nothing is queued. It answers a *mailer.Skip when the edition
// has nothing for them.
func (c *Composer) Preview(content subscriptions.Content, r subscriptions.Recipient) (*mailer.Message, error) {
	m, _, err := c.Letter(context.Background(), subscriptions.LetterRequest{Content: content, Recipient: r,
		Key: subscriptions.DigestKey(content.EditionID, r.Subscriber.ID)})
	return m, err
}
