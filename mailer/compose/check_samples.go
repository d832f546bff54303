package compose

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// sampleStore is a Source that knows one content: a full one, or one that has
// nothing but what there must be.
type sampleStore struct {
	name    Case
	reader  string // the name they gave, "" for none
	content subscriptions.Content
	topics  subscriptions.TopicSet
	moved   subscriptions.AddressChange
	newest  bool
	at      time.Time
}

var _ Source = sampleStore{}

func samples(now time.Time) []sampleStore {
	day := subscriptions.DateOf(now)
	topics := subscriptions.StandardTopics()
	for i := range topics {
		topics[i].ID = int64(i + 1)
	}
	period := subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}}
	full := subscriptions.Item{ID: 1, Slug: "an-entry", Title: "An entry", Number: 1, Topics: []int64{2, 3}, Date: day, Issuer: "An office", Summary: "A summary.",
		Body:     "A **paragraph** with a [link](https://example.org/).\n\n- one\n- two\n\n| A | B |\n|---|---|\n| 1 | 2 |\n",
		Standard: &subscriptions.Standard{Identifier: "GB/T 35273", Title: "A standard", OriginalTitle: "信息安全技术", Committee: "SAC/TC260", Stage: "Draft", Relation: "None"},
		Comments: &subscriptions.CommentPeriod{Until: subscriptions.DateOf(now.AddDate(0, 0, 9)), URL: "https://example.org/draft"},
		Sources:  []subscriptions.Source{{Title: "A notice", URL: "https://example.org/", Language: "zh"}, {URL: "https://example.org/2"}}}
	bare := subscriptions.Item{ID: 2, Slug: "another", Title: "Another", Number: 2, Topics: []int64{2}, Body: "Words."}
	webinar := subscriptions.Webinar{ID: 1, Slug: "a-webinar", Title: "A webinar", Topics: []int64{2}, Starts: now.AddDate(0, 0, 20), Ends: now.AddDate(0, 0, 20).Add(time.Hour),
		Zone: "Europe/Brussels", Language: "English", Presenters: []subscriptions.Presenter{{Name: "A speaker", Role: "Expert"}}, Contents: "What is said.",
		RegistrationURL: "https://example.org/register", State: subscriptions.WebinarAnnounced}
	return []sampleStore{
		{name: CaseNormal, reader: "A reader", at: now, newest: true, topics: subscriptions.NewTopicSet(2, 3), moved: subscriptions.AddressChange{ID: 1, SubscriberID: 1, Address: "new@example.org"},
			content: subscriptions.Content{EditionID: 1, Slug: "2019-q1", Title: "An edition", Period: period, Intro: "An intro.", About: "About us.",
				Contact: "A line\nus@example.org", Topics: topics, Entries: []subscriptions.Item{full, bare}, Webinars: []subscriptions.Webinar{webinar},
				Glossary: []subscriptions.Term{{Abbreviation: "SAC", English: "A committee", Chinese: "国家"}, {Abbreviation: "TC260", English: "Another"}}}},
		{name: CaseEmpty, at: now, topics: subscriptions.NewTopicSet(2), moved: subscriptions.AddressChange{ID: 1, SubscriberID: 1, Address: "new@example.org", Restores: 2},
			content: subscriptions.Content{EditionID: 1, Slug: "2019-q1", Title: "An edition", Period: period, Topics: topics[:2], Entries: []subscriptions.Item{bare}}},
	}
}

// SampleContent is a content that has something of everything.
func SampleContent(now time.Time) subscriptions.Content { return samples(now)[0].content }

// person is a confirmed reader who has chosen the store's topics.
func (s sampleStore) person() subscriptions.Recipient {
	return subscriptions.Recipient{Chosen: s.topics, Subscriber: subscriptions.Subscriber{ID: 1, Address: "reader@example.org", Name: s.reader,
		Zone: "Europe/Lisbon", ConfirmedAt: s.at.AddDate(0, -1, 0)}}
}

