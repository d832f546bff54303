package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/files"
	"sesec.eu/tidings/web/desk"
)

// newDesk wires what editors work with.
func (s *site) newDesk() *desk.Desk {
	clock := func() time.Time { return s.now }
	editions := &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: clock}
	reach := &subscriptions.ReachService{Store: s.store, Keys: s.keys, Now: clock}
	s.t.Cleanup(reach.Stop)
	editions.Reach, editions.Settings = reach, s.settings
	preflight := subscriptions.NewPreflightService(subscriptions.PreflightService{Store: s.store, Editions: editions, Reach: reach, Letters: s.letters(), Now: clock,
		House: func(context.Context) subscriptions.House {
			return subscriptions.House{Identity: subscriptions.StandardIdentity()}
		}})
	s.t.Cleanup(preflight.Stop)
	ready := *editions
	ready.Preflight = preflight.Ready
	return &desk.Desk{
		Seen:      &subscriptions.PreviewService{Store: s.store, Keys: s.keys, Editions: editions, Reach: reach, Letters: s.letters(), Now: clock},
		Personas:  &subscriptions.PersonaService{Store: s.store, Now: clock},
		Tests:     &subscriptions.TestSendService{Store: s.store, Editions: editions, Reach: reach, Now: clock},
		Preflight: preflight,
		Editions:  &ready, Reach: reach, Progress: &subscriptions.ProgressService{Store: s.store, Now: clock},
		Ledger: &subscriptions.LedgerService{Store: s.store, Now: clock}, LedgerLetter: s.letterAgain, Statistics: &subscriptions.StatisticsService{Store: s.store, Now: clock},
		Webinars: s.webinarDesk(), WebinarLetter: s.webinarLetter,
		Editors:     s.office(),
		Audit:       &subscriptions.AuditService{Store: s.store},
		Sessions:    &subscriptions.SessionService{Store: s.store, Now: clock},
		Today:       &subscriptions.TodayService{Store: s.store, Editions: editions, Now: clock, Zone: time.UTC},
		Search:      &subscriptions.DeskSearchService{Keys: s.keys, Store: s.store, Now: clock},
		Topics:      &subscriptions.TopicService{Store: s.store, Now: clock},
		Glossary:    &subscriptions.GlossaryService{Store: s.store, Now: clock},
		Items:       &subscriptions.ItemService{Store: s.store, Now: clock},
		Attachments: &subscriptions.AttachmentService{Store: s.store, Files: files.New(s.path+".files", clock), Now: clock},
		Previews:    &subscriptions.ItemPreviewService{Store: s.store}, ItemLetter: s.itemLetter,
		Imports: s.importing(), Watch: s.watching(), Intake: s.intake(),
		Lists:   s.lists(),
		Returns: &subscriptions.BounceService{Store: s.store, Keys: s.keys, Readers: s.service, Now: clock},
		People: &subscriptions.PeopleService{Store: s.store, Keys: s.keys, Readers: s.service, Now: clock,
			Imports: &subscriptions.ImportService{Store: s.store, Keys: s.keys, Now: clock}},
	}
}

// itemLetter composes a letter for somebody with every topic.
func (s *site) itemLetter(_ context.Context, c subscriptions.Content) (text, html string, err error) {
	composer, err := s.composes()
	if err != nil {
		return "", "", err
	}
	all := make([]int64, len(c.Topics))
	for i, t := range c.Topics {
		all[i] = t.ID
	}
	m, err := composer.Preview(c, subscriptions.Recipient{Subscriber: subscriptions.Subscriber{Address: "reader@example.org"}, Chosen: subscriptions.NewTopicSet(all...)})
	if err != nil {
		return "", "", err
	}
	text, html = m.Render()
	return text, html, nil
}

// letters composes as the worker does.
func (s *site) letters() subscriptions.Letters {
	return mailer.LetterWriter{Encode: smtp.Encode, Postal: func(context.Context) string { return subscriptions.StandardIdentity().Postal },
		Write: func(ctx context.Context, r subscriptions.LetterRequest) (*mailer.Message, mailer.Shortening, error) {
			c, err := s.composes()
			if err != nil {
				return nil, mailer.Shortening{}, err
			}
			return c.Letter(ctx, r)
		}}
}

