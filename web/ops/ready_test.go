package ops_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
	"sesec.eu/tidings/web/ops"
)

func TestReadySaysWhatIsNot(t *testing.T) {
	t.Parallel()
	schema := func(has, knows int64) func(*ops.Options) {
		return func(o *ops.Options) {
			o.Schema = func(context.Context) (int64, int64, error) { return has, knows, nil }
		}
	}
	alone := func(o *ops.Options) { o.Stats, o.Unreachable = nil, nil }
	tests := []struct {
		name   string
		beat   time.Duration // how long ago; 0 for never
		change func(*ops.Options)
		want   []string
	}{
		{"all is well", time.Second, func(*ops.Options) {}, nil},
		{"a site without a worker", 0, alone, nil},
		{"an older schema", time.Second, schema(3, 4), []string{"schema: the database has version 3, older than the 4"}},
		{"a newer schema", time.Second, schema(5, 4), []string{"schema: the database has version 5, newer than the 4"}},
		{"no worker ever", 0, func(*ops.Options) {}, []string{"worker: it gives no sign of life"}},
		{"a worker that died", time.Minute, func(*ops.Options) {}, []string{"worker: it gives no sign of life"}},
		{"no mail server", time.Second, func(o *ops.Options) { o.Unreachable = func() string { return "550 tidings@example.org" } }, []string{"mail server: it cannot be reached"}},
		{"no database", time.Second, func(o *ops.Options) {
			o.Schema = func(context.Context) (int64, int64, error) { return 0, 0, errors.New("postgres://me:hush@db") }
		}, []string{"database: it does not answer"}},
		{"nothing works", 0, func(o *ops.Options) { schema(5, 4)(o); o.Unreachable = func() string { return "refused" } },
			[]string{"schema: ", "worker: ", "mail server: "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			if test.beat > 0 {
				must(t, s.Beat(t.Context(), "w", storetest.Now().Add(-test.beat)))
			}
			code, body := get(t, watch(t, s, test.change).Ready)
			lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
			if len(test.want) == 0 {
				if code != http.StatusOK || body != "ready\n" {
					t.Errorf("%d: %s", code, body)
				}
				return
			}
			if code != http.StatusServiceUnavailable || lines[0] != "not ready" || len(lines) != 1+len(test.want) {
				t.Fatalf("%d: %s", code, body)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(lines[i+1], want) {
					t.Errorf("line %d is %q, want %q", i+1, lines[i+1], want)
				}
			}
			if strings.Contains(body, "@") || strings.Contains(body, "hush") {
				t.Errorf("anybody may read: %s", body)
			}
		})
	}
}

// stalled is a database in which one table is locked: its answer never comes.
type stalled struct{ subscriptions.Store }

func (stalled) Workers(context.Context, time.Time, time.Duration) ([]string, error) {
	return []string{"a"}, nil
}

func (stalled) CountReturns(ctx context.Context, _ time.Time) (map[subscriptions.ReturnKind]int, error) {
	return nil, ctx.Err()
}

func (stalled) OldestDue(ctx context.Context, _ time.Time) (time.Time, error) {
	<-ctx.Done()
	return time.Time{}, ctx.Err()
}

func (stalled) Dispatches(ctx context.Context) ([]subscriptions.Edition, error) {
	return nil, ctx.Err()
}

func (stalled) CountSubscribers(ctx context.Context, _ time.Time) (map[subscriptions.SubscriberStatus]int, error) {
	return nil, ctx.Err()
}

func TestAScrapeIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := watch(t, stalled{}, func(o *ops.Options) {
			o.Schema = func(ctx context.Context) (int64, int64, error) { <-ctx.Done(); return 0, 0, ctx.Err() }
		})
		began := time.Now()
		code, body := get(t, o.Metrics)
		if took := time.Since(began); took != 5*time.Second || code != http.StatusOK {
			t.Errorf("answers %d after %v", code, took)
		}
		has(t, body, "tidings_database_up 0", "tidings_workers_alive 1")
		began = time.Now()
		if code, _ := get(t, o.Ready); code != http.StatusServiceUnavailable || time.Since(began) != 2*time.Second {
			t.Errorf("ready: %d after %v", code, time.Since(began))
		}
		if code, _ := get(t, o.Health); code != http.StatusOK {
			t.Errorf("health: %d", code)
		}
	})
}
