package desk

import (
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ProgressView is the numbers of a send in words, as the page has them and the stream
// sends them.
type ProgressView struct {
	State     string     `json:"state"` // changes when the page is another one
	Sum       string     `json:"sum"`
	Done      int        `json:"done"`
	Planned   int        `json:"planned"`
	Sent      string     `json:"sent"`
	Deferred  string     `json:"deferred"`
	Failed    string     `json:"failed"`
	Skipped   string     `json:"skipped"`
	Uncertain string     `json:"uncertain"`
	Open      string     `json:"open"`
	Pace      string     `json:"pace"`
	Left      string     `json:"left"`
	At        string     `json:"at"`
	Slow      []SlowView `json:"slow"`
}

// SlowView is a receiving domain that takes its time.
type SlowView struct {
	Domain  string `json:"domain"`
	Waiting string `json:"waiting"`
	Next    string `json:"next"`
	Said    string `json:"said"`
}

func (d *Desk) progressView(p subscriptions.Progress) ProgressView {
	e, b := p.Edition, p.Books
	v := ProgressView{State: stateToken(e, b.Uncertain), Done: b.Planned - b.Open(), Planned: b.Planned, Sent: page.Number(b.Sent), Deferred: page.Number(b.Deferred), Failed: page.Number(b.Failed),
		Skipped: page.Number(b.Skipped), Uncertain: page.Number(b.Uncertain), Open: page.Number(b.Open()), Pace: "–", Left: "–", Slow: []SlowView{}}
	if !p.At.IsZero() {
		v.At = d.Pages.Second(p.At)
	}
	if p.Pace > 0 {
		v.Pace = paceWords(p.Pace)
	}
	if p.Left > 0 {
		v.Left = about(p.Left)
	}
	v.Sum = d.sum(p)
	for _, s := range p.Slow {
		v.Slow = append(v.Slow, SlowView{s.Domain, page.Number(s.Waiting), d.Pages.Second(s.Next), s.Said})
	}
	return v
}

// stateToken is another one when the page offers other things to do.
func stateToken(e subscriptions.Edition, uncertain int) string {
	return fmt.Sprintf("%s/%d/%d/%d/%g/%d", e.State, e.SubmittedAt.Unix(), e.SendAt.Unix(), e.ReasonAt.Unix(), e.Rate, min(uncertain, 1))
}

func paceWords(pace float64) string {
	switch {
	case pace >= 10:
		return page.Number(int(pace+0.5)) + " a second"
	case pace >= 1:
		return fmt.Sprintf("%.1f a second", pace)
	}
	return fmt.Sprintf("%.0f a minute", pace*60)
}

// about says a time as one does who does not count seconds.
func about(d time.Duration) string {
	switch {
	case d < 50*time.Second:
		return "less than a minute"
	case d < 90*time.Minute:
		return "about " + page.Count(int((d+30*time.Second)/time.Minute), "minute", "minutes")
	}
	return "about " + page.Count(int((d+30*time.Minute)/time.Hour), "hour", "hours")
}

// sum is the sentence on top of a send.
func (d *Desk) sum(p subscriptions.Progress) string {
	e, b := p.Edition, p.Books
	out := page.Number(b.Sent) + " of " + page.Count(b.Planned, "letter", "letters")
	switch e.State { //nolint:exhaustive // the others have no numbers
	case subscriptions.EditionApproved:
		return "The first letter leaves " + d.leaves(e) + ". Until then the order can be taken back."
	case subscriptions.EditionSending:
		if e.PlannedAt.IsZero() {
			return out + " " + haveLeft(b.Sent) + " left; more are being planned."
		}
		if p.Left > 0 {
			return out + " " + haveLeft(b.Sent) + " left. The rest takes " + about(p.Left) + "."
		}
		return out + " " + haveLeft(b.Sent) + " left."
	case subscriptions.EditionPaused:
		return strings.TrimSpace(page.Sentence(e.Reason)+" "+out) + " " + haveLeft(b.Sent) + " left; resume it, or cancel what has not."
	case subscriptions.EditionCancelled:
		if b.Planned > 0 && b.Sent == b.Planned {
			return "It was cancelled as its last letter left: all " + page.Number(b.Planned) + " have."
		}
		return "It was cancelled " + d.Pages.DayAndHour(e.CancelledAt) + ". " + out + " had left; the rest does not."
	case subscriptions.EditionSent:
		if b.Sent == b.Planned {
			return "All " + page.Count(b.Planned, "letter", "letters") + " have left. The edition is in the archive."
		}
		return out + " have left, and every other has its end in the books."
	}
	return ""
}

func haveLeft(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// leaves says when, and how long that is.
func (d *Desk) leaves(e subscriptions.Edition) string {
	in := e.SendAt.Sub(d.Now())
	if !e.Scheduled() {
		if in <= 0 {
			return "in a moment"
		}
		return "at " + d.Pages.Hour(e.SendAt) + ", in " + waits(in)
	}
	zone, err := subscriptions.LoadZone(e.SendZone)
	if err != nil {
		zone = time.UTC
	}
	return "on " + e.SendAt.In(zone).Format("Monday 2 January 2006 at 15:04") + ", " + e.SendZone
}

// waits counts minutes up, so that nobody is late.
func waits(d time.Duration) string {
	if d < time.Minute {
		return "less than a minute"
	}
	return page.Count(int((d+time.Minute-1)/time.Minute), "minute", "minutes")
}
