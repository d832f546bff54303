package desk

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const auditPath = "/desk/settings/audit"

// AuditPage shows who did what. Its filters stand in the address.
type AuditPage struct {
	Frame
	Events  []subscriptions.AuditEvent
	Query   AuditQuery
	People  []subscriptions.Editor
	Nouns   []string // what an action may be about, for the filter
	Older   string   // address of the next page; "" when there is none
	Newest  string   // address of the first one, from a later one
	CSV     string
	JSON    string
	Faults  page.Faults
	Matched bool // there are filters
}

// AuditQuery are the filters as they stand in the form.
type AuditQuery struct{ Text, Editor, Action, Subject, From, To string }

// auditNouns are those that the desk's actions begin with.
var auditNouns = []string{"edition.", "editor.", "feed.", "glossary.", "import.", "item.", "session.", "settings.", "topic.", "webinar."}

func (d *Desk) audit(v *Visit) error {
	query := v.Request.URL.Query()
	filter, asked, faults := d.auditFilter(query)
	p := &AuditPage{Frame: Frame{Title: "Audit log", Section: settingsPath}, Query: asked, Nouns: auditNouns, Faults: faults, Matched: asked != AuditQuery{}}
	if asked.Action != "" && !slices.Contains(p.Nouns, asked.Action) {
		p.Nouns = append([]string{asked.Action}, p.Nouns...)
	}
	var err error
	if p.People, err = d.Editors.Store.Editors(v.Request.Context()); err != nil {
		return err
	}
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	} else {
		var more bool
		if p.Events, more, err = d.Audit.Page(v.Request.Context(), filter); err != nil {
			return err
		}
		if more {
			p.Older = auditAddress(auditPath, asked, p.Events[len(p.Events)-1].ID)
		}
		if filter.BeforeID != 0 {
			p.Newest = auditAddress(auditPath, asked, 0)
		}
	}
	p.CSV, p.JSON = auditAddress(auditPath+".csv", asked, 0), auditAddress(auditPath+".json", asked, 0)
	return d.show(v, status, "desk/audit", p)
}

// auditFilter reads the filters. Days are those of the site's zone, the last one
// included.
func (d *Desk) auditFilter(query url.Values) (subscriptions.AuditFilter, AuditQuery, page.Faults) {
	get := func(name string) string {
		const most = 200 // bytes
		s := query.Get(name)
		return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s[:min(len(s), most)], "\x00", ""), ""))
	}
	q := AuditQuery{Text: get("q"), Editor: get("editor"), Action: get("action"), Subject: get("subject"), From: get("from"), To: get("to")}
	f := subscriptions.AuditFilter{Text: q.Text, Action: q.Action, Subject: q.Subject}
	f.EditorID, _ = strconv.ParseInt(q.Editor, 10, 64)
	f.BeforeID, _ = strconv.ParseInt(query.Get("before"), 10, 64)
	var faults page.Faults
	zone, err := subscriptions.LoadZone(d.Pages.Identity().Zone)
	if err != nil {
		zone = time.UTC
	}
	day := func(field, s string) (t time.Time) {
		if s == "" {
			return t
		}
		date, err := subscriptions.ParseDate(s)
		if err != nil {
			faults = append(faults, page.Fault{Field: field, Message: "This is not a day. A day looks like 2019-03-31."})
			return t
		}
		return date.In(zone)
	}
	f.From, f.To = day("from", q.From), day("to", q.To)
	if !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1)
	}
	if len(faults) == 0 && !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		faults = page.Faults{{Field: "to", Message: "The last day is before the first."}}
	}
	return f, q, faults
}

func auditAddress(path string, q AuditQuery, before int64) string {
	values := url.Values{}
	for name, value := range map[string]string{"q": q.Text, "editor": q.Editor, "action": q.Action, "subject": q.Subject, "from": q.From, "to": q.To} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if before != 0 {
		values.Set("before", strconv.FormatInt(before, 10))
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// exported begins an export: a file with the day in its name.
func (d *Desk) exported(v *Visit, kind, extension string) (subscriptions.AuditFilter, error) {
	filter, _, faults := d.auditFilter(v.Request.URL.Query())
	if len(faults) > 0 {
		return filter, &subscriptions.Error{Code: subscriptions.Invalid, Message: "a day of the filter is no day", Hint: "Mend it on the page of the audit log."}
	}
	v.Header("Content-Type", kind)
	v.Header("Content-Disposition", `attachment; filename="audit-`+d.Pages.Today().String()+extension+`"`)
	return filter, nil
}

func (d *Desk) auditCSV(v *Visit) error {
	filter, err := d.exported(v, "text/csv; charset=utf-8", ".csv")
	if err != nil {
		return err
	}
	w := csv.NewWriter(v.Writer)
	_ = w.Write([]string{"id", "at", "who", "action", "subject", "about", "detail", "ip"}) // Flush tells
	err = d.Audit.Each(v.Request.Context(), filter, func(e subscriptions.AuditEvent) error {
		return w.Write([]string{strconv.FormatInt(e.ID, 10), e.At.Format(time.RFC3339), Cell(e.Actor), Cell(e.Action), Cell(e.Subject), Cell(e.About), Cell(e.Detail), Cell(e.IP)})
	})
	w.Flush()
	return d.halfWay(v, err)
}

// Cell is a text as a cell of a CSV file that a spreadsheet opens: one that begins
// like a formula gets an apostrophe before it, so that it stays a text
// (https://owasp.org/www-community/attacks/CSV_Injection).
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

// exportedEvent is a line as the export writes it.
type exportedEvent struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	Editor  int64     `json:"editor,omitempty"`
	Who     string    `json:"who"`
	Action  string    `json:"action"`
	Subject string    `json:"subject,omitempty"`
	About   string    `json:"about,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	IP      string    `json:"ip,omitempty"`
}

func (d *Desk) auditJSON(v *Visit) error {
	filter, err := d.exported(v, "application/json", ".json")
	if err != nil {
		return err
	}
	separator := "["
	err = d.Audit.Each(v.Request.Context(), filter, func(e subscriptions.AuditEvent) error {
		line, err := json.Marshal(exportedEvent{e.ID, e.At, e.EditorID, e.Actor, e.Action, e.Subject, e.About, e.Detail, e.IP})
		if err == nil {
			_, err = v.Writer.WriteString(separator + "\n" + string(line))
		}
		separator = ","
		return err
	})
	if err != nil {
		return d.halfWay(v, err)
	}
	if separator == "[" {
		_, err = v.Writer.WriteString("[")
	}
	_, _ = v.Writer.WriteString("\n]\n") // a reader who has gone is no fault of ours
	return err
}

// halfWay breaks the answer off when it failed after its first bytes have left:
// half a file must not look like a whole one.
func (d *Desk) halfWay(v *Visit, err error) error {
	if err == nil || !v.Writer.Written() {
		return err
	}
	d.Pages.Log.ErrorContext(v.Request.Context(), "an export was broken off", "error", err)
	panic(http.ErrAbortHandler)
}
