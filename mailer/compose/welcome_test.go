package compose_test

import (
	"errors"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// welcomes is the delivery that a confirmation of the topics has queued.
func (h *house) welcomes(t *testing.T, r subscriptions.Recipient) subscriptions.Delivery {
	t.Helper()
	d := h.delivery(t, r)
	d.Kind, d.Key, d.EditionID, d.RefID = subscriptions.KindWelcome, "welcome:117:1", 0, 1
	return d
}

func TestWelcomeGolden(t *testing.T) {
	h := newHouse(t)
	r := h.reader("Anna Berg", "iot")
	for name, variant := range map[string]bool{"digest": true, "short": false} {
		t.Run(name, func(t *testing.T) {
			d := h.welcomes(t, r)
			if !variant {
				d.VariantID = 0
			}
			m, err := h.Compose(t.Context(), d, r)
			if err != nil {
				t.Fatal(err)
			}
			goldenMessage(t, "welcome."+name, m)
			headers := map[string]string{}
			for _, header := range append(m.Headers, m.Body.Headers...) {
				headers[header.Name] = header.Value
			}
			if !strings.HasPrefix(headers["List-Unsubscribe"], "<https://tidings.example.org/unsubscribe/") || headers["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" {
				t.Errorf("it cannot be left like a digest: %v", headers)
			}
		})
	}
}

func TestAWelcomeHoldsWhatWasConfirmedAndIsStillWanted(t *testing.T) {
	h := newHouse(t)
	d := h.welcomes(t, h.reader("", "iot", "cybersecurity"))
	subject := func(topics ...string) string {
		t.Helper()
		m, err := h.Compose(t.Context(), d, h.reader("", topics...))
		if err != nil {
			t.Fatal(err)
		}
		return m.Body.Subject
	}
	for _, test := range []struct {
		name, want string
		topics     []string
	}{
		{"all of it", "Welcome: 1 in IoT, 3 in Cybersecurity, 2 in Horizontal · January", []string{"iot", "cybersecurity"}},
		{"what they had before is not theirs to read again", "Welcome: 1 in IoT, 3 in Cybersecurity, 2 in Horizontal · January", []string{"iot", "cybersecurity", "blockchain"}},
		{"one was left since", "Welcome: 1 in IoT, 2 in Horizontal · January", []string{"iot"}},
		{"all were left since, and another chosen", "You are subscribed", []string{"blockchain"}},
	} {
		if got := subject(test.topics...); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	digest := h.digest(t, h.reader("", "iot", "cybersecurity"))
	if text, _ := digest.Render(); strings.Contains(digest.Body.Subject+text, "Welcome") {
		t.Error("the edition's own digest says welcome: the two share a body")
	}
	d.VariantID = 0
	_, err := h.Compose(t.Context(), d, subscriptions.Recipient{Subscriber: h.reader("").Subscriber})
	if skip := (*mailer.Skip)(nil); !errors.As(err, &skip) {
		t.Errorf("a person without a topic is welcomed: %v", err)
	}
}

func TestADigestWritesDatesAndHoursAsItsReaderDoes(t *testing.T) {
	h := newHouse(t)
	for _, test := range []struct {
		style subscriptions.DateStyle
		zone  string
		want  []string
	}{
		{subscriptions.DatesWords, "", []string{"you subscribed on 12 March 2019."}},
		{subscriptions.DatesISO, "", []string{"you subscribed on 2019-03-12."}},
		{subscriptions.DatesDots, "America/Los_Angeles", []string{"you subscribed on 12.03.2019.", "00:30–01:30 in Los Angeles (PDT, UTC−7)"}},
		{subscriptions.DatesSlashes, "Pacific/Honolulu", []string{"you subscribed on 11/03/2019.", "21:30–22:30 in Honolulu (HST, UTC−10, Monday 10/06/2019)"}},
		{subscriptions.DatesWords, "Pacific/Honolulu", []string{"you subscribed on 11 March 2019.", "21:30–22:30 in Honolulu (HST, UTC−10, Monday 10 June)"}},
		{subscriptions.DatesWords, "Asia/Shanghai", []string{"you subscribed on 12 March 2019.", "15:30–16:30 in Beijing (CST, UTC+8)\n"}},
	} {
		r := h.reader("")
		r.Subscriber.Dates, r.Subscriber.Zone = test.style, test.zone
		if test.zone == "Pacific/Honolulu" {
			r.Subscriber.ConfirmedAt = storetest.Now().AddDate(0, 0, -20)
		}
		text, page := h.digest(t, r).Render()
		for _, want := range test.want {
			if !strings.Contains(text, want) {
				t.Errorf("%q in %s: the text lacks %q", test.style, test.zone, want)
			}
			if !strings.Contains(page, strings.TrimSpace(want)) {
				t.Errorf("%q in %s: the HTML lacks %q", test.style, test.zone, want)
			}
		}
	}
}
