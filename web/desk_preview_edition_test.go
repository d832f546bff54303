package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// worked runs the worker until nothing is open, and gives what arrived.
func (s *site) worked(t *testing.T) []mailtest.Message {
	t.Helper()
	server, err := mailtest.New(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	o, err := smtp.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	sender, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	composer, err := s.composes()
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return s.now }
	w := mailer.NewWorker(mailer.Tuning{Sender: sender, Connections: 2, TooLate: time.Hour})
	w.Store, w.Keys, w.Composer, w.Now, w.Log, w.Poll = s.store, s.keys, composer, clock, slog.New(slog.DiscardHandler), 5*time.Millisecond
	w.Editions = &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: clock}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	for ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
		open, err := s.store.OpenMail(ctx)
		if err != nil {
			t.Fatal(err)
		}
		editions, err := s.store.Editions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range editions {
			if e.State == subscriptions.EditionSending {
				open++
			}
		}
		if open == 0 {
			break
		}
	}
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, b := range server.Breaches() {
		t.Errorf("indecent mail: %s", b)
	}
	return server.Messages()
}

// What preview showed is byte for byte what arrives. At another moment of the same day
// the field Date differs, and the two tokens, whose signatures name when they end;
// nothing else does.
func TestWhatPreviewShowedIsWhatArrives(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.as(subscriptions.RoleAdmin)
	s.news(t, "One: iot", "Two: iot cybersecurity", "Three: cybersecurity")
	anna := s.member("anna@example.org", "iot", "cybersecurity")
	s.member("ben@example.org", "iot")
	w := s.announced(nil)
	if err := s.store.AddRegistration(t.Context(), &subscriptions.Registration{WebinarID: w.ID, Address: "anna@example.org", State: subscriptions.RegistrationActive, CreatedAt: s.now, ConfirmedAt: s.now}); err != nil {
		t.Fatal(err)
	}
	path := admin.quarter(t)
	file := func(query string) []byte {
		t.Helper()
		got := admin.get(path + "/preview/letter?view=file&" + query)
		got.want(t, http.StatusOK)
		if !strings.HasPrefix(got.Header.Get("Content-Type"), "message/rfc822") || !strings.Contains(got.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the file comes as %v", got.Header)
		}
		return []byte(got.body)
	}
	look := func(address string) string {
		t.Helper()
		got := admin.post(path+"/preview/person", url.Values{"email": {address}})
		if got.StatusCode != http.StatusSeeOther {
			t.Fatalf("looking at %s: %d\n%s", address, got.StatusCode, got.body)
		}
		return strings.TrimPrefix(got.Header.Get("Location"), path+"/preview?")
	}
	seen := map[string][]byte{"anna@example.org": file(look("anna@example.org")), "ben@example.org": file(look("ben@example.org"))}
	if anna, ben := string(seen["anna@example.org"]), string(seen["ben@example.org"]); !strings.Contains(anna, "You are registered.") || !strings.Contains(ben, "/register/") || strings.Contains(anna, "/register/") {
		t.Error("a preview does not say who has registered for the webinar")
	}

	admin.post(path+"/freeze", nil)
	for address, raw := range seen {
		if !bytes.Equal(file(look(address)), raw) {
			t.Errorf("the letter of %s is another one once it is frozen", address)
		}
	}
	editions := &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	e, err := s.store.FindEdition(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := editions.Approve(t.Context(), e.ID, e.Hash, "a test"); err != nil {
		t.Fatal(err)
	}
	if _, err := editions.Start(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	arrived := s.worked(t)
	if len(arrived) != 2 {
		t.Fatalf("%d letters arrived", len(arrived))
	}
	for _, m := range arrived {
		if !bytes.Equal(m.Data, seen[m.To]) {
			t.Errorf("the letter of %s differs:\n%s\n---\n%s", m.To, m.Data, seen[m.To])
		}
	}

	// The same an hour later, with what must differ taken out.
	s.now = s.now.Add(time.Hour)
	later := file(look("anna@example.org"))
	if bytes.Equal(later, seen["anna@example.org"]) {
		t.Error("an hour later the letter has the same date")
	}
	same := func(raw []byte) string {
		text := regexp.MustCompile(`(?m)^Date: .*$`).ReplaceAllString(string(raw), "Date: then")
		text = strings.ReplaceAll(text, "=\r\n", "")
		return regexp.MustCompile(`/preferences/[\w-]+`).ReplaceAllString(text, "/preferences/token")
	}
	if same(later) != same(seen["anna@example.org"]) {
		t.Errorf("an hour later more differs than Date and the preferences link:\n%s\n---\n%s", same(later), same(seen["anna@example.org"]))
	}
	_ = anna
}

// A letter that is scheduled is looked at as of its moment: what counts the days until a
// deadline, or says that a webinar is over, is as it arrives. Page and preflight say so.
func TestAScheduledLetterIsSeenAsOfItsMoment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.as(subscriptions.RoleAdmin)
	ids := s.news(t, "One: iot", "Two: iot")
	one, err := s.store.FindItem(t.Context(), ids["One"])
	if err != nil {
		t.Fatal(err)
	}
	one.Comments = &subscriptions.CommentPeriod{Until: subscriptions.DateOf(s.now).AddDays(2)}
	if err := s.store.UpdateItem(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	soon := s.announced(func(e *subscriptions.WebinarEdit) {
		e.Starts, e.Ends = "2019-04-03 09:30", "2019-04-03 10:30"
	})
	s.member("anna@example.org", "iot")
	s.member("ben@example.org", "iot")
	s.counted(t)
	path := admin.quarter(t)
	file := func(address string) string {
		t.Helper()
		look := admin.post(path+"/preview/person", url.Values{"email": {address}})
		got := admin.get(path + "/preview/letter?view=file&" + strings.TrimPrefix(look.Header.Get("Location"), path+"/preview?"))
		got.want(t, http.StatusOK)
		return got.body
	}
	admin.post(path+"/freeze", nil)
	editions := &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	if _, err := editions.Approve(t.Context(), 1, s.hash(t), "a test"); err != nil {
		t.Fatal(err)
	}
	if page := admin.get(path + "/preview").body; strings.Contains(page, "as of when it leaves") {
		t.Error("nobody has ordered it, and its letters are as of when it leaves")
	}
	today := file("anna@example.org")
	moment := s.now.Add(4 * 24 * time.Hour)
	if _, err := editions.Schedule(t.Context(), 1, moment, "Europe/Brussels"); err != nil {
		t.Fatal(err)
	}
	admin.get(path+"/preview").want(t, http.StatusOK, "They are as of when it leaves, on Friday 5 April 2019 at ", ", Europe/Brussels.")
	admin.get(path+"/release").want(t, http.StatusOK, "This is over, or almost, when it leaves", "its comment period has ended, on 3 April 2019", "“"+soon.Title+"” is over when it leaves")
	admin.checked(t, path).want(t, http.StatusOK, "Deadlines and webinars are judged as of when it leaves, on Friday 5 April 2019", "its comment period has ended, on 3 April 2019", "“"+soon.Title+"” is over when it leaves")
	seen := map[string]string{"anna@example.org": file("anna@example.org"), "ben@example.org": file("ben@example.org")}
	if !strings.Contains(today, "2 days") || !strings.Contains(seen["anna@example.org"], "Comments closed on 3 April 2019") {
		t.Errorf("as of today the letter is\n%s\nand as of when it leaves\n%s", today, seen["anna@example.org"])
	}

	// So is a test of it.
	admin.post("/desk/settings/readers/groups", url.Values{"name": {"Editors"}, "addresses": {"one@example.net"}})
	admin.post(path+"/test", url.Values{"group": {"1"}, "letters": {"all"}})
	tests := s.worked(t)
	if len(tests) != 1 || !bytes.Contains(tests[0].Data, []byte("Comments closed on 3 April 2019")) {
		t.Errorf("the test of it is %+v", tests)
	}

	s.now = moment
	if n, err := editions.StartDue(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	arrived := s.worked(t)
	if len(arrived) != len(seen) {
		t.Fatalf("%d letters arrived", len(arrived))
	}
	for _, m := range arrived {
		if string(m.Data) != seen[m.To] { // Date and tokens as well: it is the same moment
			t.Errorf("the letter of %s differs:\n%s\n---\n%s", m.To, m.Data, seen[m.To])
		}
	}
}

// Who looks at a person's letter is written down, and only who looked sees it.
func TestLookingAtAPersonsLetter(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	editor, publisher, other, admin := s.as(subscriptions.RoleEditor), s.as(subscriptions.RolePublisher), s.as(subscriptions.RolePublisher), s.as(subscriptions.RoleAdmin)
	s.news(t, "One: iot", "Two: cybersecurity")
	s.member("anna@example.org", "iot")
	path := editor.quarter(t)
	if got := editor.post(path+"/preview/person", url.Values{"email": {"anna@example.org"}}); got.StatusCode != http.StatusForbidden {
		t.Errorf("an editor looks at a person's letter: %d", got.StatusCode)
	}
	publisher.post(path+"/preview/person", url.Values{"email": {"nobody@example.org"}}).want(t, http.StatusUnprocessableEntity, "Nobody is subscribed with this address", `value="nobody@example.org"`)
	publisher.post(path+"/preview/person", url.Values{"email": {"<b>"}}).want(t, http.StatusUnprocessableEntity, "&lt;b&gt;")
	got := publisher.post(path+"/preview/person", url.Values{"email": {"ANNA@example.org"}})
	where := got.Header.Get("Location")
	if got.StatusCode != http.StatusSeeOther || !strings.Contains(where, "as=look%3A") {
		t.Fatalf("%d %q", got.StatusCode, where)
	}
	events, err := s.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: "edition.look"})
	if err != nil || len(events) != 1 || events[0].Subject != "person:1" || events[0].EditorID != publisher.Editor.ID {
		t.Errorf("the log has %+v, %v", events, err)
	}
	publisher.get(where).want(t, http.StatusOK, "anna@example.org", "<iframe")
	letter := path + "/preview/letter?" + where[strings.Index(where, "?")+1:]
	page := publisher.get(letter)
	page.want(t, http.StatusOK, "One")
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox;") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script") {
		t.Errorf("the frame may %q", policy)
	}
	// Of a publisher's view, the links act for nobody.
	unsubscribe := regexp.MustCompile(`/unsubscribe/([\w-]+)`).FindStringSubmatch(page.body)
	if claims, err := s.keys.Parse(subscriptions.PurposeUnsubscribe, unsubscribe[1], s.now); err != nil || claims.Subscriber != 0 {
		t.Errorf("a publisher gets a link that acts: %+v %v", claims, err)
	}
	s.post("/unsubscribe/"+unsubscribe[1], url.Values{"List-Unsubscribe": {"One-Click"}})
	if got := s.active(1); got != "iot" {
		t.Errorf("after the link of a preview, anna has %q", got)
	}
	// Nobody else's eyes, and not for ever. A number that is no look opens nothing.
	if got := other.get(letter); got.StatusCode != http.StatusGone {
		t.Errorf("somebody else opens the letter: %d", got.StatusCode)
	}
	if got := editor.get(letter); got.StatusCode != http.StatusForbidden {
		t.Errorf("an editor opens the letter: %d", got.StatusCode)
	}
	for _, as := range []string{"look:1", "look:0", "look:-1", "look:999999", "look:x", "person:1", "variant:x", "variant:", "persona:99", "persona:x", ""} {
		if got := publisher.get(path + "/preview/letter?as=" + as); got.StatusCode == http.StatusOK || got.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%q: %d", as, got.StatusCode)
		}
		if got := publisher.get(path + "/preview?as=" + as); got.StatusCode != http.StatusOK {
			t.Errorf("the page of %q: %d", as, got.StatusCode)
		}
	}
	s.now = s.now.Add(3 * time.Hour)
	if got := s.as(subscriptions.RolePublisher).get(letter); got.StatusCode != http.StatusGone {
		t.Errorf("a look of three hours ago: %d", got.StatusCode)
	}
	_ = admin
}

