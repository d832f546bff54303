package desk

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const topicsPath = "/desk/settings/topics"

// TopicsPage lists the topics; an admin orders them and makes new ones.
type TopicsPage struct {
	Frame
	subscriptions.TopicList
	Form   TopicForm
	Faults page.Faults
}

// Order is that of the list, for the form that changes it.
func (p *TopicsPage) Order() string {
	ids := make([]string, len(p.Running))
	for i, t := range p.Running {
		ids[i] = strconv.FormatInt(t.ID, 10)
	}
	return strings.Join(ids, ",")
}

// Last reports whether the row is the last that runs.
func (p *TopicsPage) Last(i int) bool { return i == len(p.Running)-1 }

// TopicForm is what an editor sends of a topic.
type TopicForm struct {
	Name, ShortName, Description, Slug, Accent string
	ForEveryone                                bool
	Version                                    int
}

func topicForm(t subscriptions.Topic) TopicForm {
	return TopicForm{t.Name, t.ShortName, t.Description, t.Slug, t.Accent, t.ForEveryone, t.Version}
}

// change reads the form: every field of it is sent.
func (f TopicForm) change() subscriptions.TopicChange {
	return subscriptions.TopicChange{Name: &f.Name, ShortName: &f.ShortName, Description: &f.Description, Slug: &f.Slug, Accent: &f.Accent, ForEveryone: &f.ForEveryone}
}

// Colour is an accent with its name.
type Colour struct{ Accent, Name string }

// colourNames are those of the first six: they are called after their topics.
var colourNames = map[string]string{"horizontal": "slate", "iot": "teal", "blockchain": "violet", "communication": "blue", "industrial": "amber", "cybersecurity": "red"}

// Colours lists what a topic may be set in.
func (f TopicForm) Colours() []Colour {
	var all []Colour
	for _, a := range subscriptions.Accents() {
		name := colourNames[a]
		if name == "" {
			name = a
		}
		all = append(all, Colour{a, name})
	}
	return all
}

func readTopicForm(v *Visit) (TopicForm, error) {
	sent, err := page.Form(v.Context)
	if err != nil {
		return TopicForm{}, err
	}
	version, _ := strconv.Atoi(sent.Get("version")) // what is no number fits no version
	return TopicForm{sent.Get("name"), sent.Get("short_name"), sent.Get("description"), sent.Get("slug"), sent.Get("accent"), sent.Get("for_everyone") == "yes", version}, nil
}

func (d *Desk) showTopics(v *Visit) error {
	return d.topicsPage(v, http.StatusOK, TopicForm{}, nil)
}

func (d *Desk) topicsPage(v *Visit, status int, form TopicForm, faults page.Faults) error {
	list, err := d.Topics.List(v.Request.Context())
	if err != nil {
		return err
	}
	return d.show(v, status, "desk/topics", &TopicsPage{Frame{Title: "Topics", Section: "/desk/settings"}, list, form, faults})
}

func (d *Desk) createTopic(v *Visit) error {
	form, err := readTopicForm(v)
	if err != nil {
		return err
	}
	t, err := d.Topics.Create(v.Request.Context(), form.change(), v.By())
	if faults, ok := page.FaultsOf(err); ok {
		return d.topicsPage(v, http.StatusUnprocessableEntity, form, faults.InOrder("name", "short_name", "slug", "description", "accent"))
	}
	if err != nil {
		return err
	}
	v.Say(t.Name + " is there. It stands in every form from now on; nobody has it yet.")
	return v.Go(topicPath(t.ID))
}

// orderTopics takes the whole order, or one topic to be moved up or down in it.
func (d *Desk) orderTopics(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	var ids []int64
	for _, id := range strings.Split(sent.Get("order"), ",") {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return &subscriptions.Error{Code: subscriptions.Invalid, Message: "this is no order of topics", Hint: "Look at the list again."}
		}
		ids = append(ids, n)
	}
	id, where, _ := strings.Cut(sent.Get("move"), ":")
	moved, _ := strconv.ParseInt(id, 10, 64) // 0 is nobody's
	if at := slices.Index(ids, moved); at >= 0 {
		to := at + 1
		if where == "up" {
			to = at - 1
		}
		if to >= 0 && to < len(ids) {
			ids[at], ids[to] = ids[to], ids[at]
		}
	}
	if err := d.Topics.Order(v.Request.Context(), ids, v.By()); err != nil {
		return err
	}
	v.Say("The order is saved.")
	return v.Go(topicsPath)
}

func topicPath(id int64) string { return fmt.Sprintf("%s/%d", topicsPath, id) }

// TopicPage is one topic: what it is called, who has it, and what can become of it.
type TopicPage struct {
	Frame
	Row     subscriptions.TopicRow
	Effect  subscriptions.TopicEffect
	Others  []subscriptions.TopicRow // that it may become part of
	Moves   []Move
	Form    TopicForm
	Changed bool // by somebody else, while this form was open: Row says to what
	Faults  page.Faults
}

// Move is a change of people, in words.
type Move struct {
	At    time.Time
	Actor string
	Words string
}

func (d *Desk) showTopic(v *Visit) error {
	id, err := rowID(v)
	if err != nil {
		return err
	}
	return d.topicPage(v, http.StatusOK, id, nil, nil)
}

func (d *Desk) topicPage(v *Visit, status int, id int64, form *TopicForm, fault error) error {
	ctx := v.Request.Context()
	list, err := d.Topics.List(ctx)
	if err != nil {
		return err
	}
	p := &TopicPage{Frame: Frame{Section: "/desk/settings"}}
	names := map[int64]string{}
	for _, t := range append(slices.Clone(list.Running), list.Retired...) {
		names[t.ID] = t.Name
		if t.ID == id {
			p.Row = t
		} else if t.RetiredAt.IsZero() {
			p.Others = append(p.Others, t)
		}
	}
	if p.Row.ID == 0 {
		_, err := d.Topics.Find(ctx, id)
		return err
	}
	p.Title, p.Form = p.Row.Name, topicForm(p.Row.Topic)
	if form != nil {
		p.Form = *form
		p.Faults, _ = page.FaultsOf(fault)
		p.Faults = p.Faults.InOrder("name", "short_name", "slug", "description", "accent", "into")
		if subscriptions.CodeOf(fault) == subscriptions.Conflict {
			p.Changed, p.Form.Version = true, p.Row.Version
		}
	}
	if p.Effect, err = d.Topics.Effect(ctx, id, 0); err != nil {
		return err
	}
	moves, err := d.Topics.Moves(ctx, id)
	if err != nil {
		return err
	}
	for _, m := range moves {
		p.Moves = append(p.Moves, Move{m.StartedAt, m.Actor, moveWords(m, names)})
	}
	return d.show(v, status, "desk/topic", p)
}

func (d *Desk) changeTopic(v *Visit) error {
	id, err := rowID(v)
	if err != nil {
		return err
	}
	form, err := readTopicForm(v)
	if err != nil {
		return err
	}
	t, err := d.Topics.Change(v.Request.Context(), id, form.Version, form.change(), v.By())
	switch _, ok := page.FaultsOf(err); {
	case ok:
		return d.topicPage(v, http.StatusUnprocessableEntity, id, &form, err)
	case subscriptions.CodeOf(err) == subscriptions.Conflict:
		return d.topicPage(v, http.StatusConflict, id, &form, err)
	case err != nil:
		return err
	}
	v.Say(t.Name + " is saved.")
	return v.Go(topicPath(id))
}

// rowID is the number in a path.
func rowID(v *Visit) (int64, error) {
	id, err := strconv.ParseInt(v.Param("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such page"}
	}
	return id, nil
}
