package subscriptions

import (
	"context"
	"strings"
	"time"
)

// Persona is a reader who is none: a set of topics, a zone and a way to write dates
// under a name, so that the same few letters can be looked at every month. It is no
// person and has no address.
type Persona struct {
	ID        int64
	Name      string
	Topics    TopicSet
	Zone      string    // IANA zone, "" for the service's own
	Dates     DateStyle // how dates are written to them
	Actor     string    // who made it
	CreatedAt time.Time
	EndedAt   time.Time
}

// Validate wants a name, a topic, and a zone that exists.
func (p *Persona) Validate() error {
	name, err := CleanName("name", p.Name)
	if err != nil {
		return err
	}
	p.Name, p.Zone = name, strings.TrimSpace(p.Zone)
	switch {
	case p.Name == "":
		return invalid("name", "the persona needs a name").hint("Such as: a national committee.")
	case len(p.Topics) == 0:
		return invalid("topics", "the persona follows no topic").hint("Tick at least one.")
	}
	if p.Zone != "" {
		if _, err := LoadZone(p.Zone); err != nil {
			return invalid("zone", "there is no zone %q", p.Zone).hint("Zones are named as Europe/Lisbon or Asia/Shanghai.")
		}
	}
	_, err = ParseDateStyle(string(p.Dates))
	return err
}

// Recipient is the persona as a reader of letters. Its id is 0: links in a letter
// for it act for nobody.
func (p Persona) Recipient(now time.Time) Recipient {
	return Recipient{Chosen: p.Topics, Subscriber: Subscriber{Address: previewAddress, Name: "", Zone: p.Zone, Dates: p.Dates, ConfirmedAt: now}}
}

// previewAddress stands where a letter has no reader. Nothing is ever sent there:
// .invalid is no domain (RFC 2606).
const previewAddress = "reader@preview.invalid"

// PersonaStore keeps personas.
type PersonaStore interface {
	Personas(ctx context.Context) ([]Persona, error) // not ended, by name
	FindPersona(ctx context.Context, id int64) (Persona, error)
	AddPersona(ctx context.Context, p *Persona) error
	UpdatePersona(ctx context.Context, p Persona) error
}
