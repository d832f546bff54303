package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// webinarBody is what the form of a webinar may send: its bounds, as a browser
// encodes them.
const webinarBody = 3*2*(subscriptions.MaxContents+subscriptions.MaxPresenters*subscriptions.MaxBiography) + 128<<10

// zoneNames are those offered; any other can be written.
var zoneNames = []string{"Europe/Brussels", "Asia/Shanghai", "UTC", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Asia/Singapore"}

// WebinarForm is the page on which a webinar is written.
type WebinarForm struct {
	Frame
	ID         int64
	Action     string
	Draft      bool // its time and address can still be written here
	Edit       subscriptions.WebinarEdit
	Topics     []subscriptions.Topic
	Presenters []subscriptions.Presenter // of the form: those there are, and empty ones
	Questions  []QuestionForm
	Zones      []string
	Registered int // who are told when the title or the link changes
	Faults     page.Faults
	Conflict   string // what somebody else has saved meanwhile
}

// QuestionForm is a question as it is written: its choices a line each.
type QuestionForm struct {
	N                       int
	ID, Kind, Text, Choices string
	Required                bool
}

// Ticked reports whether the topic is chosen.
func (p *WebinarForm) Ticked(slug string) bool { return slices.Contains(p.Edit.Topics, slug) }

func (d *Desk) webinarForm(v *Visit, id int64, e subscriptions.WebinarEdit) (*WebinarForm, error) {
	ctx := v.Request.Context()
	p := &WebinarForm{Frame: Frame{Title: "New webinar", Section: webinarsPath}, ID: id, Action: webinarsPath + "/new", Draft: true, Edit: e, Zones: zoneNames}
	var err error
	if p.Topics, err = d.Webinars.Store.Topics(ctx); err != nil {
		return nil, err
	}
	if id != 0 {
		row, err := d.Webinars.Find(ctx, id)
		if err != nil {
			return nil, err
		}
		p.Title, p.Action, p.Draft, p.Registered = "Edit "+row.Title, webinarPath(id)+"/edit", row.State == subscriptions.WebinarDraft, row.Counts.Taken()
	}
	p.Presenters = append(slices.Clone(e.Presenters), subscriptions.Presenter{})
	for i, q := range e.Questions {
		p.Questions = append(p.Questions, QuestionForm{i + 1, q.ID, string(q.Kind), q.Text, strings.Join(q.Choices, "\n"), q.Required})
	}
	for len(p.Questions) < min(len(e.Questions)+2, subscriptions.MaxQuestions) {
		p.Questions = append(p.Questions, QuestionForm{N: len(p.Questions) + 1, Kind: string(subscriptions.QuestionText)})
	}
	return p, nil
}

func (d *Desk) newWebinar(v *Visit) error {
	p, err := d.webinarForm(v, 0, subscriptions.WebinarEdit{Zone: d.Pages.Identity().Zone, Language: "English"})
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/webinar-form", p)
}

func (d *Desk) editWebinar(v *Visit) error {
	ctx := v.Request.Context()
	w, err := d.Webinars.Store.FindWebinar(ctx, v.id())
	if err != nil {
		return err
	}
	topics, err := d.Webinars.Store.Topics(ctx)
	if err != nil {
		return err
	}
	p, err := d.webinarForm(v, w.ID, subscriptions.EditOfWebinar(w, topics))
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/webinar-form", p)
}

func (d *Desk) saveWebinar(v *Visit) error {
	ctx := v.Request.Context()
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	e := webinarSent(sent)
	e.Tells = v.May(subscriptions.RolePublisher)
	id := v.id()
	var w subscriptions.Webinar
	if id == 0 {
		w, err = d.Webinars.Create(ctx, e, v.By())
	} else {
		w, err = d.Webinars.Edit(ctx, id, e, v.By())
	}
	if err == nil {
		v.Say("Saved.")
		return v.Go(webinarPath(w.ID))
	}
	conflict := subscriptions.CodeOf(err) == subscriptions.Conflict
	faults, ok := page.FaultsOf(err)
	if !ok && !conflict {
		return err
	}
	p, errForm := d.webinarForm(v, id, e)
	if errForm != nil {
		return errForm
	}
	p.Faults = faults.InOrder("title", "slug", "topics", "starts", "ends", "zone", "language", "presenters", "contents", "registration_url", "join_url", "capacity", "register_until",
		"reminders", "questions", "question-1", "question-2", "question-3", "question-4", "question-5", "recording_url", "slides_url")
	status := http.StatusUnprocessableEntity
	if conflict {
		status, p.Edit.Version, p.Conflict = http.StatusConflict, w.Version, w.Title
	}
	return d.show(v, status, "desk/webinar-form", p)
}

// webinarSent reads the form.
func webinarSent(sent url.Values) subscriptions.WebinarEdit {
	e := subscriptions.WebinarEdit{Version: wholeNumber(sent.Get("version")), Title: sent.Get("title"), Slug: sent.Get("slug"), Topics: sent["topics"], Starts: wallOf(sent.Get("starts")),
		Ends: wallOf(sent.Get("ends")), Zone: sent.Get("zone"), Language: sent.Get("language"), Contents: sent.Get("contents"), RegistrationURL: sent.Get("registration_url"),
		JoinURL: sent.Get("join_url"), Capacity: sent.Get("capacity"), RegisterUntil: wallOf(sent.Get("register_until")), Reminders: sent.Get("reminders"),
		RecordingURL: sent.Get("recording_url"), SlidesURL: sent.Get("slides_url")}
	for i := range sent["presenter_name"] {
		e.Presenters = append(e.Presenters, subscriptions.Presenter{Name: sent["presenter_name"][i], Role: nth(sent["presenter_role"], i), Biography: nth(sent["presenter_biography"], i)})
	}
	for n := 1; n <= subscriptions.MaxQuestions; n++ {
		field := func(name string) string { return sent.Get(fmt.Sprintf("question-%d-%s", n, name)) }
		text := strings.Join(strings.Fields(sent.Get(fmt.Sprintf("question-%d", n))), " ")
		if text == "" {
			continue // without words it is none; its answers stay with those who gave them
		}
		q := subscriptions.Question{ID: field("id"), Kind: subscriptions.QuestionKind(field("kind")), Text: text, Required: field("required") == "yes"}
		if q.ID == "" {
			q.ID = newQuestionID(e.Questions, n)
		}
		if q.Kind == subscriptions.QuestionChoice {
			for line := range strings.Lines(field("choices")) {
				if line = strings.Join(strings.Fields(line), " "); line != "" {
					q.Choices = append(q.Choices, line)
				}
			}
		}
		e.Questions = append(e.Questions, q)
	}
	return e
}

// newQuestionID is one that no question of the form has.
func newQuestionID(taken []subscriptions.Question, n int) string {
	for {
		id := fmt.Sprintf("q%d", n)
		if !slices.ContainsFunc(taken, func(q subscriptions.Question) bool { return q.ID == id }) {
			return id
		}
		n += subscriptions.MaxQuestions
	}
}

func nth(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
