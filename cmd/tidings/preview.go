package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

type editionPreviewCmd struct {
	ID int64  `arg:"" type:"edition" help:"Number of the edition."`
	As string `required:"" placeholder:"ADDRESS" help:"The subscriber whose letter to show."`
	// What the letter looks like depends on who shows it; these are the three
	// things that leave.
	Format string `enum:"text,html,eml" default:"text" help:"text, html, or eml: the whole message as it would leave."`
}

// Run shows the letter the person would get now. Nothing is queued or sent. While
// an edition collects, it is shown as it would be frozen.
func (c editionPreviewCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditions(ctx, s, std, func(a *app) error {
		content, err := a.editions.Collect(ctx, c.ID)
		if err != nil {
			return err
		}
		history, err := a.readers.History(ctx, c.As)
		if err != nil {
			return err
		}
		people, err := a.store.RecipientsByID(ctx, []int64{history.Subscriber.ID})
		if err != nil {
			return err
		}
		at := slices.IndexFunc(people, func(r subscriptions.Recipient) bool { return r.Subscriber.ID == history.Subscriber.ID })
		if at < 0 {
			return errors.New("the person is gone")
		}
		person := people[at]
		person.Suppressed = history.Suppressed
		if why := person.Refusal(a.now()); why != "" {
			fmt.Fprintf(std.err, "%s would get nothing now: %s.\n", c.As, why)
		}
		composer, err := a.composer(ctx)
		if err != nil {
			return err
		}
		m, err := composer.Preview(content, person)
		var skip *mailer.Skip
		if errors.As(err, &skip) {
			return &subscriptions.Error{Code: subscriptions.Refused, Message: fmt.Sprintf("%s gets no letter of edition %d: %s", c.As, c.ID, skip.Reason)}
		}
		if err != nil {
			return err
		}
		return c.write(std, m)
	})
}

func (c editionPreviewCmd) write(std stdio, m *mailer.Message) error {
	text, html := m.Render()
	switch c.Format {
	case "html":
		_, err := fmt.Fprint(std.out, html)
		return err
	case "eml":
		raw, err := smtp.Encode(m)
		if err != nil {
			return err
		}
		_, err = std.out.Write(raw)
		return err
	}
	_, err := fmt.Fprintf(std.out, "Subject: %s\nTo: %s\n\n%s", m.Body.Subject, m.To.Address, text)
	return err
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
