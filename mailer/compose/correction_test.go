package compose_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// corrects freezes a correction of the entry of the sample edition and gives its
// delivery to the person.
func (h *house) corrects(t *testing.T, slug string, words subscriptions.Correction, change func(i *subscriptions.Item), r subscriptions.Recipient) subscriptions.Delivery {
	t.Helper()
	ctx := t.Context()
	editions := &subscriptions.EditionService{Store: h.store, Keys: storetest.Keys(t), Now: storetest.Now}
	if _, err := editions.Approve(ctx, h.content.EditionID, must1(h.store.FindEdition(ctx, h.content.EditionID)).Hash, "a publisher"); err != nil {
		t.Fatal(err)
	}
	if _, err := editions.Start(ctx, h.content.EditionID); err != nil {
		t.Fatal(err)
	}
	item, err := h.store.FindItemBySlug(ctx, slug)
	if err != nil {
		t.Fatal(err)
	}
	change(&item)
	if err := h.store.UpdateItem(ctx, item); err != nil {
		t.Fatal(err)
	}
	c, err := editions.Correct(ctx, h.content.EditionID, item.ID, words)
	if err == nil {
		c, err = editions.Submit(ctx, c.ID, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return subscriptions.Delivery{ID: 43, Kind: subscriptions.KindCorrection, EditionID: c.ID, SubscriberID: r.Subscriber.ID, Key: c.DeliveryKey(r.Subscriber.ID),
		Address: r.Subscriber.Address, CreatedAt: storetest.Now()}
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestCorrectionGolden(t *testing.T) {
	h := newHouse(t)
	r := h.reader("Anna Berg", "cybersecurity")
	d := h.corrects(t, "personal-information-security-draft", subscriptions.Correction{
		Wrong: "We wrote that comments on the draft were open until 15 March 2019.",
		Right: "They are open until **30 April 2019**, as the [committee’s notice](https://example.org/notice) of 28 March says."},
		func(i *subscriptions.Item) {
			i.Comments = &subscriptions.CommentPeriod{Until: subscriptions.Date{Year: 2019, Month: 4, Day: 30}, URL: "https://example.org/draft"}
		}, r)
	m, err := h.Compose(t.Context(), d, r)
	if err != nil {
		t.Fatal(err)
	}
	goldenMessage(t, "correction.comments", m)
	headers := map[string]string{}
	for _, header := range append(m.Headers, m.Body.Headers...) {
		headers[header.Name] = header.Value
	}
	if !strings.HasPrefix(headers["List-Unsubscribe"], "<https://tidings.example.org/unsubscribe/") || headers["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" {
		t.Errorf("it cannot be left like a digest: %v", headers)
	}
	if !strings.HasPrefix(m.Body.Subject, "Correction: ") {
		t.Errorf("its subject is %q", m.Body.Subject)
	}
	// The preview, and the letter looked at again, are the same.
	content := must1(h.store.Content(t.Context(), d.EditionID))
	again, err := h.Preview(content, r)
	if err != nil {
		t.Fatal(err)
	}
	text, html := m.Render()
	if t2, h2 := again.Render(); t2 != text || h2 != html {
		t.Error("the preview is not what leaves: " + firstDifference(text, t2))
	}
}
