package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Who leaves everything and takes it back has the wish to be reminded again, if they
// had it; who left one topic never lost it, and who comes back in another way is asked
// again.
func TestTakingALeavingBackBringsTheWish(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		wants := func(who string) bool {
			t.Helper()
			on, err := h.store.WantsDeadlines(ctx, h.find(t, who).ID)
			must(t, err)
			return on
		}
		leave := func(who, topic string) subscriptions.Left {
			t.Helper()
			h.wait(time.Minute)
			left, err := h.people.Unsubscribe(ctx, h.link(t, subscriptions.PurposeUnsubscribe, who), topic, "unsubscribe page", "")
			must(t, err)
			return left
		}
		undo := func(left subscriptions.Left) {
			t.Helper()
			h.wait(time.Minute)
			_, err := h.people.Undo(ctx, left.Undo, "192.0.2.1")
			must(t, err)
		}
		const anna, ben, cleo = "anna@example.org", "ben@example.org", "cleo@example.org"
		for _, who := range []string{anna, ben, cleo} {
			h.reader(t, who, "iot", "cybersecurity")
			h.wishes(t, who, who != ben)
		}
		left := leave(anna, "")
		same(t, false, wants(anna))
		undo(left)
		same(t, true, wants(anna))
		undo(left) // twice is once
		past, err := h.store.Consents(ctx, h.find(t, anna).ID)
		must(t, err)
		var said []string
		for _, c := range past {
			if wish, ok := strings.CutPrefix(c.Source, subscriptions.SourceDeadlines); ok {
				said = append(said, wish)
			}
		}
		same(t, []string{"yes", "no, with the last topic", "yes, as the leaving was taken back"}, said)

		undo(leave(ben, ""))
		same(t, false, wants(ben))

		one := leave(cleo, "iot")
		same(t, true, wants(cleo))
		undo(one)
		leave(cleo, "")
		h.reader(t, cleo, "iot") // another way: the form
		same(t, false, wants(cleo))
		undo(leave(cleo, "")) // of the second leaving, which took no wish
		same(t, false, wants(cleo))
	})
}
