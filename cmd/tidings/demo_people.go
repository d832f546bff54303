package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/sample"
)

// demoPerson is a stakeholder of the demo, with why they are in it.
type demoPerson struct {
	address string
	name    string
	topics  []string
	state   demoState
	why     string // why nothing reaches them
}

type demoState int

const (
	demoActive demoState = iota
	demoPending
	demoLeft
	demoSuppressed
	demoPaused
)

// quietTopic has no items this quarter, so that whoever asked for it alone gets
// no letter.
var quietTopic = subscriptions.Topic{Slug: "intelligent-transport", Name: "Intelligent transport", ShortName: "Transport",
	Description: "Connected vehicles, roads, railways.", Accent: "communication", Position: 7}

// demoPeople are the readers: one topic, several, all, only what is for
// everyone, and each reason why a person gets nothing.
func demoPeople() []demoPerson {
	var all []string
	for _, t := range subscriptions.StandardTopics() {
		all = append(all, t.Slug)
	}
	return []demoPerson{
		{address: "everything@example.org", name: "Standards library", topics: all},
		{address: "iot@example.org", name: "IoT working group", topics: []string{"iot"}},
		{address: "ledger@example.org", name: "Ledger committee", topics: []string{"blockchain"}},
		{address: "radio@example.org", name: "Radio unit", topics: []string{"communication-networks"}},
		{address: "factory@example.org", name: "Factory automation", topics: []string{"industrial-internet", "iot"}},
		{address: "security@example.org", name: "信息安全工作组", topics: []string{"cybersecurity"}},
		{address: "policy@example.org", name: "Policy & digital trade", topics: []string{"cybersecurity", "blockchain", "horizontal"}},
		{address: "general@example.org", topics: []string{"horizontal"}},
		{address: "transport@example.org", name: "Transport desk", topics: []string{quietTopic.Slug}, why: "no letter: nothing in this topic this quarter"},
		{address: "pending@example.org", topics: []string{"iot", "cybersecurity"}, state: demoPending, why: "no letter yet: asked to confirm"},
		{address: "left@example.org", topics: []string{"iot"}, state: demoLeft, why: "no letter: unsubscribed"},
		{address: "complained@example.org", topics: []string{"blockchain"}, state: demoSuppressed, why: "no letter: suppressed after a complaint"},
		{address: "away@example.org", topics: []string{"cybersecurity"}, state: demoPaused, why: "no letter: paused until May"},
	}
}

// outcome tells what the person got, from the ledger.
func (p demoPerson) outcome(ctx context.Context, a *app, c subscriptions.Content) string {
	if p.why != "" {
		return p.why
	}
	person, err := a.store.FindSubscriberByAddress(ctx, p.address)
	if err != nil {
		return err.Error()
	}
	d, err := a.store.FindDeliveryByKey(ctx, subscriptions.DigestKey(c.EditionID, person.ID))
	if err != nil {
		return err.Error()
	}
	v, err := a.store.FindVariant(ctx, d.VariantID)
	if err != nil {
		return err.Error()
	}
	n := subscriptions.BuildDigest(c, v.Topics, subscriptions.DateOf(a.now())).Count
	return fmt.Sprintf("%s, %d %s", d.State, n, plural(n, "entry", "entries"))
}

// demoPrepare fills a new database with the sample edition and the people. In a
// folder that holds an earlier demo it changes nothing.
func (a *app) demoPrepare(ctx context.Context) (int64, error) {
	in, err := importer.Documents(sample.FS(), ".")
	if err != nil {
		return 0, fmt.Errorf("read the sample edition: %w", err)
	}
	if printFindings(a.std, in.Findings) > 0 {
		return 0, errors.New("the sample edition has errors")
	}
	if _, err := a.imports.Import(ctx, in, subscriptions.ImportOptions{Publish: true}); err != nil {
		return 0, fmt.Errorf("import the sample edition: %w", err)
	}
	e, err := a.store.FindEditionBySlug(ctx, in.Edition.Slug)
	if err != nil {
		return 0, err
	}
	if e.State != subscriptions.EditionCollecting {
		return e.ID, nil
	}
	return e.ID, a.demoSubscribe(ctx)
}

// demoSubscribe brings the people in by the ways real ones come: an import with
// provable consent, and the form.
func (a *app) demoSubscribe(ctx context.Context) error {
	topic := quietTopic
	topic.CreatedAt = a.now()
	if err := a.store.AddTopic(ctx, &topic); err != nil && !errors.Is(err, subscriptions.ErrConflict) {
		return err
	}
	people := demoPeople()
	rows := func(yield func(subscriptions.SubscriberRow) bool) {
		for i, p := range people {
			if p.state != demoPending && !yield(subscriptions.SubscriberRow{Line: i + 2, Email: p.address, Name: p.name, Topics: p.topics}) {
				return
			}
		}
	}
	report, err := a.imports.Subscribers(ctx, rows, subscriptions.SubscriberOptions{Confirmed: true, Source: "readers of the newsletter of 2018"})
	if err != nil || report.Bad > 0 {
		return fmt.Errorf("import the demo's people: %d bad rows: %w", report.Bad, err)
	}
	for _, p := range people {
		if err := a.demoMove(ctx, p); err != nil {
			return fmt.Errorf("demo person %s: %w", p.address, err)
		}
	}
	return nil
}

// demoMove takes a person to the state the demo wants to show.
func (a *app) demoMove(ctx context.Context, p demoPerson) error {
	if p.state == demoPending {
		return a.readers.Subscribe(ctx, subscriptions.SubscribeRequest{Email: p.address, Topics: p.topics, Source: "web form", IP: "192.0.2.7"})
	}
	person, err := a.store.FindSubscriberByAddress(ctx, p.address)
	if err != nil {
		return err
	}
	switch p.state {
	case demoLeft:
		token := a.keys.Issue(subscriptions.PurposeUnsubscribe, person.ID, 0, a.now())
		_, err = a.readers.Unsubscribe(ctx, token, "", "unsubscribe page", "192.0.2.8")
	case demoSuppressed:
		err = a.store.PutSuppression(ctx, subscriptions.Suppression{Hash: a.keys.HashAddress(p.address), Reason: subscriptions.SuppressedComplaint,
			Note: "demo", CreatedAt: a.now()})
	case demoPaused:
		person.PausedUntil = time.Date(2019, time.May, 1, 0, 0, 0, 0, time.UTC)
		person.Revision++
		err = a.store.UpdateSubscriber(ctx, person)
	}
	return err
}
