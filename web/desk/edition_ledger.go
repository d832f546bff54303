package desk

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/idn"
	"sesec.eu/tidings/web/page"
)

// ledgerRoutes are the pages that tell what became of an edition. They show
// addresses, as the pages of people do, and take the same role.
func (d *Desk) ledgerRoutes() []Route {
	return []Route{
		{http.MethodGet, "/desk/editions/:id/ledger", subscriptions.RolePublisher, d.ledger, 0},
		{http.MethodPost, "/desk/editions/:id/ledger/export", subscriptions.RolePublisher, d.exportLedger, 0},
		{http.MethodGet, "/desk/editions/:id/ledger/:delivery", subscriptions.RolePublisher, d.ledgerLine, 0},
		{http.MethodGet, "/desk/editions/:id/ledger/:delivery/letter", subscriptions.RolePublisher, d.showLedgerLetter, 0},
	}
}

// LedgerPage is an edition's ledger. Its filters stand in the address.
type LedgerPage struct {
	Frame
	subscriptions.LedgerPage
	Steps   EditionSteps
	Query   LedgerQuery
	Matched bool // there are filters
	On      string
	First   string // address of the first page, from a later one
	Faults  page.Faults
}

// LedgerQuery are the filters as they stand in the form.
type LedgerQuery struct{ Address, State, Topic, Item, From, To string }

// ledgerStates are the choices of the filter.
var ledgerStates = []struct {
	Value, Words string
	States       []subscriptions.DeliveryState
}{
	{"sent", "Sent", []subscriptions.DeliveryState{subscriptions.DeliverySent}},
	{"failed", "Failed", []subscriptions.DeliveryState{subscriptions.DeliveryFailed}},
	{"skipped", "Skipped", []subscriptions.DeliveryState{subscriptions.DeliverySkipped}},
	{"uncertain", "Uncertain", []subscriptions.DeliveryState{subscriptions.DeliveryUncertain}},
	{"deferred", "Deferred", []subscriptions.DeliveryState{subscriptions.DeliveryDeferred}},
	{"open", "Still open", []subscriptions.DeliveryState{subscriptions.DeliveryQueued, subscriptions.DeliveryClaimed, subscriptions.DeliverySending, subscriptions.DeliveryDeferred}},
}

// States are the choices.
func (p *LedgerPage) States() [][2]string {
	all := make([][2]string, len(ledgerStates))
	for i, s := range ledgerStates {
		all[i] = [2]string{s.Value, s.Words}
	}
	return all
}

// Sums are the books as they stand over the list: what there is of each, and the
// way to it.
func (p *LedgerPage) Sums() []LedgerSum {
	b := p.Books
	sums := []LedgerSum{{"Planned", b.Planned, ""}, {"Sent", b.Sent, "sent"}, {"Failed", b.Failed, "failed"}, {"Skipped", b.Skipped, "skipped"},
		{"Uncertain", b.Uncertain, "uncertain"}, {"Still open", b.Open(), "open"}}
	for i, s := range sums {
		sums[i].Path = editionPath(p.Edition.ID) + "/ledger"
		if s.Path != "" {
			sums[i].Path += "?state=" + s.Path
		}
	}
	return sums
}

// LedgerSum is a figure of the books.
type LedgerSum struct {
	Words string
	N     int
	Path  string
}

// Entries are the items one can ask for.
func (p *LedgerPage) Entries() []subscriptions.Item { return p.Content.Entries }

// Export carries the filters into the form of the export.
func (p *LedgerPage) Export() []SentWord {
	var words []SentWord
	for name, values := range p.Query.values() {
		words = append(words, SentWord{name, values[0]})
	}
	slices.SortFunc(words, func(a, b SentWord) int { return strings.Compare(a.Name, b.Name) })
	return words
}

func (q LedgerQuery) values() url.Values {
	values := url.Values{}
	for name, value := range map[string]string{"address": q.Address, "state": q.State, "topic": q.Topic, "item": q.Item, "from": q.From, "to": q.To} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

func (d *Desk) ledger(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	query := v.Request.URL.Query()
	f, asked, faults := d.ledgerFilter(id, query)
	p := &LedgerPage{Query: asked, Matched: asked != LedgerQuery{}, Faults: faults}
	status := http.StatusOK
	if len(faults) > 0 {
		f, status = subscriptions.LedgerFilter{EditionID: id, Limit: 1}, http.StatusUnprocessableEntity
	}
	if p.LedgerPage, err = d.Ledger.Page(v.Request.Context(), f); err != nil {
		return err
	}
	if len(faults) > 0 {
		p.Lines, p.Next = nil, 0
	}
	p.Frame = Frame{Title: "Ledger of " + p.Edition.Title, Section: "/desk/editions"}
	p.Steps = d.editionSteps(v, p.Edition, "/ledger")
	path := editionPath(id) + "/ledger"
	if p.Next != 0 {
		on := asked.values()
		on.Set("after", strconv.FormatInt(p.Next, 10))
		p.On = path + "?" + on.Encode()
	}
	if f.After != 0 {
		if p.First = path; p.Matched {
			p.First += "?" + asked.values().Encode()
		}
	}
	return d.show(v, status, "desk/edition-ledger", p)
}

// ledgerFilter reads the filters. Days are those of the site's zone, the last one
// included.
func (d *Desk) ledgerFilter(id int64, query url.Values) (subscriptions.LedgerFilter, LedgerQuery, page.Faults) {
	get := func(name string) string {
		const most = 254 // bytes: an address
		s := query.Get(name)
		return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s[:min(len(s), most)], "\x00", ""), ""))
	}
	q := LedgerQuery{Address: get("address"), State: get("state"), Topic: get("topic"), Item: get("item"), From: get("from"), To: get("to")}
	f := subscriptions.LedgerFilter{EditionID: id, Address: idn.ASCII(q.Address), Limit: perPage}
	for _, s := range ledgerStates {
		if s.Value == q.State {
			f.States = s.States
		}
	}
	f.TopicID, _ = strconv.ParseInt(q.Topic, 10, 64)
	f.ItemID, _ = strconv.ParseInt(q.Item, 10, 64)
	f.After, _ = strconv.ParseInt(query.Get("after"), 10, 64)
	f.After = max(f.After, 0)
	var faults page.Faults
	f.From, f.To, faults = d.days(q.From, q.To)
	return f, q, faults
}

