package compose_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// ownForm has people register with us.
func ownForm(c *subscriptions.Content) {
	for i := range c.Webinars {
		c.Webinars[i].RegistrationURL = ""
	}
}

// manyWebinars are n more, with a form of our own but for every seventh.
func manyWebinars(n int) func(*subscriptions.Content) {
	return func(c *subscriptions.Content) {
		ownForm(c)
		for i := range n {
			w := c.Webinars[0]
			w.ID, w.Slug, w.Title = int64(1000+i), fmt.Sprintf("webinar-%d", i), fmt.Sprintf("Webinar %d", i)
			if i%7 == 6 {
				w.RegistrationURL = "https://elsewhere.example.org/"
			}
			w.Starts, w.Ends = w.Starts.AddDate(0, 0, i+1), w.Ends.AddDate(0, 0, i+1)
			c.Webinars = append(c.Webinars, w)
		}
	}
}

// webinarReader has the topics of the webinar, and these seats in it.
func (h *house) webinarReader(seats ...subscriptions.RegistrationState) subscriptions.Recipient {
	r := h.reader("Anna Berg")
	r.Chosen = subscriptions.NewTopicSet(h.content.Webinars[0].Topics...)
	r.Subscriber.Zone = "Europe/Lisbon"
	for i, state := range seats {
		if r.Seats == nil {
			r.Seats = subscriptions.Seats{}
		}
		r.Seats[h.content.Webinars[i].ID] = state
	}
	return r
}

// What a reader sees who may register, who has a place, who waits, and when it is too
// late: of one shared body.
func TestTheDoorsOfADigest(t *testing.T) {
	storetest.OneAfterTheOther(t)
	h := newHouse(t, ownForm)
	open := h.digest(t, h.webinarReader())
	goldenMessage(t, "digest.door", open)
	text, page := open.Render()
	link := "https://tidings.example.org/register/"
	token, _, _ := strings.Cut(text[strings.Index(text, link)+len(link):], "\n")
	claims, err := storetest.Keys(t).Parse(subscriptions.PurposeRegister, token, storetest.Now().AddDate(0, 2, 0))
	if err != nil || claims.Subscriber != 117 || claims.Ref != h.content.Webinars[0].ID {
		t.Errorf("the link says %+v, %v", claims, err)
	}
	if strings.Count(page, `href="`+link+token+`"`) != 1 || strings.Count(text, link) != 1 {
		t.Error("the link to register does not stand once in each part")
	}
	for state, want := range map[subscriptions.RegistrationState]string{subscriptions.RegistrationActive: "You are registered.",
		subscriptions.RegistrationWaiting: "You are on the waiting list."} {
		m := h.digest(t, h.webinarReader(state))
		goldenMessage(t, "digest.door-"+string(state), m)
		if m.Body != open.Body {
			t.Error("who has registered has a body of their own")
		}
		for part, s := range render(m) {
			if !strings.Contains(s, want) || strings.Contains(s, "/register/") || strings.Contains(s, "/registration/") || strings.Contains(s, ">Register<") {
				t.Errorf("%s: the %s announces it again, or lets whoever has the letter at the place", state, part)
			}
		}
	}
	late := newHouse(t, ownForm, func(c *subscriptions.Content) { c.Webinars[0].RegisterUntil = storetest.Now().Add(-time.Hour) })
	for part, s := range render(late.digest(t, late.webinarReader())) {
		if !strings.Contains(s, "Registration is closed.") || strings.Contains(s, "/register/") {
			t.Errorf("the %s of who comes too late leads to a closed door", part)
		}
	}
}

func render(m *mailer.Message) map[string]string {
	text, page := m.Render()
	return map[string]string{"text": text, "HTML": page}
}

