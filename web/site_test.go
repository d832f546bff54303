package web_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/sample"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
	"sesec.eu/tidings/web"
	"sesec.eu/tidings/web/ops"
)

// site is the real site on a real store.
type site struct {
	t       *testing.T
	handler http.Handler
	store   *store.Store
	path    string // of the database
	keys    *subscriptions.Keyring
	now     time.Time
	service *subscriptions.SubscriptionService
	log     *syncBuffer

	settings *subscriptions.SettingsService

	composing sync.Once
	composer  *compose.Composer // of itemLetter
}

// newSite gives a site without an edition.
func newSite(t *testing.T, options ...func(*web.Options)) *site {
	t.Helper()
	s := &site{t: t, path: storetest.SQLite(t), keys: storetest.Keys(t), now: storetest.Now(), log: &syncBuffer{}}
	clock := func() time.Time { return s.now }
	var err error
	if s.store, err = store.Open(t.Context(), s.path, store.Options{Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.store.Close()
		// The testing package keeps what cleanups hold until the last test has ended:
		// some hundred sites with their parsed templates are more than a machine has.
		*s = site{}
	})
	s.settings = &subscriptions.SettingsService{Store: s.store, Now: clock, Base: subscriptions.StandardIdentity()}
	s.service = &subscriptions.SubscriptionService{Store: s.store, Keys: s.keys, Now: clock}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	watch, err := ops.New(ops.Options{Store: s.store, Schema: s.store.Schema, Log: log, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	o := web.Options{Identity: subscriptions.StandardIdentity(), Subscriptions: s.service,
		// Without limits: most tests send more forms than a person, and faster.
		Signups: &subscriptions.SignupService{Store: s.store, Keys: s.keys, Now: clock},
		Archive: &subscriptions.ArchiveService{Store: s.store, Now: clock}, Desk: s.newDesk(), Settings: s.settings, Ops: watch, Now: clock, Log: log}
	for _, set := range options {
		set(&o)
	}
	s.settings.Base = o.Identity
	if s.handler, err = web.New(o); err != nil {
		t.Fatal(err)
	}
	return s
}

// newSampleSite gives a site on which the sample edition is out.
func newSampleSite(t *testing.T, options ...func(*web.Options)) *site {
	t.Helper()
	s := newSite(t, options...)
	var names []string
	err := fs.WalkDir(sample.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".md") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := importer.Documents(sample.FS(), names...)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return s.now }
	imports := &subscriptions.ImportService{Store: s.store, Keys: s.keys, Now: clock}
	report, err := imports.Import(t.Context(), files, subscriptions.ImportOptions{Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	editions := &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: clock}
	frozen, err := editions.Freeze(t.Context(), report.Edition.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := editions.Approve(t.Context(), frozen.ID, frozen.Hash, "a test"); err != nil {
		t.Fatal(err)
	}
	if _, err := editions.Start(t.Context(), frozen.ID); err != nil {
		t.Fatal(err)
	}
	return s
}

// answer is what came back, read to its end.
type answer struct {
	*http.Response
	body string
}

func (s *site) do(r *http.Request) answer {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{w.Result(), string(body)}
}

func (s *site) get(path string) answer {
	s.t.Helper()
	return s.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// follows asks for a path with a method, a POST with an empty form.
func (s *site) follows(method, path string) answer {
	s.t.Helper()
	if method == http.MethodPost {
		return s.post(path, nil)
	}
	return s.do(httptest.NewRequest(method, path, nil))
}

// routes lists what the router answers.
func (s *site) routes() gin.RoutesInfo {
	return s.handler.(interface{ Routes() gin.RoutesInfo }).Routes()
}

// post sends a form as a browser on our own page does.
func (s *site) post(path string, form url.Values) answer {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.do(r)
}

// want checks the status and that all of the words are there.
func (a answer) want(t *testing.T, status int, words ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s, want %d:\n%s", a.Status, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("the page lacks %q:\n%s", w, a.body)
		}
	}
}

// subscribe signs an address up by the form and gives the confirmation's token.
func (s *site) subscribe(address string, topics ...string) string {
	s.t.Helper()
	s.post("/subscribe", url.Values{"email": {address}, "topics": topics}).want(s.t, http.StatusSeeOther)
	person, err := s.store.FindSubscriberByAddress(s.t.Context(), address)
	if err != nil {
		s.t.Fatal(err)
	}
	queued, err := s.store.Deliveries(s.t.Context(), subscriptions.DeliveryFilter{SubscriberID: person.ID})
	if err != nil || len(queued) == 0 {
		s.t.Fatalf("no confirmation is queued: %v", err)
	}
	return s.keys.Issue(subscriptions.PurposeConfirm, person.ID, queued[len(queued)-1].RefID, s.now)
}

// member gives the id of a person who has confirmed these topics.
func (s *site) member(address string, topics ...string) int64 {
	s.t.Helper()
	s.post("/confirm/"+s.subscribe(address, topics...), nil).want(s.t, http.StatusOK)
	person, err := s.store.FindSubscriberByAddress(s.t.Context(), address)
	if err != nil {
		s.t.Fatal(err)
	}
	return person.ID
}

// active lists the slugs that the person gets.
func (s *site) active(id int64) string {
	s.t.Helper()
	rows, err := s.store.Subscriptions(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	var slugs []string
	for slug, topic := range storetest.Topics(s.t, s.store) {
		for _, row := range rows {
			if row.TopicID == topic.ID && row.State == subscriptions.SubscriptionActive {
				slugs = append(slugs, slug)
			}
		}
	}
	return sorted(slugs)
}

// dump writes every row of every table, so that two of them are the same only
// when nothing at all has changed.
func (s *site) dump() string {
	s.t.Helper()
	db, err := sql.Open("sqlite", s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	var out strings.Builder
	for _, table := range query(s.t, db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
		name := strings.Trim(table, "[]")
		fmt.Fprintln(&out, name, strings.Join(query(s.t, db, "SELECT * FROM \""+name+"\""), "\n"))
	}
	return out.String()
}

func query(t *testing.T, db *sql.DB, q string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		cells, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(cells))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// syncBuffer is a log that a server may write while a test reads it.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
