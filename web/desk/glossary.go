package desk

import (
	"net/http"
	"strconv"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const glossaryPath = "/desk/settings/glossary"

// glossaryBody is what a list of terms may send: its text once escaped.
const glossaryBody = 3*subscriptions.MaxGlossaryFile + page.MaxBody

// GlossaryPage lists the terms, and takes a new one.
type GlossaryPage struct {
	Frame
	subscriptions.GlossaryList
	Removed []subscriptions.TermRevision
	Pager   Pager
	Form    subscriptions.Term
	Faults  page.Faults
}

func (d *Desk) showGlossary(v *Visit) error {
	// A word to work off comes with the link from the list of those that are missing.
	return d.glossaryPage(v, http.StatusOK, subscriptions.Term{Abbreviation: v.Query("add")}, nil)
}

func (d *Desk) glossaryPage(v *Visit, status int, form subscriptions.Term, faults page.Faults) error {
	query := v.Request.URL.Query()
	list, err := d.Glossary.List(v.Request.Context(), query.Get("q"), pageOf(query))
	if err != nil {
		return err
	}
	removed, err := d.Glossary.Removed(v.Request.Context())
	if err != nil {
		return err
	}
	query.Del("add")
	return d.show(v, status, "desk/glossary", &GlossaryPage{Frame{Title: "Glossary", Section: "/desk/settings"}, list, removed,
		pager(glossaryPath, query, list.Total, "term", "terms"), form, faults})
}

func readTerm(v *Visit) (subscriptions.Term, error) {
	sent, err := page.Form(v.Context)
	if err != nil {
		return subscriptions.Term{}, err
	}
	version, _ := strconv.Atoi(sent.Get("version")) // what is no number fits no version
	return subscriptions.Term{Abbreviation: sent.Get("abbreviation"), English: sent.Get("english"), Chinese: sent.Get("chinese"), Version: version}, nil
}

func (d *Desk) addTerm(v *Visit) error {
	form, err := readTerm(v)
	if err != nil {
		return err
	}
	t, err := d.Glossary.Add(v.Request.Context(), form, v.By())
	if faults, ok := page.FaultsOf(err); ok {
		return d.glossaryPage(v, http.StatusUnprocessableEntity, form, faults)
	}
	if err != nil {
		return err
	}
	v.Say(t.Abbreviation + " is in the glossary. Letters explain it where it stands in them.")
	return v.Go(glossaryPath)
}

// TermPage is one term, with what it said before.
type TermPage struct {
	Frame
	Row     subscriptions.TermRow
	Past    []subscriptions.TermRevision
	Form    subscriptions.Term
	Changed bool // by somebody else, while this form was open: Row says to what
	Faults  page.Faults
}

func (d *Desk) showTerm(v *Visit) error {
	id, err := rowID(v)
	if err != nil {
		return err
	}
	return d.termPage(v, http.StatusOK, id, nil, nil)
}

func (d *Desk) termPage(v *Visit, status int, id int64, form *subscriptions.Term, fault error) error {
	row, past, err := d.Glossary.Term(v.Request.Context(), id)
	if err != nil {
		return err
	}
	p := &TermPage{Frame: Frame{Title: row.Abbreviation, Section: "/desk/settings"}, Row: row, Past: past, Form: row.Term}
	if form != nil {
		p.Form = *form
		p.Faults, _ = page.FaultsOf(fault)
		if subscriptions.CodeOf(fault) == subscriptions.Conflict {
			p.Changed, p.Form.Version = true, row.Version
		}
	}
	return d.show(v, status, "desk/term", p)
}

func (d *Desk) changeTerm(v *Visit) error {
	id, err := rowID(v)
	if err != nil {
		return err
	}
	form, err := readTerm(v)
	if err != nil {
		return err
	}
	form.ID = id
	t, err := d.Glossary.Change(v.Request.Context(), form, v.By())
	switch _, ok := page.FaultsOf(err); {
	case ok:
		return d.termPage(v, http.StatusUnprocessableEntity, id, &form, err)
	case subscriptions.CodeOf(err) == subscriptions.Conflict:
		return d.termPage(v, http.StatusConflict, id, &form, err)
	case err != nil:
		return err
	}
	v.Say(t.Abbreviation + " is saved.")
	return v.Go(glossaryPath)
}

func (d *Desk) removeTerm(v *Visit) error {
	id, err := rowID(v)
	if err != nil {
		return err
	}
	sent, err := readTerm(v)
	if err != nil {
		return err
	}
	r, err := d.Glossary.Remove(v.Request.Context(), id, sent.Version, v.By())
	if err != nil {
		return err
	}
	v.Say(r.Abbreviation + " is out of the glossary. It can be put in again below.")
	return v.Go(glossaryPath)
}

func (d *Desk) restoreTerm(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(sent.Get("revision"), 10, 64) // what is no number is no revision
	t, err := d.Glossary.Restore(v.Request.Context(), id, v.By())
	if err != nil {
		return err
	}
	v.Say(t.Abbreviation + " says again what it said.")
	return v.Go(glossaryPath)
}

// MissingPage lists abbreviations that no term explains.
type MissingPage struct {
	Frame
	subscriptions.MissingList
	Pager Pager
}

func (d *Desk) showMissing(v *Visit) error {
	query := v.Request.URL.Query()
	list, err := d.Glossary.Missing(v.Request.Context(), pageOf(query))
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/glossary-missing", &MissingPage{Frame{Title: "Abbreviations without a term", Section: "/desk/settings"}, list,
		pager(glossaryPath+"/missing", query, list.Total, "abbreviation", "abbreviations")})
}

func (d *Desk) ignoreWord(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	word, ignore := sent.Get("ignore"), true
	if word == "" {
		word, ignore = sent.Get("heed"), false
	}
	if err := d.Glossary.Ignore(v.Request.Context(), word, ignore, v.By()); err != nil {
		return err
	}
	if ignore {
		v.Say(word + " is passed over from now on. Below the list it can be taken back.")
	} else {
		v.Say(word + " is looked for again.")
	}
	return v.Go(glossaryPath + "/missing")
}