// However many webinars there are and however the reader stands in each: what is
// spliced is what a rendering for them alone would be, no webinar is announced to who
// has registered, and the letter is small enough.
func TestTheDoorsOfManyWebinars(t *testing.T) {
	storetest.OneAfterTheOther(t)
	for _, n := range []int{3, 12, 40} {
		h := newHouse(t, manyWebinars(n))
		for turn := range 4 {
			r := h.webinarReader()
			r.Seats = subscriptions.Seats{}
			for i, w := range h.content.Webinars {
				if state := []subscriptions.RegistrationState{"", subscriptions.RegistrationActive, subscriptions.RegistrationWaiting}[(i+turn)%3]; state != "" && turn > 0 {
					r.Seats[w.ID] = state
				}
			}
			m := h.digest(t, r)
			text, page := m.Render()
			set, _ := subscriptions.NewAudience(h.content).VariantFor(r.Chosen)
			wantText, wantPage, err := h.Whole(h.content, set, r)
			if err != nil {
				t.Fatal(err)
			}
			if text != wantText {
				t.Errorf("%d webinars: the text differs: %s", n, firstDifference(text, wantText))
			}
			if page != wantPage {
				t.Errorf("%d webinars: the HTML differs: %s", n, firstDifference(page, wantPage))
			}
			if compose.Hidden(text + page) {
				t.Error("a slot was not filled")
			}
			keys, own := storetest.Keys(t), 0
			for i, w := range h.content.Webinars {
				link := keys.Issue(subscriptions.PurposeRegister, r.Subscriber.ID, w.ID, storetest.Now())
				want := w.Own() && r.Seats[w.ID] == "" && own < mailer.MaxSlots-4
				if w.Own() {
					own++
				}
				if got := strings.Contains(page, link); got != want || got != strings.Contains(text, link) {
					t.Errorf("%d webinars: a link to register for the %dth: %v, want %v", n, i, got, want)
				}
			}
			if size := compose.Encoded(page); size > 102_000 {
				t.Errorf("%d webinars: %d octets", n, size)
			}
		}
	}
}

// A letter that would tell of nothing but what its reader has registered for is not
// sent; a preview says so too.
func TestADigestOfWhatOneHasRegisteredFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, ownForm, func(c *subscriptions.Content) { c.Entries, c.Webinars = nil, c.Webinars[:1] })
	for state, want := range map[subscriptions.RegistrationState]bool{"": true, subscriptions.RegistrationActive: false, subscriptions.RegistrationWaiting: false} {
		r := h.webinarReader(state)
		d := h.delivery(t, r)
		_, err := h.Compose(t.Context(), d, r)
		_, _, errLetter := h.Letter(t.Context(), subscriptions.LetterRequest{Content: h.content, Recipient: r, Key: d.Key})
		for _, err := range []error{err, errLetter} {
			if skip := (*mailer.Skip)(nil); errors.As(err, &skip) == want {
				t.Errorf("%q: %v", state, err)
			}
		}
	}
}

// What is shown is what leaves, for who has registered too.
func TestAPreviewHasTheDoorsOfTheLetter(t *testing.T) {
	t.Parallel()
	h := newHouse(t, ownForm)
	for _, state := range []subscriptions.RegistrationState{"", subscriptions.RegistrationActive} {
		r := h.webinarReader(state)
		d := h.delivery(t, r)
		sent, err := h.Compose(t.Context(), d, r)
		if err != nil {
			t.Fatal(err)
		}
		seen, _, err := h.Letter(t.Context(), subscriptions.LetterRequest{Content: h.content, Recipient: r, Key: d.Key})
		if err != nil {
			t.Fatal(err)
		}
		var raw [2][]byte
		for i, m := range []*mailer.Message{sent, seen} {
			if raw[i], err = smtp.Encode(m); err != nil {
				t.Fatal(err)
			}
		}
		if string(raw[0]) != string(raw[1]) {
			t.Errorf("%q: %s", state, firstDifference(string(raw[1]), string(raw[0])))
		}
		muted, _, err := h.Letter(t.Context(), subscriptions.LetterRequest{Content: h.content, Recipient: r, Key: d.Key, Mute: true})
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := muted.Render(); strings.Contains(text, storetest.Keys(t).Issue(subscriptions.PurposeRegister, 117, h.content.Webinars[0].ID, storetest.Now())) {
			t.Error("a muted preview has a link that registers somebody")
		}
	}
}
