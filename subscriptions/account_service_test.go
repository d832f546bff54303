package subscriptions_test

import (
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestANewPasswordSignsOutEverywhereElse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		office, ctx := h.office(), t.Context()
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		other, _ := h.enters(t, anna)
		in, session := h.enters(t, anna)
		field := func(current, password string) string {
			t.Helper()
			_, err := office.ChangePassword(ctx, by(anna), session, current, password, "")
			var e *subscriptions.Error
			if !errors.As(err, &e) {
				return "none"
			}
			return e.Field
		}
		same(t, "current", field(otherPassword, otherPassword+"!"))
		same(t, "password", field(goodPassword, "short"))
		same(t, "password", field(goodPassword, goodPassword))
		h.session(t, other.Token) // nothing has changed so far
		token, err := office.ChangePassword(ctx, by(anna), session, goodPassword, otherPassword, "")
		must(t, err)
		h.signedOut(t, other.Token)
		h.signedOut(t, in.Token)
		same(t, session.ID, h.session(t, token).ID)
		_, err = office.SignIn(ctx, form(anna.Address, goodPassword, "192.0.2.1"))
		fails(t, err, subscriptions.Refused)
		_, err = office.SignIn(ctx, form(anna.Address, otherPassword, "192.0.2.1"))
		must(t, err)
	})
}

func TestSettingUpASecondFactor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		office, ctx := h.office(), t.Context()
		anna := h.works(t, "anna@example.org", subscriptions.RolePublisher)
		same(t, true, anna.NeedsFactor())
		other, _ := h.enters(t, anna)
		in, session := h.enters(t, anna)
		setup, err := office.NewFactor(anna)
		must(t, err)
		if err := xml.Unmarshal([]byte(setup.Picture), new(struct{})); err != nil || strings.Contains(setup.Sealed, setup.Secret) {
			t.Errorf("%v: %.80s, %s", err, setup.Picture, setup.Sealed)
		}
		same(t, false, h.editor(t, anna.ID).HasFactor())
		_, _, err = office.SetFactor(ctx, by(anna), session, setup.Sealed, "000000")
		var fault *subscriptions.Error
		if !errors.As(err, &fault) || fault.Field != "code" {
			t.Errorf("a wrong code: %v", err)
		}
		again, err := office.SameFactor(anna, setup.Sealed)
		must(t, err)
		same(t, setup.Secret, again.Secret)
		ben := h.works(t, "ben@example.org", subscriptions.RolePublisher)
		_, err = office.SameFactor(ben, setup.Sealed)
		fails(t, err, subscriptions.Expired)
		token, codes, err := office.SetFactor(ctx, by(anna), session, setup.Sealed, h.code(t, setup.Secret, 0))
		must(t, err)
		same(t, 10, len(codes))
		h.signedOut(t, in.Token)
		h.signedOut(t, other.Token)
		session = h.session(t, token)
		same(t, false, h.editor(t, anna.ID).NeedsFactor())

		fresh, err := office.NewRecoveryCodes(ctx, by(anna), session)
		must(t, err)
		h.wait(time.Hour)
		in, err = office.SignIn(ctx, form(anna.Address, goodPassword, "192.0.2.1"))
		must(t, err)
		_, err = office.SecondStep(ctx, h.session(t, in.Token), codes[0], "")
		fails(t, err, subscriptions.Refused) // of the set before
		_, err = office.SecondStep(ctx, h.session(t, in.Token), fresh[0], "")
		must(t, err)

		_, err = office.RemoveFactor(ctx, by(anna), h.confirmed(t, anna))
		fails(t, err, subscriptions.Refused) // a publisher needs it
		_, err = office.ChangeRole(ctx, subscriptions.AtCommandLine, anna.ID, subscriptions.RoleEditor)
		must(t, err)
		_, err = office.RemoveFactor(ctx, by(anna), h.confirmed(t, anna))
		must(t, err)
		same(t, false, h.editor(t, anna.ID).HasFactor())
		h.wait(time.Second)
		_, err = office.SameFactor(anna, setup.Sealed)
		fails(t, err, subscriptions.Expired) // an hour is over
	})
}

// confirmed is a session whose password was given a moment ago.
func (h *house) confirmed(t testing.TB, e subscriptions.Editor) subscriptions.Session {
	t.Helper()
	token, err := h.sessions().Begin(t.Context(), e.ID, "192.0.2.1", "a browser")
	must(t, err)
	return h.session(t, token)
}

func TestAnAdminResetsASecondFactor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		boss := h.works(t, "boss@example.org", subscriptions.RoleAdmin)
		anna := h.works(t, "anna@example.org", subscriptions.RolePublisher)
		_, err := h.office().ResetFactor(t.Context(), by(boss), anna.ID)
		fails(t, err, subscriptions.Refused)
		h.withFactor(t, anna)
		_, err = h.office().ResetFactor(t.Context(), by(boss), anna.ID)
		must(t, err)
		in, _ := h.enters(t, anna)
		same(t, false, in.Waiting)
		same(t, true, h.editor(t, anna.ID).NeedsFactor())
		same(t, "Anna Berg editor.factor-reset Anna Berg:", h.log(t, "editor.factor-reset"))
	})
}

func TestASecretOfAnotherInstallationIsSaidSo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		secret, codes := h.withFactor(t, anna)
		e := h.editor(t, anna.ID)
		e.Factor = h.keys.Seal("second factor", "editor 99", secret)
		must(t, h.store.UpdateEditor(t.Context(), e))
		in, err := h.office().SignIn(t.Context(), form(anna.Address, goodPassword, "192.0.2.1"))
		must(t, err)
		_, err = h.office().SecondStep(t.Context(), h.session(t, in.Token), h.code(t, secret, 1), "")
		fails(t, err, subscriptions.Unavailable)
		_, err = h.office().SecondStep(t.Context(), h.session(t, in.Token), codes[0], "")
		must(t, err)
	})
}

func TestABrowserMaySayAnything(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		for _, agent := range []string{"", "\xff\xfe", strings.Repeat("é", 5000), "a\nb"} {
			f := form(anna.Address, goodPassword, "192.0.2.1")
			f.Agent = agent
			in, err := h.office().SignIn(t.Context(), f)
			must(t, err)
			if got := h.session(t, in.Token).Agent; len(got) > 210 || strings.Contains(got, "\n") {
				t.Errorf("%d bytes: %q", len(got), got)
			}
		}
	})
}

func TestRenaming(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		_, err := h.office().Rename(t.Context(), by(anna), "  ")
		fails(t, err, subscriptions.Invalid)
		_, err = h.office().Rename(t.Context(), by(anna), "Anna   Maria")
		must(t, err)
		same(t, "Anna Maria", h.editor(t, anna.ID).Name)
		_, err = h.office().Rename(t.Context(), by(anna), "Anna Maria")
		must(t, err)
		same(t, "Anna Berg editor.name Anna Maria: name Anna Berg → Anna Maria", h.log(t, "editor.name"))
	})
}
