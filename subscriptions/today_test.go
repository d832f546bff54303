package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestChecksSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	now := time.Date(2019, time.April, 1, 9, 0, 0, 0, time.UTC)
	well := subscriptions.Health{Now: now, Workers: 1, Room: subscriptions.Room{Known: true, Free: 40 << 30, Total: 100 << 30}}
	last := func(b subscriptions.Books) *subscriptions.EditionToday {
		return &subscriptions.EditionToday{Edition: subscriptions.Edition{ID: 7, Title: "March 2019"}, Books: b}
	}
	for _, c := range []struct {
		name   string
		change func(h *subscriptions.Health)
		level  subscriptions.Level
		says   string
	}{
		{"all is well", func(*subscriptions.Health) {}, subscriptions.LevelOK, "No mail is late."},
		{"mail that waits for its turn is not late", func(h *subscriptions.Health) { h.OldestDue = now.Add(-14 * time.Minute) }, subscriptions.LevelOK, "No mail is late."},
		{"mail that waits for long is", func(h *subscriptions.Health) { h.OldestDue = now.Add(-3 * time.Hour) }, subscriptions.LevelBad, "waited for 3 hours"},
		{"nobody sends what waits", func(h *subscriptions.Health) { h.Workers, h.Open = 0, 2 }, subscriptions.LevelBad, "No worker is running, and mail is waiting."},
		{"nobody sends, and nothing waits", func(h *subscriptions.Health) { h.Workers = 0 }, subscriptions.LevelWarn, "No worker is running."},
		{"letters of which nobody knows", func(h *subscriptions.Health) { h.Last = last(subscriptions.Books{Planned: 9, Sent: 8, Uncertain: 1}) }, subscriptions.LevelWarn, "1 letter of March 2019"},
		{"too many fail", func(h *subscriptions.Health) { h.Last = last(subscriptions.Books{Planned: 100, Sent: 94, Failed: 6}) }, subscriptions.LevelBad, "6 of 100 letters of March 2019 failed."},
		{"a million are not counted yet", func(h *subscriptions.Health) { h.Last, h.Counted = last(subscriptions.Books{}), false }, subscriptions.LevelOK, "are being counted"},
		{"a few fail", func(h *subscriptions.Health) { h.Last = last(subscriptions.Books{Planned: 100, Sent: 95, Failed: 5}) }, subscriptions.LevelOK, "5 letters failed"},
		{"one of two fails, which says nothing", func(h *subscriptions.Health) { h.Last = last(subscriptions.Books{Planned: 2, Sent: 1, Failed: 1}) }, subscriptions.LevelOK, "1 letter failed"},
		{"somebody complained", func(h *subscriptions.Health) { h.Complaint = 1 }, subscriptions.LevelWarn, "1 person complained"},
		{"addresses die, as they do", func(h *subscriptions.Health) { h.Bounced = 2 }, subscriptions.LevelOK, "2 addresses died"},
		{"the disk fills", func(h *subscriptions.Health) { h.Room.Free = 1 << 30 }, subscriptions.LevelWarn, "1.0 GB free"},
		{"the disk is full", func(h *subscriptions.Health) { h.Room.Free = 99 << 20 }, subscriptions.LevelBad, "99 MB free"},
		{"the disk is elsewhere", func(h *subscriptions.Health) { h.Room = subscriptions.Room{} }, subscriptions.LevelOK, "another machine"},
		{"the clock went back", func(h *subscriptions.Health) { h.Ahead = 50 * time.Hour }, subscriptions.LevelBad, "2 days ahead"},
		{"two clocks differ", func(h *subscriptions.Health) { h.Drift = -40 * time.Second }, subscriptions.LevelWarn, "40 seconds apart"},
	} {
		h := well
		h.Counted = true
		c.change(&h)
		checks := h.Checks()
		if len(checks) != 6 {
			t.Errorf("%s: %d checks, want one of each thing", c.name, len(checks))
		}
		found := false
		for _, check := range checks {
			if strings.Contains(check.Text, c.says) {
				found = check.Level == c.level && (check.Level == subscriptions.LevelOK || check.Hint != "")
			}
		}
		if !found {
			t.Errorf("%s: want %s %q with something to do, got %+v", c.name, c.level, c.says, checks)
		}
		if c.level != subscriptions.LevelOK && checks[0].Level != c.level {
			t.Errorf("%s: it does not stand first: %+v", c.name, checks)
		}
	}
}

