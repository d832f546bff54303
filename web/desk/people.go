package desk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/idn"
	"sesec.eu/tidings/web/page"
)

// PeoplePage finds subscribers.
type PeoplePage struct {
	Frame
	Query  string
	Status subscriptions.SubscriberStatus
	People []subscriptions.Person
	More   bool   // there are more of what was looked for
	On     string // address of the next page, when all are listed
}

// Statuses are what the list can be narrowed to.
func (p *PeoplePage) Statuses() []subscriptions.SubscriberStatus {
	return []subscriptions.SubscriberStatus{subscriptions.SubscriberActive, subscriptions.SubscriberPending, subscriptions.SubscriberPaused,
		subscriptions.SubscriberEnded, subscriptions.SubscriberErased}
}

func (d *Desk) people(v *Visit) error {
	query := v.Request.URL.Query()
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64)
	p := &PeoplePage{Frame: Frame{Title: "People", Section: "/desk/people"}, Query: query.Get("q"), Status: subscriptions.SubscriberStatus(query.Get("status"))}
	f := subscriptions.PeopleFilter{Text: idn.ASCII(p.Query), Status: p.Status, BeforeID: before, Limit: perPage}
	var err error
	if p.People, p.More, err = d.People.People(v.Request.Context(), f); err != nil {
		return err
	}
	if p.More && subscriptions.CleanSearch(p.Query) == "" {
		on := url.Values{"before": {strconv.FormatInt(p.People[len(p.People)-1].ID, 10)}}
		if p.Status != "" {
			on.Set("status", string(p.Status))
		}
		p.On = "/desk/people?" + on.Encode()
	}
	return d.show(v, http.StatusOK, "desk/people", p)
}

// PersonPage is somebody's whole story.
type PersonPage struct {
	Frame
	subscriptions.History
	Back   []subscriptions.Bounce // what came back from the address, the newest first
	Stands subscriptions.Standing // what that comes to
	Note   string                 // of a form that came back
	Faults page.Faults
}

// Open are the topics they get, or have asked for.
func (p *PersonPage) Open() (open []subscriptions.Subscription) {
	for _, r := range p.Rows {
		if r.State != subscriptions.SubscriptionEnded {
			open = append(open, r)
		}
	}
	return open
}

// Gone reports whether there is nothing left to act on.
func (p *PersonPage) Gone() bool { return p.Status == subscriptions.SubscriberErased }

func (d *Desk) person(v *Visit) error { return d.showPerson(v, http.StatusOK, "", nil) }

func (d *Desk) showPerson(v *Visit, status int, note string, faults page.Faults) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	p := &PersonPage{Frame: Frame{Title: "A person", Section: "/desk/people"}, Note: note, Faults: faults}
	if p.History, err = d.People.Person(v.Request.Context(), id); err != nil {
		return err
	}
	if p.Subscriber.Address != "" {
		p.Title = idn.Display(p.Subscriber.Address)
		if p.Back, p.Stands, err = d.Returns.History(v.Request.Context(), p.Subscriber.Address); err != nil {
			return err
		}
		slices.Reverse(p.Back)
	}
	return d.show(v, status, "desk/person", p)
}

// number reads a number of the path. What is none is a page that is not there.
func number(v *Visit, name string) (int64, error) {
	n, err := strconv.ParseInt(v.Param(name), 10, 64)
	if err != nil || n < 1 {
		return 0, &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such page"}
	}
	return n, nil
}

func personPath(id int64) string { return fmt.Sprintf("/desk/people/%d", id) }

// endPerson ends, bars or erases, by the button that was pressed.
func (d *Desk) endPerson(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	ctx, note, said := v.Request.Context(), sent.Get("note"), ""
	switch sent.Get("do") {
	case "end", "bar":
		err = d.People.End(ctx, id, subscriptions.EndPerson{Note: note, Bar: sent.Get("do") == "bar"}, v.By())
		said = "Ended. Nothing more is sent to them."
	case "erase":
		if sent.Get("sure") == "" {
			err = &subscriptions.Error{Code: subscriptions.Invalid, Field: "sure", Message: "tick that you mean it", Hint: "It cannot be taken back."}
			break
		}
		_, err = d.People.Erase(ctx, id, note, v.By())
		said = "Erased. What is left names nobody."
	case "lift":
		var story subscriptions.History
		if story, err = d.People.Person(ctx, id); err == nil {
			err = d.People.Lift(ctx, story.Subscriber.Address, note, v.By())
		}
		said = "Lifted. They can subscribe again by the form on the site."
	default:
		err = &subscriptions.Error{Code: subscriptions.Invalid, Field: "note", Message: "choose what to do"}
	}
	if faults, ok := page.FaultsOf(err); err != nil && ok {
		return d.showPerson(v, http.StatusUnprocessableEntity, note, faults)
	}
	if err != nil {
		return err
	}
	v.Say(said)
	return v.Go(personPath(id))
}

