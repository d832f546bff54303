package desk

import (
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// What is done on the page of the release. What cannot be taken back asks for the
// password again after half an hour; what stops, never.

// acted ends an act: with the next page, or with this one and why not.
func (d *Desk) acted(v *Visit, err error, sentence string) error {
	d.Progress.Changed(v.id())
	if err != nil {
		return d.releaseAgain(v, err, nil)
	}
	v.Say(sentence)
	return v.Go(releasePath(v.id()))
}

func (d *Desk) submitEdition(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	_, err = d.Editions.As(v.By()).Submit(v.Request.Context(), v.id(), sent.Get("note"))
	if err != nil {
		return d.releaseAgain(v, err, func(p *ReleasePage) { p.Note = sent.Get("note") })
	}
	return d.acted(v, nil, "Submitted. A publisher who did not write it approves it.")
}

func (d *Desk) approveEdition(v *Visit) error {
	if !d.confirmed(v, releasePath(v.id())) {
		return nil
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	a := subscriptions.Approval{Hash: sent.Get("hash"), By: v.Editor.Name}
	if n, err := strconv.Atoi(sent.Get("people")); err == nil {
		a.Seen = &n
	}
	e, err := d.Editions.As(v.By()).Agree(v.Request.Context(), v.id(), a)
	whom := ""
	if !e.Approved.At.IsZero() {
		whom = " for " + page.Count(e.Approved.People, "person", "people")
	}
	return d.acted(v, err, "Approved"+whom+". A change of the edition would take the approval back.")
}

func (d *Desk) sendEdition(v *Visit) error {
	if !d.confirmed(v, releasePath(v.id())) {
		return nil
	}
	ctx := v.Request.Context()
	rules, err := d.Editions.Rules(ctx)
	if err != nil {
		return err
	}
	e, err := d.Editions.As(v.By()).Send(ctx, v.id(), rules.Cooling)
	sentence := "It leaves now."
	if !e.SendAt.IsZero() && e.State == subscriptions.EditionApproved {
		sentence = "The first letter leaves " + d.leaves(e) + "."
	}
	return d.acted(v, err, sentence)
}

func (d *Desk) scheduleEdition(v *Visit) error {
	if !d.confirmed(v, releasePath(v.id())) {
		return nil
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	again := func(err error) error {
		return d.releaseAgain(v, err, func(p *ReleasePage) {
			p.Day, p.Hour, p.Zone = sent.Get("day"), sent.Get("hour"), sent.Get("zone")
		})
	}
	name := strings.TrimSpace(sent.Get("zone"))
	zone, err := subscriptions.LoadZone(name)
	if err != nil {
		return again(&subscriptions.Error{Code: subscriptions.Invalid, Field: "zone", Message: err.Error(), Hint: "Write it as in Europe/Brussels."})
	}
	at, twice, err := subscriptions.ReadLocalTime("at", sent.Get("day")+" "+sent.Get("hour"), zone)
	if err != nil {
		return again(err)
	}
	e, err := d.Editions.As(v.By()).Schedule(v.Request.Context(), v.id(), at, name)
	if err != nil {
		return again(err)
	}
	sentence := "The first letter leaves " + d.leaves(e) + "."
	if twice {
		sentence += " Clocks go back that night and show this hour twice: it leaves in the first."
	}
	return d.acted(v, nil, sentence)
}

func (d *Desk) takeBackEdition(v *Visit) error {
	_, err := d.Editions.As(v.By()).TakeBack(v.Request.Context(), v.id())
	return d.acted(v, err, "Taken back. Nothing has left.")
}

func (d *Desk) pauseEdition(v *Visit) error {
	_, err := d.Editions.As(v.By()).Pause(v.Request.Context(), v.id())
	return d.acted(v, err, "Paused. What is on the wire at this moment still arrives.")
}

func (d *Desk) resumeEdition(v *Visit) error {
	_, err := d.Editions.As(v.By()).Resume(v.Request.Context(), v.id())
	return d.acted(v, err, "It goes on.")
}

func (d *Desk) stopEdition(v *Visit) error {
	_, err := d.Editions.As(v.By()).Cancel(v.Request.Context(), v.id())
	return d.acted(v, err, "Cancelled.")
}

func (d *Desk) rateEdition(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(sent.Get("rate"))
	rate := 0.0
	if typed != "" {
		if rate, err = strconv.ParseFloat(typed, 64); err != nil || rate == 0 {
			rate = -1 // refused with the words of the noun
		}
	}
	e, err := d.Editions.As(v.By()).SetRate(v.Request.Context(), v.id(), rate)
	if err != nil {
		return d.releaseAgain(v, err, func(p *ReleasePage) { p.Rate = typed })
	}
	if e.Rate == 0 {
		return d.acted(v, nil, "No limit of its own any more.")
	}
	return d.acted(v, nil, "From now on "+paceWords(e.Rate)+" at most, of all workers together.")
}

func (d *Desk) resolveEdition(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	resend := sent.Get("do") == "resend"
	if !resend && sent.Get("do") != "accept" {
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: "the form does not say what is to be done", Hint: "Go back and press one of its buttons."}
	}
	if resend && !d.confirmed(v, releasePath(v.id())) {
		return nil // somebody may get it twice
	}
	var ids []int64
	if one, err := strconv.ParseInt(sent.Get("letter"), 10, 64); err == nil && one > 0 {
		ids = append(ids, one)
	}
	n, err := d.Editions.As(v.By()).Resolve(v.Request.Context(), v.id(), resend, ids...)
	sentence := page.Count(n, "letter is", "letters are") + " taken as sent."
	switch {
	case n == 0:
		sentence = "There was nothing left to decide."
	case resend:
		sentence = page.Count(n, "letter is", "letters are") + " sent again, with the same Message-ID."
	}
	return d.acted(v, err, sentence)
}
