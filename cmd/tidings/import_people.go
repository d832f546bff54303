package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

type importSubscribersCmd struct {
	File      string            `arg:"" help:"CSV file, or - for standard input."`
	Confirmed bool              `help:"The people have agreed, and it can be proved; without it each gets a mail to confirm."`
	Source    string            `placeholder:"TEXT" help:"Where the proof lies; needed with --confirmed."`
	Map       map[string]string `placeholder:"FIELD=HEADING,…" mapsep:"," help:"Which column holds what: email=Mail,name='Full name'. Fields: email, name, first, last, organisation, topics. What is not told is recognised."`
	Topics    string            `placeholder:"SLUG;SLUG" help:"Topics for rows that name none."`
	DryRun    bool              `name:"dry-run" help:"Report only, write nothing."`
	JSON      bool              `help:"Answer as JSON."`
}

// listFields are what --map can place.
var listFields = []string{"email", "name", "first", "last", "organisation", "topics"}

// importedList is what the command answers as JSON.
type importedList struct {
	subscriptions.SubscriberReport
	ID int64 `json:"list,omitempty"` // to take it back
}

// Run imports people; bad rows are told and do not stop the others.
func (c importSubscribersCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	for field := range c.Map {
		if !slices.Contains(listFields, field) {
			return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Field: "map", Message: fmt.Sprintf("--map places no field %q", field),
				Hint: "It places " + strings.Join(listFields, ", ") + "."}}
		}
	}
	return inApp(ctx, s, std, func(a *app) error {
		o := subscriptions.SubscriberOptions{Confirmed: c.Confirmed, Source: c.Source, DryRun: c.DryRun, Topics: words(c.Topics)}
		list, err := readFile(ctx, std, c.File, func(r io.Reader) (importedList, error) {
			kept, report, err := a.lists.Stream(ctx, subscriptions.AtCommandLine, fileName(c.File), importer.SubscribersBy(r, c.Map), o)
			return importedList{report, kept.ID}, err
		})
		report := list.SubscriberReport
		for i := range report.Findings {
			report.Findings[i].Place.File = fileName(c.File)
		}
		printFindings(std, report.Findings)
		if err != nil {
			if report.Rows > 0 && !c.DryRun {
				err = fmt.Errorf("the import stopped after %d rows; what came before is kept, and the same file can be imported again: %w", report.Rows, err)
			}
			var invalid *subscriptions.Error
			if errors.As(err, &invalid) && invalid.Field == "source" {
				return errUsage{err}
			}
			return err
		}
		if c.JSON {
			return writeJSON(std.out, list)
		}
		c.tell(std.out, list)
		if report.Bad > 0 && report.Bad == report.Rows {
			fmt.Fprintln(std.err, "tidings: not one row could be read.")
			return errSilent
		}
		return nil
	})
}

// words are those of a list with semicolons or commas.
func words(s string) (all []string) {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == ',' }) {
		if word = strings.TrimSpace(word); word != "" {
			all = append(all, word)
		}
	}
	return all
}

// tell says what became of the rows.
func (c importSubscribersCmd) tell(w io.Writer, r importedList) {
	fmt.Fprintf(w, "Read %d %s", r.Rows, plural(r.Rows, "row", "rows"))
	added, extended := "added", "given further topics"
	if c.DryRun {
		fmt.Fprint(w, " and wrote nothing")
		added, extended = "would be added", "would be given further topics"
	}
	fmt.Fprintf(w, ": %d %s %s, %d %s, %d unchanged", r.Added, plural(r.Added, "person", "people"), added, r.Extended, extended, r.Unchanged)
	for _, part := range []struct {
		n    int
		what string
	}{{r.Ended, "left before and stay out"}, {r.Suppressed, "suppressed"}, {r.Bad, "bad"}} {
		if part.n > 0 {
			fmt.Fprintf(w, ", %d %s", part.n, part.what)
		}
	}
	fmt.Fprintln(w, ".")
	if r.Twice > 0 {
		fmt.Fprintf(w, "%d %s an address that stands further up.\n", r.Twice, plural(r.Twice, "row repeats", "rows repeat"))
	}
	if !c.Confirmed && !c.DryRun && r.Added+r.Extended > 0 {
		fmt.Fprintln(w, "They get a mail to confirm, and nothing else before they do. A worker sends it: tidings serve, or tidings worker.")
	}
	if !c.DryRun && r.Added+r.Extended > 0 {
		fmt.Fprintf(w, "To take it back: tidings import withdraw %d --note WHY\n", r.ID)
	}
}

type importListsCmd struct {
	JSON bool `help:"Answer as JSON."`
}

// Run lists the newest lists of people.
func (c importListsCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		lists, err := a.store.PeopleImports(ctx, 0, listed)
		if err != nil {
			return err
		}
		if c.JSON {
			if lists == nil {
				lists = []subscriptions.PeopleImport{}
			}
			return writeJSON(std.out, lists)
		}
		for _, l := range lists {
			fmt.Fprintf(std.out, "%4d  %s  %-22s  %7d rows  %7d new  %s\n", l.ID, l.At.Format("2006-01-02 15:04"), l.State.Words(), l.Rows, l.Report.Added, l.Name)
		}
		return nil
	})
}

type importWithdrawCmd struct {
	ID   int64  `arg:"" help:"Number of the list, as tidings import lists shows it."`
	Note string `required:"" placeholder:"TEXT" help:"Why it is taken back."`
	JSON bool   `help:"Answer as JSON."`
}

// Run takes a list back, to its end.
func (c importWithdrawCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		kept, err := a.store.FindPeopleImport(ctx, c.ID)
		if err != nil {
			return err
		}
		if kept.State != subscriptions.ListWithdrawing { // a killed one goes on
			if err := a.lists.Withdraw(ctx, subscriptions.AtCommandLine, c.ID, c.Note); err != nil {
				return err
			}
		}
		if err := a.lists.Work(ctx, c.ID); err != nil {
			return err
		}
		if kept, err = a.store.FindPeopleImport(ctx, c.ID); err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, kept)
		}
		w := kept.Withdrawn
		fmt.Fprintf(std.out, "Took back %s: %d %s forgotten, %d lost the topics it had given them, %d stay, who decided something since or got an edition.\n",
			kept.Name, w.Forgotten, plural(w.Forgotten, "person", "people"), w.Ended, w.Stay)
		return nil
	})
}
