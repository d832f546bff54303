package web_test

import (
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// ledgerPages are the cases of the pages about what became of an edition.
func ledgerPages(now time.Time, frame desk.Frame) map[string][]framed {
	frame.Section = "/desk/editions"
	frame.Title = "Ledger of January–March 2019"
	topics := subscriptions.StandardTopics()
	for i := range topics {
		topics[i].ID = int64(i + 1)
	}
	sent := subscriptions.Edition{ID: 1, Title: "January–March 2019", Period: subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}}, State: subscriptions.EditionSent, StartedAt: now.Add(-time.Hour), FinishedAt: now, FrozenAt: now.Add(-3 * time.Hour), ApprovedAt: now.Add(-2 * time.Hour), Nothing: 12}
	collecting := subscriptions.Edition{ID: 2, Title: "April 2019", State: subscriptions.EditionCollecting}
	steps := desk.EditionSteps{States: []desk.EditionStep{{Words: "Collecting", Done: true}, {Words: "Sent", Now: true}},
		Parts: []page.NavLink{{Path: "/desk/editions/1", Text: "Contents"}, {Path: "/desk/editions/1/ledger", Text: "Ledger", Current: true}}}
	content := subscriptions.Content{EditionID: 1, Topics: topics, Entries: []subscriptions.Item{{ID: 7, Title: strings.Repeat("A very long title ", 6)}}}
	line := func(id int64, address string, state subscriptions.DeliveryState, code int, status, said string, topics ...subscriptions.Topic) subscriptions.LedgerLine {
		return subscriptions.LedgerLine{Topics: topics, Delivery: subscriptions.Delivery{ID: id, SubscriberID: id, Address: address, State: state, Attempts: int(id), Code: code, Status: status,
			Detail: said, MessageID: "u2xkq6w3c4m5v7n8p9q0@tidings.example.org", CreatedAt: now.Add(-time.Hour), UpdatedAt: now}}
	}
	hostile := "<script>alert(1)</script> \x1b[31m \u202Eevil " + strings.Repeat("5.7.1 see https://postmaster.example.net/why?code=", 20)
	lines := []subscriptions.LedgerLine{line(1, "a.reader@standards.example.org", subscriptions.DeliverySent, 250, "2.0.0", "Ok: queued as 4Zk9Q2", topics[1]),
		line(2, "b@xn--bcher-kva.example", subscriptions.DeliveryFailed, 550, "5.1.1", hostile, topics[1:4]...), line(3, "", subscriptions.DeliverySkipped, 0, "", "erased", topics...),
		line(4, strings.Repeat("long", 15)+"@"+strings.Repeat("department.", 8)+"example.org", subscriptions.DeliveryDeferred, 451, "4.2.1", "try again later", topics[5])}
	full := subscriptions.LedgerPage{Edition: sent, Content: content, Counted: true, Lines: lines, Next: 4,
		Books: subscriptions.Books{Planned: 1_000_000, Sent: 998_204, Failed: 1204, Skipped: 580, Uncertain: 2, Deferred: 10}}
	short := full
	short.Lines, short.Next = nil, 0
	further := short
	further.Next = 9
	correction := full
	correction.Edition.Kind, correction.Edition.Nothing = subscriptions.EditionCorrection, 3
	// Corrections.
	item := subscriptions.Item{ID: 7, Slug: "an-entry", Number: 3, Title: strings.Repeat("A very long title ", 6), Topics: []int64{2}, Body: "Body."}
	said := subscriptions.Correction{Corrects: 1, CorrectsItem: 7, Wrong: "We wrote that comments were open until **15 March**.", Right: "They are open until 30 April, as [the notice](https://example.org) says."}
	amended := func(state subscriptions.EditionState) *desk.CorrectionPage {
		e := subscriptions.Edition{ID: 3, Title: "Correction: A very long title", State: state, Kind: subscriptions.EditionCorrection, Correction: said, CreatedAt: now}
		if state == subscriptions.EditionSending {
			e.StartedAt = now
		}
		return &desk.CorrectionPage{Frame: desk.Frame{Title: e.Title, Section: frame.Section, Editor: frame.Editor}, Steps: steps, Words: said, Editing: state == subscriptions.EditionCollecting,
			CorrectionPage: subscriptions.CorrectionPage{Edition: e, Original: sent, Now: item, Content: subscriptions.Content{EditionID: 3, Topics: topics, Entries: []subscriptions.Item{item},
				Corrected: &subscriptions.Corrected{EditionID: 1, Slug: "2019-q1", Title: sent.Title, Wrong: said.Wrong, Right: said.Right, Was: item}}},
			Reach: subscriptions.Reach{At: now, People: 41204, Nothing: 12, Paused: 3}, Books: subscriptions.Books{Planned: 41204, Sent: 312, Queued: 40892}}
	}
	uncounted, nobody, wrongWords := amended(subscriptions.EditionCollecting), amended(subscriptions.EditionCollecting), amended(subscriptions.EditionCollecting)
	uncounted.Reach, nobody.Reach = subscriptions.Reach{}, subscriptions.Reach{At: now, Nothing: 1}
	wrongWords.Faults, wrongWords.Words = page.Faults{{Field: "wrong", Message: "Say what was wrong."}}, subscriptions.Correction{}
	// Statistics.
	month := func(m time.Month, up int) subscriptions.MonthFigures {
		return subscriptions.MonthFigures{Month: subscriptions.Date{Year: 2019, Month: m, Day: 1}, SignedUp: up * 2, Joined: up, Back: up / 40, Left: up / 3, Start: 40_000, End: 41_204 + up*int(m), Letters: 121_204, Reached: 41_204, Editions: 1,
			Reasons: map[subscriptions.EndReason]int{"unsubscribed": up / 4, "bounced": up / 12, "complained": 2}, Hard: 120, Soft: 402, Complain: 2}
	}
	figures := subscriptions.Statistics{At: now, Readers: 41_204, Known: true, Span: subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 12, Day: 31}},
		Lost: []subscriptions.Figure{{Key: "no such address", N: 812}, {Key: "mailbox full", N: 31}, {Key: "refused by policy", N: 2}}, Told: []subscriptions.Figure{{Key: "too-much", N: 12}, {Key: "not-my-field", N: 3}},
		Domains: []subscriptions.DomainStats{{Domain: "standards.example.org", Letters: 12_040, Lost: 312, Returned: 41}, {Domain: strings.Repeat("department.", 8) + "example.org", Letters: 9, Lost: 1}, {Domain: "others", Letters: 412}}}
	for m := time.January; m <= time.December; m++ {
		figures.Months = append(figures.Months, month(m, 180+int(m)*37))
	}
	figures.Sum, figures.Before = month(1, 2418), month(1, 1204)
	for i, topic := range topics {
		figures.Topics = append(figures.Topics, subscriptions.TopicHealth{Topic: topic, Readers: 12_040 * i, Joined: 120, Left: 31, Written: 14 * (i % 3), Pieces: 140_204, Silent: i})
	}
	stat := subscriptions.EditionStats{Edition: sent, Counted: now, Books: subscriptions.Books{Planned: 41_204, Sent: 40_392, Failed: 812}, Items: 11, Letters: 63, Pieces: 240_000,
		Topics: map[int64]int{2: 12_040}, Written: map[int64]int{2: 3}, Domains: figures.Domains, Reasons: figures.Lost}
	fresh := stat
	fresh.Counted = time.Time{}
	amendedStat := stat
	amendedStat.Edition.Kind, amendedStat.Original = subscriptions.EditionCorrection, sent.Title
	figures.Editions = []subscriptions.EditionStats{stat, amendedStat, fresh, stat}
	statFrame := desk.Frame{Title: "Statistics", Section: "/desk/statistics", Editor: frame.Editor}
	few := subscriptions.Statistics{At: now, Readers: 3, Span: figures.Span, Months: []subscriptions.MonthFigures{{Month: figures.Span.From, SignedUp: 4, Joined: 3, End: 3}}, Sum: subscriptions.MonthFigures{Month: figures.Span.From, SignedUp: 4, Joined: 3, End: 3}}
	told := func(st subscriptions.Statistics, faults ...page.Fault) *desk.StatisticsPage {
		p := &desk.StatisticsPage{Frame: statFrame, Statistics: st, From: "2019-01", To: "2019-12", Faults: faults}
		p.Draw()
		return p
	}
	empty := subscriptions.Statistics{At: now, Span: figures.Span}
	statPages := []framed{told(figures), told(empty), told(subscriptions.Statistics{Span: figures.Span}), told(few), told(figures, page.Fault{Field: "from", Message: "This is not a month. A month looks like 2019-03."})}
	faults := page.Faults{{Field: "from", Message: "This is not a day. A day looks like 2019-03-31."}}
	return map[string][]framed{
		"desk/edition-ledger": {&desk.LedgerPage{Frame: frame, LedgerPage: full, Steps: steps, On: "/desk/editions/1/ledger?after=4", First: "/desk/editions/1/ledger"},
			&desk.LedgerPage{Frame: frame, LedgerPage: subscriptions.LedgerPage{Edition: collecting}, Steps: steps},
			&desk.LedgerPage{Frame: frame, LedgerPage: short, Steps: steps, Matched: true, Query: desk.LedgerQuery{Address: "xyz", State: "failed", Topic: "2", Item: "7"}},
			&desk.LedgerPage{Frame: frame, LedgerPage: further, Steps: steps, Matched: true, On: "/on"},
			&desk.LedgerPage{Frame: frame, LedgerPage: subscriptions.LedgerPage{Edition: sent}, Steps: steps},
			&desk.LedgerPage{Frame: frame, LedgerPage: short, Steps: steps, Matched: true, Query: desk.LedgerQuery{From: "soon"}, Faults: faults},
			&desk.LedgerPage{Frame: frame, LedgerPage: correction, Steps: steps}},
		"desk/missed": {&desk.MissedPage{Frame: frame, Steps: steps, MissedCounts: subscriptions.MissedCounts{Edition: sent, Days: 14, Counts: map[subscriptions.MissedReason]int{"soft": 812, "pause": 41, "confirmed": 1204}, More: true}, DaysTyped: "14"},
			&desk.MissedPage{Frame: frame, Steps: steps, MissedCounts: subscriptions.MissedCounts{Edition: sent, Days: 14, Counts: map[subscriptions.MissedReason]int{}}, DaysTyped: "14"},
			&desk.MissedPage{Frame: frame, Steps: steps, MissedCounts: subscriptions.MissedCounts{Edition: sent, Days: 14, Counts: map[subscriptions.MissedReason]int{"soft": 1}}, DaysTyped: "x", Faults: page.Faults{{Field: "days", Message: "That is a number of days."}, {Field: "reasons", Message: "Choose who is to get it."}}},
			&desk.MissedPage{Frame: frame, Steps: steps, MissedCounts: subscriptions.MissedCounts{Edition: collecting}, Not: "It was not sent."}},
		"desk/statistics": statPages, "desk/statistics-report": statPages,
		"desk/edition-statistics": {&desk.EditionStatisticsPage{Frame: frame, EditionStats: stat, Steps: steps, Topics: []desk.EditionTopic{{Topic: topics[1], Entries: 3, People: 12_040}}},
			&desk.EditionStatisticsPage{Frame: frame, EditionStats: fresh, Steps: steps}, &desk.EditionStatisticsPage{Frame: frame, EditionStats: subscriptions.EditionStats{Edition: collecting}, Steps: steps}},
		"desk/corrections": {&desk.CorrectionsPage{Frame: frame, Edition: sent, Steps: steps, Entries: []subscriptions.Item{item}, Item: 7, Words: said,
			Written: []subscriptions.Edition{{ID: 3, Title: "Correction: x", State: subscriptions.EditionSent, CreatedAt: now, Correction: said}, {ID: 4, Title: "Correction: gone", State: subscriptions.EditionFrozen, CreatedAt: now}}},
			&desk.CorrectionsPage{Frame: frame, Edition: sent, Steps: steps, Entries: []subscriptions.Item{item}, Faults: page.Faults{{Field: "item", Message: "Choose the entry that was wrong."}, {Field: "wrong", Message: "x"}, {Field: "right", Message: "x"}}},
			&desk.CorrectionsPage{Frame: frame, Edition: collecting, Steps: steps}},
		"desk/correction": {amended(subscriptions.EditionCollecting), uncounted, nobody, wrongWords, amended(subscriptions.EditionFrozen), amended(subscriptions.EditionSending), amended(subscriptions.EditionSent)},
		"desk/edition-letter": {&desk.LedgerLinePage{Frame: frame, Edition: sent, Line: lines[1], Letter: "/desk/editions/1/ledger/2/letter"},
			&desk.LedgerLinePage{Frame: frame, Edition: sent, Line: lines[2], None: "There is no letter to show: the edition has nothing in these topics."}},
	}
}
