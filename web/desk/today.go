package desk

import (
	"net/http"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// TodayPage says what comes next, whether anything is wrong, and what the others
// did.
type TodayPage struct {
	Frame
	subscriptions.Today
}

// Headline is the page's sentence: the worst first.
func (p *TodayPage) Headline() string {
	bad, warn := 0, 0
	for _, c := range p.Checks {
		switch c.Level {
		case subscriptions.LevelBad:
			bad++
		case subscriptions.LevelWarn:
			warn++
		}
	}
	switch {
	case bad == 1:
		return "One thing is wrong."
	case bad > 1:
		return "Several things are wrong."
	case warn > 0:
		return "It runs. Look at what is marked."
	}
	return "All is well."
}

// Path is where the subject of a line of the log is worked on; "" for nowhere.
func (p *TodayPage) Path(e subscriptions.AuditEvent) string { return subjectPath(e.Subject) }

// subjectPath leads from a subject of the audit log to its page.
func subjectPath(subject string) string {
	noun, id, _ := strings.Cut(subject, ":")
	switch noun {
	case "item":
		return "/desk/items/" + id
	case "edition":
		return "/desk/editions/" + id
	case "topic":
		return topicsPath + "/" + id
	case "term":
		return glossaryPath + "/terms/" + id
	}
	return ""
}

func (d *Desk) showToday(v *Visit) error {
	today, err := d.Today.Today(v.Request.Context(), v.Editor.ID, v.Session.CreatedAt)
	if err != nil {
		return err
	}
	for i, c := range today.Checks {
		if (strings.HasPrefix(c.Path, "/desk/people") || strings.HasPrefix(c.Path, returnsPath)) && !v.May(subscriptions.RolePublisher) {
			today.Checks[i].Path = "" // not theirs to open
		}
	}
	return d.show(v, http.StatusOK, "desk/today", &TodayPage{Frame: Frame{Title: "Today", Section: "/desk"}, Today: today})
}

// Count is the number of items in a state.
func (p *TodayPage) Count(state string) int { return p.Items[subscriptions.ItemState(state)] }