// personData hands out everything kept about a person. It is a POST: handing it
// out is written down.
func (d *Desk) personData(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	data, err := d.People.Export(v.Request.Context(), id, v.By())
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return fmt.Errorf("write the data of person %d: %w", id, err)
	}
	v.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="person-%d.json"`, id))
	v.Data(http.StatusOK, "application/json; charset=utf-8", body)
	return nil
}

// PersonForm adds somebody.
type PersonForm struct {
	Frame
	Email, Name, Source string
	Asks                bool // a letter asks them to confirm
	Topics              []subscriptions.Topic
	Chosen              map[string]bool
	Faults              page.Faults
}

func (d *Desk) newPerson(v *Visit) error {
	return d.showPersonForm(v, http.StatusOK, &PersonForm{Asks: true})
}

func (d *Desk) showPersonForm(v *Visit, status int, p *PersonForm) error {
	p.Frame = Frame{Title: "Add a person", Section: "/desk/people"}
	var err error
	if p.Topics, err = d.People.Store.Topics(v.Request.Context()); err != nil {
		return err
	}
	return d.show(v, status, "desk/person-new", p)
}

func (d *Desk) addPerson(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	p := &PersonForm{Email: sent.Get("email"), Name: sent.Get("name"), Source: sent.Get("source"), Asks: sent.Get("confirmed") != "yes", Chosen: map[string]bool{}}
	for _, slug := range sent["topics"] {
		p.Chosen[slug] = true
	}
	person, err := d.People.Add(v.Request.Context(), subscriptions.AddPerson{Email: page.Email(sent), Name: p.Name, Topics: sent["topics"],
		Source: p.Source, Confirmed: !p.Asks}, v.By())
	faults, ok := page.FaultsOf(err)
	if subscriptions.CodeOf(err) == subscriptions.Refused && err != nil {
		faults, ok = page.Faults{{Field: "email", Message: page.Sentence(err.Error()) + " " + subscriptions.HintOf(err)}}, true
	}
	if err != nil && ok {
		p.Faults = faults.InOrder("email", "name", "topics", "source")
		return d.showPersonForm(v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	if p.Asks {
		v.Say("Added. A letter asks them to confirm.")
	} else {
		v.Say("Added. The next edition reaches them.")
	}
	return v.Go(personPath(person.ID))
}

// SuppressionsPage lists addresses that get nothing. They are kept as hashes: an
// address is looked for, not read.
type SuppressionsPage struct {
	Frame
	Counts map[subscriptions.SuppressionReason]int
	Reason subscriptions.SuppressionReason
	All    []subscriptions.Suppression
	On     string
	Email  string
	Note   string
	Found  *subscriptions.Suppression
	Asked  bool
	Faults page.Faults
}

// Reasons are what the list can be narrowed to.
func (p *SuppressionsPage) Reasons() []subscriptions.SuppressionReason {
	return []subscriptions.SuppressionReason{subscriptions.SuppressedBounce, subscriptions.SuppressedComplaint, subscriptions.SuppressedErased, subscriptions.SuppressedByEditor}
}

// Count is how many there are of a reason.
func (p *SuppressionsPage) Count(r subscriptions.SuppressionReason) int { return p.Counts[r] }

func (d *Desk) suppressions(v *Visit) error {
	return d.showSuppressions(v, http.StatusOK, &SuppressionsPage{})
}

func (d *Desk) showSuppressions(v *Visit, status int, p *SuppressionsPage) error {
	p.Frame = Frame{Title: "Suppressed addresses", Section: "/desk/people"}
	ctx, query := v.Request.Context(), v.Request.URL.Query()
	p.Reason = subscriptions.SuppressionReason(query.Get("reason"))
	before, _ := time.Parse(time.RFC3339Nano, query.Get("before"))
	var err error
	if p.Counts, err = d.People.Store.CountSuppressed(ctx); err != nil {
		return err
	}
	p.All, err = d.People.Store.SuppressionList(ctx, subscriptions.SuppressionFilter{Reason: p.Reason, Before: before, Limit: perPage})
	if err != nil {
		return err
	}
	if len(p.All) == perPage {
		p.On = "/desk/people/suppressions?" + url.Values{"reason": {string(p.Reason)}, "before": {p.All[perPage-1].CreatedAt.Format(time.RFC3339Nano)}}.Encode()
	}
	return d.show(v, status, "desk/suppressions", p)
}

// lookUpSuppression answers about one address, or lifts its suppression. The
// address is in the body: it does not reach logs and histories.
func (d *Desk) lookUpSuppression(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	p := &SuppressionsPage{Email: sent.Get("email"), Note: sent.Get("note"), Asked: true}
	if sent.Get("do") == "lift" {
		if !v.May(subscriptions.RoleAdmin) {
			return &subscriptions.Error{Code: subscriptions.Refused, Message: "lifting a suppression takes the role admin", Hint: "Ask an admin of the desk."}
		}
		if err = d.People.Lift(ctx, page.Email(sent), p.Note, v.By()); err == nil {
			v.Say("Lifted. They can subscribe again by the form on the site.")
			return v.Go("/desk/people/suppressions")
		}
	}
	sup, ok, errFind := d.People.Suppressed(ctx, page.Email(sent))
	if ok {
		p.Found = &sup
	}
	if err == nil {
		err = errFind
	}
	if err == nil {
		return d.showSuppressions(v, http.StatusOK, p)
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	p.Faults, p.Asked = faults, errFind == nil
	return d.showSuppressions(v, http.StatusUnprocessableEntity, p)
}
