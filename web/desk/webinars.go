package desk

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const webinarsPath = "/desk/webinars"

func webinarPath(id int64) string { return webinarsPath + "/" + strconv.FormatInt(id, 10) }

// webinarRoutes are the pages of webinars. Who may send to many is a publisher; so is
// who sees the people.
func (d *Desk) webinarRoutes() []Route {
	const one = webinarsPath + "/:id"
	return []Route{
		{http.MethodGet, webinarsPath, subscriptions.RoleEditor, d.webinars, 0},
		{http.MethodGet, webinarsPath + "/new", subscriptions.RoleEditor, d.newWebinar, 0},
		{http.MethodPost, webinarsPath + "/new", subscriptions.RoleEditor, d.saveWebinar, webinarBody},
		{http.MethodGet, one, subscriptions.RoleEditor, d.webinar, 0},
		{http.MethodGet, one + "/edit", subscriptions.RoleEditor, d.editWebinar, 0},
		{http.MethodPost, one + "/edit", subscriptions.RoleEditor, d.saveWebinar, webinarBody},
		{http.MethodGet, one + "/letters/:kind", subscriptions.RoleEditor, d.webinarLetter, 0},
		{http.MethodPost, one + "/announce", subscriptions.RolePublisher, d.announceWebinar, 0},
		{http.MethodGet, one + "/move", subscriptions.RolePublisher, d.moveWebinarForm, 0},
		{http.MethodPost, one + "/move", subscriptions.RolePublisher, d.moveWebinar, 0},
		{http.MethodGet, one + "/cancel", subscriptions.RolePublisher, d.cancelWebinarForm, 0},
		{http.MethodPost, one + "/cancel", subscriptions.RolePublisher, d.cancelWebinar, 0},
		{http.MethodPost, one + "/follow-up", subscriptions.RolePublisher, d.followUpWebinar, 0},
		{http.MethodGet, one + "/registrations", subscriptions.RolePublisher, d.registrations, 0},
		{http.MethodPost, one + "/registrations", subscriptions.RolePublisher, d.addRegistration, 0},
		{http.MethodPost, one + "/registrations/:n/cancel", subscriptions.RolePublisher, d.cancelRegistration, 0},
		{http.MethodPost, one + "/export", subscriptions.RolePublisher, d.exportRegistrations, 0},
		{http.MethodPost, one + "/attendance", subscriptions.RolePublisher, d.takeAttendance, attendanceBody},
	}
}

// WebinarsPage lists them, the latest first.
type WebinarsPage struct {
	Frame
	Webinars []subscriptions.WebinarRow
	Pager    Pager
}

func (d *Desk) webinars(v *Visit) error {
	all, err := d.Webinars.List(v.Request.Context())
	if err != nil {
		return err
	}
	query := v.Request.URL.Query()
	p := &WebinarsPage{Frame: Frame{Title: "Webinars", Section: webinarsPath}, Pager: pager(webinarsPath, query, len(all), "webinar", "webinars")}
	first := min((pageOf(query)-1)*perPage, len(all))
	p.Webinars = all[first:min(first+perPage, len(all))]
	return d.show(v, http.StatusOK, "desk/webinars", p)
}

// WebinarDeskPage is one of them: where it stands, what it says, what can be done.
type WebinarDeskPage struct {
	Frame
	Row      subscriptions.WebinarRow
	Topics   []subscriptions.Topic
	Steps    []Step
	Sittings []subscriptions.Sitting
	Runs     []RunRow
	Letters  []LetterName
	Faults   page.Faults
	Came     *subscriptions.Attendance // what a list has come to
	Begun    bool
}

// Step is a place on the way of a webinar.
type Step struct {
	Name      string
	Done, Now bool
}

// RunRow is a letter to many people, with its name in words.
type RunRow struct {
	subscriptions.WebinarRun
	Words string
}

// LetterName is a letter that can be looked at.
type LetterName struct{ Kind, Name string }

