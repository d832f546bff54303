package subscriptions_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestWhoMayBeMailed(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	person := func(change func(s *subscriptions.Subscriber)) subscriptions.Subscriber {
		s := subscriptions.Subscriber{ID: 1, ConfirmedAt: now.Add(-time.Hour)}
		change(&s)
		return s
	}
	fine := person(func(*subscriptions.Subscriber) {})
	iot := subscriptions.TopicSet{1}
	for name, c := range map[string]struct {
		who  subscriptions.Recipient
		want string
	}{
		"confirmed and open":       {subscriptions.Recipient{Subscriber: fine, Chosen: iot}, ""},
		"without a topic":          {subscriptions.Recipient{Subscriber: fine}, "unsubscribed"},
		"suppressed":               {subscriptions.Recipient{Subscriber: fine, Chosen: iot, Suppressed: subscriptions.SuppressedBounce}, "suppressed"},
		"not confirmed":            {subscriptions.Recipient{Subscriber: subscriptions.Subscriber{}, Chosen: iot}, "pending"},
		"left":                     {subscriptions.Recipient{Subscriber: person(func(s *subscriptions.Subscriber) { s.End(now, subscriptions.EndUnsubscribed) })}, "unsubscribed"},
		"ended for another reason": {subscriptions.Recipient{Subscriber: person(func(s *subscriptions.Subscriber) { s.End(now, subscriptions.EndBounced) })}, "ended"},
		"erased":                   {subscriptions.Recipient{Subscriber: person(func(s *subscriptions.Subscriber) { s.ErasedAt = now }), Chosen: iot}, "erased"},
		"paused":                   {subscriptions.Recipient{Subscriber: person(func(s *subscriptions.Subscriber) { s.PausedUntil = now.Add(time.Second) }), Chosen: iot}, "paused"},
		"a pause that is over":     {subscriptions.Recipient{Subscriber: person(func(s *subscriptions.Subscriber) { s.PausedUntil = now }), Chosen: iot}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, c.want, c.who.Refusal(now))
		})
	}
}

func TestVariantFor(t *testing.T) {
	t.Parallel()
	audience := subscriptions.NewAudience(subscriptions.Content{Topics: fiveTopics(),
		Entries:  []subscriptions.Item{entry(1, "Law", 5), entry(2, "Ledger", 2, 1)},
		Webinars: []subscriptions.Webinar{{Slug: "w", Topics: []int64{3}}}})
	for name, c := range map[string]struct {
		chosen, want subscriptions.TopicSet
	}{
		"an entry in the topic":                             {subscriptions.TopicSet{2}, subscriptions.TopicSet{2, 5}},
		"an entry that is only also in the topic":           {subscriptions.TopicSet{1}, subscriptions.TopicSet{1, 5}},
		"a webinar in the topic":                            {subscriptions.TopicSet{3}, subscriptions.TopicSet{3, 5}},
		"topics without news stay in the set":               {subscriptions.TopicSet{2, 4}, subscriptions.TopicSet{2, 4, 5}},
		"nothing in the topic: what is for everyone is not": {subscriptions.TopicSet{4}, nil},
		"what is for everyone, asked for by itself":         {subscriptions.TopicSet{5}, subscriptions.TopicSet{5}},
		"no topic at all":                                   {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := audience.VariantFor(c.chosen)
			same(t, c.want != nil, ok)
			same(t, c.want, got)
		})
	}
}
