package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"sesec.eu/tidings/subscriptions"
)

type editionPreflightCmd struct {
	ID      int64  `arg:"" type:"edition" help:"Number of the edition."`
	Offline bool   `help:"Ask no other server: no links, no records of the sender's domain."`
	Accept  string `placeholder:"KEY" help:"Take note of the warning with this key, with a --reason; checks nothing anew."`
	Reason  string `placeholder:"TEXT" help:"Why it may stay as it is."`
	JSON    bool   `help:"Answer as JSON."`
}

// preflightView is a run with what follows from it.
type preflightView struct {
	subscriptions.Preflight
	Verdict subscriptions.PreflightVerdict `json:"verdict"`
}

// Run checks the edition and tells what was found. It fails while anything blocks.
func (c editionPreflightCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if (c.Accept == "") != (c.Reason == "") {
		return errUsage{fmt.Errorf("--accept and --reason go together")}
	}
	return inEditions(ctx, s, std, func(a *app) error {
		checks := a.preflight
		if c.Offline {
			checks = checks.Offline()
		}
		if c.Accept != "" {
			if err := checks.Acknowledge(ctx, c.ID, c.Accept, c.Reason); err != nil {
				return err
			}
		} else if _, err := checks.Run(ctx, c.ID, c.progress(std)); err != nil {
			return err
		}
		run, err := checks.Last(ctx, c.ID)
		if err != nil {
			return err
		}
		v := preflightView{Preflight: *run}
		if v.Verdict, err = checks.Verdict(ctx, c.ID); err != nil {
			return err
		}
		if c.JSON {
			if err := writeJSON(std.out, v); err != nil {
				return err
			}
		} else {
			v.print(std)
		}
		if v.Verdict.Blocking > 0 {
			return errSilent
		}
		return nil
	})
}

// progress says on a terminal how far the links are.
func (c editionPreflightCmd) progress(std stdio) func(subscriptions.Preflight) {
	f, ok := std.err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func(subscriptions.Preflight) {}
	}
	return func(p subscriptions.Preflight) {
		if p.State == subscriptions.PreflightRunning {
			fmt.Fprintf(f, "\r%d letters composed, %d of %d links answered ", len(p.Letters), p.LinksDone, p.Links)
			return
		}
		fmt.Fprint(f, "\r\x1b[K")
	}
}

var levelHeads = map[subscriptions.FindingLevel]string{subscriptions.FindingBlocking: "Blocks", subscriptions.FindingWarning: "To be taken note of", subscriptions.FindingNote: "Worth knowing"}

func (v preflightView) print(std stdio) {
	out := std.out
	level := subscriptions.FindingLevel("")
	for _, f := range v.Findings {
		if f.Level != level {
			level = f.Level
			fmt.Fprintf(out, "%s\n", levelHeads[level])
		}
		fmt.Fprintf(out, "  %s: %s", plainLine(f.Place.Name), plainLine(f.Sentence))
		if f.Do != "" {
			fmt.Fprintf(out, " %s", plainLine(f.Do))
		}
		fmt.Fprintln(out)
		if f.URL != "" {
			fmt.Fprintf(out, "      %s\n", plainLine(f.URL))
		}
		switch {
		case f.Taken != nil:
			fmt.Fprintf(out, "      taken note of by %s: %s\n", plainLine(f.Taken.Actor), plainLine(f.Taken.Reason))
		case f.Level == subscriptions.FindingWarning:
			fmt.Fprintf(out, "      key %s\n", f.Key)
		}
	}
	if len(v.Findings) == 0 {
		fmt.Fprintln(out, "Nothing was found.")
	}
	largest := 0
	for _, l := range v.Letters {
		largest = max(largest, l.HTML)
	}
	fmt.Fprintf(out, "%d different %s for %d %s, the largest of %d KB.\n", len(v.Letters), plural(len(v.Letters), "letter", "letters"), v.People, plural(v.People, "person", "people"), (largest+500)/1000)
	if v.Verdict.May {
		fmt.Fprintf(out, "The machine has nothing against it. Approve this state with: tidings edition approve %d\n", v.EditionID)
		return
	}
	fmt.Fprintf(out, "%s %s\n", v.Verdict.Why, v.Verdict.Do)
	if v.Verdict.Blocking == 0 && v.Verdict.Warnings > 0 {
		fmt.Fprintf(out, "Take note of one with: tidings edition preflight %d --accept KEY --reason TEXT\n", v.EditionID)
	}
}

// plainLine is a text that does nothing to a terminal.
func plainLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}
