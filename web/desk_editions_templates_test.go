package web_test

import (
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// editionPages has the cases of the pages about editions.
func editionPages(now time.Time) map[string][]framed {
	editor := subscriptions.Editor{ID: 1, Name: "An editor", Role: subscriptions.RolePublisher}
	frame := func(title string) desk.Frame {
		return desk.Frame{Title: title, Section: "/desk/editions", Editor: editor}
	}
	date := func(month time.Month, day int) subscriptions.Date {
		return subscriptions.Date{Year: 2019, Month: month, Day: day}
	}
	topics := subscriptions.StandardTopics()
	for i := range topics {
		topics[i].ID = int64(i + 1)
	}
	edition := subscriptions.Edition{ID: 7, Slug: "2019-q1", Title: "January–March 2019", State: subscriptions.EditionCollecting, CreatedAt: now,
		Period: subscriptions.Period{From: date(1, 1), To: date(3, 31)}, Intro: "A **quarter** of drafts."}
	before := edition
	before.ID, before.Title = 6, "October–December 2018"
	titles := []string{"A hundred partners at the webinar on cybersecurity law", "ISO/IEC takes up China’s real-time IoT framework",
		"Blockchain information services must register from 15 February", "A standards system for the industrial internet, by 2025",
		"Draft on personal information security, open for comments", "5G spectrum is given out", "A webinar on the draft"}
	filed := [][]int64{{1, 6}, {2, 5}, {3}, {5}, {6}, {4}, {6, 1}}
	content := subscriptions.Content{EditionID: 7, Title: edition.Title, Period: edition.Period, Topics: topics}
	for n, title := range titles {
		i := subscriptions.Item{ID: int64(n + 1), Number: n + 1, Title: title, Topics: filed[n], Date: date(2, n+1)}
		if n == 4 {
			i.Comments = &subscriptions.CommentPeriod{Until: date(3, 3)}
		}
		content.Entries = append(content.Entries, i)
	}
	webinar := subscriptions.Webinar{ID: 1, Slug: "w", Title: "A webinar on the draft", Topics: []int64{6}, Starts: now.Add(48 * time.Hour), Ends: now.Add(49 * time.Hour)}
	other := webinar
	other.Slug, other.Title = "o", "Another webinar"
	board := subscriptions.Board{Edition: edition, Content: content, Soon: subscriptions.ClosingSoon(content.Entries, subscriptions.DateOf(now))}
	var counts []subscriptions.TopicSetCount
	for set := range 63 {
		var ids []int64
		for t := range topics {
			if (set+1)&(1<<t) != 0 {
				ids = append(ids, int64(t+1))
			}
		}
		counts = append(counts, subscriptions.TopicSetCount{Chosen: ids, People: 3 + 17*set%97})
	}
	counts = append(counts, subscriptions.TopicSetCount{Refusal: "paused", People: 12}, subscriptions.TopicSetCount{Refusal: "suppressed", People: 1})
	reach := subscriptions.NewReach(content, subscriptions.TopicSetCounts{At: now, Counts: counts})
	for n, i := range content.Entries {
		board.Entries = append(board.Entries, subscriptions.BoardEntry{Entry: content.Entry(i, 0), Event: n == 6, Late: n == 3})
	}
	board.Entries[0].Row = subscriptions.EditionItem{Placement: subscriptions.PlacementPinned, By: "Anna Berg", At: now}
	board.Entries[1].Row, board.Entries[1].From = subscriptions.EditionItem{Placement: subscriptions.PlacementOrdered}, &before
	board.Entries[2].Row, board.Entries[2].ByHand = subscriptions.EditionItem{Placement: subscriptions.PlacementOrdered, By: "Anna Berg"}, true
	for n, t := range topics {
		board.Sections = append(board.Sections, subscriptions.EntrySpan{Topic: t, Entries: n % 3, Words: subscriptions.SectionText{TopicID: t.ID}})
	}
	board.Sections[1].Words.Heading, board.Sections[1].Words.Intro = "Things that talk", "Two *standards* and a draft."
	board.Events = []subscriptions.EventReason{{Webinar: webinar, Entry: &board.Entries[6]}, {Webinar: other}}
	board.Out = []subscriptions.BoardOut{{Item: subscriptions.Item{ID: 20, Title: "Left out"}, Row: subscriptions.EditionItem{Placement: subscriptions.PlacementLeftOut, By: "Anna Berg", At: now}},
		{Item: subscriptions.Item{ID: 21, Title: "Moved"}, Row: subscriptions.EditionItem{Placement: subscriptions.PlacementMoved, By: "Anna Berg", At: now}, Now: &before},
		{Item: subscriptions.Item{ID: 22, Title: "Moved, and waits"}, Row: subscriptions.EditionItem{Placement: subscriptions.PlacementMoved, By: "Anna Berg", At: now}}}
	usual := &desk.EditionPage{Frame: frame(edition.Title), Board: board, Reach: reach, Editing: true,
		Steps: desk.EditionSteps{States: []desk.EditionStep{{Words: "Collecting", Now: true}, {Words: "Frozen"}, {Words: "Approval"}, {Words: "Sending"}, {Words: "Archived"}},
			Parts: []page.NavLink{{Path: "/desk/editions/7", Text: "Contents", Current: true}, {Path: "/desk/editions/7/preview", Text: "Preview"}}}}
	for _, v := range reach.Variants {
		usual.Letters = append(usual.Letters, desk.Letter{VariantReach: v, Names: fmt.Sprint("Topics ", v.Topics.Key())})
	}
	frozen := *usual
	frozen.Editing, frozen.All = false, true
	frozen.Edition.State, frozen.Edition.FrozenAt = subscriptions.EditionFrozen, now
	frozen.Steps.States = []desk.EditionStep{{Words: "Collecting", Done: true}, {Words: "Frozen 28 March, 16:02", Done: true}, {Words: "Waiting for approval", Now: true}, {Words: "Sending"}, {Words: "Archived"}}
	approved := frozen
	approved.Edition.State, approved.Edition.ApprovedAt, approved.Edition.ApprovedBy, approved.Reach = subscriptions.EditionApproved, now, "Anna Berg", subscriptions.Reach{}
	sending := approved
	sending.Edition.State, sending.Edition.StartedAt = subscriptions.EditionSending, now
	empty := &desk.EditionPage{Frame: frame(edition.Title), Board: subscriptions.Board{Edition: edition, Content: subscriptions.Content{Topics: topics}, Sections: board.Sections}, Editing: true,
		Reach: subscriptions.NewReach(subscriptions.Content{Topics: topics}, subscriptions.TopicSetCounts{At: now, Counts: counts[:3]})}
	long := *usual
	long.Title, long.Edition.Title, long.Sections = strings.Repeat("A long title ", 12), strings.Repeat("A long title ", 12), nil
	for n := range 20 {
		t := subscriptions.Topic{ID: int64(n + 1), Name: fmt.Sprintf("Topic number %d of a long list", n), ShortName: fmt.Sprintf("Topic %d", n), Accent: "iot"}
		long.Sections = append(long.Sections, subscriptions.EntrySpan{Topic: t})
	}

	rows := []desk.EditionRow{{EditionSize: subscriptions.EditionSize{Edition: edition, Entries: 11, Content: &content}, People: 2418},
		{EditionSize: subscriptions.EditionSize{Edition: before, Entries: 1}, People: -1}}
	for n, state := range []subscriptions.EditionState{subscriptions.EditionFrozen, subscriptions.EditionApproved, subscriptions.EditionSending, subscriptions.EditionSent, subscriptions.EditionCancelled} {
		e := before
		e.State = state
		switch at := now.AddDate(-n, 0, 0); state {
		case subscriptions.EditionFrozen:
			e.FrozenAt = at
		case subscriptions.EditionApproved:
			e.ApprovedAt = at
		case subscriptions.EditionSending:
			e.StartedAt = at
		case subscriptions.EditionSent:
			e.FinishedAt = at
		default:
			e.CancelledAt = at
		}
		rows = append(rows, desk.EditionRow{EditionSize: subscriptions.EditionSize{Edition: e, Entries: 40}, People: 1_000_000})
	}
	next := subscriptions.EditionEdit{Title: "April–June 2019", Period: edition.Period.Next()}
	edit := subscriptions.EditOf(edition)
	theirs := edit
	theirs.Intro, theirs.About, theirs.Contact = "Their intro.\n\nIn two parts.", "About.", "Lines"
	form := func(id int64) *desk.EditionForm {
		return &desk.EditionForm{Frame: frame("An edition"), ID: id, Action: "/desk/editions/new", From: "2019-01-01", To: "2019-03-31", Edit: edit}
	}
	faulty, conflict, first := form(7), form(7), form(0)
	faulty.From = "soon"
	faulty.Faults = page.Faults{{Field: "title", Message: "It has none."}, {Field: "from", Message: "Write a day."}, {Field: "to", Message: "Write a day."},
		{Field: "intro", Message: "Long."}, {Field: "about", Message: "Long."}, {Field: "contact", Message: "Long."}}
	conflict.Theirs = &theirs
	first.First = true
	section := desk.SectionPage{Frame: frame("Section IoT"), Edition: edition, Topic: topics[1], Words: board.Sections[1].Words}
	wrong := section
	wrong.Faults = page.Faults{{Field: "heading", Message: "Long."}, {Field: "intro", Message: "Long."}}
	found := []desk.FoundItem{{Item: subscriptions.Item{ID: 1, Title: "An item", Date: date(1, 2), Standard: &subscriptions.Standard{Identifier: "GB/T 35273"}}},
		{Item: subscriptions.Item{ID: 2, Title: "Another"}, Here: true}}
	return map[string][]framed{
		"desk/editions": {&desk.EditionsPage{Frame: frame("Editions"), Editions: rows, Next: next, Pager: desk.Pager{On: "/desk/editions?page=2", Words: "1 to 50 of 60 editions"}},
			&desk.EditionsPage{Frame: frame("Editions"), Next: next}},
		"desk/edition":         {usual, &frozen, &approved, &sending, empty, &long},
		"desk/edition-form":    {form(0), form(7), faulty, conflict, first},
		"desk/edition-section": {&section, &wrong},
		"desk/edition-add": {&desk.AddItemPage{Frame: frame("Add"), Edition: edition, Query: "GB", Found: found}, &desk.AddItemPage{Frame: frame("Add"), Edition: edition, Found: found},
			&desk.AddItemPage{Frame: frame("Add"), Edition: edition, Query: "nothing"}, &desk.AddItemPage{Frame: frame("Add"), Edition: edition}},
	}
}
