package web_test

import (
	"errors"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// topicPages are the cases of the pages of topics and of the glossary.
func topicPages(now time.Time, frame desk.Frame) map[string][]framed {
	frame.Section = "/desk/settings"
	reader := frame
	reader.Editor.Role = subscriptions.RoleEditor
	day := subscriptions.DateOf(now)
	long := strings.Repeat("A very long name ", 5)
	row := func(id int64, name, accent string) subscriptions.TopicRow {
		return subscriptions.TopicRow{Topic: subscriptions.Topic{ID: id, Slug: subscriptions.Slugify(name), Name: name, ShortName: name[:min(len(name), 20)], Accent: accent, Version: 3,
			Description: "Platforms, identifiers, edge, applications."}, People: 1204, TopicFigures: subscriptions.TopicFigures{Items: 1981, LastItem: day, Webinars: 3}}
	}
	iot, industrial, wordy := row(1, "IoT", "iot"), row(2, "Industrial internet", "industrial"), row(3, long, "plum")
	horizontal := row(4, "Horizontal issues", "horizontal")
	horizontal.ForEveryone = true
	merged, retired := row(5, "Telex", "moss"), row(6, "Fax", "rose")
	merged.RetiredAt, merged.Into, merged.People = now, industrial.Topic, 0
	merged.Move = subscriptions.TopicMove{ID: 1, Kind: subscriptions.MoveMerge, People: 333_334, Ended: 12_000}
	retired.RetiredAt, retired.People, retired.Items = now, 0, 0
	retired.LastItem = subscriptions.Date{}
	faults := page.Faults{{Field: "name", Message: "The topic needs a name."}, {Field: "slug", Message: "“iot” is the name of another topic."}, {Field: "short_name", Message: "Too long."}, {Field: "description", Message: "Too long."}}
	form := desk.TopicForm{Name: long, ShortName: "x", Description: long, Slug: "iot", Accent: "iot", Version: 2}
	effect := subscriptions.TopicEffect{AsOf: now, People: 1204, Alone: 37, More: 1251, Both: 400}
	busy := effect
	busy.Busy, busy.Hint = "the edition First quarter is approved; its letters are sent by the topics people have", "Wait until it is sent, or take it back to collecting."
	list := subscriptions.TopicList{AsOf: now, Running: []subscriptions.TopicRow{horizontal, iot, industrial, wordy}, Retired: []subscriptions.TopicRow{merged, retired}}
	moves := []desk.Move{{At: now, Actor: "An editor", Words: "Telex became part of Industrial internet. Of people, 37 got it, 1 had it already."}}

	term := subscriptions.TermRow{Term: subscriptions.Term{ID: 1, Abbreviation: "CAC", English: "Cyberspace Administration of China", Chinese: "国家互联网信息办公室", Version: 2}, Items: 214}
	plain := subscriptions.TermRow{Term: subscriptions.Term{ID: 2, Abbreviation: "cac", English: long, Version: 1}}
	past := []subscriptions.TermRevision{{ID: 3, Term: term.Term, Actor: "An editor", At: now}}
	termFaults := page.Faults{{Field: "abbreviation", Message: "CAC is in the glossary already."}, {Field: "english", Message: "Too long."}, {Field: "chinese", Message: "Too long."}}
	report := &subscriptions.GlossaryReport{Added: []subscriptions.Term{term.Term, plain.Term}, Differ: []subscriptions.Term{term.Term}, Same: 12,
		Bad: []subscriptions.TermLine{{No: 7, Err: errors.New("a glossary entry needs the abbreviation and a name")}}}
	return map[string][]framed{
		"desk/search": {&desk.SearchPage{Frame: frame}, &desk.SearchPage{Frame: reader, DeskFound: subscriptions.DeskFound{Query: "xyzzy"}},
			&desk.SearchPage{Frame: frame, DeskFound: subscriptions.DeskFound{Query: "c", MoreItems: true, MorePeople: true,
				Items:    []subscriptions.Item{{ID: 1, Title: long, Issuer: "TC260", Date: day, State: subscriptions.ItemDraft}, {ID: 2, Title: "T", State: subscriptions.ItemPublished}},
				Editions: []subscriptions.Edition{{ID: 1, Title: "January–March 2019", State: subscriptions.EditionSent, Period: subscriptions.Period{From: day, To: day}}},
				Topics:   []subscriptions.Topic{iot.Topic, retired.Topic}, Terms: []subscriptions.Term{term.Term},
				Webinars: []subscriptions.Webinar{{Slug: "w", Title: "W", Starts: now, Ends: now.Add(time.Hour), Zone: "Europe/Brussels", State: subscriptions.WebinarAnnounced}},
				People:   []subscriptions.Person{{Subscriber: subscriptions.Subscriber{ID: 1, Address: "reader@example.org", Name: "A reader"}, Status: subscriptions.SubscriberActive, Topics: []subscriptions.Topic{iot.Topic, industrial.Topic}}, {Subscriber: subscriptions.Subscriber{ID: 2}, Status: subscriptions.SubscriberErased}}}}},
		"desk/topics": {&desk.TopicsPage{Frame: frame, TopicList: list}, &desk.TopicsPage{Frame: frame}, &desk.TopicsPage{Frame: frame, TopicList: list, Form: form, Faults: faults},
			&desk.TopicsPage{Frame: reader, TopicList: list}},
		"desk/topic": {&desk.TopicPage{Frame: frame, Row: iot, Effect: effect, Others: []subscriptions.TopicRow{industrial, wordy}, Form: desk.TopicForm{Name: "IoT", ShortName: "IoT", Slug: "iot", Accent: "iot", Version: 3}},
			&desk.TopicPage{Frame: frame, Row: merged, Effect: busy, Moves: moves, Form: form}, &desk.TopicPage{Frame: frame, Row: retired, Moves: moves},
			&desk.TopicPage{Frame: frame, Row: horizontal, Effect: busy, Form: form, Faults: append(faults, page.Fault{Field: "into", Message: "Choose the topic."}), Changed: true, Others: []subscriptions.TopicRow{iot}},
			&desk.TopicPage{Frame: reader, Row: iot, Effect: effect}},
		"desk/topic-merge": {&desk.TopicMergePage{Frame: frame, From: horizontal, Into: industrial, Effect: effect}, &desk.TopicMergePage{Frame: frame, From: wordy, Into: iot, Effect: busy}},
		"desk/glossary": {&desk.GlossaryPage{Frame: frame, GlossaryList: subscriptions.GlossaryList{Terms: []subscriptions.TermRow{term, plain}, All: 2, Missing: 12, Unread: 3,
			Duplicates: []subscriptions.Duplicate{{Why: "the same letters", Terms: []subscriptions.Term{term.Term, plain.Term}}}}, Removed: past, Pager: desk.Pager{Back: "/a", On: "/b", Words: "51 to 100 of 314 terms"}},
			&desk.GlossaryPage{Frame: frame}, &desk.GlossaryPage{Frame: frame, GlossaryList: subscriptions.GlossaryList{Query: "xyz", All: 1}, Form: plain.Term, Faults: termFaults}},
		"desk/term": {&desk.TermPage{Frame: frame, Row: term, Past: past, Form: term.Term}, &desk.TermPage{Frame: frame, Row: plain, Form: plain.Term, Changed: true, Faults: termFaults}},
		"desk/glossary-missing": {&desk.MissingPage{Frame: frame, MissingList: subscriptions.MissingList{Words: []subscriptions.MissingWord{{Word: "MIIT", Items: 41, Item: 2, Title: long}, {Word: "NPC", Items: 1, Item: 3, Title: "T"}},
			Ignored: []string{"ISO", "5G"}, Unread: 1}}, &desk.MissingPage{Frame: frame}},
		"desk/glossary-import": {&desk.GlossaryImportPage{Frame: frame}, &desk.GlossaryImportPage{Frame: frame, List: "CAC, administration\n", Replace: true, Report: report},
			&desk.GlossaryImportPage{Frame: frame, List: "x", Faults: page.Faults{{Field: "list", Message: "There is no term in this list."}}}},
	}
}
