package compose

import (
	"regexp"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// SoftLimit is the size letters are shortened to.
const SoftLimit = softLimit

// Whole renders a person's digest with their values in the templates and no
// slots: what a spliced message must be equal to.
func (c *Composer) Whole(content subscriptions.Content, set subscriptions.TopicSet, r subscriptions.Recipient) (text, page string, err error) {
	now := c.now()
	digest := subscriptions.BuildDigest(content, set, subscriptions.DateOf(now.In(c.last.Load().zone)))
	v := c.last.Load()
	p, _ := stands(digest.Events, now) // for what stands between the faces of a door
	doors := p.doors
	var webinars []subscriptions.Webinar
	for _, e := range digest.Events[:len(p.own)] {
		webinars = append(webinars, e.Webinar)
	}
	p = v.person(webinars, r.Subscriber, now)
	for _, d := range doors {
		d.token = c.keys.Issue(subscriptions.PurposeRegister, r.Subscriber.ID, digest.Events[d.event].Webinar.ID, now)
		p.doors = append(p.doors, d)
	}
	if text, page, _, err = v.renderDigest(digest, p, now, asDigest); err != nil {
		return "", "", err
	}
	whole := func(part, end string) string {
		shown := make([]string, len(doors))
		part = p.cut(part, end, func(i int, f face, s string) {
			if f == faceOf(digest.Events[doors[i].event].Webinar, r.Seats, now) {
				shown[i] = s
			}
		})
		for i, d := range doors {
			part = strings.Replace(part, d.slot, shown[i], 1)
		}
		return part
	}
	return whole(text, "\n"), whole(page, ""), nil
}

// Build renders a variant's body, without the cache.
func (c *Composer) Build(content subscriptions.Content, set subscriptions.TopicSet) (slots int, err error) {
	v, err := c.last.Load().build(content, set, c.now(), asDigest)
	if err != nil {
		return 0, err
	}
	return v.body.Slots, nil
}

// Encoded is how many octets a text takes as it is sent.
func Encoded(s string) int { return encoded(s) }

// Cached is how many bodies are kept.
func (c *Composer) Cached() int { return c.variants.Len() }

// Hidden reports whether a text still holds a word that stands for a slot.
func Hidden(s string) bool { return regexp.MustCompile(`slot[A-Z2-7]{26}x\d+x`).MatchString(s) }

// Lean leaves out of a page what says nothing.
func Lean(page string) string { return lean(page) }

// OneDay says the day once.
func OneDay(lines []string) []string { return oneDay(lines) }

// Filler is what follows a preheader.
func Filler(preheader string) string { return filler(preheader) }
