package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// bounceView is a report as the commands answer.
type bounceView struct {
	ID         int64                      `json:"id"`
	At         time.Time                  `json:"at"`
	Way        subscriptions.Way          `json:"way"`
	Kind       subscriptions.ReturnKind   `json:"kind"`
	Class      subscriptions.ReturnClass  `json:"class"`
	Reason     subscriptions.ReturnReason `json:"reason,omitempty"`
	Status     string                     `json:"status,omitempty"`
	Address    string                     `json:"address"`
	Domain     string                     `json:"domain,omitempty"`
	Assigned   bool                       `json:"assigned"`
	Delivery   int64                      `json:"delivery,omitempty"`
	Edition    int64                      `json:"edition,omitempty"`
	Effect     subscriptions.ReturnEffect `json:"effect,omitempty"`
	Diagnostic string                     `json:"diagnostic,omitempty"`
	Why        string                     `json:"why,omitempty"`
	Kept       int                        `json:"kept,omitempty"`
}

func viewBounce(b subscriptions.Bounce) bounceView {
	return bounceView{b.ID, b.At, b.Way, b.Kind, b.Class, b.Reason, b.Status, b.Address, b.Domain, b.Assigned(), b.DeliveryID, b.EditionID, b.Effect, b.Diagnostic, b.Why, b.Kept}
}

type bounceListCmd struct {
	Kind       string `help:"Only of this kind: bounce, complaint, delay, unsubscribe, autoreply, challenge, delivered, other." placeholder:"KIND"`
	Class      string `help:"Only of this class: hard, soft, complaint, none." placeholder:"CLASS"`
	Domain     string `help:"Only about addresses of this domain." placeholder:"DOMAIN"`
	Unassigned bool   `help:"Only what nothing proves to be about a letter of ours."`
	Limit      int    `default:"50" help:"How many at most."`
	JSON       bool   `help:"Answer as JSON."`
}

// Run lists.
func (c bounceListCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		f := subscriptions.BounceFilter{Kind: subscriptions.ReturnKind(c.Kind), Class: subscriptions.ReturnClass(c.Class), Domain: strings.ToLower(c.Domain), Limit: c.Limit}
		if c.Unassigned {
			f.Assigned = new(bool)
		}
		found, err := a.store.Bounces(ctx, f)
		if err != nil {
			return err
		}
		return printBounces(std, found, c.JSON)
	})
}

func printBounces(std stdio, all []subscriptions.Bounce, asJSON bool) error {
	if asJSON {
		views := make([]bounceView, len(all))
		for i, b := range all {
			views[i] = viewBounce(b)
		}
		return writeJSON(std.out, views)
	}
	if len(all) == 0 {
		fmt.Fprintln(std.out, "Nothing came back.")
		return nil
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, b := range all {
		address := b.Address
		switch {
		case address == "" && b.Assigned():
			address = "(forgotten)"
		case !b.Assigned():
			address = "(unassigned) " + address
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", b.ID, b.At.Format("2006-01-02 15:04"), b.Kind, b.Class, b.Reason, printable(address), b.Effect)
	}
	return w.Flush()
}

// printable keeps a stranger's bytes from moving the cursor of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, s)
}

type bounceShowCmd struct {
	What string `arg:"" help:"Number of a report, or an address." placeholder:"ID|ADDRESS"`
	JSON bool   `help:"Answer as JSON, without the message."`
}

// Run shows a report, or a history.
func (c bounceShowCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		id, err := strconv.ParseInt(c.What, 10, 64)
		if err != nil {
			return c.history(ctx, a)
		}
		b, err := a.store.FindBounce(ctx, id)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, viewBounce(b))
		}
		if err := printBounces(std, []subscriptions.Bounce{b}, false); err != nil {
			return err
		}
		for _, line := range []string{b.Diagnostic, b.Why} {
			if line != "" {
				fmt.Fprintln(std.out, "  "+printable(line))
			}
		}
		o, err := a.store.FindOriginal(ctx, b.Report)
		if errors.Is(err, subscriptions.ErrNotFound) {
			fmt.Fprintln(std.out, "\nThe message is not kept.")
			return nil
		}
		if err != nil {
			return err
		}
		z, err := gzip.NewReader(bytes.NewReader(o.Gzip))
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(z)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "\n%s\n", printable(strings.ReplaceAll(strings.ToValidUTF8(string(raw), "\ufffd"), "\r\n", "\n")))
		if o.Cut {
			fmt.Fprintf(std.out, "… cut: the message had %d bytes\n", o.Size)
		}
		return nil
	})
}

func (c bounceShowCmd) history(ctx context.Context, a *app) error {
	address, err := subscriptions.ParseAddress(c.What)
	if err != nil {
		return err
	}
	history, standing, err := a.bounces.History(ctx, address)
	if err != nil {
		return err
	}
	if !c.JSON && len(history) > 0 {
		defer fmt.Fprintf(a.std.out, "Weighs %.2f of 1; %s.\n", standing.Score, standing.Verdict.Words())
	}
	return printBounces(a.std, history, c.JSON)
}

type bounceStatsCmd struct {
	Days int  `default:"30" help:"Over how many days."`
	JSON bool `help:"Answer as JSON."`
}

type statsView struct {
	Since   time.Time                        `json:"since"`
	Kinds   map[subscriptions.ReturnKind]int `json:"kinds"`
	Domains []countView                      `json:"domains"`
}

type countView struct {
	Domain string                     `json:"domain"`
	Kind   subscriptions.ReturnKind   `json:"kind"`
	Class  subscriptions.ReturnClass  `json:"class"`
	Reason subscriptions.ReturnReason `json:"reason"`
	N      int                        `json:"n"`
}

// Run sums.
func (c bounceStatsCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		v := statsView{Since: a.now().AddDate(0, 0, -max(c.Days, 1)).Truncate(time.Second), Domains: []countView{}}
		var err error
		if v.Kinds, err = a.store.CountReturns(ctx, v.Since); err != nil {
			return err
		}
		counts, err := a.store.BounceCounts(ctx, v.Since, 100)
		if err != nil {
			return err
		}
		for _, n := range counts {
			v.Domains = append(v.Domains, countView{n.Domain, n.Kind, n.Class, n.Reason, n.N})
		}
		if c.JSON {
			return writeJSON(std.out, v)
		}
		if len(v.Kinds) == 0 {
			fmt.Fprintf(std.out, "Nothing came back in %d days.\n", max(c.Days, 1))
			return nil
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		for _, k := range subscriptions.ReturnKinds() {
			if n := v.Kinds[k]; n > 0 {
				fmt.Fprintf(w, "%s\t%d\n", k, n)
			}
		}
		fmt.Fprintln(w)
		for _, n := range v.Domains {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", printable(n.Domain), n.Class, n.Reason.Words(), n.N)
		}
		return w.Flush()
	})
}
