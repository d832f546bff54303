package compose_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// green is a brand that shares nothing with the standard's.
func green() subscriptions.Settings {
	return subscriptions.Settings{"site": "Grüne Post", "subject": "Energy in Africa", "operator": "Green", "postal": "1 Garden Row, Nairobi", "contact": "us@green.example",
		"sender.name": "Grüne Post", "sender.address": "post@green.example", "zone.first": "Africa/Nairobi", "zone.second": "Africa/Lagos",
		"light.paper": "#ffffff", "light.ink": "#0d2b1d", "light.accent": "#14663f", "dark.paper": "#08150e", "dark.ink": "#e8f2ec", "dark.accent": "#7fe0ac",
		"logo.light": "0123456789abcdef0123456789abcdef.png 320x80", "logo.alt": "Grüne Post", "text.digest.soon": "Hurry", "text.digest.signoff": "Yours, **the gardeners** of {site} <b>x</b>",
		"text.digest.why": "You asked for this{since}, didn’t you?", "text.mail.footer": "Registered in Nairobi", "text.confirmation.heading": "Is it you?",
		"text.confirmation.intro": "Somebody asked {site} for {topics} & more:", "text.confirmation.button": "It is me"}
}

// settled is a house of fixture_test.go whose composer follows settings that the
// test changes.
func settled(t *testing.T, change ...func(*subscriptions.Content)) (*house, *atomic.Pointer[subscriptions.House]) {
	t.Helper()
	h := newHouse(t, change...)
	base := subscriptions.StandardIdentity()
	base.BaseURL = "https://tidings.example.org"
	force := &atomic.Pointer[subscriptions.House]{}
	first := subscriptions.NewHouse(0, nil, base)
	force.Store(&first)
	var err error
	h.Composer, err = compose.New(compose.Options{Store: h.store, Keys: storetest.Keys(t), Salt: "salt", Now: storetest.Now,
		House: func(context.Context) subscriptions.House { return *force.Load() }})
	if err != nil {
		t.Fatal(err)
	}
	return h, force
}

func set(force *atomic.Pointer[subscriptions.House], version int64, s subscriptions.Settings) {
	next := subscriptions.NewHouse(version, s, force.Load().Identity)
	force.Store(&next)
}

