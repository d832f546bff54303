package desk

import (
	"net/http"
	"strconv"

	"sesec.eu/tidings/subscriptions"
)

// ReturnFiguresPage sums what came back, by domain and reason, and tells how many
// complained of each edition.
type ReturnFiguresPage struct {
	Frame
	Days     int
	Counts   []subscriptions.BounceCount
	Editions []EditionComplaints
}

// EditionComplaints is the rate of an edition.
type EditionComplaints struct {
	subscriptions.Edition
	subscriptions.ComplaintRate
}

// Spans are over how many days one can look.
func (p *ReturnFiguresPage) Spans() []int { return []int{30, 90, 365} }

// Alarm reports whether an edition's rate is too high.
func (p *ReturnFiguresPage) Alarm() bool {
	for _, e := range p.Editions {
		if e.Alarm() {
			return true
		}
	}
	return false
}

const (
	ratedEditions = 6
	countedRows   = 100
)

func (d *Desk) returnFigures(v *Visit) error {
	p := &ReturnFiguresPage{Frame: Frame{Title: "Returns by domain", Section: returnsPath}, Days: returnSpan}
	if n, err := strconv.Atoi(v.Query("days")); err == nil && n > 0 && n <= 400 {
		p.Days = n
	}
	ctx := v.Request.Context()
	var err error
	if p.Counts, err = d.Returns.Store.BounceCounts(ctx, d.Now().AddDate(0, 0, -p.Days), countedRows); err != nil {
		return err
	}
	all, err := d.Editions.Store.Editions(ctx)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.StartedAt.IsZero() || len(p.Editions) == ratedEditions {
			continue
		}
		rate, err := d.Returns.ComplaintRate(ctx, e.ID)
		if err != nil {
			return err
		}
		p.Editions = append(p.Editions, EditionComplaints{e, rate})
	}
	return d.show(v, http.StatusOK, "desk/return-figures", p)
}
