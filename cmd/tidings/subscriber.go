package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type subscriberCmd struct {
	List         subscriberListCmd         `cmd:"" help:"List people, the newest first."`
	Search       subscriberSearchCmd       `cmd:"" help:"Find people by the beginning of an address, a name, an organisation, or by @domain."`
	Show         subscriberShowCmd         `cmd:"" help:"Show one person's story: topics, consents, letters, webinars."`
	Add          subscriberAddCmd          `cmd:"" help:"Add a person whose consent can be proved, or ask them by letter."`
	End          subscriberEndCmd          `cmd:"" help:"End all topics of a person who asked for it."`
	Suppress     subscriberSuppressCmd     `cmd:"" help:"Bar an address: no letter ever, until it is lifted."`
	Lift         subscriberLiftCmd         `cmd:"" help:"Let a suppressed address be written to again."`
	Suppressions subscriberSuppressionsCmd `cmd:"" help:"Count what is suppressed, by reason, or say why one address is."`
	Export       subscriberExportCmd       `cmd:"" help:"Write all that is kept about one person, as JSON."`
	Erase        subscriberEraseCmd        `cmd:"" help:"Forget one person, at once and for good."`
}

// listedPerson is a person as lists of people show them.
type listedPerson struct {
	ID           int64     `json:"id"`
	Address      string    `json:"address"`
	Name         string    `json:"name,omitempty"`
	Organisation string    `json:"organisation,omitempty"`
	Status       string    `json:"status"`
	Suppressed   string    `json:"suppressed,omitempty"`
	Topics       []string  `json:"topics"`
	Since        time.Time `json:"since"`
}

// peopleList is the answer of list and search.
type peopleList struct {
	People []listedPerson `json:"people"`
	More   bool           `json:"more"` // list: go on with --before and the last id
}

// tellPeople answers with people.
func (a *app) tellPeople(ctx context.Context, f subscriptions.PeopleFilter, asJSON bool) error {
	if f.Limit <= 0 || f.Limit > 1000 {
		f.Limit = 1000
	}
	people, more, err := a.subscribers.People(ctx, f)
	if err != nil {
		return err
	}
	list := peopleList{People: []listedPerson{}, More: more}
	for _, p := range people {
		one := listedPerson{ID: p.ID, Address: p.Address, Name: p.Name, Organisation: p.Organisation, Status: string(p.Status), Suppressed: string(p.Suppressed), Topics: []string{}, Since: p.CreatedAt}
		for _, t := range p.Topics {
			one.Topics = append(one.Topics, t.Slug)
		}
		list.People = append(list.People, one)
	}
	if asJSON {
		return writeJSON(a.std.out, list)
	}
	w := tabwriter.NewWriter(a.std.out, 0, 0, 2, ' ', 0)
	for _, p := range list.People {
		standing := p.Status
		if p.Suppressed != "" {
			standing += ", suppressed: " + p.Suppressed
		}
		address := p.Address
		if address == "" {
			address = "(erased)"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", p.ID, address, p.Name, standing, strings.Join(p.Topics, " "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case more && f.Text == "":
		fmt.Fprintf(a.std.err, "There are more: --before %d\n", list.People[len(list.People)-1].ID)
	case more:
		fmt.Fprintln(a.std.err, "More people begin so: write more of it.")
	}
	return nil
}

type subscriberListCmd struct {
	Status string `enum:",pending,active,paused,ended,erased" default:"" placeholder:"STATUS" help:"Only who is pending, active, paused, ended or erased."`
	Before int64  `placeholder:"ID" help:"Go on below this number."`
	Limit  int    `default:"100" help:"At most so many, up to 1000."`
	JSON   bool   `help:"Answer as JSON."`
}

// Run lists people.
func (c subscriberListCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		return a.tellPeople(ctx, subscriptions.PeopleFilter{Status: subscriptions.SubscriberStatus(c.Status), BeforeID: c.Before, Limit: c.Limit}, c.JSON)
	})
}

type subscriberSearchCmd struct {
	Text   string `arg:"" help:"What it begins with, or @example.org for a whole domain."`
	Status string `enum:",pending,active,paused,ended,erased" default:"" placeholder:"STATUS" help:"Only who is pending, active, paused, ended or erased."`
	Limit  int    `default:"100" help:"At most so many, up to 1000."`
	JSON   bool   `help:"Answer as JSON."`
}

