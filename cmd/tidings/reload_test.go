//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
)

// tail is what a process has said so far.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

// An operator writes other settings and sends SIGHUP: a run that creeps is let go,
// a fault changes nothing, and what needs a restart is named.
func TestSIGHUPReadsTheSettingsAgain(t *testing.T) {
	t.Parallel()
	const people = 120
	server, err := mailtest.New(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "tidings.yaml")
	settings := func(more string) {
		t.Helper()
		text := fmt.Sprintf("database: %s\nsmtp: %s\n%s\n", filepath.Join(dir, "tidings.db"), server.URL(), more)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings("rate: 2")
	command := func(ctx context.Context, args ...string) *exec.Cmd {
		c := exec.CommandContext(ctx, "tidings", append([]string{"--config", file}, args...)...)
		c.Env = append(os.Environ(), "TIDINGS_SECRET=a-secret-that-only-tests-know")
		return c
	}
	tidings := func(args ...string) []byte {
		t.Helper()
		c := command(t.Context(), args...)
		var said bytes.Buffer
		c.Stderr = &said
		out, err := c.Output()
		if err != nil {
			t.Fatalf("tidings %v: %v\n%s%s", args, err, out, &said)
		}
		return out
	}
	list := []byte("email,name,topics\n")
	for i := range people {
		list = fmt.Appendf(list, "reader%d@example.net,,iot\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "people.csv"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	tidings("import", "items", filepath.Join("..", "..", "subscriptions", "sample"), "--publish")
	tidings("import", "subscribers", filepath.Join(dir, "people.csv"), "--confirmed", "--source", "a test")
	tidings("edition", "approve", "1")

	var said tail
	worker := command(context.Background(), "worker")
	worker.Stderr = &said
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- worker.Wait() }()
	t.Cleanup(func() { _ = worker.Process.Kill() })
	until := func(what string, cond func() bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !cond(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("not within 30 s: %s; it said\n%s", what, &said)
			}
		}
	}
	hangUp := func(says string) {
		t.Helper()
		if err := worker.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		until("it says "+says, func() bool { return strings.Contains(said.String(), says) })
	}
	until("it runs", func() bool { return strings.Contains(said.String(), "the worker runs") })
	tidings("edition", "send", "1")
	until("the first are sent", func() bool { return server.Count() >= 3 })

	settings("rate: many")
	hangUp("were not changed")
	settings("rate: 0\nsite: Another Name")
	hangUp("the settings were read again\" changed=rate")
	until("it names what waits", func() bool { return strings.Contains(said.String(), "wait for a restart\" settings=site") })
	if n := server.Count(); n > people-10 {
		t.Errorf("%d of %d had left at two a second", n, people)
	}
	until("all are sent", func() bool { return server.Count() == people })
	var status struct {
		Status string
		Sent   int
	}
	until("the edition is sent", func() bool {
		return json.Unmarshal(tidings("edition", "status", "1", "--json"), &status) == nil && status.Status == "sent"
	})
	if status.Sent != people {
		t.Errorf("the books are %+v", status)
	}
	if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if strings.Contains(said.String(), "only-tests-know") {
		t.Error("it tells the secret")
	}
}
