package main

import (
	"context"
	"fmt"
	"time"
)

type subscriberCmd struct {
	Show   subscriberShowCmd   `cmd:"" help:"Show one person: topics, consents and deliveries."`
	Export subscriberExportCmd `cmd:"" help:"Write all that is kept about one person, as JSON."`
	Erase  subscriberEraseCmd  `cmd:"" help:"Forget one person, at once and for good."`
}

type subscriberShowCmd struct {
	Address string `arg:"" help:"E-mail address."`
	JSON    bool   `help:"Answer as JSON."`
}

// subscriberView is a person as the command shows it.
type subscriberView struct {
	Address    string         `json:"address"`
	Name       string         `json:"name,omitempty"`
	Status     string         `json:"status"`
	Topics     []string       `json:"topics"`
	Consents   []consentView  `json:"consents"`
	Deliveries []deliveryView `json:"deliveries"`
}

type consentView struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Topics  []string  `json:"topics"`
	Wording string    `json:"wording,omitempty"`
	Source  string    `json:"source,omitempty"`
}

type deliveryView struct {
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`
	State     string    `json:"state"`
	MessageID string    `json:"message_id,omitempty"`
	Detail    string    `json:"detail,omitempty"`
}

// Run shows the person.
func (c subscriberShowCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		h, err := a.readers.History(ctx, c.Address)
		if err != nil {
			return err
		}
		v := subscriberView{Address: h.Subscriber.Address, Name: h.Subscriber.Name, Status: string(h.Status), Topics: []string{},
			Consents: []consentView{}, Deliveries: []deliveryView{}}
		for _, t := range h.Topics {
			v.Topics = append(v.Topics, t.Slug)
		}
		for _, c := range h.Consents {
			v.Consents = append(v.Consents, consentView{c.At, string(c.Kind), c.Topics, c.Wording, c.Source})
		}
		for _, d := range h.Deliveries {
			v.Deliveries = append(v.Deliveries, deliveryView{d.UpdatedAt, string(d.Kind), string(d.State), d.MessageID, d.Detail})
		}
		if c.JSON {
			return writeJSON(std.out, v)
		}
		fmt.Fprintf(std.out, "%s %s\n  status  %s\n  topics  %v\n", v.Address, v.Name, v.Status, v.Topics)
		for _, c := range v.Consents {
			fmt.Fprintf(std.out, "  %s  consent %s %v (%s)\n", c.At.Format(time.DateTime), c.Kind, c.Topics, c.Source)
		}
		for _, d := range v.Deliveries {
			fmt.Fprintf(std.out, "  %s  %s %s %s\n", d.At.Format(time.DateTime), d.Kind, d.State, d.Detail)
		}
		return nil
	})
}
