package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// TestTheReadmeTellsWhatIsKept: the table of the README is that of the clocks.
func TestTheReadmeTellsWhatIsKept(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := "| what | where | how long | then |\n|---|---|---|---|\n"
	for _, row := range (subscriptions.Keep{}).Table() {
		want += fmt.Sprintf("| %s | %s | %s | %s |\n", row.Data, row.Where, row.Kept(), row.Then)
	}
	if !strings.Contains(string(b), want+"\n") {
		t.Errorf("the README does not have this table:\n%s", want)
	}
}

func TestTheTimesOfRetentionAreSettings(t *testing.T) {
	t.Parallel()
	got, err := Settings{}.read()
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	if want := (subscriptions.Keep{Unconfirmed: 14 * day, IP: 30 * day, Left: 365 * day}); got.keep != want {
		t.Errorf("the presets are %+v, want %+v", got.keep, want)
	}
	_, err = Settings{KeepPending: "3", KeepIP: "soon", KeepLeft: "0"}.read()
	for _, want := range []string{"TIDINGS_KEEP_PENDING: 3 days is not a time from 7 days to 1 year", `TIDINGS_KEEP_IP: "soon" is not a number of days`, `TIDINGS_KEEP_LEFT: "0"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The job forgets what is due as it starts, says how many and not whom, and ends
// with its context.
func TestTheJobForgets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := storetest.Now()
	s, err := Settings{Database: filepath.Join(t.TempDir(), "tidings.db")}.read()
	if err != nil {
		t.Fatal(err)
	}
	a, err := wire(t.Context(), s, stdio{nil, io.Discard, &log}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.readers.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: "anna@example.org", Topics: []string{"iot"}, IP: "192.0.2.1"}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(15 * 24 * time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.forgets(ctx) }()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, err := a.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
		if errors.Is(err, subscriptions.ErrNotFound) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not forgotten within 30 s: %v", err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if said := log.String(); !strings.Contains(said, "forgot what was due\" unconfirmed=1") || strings.Contains(said, "anna") || strings.Contains(said, "192.0.2") {
		t.Errorf("the log says %q", said)
	}
}
