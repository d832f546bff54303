package compose_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// inviting stores an editor, whom f makes what a case needs, and gives their letter.
func (h *house) inviting(t *testing.T, kind subscriptions.Kind, f func(*subscriptions.Editor)) subscriptions.Delivery {
	t.Helper()
	e := subscriptions.Editor{Name: "Anna <b>Berg</b>", Address: "anna@example.org", Role: subscriptions.RolePublisher, CreatedAt: storetest.Now()}
	if kind == subscriptions.KindReset {
		e.PasswordHash = "$argon2id$a hash"
	}
	f(&e)
	if err := h.store.AddEditor(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	return subscriptions.Delivery{ID: 9, Kind: kind, Key: string(kind) + ":1", RefID: e.ID, Address: "anna@example.org", CreatedAt: storetest.Now()}
}

func TestDeskGolden(t *testing.T) {
	for _, test := range []struct {
		name, page string
		kind       subscriptions.Kind
		purpose    subscriptions.Purpose
	}{
		{"invitation.publisher", "/desk/invitation/", subscriptions.KindInvitation, subscriptions.PurposeInvitation},
		{"reset.asked", "/desk/reset/", subscriptions.KindReset, subscriptions.PurposeReset},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			d := h.inviting(t, test.kind, func(*subscriptions.Editor) {})
			m, err := h.Compose(t.Context(), d, subscriptions.Recipient{})
			if err != nil {
				t.Fatal(err)
			}
			goldenMessage(t, test.name, m)
			text, page := m.Render()
			if strings.Contains(text+page+m.To.Name, "Berg") || m.To.Address != "anna@example.org" {
				t.Errorf("it names the person an admin typed, or goes to %s", m.To.Address)
			}
			_, token, _ := strings.Cut(text, test.page)
			token, _, _ = strings.Cut(token, "\n")
			if claims, err := storetest.Keys(t).Parse(test.purpose, strings.TrimSpace(token), storetest.Now()); err != nil || claims.Subscriber != d.RefID {
				t.Errorf("the link %q is of editor %d: %v", token, claims.Subscriber, err)
			}
			d.Attempts++
			if again, err := h.Compose(t.Context(), d, subscriptions.Recipient{}); err != nil || again.Body.Text != m.Body.Text || again.MessageID != m.MessageID {
				t.Errorf("the second attempt differs: %v", err)
			}
		})
	}
}

func TestDeskMailsThatMustNotLeave(t *testing.T) {
	nothing := func(*subscriptions.Editor) {}
	for _, test := range []struct {
		name, want string
		kind       subscriptions.Kind
		editor     func(*subscriptions.Editor)
		later      time.Duration
		ref        int64
	}{
		{"the invitation was taken", "was taken", subscriptions.KindInvitation, func(e *subscriptions.Editor) { e.PasswordHash = "$" }, 0, 0},
		{"the editor has ended", "has ended", subscriptions.KindReset, func(e *subscriptions.Editor) { e.EndedAt = storetest.Now() }, 0, 0},
		{"the editor has another address", "another address", subscriptions.KindReset, func(e *subscriptions.Editor) { e.Address = "other@example.org" }, 0, 0},
		{"nobody has the id", "no such editor", subscriptions.KindReset, nothing, 0, 99},
		{"the invitation would be dead on arrival", "expired", subscriptions.KindInvitation, nothing, 7 * 24 * time.Hour, 0},
		{"the reset would be dead on arrival", "expired", subscriptions.KindReset, nothing, time.Hour, 0},
		{"an invitation after six days", "", subscriptions.KindInvitation, nothing, 6 * 24 * time.Hour, 0},
		{"a reset after 59 minutes", "", subscriptions.KindReset, nothing, 59 * time.Minute, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			d := h.inviting(t, test.kind, test.editor)
			d.CreatedAt = d.CreatedAt.Add(-test.later)
			if test.ref != 0 {
				d.RefID = test.ref
			}
			_, err := h.Compose(t.Context(), d, subscriptions.Recipient{})
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if skip := (*mailer.Skip)(nil); !errors.As(err, &skip) || !strings.Contains(skip.Reason, test.want) {
				t.Errorf("%v, want it skipped because %q", err, test.want)
			}
		})
	}
}
