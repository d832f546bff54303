package mailer_test

import (
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

func TestWhatTheLedgerKeepsOfAnAnswer(t *testing.T) {
	t.Parallel()
	const digest, confirmation, manage = subscriptions.KindDigest, subscriptions.KindConfirmation, subscriptions.KindManage
	soon := time.Minute * 12 / 10
	for _, tc := range []struct {
		name     string
		kind     subscriptions.Kind
		attempts int
		result   mailer.Result
		state    subscriptions.DeliveryState
		detail   string
	}{
		{"taken", digest, 1, mailer.Result{Verdict: mailer.Accepted, Code: 250, Text: "Ok: queued"}, subscriptions.DeliverySent, "Ok: queued"},
		{"refused for good", digest, 1, mailer.Result{Verdict: mailer.Permanent, Code: 550, Status: "5.1.1", Text: "User unknown"}, subscriptions.DeliveryFailed, "User unknown"},
		{"refused for now", digest, 1, mailer.Result{Verdict: mailer.Temporary, Code: 451, Status: "4.7.1", Text: "Later"}, subscriptions.DeliveryDeferred, "Later"},
		{"no answer before the dot", digest, 1, mailer.Result{Verdict: mailer.Temporary, Text: "EOF", Broken: true}, subscriptions.DeliveryDeferred, "EOF"},
		{"refused for now too often", digest, 11, mailer.Result{Verdict: mailer.Temporary, Code: 451, Text: "Later"}, subscriptions.DeliveryFailed, "given up: Later"},
		{"a digest of which nobody knows", digest, 1, mailer.Result{Verdict: mailer.Uncertain, Text: "EOF"}, subscriptions.DeliveryUncertain, "EOF"},
		{"a confirmation of which nobody knows goes again", confirmation, 1, mailer.Result{Verdict: mailer.Uncertain, Text: "EOF"}, subscriptions.DeliveryDeferred, "EOF"},
		{"a link of which nobody knows goes again", manage, 1, mailer.Result{Verdict: mailer.Uncertain, Text: "EOF"}, subscriptions.DeliveryDeferred, "EOF"},
		{"but not for ever", confirmation, 11, mailer.Result{Verdict: mailer.Uncertain, Text: "EOF"}, subscriptions.DeliveryFailed, "given up: EOF"},
	} {
		d := subscriptions.Delivery{ID: 7, Kind: tc.kind, Address: "reader@example.org", Attempts: tc.attempts, CreatedAt: noon}
		o := mailer.OutcomeOf(d, &mailer.Message{MessageID: "id@example.org"}, tc.result, noon)
		want := subscriptions.Outcome{DeliveryID: 7, State: tc.state, MessageID: "id@example.org", Code: tc.result.Code, Status: tc.result.Status, Detail: tc.detail, NotBefore: o.NotBefore}
		if diff := cmp.Diff(want, o); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if deferred := tc.state == subscriptions.DeliveryDeferred; o.NotBefore.IsZero() == deferred || o.NotBefore.After(noon.Add(soon)) {
			t.Errorf("%s: tried again at %v", tc.name, o.NotBefore)
		}
	}
}

// PostgreSQL takes nothing but UTF-8 without NUL: an answer in Latin-1 that it
// refused would be tried again for ever, and every other outcome with it.
func TestAServersWordsCanAlwaysBeStored(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{
		"Latin-1":                         "bo\xeete pleine",
		"NUL":                             "no\x00",
		"control characters":              "\x1b[31mno\x07",
		"cut in the middle of a letter":   strings.Repeat("a", 499) + "箱",
		"cut, and Latin-1, and very long": strings.Repeat("\xe9é", 4000),
	} {
		for _, verdict := range []mailer.Verdict{mailer.Permanent, mailer.Temporary} {
			o := mailer.OutcomeOf(subscriptions.Delivery{Attempts: 99}, &mailer.Message{}, mailer.Result{Verdict: verdict, Text: words}, noon)
			if !utf8.ValidString(o.Detail) || strings.ContainsAny(o.Detail, "\x00\x07\x1b") || len(o.Detail) > 1000 || o.Detail == "" {
				t.Errorf("%s: %d octets %q", name, len(o.Detail), o.Detail)
			}
		}
	}
}

func TestWhoMustNotBeMailedNow(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	active := subscriptions.Recipient{Chosen: subscriptions.NewTopicSet(1),
		Subscriber: subscriptions.Subscriber{ID: 3, Address: "Reader@example.org", ConfirmedAt: noon.Add(-day)}}
	const digest, confirmation, manage = subscriptions.KindDigest, subscriptions.KindConfirmation, subscriptions.KindManage
	for _, tc := range []struct {
		name   string
		change func(r *subscriptions.Recipient)
		want   map[subscriptions.Kind]string
	}{
		{"an active reader gets everything", func(*subscriptions.Recipient) {}, nil},
		{"spelling does not matter", func(r *subscriptions.Recipient) { r.Subscriber.Address = "READER@example.org" }, nil},
		{"nobody", func(r *subscriptions.Recipient) { *r = subscriptions.Recipient{} },
			map[subscriptions.Kind]string{digest: "erased", confirmation: "erased", manage: "erased"}},
		{"erased", func(r *subscriptions.Recipient) { r.Subscriber.ErasedAt = noon },
			map[subscriptions.Kind]string{digest: "erased", confirmation: "erased", manage: "erased"}},
		{"another address by now", func(r *subscriptions.Recipient) { r.Subscriber.Address = "new@example.org" },
			map[subscriptions.Kind]string{digest: "address changed", confirmation: "address changed", manage: "address changed"}},
		{"not confirmed yet", func(r *subscriptions.Recipient) { r.Subscriber.ConfirmedAt = time.Time{} }, map[subscriptions.Kind]string{digest: "pending"}},
		{"left", func(r *subscriptions.Recipient) {
			r.Subscriber.End(noon, subscriptions.EndUnsubscribed)
			r.Chosen = nil
		}, map[subscriptions.Kind]string{digest: "unsubscribed"}},
		{"left all topics", func(r *subscriptions.Recipient) { r.Chosen = nil }, map[subscriptions.Kind]string{digest: "unsubscribed"}},
		{"paused", func(r *subscriptions.Recipient) { r.Subscriber.PausedUntil = noon.Add(day) }, map[subscriptions.Kind]string{digest: "paused"}},
		{"paused until this moment", func(r *subscriptions.Recipient) { r.Subscriber.PausedUntil = noon }, nil},
		{"suppressed after a bounce", func(r *subscriptions.Recipient) { r.Suppressed = subscriptions.SuppressedBounce },
			map[subscriptions.Kind]string{digest: "suppressed", manage: "suppressed"}}, // the button of a confirmation would end that
		{"suppressed after a complaint", func(r *subscriptions.Recipient) { r.Suppressed = subscriptions.SuppressedComplaint },
			map[subscriptions.Kind]string{digest: "suppressed", confirmation: "suppressed", manage: "suppressed"}},
		{"asked to be forgotten, and has come back by their own hand", func(r *subscriptions.Recipient) { r.Suppressed = subscriptions.SuppressedErased },
			map[subscriptions.Kind]string{digest: "suppressed"}},
	} {
		tc.want = withOthers(tc.want)
		for _, kind := range []subscriptions.Kind{digest, confirmation, manage, subscriptions.KindWelcome, subscriptions.KindAddress, subscriptions.KindMoved,
			subscriptions.KindInvitation, subscriptions.KindReset} {
			r := active
			tc.change(&r)
			d := subscriptions.Delivery{Kind: kind, Address: "reader@example.org"}
			if got := mailer.Refusal(d, r, noon); got != tc.want[kind] {
				t.Errorf("%s, %s: %q, want %q", tc.name, kind, got, tc.want[kind])
			}
		}
	}
}

// withOthers adds the kinds that follow one of these: a welcome is a digest, and
// mail to another address than the person's asks only whether there is a person.
// Letters to editors, who are no readers, ask nothing.
func withOthers(want map[subscriptions.Kind]string) map[subscriptions.Kind]string {
	all := maps.Clone(want)
	if all == nil {
		all = map[subscriptions.Kind]string{}
	}
	all[subscriptions.KindWelcome] = want[subscriptions.KindDigest]
	if want[subscriptions.KindManage] == "erased" {
		all[subscriptions.KindAddress], all[subscriptions.KindMoved] = "erased", "erased"
	}
	return all
}

func TestAResultIsReadableInTheLog(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]mailer.Result{
		"permanent at RCPT: 550 5.1.1 User unknown": {Verdict: mailer.Permanent, Stage: mailer.StageRcpt, Code: 550, Status: "5.1.1", Text: "User unknown"},
		"uncertain at end of data: EOF":             {Verdict: mailer.Uncertain, Stage: mailer.StageDot, Text: "EOF"},
		"accepted at end of data: 250 Ok":           {Verdict: mailer.Accepted, Stage: mailer.StageDot, Code: 250, Text: "Ok"},
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
