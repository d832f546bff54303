package desk

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const readersPath = "/desk/settings/readers"

// ReadersPage keeps as whom letters are looked at, and who gets tests of them.
type ReadersPage struct {
	Frame
	Tabs     []page.NavLink
	Personas []PersonaRow
	Groups   []subscriptions.SeedGroup
	Topics   []subscriptions.Topic
	Persona  PersonaForm
	Group    GroupForm
}

// PersonaRow is a persona in the list.
type PersonaRow struct {
	subscriptions.Persona
	Names string // of its topics
}

// PersonaForm is a persona as it is typed.
type PersonaForm struct {
	ID         int64 // 0: a new one
	Name, Zone string
	Dates      string
	Topics     subscriptions.TopicSet
	Faults     page.Faults
}

// GroupForm is a group as it is typed.
type GroupForm struct {
	ID              int64
	Name, Addresses string
	Faults          page.Faults
}

func (d *Desk) showReaders(v *Visit) error {
	p, err := d.readersPage(v)
	if err != nil {
		return err
	}
	for _, one := range p.Personas {
		if strconv.FormatInt(one.ID, 10) == v.Query("persona") {
			p.Persona = PersonaForm{ID: one.ID, Name: one.Name, Zone: one.Zone, Dates: string(one.Dates), Topics: one.Topics}
		}
	}
	for _, g := range p.Groups {
		if strconv.FormatInt(g.ID, 10) == v.Query("group") {
			p.Group = GroupForm{ID: g.ID, Name: g.Name, Addresses: strings.Join(g.Addresses, "\n")}
		}
	}
	return d.show(v, http.StatusOK, "desk/readers", p)
}

func (d *Desk) readersPage(v *Visit) (*ReadersPage, error) {
	ctx := v.Request.Context()
	p := &ReadersPage{Frame: Frame{Title: "Preview and tests", Section: "/desk/settings"}, Tabs: v.settingsTabs(readersPath)}
	var err error
	if p.Topics, err = d.Topics.Store.Topics(ctx); err != nil {
		return nil, err
	}
	personas, err := d.Personas.Store.Personas(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range personas {
		p.Personas = append(p.Personas, PersonaRow{one, subscriptions.LetterName(p.Topics, one.Topics)})
	}
	p.Groups, err = d.Tests.Store.SeedGroups(ctx)
	return p, err
}

// DateWords are the ways to write dates, each with an example.
func (p *ReadersPage) DateWords() []SentWord {
	example := subscriptions.Date{Year: 2019, Month: 3, Day: 31}
	var all []SentWord
	for _, s := range subscriptions.DateStyles() {
		all = append(all, SentWord{string(s), s.Format(example)})
	}
	return all
}

func (d *Desk) savePersona(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	form := PersonaForm{ID: formID(sent), Name: sent.Get("name"), Zone: sent.Get("zone"), Dates: sent.Get("dates")}
	for _, raw := range sent["topic"] {
		if id := int64(wholeNumber(raw)); id > 0 {
			form.Topics = form.Topics.With(id)
		}
	}
	_, err = d.Personas.As(v.By()).Save(v.Request.Context(), subscriptions.Persona{ID: form.ID, Name: form.Name, Topics: form.Topics, Zone: form.Zone, Dates: subscriptions.DateStyle(form.Dates)})
	return d.readersSaved(v, err, "Saved. Look as it under Preview of an edition.", func(p *ReadersPage, faults page.Faults) {
		p.Persona, p.Persona.Faults = form, faults.InOrder("name", "topics", "zone", "dates")
	})
}

func (d *Desk) saveGroup(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	form := GroupForm{ID: formID(sent), Name: sent.Get("name"), Addresses: sent.Get("addresses")}
	_, err = d.Tests.As(v.By()).SaveGroup(v.Request.Context(), form.ID, form.Name, form.Addresses)
	return d.readersSaved(v, err, "Saved. Send it a test under Preview of an edition.", func(p *ReadersPage, faults page.Faults) {
		for n := range faults {
			faults[n].Field = "group-" + faults[n].Field
		}
		p.Group, p.Group.Faults = form, faults.InOrder("group-name", "group-addresses")
	})
}

// readersSaved goes on, or shows the form again with what is wrong with it.
func (d *Desk) readersSaved(v *Visit, err error, said string, again func(p *ReadersPage, faults page.Faults)) error {
	if faults, ok := page.FaultsOf(err); ok && err != nil {
		p, err := d.readersPage(v)
		if err != nil {
			return err
		}
		again(p, faults)
		return d.show(v, http.StatusUnprocessableEntity, "desk/readers", p)
	}
	if err != nil {
		return err
	}
	v.Say(said)
	return v.Go(readersPath)
}

func formID(sent url.Values) int64 {
	if id := int64(wholeNumber(sent.Get("id"))); id > 0 {
		return id
	}
	return 0
}

func (d *Desk) endPersona(v *Visit) error {
	return d.readersSaved(v, d.Personas.As(v.By()).End(v.Request.Context(), v.id()), "Ended.", func(*ReadersPage, page.Faults) {})
}

func (d *Desk) dropGroup(v *Visit) error {
	return d.readersSaved(v, d.Tests.As(v.By()).DropGroup(v.Request.Context(), v.id()), "Deleted, with its addresses.", func(*ReadersPage, page.Faults) {})
}
