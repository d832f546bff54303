package main

import (
	"context"
	"fmt"

	"sesec.eu/tidings/subscriptions"
)

// What an operator does about a person, in the name of the command line. The
// reasons are the proof a year from now, and are asked for as at the desk.

type subscriberAddCmd struct {
	Address   string `arg:"" help:"E-mail address."`
	Topics    string `required:"" placeholder:"SLUG;SLUG" help:"Topics they asked for."`
	Source    string `required:"" placeholder:"TEXT" help:"Where the consent lies: a sign-up sheet, a letter."`
	Name      string `help:"Name."`
	Confirmed bool   `help:"It was given in writing: they get the next edition. Without it a letter asks them to confirm."`
	JSON      bool   `help:"Answer as JSON."`
}

// Run adds the person.
func (c subscriberAddCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		person, err := a.subscribers.Add(ctx, subscriptions.AddPerson{Email: c.Address, Name: c.Name, Topics: words(c.Topics), Source: c.Source, Confirmed: c.Confirmed},
			subscriptions.AtCommandLine)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, map[string]any{"id": person.ID, "address": person.Address, "status": person.Status(a.now())})
		}
		if c.Confirmed {
			fmt.Fprintf(std.out, "%s gets the next edition.\n", person.Address)
		} else {
			fmt.Fprintf(std.out, "A letter asks %s to confirm. It leaves when serve or worker runs.\n", person.Address)
		}
		return nil
	})
}

type subscriberEndCmd struct {
	Address string `arg:"" help:"E-mail address."`
	Note    string `required:"" placeholder:"TEXT" help:"Who asked for it, and how."`
	JSON    bool   `help:"Answer as JSON."`
}

// Run ends all of the person's topics.
func (c subscriberEndCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		h, err := a.readers.History(ctx, c.Address)
		if err != nil {
			return spelled(err)
		}
		if err := a.subscribers.End(ctx, h.Subscriber.ID, subscriptions.EndPerson{Note: c.Note}, subscriptions.AtCommandLine); err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, map[string]any{"id": h.Subscriber.ID, "address": h.Subscriber.Address, "status": subscriptions.SubscriberEnded})
		}
		fmt.Fprintf(std.out, "Ended %s: nothing more is sent to them. They come back by the form on the site, and by nobody else's hand.\n", h.Subscriber.Address)
		return nil
	})
}

type subscriberSuppressCmd struct {
	Address string `arg:"" help:"E-mail address."`
	Note    string `required:"" placeholder:"TEXT" help:"Who asked for it, and how."`
	JSON    bool   `help:"Answer as JSON."`
}

// Run bars the address.
func (c subscriberSuppressCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		if err := a.subscribers.Suppress(ctx, c.Address, c.Note, subscriptions.AtCommandLine); err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, map[string]any{"address": c.Address, "suppressed": subscriptions.SuppressedByEditor})
		}
		fmt.Fprintf(std.out, "%s gets no letters, until that is lifted.\n", c.Address)
		return nil
	})
}

type subscriberLiftCmd struct {
	Address string `arg:"" help:"E-mail address."`
	Note    string `required:"" placeholder:"TEXT" help:"Why it is lifted."`
	JSON    bool   `help:"Answer as JSON."`
}

// Run lifts the suppression.
func (c subscriberLiftCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		if err := a.subscribers.Lift(ctx, c.Address, c.Note, subscriptions.AtCommandLine); err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, map[string]any{"address": c.Address, "suppressed": nil})
		}
		fmt.Fprintf(std.out, "%s may be written to again. That subscribes nobody: they do so by the form on the site.\n", c.Address)
		return nil
	})
}

type subscriberSuppressionsCmd struct {
	Address string `arg:"" optional:"" help:"E-mail address to ask about. They are kept as hashes: there is no list of addresses."`
	JSON    bool   `help:"Answer as JSON."`
}

// suppressionView is the answer about one address.
type suppressionView struct {
	Address    string `json:"address"`
	Suppressed bool   `json:"suppressed"`
	Reason     string `json:"reason,omitempty"`
	Since      string `json:"since,omitempty"`
	Note       string `json:"note,omitempty"`
}

// Run counts, or answers about one address.
func (c subscriberSuppressionsCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		if c.Address == "" {
			counts, err := a.store.CountSuppressed(ctx)
			if err != nil {
				return err
			}
			if c.JSON {
				return writeJSON(std.out, counts)
			}
			for _, reason := range []subscriptions.SuppressionReason{subscriptions.SuppressedBounce, subscriptions.SuppressedComplaint, subscriptions.SuppressedErased, subscriptions.SuppressedByEditor} {
				fmt.Fprintf(std.out, "%7d  %s\n", counts[reason], reason)
			}
			return nil
		}
		sup, ok, err := a.subscribers.Suppressed(ctx, c.Address)
		if err != nil {
			return err
		}
		v := suppressionView{Address: c.Address, Suppressed: ok}
		if ok {
			v.Reason, v.Since, v.Note = string(sup.Reason), sup.CreatedAt.Format("2006-01-02"), sup.Note
		}
		switch {
		case c.JSON:
			return writeJSON(std.out, v)
		case ok:
			fmt.Fprintf(std.out, "%s is suppressed since %s: %s %s\n", v.Address, v.Since, v.Reason, v.Note)
		default:
			fmt.Fprintf(std.out, "%s is not suppressed.\n", v.Address)
		}
		return nil
	})
}
