package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// The command line shows the letter of an edition that is ordered as of its moment, and
// says so.
func TestPreviewIsAsOfTheOrder(t *testing.T) {
	t.Parallel()
	ctx, database := t.Context(), storetest.SQLite(t)
	s, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	today := subscriptions.DateOf(now)
	item := subscriptions.Item{Slug: "one", Title: "One", Body: "Words.", Date: today, Topics: []int64{storetest.Topics(t, s)["iot"].ID},
		Comments: &subscriptions.CommentPeriod{Until: today.AddDays(1)}, State: subscriptions.ItemPublished, PublishedAt: now, CreatedAt: now}
	must(s.AddItem(ctx, &item))
	editions := &subscriptions.EditionService{Store: s, Keys: storetest.Keys(t), Now: time.Now}
	e, err := editions.Create(ctx, "An edition", subscriptions.Period{From: today, To: today})
	must(err)
	e, err = editions.Freeze(ctx, e.ID)
	must(err)
	e, err = editions.Approve(ctx, e.ID, e.Hash, "a test")
	must(err)
	moment := now.Add(72 * time.Hour).Truncate(time.Minute)
	_, err = editions.Schedule(ctx, e.ID, moment, "Europe/Brussels")
	must(err)
	must(s.Close())

	look := t.TempDir()
	var out, complaints bytes.Buffer
	if code := run(ctx, []string{"--database", database, "preview", "--edition", "1", "--topics", "iot", "--out", look, "--pictures", "none"}, stdio{strings.NewReader(""), &out, &complaints}); code != exitDone {
		t.Fatalf("exit %d: %s%s", code, &out, &complaints)
	}
	file, err := os.ReadFile(filepath.Join(look, "edition-1", "digest.iot.txt"))
	must(err)
	if !bytes.Contains(file, []byte("Comments closed on")) {
		t.Errorf("the file says\n%s", file)
	}
	a, err := wire(ctx, settings{database: database, identity: subscriptions.StandardIdentity()}, stdio{strings.NewReader(""), &out, &complaints}, time.Now)
	must(err)
	token := regexp.MustCompile(`/unsubscribe/([\w-]+)`).FindSubmatch(file)
	if claims, err := a.keys.Parse(subscriptions.PurposeUnsubscribe, string(token[1]), time.Now()); err != nil || claims.Subscriber != 0 {
		t.Errorf("%v: the link in it acts for %+v", err, claims)
	}
	must(a.Close())

	preview := func(more ...string) (string, string) {
		t.Helper()
		var out, complaints bytes.Buffer
		args := append([]string{"--database", database, "edition", "preview", "1", "--topics", "iot"}, more...)
		if code := run(ctx, args, stdio{strings.NewReader(""), &out, &complaints}); code != exitDone {
			t.Fatalf("exit %d: %s%s", code, &out, &complaints)
		}
		return out.String(), complaints.String()
	}
	letter, said := preview()
	if !strings.Contains(letter, "Comments closed on") || !strings.Contains(said, "As of when it leaves, "+moment.UTC().Format("2006-01-02 15:04 UTC")) {
		t.Errorf("%s\n%s", letter, said)
	}
	raw, _ := preview("--json")
	var v previewView
	must(json.Unmarshal([]byte(raw), &v))
	if !v.AsOf.Equal(moment) {
		t.Errorf("as of %s, want %s", v.AsOf, moment)
	}
}
