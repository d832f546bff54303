package desk

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// attendanceBody is more than the list of ten thousand people takes.
const attendanceBody = 8 << 20

// RegistrationsPage lists who takes part in a webinar.
type RegistrationsPage struct {
	Frame
	subscriptions.RegistrationList
	Query  string
	State  string
	States []subscriptions.RegistrationState
	Pager  Pager
	Form   subscriptions.Registrant
	Faults page.Faults
}

func (d *Desk) registrations(v *Visit) error {
	return d.showRegistrations(v, http.StatusOK, subscriptions.Registrant{}, nil)
}

func (d *Desk) showRegistrations(v *Visit, status int, form subscriptions.Registrant, faults page.Faults) error {
	query := v.Request.URL.Query()
	states := []subscriptions.RegistrationState{subscriptions.RegistrationActive, subscriptions.RegistrationWaiting, subscriptions.RegistrationPending, subscriptions.RegistrationCancelled,
		subscriptions.RegistrationAttended, subscriptions.RegistrationMissed}
	p := &RegistrationsPage{Frame: Frame{Title: "Registrations", Section: webinarsPath}, Query: query.Get("q"), State: query.Get("state"), States: states, Form: form, Faults: faults}
	f := subscriptions.RegistrationFilter{WebinarID: v.id(), Text: p.Query, Limit: perPage, Offset: (pageOf(query) - 1) * perPage}
	if p.State != "" {
		f.States = []subscriptions.RegistrationState{subscriptions.RegistrationState(p.State)}
	}
	var err error
	if p.RegistrationList, err = d.Webinars.Registrations(v.Request.Context(), f); err != nil {
		return err
	}
	p.Pager = pager(webinarPath(v.id())+"/registrations", query, p.Total, "registration", "registrations")
	return d.show(v, status, "desk/webinar-registrations", p)
}

func (d *Desk) addRegistration(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	form := subscriptions.Registrant{Email: page.Email(sent), Name: sent.Get("name"), Organisation: sent.Get("organisation"), Source: sent.Get("source")}
	r, err := d.Webinars.Register(v.Request.Context(), v.id(), form, v.By())
	if faults, ok := page.FaultsOf(err); ok {
		return d.showRegistrations(v, http.StatusUnprocessableEntity, form, faults.InOrder("email", "name", "organisation", "source"))
	}
	if err != nil {
		return err
	}
	v.Say(subscriptions.MaskAddress(r.Address) + " is " + map[bool]string{true: "on the waiting list", false: "registered"}[r.State == subscriptions.RegistrationWaiting] + ", and gets the letter that says so.")
	return v.Go(webinarPath(v.id()) + "/registrations")
}

func (d *Desk) cancelRegistration(v *Visit) error {
	n, err := strconv.ParseInt(v.Param("n"), 10, 64)
	if err != nil {
		n = 0
	}
	r, err := d.Webinars.Unregister(v.Request.Context(), n, v.By())
	if err != nil {
		return err
	}
	v.Say("The place of " + subscriptions.MaskAddress(r.Address) + " is given back.")
	return v.Go(webinarPath(r.WebinarID) + "/registrations")
}

// exportRegistrations is a POST: that somebody took the list is written down.
func (d *Desk) exportRegistrations(v *Visit) error {
	w, all, err := d.Webinars.AllRegistrations(v.Request.Context(), v.id(), v.By())
	if err != nil {
		return err
	}
	v.Header("Content-Type", "text/csv; charset=utf-8")
	v.Header("Content-Disposition", `attachment; filename="`+w.Slug+`-registrations.csv"`)
	return WriteRegistrations(v.Writer, w, all)
}

