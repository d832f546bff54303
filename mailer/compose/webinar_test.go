package compose_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func webinarSamples(t *testing.T) []compose.Sample {
	t.Helper()
	all, err := compose.Samples(t.Context(), compose.SampleOptions{Identity: identity(), Now: storetest.Now(), Cases: []compose.Case{compose.CaseNormal}})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(s compose.Sample) bool { return !strings.HasPrefix(string(s.Kind), "webinar-") })
}

// What each letter of a webinar says, as HTML, as text, as it goes over the wire, and
// to a calendar.
func TestWebinarLettersGolden(t *testing.T) {
	t.Parallel()
	for _, s := range webinarSamples(t) {
		goldenMessage(t, s.Name, s.Message)
		if s.Kind == subscriptions.KindRegistered || s.Kind == subscriptions.KindLeft { // one of each method
			raw, err := smtp.Encode(s.Message)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, s.Name+".eml", string(raw))
		}
		if i := s.Message.Body.Invite; i != nil {
			golden(t, s.Name+".ics", string(i.Data))
		}
	}
}

// The three alternatives and the file say the same METHOD, the recipient is the only
// attendee, no charset is doubled, and the plain text comes first (MAIL 21, 38, 40).
func TestAnInvitationOnTheWire(t *testing.T) {
	t.Parallel()
	methods := map[subscriptions.Kind]string{subscriptions.KindRegistered: "REQUEST", subscriptions.KindPromoted: "REQUEST", subscriptions.KindWebinarMoved: "REQUEST",
		subscriptions.KindWebinarChanged: "REQUEST", subscriptions.KindWebinarCancelled: "CANCEL", subscriptions.KindLeft: "CANCEL"}
	for _, s := range webinarSamples(t) {
		raw, err := smtp.Encode(s.Message)
		if err != nil {
			t.Fatal(err)
		}
		parts := partsOf(t, raw)
		if head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n")); !bytes.Contains(head, []byte("\r\nFrom: ")) || !bytes.Contains(head, []byte("\r\nSubject: ")) {
			t.Errorf("%s has no whole head:\n%s", s.Name, head)
		}
		want := []string{"text/plain", "text/html"}
		method := methods[s.Kind]
		if method != "" {
			want = append(want, "text/calendar", "application/ics")
		}
		var kinds []string
		for _, p := range parts {
			kinds = append(kinds, p.kind)
			if p.kind != "text/calendar" && p.kind != "application/ics" {
				continue
			}
			if p.kind == "text/calendar" && (p.params["method"] != method || !strings.EqualFold(p.params["charset"], "utf-8")) {
				t.Errorf("%s: the part has %v", s.Name, p.params)
			}
			body := strings.ReplaceAll(p.body, "\r\n ", "")
			if !strings.Contains(body, "METHOD:"+method+"\r\n") || strings.Count(body, "ATTENDEE") != 1 || !strings.Contains(body, "mailto:reader@example.org") {
				t.Errorf("%s: the %s is\n%s", s.Name, p.kind, p.body)
			}
			if p.body != string(s.Message.Body.Invite.Data) {
				t.Errorf("%s: the %s is not what was composed", s.Name, p.kind)
			}
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("%s has the parts %v, want %v", s.Name, kinds, want)
		}
		for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
			if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
				t.Errorf("%s has a line of %d octets", s.Name, len(line))
			}
		}
	}
}

type part struct {
	kind   string
	params map[string]string
	body   string
}

