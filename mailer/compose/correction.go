package compose

import (
	"context"
	"html/template"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates/markdown"
)

// correctionView is a letter that says what was wrong in an entry, what is right, and
// the entry as it is now.
type correctionView struct {
	digestView
	Edition   string // in which it was
	Wrong     template.HTML
	WrongText string
	Right     template.HTML
	RightText string
	Topic     topicView // of the entry
	Entry     entryView
}

// correction is a splice, as a digest is; the body is the same for everybody.
func (c *Composer) correction(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	v, err := c.amended.Get(d.EditionID, func() (*variant, error) {
		ctx := context.WithoutCancel(ctx)
		content, err := c.store.Content(ctx, d.EditionID)
		if err != nil {
			return nil, err
		}
		speaks, err := c.voiceOf(ctx, content)
		if err != nil {
			return nil, err
		}
		return speaks.buildCorrection(content, c.now())
	})
	if err != nil {
		return nil, err
	}
	return v.voice.splice(v, d, r), nil
}

// buildCorrection renders the body. It comes on the list of the digest: it is a
// letter about one, and the same filters hold.
func (c *voice) buildCorrection(content subscriptions.Content, now time.Time) (*variant, error) {
	set := subscriptions.NewTopicSet(content.Entries[0].Topics...)
	digest := subscriptions.BuildDigest(content, set, subscriptions.DateOf(now.In(c.zone)))
	p, marks := stands(nil, now)
	said := *content.Corrected
	digest.Edition.Slug, digest.Edition.Title = said.Slug, said.Title // what its foot leads to
	read := map[string]*prose{}
	text, page, err := fit(func(l limits) (string, string, error) {
		w := digestWriter{c, digest, now, asDigest, l, read}
		v := correctionView{digestView: w.view(p), Edition: line(said.Title)}
		v.Contents, v.Soon = nil, nil
		v.Foot.Topics, v.Foot.Leave = "", nil // the letter is the same for all who had the entry
		v.Title, v.WebURL = line(content.Title), c.id.URL("/items/"+content.Entries[0].Slug)
		wrong, right := markdown.Parse(safe(said.Wrong), 3), markdown.Parse(safe(said.Right), 3)
		v.Wrong, v.WrongText, v.Right, v.RightText = wrong.HTML(), wrong.Text(columns), right.HTML(), right.Text(columns)
		v.Preheader = shorten(line(right.Text(1000)), previewed)
		v.Filler = filler(v.Preheader)
		if entries := digest.Sections; len(entries) > 0 && len(entries[0].Entries) > 0 {
			v.Entry, v.Topic = w.entry(entries[0].Entries[0]), viewTopic(entries[0].Topic)
		}
		return c.texts("correction", v, softLimit)
	})
	if err != nil {
		return nil, err
	}
	v := &variant{voice: c, editionID: content.EditionID, topics: set, body: c.body("digest", content.Title)}
	v.body.Text, v.body.HTML = marks.Replace(text), marks.Replace(page)
	v.body.Slots = fixedSlots
	v.body.Headers = append(v.body.Headers, mailer.Header{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"})
	return v, nil
}
