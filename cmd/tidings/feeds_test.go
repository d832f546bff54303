package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// The job looks at what is due as it starts, over HTTP, makes drafts of what is
// new, and ends with its context.
func TestTheJobLooksAtFeeds(t *testing.T) {
	t.Parallel()
	var entries atomic.Int64
	entries.Store(1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<rss version="2.0"><channel><title>Notices</title>`)
		for n := range entries.Load() {
			fmt.Fprintf(w, `<item><title>Notice %d</title><guid>%d</guid></item>`, n, n)
		}
		fmt.Fprint(w, `</channel></rss>`)
	}))
	defer site.Close()
	var log bytes.Buffer
	now := storetest.Now()
	s, err := Settings{Database: filepath.Join(t.TempDir(), "tidings.db"), FetchAllow: "127.0.0.0/8"}.read()
	if err != nil {
		t.Fatal(err)
	}
	a, err := wire(t.Context(), s, stdio{nil, io.Discard, &log}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := a.watcher.Watch(t.Context(), subscriptions.AtCommandLine, subscriptions.NewFeed{URL: site.URL, Topics: []string{"iot"}, Every: time.Hour}); err != nil {
		t.Fatal(err)
	}
	entries.Store(2)
	now = now.Add(time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.feeds(ctx) }()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		item, err := a.store.FindItemBySlug(t.Context(), "notice-1")
		if err == nil {
			if item.State != subscriptions.ItemDraft || item.Origin != "feed Notices" {
				t.Errorf("the item is %+v", item)
			}
			break
		}
		if !errors.Is(err, subscriptions.ErrNotFound) || time.Now().After(deadline) {
			t.Fatalf("no draft within 30 s: %v", err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), `looked at feeds" feeds=1`) {
		t.Errorf("the log says %q", log.String())
	}
}
