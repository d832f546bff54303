package desk

import (
	"html/template"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// FieldFault is what is wrong with a field, as the field shows it.
type FieldFault struct {
	ID       string // of the sentence, which the input names
	Messages []string
}

func faultOf(faults page.Faults, field string) FieldFault {
	return FieldFault{field + "-fault", faults.For(field)}
}

// badAttr marks an input that has a fault. The field's name is ours.
func badAttr(faults page.Faults, field string) template.HTMLAttr {
	if len(faults.For(field)) == 0 {
		return ""
	}
	return template.HTMLAttr(` aria-invalid="true" aria-describedby="` + template.HTMLEscapeString(field) + `-fault"`) //nolint:gosec // escaped in this line
}

// Fault is what is wrong with a field of the form.
func (p *ItemFormPage) Fault(field string) FieldFault { return faultOf(p.Faults, field) }

// Bad marks a field of the form that has a fault.
func (p *ItemFormPage) Bad(field string) template.HTMLAttr { return badAttr(p.Faults, field) }

// Source names the input of a source.
func (p *ItemFormPage) Source(n int, part string) string { return subscriptions.SourceField(n, part) }

// DateInput is the type of the input for a day. A browser shows nothing of what is
// no date in an input for dates, and the editor's words would be gone.
func (p *ItemFormPage) DateInput(words string) string {
	if _, err := subscriptions.ParseDate(words); err != nil && words != "" {
		return "text"
	}
	return "date"
}

// Nth counts sources as people do.
func (p *ItemFormPage) Nth(n int) int { return n + 1 }

// ItemTabs lead through the pages of an item.
type ItemTabs struct{ Path, At string }

// Tabs are those of the form.
func (p *ItemFormPage) Tabs() ItemTabs { return ItemTabs{itemPath(p.ID), "edit"} }

// Tabs are those of the item as it reads.
func (p *ItemPage) Tabs() ItemTabs { return ItemTabs{itemPath(p.Item.ID), "read"} }

// Tabs are those of the history.
func (p *ItemHistoryPage) Tabs() ItemTabs { return ItemTabs{itemPath(p.Item.ID), "history"} }

// Tabs are those of the history.
func (p *ItemRevisionPage) Tabs() ItemTabs { return ItemTabs{itemPath(p.Item.ID), "history"} }
