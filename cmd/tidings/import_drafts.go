package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/intake"
)

// The imports below are those of the desk, at the command line: drafts with a
// report, which can be taken back.

// draftOptions are what they share.
type draftOptions struct {
	Topics string `default:"horizontal" placeholder:"SLUG;…" help:"Topics of entries that name none, home first; ${default} if none is given."`
	DryRun bool   `name:"dry-run" help:"Show what would come in, and keep nothing."`
	JSON   bool   `help:"Answer as JSON."`
}

type importWordCmd struct {
	File string `arg:"" help:"Word document (.docx). Each heading of the first level begins an item. Needs pandoc."`
	draftOptions
}

// Run reads a Word document.
func (c importWordCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return importFile(ctx, s, std, subscriptions.ImportWord, c.File, c.draftOptions)
}

type importTableCmd struct {
	File string `arg:"" help:"CSV file with a header, or - for standard input: title,topics,date,body,source_url …"`
	draftOptions
}

// Run reads a table of items.
func (c importTableCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return importFile(ctx, s, std, subscriptions.ImportTable, c.File, c.draftOptions)
}

type importArchiveCmd struct {
	File string `arg:"" help:"Zip file of Markdown files (docs/items-format.md)."`
	draftOptions
}

// Run reads a zip file of items.
func (c importArchiveCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return importFile(ctx, s, std, subscriptions.ImportArchive, c.File, c.draftOptions)
}

type importFeedCmd struct {
	Feed string `arg:"" name:"url|file" help:"Address of a feed (RSS, Atom, JSON Feed), a file, or - for standard input."`
	draftOptions
}

// Run reads a feed once; feeds are watched at the desk.
func (c importFeedCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if !strings.Contains(c.Feed, "://") {
		return importFile(ctx, s, std, subscriptions.ImportFeed, c.Feed, c.draftOptions)
	}
	return inApp(ctx, s, std, func(a *app) error {
		answer, err := a.intake.ReadFeed(ctx, c.Feed, "", "")
		if err != nil {
			return err
		}
		return a.importDrafts(ctx, answer.Import, subscriptions.ImportFeed, c.Feed, c.draftOptions)
	})
}

func importFile(ctx context.Context, s *Settings, std stdio, kind subscriptions.ImportKind, file string, o draftOptions) error {
	return inApp(ctx, s, std, func(a *app) error {
		b, err := readFile(ctx, std, file, func(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, intake.MaxFile+1)) })
		if err != nil {
			return err
		}
		name := fileName(file)
		if file != "-" {
			name = filepath.Base(file)
		}
		in, err := a.intake.ReadFile(ctx, kind, name, b)
		if err != nil {
			return err
		}
		return a.importDrafts(ctx, in, kind, name, o)
	})
}

// importDrafts prepares what was read, and takes it in unless it is a dry run.
func (a *app) importDrafts(ctx context.Context, in subscriptions.Import, kind subscriptions.ImportKind, name string, o draftOptions) error {
	var topics []string
	for slug := range strings.FieldsFuncSeq(o.Topics, func(r rune) bool { return r == ';' || r == ',' }) {
		topics = append(topics, strings.TrimSpace(slug))
	}
	run, entries, err := a.imports.Take(ctx, subscriptions.AtCommandLine, in, subscriptions.ImportSource{Kind: kind, Name: name, Topics: topics}, o.DryRun)
	if err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	printFindings(a.std, run.Report.Findings)
	for _, e := range entries {
		if e.Outcome == subscriptions.EntryFaulty {
			fmt.Fprintf(a.std.err, "%s: error: %s\n    %s\n", e.Place, e.Why, e.Title)
		}
		for _, like := range e.Alike {
			fmt.Fprintf(a.std.err, "%s: warning: %s\n    It may be the same as %q: %s\n", e.Place, e.Title, like.Title, like.By)
		}
	}
	if o.JSON {
		return writeJSON(a.std.out, run)
	}
	c := run.Counts
	if o.DryRun {
		fmt.Fprintf(a.std.out, "Read %d and wrote nothing: %d would become drafts, %d known, %d faulty.\n", c.Read, c.New, c.Known, c.Faulty)
		return nil
	}
	fmt.Fprintf(a.std.out, "Read %d: %d became drafts, %d known, %d faulty.\n", c.Read, c.New, c.Known, c.Faulty)
	if c.New > 0 {
		fmt.Fprintf(a.std.out, "To take them back: tidings import undo %d\n", run.ID)
	}
	return nil
}

type importUndoCmd struct {
	ID   int64 `arg:"" help:"Number of the import, as tidings import list shows it."`
	JSON bool  `help:"Answer as JSON."`
}

// Run takes an import back.
func (c importUndoCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		run, err := a.imports.Undo(ctx, subscriptions.AtCommandLine, c.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, run)
		}
		entries, err := a.store.ImportEntries(ctx, c.ID, 0, run.Counts.Read)
		if err != nil {
			return err
		}
		stay := 0
		for _, e := range entries {
			if e.Outcome == subscriptions.EntryStays {
				stay++
				fmt.Fprintf(std.err, "item %d stays: %s %s\n", e.ItemID, e.Title, e.Why)
			}
		}
		fmt.Fprintf(std.out, "Took back %d %s of %s; %d %s.\n", run.Counts.Undone, plural(run.Counts.Undone, "draft", "drafts"), run.Name, stay, plural(stay, "stays", "stay"))
		return nil
	})
}

type importListCmd struct {
	JSON bool `help:"Answer as JSON."`
}

// listed is how many imports are listed.
const listed = 100

// Run lists the newest imports.
func (c importListCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		runs, err := a.store.Imports(ctx, 0, listed)
		if err != nil {
			return err
		}
		if c.JSON {
			if runs == nil {
				runs = []subscriptions.ImportRun{}
			}
			return writeJSON(std.out, runs)
		}
		for _, r := range runs {
			fmt.Fprintf(std.out, "%4d  %s  %-8s  %-10s  %3d drafts of %3d  %s\n", r.ID, r.At.Format("2006-01-02 15:04"), r.State, r.Kind, r.Counts.New-r.Counts.Undone, r.Counts.Read, r.Name)
		}
		return nil
	})
}
