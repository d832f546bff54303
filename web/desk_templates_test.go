package web_test

import (
	"maps"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
)

// everyDeskPage has the cases of the desk's templates: usual, empty, with faults
// and long.
func everyDeskPage(now time.Time) map[string][]framed {
	frame := desk.Frame{Title: "A title", Section: "/desk/items", Editor: subscriptions.Editor{ID: 1, Name: "An editor", Role: subscriptions.RoleAdmin}, Said: "Saved."}
	alone := desk.Frame{Title: "A title"}
	edition := subscriptions.Edition{ID: 1, Slug: "2019-q1", Title: "January–March 2019", State: subscriptions.EditionCollecting, CreatedAt: now,
		Period: subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}}}
	pages := map[string][]framed{
		"desk/error": {&desk.ErrorPage{Frame: frame, Message: "M.", Hint: "Do."}, &desk.ErrorPage{Frame: alone, Message: "M."}},
		"desk/today": {&desk.TodayPage{Frame: frame}, &desk.TodayPage{Frame: frame, Editions: []subscriptions.Edition{edition}}},
	}
	maps.Copy(pages, editionPages(now))
	return pages
}