// mails are one of each kind, and of some two.
func (s sampleStore) mails(now time.Time) []sampleMail {
	reader := s.person()
	stranger := subscriptions.Recipient{Subscriber: subscriptions.Subscriber{ID: 1, Address: "reader@example.org"}}
	other := reader
	other.Chosen = subscriptions.NewTopicSet(s.content.Topics[0].ID) // subscribed, and asks for more
	mail := func(k subscriptions.Kind, r subscriptions.Recipient, pages ...string) sampleMail {
		d := subscriptions.Delivery{ID: 1, Kind: k, Key: "sample", SubscriberID: 1, RefID: 1, EditionID: 1, Address: "reader@example.org", CreatedAt: now}
		if k == subscriptions.KindDigest {
			d.VariantID = 1
		}
		return sampleMail{string(k), d, r, pages}
	}
	correction := mail(subscriptions.KindCorrection, reader, "preferences", "unsubscribe", "items")
	correction.delivery.EditionID = corrects
	called := func(m sampleMail, name string) sampleMail { m.name = name; return m } // where a kind has several
	withDigest := called(mail(subscriptions.KindWelcome, reader, "preferences", "unsubscribe"), "welcome.digest")
	withDigest.delivery.VariantID = 1
	asked := called(mail(subscriptions.KindManage, reader, "preferences", "unsubscribe"), "manage.asked")
	asked.delivery.RefID = subscriptions.ManageAsked
	address := mail(subscriptions.KindAddress, reader, "address")
	address.delivery.Address = s.moved.Address
	moved := mail(subscriptions.KindMoved, reader)
	moved.delivery.RefID = 2
	if s.moved.Restores == 0 {
		moved.pages = []string{"restore"}
	}
	reset := mail(subscriptions.KindReset, reader, "desk/reset")
	reset.delivery.RefID = 2
	tried := mail(subscriptions.KindTest, subscriptions.Recipient{}, "preferences", "unsubscribe", "editions")
	return append(s.webinarMails(mail, reader), tried, mail(subscriptions.KindInvitation, reader, "desk/invitation"), reset, mail(subscriptions.KindDigest, reader, "preferences", "unsubscribe", "editions"), correction, withDigest,
		mail(subscriptions.KindWelcome, reader, "preferences", "unsubscribe"), mail(subscriptions.KindConfirmation, stranger, "confirm"),
		called(mail(subscriptions.KindConfirmation, other, "confirm", "preferences"), "confirmation.already"), asked, mail(subscriptions.KindManage, reader, "preferences", "unsubscribe"), address, moved,
		mail(subscriptions.KindProbe, reader, "alive", "unsubscribe"), mail(subscriptions.KindDeadlines, reader, "preferences", "unsubscribe", "items"))
}

func (s sampleStore) Topics(context.Context) ([]subscriptions.Topic, error) {
	return s.content.Topics, nil
}

func (s sampleStore) Consents(context.Context, int64) ([]subscriptions.Consent, error) {
	return []subscriptions.Consent{{ID: 1, SubscriberID: 1, Kind: subscriptions.ConsentGiven, Wording: subscriptions.StandardWording().Version, Newest: s.newest}}, nil
}

func (s sampleStore) Subscriptions(context.Context, ...int64) ([]subscriptions.Subscription, error) {
	var rows []subscriptions.Subscription
	for _, id := range s.topics {
		rows = append(rows, subscriptions.Subscription{SubscriberID: 1, TopicID: id, State: subscriptions.SubscriptionPending})
	}
	return rows, nil
}

// corrects is the edition of the sample of a correction.
const corrects = 2

func (s sampleStore) Content(_ context.Context, edition int64) (subscriptions.Content, error) {
	c := s.content
	if edition == corrects {
		c.EditionID, c.Title, c.Entries, c.Webinars = corrects, "Correction: "+c.Entries[0].Title, c.Entries[:1], nil
		c.Corrected = &subscriptions.Corrected{EditionID: 1, Slug: c.Slug, Title: s.content.Title, Wrong: "It said **May**.", Right: "It is *June*, as [the notice](https://example.org/) says.", Was: c.Entries[0]}
	}
	return c, nil
}

func (s sampleStore) FindVariant(context.Context, int64) (subscriptions.Variant, error) {
	return subscriptions.Variant{ID: 1, EditionID: 1, Topics: s.topics}, nil
}

func (s sampleStore) Variants(_ context.Context, _ int64, sets []subscriptions.TopicSet) (map[string]subscriptions.Variant, error) {
	found := map[string]subscriptions.Variant{}
	for _, set := range sets {
		found[set.Key()] = subscriptions.Variant{ID: 1, EditionID: 1, Topics: set}
	}
	return found, nil
}

// FindEditor gives one who has set no password yet, 1, and one who has.
func (s sampleStore) FindEditor(_ context.Context, id int64) (subscriptions.Editor, error) {
	e := subscriptions.Editor{ID: id, Name: "An editor", Address: "reader@example.org", Role: subscriptions.RoleEditor}
	if id != 1 {
		e.PasswordHash = "set"
	}
	return e, nil
}

func (s sampleStore) Wordings(context.Context) ([]subscriptions.Wording, error) { return nil, nil }

// FindAddressChange gives one that waits, 1, and the same when it was confirmed.
func (s sampleStore) FindAddressChange(_ context.Context, id int64) (subscriptions.AddressChange, error) {
	c := s.moved
	if id != 1 {
		c.ConfirmedAt = s.at
	}
	return c, nil
}

func (s sampleStore) Suppressions(context.Context, []string) (map[string]subscriptions.Suppression, error) {
	return nil, nil
}

// FindEdition gives one that nobody has ordered.
func (s sampleStore) FindEdition(_ context.Context, id int64) (subscriptions.Edition, error) {
	return subscriptions.Edition{ID: id, Title: s.content.Title}, nil
}

// FindTestLetter gives a test of the whole content.
func (s sampleStore) FindTestLetter(_ context.Context, id int64) (subscriptions.TestLetter, subscriptions.TestSend, error) {
	return subscriptions.TestLetter{ID: id, TestID: 1, Topics: s.topics},
		subscriptions.TestSend{ID: 1, EditionID: s.content.EditionID, Group: "Editors", Hash: "sample", Content: s.content, Actor: "An editor", CreatedAt: s.at}, nil
}
