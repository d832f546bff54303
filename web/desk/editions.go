package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// EditionsPage lists the editions, the newest period first.
type EditionsPage struct {
	Frame
	Editions []EditionRow
	Next     subscriptions.EditionEdit // what "New edition" proposes
	Pager    Pager
}

// EditionRow is an edition in the list.
type EditionRow struct {
	subscriptions.EditionSize
	People int // planned, or who would get it now; -1 while nobody was counted
}

func (d *Desk) editions(v *Visit) error {
	ctx := v.Request.Context()
	sizes, err := d.Editions.Sizes(ctx)
	if err != nil {
		return err
	}
	p := &EditionsPage{Frame: Frame{Title: "Editions", Section: "/desk/editions"}}
	if p.Next, err = d.Editions.Propose(ctx); err != nil {
		return err
	}
	query := v.Request.URL.Query()
	p.Pager = pager("/desk/editions", query, len(sizes), "edition", "editions")
	first := min((pageOf(query)-1)*perPage, len(sizes))
	for _, size := range sizes[first:min(first+perPage, len(sizes))] {
		row := EditionRow{size, size.Planned}
		if size.Content != nil {
			reach, err := d.Reach.Of(ctx, *size.Content)
			if err != nil {
				return err
			}
			if row.People = reach.People; reach.At.IsZero() {
				row.People = -1
			}
		}
		p.Editions = append(p.Editions, row)
	}
	return d.show(v, http.StatusOK, "desk/editions", p)
}

// editionBody is what the texts of an edition may send: their bounds, as a browser
// encodes them.
const editionBody = 3 * (2*subscriptions.MaxIntro + subscriptions.MaxContact + 2*subscriptions.MaxSubject) * 2

// EditionForm is the page on which an edition begins and its texts are written.
type EditionForm struct {
	Frame
	ID     int64 // 0: a new one
	Action string
	From   string // the days as they were typed
	To     string
	Edit   subscriptions.EditionEdit
	Faults page.Faults
	// Theirs is what somebody else saved meanwhile; nil when nobody did.
	Theirs *subscriptions.EditionEdit
	First  bool // there is no edition yet
}

func (d *Desk) newEdition(v *Visit) error {
	ctx := v.Request.Context()
	next, err := d.Editions.Propose(ctx)
	if err != nil {
		return err
	}
	all, err := d.Editions.Store.Editions(ctx)
	if err != nil {
		return err
	}
	p := newEditionForm(0, next)
	p.First = len(all) == 0
	return d.show(v, http.StatusOK, "desk/edition-form", p)
}

func newEditionForm(id int64, edit subscriptions.EditionEdit) *EditionForm {
	p := &EditionForm{Frame: Frame{Title: "New edition", Section: "/desk/editions"}, ID: id, Action: "/desk/editions/new", Edit: edit,
		From: edit.Period.From.String(), To: edit.Period.To.String()}
	if id != 0 {
		p.Title, p.Action = "Edit "+edit.Title, editionPath(id)+"/edit"
	}
	return p
}

// editionSent reads the form as it was filled in, and what is wrong with its days.
func editionSent(v *Visit, id int64) (*EditionForm, error) {
	sent, err := page.Form(v.Context)
	if err != nil && !page.TooLong(err) {
		return nil, err
	}
	p := newEditionForm(id, subscriptions.EditionEdit{Version: wholeNumber(sent.Get("version")), Title: sent.Get("title"),
		Intro: sent.Get("intro"), About: sent.Get("about"), Contact: sent.Get("contact"),
		Subject: sent.Get("subject"), Preheader: sent.Get("preheader")})
	p.From, p.To = sent.Get("from"), sent.Get("to")
	if err != nil {
		p.Faults = page.TooLongFault(sent, "title", "subject", "preheader", "intro", "about", "contact")
		return p, nil //nolint:nilerr // said at the field
	}
	for _, day := range []struct {
		field, typed string
		into         *subscriptions.Date
	}{{"from", p.From, &p.Edit.Period.From}, {"to", p.To, &p.Edit.Period.To}} {
		if *day.into, err = subscriptions.ParseDate(day.typed); err != nil {
			p.Faults = append(p.Faults, page.Fault{Field: day.field, Message: "Write this day as year-month-day, such as 2019-03-31."})
		}
	}
	return p, nil
}

func (d *Desk) createEdition(v *Visit) error {
	p, err := editionSent(v, 0)
	if err != nil {
		return err
	}
	if len(p.Faults) == 0 {
		e, err := d.Editions.As(v.By()).Create(v.Request.Context(), p.Edit.Title, p.Edit.Period)
		if err == nil {
			v.Say("Begun. The published items of its period are in it already.")
			return v.Go(editionPath(e.ID))
		}
		if p.Faults, err = editionFaults(err); err != nil {
			return err
		}
	}
	return d.show(v, http.StatusUnprocessableEntity, "desk/edition-form", p)
}

// editionFaults are those of the form; an error that is none comes back.
func editionFaults(err error) (page.Faults, error) {
	faults, ok := page.FaultsOf(err)
	if !ok {
		return nil, err
	}
	for n := range faults {
		switch faults[n].Field {
		case "period":
			faults[n].Field = "from"
		case "slug":
			faults[n].Field = "title"
		}
	}
	return faults.InOrder("title", "from", "to", "subject", "preheader", "intro", "about", "contact"), nil
}

func (d *Desk) editEdition(v *Visit) error {
	e, err := d.Editions.Store.FindEdition(v.Request.Context(), v.id())
	if err != nil {
		return err
	}
	if e.IsCorrection() {
		return v.Go(editionPath(e.ID)) // its words are written there
	}
	return d.show(v, http.StatusOK, "desk/edition-form", newEditionForm(e.ID, subscriptions.EditOf(e)))
}

func (d *Desk) saveEdition(v *Visit) error {
	p, err := editionSent(v, v.id())
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if len(p.Faults) == 0 {
		e, err := d.Editions.As(v.By()).Edit(v.Request.Context(), p.ID, p.Edit)
		switch {
		case err == nil:
			v.Say("Saved.")
			return v.Go(editionPath(e.ID))
		case subscriptions.CodeOf(err) == subscriptions.Conflict && e.Version != p.Edit.Version:
			theirs := subscriptions.EditOf(e)
			p.Theirs, p.Edit.Version, status = &theirs, e.Version, http.StatusConflict
		default:
			if p.Faults, err = editionFaults(err); err != nil {
				return err
			}
		}
	}
	return d.show(v, status, "desk/edition-form", p)
}