var runWords = map[string]string{"announcement": "Announcement", "moved": "New time", "changed": "Change of the title or the link", "cancelled": "Cancellation", "reminder": "Reminder", "followup": "What comes after"}

// steps is the way of a webinar. That it was moved is a step of its own for who looks.
func steps(w subscriptions.Webinar) []Step {
	way := []subscriptions.WebinarState{subscriptions.WebinarDraft, subscriptions.WebinarAnnounced, subscriptions.WebinarLive, subscriptions.WebinarOver}
	at := slices.Index(way, w.State)
	if w.State == subscriptions.WebinarCancelled {
		at = 1
		if w.AnnouncedAt.IsZero() {
			at = 0
		}
	}
	var all []Step
	for i, state := range way {
		if w.State == subscriptions.WebinarCancelled && i > at {
			break
		}
		all = append(all, Step{page.State(string(state)), i < at || w.State == subscriptions.WebinarCancelled, i == at && w.State != subscriptions.WebinarCancelled})
		if state == subscriptions.WebinarAnnounced && w.Moved() {
			all[len(all)-1].Now, all[len(all)-1].Done = false, true
			all = append(all, Step{"Moved", i < at || w.State == subscriptions.WebinarCancelled, i == at && w.State != subscriptions.WebinarCancelled})
		}
	}
	if w.State == subscriptions.WebinarCancelled {
		all = append(all, Step{"Cancelled", false, true})
	}
	return all
}

func (d *Desk) webinar(v *Visit) error { return d.webinarPage(v, http.StatusOK, nil, nil) }

func (d *Desk) webinarPage(v *Visit, status int, came *subscriptions.Attendance, faults page.Faults) error {
	ctx := v.Request.Context()
	row, err := d.Webinars.Find(ctx, v.id())
	if err != nil {
		return err
	}
	topics, err := d.Webinars.Store.Topics(ctx)
	if err != nil {
		return err
	}
	id := d.Pages.Identity()
	p := &WebinarDeskPage{Frame: Frame{Title: row.Title, Section: webinarsPath}, Row: row, Steps: steps(row.Webinar), Came: came, Faults: faults,
		Sittings: subscriptions.Sittings(row.Starts, row.Ends, row.Zone, id.Zone, id.Second), Begun: !d.Now().Before(row.Starts)}
	for _, t := range topics {
		if slices.Contains(row.Topics, t.ID) {
			p.Topics = append(p.Topics, t)
		}
	}
	runs, err := d.Webinars.Store.WebinarRuns(ctx, row.ID)
	if err != nil {
		return err
	}
	for _, r := range runs {
		p.Runs = append(p.Runs, RunRow{r, runName(r.Name)})
	}
	for _, k := range subscriptions.WebinarKinds() {
		if row.Own() || k == subscriptions.KindAnnouncement {
			p.Letters = append(p.Letters, LetterName{string(k), letterNames[k]})
		}
	}
	return d.show(v, status, "desk/webinar", p)
}

func (d *Desk) announceWebinar(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	if sent.Get("alone") == "yes" && !d.confirmed(v, webinarPath(v.id())) {
		return nil // letters to many cannot be taken back
	}
	w, err := d.Webinars.Announce(v.Request.Context(), v.id(), sent.Get("alone") == "yes", v.By())
	if err != nil {
		return err
	}
	said := "Announced. It is on the site, and in the next digest of its topics."
	if w.Alone {
		said = "Announced. The letter is on its way, and the next digest of its topics has it too."
	}
	v.Say(said)
	return v.Go(webinarPath(w.ID))
}

func (d *Desk) followUpWebinar(v *Visit) error {
	if !d.confirmed(v, webinarPath(v.id())) {
		return nil
	}
	w, err := d.Webinars.FollowUp(v.Request.Context(), v.id(), v.By())
	if err != nil {
		return err
	}
	v.Say("The letter to those who had a place is on its way.")
	return v.Go(webinarPath(w.ID))
}

