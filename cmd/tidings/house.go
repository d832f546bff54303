package main

import (
	"cmp"
	"context"
	netmail "net/mail"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
)

// What the organisation sets about itself, at the desk or with tidings settings, and
// what the operator has fixed by flags, environment or the settings file.

// fixed are the operator's, by the key of the setting. Call it before presets: an
// empty value leaves the setting to the desk.
func (s Settings) fixed() map[string]subscriptions.Fixed {
	all := map[string]subscriptions.Fixed{}
	for _, f := range []struct{ key, value, env string }{
		{"site", s.Site, "TIDINGS_SITE"}, {"sender.reply", s.ReplyTo, "TIDINGS_REPLY_TO"},
		{"keep.pending", s.KeepPending, keepEnvs["unconfirmed"]}, {"keep.ip", s.KeepIP, keepEnvs["ip"]}, {"keep.left", s.KeepLeft, keepEnvs["left"]},
	} {
		if f.value != "" {
			all[f.key] = subscriptions.Fixed{Value: f.value, By: f.env}
		}
	}
	if m, err := netmail.ParseAddress(s.From); err == nil {
		all["sender.name"] = subscriptions.Fixed{Value: m.Name, By: "TIDINGS_FROM"}
		all["sender.address"] = subscriptions.Fixed{Value: m.Address, By: "TIDINGS_FROM"}
	}
	return all
}

// houseIn wires the settings. Mail is signed for the sender's domain, unless the
// operator named another.
func (a *app) houseIn(ctx context.Context) error {
	a.house = &subscriptions.SettingsService{Store: a.store, Now: a.now, Base: a.settings.identity, Fixed: a.settings.fixed}
	newest, err := a.store.NewestSettings(ctx)
	if err != nil {
		return err
	}
	a.settings.sign(a.house.House(newest))
	if len(a.settings.smtp) > 0 && len(a.settings.smtp[0].Keys) > 0 {
		a.house.Signs = a.settings.smtp[0].Domain
	}
	return nil
}

// located tells the settings where the site is: a demo knows its port only once it
// listens.
func (a *app) located() {
	if a.house.Base.BaseURL != a.settings.identity.BaseURL {
		a.house.Base = a.settings.identity
	}
}

// sign has the mail servers sign for the house.
func (s *settings) sign(h subscriptions.House) {
	for i := range s.smtp {
		s.smtp[i].Domain = cmp.Or(s.signs, h.Identity.Domain())
	}
}

// current is the settings in force, as the composer asks for them.
func (a *app) current(ctx context.Context) subscriptions.House {
	h, err := a.house.Current(ctx)
	if err != nil && ctx.Err() == nil {
		a.log.Warn("the settings cannot be read; those of before stay in force", "version", h.Version, "error", err)
	}
	return h
}

// checkTemplates fills every template once with sample data, where some are not the
// program's own.
func (a *app) checkTemplates() error {
	if a.settings.templates == nil {
		return nil
	}
	err := compose.CheckTemplates(a.settings.templates)
	if err == nil {
		err = web.CheckTemplates(a.settings.templates)
	}
	if err != nil {
		return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Field: "templates", Message: "TIDINGS_TEMPLATES", Err: err,
			Hint: "docs/rebrand.md says what each template is given. tidings templates export DIR writes those of the program."}}
	}
	return nil
}

// letterOf gives the HTML of a letter as the house would be, for a preview: of the
// newest edition that has something in it, or of made-up entries.
func (a *app) letterOf(ctx context.Context, h subscriptions.House, letter string) (string, error) {
	composer, err := a.composer(ctx)
	if err != nil {
		return "", err
	}
	if composer, err = composer.As(h); err != nil {
		return "", err
	}
	content, err := a.newestContent(ctx)
	if err != nil {
		return "", err
	}
	content.Look = h.Look()
	reader := subscriptions.Recipient{Subscriber: subscriptions.Subscriber{ID: 1, Name: "Anna Berg", Address: "reader@example.org", ConfirmedAt: a.now()}}
	for _, t := range content.Topics {
		reader.Chosen = append(reader.Chosen, t.ID)
	}
	var m *mailer.Message
	switch letter {
	case "confirmation":
		m, err = composer.PreviewConfirmation(reader, content.Topics[:min(2, len(content.Topics))])
	case "digest":
		m, err = composer.Preview(content, reader)
	default:
		return "", &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no letter " + letter}
	}
	if err != nil {
		return "", err
	}
	_, page := m.Render()
	return page, nil
}

// newestContent is what the newest edition holds, frozen or not.
func (a *app) newestContent(ctx context.Context) (subscriptions.Content, error) {
	all, err := a.store.Editions(ctx)
	if err != nil {
		return subscriptions.Content{}, err
	}
	for _, e := range all[:min(len(all), 3)] {
		c, err := a.editions.Collect(ctx, e.ID)
		if err != nil && subscriptions.CodeOf(err) != subscriptions.NotFound {
			return c, err
		}
		if len(c.Entries) > 0 {
			return c, nil
		}
	}
	return compose.SampleContent(a.now()), nil
}
