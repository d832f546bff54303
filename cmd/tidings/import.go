package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

type importCmd struct {
	Items       importItemsCmd       `cmd:"" help:"Read items, webinars, glossary and editions from Markdown files (docs/items-format.md)."`
	Newsletter  importNewsletterCmd  `cmd:"" help:"Read the plain text of a past newsletter, as pdftotext gives it, into draft items."`
	Feed        importFeedCmd        `cmd:"" help:"Read a feed, from its address or a file, into draft items."`
	Word        importWordCmd        `cmd:"" help:"Read a Word document into draft items."`
	Table       importTableCmd       `cmd:"" help:"Read a CSV table of items into draft items."`
	Archive     importArchiveCmd     `cmd:"" help:"Read a zip file of Markdown files into draft items."`
	List        importListCmd        `cmd:"" help:"List the imports."`
	Undo        importUndoCmd        `cmd:"" help:"Take back the drafts of an import that nobody has touched."`
	Subscribers importSubscribersCmd `cmd:"" help:"Read people from CSV: email,name,topics with ';' between topic slugs."`
	Lists       importListsCmd       `cmd:"" help:"List the lists of people that were brought in."`
	Withdraw    importWithdrawCmd    `cmd:"" help:"Take a list of people back."`
}

type importItemsCmd struct {
	Files   []string `arg:"" name:"file" help:"Markdown files, or folders of them."`
	Publish bool     `help:"Publish the items; without it they are drafts."`
	DryRun  bool     `name:"dry-run" help:"Report only, write nothing."`
	JSON    bool     `help:"Answer as JSON."`
}

// Run reads all files first and writes only if none has an error.
func (c importItemsCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		var in subscriptions.Import
		for _, file := range c.Files {
			if err := readDocuments(file, &in); err != nil {
				return err
			}
		}
		if err := a.importNouns(ctx, in, subscriptions.ImportOptions{Publish: c.Publish, DryRun: c.DryRun, By: subscriptions.AtCommandLine,
			From: subscriptions.ImportSource{Kind: subscriptions.ImportMarkdown, Name: strings.Join(c.Files, " ")}}, c.JSON); err != nil || c.JSON {
			return err
		}
		if !c.Publish && !c.DryRun && len(in.Items) > 0 {
			fmt.Fprintf(std.out, "Drafts are in no edition. When they are right: tidings import items %s --publish\n", strings.Join(c.Files, " "))
		}
		return nil
	})
}

// readDocuments reads a file, or every Markdown file of a folder.
func readDocuments(path string, into *subscriptions.Import) error {
	info, err := os.Stat(path)
	if err != nil {
		e := &subscriptions.Error{Code: subscriptions.Invalid, Message: "read items", Err: err}
		if path == "-" {
			e.Hint = "Items are read from files and folders, not from standard input."
		}
		return e
	}
	if !info.IsDir() {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("read items: %w", err)
		}
		defer f.Close()
		return importer.Document(path, f, into)
	}
	in, err := importer.Documents(os.DirFS(path), ".")
	if err != nil {
		return fmt.Errorf("read items from %s: %w", path, err)
	}
	merge(into, in, func(p *subscriptions.Place) { p.File = filepath.Join(path, p.File) })
	return nil
}

// merge adds one import to another, with places as seen from here.
func merge(into *subscriptions.Import, in subscriptions.Import, place func(*subscriptions.Place)) {
	for i := range in.Items {
		place(&in.Items[i].Place)
	}
	for i := range in.Webinars {
		place(&in.Webinars[i].Place)
	}
	for i := range in.Findings {
		place(&in.Findings[i].Place)
	}
	into.Items = append(into.Items, in.Items...)
	into.Webinars = append(into.Webinars, in.Webinars...)
	into.Terms = append(into.Terms, in.Terms...)
	into.Findings = append(into.Findings, in.Findings...)
	if in.Edition != nil {
		place(&in.Edition.Place)
		into.Edition = in.Edition
	}
}

type importNewsletterCmd struct {
	File    string `arg:"" help:"Text file, or - for standard input."`
	Publish bool   `help:"Publish the items; without it they are drafts."`
	Edition bool   `help:"Make an edition of it too, with its period, introduction and contact."`
	DryRun  bool   `name:"dry-run" help:"Show what would be written, write nothing."`
	JSON    bool   `help:"Answer as JSON."`
}

// Run turns the newsletter into drafts and tells what it could not place.
func (c importNewsletterCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		in, err := readFile(ctx, std, c.File, func(r io.Reader) (subscriptions.Import, error) { return importer.Newsletter(fileName(c.File), r) })
		if err != nil {
			return err
		}
		found := in.Edition
		if !c.Edition {
			in.Edition = nil
		}
		if c.DryRun && !c.JSON {
			showDrafts(std.out, in)
		}
		if err := a.importNouns(ctx, in, subscriptions.ImportOptions{Publish: c.Publish, DryRun: c.DryRun, By: subscriptions.AtCommandLine,
			From: subscriptions.ImportSource{Kind: subscriptions.ImportNewsletter, Name: fileName(c.File)}}, c.JSON); err != nil || c.JSON {
			return err
		}
		if !c.Publish && !c.DryRun && len(in.Items) > 0 {
			fmt.Fprintf(std.out, "Drafts are in no edition. When they are right: tidings import newsletter %s --publish\n", c.File)
		}
		if found != nil && !c.Edition && !c.DryRun {
			fmt.Fprintf(std.out, "The newsletter covers %s. Put an edition together with:\n  tidings edition create --title %q --from %s --to %s\n",
				found.Period.Words(), found.Title, found.Period.From, found.Period.To)
		}
		return nil
	})
}

