package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
)

// said is what a command has written so far.
type said struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write keeps it.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// until waits for something to become true.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func readAt(t *testing.T, url string) (code int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// Who sends is watched in each of its ways to run, and on each address it has.
func TestTheServiceCanBeWatched(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	tests := []struct {
		name      string
		args      []string
		addresses int
		worker    bool
	}{
		{"a worker", []string{"worker", "--metrics-addr=127.0.0.1:0"}, 1, true},
		{"a site with its worker", []string{"serve", "--addr=127.0.0.1:0", "--metrics-addr=127.0.0.1:0"}, 2, true},
		{"a site alone", []string{"serve", "--worker=false", "--addr=127.0.0.1:0"}, 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, err := mailtest.New(mailtest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var out, complaints said
			ended := make(chan int, 1)
			go func() {
				ended <- run(ctx, append(test.args, "--database="+filepath.Join(t.TempDir(), "tidings.db"), "--smtp="+server.URL()), stdio{strings.NewReader(""), &out, &complaints})
			}()
			until(t, "it says where it listens: "+test.name, func() bool { return len(address.FindAllString(out.String(), -1)) == test.addresses })
			for _, at := range address.FindAllString(out.String(), -1) {
				until(t, "it is ready", func() bool {
					code, body := readAt(t, at+"/readyz")
					return code == http.StatusOK && body == "ready\n"
				})
				if code, _ := readAt(t, at+"/healthz"); code != http.StatusOK {
					t.Errorf("%s/healthz answers %d", at, code)
				}
				code, body := readAt(t, at+"/metrics")
				if code != http.StatusOK || !strings.Contains(body, "\ntidings_database_up 1\n") {
					t.Errorf("%s/metrics answers %d:\n%s", at, code, body)
				}
				if counts := strings.Contains(body, "tidings_attempts_total"); counts != test.worker {
					t.Errorf("%s/metrics counts attempts: %v, want %v", at, counts, test.worker)
				}
			}
			stop()
			select {
			case code := <-ended:
				if code != exitDone {
					t.Errorf("ended with %d: %s", code, complaints.String())
				}
			case <-time.After(30 * time.Second):
				t.Fatal("does not stop")
			}
		})
	}
}
