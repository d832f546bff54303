package desk

import (
	"net/http"
	"strconv"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// correctionRoutes write corrections of what was sent. From its freeze on a correction
// goes through the pages of every edition: release, ledger.
func (d *Desk) correctionRoutes() []Route {
	return []Route{
		{http.MethodGet, "/desk/editions/:id/corrections", subscriptions.RoleEditor, d.corrections, 0},
		{http.MethodPost, "/desk/editions/:id/corrections", subscriptions.RoleEditor, d.writeCorrection, correctionBody},
		{http.MethodPost, "/desk/editions/:id/correction", subscriptions.RoleEditor, d.rewordCorrection, correctionBody},
		{http.MethodGet, "/desk/editions/:id/missed", subscriptions.RolePublisher, d.missed, 0},
		{http.MethodPost, "/desk/editions/:id/missed", subscriptions.RolePublisher, d.sendMissed, 0},
		{http.MethodGet, "/desk/editions/:id/correction/letter", subscriptions.RoleEditor, d.correctionLetter, 0},
	}
}

// correctionBody is what the form may send: two texts, each byte of them escaped.
const correctionBody = 2*3*2*subscriptions.MaxCorrection + 4096

// CorrectionsPage lists the corrections of an edition, and begins one.
type CorrectionsPage struct {
	Frame
	Edition subscriptions.Edition
	Steps   EditionSteps
	Entries []subscriptions.Item
	Written []subscriptions.Edition
	Item    int64 // that was chosen
	Words   subscriptions.Correction
	Faults  page.Faults
}

// Entry names the entry that a correction is about.
func (p *CorrectionsPage) Entry(id int64) string {
	for _, i := range p.Entries {
		if i.ID == id {
			return i.Title
		}
	}
	return ""
}

func (d *Desk) corrections(v *Visit) error {
	item, _ := strconv.ParseInt(v.Query("item"), 10, 64)
	return d.showCorrections(v, http.StatusOK, &CorrectionsPage{Item: item})
}

func (d *Desk) showCorrections(v *Visit, status int, p *CorrectionsPage) error {
	ctx := v.Request.Context()
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	if p.Edition, err = d.Editions.Store.FindEdition(ctx, id); err != nil {
		return err
	}
	if p.Edition.IsCorrection() {
		return v.Go(editionPath(id))
	}
	p.Frame = Frame{Title: "Corrections of " + p.Edition.Title, Section: "/desk/editions"}
	p.Steps = d.editionSteps(v, p.Edition, "/corrections")
	if p.Edition.Public() {
		content, err := d.Editions.Store.Content(ctx, id)
		if err != nil {
			return err
		}
		p.Entries = content.Entries
	}
	if p.Written, err = d.Editions.Store.Corrections(ctx, id); err != nil {
		return err
	}
	return d.show(v, status, "desk/corrections", p)
}

// correctionSent reads the form of a correction.
func correctionSent(v *Visit) (item int64, words subscriptions.Correction, faults page.Faults, err error) {
	sent, err := page.Form(v.Context)
	if page.TooLong(err) {
		return 0, words, page.TooLongFault(sent, "wrong", "right"), nil
	}
	if err != nil {
		return 0, words, nil, err
	}
	item, _ = strconv.ParseInt(sent.Get("item"), 10, 64)
	return item, subscriptions.Correction{Wrong: cleanText(sent.Get("wrong")), Right: cleanText(sent.Get("right"))}, nil, nil
}

func (d *Desk) writeCorrection(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	p := &CorrectionsPage{}
	if p.Item, p.Words, p.Faults, err = correctionSent(v); err != nil {
		return err
	}
	if p.Item == 0 && len(p.Faults) == 0 {
		p.Faults = page.Faults{{Field: "item", Message: "Choose the entry that was wrong."}}
	}
	if len(p.Faults) > 0 {
		return d.showCorrections(v, http.StatusUnprocessableEntity, p)
	}
	c, err := d.Editions.As(v.By()).Correct(v.Request.Context(), id, p.Item, p.Words)
	if faults, ok := page.FaultsOf(err); err != nil && ok {
		p.Faults = faults.InOrder("item", "wrong", "right")
		return d.showCorrections(v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	v.Say("Begun. Nobody gets it before a publisher has approved it.")
	return v.Go(editionPath(c.ID))
}

// CorrectionPage is a correction on its way.
type CorrectionPage struct {
	Frame
	subscriptions.CorrectionPage
	Steps   EditionSteps
	Reach   subscriptions.Reach
	Books   subscriptions.Books
	Words   subscriptions.Correction
	Editing bool
	Faults  page.Faults
}

// correction is the page of an edition that is a correction.
func (d *Desk) correction(v *Visit, status int, words *subscriptions.Correction, faults page.Faults) error {
	ctx := v.Request.Context()
	p := &CorrectionPage{Faults: faults}
	var err error
	if p.CorrectionPage, err = d.Editions.Correction(ctx, v.id()); err != nil {
		return err
	}
	e := p.Edition
	p.Frame = Frame{Title: e.Title, Section: "/desk/editions"}
	p.Steps = d.editionSteps(v, e, "")
	p.Editing = e.State == subscriptions.EditionCollecting
	if p.Words = e.Correction; words != nil {
		p.Words = *words
	}
	if e.StartedAt.IsZero() {
		if p.Reach, err = d.Reach.Of(ctx, p.Content); err != nil {
			return err
		}
	} else if p.Books, err = d.Editions.Store.Books(ctx, e.ID); err != nil {
		return err
	}
	return d.show(v, status, "desk/correction", p)
}

// Left says who got the entry and gets no correction.
func (p *CorrectionPage) Left() string {
	gone, paused := p.Reach.Nothing, p.Reach.Paused
	switch {
	case gone+paused == 0:
		return ""
	case paused == 0:
		return page.Count(gone, "person", "people") + " who got the entry left since and get nothing."
	case gone == 0:
		return page.Count(paused, "person", "people") + " who got the entry paused since and get nothing."
	}
	return page.Count(gone+paused, "person", "people") + " who got the entry get nothing: " + page.Number(gone) + " left since, " + page.Number(paused) + " paused."
}

func (d *Desk) rewordCorrection(v *Visit) error {
	_, words, faults, err := correctionSent(v)
	if err != nil {
		return err
	}
	if len(faults) == 0 {
		_, err = d.Editions.As(v.By()).Reword(v.Request.Context(), v.id(), words)
		if err == nil {
			v.Say("Saved.")
			return v.Go(editionPath(v.id()))
		}
		var ok bool
		if faults, ok = page.FaultsOf(err); !ok {
			return err
		}
		faults = faults.InOrder("wrong", "right")
	}
	return d.correction(v, http.StatusUnprocessableEntity, &words, faults)
}

// correctionLetter is the letter alone, in a sandbox.
func (d *Desk) correctionLetter(v *Visit) error {
	ctx := v.Request.Context()
	p, err := d.Editions.Correction(ctx, v.id())
	if err != nil {
		return err
	}
	text, html, err := d.ItemLetter(ctx, p.Content)
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
