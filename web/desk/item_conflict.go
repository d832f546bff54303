package desk

import (
	"net/http"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ItemConflictPage shows two texts of one item side by side: what somebody saved,
// and what the editor has just sent. Nothing of either is lost, whatever they
// choose.
type ItemConflictPage struct {
	Frame
	ID    int64
	By    string
	At    time.Time
	Sides []ConflictSide
	Clash string        // the fields that both changed, in a sentence; "" for none
	Mine  ItemWords     // with the version that is theirs: saving it takes mine
	Both  *ItemFormPage // put together, to be edited
}

// ConflictSide is a field that at least one of the two has changed.
type ConflictSide struct {
	Name         string
	Theirs, Mine []Piece // against what the item said when both began
}

func (d *Desk) showItemConflict(v *Visit, c *subscriptions.ItemConflict, sent ItemWords) error {
	topics, err := d.topicNames(v)
	if err != nil {
		return err
	}
	merged, clash := c.Merge()
	p := &ItemConflictPage{Frame: Frame{Title: "Two have written: " + c.Theirs.Title, Section: "/desk/items"}, ID: c.Theirs.ID, By: c.By, At: c.At,
		Sides: conflictSides(c, topics), Mine: sent, Clash: page.List(clash)}
	p.Mine.Version, p.Mine.Slot = c.Theirs.Version, subscriptions.ItemSlot(c.Theirs.ID)
	both := wordsOfItem(merged)
	both.Version, both.Turn, both.Note = c.Theirs.Version, sent.Turn, sent.Note
	both.Slot = p.Mine.Slot
	p.Both = &ItemFormPage{ID: c.Theirs.ID, State: string(c.Theirs.State), Fixed: c.Theirs.Public(), Words: both}
	if p.Both.Choices, err = d.Items.Store.Topics(v.Request.Context()); err != nil {
		return err
	}
	return d.show(v, http.StatusConflict, "desk/item-conflict", p)
}

// conflictSides compares both with what they began from.
func conflictSides(c *subscriptions.ItemConflict, topics map[int64]string) []ConflictSide {
	base, theirs, mine := fieldTexts(c.Base, topics), fieldTexts(c.Theirs, topics), fieldTexts(c.Mine, topics)
	var sides []ConflictSide
	for n, f := range base {
		if strings.EqualFold(f.name, "state") || f.text == theirs[n].text && f.text == mine[n].text {
			continue
		}
		sides = append(sides, ConflictSide{f.name, wordDiff(f.text, theirs[n].text), wordDiff(f.text, mine[n].text)})
	}
	return sides
}

// topicNames are the short names of all topics.
func (d *Desk) topicNames(v *Visit) (map[int64]string, error) {
	all, err := d.Items.Store.AllTopics(v.Request.Context())
	names := make(map[int64]string, len(all))
	for _, t := range all {
		names[t.ID] = t.ShortName
	}
	return names, err
}
