package compose

import (
	"regexp"

	"sesec.eu/tidings/subscriptions"
)

// SoftLimit is the size letters are shortened to.
const SoftLimit = softLimit

// Whole renders a person's digest with their values in the templates and no
// slots: what a spliced message must be equal to.
func (c *Composer) Whole(content subscriptions.Content, set subscriptions.TopicSet, s subscriptions.Subscriber) (text, page string, err error) {
	now := c.now()
	digest := subscriptions.BuildDigest(content, set, subscriptions.DateOf(now.In(c.last.Load().zone)))
	var webinars []subscriptions.Webinar
	for _, e := range digest.Events {
		webinars = append(webinars, e.Webinar)
	}
	text, page, _, err = c.last.Load().renderDigest(digest, c.last.Load().person(webinars, s, now), now, asDigest)
	return text, page, err
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
