package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/sample"
	"sesec.eu/tidings/subscriptions/store"
)

// previewCmd writes mails into a folder, to look at: as HTML, as text, as they leave,
// and as pictures where Chromium is on PATH. They are made of sample data, or are the
// digest of an edition. They look as the house is set: the settings in force where
// there is a database, and the templates of TIDINGS_TEMPLATES.
//
// What it writes:
//
//	DIR/index.html                     to look through all of them
//	DIR/normal/digest.html .txt .eml   a folder a case; an edition has one of its own
//	DIR/normal/digest.640-light.png    and -dark, -images-off, and the same with 360
//
// Nothing is queued or sent, and the links of samples open nothing.
type previewCmd struct {
	List    bool     `help:"List the mails and cases there are."`
	Out     string   `placeholder:"DIR" default:"preview" help:"Where to; it is made, and files of the same name are written over."`
	Mail    []string `placeholder:"NAME" help:"Only these, as --list names them."`
	Case    []string `placeholder:"CASE" help:"Only these cases: normal, empty, longest, chinese."`
	Edition int64    `type:"edition" placeholder:"ID" help:"The digest of an edition in place of samples."`
	Topics  []string `placeholder:"SLUG" help:"With --edition: what the reader has asked for. All topics by default."`
	// Pictures take a second each and are what one looks at first, so those of the
	// normal case are made unasked.
	Pictures string `enum:"normal,all,none" default:"normal" help:"Of which mails to make pictures: normal (the case, and those that --case names), all, none."`
}

// previewed is a mail to write.
type previewed struct {
	Name, Case string
	Message    *mailer.Message
}

// Run writes them.
func (c previewCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if len(c.Topics) > 0 && c.Edition == 0 {
		return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: "--topics goes with an edition", Hint: "tidings preview --edition 1 --topics iot,blockchain"}}
	}
	if c.Edition != 0 && (len(c.Mail) > 0 || len(c.Case) > 0 || c.List) {
		return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: "an edition has no cases: its digest is the only mail of it"}}
	}
	if c.Edition != 0 {
		return inEditions(ctx, s, std, func(a *app) error {
			mails, err := c.ofEdition(ctx, a)
			if err != nil {
				return err
			}
			return c.write(ctx, a, mails)
		})
	}
	read, err := s.read()
	if err != nil {
		return err
	}
	// A database that is not there is not made for a look at samples.
	if _, err := os.Stat(sqlitePath(read.database)); err != nil && !store.IsPostgres(read.database) {
		a := &app{settings: read, std: std}
		return c.samples(ctx, a, read.identity)
	}
	return inApp(ctx, s, std, func(a *app) error { return c.samples(ctx, a, a.current(ctx).Identity) })
}

func (c previewCmd) samples(ctx context.Context, a *app, id subscriptions.Identity) error {
	edition, err := sampleEdition(ctx, a.std)
	if err != nil {
		return err
	}
	all, err := compose.Samples(ctx, compose.SampleOptions{Identity: id, Templates: a.settings.templates, Now: demoTime, Edition: edition})
	if err != nil {
		return err
	}
	if c.List {
		return c.list(a.std, all)
	}
	for _, name := range c.Mail {
		if !slices.ContainsFunc(all, func(s compose.Sample) bool { return s.Name == name }) {
			return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("there is no mail %q", name), Hint: "All of them: tidings preview --list"}}
		}
	}
	for _, name := range c.Case {
		if !slices.Contains(compose.Cases(), compose.Case(name)) {
			return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("there is no case %q", name), Hint: "All of them: tidings preview --list"}}
		}
	}
	var mails []previewed
	for _, s := range all {
		if (len(c.Mail) == 0 || slices.Contains(c.Mail, s.Name)) && (len(c.Case) == 0 || slices.Contains(c.Case, string(s.Case))) {
			mails = append(mails, previewed{s.Name, string(s.Case), s.Message})
		}
	}
	return c.write(ctx, a, mails)
}

func (c previewCmd) list(std stdio, all []compose.Sample) error {
	cases := map[string][]string{}
	var names []string
	for _, s := range all {
		if cases[s.Name] == nil {
			names = append(names, s.Name)
		}
		cases[s.Name] = append(cases[s.Name], string(s.Case))
	}
	slices.Sort(names)
	table := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, name := range names {
		fmt.Fprintf(table, "%s\t%s\n", name, strings.Join(cases[name], ", "))
	}
	return table.Flush()
}