// days reads the first and the last day of a filter, as moments of the site's zone:
// the second is the end of its day.
func (d *Desk) days(from, to string) (first, end time.Time, faults page.Faults) {
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
	if first, end = day("from", from), day("to", to); !end.IsZero() {
		end = end.AddDate(0, 0, 1)
	}
	if len(faults) == 0 && !first.IsZero() && !end.IsZero() && !first.Before(end) {
		faults = page.Faults{{Field: "to", Message: "The last day is before the first."}}
	}
	return first, end, faults
}

// exportLedger writes what the filter shows. It is a POST: that addresses were taken
// out is written down.
func (d *Desk) exportLedger(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	f, _, faults := d.ledgerFilter(id, sent)
	if len(faults) > 0 {
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: "a day of the filter is no day", Hint: "Mend it on the page of the ledger."}
	}
	begin := func(kind, extension string) {
		v.Header("Content-Type", kind)
		v.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="edition-%d-ledger-%s%s"`, id, d.Pages.Today(), extension))
	}
	ctx := v.Request.Context()
	if sent.Get("as") == "json" {
		separator := "["
		err = d.Ledger.Export(ctx, f, v.By(), func(l subscriptions.LedgerLine) error {
			if separator == "[" {
				begin("application/json", ".json")
			}
			line, err := json.Marshal(subscriptions.LedgerRecordOf(l))
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
			begin("application/json", ".json")
			_, _ = v.Writer.WriteString("[")
		}
		_, _ = v.Writer.WriteString("\n]\n")
		return nil
	}
	w := csv.NewWriter(v.Writer)
	head := func() {
		begin("text/csv; charset=utf-8", ".csv")
		_ = w.Write(subscriptions.LedgerColumns()) // Flush tells
	}
	n := 0
	err = d.Ledger.Export(ctx, f, v.By(), func(l subscriptions.LedgerLine) error {
		if n++; n == 1 {
			head()
		}
		cells := subscriptions.LedgerRecordOf(l).Cells()
		for i := range cells {
			cells[i] = Cell(cells[i])
		}
		return w.Write(cells)
	})
	if err == nil && n == 0 {
		head()
	}
	w.Flush()
	return d.halfWay(v, err)
}

// LedgerLinePage is one letter: what became of it, and how it looked.
type LedgerLinePage struct {
	Frame
	Edition subscriptions.Edition
	Line    subscriptions.LedgerLine
	Letter  string // address of the letter, for a frame; "" when there is nothing to show
	None    string // why there is nothing to show
}

// ledgerLetter finds a line of a ledger and makes its letter again.
func (d *Desk) ledgerLetter(v *Visit) (p LedgerLinePage, text, html string, err error) {
	edition, err := number(v, "id")
	if err != nil {
		return p, "", "", err
	}
	id, err := number(v, "delivery")
	if err != nil {
		return p, "", "", err
	}
	ctx := v.Request.Context()
	l, err := d.Ledger.Letter(ctx, edition, id)
	if err != nil {
		return p, "", "", err
	}
	p.Edition, p.Line = l.Edition, l.Line
	text, html, err = d.LedgerLetter(ctx, l)
	if err != nil && subscriptions.CodeOf(err) == subscriptions.Refused {
		p.None, err = page.Sentence(err.Error()), nil
	}
	return p, text, html, err
}

func (d *Desk) ledgerLine(v *Visit) error {
	p, _, html, err := d.ledgerLetter(v)
	if err != nil {
		return err
	}
	p.Frame = Frame{Title: "A letter of " + p.Edition.Title, Section: "/desk/editions"}
	if p.Line.Address != "" {
		p.Title = "The letter to " + idn.Display(p.Line.Address)
	}
	if html != "" {
		p.Letter = fmt.Sprintf("%s/ledger/%d/letter", editionPath(p.Edition.ID), p.Line.ID)
	}
	return d.show(v, http.StatusOK, "desk/edition-letter", &p)
}

// showLedgerLetter is the letter alone, in a sandbox.
func (d *Desk) showLedgerLetter(v *Visit) error {
	_, text, html, err := d.ledgerLetter(v)
	if err != nil {
		return err
	}
	frame(v, framedLetter)
	if v.Query("view") == "text" {
		v.Header("Content-Type", "text/html; charset=utf-8")
		return textView.Execute(v.Writer, text)
	}
	v.Data(http.StatusOK, "text/html; charset=utf-8", []byte(html))
	return nil
}
