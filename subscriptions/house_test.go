package subscriptions_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// house is the whole service on a real store, with a clock the test moves.
type house struct {
	store    *store.Store
	keys     *subscriptions.Keyring
	topics   map[string]subscriptions.Topic
	people   *subscriptions.SubscriptionService
	editions *subscriptions.EditionService
	archive  *subscriptions.ArchiveService
	imports  *subscriptions.ImportService
	subjects *subscriptions.TopicService
	glossary *subscriptions.GlossaryService

	mu  sync.Mutex
	now time.Time
}

// each runs the test in a house on either database.
func each(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { f(t, newHouse(t, s)) })
}

func newHouse(t testing.TB, s *store.Store) *house {
	t.Helper()
	h := &house{store: s, keys: storetest.Keys(t), topics: storetest.Topics(t, s), now: storetest.Now()}
	h.people = &subscriptions.SubscriptionService{Store: s, Keys: h.keys, Now: h.clock}
	h.editions = &subscriptions.EditionService{Store: s, Keys: h.keys, Now: h.clock}
	h.archive = &subscriptions.ArchiveService{Store: s, Now: h.clock}
	h.imports = &subscriptions.ImportService{Store: s, Keys: h.keys, Now: h.clock}
	h.subjects = &subscriptions.TopicService{Store: s, Now: h.clock}
	h.glossary = &subscriptions.GlossaryService{Store: s, Now: h.clock}
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// signUp sends the form.
func (h *house) signUp(t testing.TB, email string, topics ...string) {
	t.Helper()
	must(t, h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: email, Topics: topics, Source: "web form", IP: "192.0.2.1"}))
}

// reader is a confirmed subscriber.
func (h *house) reader(t testing.TB, email string, topics ...string) subscriptions.Subscriber {
	t.Helper()
	h.signUp(t, email, topics...)
	_, err := h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, email), "192.0.2.1")
	must(t, err)
	return h.find(t, email)
}

// link is the token that a letter to the person would hold, and of their preferences
// that which they asked for.
func (h *house) link(t testing.TB, p subscriptions.Purpose, email string) string {
	t.Helper()
	if p == subscriptions.PurposePreferences {
		return h.keys.IssueOwn(h.find(t, email).ID, h.clock())
	}
	return h.keys.Issue(p, h.find(t, email).ID, 0, h.clock())
}

func (h *house) find(t testing.TB, email string) subscriptions.Subscriber {
	t.Helper()
	p, err := h.store.FindSubscriberByAddress(t.Context(), email)
	must(t, err)
	return p
}

func (h *house) suppress(t testing.TB, email string, reason subscriptions.SuppressionReason) {
	t.Helper()
	must(t, h.store.PutSuppression(t.Context(), subscriptions.Suppression{Hash: h.keys.HashAddress(email), Reason: reason, CreatedAt: h.clock()}))
}

// rows writes the person's subscriptions down, oldest first: "iot active, cybersecurity ended (unsubscribed)".
func (h *house) rows(t testing.TB, email string) string {
	t.Helper()
	subs, err := h.store.Subscriptions(t.Context(), h.find(t, email).ID)
	must(t, err)
	slugs := map[int64]string{}
	for slug, topic := range h.topics {
		slugs[topic.ID] = slug
	}
	var lines []string
	for _, s := range subs {
		line := slugs[s.TopicID] + " " + string(s.State)
		if s.EndReason != "" {
			line += " (" + string(s.EndReason) + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

// consents writes the person's ledger down: "given iot; confirmed iot".
func (h *house) consents(t testing.TB, email string) string {
	t.Helper()
	all, err := h.store.Consents(t.Context(), h.find(t, email).ID)
	must(t, err)
	var lines []string
	for _, c := range all {
		lines = append(lines, string(c.Kind)+" "+strings.Join(c.Topics, "+"))
	}
	return strings.Join(lines, "; ")
}

// mail counts what was queued for the address: "2 confirmation, 1 manage".
func (h *house) mail(t testing.TB, email string) string {
	t.Helper()
	all, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{SubscriberID: h.find(t, email).ID})
	must(t, err)
	count := map[subscriptions.Kind]int{}
	for _, d := range all {
		count[d.Kind]++
	}
	var lines []string
	for _, kind := range []subscriptions.Kind{subscriptions.KindConfirmation, subscriptions.KindManage, subscriptions.KindDigest} {
		if count[kind] > 0 {
			lines = append(lines, fmt.Sprintf("%d %s", count[kind], kind))
		}
	}
	return strings.Join(lines, ", ")
}

// item is a published item of March 2019, filed under the topics.
func (h *house) item(t testing.TB, slug string, date subscriptions.Date, topics ...string) subscriptions.Item {
	t.Helper()
	i := subscriptions.Item{Slug: slug, Title: slug, Date: date, Body: "Body of " + slug, State: subscriptions.ItemDraft, CreatedAt: h.clock()}
	for _, topic := range topics {
		i.Topics = append(i.Topics, h.topics[topic].ID)
	}
	must(t, i.Publish(h.clock()))
	must(t, h.store.AddItem(t.Context(), &i))
	return i
}

// approved is an edition of the quarter, frozen and approved.
func (h *house) approved(t testing.TB) subscriptions.Edition {
	t.Helper()
	e, err := h.editions.Create(t.Context(), "First quarter", quarter)
	must(t, err)
	e, err = h.editions.Freeze(t.Context(), e.ID)
	must(t, err)
	e, err = h.editions.Approve(t.Context(), e.ID, e.Hash, "publisher")
	must(t, err)
	return e
}

// sending is an edition whose send has begun; nothing is planned yet.
func (h *house) sending(t testing.TB) subscriptions.Edition {
	t.Helper()
	e, err := h.editions.Start(t.Context(), h.approved(t).ID)
	must(t, err)
	return e
}

// plan runs QueueBatch to its end and gives the edition.
func (h *house) plan(t testing.TB, id int64, size int) subscriptions.Edition {
	t.Helper()
	for more := true; more; {
		var err error
		_, more, err = h.editions.QueueBatch(t.Context(), id, size)
		must(t, err)
	}
	e, err := h.store.FindEdition(t.Context(), id)
	must(t, err)
	return e
}