// ofEdition is the digest of an edition for the topics: as of the moment it is ordered
// for, else as it is now. Its links act for nobody.
func (c previewCmd) ofEdition(ctx context.Context, a *app) ([]previewed, error) {
	e, err := a.store.FindEdition(ctx, c.Edition)
	if err != nil {
		return nil, err
	}
	content, err := a.editions.Collect(ctx, c.Edition)
	if err != nil {
		return nil, err
	}
	at := e.ReadAt(a.now())
	reader := subscriptions.Recipient{Subscriber: subscriptions.Subscriber{Name: "A reader", Address: "reader@example.org", ConfirmedAt: at}}
	var known []string
	for _, t := range content.Topics {
		known = append(known, t.Slug)
		if len(c.Topics) == 0 || slices.Contains(c.Topics, t.Slug) {
			reader.Chosen = append(reader.Chosen, t.ID)
		}
	}
	for _, slug := range c.Topics {
		if !slices.Contains(known, slug) {
			return nil, errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("edition %d has no topic %q", c.Edition, slug), Hint: "It has: " + strings.Join(known, ", ")}}
		}
	}
	reader.Chosen = subscriptions.NewTopicSet(reader.Chosen...)
	composer, err := a.composer(ctx)
	if err != nil {
		return nil, err
	}
	m, _, err := composer.Letter(ctx, subscriptions.LetterRequest{Content: content, Recipient: reader, Key: "preview", Mute: true, At: at})
	var skip *mailer.Skip
	if errors.As(err, &skip) {
		return nil, &subscriptions.Error{Code: subscriptions.Refused, Message: fmt.Sprintf("with these topics nobody gets a letter of edition %d: %s", c.Edition, skip.Reason)}
	}
	if err != nil {
		return nil, err
	}
	name := "digest"
	if len(c.Topics) > 0 {
		name += "." + strings.Join(c.Topics, "+")
	}
	return []previewed{{name, fmt.Sprintf("edition-%d", c.Edition), m}}, nil
}

// sampleEdition reads the sample edition, by way of a database that is thrown away.
func sampleEdition(ctx context.Context, std stdio) (_ *subscriptions.Content, err error) {
	in, err := importer.Documents(sample.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("read the sample edition: %w", err)
	}
	dir, cleanup, err := demoDir("")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cleanup()) }()
	a, err := wire(ctx, settings{database: filepath.Join(dir, "tidings.db"), identity: subscriptions.StandardIdentity()}, std, func() time.Time { return demoTime })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	report, err := a.imports.Import(ctx, in, subscriptions.ImportOptions{Publish: true})
	if err != nil {
		return nil, err
	}
	content, err := a.editions.Collect(ctx, report.Edition.ID)
	return &content, err
}

// write makes the files, then the pictures, then the page to look through them.
func (c previewCmd) write(ctx context.Context, a *app, mails []previewed) error {
	var shown []shownMail
	for _, m := range mails {
		text, page := m.Message.Render()
		raw, err := smtp.Encode(m.Message)
		if err != nil {
			return fmt.Errorf("encode %s: %w", m.Name, err)
		}
		dir := filepath.Join(c.Out, m.Case)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make the folder of the preview: %w", err)
		}
		for end, data := range map[string][]byte{"html": []byte(page), "txt": []byte(text), "eml": raw} {
			if err := os.WriteFile(filepath.Join(dir, m.Name+"."+end), data, 0o644); err != nil {
				return fmt.Errorf("write the preview: %w", err)
			}
		}
		shown = append(shown, shownMail{Name: m.Name, Case: m.Case, Subject: m.Message.Body.Subject, HTML: len(page), Text: len(text), page: page})
	}
	pictures, err := c.photograph(ctx, a, shown)
	if err != nil {
		return err
	}
	if err := writePreviewIndex(c.Out, shown); err != nil {
		return err
	}
	fmt.Fprintf(a.std.out, "%d %s and %d %s are in %s. Look through them: %s\n", len(mails), plural(len(mails), "mail", "mails"),
		pictures, plural(pictures, "picture", "pictures"), c.Out, filepath.Join(c.Out, "index.html"))
	return nil
}

// wantsPictures tells whether a mail is one of those to make pictures of.
func (c previewCmd) wantsPictures(m shownMail) bool {
	switch c.Pictures {
	case "all":
		return true
	case "none":
		return false
	}
	return c.Edition != 0 || slices.Contains(c.Case, m.Case) || m.Case == string(compose.CaseNormal)
}
