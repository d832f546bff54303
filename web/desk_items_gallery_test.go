package web_test

import (
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// deskItemPages are the cases of the pages of items: usual, empty, with faults
// and long.
func deskItemPages(now time.Time, frame desk.Frame) map[string][]framed {
	topics := subscriptions.StandardTopics()
	for i := range topics {
		topics[i].ID = int64(i + 1)
	}
	day := subscriptions.Date{Year: 2019, Month: 2, Day: 4}
	item := subscriptions.Item{ID: 7, Slug: "gb-t-35273", Title: "Draft on personal information security, open for comments", Topics: []int64{6, 2}, Date: day,
		Issuer: "SAC/TC260", Summary: "TC260 asks for comments on the draft.", Version: 3, State: subscriptions.ItemPublished, CreatedAt: now.Add(-48 * time.Hour), UpdatedAt: now,
		PublishedAt: now.Add(-time.Hour), Origin: "import newsletter.txt#3",
		Body:     "The draft replaces **GB/T 35273-2017**.\n\n| Part | Before | Now |\n|--|--|--|\n| Consent | once | for each purpose |\n\n- Companies must answer in 30 days.\n- Small ones may take longer.\n",
		Standard: &subscriptions.Standard{Identifier: "GB/T 35273", Title: "Personal information security specification", OriginalTitle: "信息安全技术 个人信息安全规范", Committee: "SAC/TC260", Stage: "Draft for comment", Relation: "None"},
		Comments: &subscriptions.CommentPeriod{Until: subscriptions.Date{Year: 2019, Month: 3, Day: 3}, URL: "https://example.org/draft"},
		Sources:  []subscriptions.Source{{Title: "Notice of the committee", URL: "https://example.org/notice", Language: "zh", Accessed: day}, {URL: "https://example.org/2"}}}
	draft := subscriptions.Item{ID: 8, Slug: "x", Title: strings.Repeat("A title that is as long as a title may be and then some ", 5), State: subscriptions.ItemDraft, CreatedAt: now, UpdatedAt: now.Add(-400 * time.Hour),
		Issuer: strings.Repeat("Ministry of ", 12)}
	like := []subscriptions.ItemLike{{ItemID: 9, Title: "Personal information: a draft", State: subscriptions.ItemDraft, Link: true}, {ItemID: 10, Title: "Another", State: subscriptions.ItemPublished}}
	revision := subscriptions.ItemRevision{ItemID: 7, Number: 3, At: now, Actor: "Ann Editor", Note: "the date was wrong", Item: item}
	words := desk.ItemWords{Title: item.Title, Summary: item.Summary, Body: item.Body, Issuer: item.Issuer, Date: "2019-02-04", Home: "6", Topics: []string{"2"}, Slug: item.Slug,
		Identifier: "GB/T 35273", StandardTitle: "Personal information security specification", Original: "信息安全技术 个人信息安全规范", Committee: "SAC/TC260", Stage: "Draft",
		Until: "2019-03-03", CommentsURL: "https://example.org/draft", Sources: []desk.SourceWords{{Title: "Notice", URL: "https://example.org/notice", Language: "zh", Accessed: "2019-02-04"}},
		Version: 3, Turn: 2, Slot: "item:7"}
	wrong := words
	wrong.Date, wrong.Home, wrong.Title = "4 Feb", "", ""
	faults := page.Faults{{Field: "title", Message: "The item has no title."}, {Field: "body", Message: "Too long."}, {Field: "topics", Message: "Choose one."}, {Field: "date", Message: "This is not a date."},
		{Field: "standard-identifier", Message: "None."}, {Field: "comments-until", Message: "None."}, {Field: "source-0-url", Message: "This is not a web link."}, {Field: "note", Message: "Long."}}
	unsaved := []subscriptions.UnsavedItem{{Slot: "new:a", Title: "Begun on the train", SavedAt: now}, {Slot: "item:7", ItemID: 7, SavedAt: now}}
	others := []desk.OtherWords{{Name: "Bob Writer", At: now.Add(-3 * time.Minute)}}
	pieces := []desk.Piece{{Text: "The draft "}, {Text: "amends", Op: "del"}, {Text: "replaces", Op: "ins"}, {Text: " … ", Cut: true}, {Text: "it <b>all</b>."}}
	diffs := []desk.FieldDiff{{Name: "Title", Pieces: pieces}, {Name: "Text", Pieces: append(pieces, desk.Piece{Text: strings.Repeat("long words ", 60), Op: "ins"})}}
	sorts := map[string]desk.SortLink{"title": {Path: "/desk/items?sort=title"}, "date": {Path: "/desk/items?sort=newest"}, "closing": {Path: "/desk/items?sort=closing"}, "changed": {Path: "/desk/items", Aria: "descending"}}
	var rows []desk.ItemRow
	for n := range 12 {
		i := item
		if i.ID = int64(20 + n); n%3 == 1 {
			i.State, i.Standard, i.Comments = subscriptions.ItemWithdrawn, nil, nil
		}
		rows = append(rows, desk.ItemRow{Item: i, Filed: []subscriptions.Topic{topics[5], topics[1]}, Last: "Ann Editor"})
	}
	rows[2].Like, rows[4].Like, rows[5].EditionID = like, like[1:], 1
	rows = append(rows, desk.ItemRow{Item: draft})
	list := desk.ItemsPage{Frame: frame, Rows: rows, Total: 4981, Sorts: sorts, Topics: topics, Editions: []subscriptions.Edition{{ID: 1, Title: "January–March 2019"}},
		Editors: []subscriptions.Editor{{ID: 1, Name: "Ann Editor"}}, Issuers: []string{"TC260", "MIIT"}, Pager: desk.Pager{Back: "/desk/items", On: "/desk/items?page=3", Words: "51 to 100 of 4,981 items"}}
	filtered := list
	filtered.Query = desk.ItemQuery{Q: "radio", State: "draft", Topic: "2", Edition: "1", Issuer: "TC260", By: "1", From: "2019-01-01", To: "2019-03-31", Deadline: "yes", Sort: "title", Here: "q=radio"}
	filtered.Chips, filtered.More, filtered.Cut = []desk.Chip{{Text: "“radio”", Without: "/desk/items"}, {Text: "Draft", Without: "/desk/items?q=radio"}}, true, "Only the first 12 words were looked for."
	filtered.Unsaved, filtered.Done = unsaved, desk.Done{Batch: "ABC", Count: 12}
	nothing := filtered
	nothing.Rows, nothing.Total, nothing.Pager, nothing.Done = nil, 0, desk.Pager{}, desk.Done{}
	form := desk.ItemFormPage{Frame: frame, ID: 7, State: "published", Fixed: true, Words: words, Choices: topics, Issuers: []string{"TC260"}, Held: "January–March 2019", Like: like, Others: others, Kept: now, Stale: true}
	return map[string][]framed{
		"desk/items": {&list, &desk.ItemsPage{Frame: frame, Empty: true}, &filtered, &nothing},
		"desk/item-form": {&desk.ItemFormPage{Frame: frame, Words: desk.ItemWords{Slot: "new:b"}, Choices: topics, Unsaved: unsaved[:1]}, &form,
			&desk.ItemFormPage{Frame: frame, ID: 7, State: "draft", Words: wrong, Faults: faults, Choices: topics}},
		"desk/item": {&desk.ItemPage{Frame: frame, Item: item, Topics: []subscriptions.Topic{topics[5], topics[1]}, Like: like, Last: &revision, Kept: now, Others: others},
			&desk.ItemPage{Frame: frame, Item: item, Topics: topics[:1], Held: "January–March 2019"}, &desk.ItemPage{Frame: frame, Item: draft},
			&desk.ItemPage{Frame: frame, Item: subscriptions.Item{Title: "Gone", State: subscriptions.ItemWithdrawn, CreatedAt: now}}},
		"desk/item-history": {&desk.ItemHistoryPage{Frame: frame, Item: item, Rows: []desk.RevisionRow{{ItemRevision: revision, Changed: "text and topics", Now: true},
			{ItemRevision: subscriptions.ItemRevision{Number: 2, Actor: "Bob", At: now, Aside: true}}, {ItemRevision: subscriptions.ItemRevision{Number: 1, Actor: "import", At: now, Batch: "b"}}}},
			&desk.ItemHistoryPage{Frame: frame, Item: item}},
		"desk/item-revision": {&desk.ItemRevisionPage{Frame: frame, Item: item, Revision: revision, Diffs: diffs}, &desk.ItemRevisionPage{Frame: frame, Item: item, Revision: revision, WithNow: true, Current: true},
			&desk.ItemRevisionPage{Frame: frame, Item: item, Revision: subscriptions.ItemRevision{Number: 1, Actor: "B", At: now, Aside: true}, First: true, Diffs: diffs}},
		"desk/item-conflict": {&desk.ItemConflictPage{Frame: frame, ID: 7, By: "Bob Writer", At: now, Clash: "text", Mine: words, Both: &form,
			Sides: []desk.ConflictSide{{Name: "Text", Theirs: pieces, Mine: pieces[:3]}, {Name: "Title", Mine: pieces}}},
			&desk.ItemConflictPage{Frame: frame, ID: 7, By: "Bob", At: now, Both: &desk.ItemFormPage{ID: 7, Choices: topics}}},
	}
}