// Run finds people.
func (c subscriberSearchCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if subscriptions.CleanSearch(c.Text) == "" {
		return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: "there is nothing to look for", Hint: "All of them: tidings subscriber list"}}
	}
	return inApp(ctx, s, std, func(a *app) error {
		return a.tellPeople(ctx, subscriptions.PeopleFilter{Text: c.Text, Status: subscriptions.SubscriberStatus(c.Status), Limit: c.Limit}, c.JSON)
	})
}

type subscriberShowCmd struct {
	Address string `arg:"" help:"E-mail address."`
	JSON    bool   `help:"Answer as JSON."`
}

// subscriberView is a person as the command shows it.
type subscriberView struct {
	ID            int64                      `json:"id"`
	Address       string                     `json:"address"`
	Name          string                     `json:"name,omitempty"`
	Organisation  string                     `json:"organisation,omitempty"`
	Status        string                     `json:"status"`
	Suppressed    string                     `json:"suppressed,omitempty"`
	Topics        []string                   `json:"topics"`
	Consents      []consentView              `json:"consents"`
	Deliveries    []deliveryView             `json:"deliveries"`
	Registrations []registrationView         `json:"registrations"`
	Story         []subscriptions.StoryEvent `json:"story"`
}

type consentView struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Topics  []string  `json:"topics"`
	Wording string    `json:"wording,omitempty"`
	Source  string    `json:"source,omitempty"`
	List    int64     `json:"list,omitempty"`
}

type deliveryView struct {
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`
	State     string    `json:"state"`
	MessageID string    `json:"message_id,omitempty"`
	Detail    string    `json:"detail,omitempty"`
}

type registrationView struct {
	Webinar string    `json:"webinar"`
	State   string    `json:"state"`
	At      time.Time `json:"at"`
}

// Run shows the person.
func (c subscriberShowCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		h, err := a.readers.History(ctx, c.Address)
		if err != nil {
			return err
		}
		v := subscriberView{ID: h.Subscriber.ID, Address: h.Subscriber.Address, Name: h.Subscriber.Name, Organisation: h.Subscriber.Organisation, Status: string(h.Status),
			Suppressed: string(h.Suppressed), Topics: []string{}, Consents: []consentView{}, Deliveries: []deliveryView{}, Registrations: []registrationView{}, Story: h.Story()}
		for _, t := range h.Topics {
			v.Topics = append(v.Topics, t.Slug)
		}
		for _, c := range h.Consents {
			v.Consents = append(v.Consents, consentView{c.At, string(c.Kind), c.Topics, c.Wording, c.Source, c.ImportID})
		}
		for _, d := range h.Deliveries {
			v.Deliveries = append(v.Deliveries, deliveryView{d.UpdatedAt, string(d.Kind), string(d.State), d.MessageID, d.Detail})
		}
		for _, r := range h.Registrations {
			v.Registrations = append(v.Registrations, registrationView{r.Webinar.Slug, string(r.State), r.CreatedAt})
		}
		if c.JSON {
			return writeJSON(std.out, v)
		}
		v.tell(std.out)
		return nil
	})
}

func (v subscriberView) tell(w io.Writer) {
	fmt.Fprintf(w, "%s %s\n  status  %s\n", v.Address, strings.TrimSpace(v.Name+" "+v.Organisation), v.Status)
	if v.Suppressed != "" {
		fmt.Fprintf(w, "  suppressed: %s; gets no letters\n", v.Suppressed)
	}
	fmt.Fprintf(w, "  topics  %v\n", v.Topics)
	for _, c := range v.Consents {
		fmt.Fprintf(w, "  %s  consent %s %v (%s)\n", c.At.Format(time.DateTime), c.Kind, c.Topics, c.Source)
	}
	for _, d := range v.Deliveries {
		fmt.Fprintf(w, "  %s  %s %s %s\n", d.At.Format(time.DateTime), d.Kind, d.State, d.Detail)
	}
	for _, r := range v.Registrations {
		fmt.Fprintf(w, "  %s  webinar %s %s\n", r.At.Format(time.DateTime), r.Webinar, r.State)
	}
}