func TestAPersonaAndATest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	s.news(t, "One: iot", "Two: iot cybersecurity", "Three: cybersecurity")
	s.member("anna@example.org", "iot", "cybersecurity")
	s.member("ben@example.org", "iot")
	count := &subscriptions.ReachService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	if err := count.Count(t.Context()); err != nil { // the page does not wait for long
		t.Fatal(err)
	}
	iot, cyber := topicID(t, s, "iot"), topicID(t, s, "cybersecurity")
	path := d.quarter(t)
	const readers = "/desk/settings/readers"
	d.get(readers).want(t, http.StatusOK, "There is none yet")
	d.post(readers+"/personas", url.Values{"name": {""}}).want(t, http.StatusUnprocessableEntity, "needs a name")
	d.post(readers+"/personas", url.Values{"name": {"A"}}).want(t, http.StatusUnprocessableEntity, "follows no topic")
	d.post(readers+"/personas", url.Values{"name": {"A"}, "topic": {iot}, "zone": {"../etc"}}).want(t, http.StatusUnprocessableEntity, "There is no zone")
	d.post(readers+"/personas", url.Values{"name": {"<script>alert(1)</script>"}, "topic": {iot}, "zone": {"Europe/Lisbon"}, "dates": {"iso"}})
	d.get(readers+"?persona=1").want(t, http.StatusOK, "&lt;script&gt;alert(1)", `value="Europe/Lisbon"`, "Change &lt;script&gt;")
	d.post(readers+"/personas", url.Values{"id": {"1"}, "name": {"A committee"}, "topic": {iot, cyber}})
	d.get(path+"/preview?as=persona:1&as=variant:"+iot).want(t, http.StatusOK, "A committee", "IoT", "Take away", "Save as .eml", "2 people get one")
	for _, view := range []string{"phone", "dark", "bare", "text", "source", "nonsense"} {
		d.get(path+"/preview?as=persona:1&view="+view).want(t, http.StatusOK, "A committee")
		d.get(path+"/preview/letter?as=persona:1&view="+view).want(t, http.StatusOK, "One")
	}
	if dark := d.get(path + "/preview/letter?as=persona:1&view=dark").body; !strings.Contains(dark, "@media all {") || strings.Contains(dark, "prefers-color-scheme:") {
		t.Error("the dark view does not decide the dark rules")
	}
	if policy := d.get(path + "/preview/letter?as=persona:1&view=bare").Header.Get("Content-Security-Policy"); strings.Contains(policy, "img-src") {
		t.Errorf("with images off, the frame may %q", policy)
	}

	d.post(readers+"/groups", url.Values{"name": {"Editors"}, "addresses": {"x"}}).want(t, http.StatusUnprocessableEntity, "no e-mail address")
	d.post(readers+"/groups", url.Values{"name": {"Editors"}, "addresses": {strings.Repeat("a@example.org\n", 3) + strings.Join(manyAddresses(20), "\n")}}).want(t, http.StatusUnprocessableEntity, "at most 20")
	d.post(readers+"/groups", url.Values{"name": {"Editors"}, "addresses": {"one@example.net, two@example.net\nTWO@example.net"}})
	d.post(readers+"/groups", url.Values{"name": {"Editors"}, "addresses": {"three@example.net"}}).want(t, http.StatusUnprocessableEntity, "a group of this name")
	d.get(readers).want(t, http.StatusOK, "Editors", "2<span class=\"ph\"> addresses")
	sent := d.post(path+"/test", url.Values{"group": {"1"}, "letters": {"shown"}, "as": {"persona:1", "variant:" + iot}})
	if sent.StatusCode != http.StatusSeeOther {
		t.Fatalf("sending a test: %d\n%s", sent.StatusCode, sent.body)
	}
	d.get(sent.Header.Get("Location")).want(t, http.StatusOK, "A test is on its way to Editors: 2 letters to 2 addresses", "by The editor")
	arrived := s.worked(t)
	if len(arrived) != 4 {
		t.Fatalf("%d messages arrived, want 4", len(arrived))
	}
	for _, m := range arrived {
		read, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(read.Body)
		subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
		if err != nil || !strings.HasPrefix(subject, "[Test] ") || read.Header.Get("X-Tidings-Test") == "" || strings.Count(strings.Join(strings.Fields(strings.ReplaceAll(string(body), "=\r\n", "")), " "), "It went to no reader") != 2 {
			t.Errorf("it is not marked: %v\n%.300s", read.Header, body)
		}
		token := regexp.MustCompile(`/unsubscribe/([\w-]+)>`).FindStringSubmatch(read.Header.Get("List-Unsubscribe"))
		claims, err := s.keys.Parse(subscriptions.PurposeUnsubscribe, token[1], s.now)
		if err != nil || claims.Subscriber != 0 {
			t.Errorf("a link of a test acts for %+v, %v", claims, err)
		}
		if got := s.post("/unsubscribe/"+token[1], url.Values{"List-Unsubscribe": {"One-Click"}}); got.StatusCode != http.StatusOK {
			t.Errorf("one click on a test: %d", got.StatusCode)
		}
	}
	// Counted nowhere: neither planned nor sent for the edition.
	books, err := s.store.Books(t.Context(), 1)
	if err != nil || books != (subscriptions.Books{}) {
		t.Errorf("a test stands in the books: %+v, %v", books, err)
	}
	if n, err := s.store.TestsSince(t.Context(), s.now.Add(-time.Hour)); err != nil || n != 4 {
		t.Errorf("%d test messages, %v", n, err)
	}
	if s.active(1) == "" || s.active(2) == "" {
		t.Error("a test unsubscribed somebody")
	}
	d.post(readers+"/personas/1/end", nil)
	d.get(path+"/preview").want(t, http.StatusOK, "A persona is a reader you make up")
	// Its addresses and its words are forgotten with their clock; the person's group later.
	retention := subscriptions.RetentionService{Store: s.store, Keys: s.keys}
	done, err := retention.Run(t.Context(), s.now.Add(31*24*time.Hour))
	if err != nil || done[subscriptions.ClockTests] != 4 || done[subscriptions.ClockSeeds] != 0 {
		t.Errorf("after a month: %v, %v", done, err)
	}
	if done, err = retention.Run(t.Context(), s.now.Add(366*24*time.Hour)); err != nil || done[subscriptions.ClockSeeds] != 1 {
		t.Errorf("after a year: %v, %v", done, err)
	}
}

func manyAddresses(n int) (all []string) {
	for i := range n {
		all = append(all, "reader"+strings.Repeat("x", i)+"@example.org")
	}
	return all
}
