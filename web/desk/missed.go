package desk

import (
	"net/http"
	"strconv"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// MissedPage counts who missed an edition, before anybody is mailed.
type MissedPage struct {
	Frame
	subscriptions.MissedCounts
	Steps     EditionSteps
	DaysTyped string
	Chosen    map[subscriptions.MissedReason]bool
	Not       string // why nobody can be counted
	Faults    page.Faults
}

// MissedRow is a reason with how many there are.
type MissedRow struct {
	Reason subscriptions.MissedReason
	N      int
	Ticked bool
}

// Rows are the reasons that somebody has.
func (p *MissedPage) Rows() []MissedRow {
	var rows []MissedRow
	for _, r := range subscriptions.MissedReasons() {
		if n := p.Counts[r]; n > 0 {
			rows = append(rows, MissedRow{r, n, p.Chosen[r]})
		}
	}
	return rows
}

func (d *Desk) missed(v *Visit) error {
	return d.showMissed(v, http.StatusOK, &MissedPage{DaysTyped: clip(v.Query("days"))})
}

func (d *Desk) showMissed(v *Visit, status int, p *MissedPage) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	days := subscriptions.MissedDays
	if p.DaysTyped != "" {
		if days = wholeNumber(p.DaysTyped); days < 1 || days > subscriptions.MaxMissedDays {
			p.Faults = append(p.Faults, page.Fault{Field: "days", Message: "That is a number of days from 1 to " + strconv.Itoa(subscriptions.MaxMissedDays) + "."})
			days, status = subscriptions.MissedDays, http.StatusUnprocessableEntity
		}
	} else {
		p.DaysTyped = strconv.Itoa(days)
	}
	faults := p.Faults
	p.MissedCounts, err = d.Editions.Missed(ctx, id, days)
	p.Faults = faults
	if subscriptions.CodeOf(err) == subscriptions.Refused && err != nil {
		p.Not = page.Sentence(err.Error())
	} else if err != nil {
		return err
	}
	p.Frame = Frame{Title: "Who missed " + p.Edition.Title, Section: "/desk/editions"}
	p.Steps = d.editionSteps(v, p.Edition, "/missed")
	return d.show(v, status, "desk/missed", p)
}

// sendMissed sends to those of the ticked reasons.
func (d *Desk) sendMissed(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	p := &MissedPage{DaysTyped: clip(sent.Get("days")), Chosen: map[subscriptions.MissedReason]bool{}}
	var reasons []subscriptions.MissedReason
	for _, r := range sent["reasons"] {
		reasons = append(reasons, subscriptions.MissedReason(r))
		p.Chosen[subscriptions.MissedReason(r)] = true
	}
	if !d.confirmed(v, editionPath(id)+"/missed") {
		return nil
	}
	n, err := d.Editions.As(v.By()).SendMissed(v.Request.Context(), id, wholeNumber(p.DaysTyped), reasons)
	if faults, ok := page.FaultsOf(err); err != nil && ok {
		for _, f := range faults {
			if f.Field == "reasons" {
				p.Faults = append(p.Faults, f)
			}
		}
		return d.showMissed(v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	if n == 0 {
		v.Say("Nobody is left who missed it for that reason.")
	} else {
		v.Say(page.Count(n, "letter is", "letters are") + " on the way to those who missed it.")
	}
	return v.Go(editionPath(id) + "/ledger")
}