// WriteRegistrations writes them as a spreadsheet reads them, an answer a column.
func WriteRegistrations(out io.Writer, w subscriptions.Webinar, all []subscriptions.Registration) error {
	c := csv.NewWriter(out)
	head := []string{"email", "name", "organisation", "state", "registered", "confirmed", "source"}
	for _, q := range w.Questions {
		head = append(head, Cell(q.Text))
	}
	_ = c.Write(head) // Flush tells
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	for _, r := range all {
		row := []string{Cell(r.Address), Cell(r.Name), Cell(r.Organisation), string(r.State), when(r.CreatedAt), when(r.ConfirmedAt), Cell(r.Source)}
		for _, q := range w.Questions {
			row = append(row, Cell(r.Answers[q.ID]))
		}
		_ = c.Write(row)
	}
	c.Flush()
	return c.Error()
}

// takeAttendance reads the list of a webinar tool.
func (d *Desk) takeAttendance(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	data := []byte(sent.Get("list"))
	if file := uploaded(v.Request.MultipartForm); file != nil {
		f, err := file.Open()
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		if data, err = io.ReadAll(io.LimitReader(f, attendanceBody)); err != nil {
			return err
		}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return d.webinarPage(v, http.StatusUnprocessableEntity, nil, page.Faults{{Field: "file", Message: "Choose the list of attendees."}})
	}
	rows, err := subscriptions.ReadAttendance(data)
	if err == nil {
		var came subscriptions.Attendance
		if came, err = d.Webinars.TakeAttendance(v.Request.Context(), v.id(), rows, v.By()); err == nil {
			return d.webinarPage(v, http.StatusOK, &came, nil)
		}
	}
	if faults, ok := page.FaultsOf(err); ok {
		return d.webinarPage(v, http.StatusUnprocessableEntity, nil, faults)
	}
	return err
}

// letterNames say what each letter of a webinar is.
var letterNames = map[subscriptions.Kind]string{
	subscriptions.KindAnnouncement: "Announcement", subscriptions.KindRegisterConfirm: "Link to confirm", subscriptions.KindRegistered: "Registered, with the invitation",
	subscriptions.KindWaiting: "On the waiting list", subscriptions.KindPromoted: "A place after waiting", subscriptions.KindReminder: "Reminder",
	subscriptions.KindWebinarMoved: "New time", subscriptions.KindWebinarChanged: "Another title or link", subscriptions.KindWebinarCancelled: "Cancelled",
	subscriptions.KindLeft: "Place given back", subscriptions.KindFollowUp: "After the webinar",
}

func runName(name string) string {
	what, rest, _ := strings.Cut(name, ":")
	words := runWords[what]
	if words == "" {
		words = what
	}
	if what == "reminder" {
		window, _, _ := strings.Cut(rest, ":")
		words += ", " + strings.NewReplacer("7d", "7 days", "24h", "1 day", "1h", "1 hour").Replace(window) + " before"
	}
	return words
}

// WebinarLetterPage shows a letter as it would leave now.
type WebinarLetterPage struct {
	Frame
	Row     subscriptions.WebinarRow
	Name    string
	Subject string
	Text    string
	Source  string // of the frame
	Invite  string // the calendar it carries
}

func (d *Desk) webinarLetter(v *Visit) error {
	ctx := v.Request.Context()
	row, err := d.Webinars.Find(ctx, v.id())
	if err != nil {
		return err
	}
	kind := subscriptions.Kind(v.Param("kind"))
	name, ok := letterNames[kind]
	if !ok {
		return &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such letter", Hint: "Choose one on the page of the webinar."}
	}
	l, err := d.WebinarLetter(ctx, row.Webinar, kind)
	if err != nil {
		return err
	}
	if v.Query("view") == "html" {
		frame(v, framedLetter)
		v.Data(http.StatusOK, "text/html; charset=utf-8", []byte(l.HTML))
		return nil
	}
	return d.show(v, http.StatusOK, "desk/webinar-letter", &WebinarLetterPage{Frame{Title: name, Section: webinarsPath}, row, name, l.Subject, l.Text,
		webinarPath(row.ID) + "/letters/" + string(kind) + "?view=html", l.Invite})
}
