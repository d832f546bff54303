package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestWhereAPersonStands(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	early, later := now.Add(-time.Hour), now.Add(time.Hour)
	for name, c := range map[string]struct {
		who  subscriptions.Subscriber
		want subscriptions.SubscriberStatus
	}{
		"not confirmed":                 {subscriptions.Subscriber{}, subscriptions.SubscriberPending},
		"confirmed":                     {subscriptions.Subscriber{ConfirmedAt: early}, subscriptions.SubscriberActive},
		"on a pause":                    {subscriptions.Subscriber{ConfirmedAt: early, PausedUntil: later}, subscriptions.SubscriberPaused},
		"at the last moment of a pause": {subscriptions.Subscriber{ConfirmedAt: early, PausedUntil: now}, subscriptions.SubscriberActive},
		"ended while on a pause":        {subscriptions.Subscriber{ConfirmedAt: early, PausedUntil: later, EndedAt: early}, subscriptions.SubscriberEnded},
		"ended without a confirmation":  {subscriptions.Subscriber{EndedAt: early}, subscriptions.SubscriberEnded},
		"erased comes before all":       {subscriptions.Subscriber{ConfirmedAt: early, EndedAt: early, ErasedAt: early}, subscriptions.SubscriberErased},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, c.want, c.who.Status(now))
		})
	}
}

func TestEveryChangeThatMattersToMailRaisesTheRevision(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	var p subscriptions.Subscriber
	p.Confirm(now)
	same(t, int64(1), p.Revision)
	p.End(now.Add(time.Hour), subscriptions.EndUnsubscribed)
	same(t, int64(2), p.Revision)
	p.End(now.Add(2*time.Hour), subscriptions.EndBounced) // the first reason stays
	same(t, subscriptions.Subscriber{ConfirmedAt: now, EndedAt: now.Add(time.Hour), EndReason: subscriptions.EndUnsubscribed, Revision: 2}, p)
	p.Confirm(now.Add(3 * time.Hour)) // back, with the first date of confirmation
	same(t, subscriptions.Subscriber{ConfirmedAt: now, Revision: 3}, p)
}

func TestASubscriptionFromPendingToEnded(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	s := subscriptions.Subscription{State: subscriptions.SubscriptionPending}
	must(t, s.Confirm(now))
	must(t, s.Confirm(now.Add(time.Hour)))
	same(t, now, s.ConfirmedAt)
	s.End(now.Add(time.Hour), subscriptions.EndUnsubscribed)
	s.End(now.Add(2*time.Hour), subscriptions.EndComplained)
	same(t, subscriptions.Subscription{State: subscriptions.SubscriptionEnded, ConfirmedAt: now, EndedAt: now.Add(time.Hour), EndReason: subscriptions.EndUnsubscribed}, s)
	fails(t, s.Confirm(now), subscriptions.Refused)
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in, want string
		bad      bool
	}{
		"white space is folded":                   {in: " A \t B\u00a0C ", want: "A B C"},
		"a line break cannot break out":           {in: "A\r\nBcc: b@example.org", want: "A Bcc: b@example.org"},
		"Chinese is fine":                         {in: "王 小明", want: "王 小明"},
		"nothing is fine":                         {in: "  ", want: ""},
		"120 characters are fine":                 {in: strings.Repeat("é", 120), want: strings.Repeat("é", 120)},
		"121 are not":                             {in: strings.Repeat("a", 121), bad: true},
		"a NUL is not":                            {in: "a\x00b", bad: true},
		"an escape is not":                        {in: "a\x1b[31mb", bad: true},
		"a delete is not":                         {in: "a\x7fb", bad: true},
		"bytes that are no text are not":          {in: "a\xffb", bad: true},
		"a direction override is taken away":      {in: "Anna \u202egro.elpmaxe\u202c", want: "Anna gro.elpmaxe"},
		"so are isolates and marks":               {in: "\u2067Anna\u2069\u200f", want: "Anna"},
		"spaces of no width and byte marks":       {in: "\ufeffAn\u200bna\u2060", want: "Anna"},
		"a soft hyphen and hidden tags":           {in: "An\u00adna\U000e0041", want: "Anna"},
		"what holds nothing else is empty":        {in: "\u200b \u202e", want: ""},
		"the joiners of Persian and Hindi stay":   {in: "علی\u200cرضا", want: "علی\u200cرضا"},
		"line and paragraph separators are space": {in: "a\u2028b\u2029c\u0085d", want: "a b c d"},
		"a control of C1 is not fine":             {in: "a\u009bb", bad: true},
		"nor a character of nobody's":             {in: "a\ue000b", bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := subscriptions.CleanName("name", c.in)
			if c.bad {
				fails(t, err, subscriptions.Invalid)
				return
			}
			must(t, err)
			same(t, c.want, got)
		})
	}
}

func TestIdentityValidate(t *testing.T) {
	t.Parallel()
	must(t, subscriptions.StandardIdentity().Validate())
	for name, change := range map[string]func(i *subscriptions.Identity){
		"a site without a scheme":  func(i *subscriptions.Identity) { i.BaseURL = "tidings.example.org" },
		"a slash at the end":       func(i *subscriptions.Identity) { i.BaseURL = "https://tidings.example.org/" },
		"another scheme":           func(i *subscriptions.Identity) { i.BaseURL = "ftp://tidings.example.org" },
		"a query":                  func(i *subscriptions.Identity) { i.BaseURL = "https://tidings.example.org?x=1" },
		"a sender that is no one":  func(i *subscriptions.Identity) { i.From.Address = "nobody" },
		"a name that is no header": func(i *subscriptions.Identity) { i.From.Name = "a\x00b" },
		"a zone that is not":       func(i *subscriptions.Identity) { i.Zone = "Europe/Atlantis" },
		"the machine's own zone":   func(i *subscriptions.Identity) { i.Second = "Local" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := subscriptions.StandardIdentity()
			change(&i)
			fails(t, i.Validate(), subscriptions.Invalid)
		})
	}
}