func partsOf(t *testing.T, raw []byte) []part {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(header, encoding string, body io.Reader) []part
	walk = func(header, encoding string, body io.Reader) (all []part) {
		kind, params, err := mime.ParseMediaType(header)
		if err != nil {
			t.Fatalf("%q: %v", header, err)
		}
		if !strings.HasPrefix(kind, "multipart/") {
			b, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			if encoding == "base64" {
				b = decode64(t, b)
			}
			return []part{{kind, params, string(b)}}
		}
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextPart() // decodes quoted-printable
			if errors.Is(err, io.EOF) {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, walk(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)...)
		}
	}
	return walk(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

// An announcement is left like a digest, by one click; the letters of a place are not
// a newsletter, and say nothing of the kind.
func TestWhichWebinarLettersCanBeLeft(t *testing.T) {
	t.Parallel()
	for _, s := range webinarSamples(t) {
		left := slices.ContainsFunc(s.Message.Headers, func(h mailer.Header) bool { return h.Name == "List-Unsubscribe-Post" })
		if left != (s.Kind == subscriptions.KindAnnouncement) {
			t.Errorf("%s: one click is %v", s.Name, left)
		}
	}
}

// A letter tells the link to join to who has a place, and to nobody else.
func TestWhoLearnsTheLinkToJoin(t *testing.T) {
	t.Parallel()
	knows := []subscriptions.Kind{subscriptions.KindRegistered, subscriptions.KindPromoted, subscriptions.KindReminder, subscriptions.KindWebinarMoved, subscriptions.KindWebinarChanged}
	for _, s := range webinarSamples(t) {
		text, html := s.Message.Render()
		all := text + html
		if i := s.Message.Body.Invite; i != nil {
			all += strings.ReplaceAll(string(i.Data), "\r\n ", "")
		}
		if told := strings.Contains(all, "join.example.org"); told != slices.Contains(knows, s.Kind) {
			t.Errorf("%s tells the link: %v", s.Name, told)
		}
	}
}

// What was decided since a letter was queued keeps it from leaving.
func TestWebinarLettersThatMustNotLeave(t *testing.T) {
	h := newHouse(t)
	now := storetest.Now()
	desk := &subscriptions.WebinarService{Store: h.store, Keys: storetest.Keys(t), Now: storetest.Now}
	seats := &subscriptions.RegistrationService{Store: h.store, Keys: storetest.Keys(t), Now: storetest.Now}
	by := subscriptions.Actor{Name: "test"}
	w, err := desk.Create(t.Context(), subscriptions.WebinarEdit{Title: "A webinar", Topics: []string{"iot"}, Starts: "2019-04-02 09:00", Ends: "2019-04-02 10:00",
		Zone: "UTC", JoinURL: "https://join.example.org/"}, by)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Announce(t.Context(), w.ID, false, by); err != nil {
		t.Fatal(err)
	}
	place, err := desk.Register(t.Context(), w.ID, subscriptions.Registrant{Email: "a@example.org", Source: "test"}, by)
	if err != nil {
		t.Fatal(err)
	}
	d := subscriptions.Delivery{ID: 1, Kind: subscriptions.KindReminder, RefID: place.ID, Key: "reminder:1:24h:0", Address: place.Address, CreatedAt: now}
	compose := func(why string) {
		t.Helper()
		_, err := h.Compose(t.Context(), d, subscriptions.Recipient{})
		if skip := (*mailer.Skip)(nil); !errors.As(err, &skip) || !strings.Contains(skip.Reason, why) {
			t.Errorf("%v, want a skip because %q", err, why)
		}
	}
	if _, err := h.Compose(t.Context(), d, subscriptions.Recipient{}); err != nil {
		t.Fatal(err)
	}
	d.Address = "b@example.org"
	compose("address changed")
	d.Address = place.Address
	if err := h.store.PutSuppression(t.Context(), subscriptions.Suppression{Hash: storetest.Keys(t).HashAddress(place.Address), Reason: subscriptions.SuppressedBounce, CreatedAt: now}); err != nil {
		t.Fatal(err)
	}
	compose("suppressed")
	if _, err := desk.Move(t.Context(), w.ID, subscriptions.WebinarMove{Starts: "2019-04-03 09:00", Ends: "2019-04-03 10:00", Zone: "UTC"}, by); err != nil {
		t.Fatal(err)
	}
	compose("moved")
	if _, err := seats.Leave(t.Context(), seats.OwnLink(place.ID)); err != nil {
		t.Fatal(err)
	}
	compose("given back")
}

// The hours stand in the person's zone first, and in those of the service, with their
// names; on the last Sundays of March and October too.
func TestTheHoursOfAWebinarLetter(t *testing.T) {
	t.Parallel()
	for at, want := range map[string][]string{
		"2019-03-31T00:30:00Z": {"Sunday 31 March 2019, 01:30–03:00 (CEST, UTC+2) in Brussels (CET, UTC+1)", "Sunday 31 March 2019, 08:30–09:00 in Beijing (CST, UTC+8)"},
		"2019-10-27T00:45:00Z": {"Sunday 27 October 2019, 02:45–02:15 (CET, UTC+1) in Brussels (CEST, UTC+2)", "Sunday 27 October 2019, 08:45–09:15 in Beijing (CST, UTC+8)"},
		"2019-06-11T22:00:00Z": {"Wednesday 12 June 2019, 00:00–00:30 in Brussels (CEST, UTC+2)", "Wednesday 12 June 2019, 06:00–06:30 in Beijing (CST, UTC+8)"},
	} {
		starts, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range subscriptions.Sittings(starts, starts.Add(30*time.Minute), "Europe/Brussels", "Asia/Shanghai", "Europe/Brussels") {
			got = append(got, s.Words())
		}
		if !slices.Equal(got, want) {
			t.Errorf("at %s: %q, want %q", at, got, want)
		}
	}
}

func decode64(t *testing.T, b []byte) []byte {
	t.Helper()
	out, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(b), "\r\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