// showDrafts prints what a rehearsal would have written.
func showDrafts(w io.Writer, in subscriptions.Import) {
	for _, d := range in.Items {
		i := d.Item
		fmt.Fprintf(w, "%s\n  topics %v, %s, from line %d\n", i.Describe(), d.TopicSlugs, orNone(i.Date), d.Place.Line)
		for _, src := range i.Sources {
			fmt.Fprintf(w, "  %s\n", src.URL)
		}
		if i.Comments != nil {
			fmt.Fprintf(w, "  comments until %s\n", i.Comments.Until)
		}
	}
	for _, d := range in.Webinars {
		fmt.Fprintf(w, "Webinar: %s\n  %s, %s\n", d.Webinar.Title, d.Webinar.Starts.Format("Mon 2 January 2006, 15:04 MST"), d.Webinar.RegistrationURL)
	}
	for _, t := range in.Terms {
		fmt.Fprintf(w, "%-8s %s %s\n", t.Abbreviation, t.English, t.Chinese)
	}
}

func orNone(d subscriptions.Date) string {
	if d.IsZero() {
		return "without a date"
	}
	return "dated " + d.String()
}

// importNouns writes what was read, unless something in it is an error.
func (a *app) importNouns(ctx context.Context, in subscriptions.Import, o subscriptions.ImportOptions, asJSON bool) error {
	failed := printFindings(a.std, in.Findings)
	if failed > 0 {
		fmt.Fprintf(a.std.err, "tidings: %d %s in the files; nothing was written.\n", failed, plural(failed, "error", "errors"))
		return errSilent
	}
	r, err := a.imports.Import(ctx, in, o)
	if err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	if asJSON {
		return writeJSON(a.std.out, nounsOf(r, o.DryRun))
	}
	verb, as := "Imported", "as drafts"
	if o.DryRun {
		verb = "Would import"
	}
	if o.Publish {
		as = "and published"
	}
	fmt.Fprintf(a.std.out, "%s %d %s %s", verb, len(r.Added), plural(len(r.Added), "item", "items"), as)
	if n := len(r.Published); n > 0 {
		fmt.Fprintf(a.std.out, ", published %d known %s", n, plural(n, "draft", "drafts"))
	}
	if n := len(r.Kept); n > 0 {
		fmt.Fprintf(a.std.out, ", left %d as %s", n, plural(n, "it was", "they were"))
	}
	fmt.Fprintf(a.std.out, "; %d new %s, %d new %s.\n", r.Terms, plural(r.Terms, "abbreviation", "abbreviations"),
		len(r.Webinars), plural(len(r.Webinars), "webinar", "webinars"))
	if r.Run != nil && !o.Publish {
		fmt.Fprintf(a.std.out, "To take them back: tidings import undo %d\n", r.Run.ID)
	}
	if r.Edition != nil && !o.DryRun {
		fmt.Fprintf(a.std.out, "Edition %d, %q, is collecting.\n", r.Edition.ID, r.Edition.Title)
	}
	return nil
}

// importedNouns is what an import of items answers as JSON.
type importedNouns struct {
	DryRun    bool     `json:"dry_run,omitempty"`
	Added     []string `json:"added"` // slugs
	Published []string `json:"published"`
	Kept      []string `json:"kept"`
	Terms     int      `json:"terms"`
	Webinars  []string `json:"webinars"`
	Edition   int64    `json:"edition,omitempty"`
	Import    int64    `json:"import,omitempty"` // to take it back
}

func nounsOf(r subscriptions.ImportReport, dryRun bool) importedNouns {
	slugs := func(items []subscriptions.Item) []string {
		all := make([]string, len(items))
		for i, item := range items {
			all[i] = item.Slug
		}
		return all
	}
	n := importedNouns{DryRun: dryRun, Added: slugs(r.Added), Published: slugs(r.Published), Kept: slugs(r.Kept), Terms: r.Terms, Webinars: make([]string, len(r.Webinars))}
	for i, w := range r.Webinars {
		n.Webinars[i] = w.Slug
	}
	if r.Edition != nil && !dryRun {
		n.Edition = r.Edition.ID
	}
	if r.Run != nil {
		n.Import = r.Run.ID
	}
	return n
}

// printFindings writes them as compilers do and counts the errors.
func printFindings(std stdio, findings []subscriptions.Finding) int {
	failed := 0
	for _, f := range findings {
		if f.Severity == subscriptions.SeverityError {
			failed++
		}
		fmt.Fprintf(std.err, "%s: %s: %s\n", f.Place, f.Severity, f.Message)
		if f.Text != "" {
			fmt.Fprintf(std.err, "    %s\n", f.Text)
		}
		if f.Hint != "" {
			fmt.Fprintf(std.err, "    %s\n", f.Hint)
		}
	}
	return failed
}
