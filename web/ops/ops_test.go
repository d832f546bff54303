package ops_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
	"sesec.eu/tidings/web/ops"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	storetest.Main(m)
}

func watch(t *testing.T, s subscriptions.Store, change ...func(*ops.Options)) *ops.Ops {
	t.Helper()
	o := ops.Options{Store: s, Version: "1.2.3", Go: "go1", Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: storetest.Now,
		Stats: new(mailer.Stats), Unreachable: func() string { return "" }}
	if real, ok := s.(*store.Store); ok {
		o.Schema = real.Schema
	}
	for _, f := range change {
		f(&o)
	}
	w, err := ops.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// get asks one of the three.
func get(t *testing.T, h gin.HandlerFunc) (code int, body string) {
	t.Helper()
	e := gin.New()
	e.GET("/", h)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("the answer may be stored")
	}
	return w.Code, w.Body.String()
}

// has checks for lines of the figures.
func has(t *testing.T, body string, lines ...string) {
	t.Helper()
	all := strings.Split(body, "\n")
	for _, line := range lines {
		if !slices.Contains(all, line) {
			name, _, _ := strings.Cut(line, "{")
			name, _, _ = strings.Cut(name, " ")
			t.Errorf("no line %q among\n%s", line, strings.Join(slices.DeleteFunc(slices.Clone(all), func(l string) bool { return !strings.HasPrefix(l, name) }), "\n"))
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill makes readers, an edition that is sending, one that is sent, and mail.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, now := t.Context(), storetest.Now()
	reader := &subscriptions.Subscriber{Address: "anna@example.org", Name: "Anna", CreatedAt: now, ConfirmedAt: now}
	pending := &subscriptions.Subscriber{Address: "ben@example.org", CreatedAt: now}
	must(t, s.AddSubscribers(ctx, []*subscriptions.Subscriber{reader, pending}))
	for i, state := range []subscriptions.EditionState{subscriptions.EditionSending, subscriptions.EditionSent, subscriptions.EditionPaused} {
		e, err := subscriptions.NewEdition([]string{"March", "February", "January"}[i], subscriptions.Period{
			From: subscriptions.Date{Year: 2019, Month: 3, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}}, now)
		must(t, err)
		e.State = state
		must(t, s.AddEdition(ctx, &e))
		_, err = s.QueueDeliveries(ctx, []subscriptions.Delivery{{Kind: subscriptions.KindDigest, Key: subscriptions.DigestKey(e.ID, reader.ID), EditionID: e.ID,
			SubscriberID: reader.ID, Address: reader.Address, Priority: subscriptions.PriorityDigest, NotBefore: now.Add(-90 * time.Second), CreatedAt: now}})
		must(t, err)
	}
	_, err := s.QueueDeliveries(ctx, []subscriptions.Delivery{{Kind: subscriptions.KindConfirmation, Key: "confirmation", SubscriberID: pending.ID,
		Address: pending.Address, NotBefore: now, CreatedAt: now}})
	must(t, err)
	must(t, s.Beat(ctx, "w", now))
	must(t, s.Beat(ctx, "dead", now.Add(-time.Hour)))
}

func TestTheFiguresOfTheRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s)
		o := watch(t, s)
		code, body := get(t, o.Metrics)
		if code != http.StatusOK {
			t.Fatal(code)
		}
		has(t, body, "tidings_database_up 1", "tidings_open_mail 1", "tidings_oldest_due_age_seconds 90", "tidings_workers_alive 1",
			`tidings_edition_deliveries{edition="1",state="queued"} 1`, `tidings_edition_deliveries{edition="1",state="sent"} 0`,
			`tidings_edition_deliveries{edition="3",state="queued"} 1`, `tidings_subscribers{status="active"} 1`, `tidings_subscribers{status="pending"} 1`,
			`tidings_subscribers{status="erased"} 0`, `tidings_returns{kind="bounce"} 0`, `tidings_suppressed{reason="complaint"} 0`, `tidings_edition_complaints{edition="3"} 0`, `tidings_build_info{goversion="go1",version="1.2.3"} 1`)
		if strings.Contains(body, `edition="2"`) {
			t.Error("an edition that is over is still told of")
		}
		for _, secret := range []string{"@", "anna", "Anna", "example.org", "ben"} {
			if strings.Contains(body, secret) {
				t.Errorf("the figures hold %q", secret)
			}
		}
		_, err := s.Claim(t.Context(), "w", 10, storetest.Now(), storetest.Now())
		must(t, err)
		_, body = get(t, o.Metrics)
		has(t, body, "tidings_oldest_due_age_seconds 0", `tidings_edition_deliveries{edition="1",state="claimed"} 1`)
	})
}

func TestTheFiguresOfTheWorker(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	o := watch(t, s)
	_, body := get(t, o.Metrics)
	has(t, body, `tidings_messages_total{kind="digest",state="sent"} 0`, `tidings_smtp_replies_total{class="5xx",stage="end of data"} 0`,
		"tidings_mail_server_reachable 1", "tidings_worker_last_beat_timestamp_seconds 0")
	o.Stats.Outcome(subscriptions.KindDigest, subscriptions.DeliverySent)
	o.Stats.Attempt()
	o.Stats.Reply(mailer.Result{Stage: mailer.StageDot, Code: 554})
	o.Stats.Opened()
	o.Stats.Opened()
	o.Stats.Opened()
	o.Stats.Closed()
	o.Stats.NotOpened()
	o.Stats.Reached(false)
	o.Stats.Commit(7, 250*time.Millisecond)
	o.Stats.Claimed(11)
	o.Stats.Planned(12)
	o.Stats.Requeued()
	o.Stats.Waited(1500 * time.Millisecond)
	o.Stats.Slowed(4)
	o.Stats.Beat(storetest.Now())
	_, body = get(t, o.Metrics)
	has(t, body, `tidings_messages_total{kind="digest",state="sent"} 1`, "tidings_attempts_total 1", `tidings_smtp_replies_total{class="5xx",stage="end of data"} 1`,
		"tidings_smtp_connections_opened_total 3", "tidings_smtp_connections_open 2", "tidings_smtp_connections_failed_total 1", "tidings_mail_server_reachable 0",
		"tidings_ledger_commits_total 1", "tidings_ledger_rows_total 7", "tidings_ledger_commit_seconds_total 0.25", "tidings_deliveries_claimed_total 11",
		"tidings_deliveries_planned_total 12", "tidings_deliveries_requeued_total 1", "tidings_throttle_wait_seconds_total 1.5",
		"tidings_domains_slowed 4", "tidings_worker_last_beat_timestamp_seconds 1.5541056e+09")

	_, body = get(t, watch(t, s, func(o *ops.Options) { o.Stats, o.Unreachable = nil, nil }).Metrics)
	if strings.Contains(body, "tidings_messages_total") {
		t.Error("a process without a worker counts messages")
	}
	has(t, body, "tidings_workers_alive 0")
}

func TestADatabaseThatFailsLeavesTheRest(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	o := watch(t, s)
	o.Stats.Attempt()
	must(t, s.Close())
	code, body := get(t, o.Metrics)
	if code != http.StatusOK {
		t.Errorf("the answer is %d", code)
	}
	has(t, body, "tidings_database_up 0", "tidings_attempts_total 1")
	if strings.Contains(body, "tidings_workers_alive") || strings.Contains(body, "tidings_open_mail") {
		t.Errorf("figures that could not be read are told:\n%s", body)
	}
}
