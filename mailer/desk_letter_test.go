package mailer_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// TestALetterToAnEditorLeaves: an editor is no subscriber, and the whole way
// through the outbox is made for those.
func TestALetterToAnEditorLeaves(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 0, mailtest.Options{})
	office := &subscriptions.EditorService{Store: h.store, Keys: h.keys, Now: h.clock.Now}
	e, err := office.Invite(t.Context(), subscriptions.AtCommandLine, subscriptions.NewEditor{Name: "Anna", Address: "anna@example.org", Role: subscriptions.RoleEditor})
	if err != nil {
		t.Fatal(err)
	}
	w := h.worker(1)
	if w.Composer, err = compose.New(compose.Options{Store: h.store, Keys: h.keys, Identity: subscriptions.StandardIdentity(), Salt: "salt", Now: h.clock.Now}); err != nil {
		t.Fatal(err)
	}
	h.run(w)
	h.until("the invitation has arrived", func() bool { return h.inbox()["anna@example.org"] == 1 })
	if data := string(h.mail.Messages()[0].Data); !strings.Contains(data, "/desk/invitation/") {
		t.Errorf("it holds no link:\n%s", data)
	}
	queued, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{})
	if err != nil || len(queued) != 1 || queued[0].RefID != e.ID {
		t.Fatalf("%+v, %v", queued, err)
	}
	h.until("it is recorded", func() bool { return h.row(queued[0].Key).State == subscriptions.DeliverySent })
}
