package subscriptions

import (
	"context"
	"fmt"
	"time"
)

// PersonaService keeps the personas as whom letters are looked at.
type PersonaService struct {
	Store Store
	Now   func() time.Time
	By    Actor
}

// As gives the service in the hands of somebody.
func (s *PersonaService) As(by Actor) *PersonaService {
	theirs := *s
	theirs.By = by
	return &theirs
}

// maxPersonas is how many there are at a time: a list one reads.
const maxPersonas = 50

// Save makes a persona, or changes the one of its id.
func (s *PersonaService) Save(ctx context.Context, p Persona) (Persona, error) {
	if err := p.Validate(); err != nil {
		return p, err
	}
	return p, s.Store.InTx(ctx, func(tx Store) error {
		action := "persona.change"
		if p.ID == 0 {
			all, err := tx.Personas(ctx)
			if err != nil {
				return err
			}
			if len(all) >= maxPersonas {
				return refused("there are %d personas already", len(all)).hint("End one that nobody looks at.")
			}
			action, p.Actor, p.CreatedAt = "persona.create", s.By.Name, s.Now()
			if err := tx.AddPersona(ctx, &p); err != nil {
				return err
			}
		} else {
			was, err := tx.FindPersona(ctx, p.ID)
			if err != nil {
				return err
			}
			if !was.EndedAt.IsZero() {
				return refused("the persona %q has ended", was.Name).hint("Make a new one.")
			}
			p.Actor, p.CreatedAt = was.Actor, was.CreatedAt
			if err := tx.UpdatePersona(ctx, p); err != nil {
				return err
			}
		}
		return audit(ctx, tx, s.By, s.Now(), action, fmt.Sprintf("persona:%d", p.ID), p.Name, "")
	})
}

// End takes a persona off the list.
func (s *PersonaService) End(ctx context.Context, id int64) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		p, err := tx.FindPersona(ctx, id)
		if err != nil || !p.EndedAt.IsZero() {
			return err // ending twice is one end
		}
		p.EndedAt = s.Now()
		if err := tx.UpdatePersona(ctx, p); err != nil {
			return err
		}
		return audit(ctx, tx, s.By, s.Now(), "persona.end", fmt.Sprintf("persona:%d", p.ID), p.Name, "")
	})
}
