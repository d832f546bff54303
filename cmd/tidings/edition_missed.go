package main

import (
	"context"
	"fmt"
	"slices"

	"sesec.eu/tidings/subscriptions"
)

type editionMissedCmd struct {
	ID   int64    `arg:"" type:"edition" help:"Number of the edition."`
	Days int      `default:"14" help:"How many days ago somebody may have confirmed, or chosen a topic, at most."`
	Send []string `placeholder:"REASON" help:"Send it to those who missed it so: soft, skipped, pause, confirmed, topics. Without it they are only counted."`
	JSON bool     `help:"Answer as JSON."`
}

// missedView is what the command answers.
type missedView struct {
	Edition int64          `json:"edition"`
	Days    int            `json:"days"`
	Missed  map[string]int `json:"missed"` // by reason, before anything was sent
	Queued  int            `json:"queued"`
}

// Run counts them, and queues their letters where it is told to.
func (c editionMissedCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	var reasons []subscriptions.MissedReason
	for _, r := range c.Send {
		if !slices.Contains(subscriptions.MissedReasons(), subscriptions.MissedReason(r)) {
			return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Field: "send", Message: fmt.Sprintf("%q is not a reason", r),
				Hint: "The reasons are: soft, skipped, pause, confirmed, topics."}}
		}
		reasons = append(reasons, subscriptions.MissedReason(r))
	}
	return inEditions(ctx, s, std, func(a *app) error {
		found, err := a.editions.Missed(ctx, c.ID, c.Days)
		if err != nil {
			return err
		}
		v := missedView{Edition: c.ID, Days: c.Days, Missed: map[string]int{}}
		for _, r := range subscriptions.MissedReasons() {
			v.Missed[string(r)] = found.Counts[r]
		}
		if len(reasons) > 0 {
			if v.Queued, err = a.editions.SendMissed(ctx, c.ID, c.Days, reasons); err != nil {
				return err
			}
		}
		if c.JSON {
			return writeJSON(std.out, v)
		}
		for _, r := range subscriptions.MissedReasons() {
			fmt.Fprintf(std.out, "%8d  %-9s  %s\n", found.Counts[r], r, r.Words())
		}
		if len(reasons) > 0 {
			fmt.Fprintf(std.out, "%d %s queued.\n", v.Queued, plural(v.Queued, "letter is", "letters are"))
			return a.sayWhoSends(ctx, c.ID)
		}
		return nil
	})
}