// A change of settings in the middle of a run mixes no letters: before and after it
// the octets that leave are those of the preview that was approved.
func TestARunSpeaksWithOneVoice(t *testing.T) {
	t.Parallel()
	look := func(c *subscriptions.Content) {
		c.Look = &subscriptions.Look{Version: 3, Values: subscriptions.Settings{"site": "As approved", "sender.address": "then@example.org"}}
	}
	h, force := settled(t, look)
	r := h.reader("Anna Berg", "iot", "cybersecurity")
	d := h.delivery(t, r)
	octets := func() string {
		t.Helper()
		m, err := h.Compose(t.Context(), d, r)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := smtp.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	seen, err := h.Preview(h.content, r)
	if err != nil {
		t.Fatal(err)
	}
	first := octets()
	set(force, 4, green())
	if again := octets(); again != first {
		t.Error("a letter after the change differs from one before")
	}
	// Another worker, which starts after the change, or the same after a crash.
	h.Composer, err = compose.New(compose.Options{Store: h.store, Keys: storetest.Keys(t), Salt: "salt", Now: storetest.Now,
		House: func(context.Context) subscriptions.House { return *force.Load() }})
	if err != nil {
		t.Fatal(err)
	}
	if again := octets(); again != first {
		t.Error("a letter of another worker differs from those before")
	}
	m, err := h.Compose(t.Context(), d, r)
	if err != nil {
		t.Fatal(err)
	}
	text, page := m.Render()
	if seenText, seenPage := seen.Render(); text != seenText || page != seenPage || m.Body.Subject != seen.Body.Subject || m.Body.From != seen.Body.From {
		t.Error("what is sent is not what was seen")
	}
	if m.Body.From.Address != "then@example.org" || !strings.Contains(page, "As approved") || strings.Contains(page, "Grüne Post") {
		t.Errorf("it comes from %v", m.Body.From)
	}
}

// Mail that is no edition's, and an edition that was frozen before there were
// settings, follow those in force.
func TestOtherMailFollowsTheSettings(t *testing.T) {
	storetest.OneAfterTheOther(t)
	t.Parallel()
	h, force := settled(t)
	r := h.reader("Anna Berg", "iot")
	d := subscriptions.Delivery{ID: 1, Kind: subscriptions.KindManage, Key: "manage:1", SubscriberID: r.Subscriber.ID, Address: r.Subscriber.Address, CreatedAt: storetest.Now()}
	welcome := h.delivery(t, r)
	welcome.Kind, welcome.Key = subscriptions.KindWelcome, "welcome:1"
	for version, want := range []string{"SESEC Tidings", "Grüne Post"} {
		if version > 0 {
			set(force, int64(version), green())
		}
		for _, d := range []subscriptions.Delivery{d, welcome} {
			m, err := h.Compose(t.Context(), d, r)
			if err != nil {
				t.Fatal(err)
			}
			if _, page := m.Render(); m.Body.From.Name != want || !strings.Contains(page, want) {
				t.Errorf("version %d: the %s comes from %q", version, d.Kind, m.Body.From.Name)
			}
		}
	}
}

// Everything the house sets is in its letters, and nothing of the standard is left.
func TestALetterOfAnotherHouse(t *testing.T) {
	storetest.OneAfterTheOther(t)
	t.Parallel()
	h, force := settled(t, func(c *subscriptions.Content) {
		for i := range c.Entries {
			if c.Entries[i].Comments != nil {
				c.Entries[i].Comments.Until = subscriptions.DateOf(storetest.Now().AddDate(0, 0, 20))
			}
		}
	})
	set(force, 1, green())
	r := h.reader("Anna Berg")
	d, err := h.Preview(h.content, r)
	if err != nil {
		t.Fatal(err)
	}
	confirmation, err := h.PreviewConfirmation(r, h.content.Topics[:2])
	if err != nil {
		t.Fatal(err)
	}
	text, page := d.Render()
	asked, askedPage := confirmation.Render()
	for _, c := range []struct{ in, want string }{
		{page, `<img class="alone" src="https://tidings.example.org/pictures/0123456789abcdef0123456789abcdef.png" width="192" height="48" alt="Grüne Post"`},
		{page, "#0d2b1d"}, {page, "#14663f"}, {page, "#7fe0ac"}, {page, "Hurry"}, {page, "<strong>the gardeners</strong> of Grüne Post"},
		{page, "You asked for this on 12 March 2019, didn’t you?"}, {page, "Registered in Nairobi"}, {page, "in Nairobi"}, {page, "1 Garden Row"},
		{text, "Hurry"}, {text, "Yours, the gardeners of Grüne Post"}, {text, "You asked for this on 12 March 2019"}, {text, "Registered in Nairobi"},
		{askedPage, "Is it you?"}, {askedPage, "Somebody asked Grüne Post for these topics &amp; more:"}, {askedPage, ">It is me</a>"},
		{asked, "Somebody asked Grüne Post for these topics & more:"}, {asked, "It is me:\nhttps://tidings.example.org/confirm/"},
	} {
		if !strings.Contains(c.in, c.want) {
			t.Errorf("no letter says %q", c.want)
		}
	}
	for _, left := range []string{"#14213a", "#fbfaf6", "#1c4f9c", "#11161f", "#8db8ff", "SESEC Tidings", "<b>x</b>", "Closing soon"} {
		if strings.Contains(page, left) {
			t.Errorf("the letter still has %q", left)
		}
	}
	if d.Body.From != (subscriptions.Mailbox{Name: "Grüne Post", Address: "post@green.example"}) || !strings.HasSuffix(d.MessageID, "@green.example") {
		t.Errorf("%v, %s", d.Body.From, d.MessageID)
	}
	if err := confirmation.Check(); err != nil {
		t.Error(err)
	}
}