func TestTodayTellsWhatComesNext(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		service := &subscriptions.TodayService{Store: h.store, Editions: h.editions, Now: h.clock, Zone: time.UTC}
		empty, err := service.Today(ctx, 1, h.clock())
		must(t, err)
		if len(empty.Editions)+len(empty.Deadlines)+len(empty.Webinars)+len(empty.News) > 0 {
			t.Errorf("an empty house has %+v", empty)
		}

		today := subscriptions.DateOf(h.clock())
		day := func(n int) subscriptions.Date { return subscriptions.DateOf(h.clock().AddDate(0, 0, n)) }
		for n, until := range []subscriptions.Date{day(9), day(3), day(-1), {}} {
			i := subscriptions.Item{Slug: "item-" + string(rune('a'+n)), Title: "Item", Topics: []int64{h.topics["iot"].ID}, Date: today, State: subscriptions.ItemPublished,
				CreatedAt: h.clock(), UpdatedAt: h.clock(), PublishedAt: h.clock()}
			if !until.IsZero() {
				i.Comments = &subscriptions.CommentPeriod{Until: until}
			}
			must(t, h.store.AddItem(ctx, &i))
		}
		me := subscriptions.Editor{Name: "I", Address: "i@example.org", Role: subscriptions.RoleEditor, CreatedAt: h.clock()}
		must(t, h.store.AddEditor(ctx, &me))
		e, err := h.editions.As(subscriptions.Actor{EditorID: me.ID, Name: me.Name}).Create(ctx, "This month", subscriptions.Period{From: day(-20), To: day(20)})
		must(t, err)
		over := subscriptions.Webinar{Slug: "over", Title: "Over", Topics: []int64{h.topics["iot"].ID}, Zone: "Europe/Brussels", State: subscriptions.WebinarAnnounced,
			Starts: h.clock().Add(-2 * time.Hour), Ends: h.clock().Add(-time.Hour), CreatedAt: h.clock(), UpdatedAt: h.clock()}
		next := over
		next.Slug, next.Starts, next.Ends = "next", h.clock().Add(-time.Minute), h.clock().Add(time.Hour)
		must(t, h.store.AddWebinar(ctx, &over))
		must(t, h.store.AddWebinar(ctx, &next))

		you := subscriptions.Editor{Name: "You", Address: "you@example.org", Role: subscriptions.RoleEditor, CreatedAt: h.clock()}
		must(t, h.store.AddEditor(ctx, &you))
		at := func(minutes int, by subscriptions.Editor, action, about string) {
			must(t, h.store.AddAudit(ctx, &subscriptions.AuditEvent{At: h.clock().Add(time.Duration(minutes) * time.Minute), EditorID: by.ID, Actor: by.Name, Action: action, About: about}))
		}
		at(-90, you, "item.edit", "long ago")
		at(-60, me, "session.begin", "I")
		at(-50, you, "item.publish", "what is new")
		at(-40, me, "item.edit", "mine")
		at(-30, you, "session.begin", "You")
		at(-10, me, "session.begin", "I")

		got, err := service.Today(ctx, me.ID, h.clock().Add(-10*time.Minute))
		must(t, err)
		if len(got.Editions) != 1 || got.Editions[0].ID != e.ID || got.Editions[0].Entries != 4 {
			t.Errorf("editions %+v", got.Editions)
		}
		if len(got.Webinars) != 1 || got.Webinars[0].Slug != "next" {
			t.Errorf("webinars %+v", got.Webinars)
		}
		if len(got.Deadlines) != 2 || got.Deadlines[0].DaysLeft != 3 || got.Deadlines[1].DaysLeft != 9 {
			t.Errorf("deadlines %+v", got.Deadlines)
		}
		same(t, map[subscriptions.ItemState]int{subscriptions.ItemPublished: 4}, got.Items)
		if len(got.News) != 1 || got.News[0].About != "what is new" {
			t.Errorf("what others did since I was here: %+v", got.News)
		}
		if !got.Since.Equal(h.clock().Add(-60 * time.Minute)) {
			t.Errorf("here before at %v", got.Since)
		}
	})
}
