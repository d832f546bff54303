package web_test

import (
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// preflightPages has the cases of what one sees before a release.
func preflightPages(now time.Time) map[string][]framed {
	frame := func(role subscriptions.Role) desk.Frame {
		return desk.Frame{Title: "Before a release", Section: "/desk/editions", Editor: subscriptions.Editor{ID: 1, Name: "An editor", Role: role}}
	}
	topics := subscriptions.StandardTopics()
	for i := range topics {
		topics[i].ID = int64(i + 1)
	}
	edition := subscriptions.Edition{ID: 7, Slug: "2019-q1", Title: "January–March 2019", State: subscriptions.EditionCollecting, CreatedAt: now}
	steps := desk.EditionSteps{States: []desk.EditionStep{{Words: "Collecting", Now: true}, {Words: "Frozen"}, {Words: "Approval"}, {Words: "Sending"}, {Words: "Archived"}},
		Parts: []page.NavLink{{Path: "/desk/editions/7", Text: "Contents"}, {Path: "/desk/editions/7/preview", Text: "Preview"}, {Path: "/desk/editions/7/preflight", Text: "Preflight", Current: true}}}

	letter := subscriptions.ComposedLetter{Subject: "8 entries in 4 topics · January–March 2019", Text: "For you:\nIoT\n", HTML: strings.Repeat("x", 41_300), Raw: []byte("Subject: x\r\n\r\nx")}
	shown := func(name string) desk.ShownLetter {
		return desk.ShownLetter{Viewed: subscriptions.Viewed{Name: name, People: 118, Topics: topics[:2], Muted: true, Letter: letter}, Src: "/desk/sign-in", Save: "/desk/editions/7/preview/letter?as=variant:1&view=file"}
	}
	var rows []desk.ViewerRow
	for n, name := range []string{"All 6 topics", "IoT, Industrial and Cybersecurity", "Cybersecurity", "IoT", "Communication networks and services, and more of a long name", "Blockchain", "IoT and Blockchain", "Only Horizontal issues"} {
		rows = append(rows, desk.ViewerRow{Name: name, Entries: 11 - n, People: 512 / (n + 1), Only: "?as=a", Beside: "?as=b"})
	}
	rows[0].Shown, rows[0].Beside = true, ""
	preview := desk.EditionPreviewPage{Frame: frame(subscriptions.RolePublisher), Edition: edition, Steps: steps, Shown: []desk.ShownLetter{shown("All 6 topics")}, Letters: rows, More: "?letters=all",
		Personas: []desk.ViewerRow{{Name: "A national committee", Only: "?as=p", Beside: "?as=q"}, {Name: "Lisbon, IoT only", Only: "?as=p", Shown: true}}, As: []string{"variant:1"}, Counted: true, People: 2418, Room: true,
		Groups: []subscriptions.SeedGroup{{ID: 1, Name: "The editors", Addresses: []string{"a@example.org", "b@example.org"}}},
		Tests:  []subscriptions.TestSend{{Group: "The editors", Letters: 2, Addresses: 2, Actor: "Anna Berg", CreatedAt: now}}}
	views := func(current string) (links []page.NavLink) {
		for _, v := range []string{"Letter", "Phone", "Dark", "Images off", "Plain text", "Source"} {
			links = append(links, page.NavLink{Path: "?view=" + v, Text: v, Current: v == current})
		}
		return links
	}
	preview.Views = views("Letter")
	beside := preview
	beside.Views, beside.View = views("Plain text"), "text"
	beside.Shown = []desk.ShownLetter{shown("All 6 topics"), shown(strings.Repeat("A long name ", 10))}
	beside.Shown[0].Away, beside.Shown[1].Away = "?x", "?y"
	beside.Shown[1].Warning, beside.Shown[1].Letter.Shortened, beside.Shown[1].Letter.LeftOut = "This person would get nothing now: paused.", []int64{1, 2}, 3
	beside.As = []string{"variant:1", "persona:2"}
	phone := preview
	phone.View, phone.Views = "phone", views("Phone")
	phone.Shown = []desk.ShownLetter{shown("IoT"), shown("Blockchain")}
	phone.Shown[0].Phone, phone.Shown[1].Phone = true, true
	source := preview
	source.View, source.Views = "source", views("Source")
	source.Shown = []desk.ShownLetter{shown("IoT")}
	source.Shown[0].Source = "Date: Mon, 01 Apr 2019 08:00:00 +0000\nMessage-ID: <x@example.org>\n\n" + strings.Repeat("=C2=A0", 40)
	source.Email, source.Faults = "nobody", page.Faults{{Field: "email", Message: "Nobody is subscribed with this address."}}
	nothing := preview
	nothing.Shown = []desk.ShownLetter{{Viewed: subscriptions.Viewed{Name: "Lisbon, IoT only", Nothing: "Nothing of this edition is in their topics: they get no letter."}}}
	nothing.Groups, nothing.Personas, nothing.Tests = nil, nil, nil
	empty := desk.EditionPreviewPage{Frame: frame(subscriptions.RoleEditor), Edition: edition, Steps: steps, Views: views("Letter"), Counted: true}
	uncounted := empty
	uncounted.Counted, uncounted.Edition.State = false, subscriptions.EditionFrozen

	place := func(n int, name string) subscriptions.Spot { return subscriptions.Spot{Order: n, Name: name} }
	find := func(key, code string, level subscriptions.FindingLevel, at subscriptions.Spot, sentence, do, path, action string) subscriptions.PreflightFinding {
		return subscriptions.PreflightFinding{Key: key, Code: code, Level: level, Place: at, Sentence: sentence, Do: do, Path: path, Action: action}
	}
	six, four := place(7, "Entry 6. Draft on personal information security"), place(5, "Entry 4. Blockchain information services must register from 15 February")
	findings := []subscriptions.PreflightFinding{
		find("a1", "link-dead", subscriptions.FindingBlocking, six, "The server says that there is no such page (404).", "Find where the page went, or take the link out.", "/desk/items/6/edit", "Edit the item"),
		find("a2", "deadline-past", subscriptions.FindingWarning, four, "Its comment period ended on 12 February 2019; letters say so.", "Check the date, or take it out if the news is over.", "/desk/items/4/edit", "Edit the item"),
		find("a3", "link-moved", subscriptions.FindingWarning, six, "The page has moved for good.", "Link to where it leads: https://example.org/new", "/desk/items/6/edit", "Edit the item"),
		find("a4", "glossary-missing", subscriptions.FindingWarning, place(10001, "Glossary"), "“ITSRC” in entry 3 is not in the glossary.", "Add it, or say that it needs no explanation.", "/desk/settings/glossary/missing", "Open the list"),
		find("a5", "people-nothing", subscriptions.FindingNote, place(10003, "People"), "37 people get no letter, because nothing is in their topics.", "", "/desk/editions/7", "Who gets what"),
		find("a6", "sender-example", subscriptions.FindingNote, place(10005, "Sender"), "The sender’s domain example.org is one for examples: no mail can come from there.", "", "", ""),
	}
	findings[0].URL, findings[2].URL = "https://www.example.org/standards/2019/a-page-that-is-gone-and-has-a-very-long-address.html", "http://example.org/old"
	findings[2].Taken = &subscriptions.Acknowledgement{Reason: "The new page is in Chinese only.", Actor: "Anna Berg", At: now}
	var letters []subscriptions.PreflightLetter
	for n := range 12 {
		letters = append(letters, subscriptions.PreflightLetter{Topics: subscriptions.NewTopicSet(int64(n + 1)), Names: fmt.Sprintf("IoT and topic %d", n), People: 301 / (n + 1), Entries: 11 - n/2, HTML: 58_300 - 3000*n, Text: 9000, Whole: 80_000})
	}
	letters[0].Shortened, letters[1].Shortened, letters[1].LeftOut = 3, 1, 2
	run := &subscriptions.Preflight{EditionID: 7, Hash: "h", State: subscriptions.PreflightDone, People: 2418, Links: 34, LinksDone: 34, Findings: findings, Letters: letters, Actor: "Anna Berg", StartedAt: now, UpdatedAt: now, FinishedAt: now}
	matrix := []desk.MatrixRow{{Item: subscriptions.Item{ID: 1, Number: 1, Title: "A hundred partners at the webinar on cybersecurity law"}, Marks: []string{"home", "", "", "", "", "other"}, People: 2455},
		{Item: subscriptions.Item{ID: 2, Number: 2, Title: "ISO/IEC takes up China’s real-time IoT framework"}, Marks: []string{"", "home", "", "", "other", ""}, People: 1204}}
	checked := func(run *subscriptions.Preflight, role subscriptions.Role) *desk.PreflightPage {
		p := &desk.PreflightPage{Frame: frame(role), Edition: edition, Steps: steps, Run: run, Verdict: subscriptions.JudgePreflight(7, "h", run, now), Topics: topics, Matrix: matrix}
		if run != nil {
			p.Broken = run.Broken(now)
			p.Groups = desk.FindingGroups(run.Findings)
			for _, l := range run.Letters {
				p.Letters = append(p.Letters, desk.CheckedLetter{PreflightLetter: l, Path: "/desk/editions/7/preview?as=variant:1"})
			}
		}
		return p
	}
	with := func(change func(*subscriptions.Preflight)) *subscriptions.Preflight {
		other := *run
		change(&other)
		return &other
	}
	wrong := checked(run, subscriptions.RolePublisher)
	wrong.Wrong, wrong.Faults = "a2", page.Faults{{Field: "reason", Message: "Say why it may stay as it is."}}
	stale := checked(with(func(p *subscriptions.Preflight) { p.Hash = "old" }), subscriptions.RoleEditor)
	stale.All = true
	return map[string][]framed{
		"desk/edition-preview": {&preview, &beside, &phone, &source, &nothing, &empty, &uncounted},
		"desk/edition-preflight": {checked(run, subscriptions.RolePublisher), wrong, stale, checked(nil, subscriptions.RoleEditor),
			checked(with(func(p *subscriptions.Preflight) { p.Findings = nil }), subscriptions.RolePublisher),
			checked(with(func(p *subscriptions.Preflight) {
				p.State, p.LinksDone, p.FinishedAt = subscriptions.PreflightRunning, 12, time.Time{}
			}), subscriptions.RolePublisher),
			checked(with(func(p *subscriptions.Preflight) {
				p.State, p.Links, p.Letters, p.Findings = subscriptions.PreflightRunning, 0, nil, nil
			}), subscriptions.RoleEditor),
			checked(with(func(p *subscriptions.Preflight) {
				p.State, p.Why = subscriptions.PreflightFailed, "the database cannot be reached"
			}), subscriptions.RoleEditor),
			checked(with(func(p *subscriptions.Preflight) {
				p.State, p.UpdatedAt = subscriptions.PreflightRunning, now.Add(-time.Hour)
			}), subscriptions.RoleEditor)},
		"desk/readers": {&desk.ReadersPage{Frame: frame(subscriptions.RoleEditor), Tabs: []page.NavLink{{Path: "/desk/settings", Text: "Name and sender"}, {Path: "/desk/settings/readers", Text: "Preview and tests", Current: true}}, Topics: topics,
			Personas: []desk.PersonaRow{{Persona: subscriptions.Persona{ID: 1, Name: "A national committee", Zone: "Europe/Lisbon"}, Names: "All 6 topics"}, {Persona: subscriptions.Persona{ID: 2, Name: strings.Repeat("Long ", 20)}, Names: "IoT"}},
			Groups:   []subscriptions.SeedGroup{{ID: 1, Name: "The editors", Addresses: []string{"a@example.org"}, UsedAt: now}}},
			&desk.ReadersPage{Frame: frame(subscriptions.RoleEditor), Topics: topics},
			&desk.ReadersPage{Frame: frame(subscriptions.RoleEditor), Topics: topics,
				Persona: desk.PersonaForm{ID: 1, Name: "x", Zone: "Mars", Topics: subscriptions.NewTopicSet(2), Faults: page.Faults{{Field: "name", Message: "Long."}, {Field: "topics", Message: "None."}, {Field: "zone", Message: "There is no zone."}}},
				Group:   desk.GroupForm{ID: 1, Name: "g", Addresses: "x", Faults: page.Faults{{Field: "group-name", Message: "Taken."}, {Field: "group-addresses", Message: "x: no e-mail address."}}}}},
	}
}
