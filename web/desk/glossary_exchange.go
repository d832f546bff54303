package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// GlossaryImportPage takes a list of terms: first it says what the list would do.
type GlossaryImportPage struct {
	Frame
	List    string
	Replace bool
	Report  *subscriptions.GlossaryReport // what it would do; nil before it was read
	Faults  page.Faults
}

func (d *Desk) showGlossaryImport(v *Visit) error {
	return d.glossaryImportPage(v, http.StatusOK, &GlossaryImportPage{})
}

func (d *Desk) glossaryImportPage(v *Visit, status int, p *GlossaryImportPage) error {
	p.Frame = Frame{Title: "Import terms", Section: "/desk/settings"}
	return d.show(v, status, "desk/glossary-import", p)
}

func (d *Desk) importGlossary(v *Visit) error {
	sent, err := page.Form(v.Context)
	if page.TooLong(err) {
		return d.glossaryImportPage(v, http.StatusRequestEntityTooLarge, &GlossaryImportPage{List: sent.Get("list"), Faults: page.TooLongFault(sent, "list")})
	}
	if err != nil {
		return err
	}
	p := &GlossaryImportPage{List: sent.Get("list"), Replace: sent.Get("replace") == "yes"}
	sure := sent.Get("do") == "import"
	report, err := d.Glossary.Import(v.Request.Context(), p.List, p.Replace, !sure, v.By())
	if faults, ok := page.FaultsOf(err); ok {
		p.Faults = faults
		return d.glossaryImportPage(v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	if !sure {
		p.Report = &report
		return d.glossaryImportPage(v, http.StatusOK, p)
	}
	v.Say(page.Count(len(report.Added), "term", "terms") + " added, " + page.Number(len(report.Changed)) + " changed.")
	return v.Go(glossaryPath)
}

func (d *Desk) glossaryCSV(v *Visit) error {
	return d.glossaryFile(v, "glossary.csv", "text/csv; charset=utf-8", subscriptions.GlossaryCSV)
}

func (d *Desk) glossaryMarkdown(v *Visit) error {
	return d.glossaryFile(v, "glossary.md", "text/markdown; charset=utf-8", subscriptions.GlossaryMarkdown)
}

func (d *Desk) glossaryFile(v *Visit, name, kind string, write func([]subscriptions.Term) []byte) error {
	terms, err := d.Glossary.All(v.Request.Context())
	if err != nil {
		return err
	}
	v.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	v.Data(http.StatusOK, kind, write(terms))
	return nil
}
