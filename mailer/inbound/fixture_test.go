package inbound_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sesec.eu/tidings/mailer/bounce"
	"sesec.eu/tidings/mailer/inbound"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a store with a reader who was sent a letter, and the door to it.
type house struct {
	t      *testing.T
	store  *store.Store
	path   string
	keys   *subscriptions.Keyring
	door   *inbound.Door
	sender string // the envelope sender of the letter
	leave  string // an address to leave by mail
}

const reader = "reader@example.net"

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, path: storetest.SQLite(t), keys: storetest.Keys(t)}
	var err error
	h.store, err = store.Open(t.Context(), h.path, store.Options{Now: storetest.Now})
	h.must(err)
	t.Cleanup(func() { _ = h.store.Close() })
	person := &subscriptions.Subscriber{Address: reader, CreatedAt: storetest.Now(), ConfirmedAt: storetest.Now()}
	h.must(h.store.AddSubscribers(t.Context(), []*subscriptions.Subscriber{person}))
	topic := storetest.Topics(t, h.store)["iot"]
	h.must(h.store.AddSubscriptions(t.Context(), []*subscriptions.Subscription{{SubscriberID: person.ID, TopicID: topic.ID, State: subscriptions.SubscriptionActive,
		CreatedAt: storetest.Now(), ConfirmedAt: storetest.Now()}}))
	_, err = h.store.QueueDeliveries(t.Context(), []subscriptions.Delivery{{Kind: subscriptions.KindManage, Key: "k", SubscriberID: person.ID, Address: reader,
		NotBefore: storetest.Now(), CreatedAt: storetest.Now()}})
	h.must(err)
	d, err := h.store.FindDeliveryByKey(t.Context(), "k")
	h.must(err)
	h.sender, err = subscriptions.WithMailToken("bounce@example.org", h.keys.Issue(subscriptions.PurposeDelivery, person.ID, d.ID, storetest.Now()))
	h.must(err)
	h.leave, err = subscriptions.WithMailToken("bounce@example.org", h.keys.Issue(subscriptions.PurposeUnsubscribe, person.ID, 0, storetest.Now()))
	h.must(err)
	readers := &subscriptions.SubscriptionService{Store: h.store, Keys: h.keys, Now: storetest.Now}
	h.door = &inbound.Door{Keys: h.keys, Address: "bounce@example.org", Now: storetest.Now, Log: slog.New(slog.DiscardHandler),
		Bounces: &subscriptions.BounceService{Store: h.store, Keys: h.keys, Readers: readers, Now: storetest.Now, Judge: bounce.Judge}}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// report is a bounce of a server; it names our token only where to is it.
func report(n int, to string) string {
	return strings.ReplaceAll(fmt.Sprintf(`Return-Path: <>
From: MAILER-DAEMON@mx.example.net
To: %s
Message-ID: <%d@mx.example.net>
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

No such user here.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; %s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
--b--
`, to, n, reader), "\n", "\r\n")
}

const question = "From: Anna <anna@example.net>\r\nTo: bounce@example.org\r\nSubject: Your March edition\r\nMessage-ID: <q@example.net>\r\n\r\nIs there a German version?\r\n"

// rows writes down what was recorded, oldest first.
func (h *house) rows() string {
	h.t.Helper()
	all, err := h.store.Bounces(h.t.Context(), subscriptions.BounceFilter{})
	h.must(err)
	var lines []string
	for i := len(all) - 1; i >= 0; i-- {
		b := all[i]
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", b.Way, b.Kind, b.Effect)))
	}
	return strings.Join(lines, ", ")
}

func (h *house) wants(rows string) {
	h.t.Helper()
	if got := h.rows(); got != rows {
		h.t.Errorf("recorded: %s; want %s", got, rows)
	}
}

func (h *house) ended() bool {
	h.t.Helper()
	p, err := h.store.FindSubscriberByAddress(h.t.Context(), reader)
	h.must(err)
	return !p.EndedAt.IsZero()
}

// exec runs SQL beside the store, as somebody would who takes the database away.
func (h *house) exec(text string) {
	h.t.Helper()
	db, err := sql.Open("sqlite", h.path+"?_pragma=busy_timeout(5000)")
	h.must(err)
	defer db.Close()
	_, err = db.ExecContext(h.t.Context(), text)
	h.must(err)
}

// soon waits until it is so.
func (h *house) soon(what string, is func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			h.t.Fatalf("%s: not so after ten seconds; recorded: %s", what, h.rows())
		case <-time.After(5 * time.Millisecond):
		}
	}
}
