package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// TestReturnsOfARealMailServerEndInTheRightRows sends letters through Postfix to a
// server that refuses them in every way, and lets the reports come back by LMTP and
// through Dovecot's IMAP.
func TestReturnsOfARealMailServerEndInTheRightRows(t *testing.T) {
	t.Parallel()
	h := newMailHouse(t)
	for _, way := range []subscriptions.Way{subscriptions.WaySMTP, subscriptions.WayIMAP} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			returnsBy(t, h, way)
		})
	}
}

func returnsBy(t *testing.T, h *mailHouse, way subscriptions.Way) {
	s := Settings{Database: t.TempDir() + "/tidings.db", SMTP: fmt.Sprintf("smtp://127.0.0.1:%d?tls=none", h.near), From: "Tidings <tidings@example.org>"}
	if way == subscriptions.WaySMTP {
		s.Bounce, s.BounceListen = "bounce@lmtp.test", fmt.Sprintf("lmtp://127.0.0.1:%d", h.lmtp)
	} else {
		s.Bounce = "bounce@imap.test"
		s.BounceIMAP = fmt.Sprintf("imap://bounce%%40imap.test:%s@127.0.0.1:%d/INBOX?tls=none", strings.ReplaceAll(mailPassword, " ", "_"), h.imap)
	}
	read, err := s.read()
	if err != nil {
		t.Fatal(err)
	}
	var said loud
	a, err := wire(t.Context(), read, stdio{in: strings.NewReader(""), out: io.Discard, err: &said}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	addresses := []string{"good@users.test", "unknown@users.test", "policy@users.test", "full@users.test", "late@dead.test"}
	topics, err := a.store.Topics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		p := &subscriptions.Subscriber{Address: address, CreatedAt: a.now(), ConfirmedAt: a.now()}
		worked(t, a.store.AddSubscribers(t.Context(), []*subscriptions.Subscriber{p}))
		worked(t, a.store.AddSubscriptions(t.Context(), []*subscriptions.Subscription{{SubscriberID: p.ID, TopicID: topics[0].ID, State: subscriptions.SubscriptionActive, CreatedAt: a.now(), ConfirmedAt: a.now()}}))
		_, err = a.store.QueueDeliveries(t.Context(), []subscriptions.Delivery{{Kind: subscriptions.KindManage, Key: "manage:" + address, SubscriberID: p.ID, RefID: subscriptions.ManageAsked,
			Address: address, NotBefore: a.now(), CreatedAt: a.now()}})
		worked(t, err)
	}
	w, err := a.worker(t.Context())
	worked(t, err)
	w.Poll = 50 * time.Millisecond
	in, err := a.receives(t.Context())
	worked(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- together(ctx, append(in, w.Run)...) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	want := map[string]string{
		"unknown@users.test": "bounce hard user-unknown ended",
		"policy@users.test":  "bounce soft policy counted",
		"full@users.test":    "bounce soft mailbox-full counted",
		"late@dead.test":     "delay none, bounce soft dns counted",
	}
	var got map[string]string
	for began := time.Now(); time.Since(began) < 40*time.Second; time.Sleep(100 * time.Millisecond) {
		if got = a.cameBack(t); maps.Equal(got, want) {
			break
		}
	}
	if !maps.Equal(got, want) {
		t.Fatalf("came back:\n%v\nwant:\n%v\n%s", got, want, said.String())
	}
	all, err := a.store.Bounces(t.Context(), subscriptions.BounceFilter{})
	worked(t, err)
	for _, b := range all {
		if b.Way != way || !b.Assigned() || b.Behind {
			t.Errorf("%+v did not come by %s about our own address", b, way)
		}
		o, err := a.store.FindOriginal(t.Context(), b.Report)
		worked(t, err)
		z, err := gzip.NewReader(bytes.NewReader(o.Gzip))
		worked(t, err)
		raw, err := io.ReadAll(z)
		worked(t, err)
		for _, words := range []string{"Original-Envelope-Id: ", "Original-Recipient: rfc822;" + b.Address, "text/rfc822-headers"} {
			if !strings.Contains(string(raw), words) {
				t.Errorf("the report about %s has no %q: RFC 3461 was not asked for\n%s", b.Address, words, raw)
			}
		}
	}
	for _, address := range addresses {
		p, err := a.store.FindSubscriberByAddress(t.Context(), address)
		worked(t, err)
		if over := !p.EndedAt.IsZero(); over != (address == "unknown@users.test") {
			t.Errorf("%s has ended: %t", address, over)
		}
		d, err := a.store.FindDeliveryByKey(t.Context(), "manage:"+address)
		worked(t, err)
		if d.State != subscriptions.DeliverySent {
			t.Errorf("the letter to %s is %s: %s", address, d.State, d.Detail)
		}
	}
}

// loud is a log that many write into.
type loud struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *loud) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String gives what was written.
func (l *loud) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// cameBack writes down what was recorded of each address, oldest first.
func (a *app) cameBack(t *testing.T) map[string]string {
	t.Helper()
	all, err := a.store.Bounces(t.Context(), subscriptions.BounceFilter{})
	worked(t, err)
	slices.Reverse(all)
	got := map[string]string{}
	for _, b := range all {
		line := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s", b.Kind, b.Class, b.Reason, b.Effect)), " ")
		if got[b.Address] != "" {
			line = got[b.Address] + ", " + line
		}
		got[b.Address] = line
	}
	return got
}

func worked(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
