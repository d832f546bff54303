package subscriptions

import (
	"slices"
	"time"
)

// Who gets an edition, and as which variant. The rules:
//
//  1. A person is mailed while confirmed, not ended, not paused, not erased and
//     not suppressed (Recipient.Refusal says which of these stands in the way).
//  2. A digest is sent to those who chose a topic that has an entry or an
//     upcoming webinar in it. Nothing to say, nothing sent.
//  3. Topics for everyone travel along with every digest. Alone they are a
//     reason to send only to people who ticked them.

// Recipient is a person with what decides about mail to them.
type Recipient struct {
	Subscriber Subscriber
	Chosen     TopicSet          // active subscriptions
	Suppressed SuppressionReason // "" when the address may be mailed
	Seats      Seats             // in webinars to come: MarkSeats
}

// Refusal gives the reason why the person must not get a digest now, or "".
func (r Recipient) Refusal(now time.Time) string {
	switch status := r.Subscriber.Status(now); {
	case r.Suppressed != "":
		return "suppressed"
	case status == SubscriberActive && len(r.Chosen) == 0:
		return "unsubscribed"
	case status == SubscriberActive:
		return ""
	case status == SubscriberEnded && r.Subscriber.EndReason == EndUnsubscribed:
		return "unsubscribed"
	default:
		return string(status)
	}
}

// Audience is an edition's content seen from its readers.
type Audience struct {
	everyone TopicSet
	news     TopicSet
}

// NewAudience reads from the content which topics are for everyone and which
// have something to say.
func NewAudience(c Content) Audience {
	var a Audience
	for _, t := range c.Topics {
		if t.ForEveryone {
			a.everyone = append(a.everyone, t.ID)
		}
	}
	there := idsOf(c.Topics)
	var news []int64
	for _, e := range c.Entries {
		news = append(news, e.Topics...)
	}
	for _, w := range c.Webinars {
		news = append(news, w.Topics...)
	}
	// Nobody can be shown a topic that was retired since the item was filed.
	news = slices.DeleteFunc(news, func(id int64) bool { return !there.Has(id) })
	a.everyone, a.news = NewTopicSet(a.everyone...), NewTopicSet(news...)
	return a
}

// VariantFor gives the topic set of the person's digest, and false when the
// edition has nothing for them.
func (a Audience) VariantFor(chosen TopicSet) (TopicSet, bool) {
	if !a.news.HasAny(chosen) {
		return nil, false
	}
	return chosen.With(a.everyone...), true
}