// WebinarMovePage asks for another time; WebinarCancelPage asks once more. Both say
// how many people get a mail.
type WebinarMovePage struct {
	Frame
	Row    subscriptions.WebinarRow
	Move   subscriptions.WebinarMove
	Zones  []string
	Faults page.Faults
}

// WebinarCancelPage asks once more.
type WebinarCancelPage struct {
	Frame
	Row    subscriptions.WebinarRow
	Note   string
	Faults page.Faults
}

func (d *Desk) moveWebinarForm(v *Visit) error {
	if !d.confirmed(v, webinarPath(v.id())+"/move") {
		return nil
	}
	row, err := d.Webinars.Find(v.Request.Context(), v.id())
	if err != nil {
		return err
	}
	e := subscriptions.EditOfWebinar(row.Webinar, nil)
	return d.showMove(v, http.StatusOK, row, subscriptions.WebinarMove{Version: row.Version, Starts: e.Starts, Ends: e.Ends, Zone: e.Zone}, nil)
}

func (d *Desk) showMove(v *Visit, status int, row subscriptions.WebinarRow, m subscriptions.WebinarMove, faults page.Faults) error {
	return d.show(v, status, "desk/webinar-move", &WebinarMovePage{Frame{Title: "Move the webinar", Section: webinarsPath}, row, m, zoneNames, faults})
}

func (d *Desk) moveWebinar(v *Visit) error {
	if !d.confirmed(v, webinarPath(v.id())+"/move") {
		return nil
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	m := subscriptions.WebinarMove{Version: wholeNumber(sent.Get("version")), Starts: wallOf(sent.Get("starts")), Ends: wallOf(sent.Get("ends")), Zone: sent.Get("zone"), Note: sent.Get("note")}
	w, err := d.Webinars.Move(v.Request.Context(), v.id(), m, v.By())
	if faults, ok := page.FaultsOf(err); ok {
		row, errFind := d.Webinars.Find(v.Request.Context(), v.id())
		if errFind != nil {
			return errFind
		}
		return d.showMove(v, http.StatusUnprocessableEntity, row, m, faults.InOrder("starts", "ends", "zone", "note"))
	}
	if err != nil {
		return err
	}
	v.Say("Moved. Everybody who takes part or waits is told, and reminded by the new time.")
	return v.Go(webinarPath(w.ID))
}

func (d *Desk) cancelWebinarForm(v *Visit) error {
	if !d.confirmed(v, webinarPath(v.id())+"/cancel") {
		return nil
	}
	row, err := d.Webinars.Find(v.Request.Context(), v.id())
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/webinar-cancel", &WebinarCancelPage{Frame: Frame{Title: "Cancel the webinar", Section: webinarsPath}, Row: row})
}

func (d *Desk) cancelWebinar(v *Visit) error {
	if !d.confirmed(v, webinarPath(v.id())+"/cancel") {
		return nil
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	w, err := d.Webinars.Cancel(v.Request.Context(), v.id(), sent.Get("note"), v.By())
	if faults, ok := page.FaultsOf(err); ok {
		row, errFind := d.Webinars.Find(v.Request.Context(), v.id())
		if errFind != nil {
			return errFind
		}
		return d.show(v, http.StatusUnprocessableEntity, "desk/webinar-cancel", &WebinarCancelPage{Frame{Title: "Cancel the webinar", Section: webinarsPath}, row, sent.Get("note"), faults})
	}
	if err != nil {
		return err
	}
	v.Say("Cancelled. Everybody who takes part or waits is told, and calendars take it out.")
	return v.Go(webinarPath(w.ID))
}

// wallOf is a time as a browser's input sends it, or as it was typed.
func wallOf(s string) string {
	if t, err := time.Parse("2006-01-02T15:04", s); err == nil {
		return t.Format("2006-01-02 15:04")
	}
	return s
}
