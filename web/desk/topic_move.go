package desk

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// TopicMergePage says what a merge would do, before it is done.
type TopicMergePage struct {
	Frame
	From, Into subscriptions.TopicRow
	Effect     subscriptions.TopicEffect
}

// Gain is how many people would have the other topic that have not now.
func (p *TopicMergePage) Gain() int { return p.Effect.People - p.Effect.Both }

func (d *Desk) showMerge(v *Visit) error {
	id, err := rowID(v)
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	into, _ := strconv.ParseInt(v.Query("into"), 10, 64) // 0 is no topic
	from, err := d.Topics.Find(ctx, id)
	if err != nil {
		return err
	}
	other, err := d.Topics.Find(ctx, into)
	if subscriptions.CodeOf(err) == subscriptions.NotFound || other.ID == id {
		form := topicForm(from.Topic)
		return d.topicPage(v, http.StatusUnprocessableEntity, id, &form, &subscriptions.Error{Code: subscriptions.Invalid, Field: "into", Message: "choose the topic it becomes part of"})
	}
	if err != nil {
		return err
	}
	effect, err := d.Topics.Effect(ctx, id, into)
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/topic-merge", &TopicMergePage{Frame{Title: "Merge " + from.Name, Section: "/desk/settings"}, from, other, effect})
}

func (d *Desk) mergeTopic(v *Visit) error {
	return d.moveTopic(v, func(id int64, version int, into int64) (string, error) {
		m, err := d.Topics.Merge(v.Request.Context(), id, version, into, v.By())
		return "It is done for what is filed under it. About " + page.Count(m.People, "person", "people") + " follow now, in the background.", err
	})
}

func (d *Desk) retireTopic(v *Visit) error {
	return d.moveTopic(v, func(id int64, version int, _ int64) (string, error) {
		_, err := d.Topics.Retire(v.Request.Context(), id, version, v.By())
		return "The topic has ended. Until it is brought back, nobody gets it.", err
	})
}

func (d *Desk) returnTopic(v *Visit) error {
	return d.moveTopic(v, func(id int64, version int, _ int64) (string, error) {
		_, err := d.Topics.BringBack(v.Request.Context(), id, version, v.By())
		return "The topic is there again, at the end of the list. Who lost it gets it back, in the background.", err
	})
}

// moveTopic does what a form of few fields asks for.
func (d *Desk) moveTopic(v *Visit, do func(id int64, version int, into int64) (string, error)) error {
	id, err := rowID(v)
	if err != nil {
		return err
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(sent.Get("version"))       // what is no number fits no version,
	into, _ := strconv.ParseInt(sent.Get("into"), 10, 64) // and is no topic
	words, err := do(id, version, into)
	if err != nil {
		return err
	}
	v.Say(words)
	return v.Go(topicPath(id))
}

// moveWords tells what a move did, or is doing.
func moveWords(m subscriptions.TopicMove, names map[int64]string) string {
	var s string
	switch m.Kind {
	case subscriptions.MoveMerge:
		s = names[m.TopicID] + " became part of " + names[m.IntoID]
	case subscriptions.MoveRetire:
		s = names[m.TopicID] + " ended"
	case subscriptions.MoveReturn:
		s = names[m.TopicID] + " was brought back"
	}
	if m.Running() {
		return fmt.Sprintf("%s: done for %s of about %s people so far.", s, page.Number(m.Done()), page.Number(max(m.People, m.Done())))
	}
	parts := []string{}
	for _, p := range []struct {
		n    int
		what string
	}{{m.Opened, " got it"}, {m.Had, " had it already"}, {m.KeptOut, " were left out, because they had left it or chosen anew"}} {
		if m.Kind != subscriptions.MoveRetire && p.n > 0 {
			parts = append(parts, page.Number(p.n)+p.what)
		}
	}
	if m.Kind == subscriptions.MoveRetire {
		parts = append(parts, page.Number(m.Ended)+" had it")
	}
	if len(parts) == 0 {
		return s + ". Nobody had it."
	}
	return s + ". Of people, " + strings.Join(parts, ", ") + "."
}
