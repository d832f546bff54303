package compose_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// largeEdition collects forty items of 2,500 characters under six topics, for readers
// of all their 63 sets, and one who has only the topic for everyone: 64 letters.
func largeEdition(b testing.TB) (*store.Store, *subscriptions.PreflightService, int64) {
	b.Helper()
	s := storetest.New(b)
	clock, keys := storetest.Now, storetest.Keys(b)
	topics := storetest.Topics(b, s)
	slugs := []string{"extra"}
	for slug, topic := range topics {
		if !topic.ForEveryone {
			slugs = append(slugs, slug)
		}
	}
	extra := subscriptions.Topic{Slug: "extra", Name: "A seventh topic", ShortName: "Seventh", Position: 7, Accent: "iot", CreatedAt: clock()}
	if err := s.AddTopic(b.Context(), &extra); err != nil {
		b.Fatal(err)
	}
	topics["extra"] = extra
	paragraph := "The committee TC260 has published a **draft** for comments, which sets out how [data](https://example.org/data) is handled by networks of sensors and by those who run them. "
	for n := range 40 {
		topic := topics[slugs[n%len(slugs)]]
		if n == 0 {
			topic = topics["horizontal"]
		}
		i := subscriptions.Item{Title: fmt.Sprintf("Item %d of a large edition", n), Slug: fmt.Sprintf("large-%d", n), Date: subscriptions.Date{Year: 2019, Month: 3, Day: 1 + n%28}, Topics: []int64{topic.ID, topics[slugs[(n+1)%len(slugs)]].ID},
			Body: strings.Repeat(strings.Repeat(paragraph, 4)+"\n\n- one thing\n- another\n\n", 3), State: subscriptions.ItemPublished, PublishedAt: clock(), CreatedAt: clock(),
			Sources: []subscriptions.Source{{Title: "A notice", URL: fmt.Sprintf("https://example.org/%d", n)}}}
		if err := s.AddItem(b.Context(), &i); err != nil {
			b.Fatal(err)
		}
	}
	imports := &subscriptions.ImportService{Store: s, Keys: keys, Now: clock}
	report, err := imports.Subscribers(b.Context(), func(yield func(subscriptions.SubscriberRow) bool) {
		for set := 1; set < 1<<len(slugs); set++ {
			var chosen []string
			for n, slug := range slugs {
				if set&(1<<n) != 0 {
					chosen = append(chosen, slug)
				}
			}
			if !yield(subscriptions.SubscriberRow{Line: set, Email: fmt.Sprintf("r%d@example.org", set), Topics: chosen}) {
				return
			}
		}
		yield(subscriptions.SubscriberRow{Line: 64, Email: "r64@example.org", Topics: []string{"horizontal"}})
	}, subscriptions.SubscriberOptions{Confirmed: true, Source: "a test"})
	if err != nil || report.Added != 64 {
		b.Fatalf("%+v %v", report, err)
	}
	editions := &subscriptions.EditionService{Store: s, Keys: keys, Now: clock}
	e, err := editions.Create(b.Context(), "A large edition", subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 3, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}})
	if err != nil {
		b.Fatal(err)
	}
	c, err := compose.New(compose.Options{Store: s, Keys: keys, Identity: subscriptions.StandardIdentity(), Salt: "salt", Now: clock})
	if err != nil {
		b.Fatal(err)
	}
	reach := &subscriptions.ReachService{Store: s, Keys: keys, Now: clock}
	return s, subscriptions.NewPreflightService(subscriptions.PreflightService{Store: s, Editions: editions, Reach: reach, Now: clock,
		House: func(context.Context) subscriptions.House {
			return subscriptions.House{Identity: subscriptions.StandardIdentity()}
		},
		Letters: mailer.LetterWriter{Write: c.Letter, Encode: smtp.Encode}}), e.ID
}

// The figure: preflight of 40 items and 64 letters takes at most 3 s without the
// network.
func BenchmarkPreflight(b *testing.B) {
	_, checks, edition := largeEdition(b)
	var run subscriptions.Preflight
	for b.Loop() {
		var err error
		if run, err = checks.Run(b.Context(), edition, func(subscriptions.Preflight) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(run.Letters)), "letters")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/op")
	short := 0
	for _, l := range run.Letters {
		if l.Shortened+l.LeftOut > 0 {
			short++
		}
	}
	b.ReportMetric(float64(short), "shortened")
}
