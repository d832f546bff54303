package web_test

import (
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// releasePages has the page of a release at each of its stages.
func releasePages(now time.Time) map[string][]framed {
	role := subscriptions.RolePublisher
	base := func(stage, next string) *desk.ReleasePage {
		e := subscriptions.Edition{ID: 7, Slug: "2019-q1", Title: "January–March 2019", State: subscriptions.EditionState(stage), CreatedAt: now, Hash: strings.Repeat("5f7dc5c1403f", 6)[:64]}
		return &desk.ReleasePage{Frame: desk.Frame{Title: "Release of " + e.Title, Section: "/desk/editions", Editor: subscriptions.Editor{ID: 1, Name: "Paul Publisher", Role: role}},
			Edition: e, Stage: stage, Next: next, Path: "/desk/editions/7/release", Read: "/desk/editions/7", Entries: 11, Letters: 34, Count: subscriptions.HeadCount{People: 2418, At: now}, Cooling: 10,
			Day: "2019-02-15", Hour: "09:00", Zone: "Europe/Brussels", Zones: []string{"Europe/Brussels", "Asia/Shanghai", "UTC"},
			EditionSteps: desk.EditionSteps{States: []desk.EditionStep{{Words: "Collecting", Done: true}, {Words: "Frozen 13 February, 16:02", Done: true}, {Words: "Waiting for approval", Now: true}, {Words: "Sending"}, {Words: "Archived"}},
				Parts: []page.NavLink{{Path: "/desk/editions/7", Text: "Contents"}, {Path: "/desk/editions/7/release", Text: "Release", Current: true}}}}
	}
	frozen := func(stage, next string) *desk.ReleasePage {
		p := base(stage, next)
		p.Edition.FrozenAt = now.Add(-3 * time.Hour)
		p.Authors = []subscriptions.Authorship{{EditorID: 2, Name: "Wanda Writer", At: now.Add(-3 * time.Hour), Froze: true}, {EditorID: 2, Name: "Wanda Writer", At: now.Add(-4 * time.Hour)}}
		return p
	}
	submitted := func(stage, next string) *desk.ReleasePage {
		p := frozen(stage, next)
		p.Edition.SubmittedAt, p.Edition.SubmittedBy, p.Edition.Note = now.Add(-2*time.Hour), "Wanda Writer", "The 5G entry waits for a date; it may go without."
		return p
	}
	approved := func(stage, next string) *desk.ReleasePage {
		p := submitted(stage, next)
		p.Edition.ApprovedAt, p.Edition.ApprovedBy, p.Edition.Approved = now.Add(-time.Hour), "Paul Publisher", subscriptions.HeadCount{People: 2412, At: now.Add(-time.Hour)}
		return p
	}
	ordered := approved("ordered", "The first letter leaves at 10:10, in 9 minutes. Until then the order can be taken back.")
	ordered.Edition.SendAt, ordered.Edition.SendBy, ordered.Edition.SendOrderedAt = now.Add(9*time.Minute), "Paul Publisher", now.Add(-time.Minute)
	ordered.Live, ordered.Numbers.State = true, "approved"
	scheduled := approved("ordered", "The first letter leaves on Friday 15 February 2019 at 09:00, Europe/Brussels. Until then the order can be taken back.")
	scheduled.Edition.SendAt, scheduled.Edition.SendZone, scheduled.Edition.SendBy, scheduled.Edition.SendOrderedAt = now.Add(24*time.Hour), "Europe/Brussels", "Paul Publisher", now
	late := *scheduled
	late.Late = []subscriptions.PreflightFinding{{Place: subscriptions.Spot{Name: "Entry 6, " + strings.Repeat("Draft on personal information security ", 4)}, Path: "/desk/items/6/edit", Sentence: "When it leaves, its comment period has ended, on 14 February 2019; letters say so."},
		{Place: subscriptions.Spot{Name: "Webinars"}, Sentence: "“Standards” is over when it leaves, and the letters announce it."}}
	missed := approved("approved", "Paul Publisher approved it 14 February, 09:00. Send it now, or choose the moment.")
	missed.Edition.Reason = "It was not sent at the moment ordered: nothing ran here then, and it was found 5 hours later."
	missed.Faults = page.Faults{{Field: "at", Message: "2019-03-31 02:30 does not exist in Europe/Brussels: clocks go forward then."}}
	sending := approved("sending", "1,204 of 2,418 letters have left. The rest takes about 4 minutes.")
	sending.Edition.StartedAt, sending.Live, sending.Rate = now, true, "12.5"
	sending.Numbers = desk.ProgressView{State: "sending", Done: 1240, Planned: 2418, Sent: "1,204", Deferred: "31", Failed: "4", Skipped: "1", Uncertain: "0", Open: "1,178", Pace: "5.2 a second", Left: "about 4 minutes", At: "10:03:12",
		Slow: []desk.SlowView{{Domain: "slow.example.org", Waiting: "28", Next: "10:04:00", Said: "4.7.1 Greylisted, try again in a minute"}, {Domain: strings.Repeat("long-", 20) + "domain.example.org", Waiting: "3", Next: "10:31:02"}}}
	sending.Failed = []subscriptions.Delivery{{Address: "gone@example.org", Code: 550, Detail: "5.1.1 no such user here"}, {Detail: "too late: queued on 1 April 2019"}}
	paused := approved("paused", "312 of 1,240 letters failed, more than 10 %. 1,204 of 2,418 letters have left; resume it, or cancel what has not.")
	paused.Edition.StartedAt, paused.Edition.Reason, paused.Live, paused.Numbers = now, "312 of 1,240 letters failed, more than 10 %.", true, sending.Numbers
	paused.Numbers.Uncertain, paused.Numbers.Slow = "2", nil
	paused.Uncertain = []subscriptions.Delivery{{ID: 11, Address: "reader@example.org", UpdatedAt: now, Detail: "the sending process ended while this message was on the wire"}, {ID: 12, UpdatedAt: now}}
	paused.More = 120
	sent := approved("sent", "2,410 of 2,418 letters have left, and every other has its end in the books.")
	sent.Edition.StartedAt, sent.Edition.FinishedAt = now, now.Add(time.Hour)
	sent.Numbers = desk.ProgressView{Done: 2418, Planned: 2418, Sent: "2,410", Deferred: "0", Failed: "7", Skipped: "0", Uncertain: "1", Open: "0", At: "11:03:12"}
	sent.Uncertain = paused.Uncertain[:1]
	cancelled := base("cancelled", "It was cancelled 14 February, 09:00, and nothing of it has left.")
	stale := submitted("waiting", "Wanda Writer asked for approval 14 February, 08:00. A publisher who did not write it looks at it and approves.")
	stale.Fault, stale.Hint = "Edition 7 changed after it was looked at.", "Look at it again, then approve what you see."
	barred := submitted("waiting", stale.Next)
	barred.Barred = "You wrote it last, or froze it. Another publisher of the desk looks at it and approves."
	unready := submitted("waiting", stale.Next)
	unready.Open = "The preflight found two things that block it. Mend them, or have it looked at again."
	counting := submitted("waiting", stale.Next)
	counting.Count = subscriptions.HeadCount{}
	far := approved("far", "It was approved for 2,412 people, and 3,104 would get it today. It waits for an approval of that.")
	far.Count.People = 3104
	empty := base("collecting", "It holds nothing yet. Published items of its period fall in by themselves.")
	empty.Entries = 0
	faulty := frozen("frozen", "It is frozen. Submit it, and a publisher who did not write it approves it.")
	faulty.Note, faulty.Faults = strings.Repeat("long ", 120), page.Faults{{Field: "note", Message: "The note is a text of at most 500 characters."}}
	collecting, waiting := base("collecting", "It is being collected. When it is complete, freeze and submit it: a publisher approves exactly that copy."), submitted("waiting", stale.Next)
	ready := approved("approved", "Paul Publisher approved it 14 February, 09:00. Send it now, or choose the moment.")
	role = subscriptions.RoleEditor
	asEditor := submitted("waiting", stale.Next)
	sendingToo := *sending
	sendingToo.Editor.Role, sendingToo.Failed, sendingToo.Numbers.Uncertain = role, nil, "2"
	pausedToo := *paused
	pausedToo.Editor.Role, pausedToo.Uncertain, pausedToo.More = role, nil, 0
	return map[string][]framed{"desk/release": {paused, collecting, waiting, ready, ordered, sending, sent,
		scheduled, &late, missed, cancelled, stale, barred, unready, counting, far, empty, faulty, asEditor, &sendingToo, &pausedToo}}
}
