package desk

import (
	"net/http"
	"slices"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// EditionSteps is the strip that the pages of one edition share, the partial
// "edition-steps": where the edition stands, and the way to its other pages. A
// page makes it with editionSteps and shows it below its head.
type EditionSteps struct {
	States []EditionStep
	Parts  []page.NavLink // of them only what there is and the visitor may open
}

// editionParts are the pages of an edition in the order of the work.
var editionParts = []struct{ path, text string }{
	{"", "Contents"}, {"/preview", "Preview"}, {"/preflight", "Preflight"}, {"/release", "Release"}, {"/ledger", "Ledger"}, {"/corrections", "Corrections"}, {"/statistics", "Statistics"},
}

// editionSteps makes the strip for the page whose address ends in part.
func (d *Desk) editionSteps(v *Visit, e subscriptions.Edition, part string) EditionSteps {
	s := EditionSteps{States: d.steps(e)}
	routes := d.Routes()
	for _, p := range editionParts {
		if p.path == "/corrections" && (!e.Public() || e.IsCorrection()) {
			continue // there is nothing that could be corrected
		}
		there := slices.ContainsFunc(routes, func(r Route) bool {
			return r.Method == http.MethodGet && r.Path == "/desk/editions/:id"+p.path && v.May(r.Role)
		})
		if there {
			s.Parts = append(s.Parts, page.NavLink{Path: editionPath(e.ID) + p.path, Text: p.text, Current: p.path == part})
		}
	}
	return s
}
