package desk

import (
	"net/url"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// actOnItems does one thing to the ticked items, or to all that the list's
// filters match, and goes back to the list, where it can be undone.
func (d *Desk) actOnItems(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	here, _ := url.ParseQuery(sent.Get("here")) // what of it is readable
	here = onlyKnown(here, itemFilters)
	a := subscriptions.BulkAct{Kind: subscriptions.BulkKind(sent.Get("act"))}
	a.TopicID, _ = strconv.ParseInt(sent.Get("topic"), 10, 64)
	if sent.Get("which") == "all" {
		f, _ := itemFilter(here)
		a.Match = &f
	} else {
		for _, s := range sent["item"] {
			if id, err := strconv.ParseInt(s, 10, 64); err == nil {
				a.IDs = append(a.IDs, id)
			}
		}
	}
	report, err := d.Items.Bulk(v.Request.Context(), a, v.By())
	if faults, ok := page.FaultsOf(err); ok && err != nil {
		v.Say(faults[0].Message)
		return v.Go(address("/desk/items", here, pageOf(here)))
	}
	if err != nil {
		return err
	}
	v.Say(bulkSentence(report, "changed"))
	to := address("/desk/items", here, pageOf(here))
	if report.Batch != "" {
		sign := "?"
		if strings.Contains(to, "?") {
			sign = "&"
		}
		to += sign + url.Values{"done": {report.Batch}}.Encode()
	}
	return v.Go(to)
}

// undoOnItems takes an act on many items back.
func (d *Desk) undoOnItems(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	here, _ := url.ParseQuery(sent.Get("here"))
	here = onlyKnown(here, itemFilters)
	report, err := d.Items.Undo(v.Request.Context(), sent.Get("batch"), v.By())
	if err != nil {
		return err
	}
	v.Say(bulkSentence(report, "set back"))
	return v.Go(address("/desk/items", here, pageOf(here)))
}

// bulkSentence says what an act came to: how many, how many were so already, and
// of those that could not, the first few by name.
func bulkSentence(r subscriptions.BulkReport, verb string) string {
	var b strings.Builder
	b.WriteString(page.Count(r.Changed, "item", "items") + " " + verb + ".")
	if r.Unchanged > 0 {
		b.WriteString(" " + page.Count(r.Unchanged, "was", "were") + " so already.")
	}
	const named = 3
	for _, one := range r.Refused[:min(named, len(r.Refused))] {
		b.WriteString(" Not “" + one.Title + "”: " + strings.TrimSuffix(one.Why.Error(), ".") + ".")
	}
	if more := len(r.Refused) - named; more > 0 {
		b.WriteString(" And not " + page.Count(more, "other", "others") + ".")
	}
	return b.String()
}
