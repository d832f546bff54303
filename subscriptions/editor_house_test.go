package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/credentials"
)

const (
	goodPassword  = "violet harbour ninety spoons"
	otherPassword = "eleven quiet lanterns of tin"
)

// office is the people of the desk; hashes cost microseconds.
func (h *house) office() *subscriptions.EditorService {
	return &subscriptions.EditorService{Store: h.store, Keys: h.keys, Now: h.clock, Codes: credentials.Codes{}, Site: "Tidings",
		Passwords: credentials.NewPasswords(credentials.Options{Memory: 64, Passes: 1, AtOnce: 8, Wait: 30 * time.Second})}
}

func (h *house) sessions() *subscriptions.SessionService {
	return &subscriptions.SessionService{Store: h.store, Now: h.clock}
}

// works adds an editor with goodPassword.
func (h *house) works(t testing.TB, address string, role subscriptions.Role) subscriptions.Editor {
	t.Helper()
	e, err := h.office().Add(t.Context(), subscriptions.AtCommandLine, subscriptions.NewEditor{Name: "Anna Berg", Address: address, Role: role})
	must(t, err)
	must(t, h.office().SetPassword(t.Context(), subscriptions.AtCommandLine, e.ID, goodPassword))
	return h.editor(t, e.ID)
}

func (h *house) editor(t testing.TB, id int64) subscriptions.Editor {
	t.Helper()
	e, err := h.store.FindEditor(t.Context(), id)
	must(t, err)
	return e
}

func form(address, password, ip string) subscriptions.SignIn {
	return subscriptions.SignIn{Address: address, Password: password, IP: ip, Agent: "a browser"}
}

// enters signs in with goodPassword from a network of its own.
func (h *house) enters(t testing.TB, e subscriptions.Editor) (subscriptions.SignedIn, subscriptions.Session) {
	t.Helper()
	in, err := h.office().SignIn(t.Context(), form(e.Address, goodPassword, "203.0.113.77"))
	must(t, err)
	return in, h.session(t, in.Token)
}

func (h *house) session(t testing.TB, token string) subscriptions.Session {
	t.Helper()
	s, _, err := h.sessions().Find(t.Context(), token)
	must(t, err)
	return s
}

func (h *house) signedOut(t testing.TB, token string) {
	t.Helper()
	if _, _, err := h.sessions().Find(t.Context(), token); subscriptions.CodeOf(err) != subscriptions.Refused {
		t.Errorf("the token still works: %v", err)
	}
}

func by(e subscriptions.Editor) subscriptions.Actor {
	return subscriptions.Actor{EditorID: e.ID, Name: e.Name, IP: "203.0.113.77"}
}

// withFactor gives the editor a second factor and says its secret and codes.
func (h *house) withFactor(t testing.TB, e subscriptions.Editor) (secret string, codes []string) {
	t.Helper()
	_, session := h.enters(t, e)
	setup, err := h.office().NewFactor(e)
	must(t, err)
	_, codes, err = h.office().SetFactor(t.Context(), by(e), session, setup.Sealed, h.code(t, setup.Secret, 0))
	must(t, err)
	return setup.Secret, codes
}

// code is what the app shows some steps from now.
func (h *house) code(t testing.TB, secret string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, h.clock().Add(time.Duration(steps)*30*time.Second))
	must(t, err)
	return code
}

// log writes the audit log of an action down, oldest first: "editor.add: role admin".
func (h *house) log(t testing.TB, action string) string {
	t.Helper()
	events, err := h.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: action})
	must(t, err)
	var lines []string
	for _, e := range events {
		lines = append([]string{strings.TrimSpace(e.Actor + " " + e.Action + " " + e.About + ": " + e.Detail)}, lines...)
	}
	return strings.Join(lines, "\n")
}

// letters counts the letters that wait, by kind.
func (h *house) letters(t testing.TB) string {
	t.Helper()
	all, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{})
	must(t, err)
	var kinds []string
	for _, d := range all {
		kinds = append(kinds, string(d.Kind)+" "+d.Address)
	}
	return strings.Join(kinds, ", ")
}
