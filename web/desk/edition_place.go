package desk

import (
	"net/http"
	"strconv"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// said is what a verb came to, for the top of the next page.
var said = map[subscriptions.PlacingVerb]string{
	subscriptions.PlaceUp: "Moved up.", subscriptions.PlaceDown: "Moved down.", subscriptions.PlaceTop: "Moved to the top of its section.",
	subscriptions.PlaceEnd: "Moved to the end of its section.", subscriptions.PlaceBefore: "Moved.", subscriptions.PlaceSection: "Moved to the other section.",
	subscriptions.PlacePin: "Pinned: it stays on top of its section.", subscriptions.PlaceUnpin: "No longer pinned.",
	subscriptions.PlaceLeave: "Left out. It stays published; put it back below.", subscriptions.PlaceOn: "Moved to the next edition. Take it back below.",
	subscriptions.PlaceBack: "Put back.", subscriptions.PlaceAdd: "Added at the end of its section.",
}

// placeItem takes a decision about an item: verb, item, and where the verb wants
// it before or topic.
func (d *Desk) placeItem(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	item := int64(wholeNumber(sent.Get("item")))
	p := subscriptions.Placing{Verb: subscriptions.PlacingVerb(sent.Get("verb")), Before: int64(wholeNumber(sent.Get("before"))), Topic: int64(wholeNumber(sent.Get("topic")))}
	if err := d.Editions.As(v.By()).Place(v.Request.Context(), v.id(), item, p); err != nil {
		return err
	}
	v.Say(said[p.Verb])
	to := editionPath(v.id())
	if p.Verb == subscriptions.PlaceLeave || p.Verb == subscriptions.PlaceOn {
		return v.Go(to + "#out")
	}
	return v.Go(to + "#item-" + strconv.FormatInt(item, 10))
}

// AddItemPage finds a published item to put into an edition by hand.
type AddItemPage struct {
	Frame
	Edition subscriptions.Edition
	Query   string
	Found   []FoundItem
}

// FoundItem is a published item and where it is now.
type FoundItem struct {
	subscriptions.Item
	Here bool
}

func (d *Desk) findForEdition(v *Visit) error {
	ctx := v.Request.Context()
	e, err := d.Editions.Store.FindEdition(ctx, v.id())
	if err != nil {
		return err
	}
	p := &AddItemPage{Frame: Frame{Title: "Add an item to " + e.Title, Section: "/desk/editions"}, Edition: e, Query: v.Query("q")}
	items, err := d.Editions.FindItems(ctx, p.Query)
	if err != nil {
		return err
	}
	c, err := d.Editions.Collect(ctx, e.ID)
	if err != nil {
		return err
	}
	here := map[int64]bool{}
	for _, i := range c.Entries {
		here[i.ID] = true
	}
	for _, i := range items {
		p.Found = append(p.Found, FoundItem{i, here[i.ID]})
	}
	return d.show(v, http.StatusOK, "desk/edition-add", p)
}

// SectionPage gives a section of an edition words of its own.
type SectionPage struct {
	Frame
	Edition subscriptions.Edition
	Topic   subscriptions.Topic
	Words   subscriptions.SectionText
	Faults  page.Faults
}

func (d *Desk) editionSection(v *Visit) error {
	p, err := d.sectionPage(v)
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/edition-section", p)
}

func (d *Desk) sectionPage(v *Visit) (*SectionPage, error) {
	ctx := v.Request.Context()
	e, err := d.Editions.Store.FindEdition(ctx, v.id())
	if err != nil {
		return nil, err
	}
	c, err := d.Editions.Collect(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	topic, ok := c.Topic(int64(wholeNumber(v.Param("topic"))))
	if !ok {
		return nil, &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such section", Hint: "Go back to the edition and choose one of its sections."}
	}
	return &SectionPage{Frame: Frame{Title: "Section " + topic.Name, Section: "/desk/editions"}, Edition: e, Topic: topic, Words: c.Section(topic.ID)}, nil
}

// saveSection moves a section, or takes its words.
func (d *Desk) saveSection(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	topic := int64(wholeNumber(v.Param("topic")))
	edit := subscriptions.SectionEdit{TopicID: topic, Verb: subscriptions.PlacingVerb(sent.Get("verb"))}
	if sent.Has("heading") || sent.Has("intro") {
		heading, intro := sent.Get("heading"), sent.Get("intro")
		edit.Heading, edit.Intro = &heading, &intro
	}
	err = d.Editions.As(v.By()).EditSection(v.Request.Context(), v.id(), edit)
	if faults, ok := page.FaultsOf(err); ok && edit.Heading != nil {
		p, err := d.sectionPage(v)
		if err != nil {
			return err
		}
		p.Words.Heading, p.Words.Intro, p.Faults = *edit.Heading, *edit.Intro, faults
		return d.show(v, http.StatusUnprocessableEntity, "desk/edition-section", p)
	}
	if err != nil {
		return err
	}
	v.Say("Saved.")
	return v.Go(editionPath(v.id()) + "#sections")
}

// The moves of a whole edition.

func (d *Desk) freezeEdition(v *Visit) error {
	_, err := d.Editions.As(v.By()).Freeze(v.Request.Context(), v.id())
	return d.moved(v, err, "Frozen. What is approved is exactly this.")
}

func (d *Desk) reopenEdition(v *Visit) error {
	_, err := d.Editions.As(v.By()).Reopen(v.Request.Context(), v.id())
	return d.moved(v, err, "Open again. An approval it had is withdrawn.")
}

func (d *Desk) cancelEdition(v *Visit) error {
	_, err := d.Editions.As(v.By()).Cancel(v.Request.Context(), v.id())
	return d.moved(v, err, "Cancelled.")
}

func (d *Desk) moved(v *Visit, err error, sentence string) error {
	if err != nil {
		return err
	}
	v.Say(sentence)
	return v.Go(editionPath(v.id()))
}
