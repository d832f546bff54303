package store

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type personaRow struct {
	ID        int64
	Name      string
	Topics    string
	Zone      string
	Dates     string
	Actor     string
	CreatedAt time.Time
	EndedAt   *time.Time
}

func (personaRow) TableName() string { return "personas" }

func (r personaRow) persona() (subscriptions.Persona, error) {
	set, err := subscriptions.ParseTopicSet(r.Topics)
	return subscriptions.Persona{ID: r.ID, Name: r.Name, Topics: set, Zone: r.Zone, Dates: subscriptions.DateStyle(r.Dates), Actor: r.Actor,
		CreatedAt: r.CreatedAt.UTC(), EndedAt: timeOf(r.EndedAt)}, err
}

func toPersonaRow(p subscriptions.Persona) personaRow {
	return personaRow{p.ID, p.Name, p.Topics.Key(), p.Zone, string(p.Dates), p.Actor, p.CreatedAt.UTC(), null(p.EndedAt)}
}

var _ subscriptions.PersonaStore = (*Store)(nil)

// Personas lists those not ended, by name.
func (s *Store) Personas(ctx context.Context) ([]subscriptions.Persona, error) {
	var rows []personaRow
	if err := s.read(ctx).Where("ended_at IS NULL").Order("lower(name), id").Find(&rows).Error; err != nil {
		return nil, fault(err, "personas")
	}
	all := make([]subscriptions.Persona, len(rows))
	for n, r := range rows {
		var err error
		if all[n], err = r.persona(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// FindPersona reads one, ended or not.
func (s *Store) FindPersona(ctx context.Context, id int64) (subscriptions.Persona, error) {
	var row personaRow
	if err := s.hold(ctx).Take(&row, id).Error; err != nil {
		return subscriptions.Persona{}, fault(err, "persona %d", id)
	}
	return row.persona()
}

// AddPersona inserts one.
func (s *Store) AddPersona(ctx context.Context, p *subscriptions.Persona) error {
	row := toPersonaRow(*p)
	err := s.write(ctx).Create(&row).Error
	p.ID = row.ID
	return fault(err, "persona %q", p.Name)
}

// UpdatePersona writes all fields.
func (s *Store) UpdatePersona(ctx context.Context, p subscriptions.Persona) error {
	row := toPersonaRow(p)
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", p.ID).Updates(&row).Error, "persona %d", p.ID)
}
