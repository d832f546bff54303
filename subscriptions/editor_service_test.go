package subscriptions_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestOneAdminStays(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		office, ctx := h.office(), t.Context()
		anna := h.works(t, "anna@example.org", subscriptions.RoleAdmin)
		_, err := office.ChangeRole(ctx, by(anna), anna.ID, subscriptions.RoleEditor)
		fails(t, err, subscriptions.Refused)
		_, err = office.End(ctx, by(anna), anna.ID)
		fails(t, err, subscriptions.Refused)
		_, err = office.Invite(ctx, by(anna), subscriptions.NewEditor{Name: "Ben", Address: "ben@example.org", Role: subscriptions.RoleAdmin})
		must(t, err)
		_, err = office.End(ctx, by(anna), anna.ID) // Ben cannot sign in yet
		fails(t, err, subscriptions.Refused)
		cem := h.works(t, "cem@example.org", subscriptions.RolePublisher)
		_, err = office.End(ctx, by(cem), anna.ID)
		fails(t, err, subscriptions.Refused)
		_, err = office.ChangeRole(ctx, by(anna), cem.ID, subscriptions.RoleAdmin)
		must(t, err)
		_, err = office.ChangeRole(ctx, by(anna), cem.ID, "boss")
		fails(t, err, subscriptions.Invalid)
		_, err = office.ChangeRole(ctx, by(anna), anna.ID, subscriptions.RoleEditor)
		must(t, err)
		same(t, "Anna Berg editor.role Anna Berg: role publisher → admin\nAnna Berg editor.role Anna Berg: role admin → editor", h.log(t, "editor.role"))
		_, err = office.ChangeRole(ctx, by(anna), 99, subscriptions.RoleEditor)
		fails(t, err, subscriptions.NotFound)
	})
}

func TestTwoAdminsAtOnceLeaveOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for range 5 {
			h.wait(time.Hour)
			a := h.works(t, "a"+h.clock().Format("15")+"@example.org", subscriptions.RoleAdmin)
			b := h.works(t, "b"+h.clock().Format("15")+"@example.org", subscriptions.RoleAdmin)
			var wait sync.WaitGroup
			for _, pair := range [][2]subscriptions.Editor{{a, b}, {b, a}} {
				wait.Go(func() {
					if _, err := h.office().End(t.Context(), by(pair[0]), pair[1].ID); err != nil && subscriptions.CodeOf(err) != subscriptions.Refused {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			all, err := h.store.Editors(t.Context())
			must(t, err)
			var admins int
			for _, e := range all {
				if e.Active() {
					admins++
					e.EndedAt = h.clock()
					must(t, h.store.UpdateEditor(t.Context(), e)) // for the next round
				}
			}
			same(t, 1, admins)
		}
	})
}

func TestWhoEndsCannotComeIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.works(t, "boss@example.org", subscriptions.RoleAdmin)
		anna := h.works(t, "anna@example.org", subscriptions.RolePublisher)
		_, codes := h.withFactor(t, anna)
		anna = h.editor(t, anna.ID)
		reset, _ := anna.Link(h.keys, subscriptions.KindReset, h.clock())
		must(t, h.office().AskReset(t.Context(), anna.Address, "192.0.2.1"))
		_, err := h.office().End(t.Context(), subscriptions.AtCommandLine, anna.ID)
		must(t, err)
		ended := h.editor(t, anna.ID)
		if ended.PasswordHash != "" || ended.Factor != "" || ended.HasFactor() || ended.Name == "" {
			t.Errorf("%+v", ended)
		}
		_, err = h.office().SetByLink(t.Context(), subscriptions.PurposeReset, reset, otherPassword, "")
		fails(t, err, subscriptions.Expired)
		_, err = h.office().End(t.Context(), subscriptions.AtCommandLine, anna.ID)
		fails(t, err, subscriptions.Refused)

		back, err := h.office().Invite(t.Context(), subscriptions.AtCommandLine, subscriptions.NewEditor{Name: "Anna Maria Berg", Address: "Anna@example.org", Role: subscriptions.RoleEditor})
		must(t, err)
		same(t, anna.ID, back.ID)
		link, _ := back.Link(h.keys, subscriptions.KindInvitation, h.clock())
		_, err = h.office().SetByLink(t.Context(), subscriptions.PurposeInvitation, link, goodPassword, "")
		must(t, err)
		in, _ := h.enters(t, back)
		same(t, false, in.Waiting)
		left, err := h.store.RecoveryCodes(t.Context(), anna.ID)
		must(t, err)
		same(t, 0, left)
		if len(codes) != 10 {
			t.Error("there were no codes to forget")
		}
	})
}

func TestInvitationsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, err := h.office().Invite(t.Context(), subscriptions.AtCommandLine, subscriptions.NewEditor{})
		for _, field := range []string{"name", "email", "role"} {
			if err == nil || !strings.Contains(err.Error(), map[string]string{"name": "enter a name", "email": "e-mail address", "role": "no role"}[field]) {
				t.Errorf("%v lacks the fault of %s", err, field)
			}
		}
		n := subscriptions.NewEditor{Name: "Anna", Address: "anna@example.org", Role: "Editor"}
		e, err := h.office().Invite(t.Context(), subscriptions.AtCommandLine, n)
		must(t, err)
		same(t, subscriptions.RoleEditor, e.Role)
		_, err = h.office().Invite(t.Context(), subscriptions.AtCommandLine, n)
		fails(t, err, subscriptions.Conflict)
		same(t, "invitation anna@example.org", h.letters(t))
		h.wait(14 * time.Minute)
		_, err = h.office().InviteAgain(t.Context(), subscriptions.AtCommandLine, e.ID)
		must(t, err)
		same(t, "invitation anna@example.org", h.letters(t)) // two presses, one letter
		h.wait(time.Minute)
		_, err = h.office().InviteAgain(t.Context(), subscriptions.AtCommandLine, e.ID)
		must(t, err)
		same(t, "invitation anna@example.org, invitation anna@example.org", h.letters(t))
		must(t, h.office().SetPassword(t.Context(), subscriptions.AtCommandLine, e.ID, goodPassword))
		_, err = h.office().InviteAgain(t.Context(), subscriptions.AtCommandLine, e.ID)
		fails(t, err, subscriptions.Refused)
	})
}

func TestALinkWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		office, ctx := h.office(), t.Context()
		e, err := office.Add(ctx, subscriptions.AtCommandLine, subscriptions.NewEditor{Name: "Anna", Address: "anna@example.org", Role: subscriptions.RoleEditor})
		must(t, err)
		set := func(p subscriptions.Purpose, token string) error {
			_, err := office.SetByLink(ctx, p, token, goodPassword, "192.0.2.1")
			return err
		}
		invitation, until := e.Link(h.keys, subscriptions.KindInvitation, h.clock())
		same(t, h.clock().Add(7*24*time.Hour), until)
		fails(t, set(subscriptions.PurposeReset, invitation), subscriptions.Forged)
		fails(t, set(subscriptions.PurposeInvitation, invitation+"A"), subscriptions.Forged)
		fails(t, set(subscriptions.PurposeInvitation, h.keys.Issue(subscriptions.PurposePreferences, e.ID, 0, h.clock())), subscriptions.Forged)
		if _, err := office.SetByLink(ctx, subscriptions.PurposeInvitation, invitation, "short", ""); subscriptions.CodeOf(err) != subscriptions.Invalid {
			t.Errorf("a short password: %v", err)
		}
		who, err := office.Linked(ctx, subscriptions.PurposeInvitation, invitation)
		must(t, err)
		same(t, e.ID, who.Editor.ID)
		h.wait(7*24*time.Hour + time.Minute)
		fails(t, set(subscriptions.PurposeInvitation, invitation), subscriptions.Expired)
		invitation, _ = e.Link(h.keys, subscriptions.KindInvitation, h.clock())

		var wait sync.WaitGroup
		var mu sync.Mutex
		taken := 0
		for range 4 {
			wait.Go(func() {
				if set(subscriptions.PurposeInvitation, invitation) == nil {
					mu.Lock()
					defer mu.Unlock()
					taken++
				}
			})
		}
		wait.Wait()
		same(t, 1, taken)
		fails(t, set(subscriptions.PurposeInvitation, invitation), subscriptions.Expired)
		same(t, "Anna editor.password Anna: by the link of the invitation", h.log(t, "editor.password"))

		in, _ := h.enters(t, h.editor(t, e.ID))
		reset, _ := h.editor(t, e.ID).Link(h.keys, subscriptions.KindReset, h.clock())
		second, _ := h.editor(t, e.ID).Link(h.keys, subscriptions.KindReset, h.clock().Add(time.Minute))
		must(t, set(subscriptions.PurposeReset, reset))
		h.signedOut(t, in.Token)
		fails(t, set(subscriptions.PurposeReset, second), subscriptions.Expired) // all that were on their way end with the first
		third, _ := h.editor(t, e.ID).Link(h.keys, subscriptions.KindReset, h.clock())
		h.wait(61 * time.Minute)
		fails(t, set(subscriptions.PurposeReset, third), subscriptions.Expired)
	})
}

func TestAskingForAResetTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		_, err := h.office().Add(t.Context(), subscriptions.AtCommandLine, subscriptions.NewEditor{Name: "New", Address: "new@example.org", Role: subscriptions.RoleEditor})
		must(t, err)
		gone := h.works(t, "gone@example.org", subscriptions.RoleEditor)
		_, err = h.office().End(t.Context(), subscriptions.AtCommandLine, gone.ID)
		must(t, err)
		for _, address := range []string{"anna@example.org", "ANNA@example.org", "nobody@example.org", "new@example.org", "gone@example.org"} {
			must(t, h.office().AskReset(t.Context(), address, "192.0.2.1"))
		}
		same(t, "reset anna@example.org, invitation new@example.org", h.letters(t))
		fails(t, h.office().AskReset(t.Context(), "no address", "192.0.2.1"), subscriptions.Invalid)
		for range 5 {
			err = h.office().AskReset(t.Context(), "nobody@example.org", "192.0.2.1")
		}
		must(t, err)
		fails(t, h.office().AskReset(t.Context(), "anna@example.org", "192.0.2.99"), subscriptions.Limited)
		must(t, h.office().AskReset(t.Context(), "anna@example.org", "203.0.113.1")) // from elsewhere, as ever
		same(t, "reset anna@example.org, invitation new@example.org", h.letters(t))
		same(t, goodHash(t, h, anna), true)
	})
}

// goodHash reports whether the password is what it was.
func goodHash(t testing.TB, h *house, e subscriptions.Editor) bool {
	t.Helper()
	ok, err := h.office().Passwords.Check(context.Background(), goodPassword, h.editor(t, e.ID).PasswordHash)
	must(t, err)
	return ok
}
