package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
)

type editionPreviewCmd struct {
	ID int64 `arg:"" type:"edition" help:"Number of the edition."`
	// As whom: one of three.
	As      string `xor:"whom" required:"" placeholder:"ADDRESS" help:"The subscriber whose letter to show."`
	Topics  string `xor:"whom" required:"" placeholder:"TOPIC,…" help:"The letter of everybody with just these topics."`
	Persona string `xor:"whom" required:"" placeholder:"NAME" help:"The letter of a persona made at the desk."`
	// What the letter looks like depends on who shows it; these are the three
	// things that leave.
	Format string `enum:"text,html,eml" default:"text" help:"text, html, or eml: the whole message as it would leave."`
	JSON   bool   `help:"Answer as JSON: who gets it, its size, and the letter."`
}

// previewView is a letter as commands answer it.
type previewView struct {
	Edition   int64     `json:"edition"`
	As        string    `json:"as"`
	Topics    []string  `json:"topics"`
	People    int       `json:"people"`
	AsOf      time.Time `json:"as_of"` // when it is to leave; now while nobody has ordered it
	Warning   string    `json:"warning,omitempty"`
	Subject   string    `json:"subject"`
	HTMLBytes int       `json:"html_bytes"`
	Shortened int       `json:"shortened"` // entries whose end is only on the web
	LeftOut   int       `json:"left_out"`  // entries that are only on the web
	Format    string    `json:"format"`
	Letter    string    `json:"letter"`
}

// Run shows the letter the reader would get, as of the moment for which the edition
// is ordered, and as of now while it is not. Nothing is queued or sent. While an
// edition collects, it is shown as it would be frozen.
func (c editionPreviewCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditions(ctx, s, std, func(a *app) error {
		if err := a.reach.Count(ctx); err != nil {
			return err
		}
		previews := a.previews()
		of, err := previews.Collect(ctx, c.ID)
		if err != nil {
			return err
		}
		seen, err := c.show(ctx, a, previews, of)
		switch {
		case err != nil:
			return err
		case seen.Nothing != "":
			return &subscriptions.Error{Code: subscriptions.Refused, Message: fmt.Sprintf("%s gets no letter of edition %d: nothing in their topics", seen.Name, c.ID)}
		case seen.Warning != "" && !c.JSON:
			fmt.Fprintln(std.err, seen.Warning)
		}
		if of.Ahead() && !c.JSON {
			fmt.Fprintf(std.err, "As of when it leaves, %s.\n", of.At.UTC().Format("2006-01-02 15:04 UTC"))
		}
		return c.write(std, of, seen)
	})
}

func (c editionPreviewCmd) show(ctx context.Context, a *app, previews *subscriptions.PreviewService, of subscriptions.Sight) (subscriptions.Viewed, error) {
	switch {
	case c.As != "":
		return previews.ShowTo(ctx, of, c.As)
	case c.Topics != "":
		set, err := topicsNamed(of.Content, c.Topics)
		if err != nil {
			return subscriptions.Viewed{}, err
		}
		return previews.Show(ctx, subscriptions.AtCommandLine, true, of, subscriptions.Viewer{Kind: subscriptions.AsVariant, Key: set.Key()})
	}
	personas, err := a.store.Personas(ctx)
	if err != nil {
		return subscriptions.Viewed{}, err
	}
	var names []string
	for _, p := range personas {
		if strings.EqualFold(p.Name, c.Persona) {
			return previews.Show(ctx, subscriptions.AtCommandLine, true, of, subscriptions.Viewer{Kind: subscriptions.AsPersona, Key: fmt.Sprint(p.ID)})
		}
		names = append(names, p.Name)
	}
	hint := "Make one at the desk: /desk/settings/readers"
	if len(names) > 0 {
		hint = "There are: " + strings.Join(names, ", ")
	}
	return subscriptions.Viewed{}, &subscriptions.Error{Code: subscriptions.NotFound, Message: fmt.Sprintf("there is no persona %q", c.Persona), Hint: hint}
}

// topicsNamed reads slugs with commas or semicolons between.
func topicsNamed(content subscriptions.Content, list string) (subscriptions.TopicSet, error) {
	var set subscriptions.TopicSet
	for slug := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		known := false
		var slugs []string
		for _, t := range content.Topics {
			slugs = append(slugs, t.Slug)
			if t.Slug == slug {
				set, known = set.With(t.ID), true
			}
		}
		if !known {
			return nil, &subscriptions.Error{Code: subscriptions.NotFound, Message: fmt.Sprintf("there is no topic %q", slug), Hint: "There are: " + strings.Join(slugs, ", ")}
		}
	}
	if len(set) == 0 {
		return nil, errUsage{errors.New("name one topic at least")}
	}
	return set, nil
}

func (c editionPreviewCmd) write(std stdio, of subscriptions.Sight, seen subscriptions.Viewed) error {
	l := seen.Letter
	said := l.Text
	switch c.Format {
	case "html":
		said = l.HTML
	case "eml":
		said = string(l.Raw)
	}
	if c.JSON {
		v := previewView{Edition: c.ID, As: seen.Name, People: seen.People, AsOf: of.At.UTC(), Warning: seen.Warning, Subject: l.Subject, HTMLBytes: len(l.HTML),
			Shortened: len(l.Shortened), LeftOut: l.LeftOut, Format: c.Format, Letter: said, Topics: []string{}}
		for _, t := range seen.Topics {
			v.Topics = append(v.Topics, t.Slug)
		}
		return writeJSON(std.out, v)
	}
	if c.Format == "text" {
		said = fmt.Sprintf("Subject: %s\nTo: %s\n\n%s", l.Subject, seen.Name, said)
	}
	_, err := fmt.Fprint(std.out, said)
	return err
}

// previews wires what shows letters.
func (a *app) previews() *subscriptions.PreviewService {
	return &subscriptions.PreviewService{Store: a.store, Keys: a.keys, Editions: a.editions, Reach: a.reach, Letters: a.letters(), Now: a.now}
}

// composer wires what turns deliveries into messages.
func (a *app) composer(ctx context.Context) (*compose.Composer, error) {
	salt, err := a.store.Instance(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.checkTemplates(); err != nil {
		return nil, err
	}
	a.located()
	return compose.New(compose.Options{Store: a.store, Keys: a.keys, House: a.current, Templates: a.settings.templates, Salt: salt, Now: a.now})
}