// composes gives the composer of the site.
func (s *site) composes() (*compose.Composer, error) {
	var err error
	s.composing.Do(func() {
		s.composer, err = compose.New(compose.Options{Store: s.store, Keys: s.keys, Identity: subscriptions.StandardIdentity(), Salt: "salt", Now: func() time.Time { return s.now }})
	})
	return s.composer, err
}

// atDesk is a browser in which an editor is signed in.
type atDesk struct {
	s      *site
	Editor subscriptions.Editor
	cookie string
}

// as adds an editor of the role and signs them in.
func (s *site) as(role subscriptions.Role) *atDesk {
	s.t.Helper()
	all, err := s.store.Editors(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	e := subscriptions.Editor{Name: "The " + string(role), Address: string(role) + string(rune('a'+len(all))) + "@example.org", Role: role, CreatedAt: s.now}
	if role.May(subscriptions.RolePublisher) {
		e.FactorAt = s.now // they may do nothing without
	}
	if err := s.store.AddEditor(context.Background(), &e); err != nil {
		s.t.Fatal(err)
	}
	sessions := &subscriptions.SessionService{Store: s.store, Now: func() time.Time { return s.now }}
	token, err := sessions.Begin(context.Background(), e.ID, "192.0.2.1", "a browser")
	if err != nil {
		s.t.Fatal(err)
	}
	return &atDesk{s: s, Editor: e, cookie: "tidings-desk=" + token}
}

func (d *atDesk) do(r *http.Request) answer {
	d.s.t.Helper()
	r.Header.Set("Cookie", d.cookie)
	return d.s.do(r)
}

func (d *atDesk) get(path string) answer {
	return d.do(httptest.NewRequest(http.MethodGet, path, nil))
}

func (d *atDesk) post(path string, form url.Values) answer {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.do(r)
}

// whoMay is the least role that may open each route of the desk: "" is everybody.
// It is written out here a second time on purpose: a route that is new, or whose
// role changed, has to be agreed to in this table as well.
var whoMay = map[string]subscriptions.Role{
	"GET /desk/webinars":                              subscriptions.RoleEditor,
	"GET /desk/webinars/new":                          subscriptions.RoleEditor,
	"POST /desk/webinars/new":                         subscriptions.RoleEditor,
	"GET /desk/webinars/:id":                          subscriptions.RoleEditor,
	"GET /desk/webinars/:id/edit":                     subscriptions.RoleEditor,
	"POST /desk/webinars/:id/edit":                    subscriptions.RoleEditor,
	"GET /desk/webinars/:id/letters/:kind":            subscriptions.RoleEditor,
	"POST /desk/webinars/:id/announce":                subscriptions.RolePublisher,
	"GET /desk/webinars/:id/move":                     subscriptions.RolePublisher,
	"POST /desk/webinars/:id/move":                    subscriptions.RolePublisher,
	"GET /desk/webinars/:id/cancel":                   subscriptions.RolePublisher,
	"POST /desk/webinars/:id/cancel":                  subscriptions.RolePublisher,
	"POST /desk/webinars/:id/follow-up":               subscriptions.RolePublisher,
	"GET /desk/webinars/:id/registrations":            subscriptions.RolePublisher,
	"POST /desk/webinars/:id/registrations":           subscriptions.RolePublisher,
	"POST /desk/webinars/:id/registrations/:n/cancel": subscriptions.RolePublisher,
	"POST /desk/webinars/:id/export":                  subscriptions.RolePublisher,
	"POST /desk/webinars/:id/attendance":              subscriptions.RolePublisher,

	"GET /desk":           subscriptions.RoleEditor,
	"POST /desk/sign-out": "",

	"POST /desk/paste":                   subscriptions.RoleEditor,
	"POST /desk/preview":                 subscriptions.RoleEditor,
	"GET /desk/items/:id/attachments":    subscriptions.RoleEditor,
	"POST /desk/items/:id/attachments":   subscriptions.RoleEditor,
	"POST /desk/attachments/:id/remove":  subscriptions.RoleEditor,
	"POST /desk/attachments/:id/restore": subscriptions.RoleEditor,
	"GET /desk/items":                    subscriptions.RoleEditor,
	"POST /desk/items/act":               subscriptions.RoleEditor,
	"POST /desk/items/undo":              subscriptions.RoleEditor,
	"GET /desk/items/new":                subscriptions.RoleEditor,
	"POST /desk/items/new":               subscriptions.RoleEditor,
	"POST /desk/items/unsaved":           subscriptions.RoleEditor,
	"POST /desk/items/unsaved/drop":      subscriptions.RoleEditor,
	"GET /desk/items/:id":                subscriptions.RoleEditor,
	"GET /desk/items/:id/edit":           subscriptions.RoleEditor,
	"POST /desk/items/:id/edit":          subscriptions.RoleEditor,
	"POST /desk/items/:id/state":         subscriptions.RoleEditor,
	"GET /desk/items/:id/history":        subscriptions.RoleEditor,
	"GET /desk/items/:id/history/:n":     subscriptions.RoleEditor,
	"POST /desk/items/:id/restore":       subscriptions.RoleEditor,
	"GET /desk/items/import":             subscriptions.RoleEditor, "POST /desk/items/import": subscriptions.RoleEditor, "GET /desk/items/import/:id": subscriptions.RoleEditor,
	"POST /desk/items/import/:id/take": subscriptions.RoleEditor, "POST /desk/items/import/:id/undo": subscriptions.RoleEditor,
	"GET /desk/items/feeds": subscriptions.RoleEditor, "POST /desk/items/feeds": subscriptions.RoleEditor,
	"POST /desk/items/feeds/:id/look": subscriptions.RoleEditor, "POST /desk/items/feeds/:id/pause": subscriptions.RoleEditor,
	"POST /desk/items/feeds/:id/resume": subscriptions.RoleEditor, "POST /desk/items/feeds/:id/end": subscriptions.RoleEditor,

	"GET /desk/statistics":                           subscriptions.RoleEditor,
	"GET /desk/statistics/report":                    subscriptions.RoleEditor,
	"GET /desk/statistics/:table":                    subscriptions.RoleEditor,
	"GET /desk/editions/:id/statistics":              subscriptions.RoleEditor,
	"GET /desk/editions/:id/missed":                  subscriptions.RolePublisher,
	"POST /desk/editions/:id/missed":                 subscriptions.RolePublisher,
	"GET /desk/editions/:id/corrections":             subscriptions.RoleEditor,
	"POST /desk/editions/:id/corrections":            subscriptions.RoleEditor,
	"POST /desk/editions/:id/correction":             subscriptions.RoleEditor,
	"GET /desk/editions/:id/correction/letter":       subscriptions.RoleEditor,
	"GET /desk/editions/:id/ledger":                  subscriptions.RolePublisher,
	"POST /desk/editions/:id/ledger/export":          subscriptions.RolePublisher,
	"GET /desk/editions/:id/ledger/:delivery":        subscriptions.RolePublisher,
	"GET /desk/editions/:id/ledger/:delivery/letter": subscriptions.RolePublisher,

	"GET /desk/editions":                      subscriptions.RoleEditor,
	"GET /desk/editions/new":                  subscriptions.RoleEditor,
	"POST /desk/editions/new":                 subscriptions.RoleEditor,
	"GET /desk/editions/:id":                  subscriptions.RoleEditor,
	"GET /desk/editions/:id/edit":             subscriptions.RoleEditor,
	"POST /desk/editions/:id/edit":            subscriptions.RoleEditor,
	"POST /desk/editions/:id/place":           subscriptions.RoleEditor,
	"GET /desk/editions/:id/add":              subscriptions.RoleEditor,
	"GET /desk/editions/:id/sections/:topic":  subscriptions.RoleEditor,
	"POST /desk/editions/:id/sections/:topic": subscriptions.RoleEditor,
	"POST /desk/editions/:id/freeze":          subscriptions.RoleEditor,
	"POST /desk/editions/:id/reopen":          subscriptions.RoleEditor,
	"POST /desk/editions/:id/cancel":          subscriptions.RolePublisher,

	"GET /desk/editions/:id/preview": subscriptions.RoleEditor, "GET /desk/editions/:id/preview/letter": subscriptions.RoleEditor,
	"POST /desk/editions/:id/preview/person": subscriptions.RolePublisher, "POST /desk/editions/:id/test": subscriptions.RoleEditor,
	"GET /desk/editions/:id/preflight": subscriptions.RoleEditor, "POST /desk/editions/:id/preflight": subscriptions.RoleEditor,
	"POST /desk/editions/:id/preflight/notes": subscriptions.RolePublisher,
	"GET /desk/settings/readers":              subscriptions.RoleEditor, "POST /desk/settings/readers/personas": subscriptions.RoleEditor,
	"POST /desk/settings/readers/personas/:id/end": subscriptions.RoleEditor, "POST /desk/settings/readers/groups": subscriptions.RoleEditor,
	"POST /desk/settings/readers/groups/:id/delete": subscriptions.RoleEditor,

	"GET /desk/returns":         subscriptions.RolePublisher,
	"GET /desk/returns/figures": subscriptions.RolePublisher,
	"GET /desk/returns/:id":     subscriptions.RolePublisher,

	"GET /desk/people":               subscriptions.RolePublisher,
	"GET /desk/people/new":           subscriptions.RoleAdmin,
	"POST /desk/people/new":          subscriptions.RoleAdmin,
	"GET /desk/people/suppressions":  subscriptions.RolePublisher,
	"POST /desk/people/suppressions": subscriptions.RolePublisher,
	"GET /desk/people/:id":           subscriptions.RolePublisher,
	"POST /desk/people/:id":          subscriptions.RoleAdmin,
	"POST /desk/people/:id/data":     subscriptions.RoleAdmin,

	"GET /desk/people/import":               subscriptions.RoleAdmin,
	"POST /desk/people/import":              subscriptions.RoleAdmin,
	"GET /desk/people/import/:id":           subscriptions.RoleAdmin,
	"POST /desk/people/import/:id/check":    subscriptions.RoleAdmin,
	"POST /desk/people/import/:id/take":     subscriptions.RoleAdmin,
	"POST /desk/people/import/:id/withdraw": subscriptions.RoleAdmin,
	"POST /desk/people/import/:id/drop":     subscriptions.RoleAdmin,
	"GET /desk/people/import/:id/lines.csv": subscriptions.RoleAdmin,
	"POST /desk/people/import/:id/list":     subscriptions.RoleAdmin,

	"GET /desk/sign-in": "", "POST /desk/sign-in": "", "GET /desk/sign-in/code": "", "POST /desk/sign-in/code": "",
	"GET /desk/forgot": "", "POST /desk/forgot": "", "GET /desk/forgot/sent": "",
	"GET /desk/invitation/:token": "", "POST /desk/invitation/:token": "", "GET /desk/reset/:token": "", "POST /desk/reset/:token": "",
	"GET /desk/confirm": subscriptions.RoleEditor, "POST /desk/confirm": subscriptions.RoleEditor,
	"GET /desk/account": subscriptions.RoleEditor, "POST /desk/account/name": subscriptions.RoleEditor, "POST /desk/account/password": subscriptions.RoleEditor,
	"GET /desk/account/factor": subscriptions.RoleEditor, "POST /desk/account/factor": subscriptions.RoleEditor,
	"POST /desk/account/factor/off": subscriptions.RoleEditor, "POST /desk/account/codes": subscriptions.RoleEditor,
	"POST /desk/account/sessions/:id/end": subscriptions.RoleEditor, "POST /desk/account/sessions/end": subscriptions.RoleEditor,
	"GET /desk/settings/people": subscriptions.RoleAdmin, "POST /desk/settings/people": subscriptions.RoleAdmin,
	"GET /desk/settings/people/:id": subscriptions.RoleAdmin, "POST /desk/settings/people/:id/role": subscriptions.RoleAdmin,
	"POST /desk/settings/people/:id/invite": subscriptions.RoleAdmin, "POST /desk/settings/people/:id/factor": subscriptions.RoleAdmin,
	"POST /desk/settings/people/:id/end": subscriptions.RoleAdmin,
	"GET /desk/settings/audit":           subscriptions.RoleAdmin, "GET /desk/settings/audit.csv": subscriptions.RoleAdmin, "GET /desk/settings/audit.json": subscriptions.RoleAdmin,

	"GET /desk/search":                              subscriptions.RoleEditor,
	"GET /desk/settings/topics":                     subscriptions.RoleEditor,
	"POST /desk/settings/topics":                    subscriptions.RoleAdmin,
	"POST /desk/settings/topics/order":              subscriptions.RoleAdmin,
	"GET /desk/settings/topics/:id":                 subscriptions.RoleEditor,
	"POST /desk/settings/topics/:id":                subscriptions.RoleAdmin,
	"GET /desk/settings/topics/:id/merge":           subscriptions.RoleAdmin,
	"POST /desk/settings/topics/:id/merge":          subscriptions.RoleAdmin,
	"POST /desk/settings/topics/:id/retire":         subscriptions.RoleAdmin,
	"POST /desk/settings/topics/:id/return":         subscriptions.RoleAdmin,
	"GET /desk/settings/glossary":                   subscriptions.RoleEditor,
	"POST /desk/settings/glossary":                  subscriptions.RoleEditor,
	"GET /desk/settings/glossary/missing":           subscriptions.RoleEditor,
	"POST /desk/settings/glossary/missing":          subscriptions.RoleEditor,
	"GET /desk/settings/glossary/import":            subscriptions.RoleEditor,
	"POST /desk/settings/glossary/import":           subscriptions.RoleEditor,
	"POST /desk/settings/glossary/restore":          subscriptions.RoleEditor,
	"GET /desk/settings/glossary/terms/:id":         subscriptions.RoleEditor,
	"POST /desk/settings/glossary/terms/:id":        subscriptions.RoleEditor,
	"POST /desk/settings/glossary/terms/:id/remove": subscriptions.RoleEditor,
	"GET /desk/settings/glossary.csv":               subscriptions.RoleEditor,
	"GET /desk/settings/glossary.md":                subscriptions.RoleEditor,
	"GET /desk/settings":                            subscriptions.RoleEditor,
	"POST /desk/settings":                           subscriptions.RoleAdmin,
	"GET /desk/settings/look":                       subscriptions.RoleEditor,
	"POST /desk/settings/look":                      subscriptions.RoleAdmin,
	"GET /desk/settings/texts":                      subscriptions.RoleEditor,
	"POST /desk/settings/texts":                     subscriptions.RoleAdmin,
	"GET /desk/settings/retention":                  subscriptions.RoleEditor,
	"POST /desk/settings/retention":                 subscriptions.RoleAdmin,
	"POST /desk/settings/preview":                   subscriptions.RoleAdmin,
	"GET /desk/settings/history":                    subscriptions.RoleEditor,
	"GET /desk/settings/history/:version":           subscriptions.RoleEditor,
	"POST /desk/settings/history/:version":          subscriptions.RoleAdmin,

	"GET /desk/editions/:id/release":            subscriptions.RoleEditor,
	"GET /desk/editions/:id/release/stream":     subscriptions.RoleEditor,
	"POST /desk/editions/:id/release/submit":    subscriptions.RoleEditor,
	"POST /desk/editions/:id/release/approve":   subscriptions.RolePublisher,
	"POST /desk/editions/:id/release/send":      subscriptions.RolePublisher,
	"POST /desk/editions/:id/release/schedule":  subscriptions.RolePublisher,
	"POST /desk/editions/:id/release/take-back": subscriptions.RoleEditor,
	"POST /desk/editions/:id/release/pause":     subscriptions.RoleEditor,
	"POST /desk/editions/:id/release/resume":    subscriptions.RolePublisher,
	"POST /desk/editions/:id/release/cancel":    subscriptions.RolePublisher,
	"POST /desk/editions/:id/release/rate":      subscriptions.RolePublisher,
	"POST /desk/editions/:id/release/resolve":   subscriptions.RolePublisher,

	"GET /desk/settings/release":  subscriptions.RoleEditor,
	"POST /desk/settings/release": subscriptions.RoleAdmin,
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	seen := map[string]bool{}
	as := map[subscriptions.Role]*atDesk{}
	for _, role := range subscriptions.Roles() {
		as[role] = s.as(role)
	}
	parameter := regexp.MustCompile(`[:*][a-z]+`)
	for _, route := range s.newDesk().Routes() {
		name := route.Method + " " + route.Path
		least, ok := whoMay[name]
		if !ok {
			t.Errorf("%s has no line in whoMay", name)
			continue
		}
		seen[name] = true
		path := parameter.ReplaceAllString(route.Path, "1")
		ask := func() *http.Request {
			r := httptest.NewRequest(route.Method, path, strings.NewReader(""))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r
		}
		stranger := s.do(ask())
		turnedAway := stranger.StatusCode == http.StatusUnauthorized || stranger.StatusCode == http.StatusSeeOther && strings.HasPrefix(stranger.Header.Get("Location"), "/desk/sign-in?")
		if turnedAway != (least != "") {
			t.Errorf("%s for who is not signed in: %d %s", name, stranger.StatusCode, stranger.Header.Get("Location"))
		}
		if least == "" {
			continue
		}
		for role, visitor := range as {
			got := visitor.do(ask())
			if forbidden := got.StatusCode == http.StatusForbidden; forbidden == role.May(least) {
				t.Errorf("%s for the role %s: %d", name, role, got.StatusCode)
			}
			if got.StatusCode == http.StatusUnauthorized || got.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s for the role %s: %d\n%s", name, role, got.StatusCode, got.body)
			}
		}
	}
	for name := range whoMay {
		if !seen[name] {
			t.Errorf("whoMay has a line for %s, which is no route", name)
		}
	}
	// What gin answers under /desk is in the table: nothing goes around it.
	for _, r := range s.routes() {
		if strings.HasPrefix(r.Path, "/desk") && r.Method != http.MethodHead && !seen[r.Method+" "+r.Path] {
			t.Errorf("%s %s is answered without a line in the desk's table", r.Method, r.Path)
		}
	}
}

func TestTheDeskOfAnotherSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleAdmin)
	r := httptest.NewRequest(http.MethodPost, "/desk/sign-out", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	d.do(r).want(t, http.StatusForbidden, "came from elsewhere")
	d.get("/desk").want(t, http.StatusOK, "Today")
	if got := d.post("/desk/sign-out", nil); got.StatusCode != http.StatusSeeOther || !strings.Contains(got.Header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("signing out: %d %v", got.StatusCode, got.Header)
	}
	if got := d.get("/desk"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the cookie of a session that is over: %d", got.StatusCode)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/desk/items?q=a&page=2": "/desk/items?q=a&page=2", "/desk": "/desk", "": "/desk", "/": "/desk", "/deskly": "/desk",
		"//evil.example/desk": "/desk", "https://evil.example/desk": "/desk", "/desk/sign-out": "/desk", "/\\evil.example": "/desk",
		"/desk/../preferences": "/desk", "javascript:alert(1)": "/desk",
	} {
		if got := desk.Within(to); got != want {
			t.Errorf("Within(%q) = %q, want %q", to, got, want)
		}
	}
}

func TestTheDeskHasItsOwnPolicy(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.ReleaseMode)
	s := newSite(t)
	got := s.as(subscriptions.RoleEditor).get("/desk")
	got.want(t, http.StatusOK, "The editor", "Sign out")
	policy := got.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if got.Header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("its forms come without an origin: %q", got.Header.Get("Referrer-Policy"))
	}
	if got := s.get("/desk/reset/a-token"); got.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("a link tells others its address: %q", got.Header.Get("Referrer-Policy"))
	}
	if got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page may be kept: %v", got.Header)
	}
}
