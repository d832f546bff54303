package subscriptions_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestWhoSignsIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		gone := h.works(t, "gone@example.org", subscriptions.RoleEditor)
		_, err := h.office().End(t.Context(), subscriptions.AtCommandLine, gone.ID)
		must(t, err)
		_, err = h.office().Add(t.Context(), subscriptions.AtCommandLine, subscriptions.NewEditor{Name: "New", Address: "new@example.org", Role: subscriptions.RoleEditor})
		must(t, err)
		in, err := h.office().SignIn(t.Context(), form("ANNA@example.org ", goodPassword, "192.0.2.1"))
		must(t, err)
		session := h.session(t, in.Token)
		same(t, anna.ID, session.EditorID)
		if in.Waiting || in.Device == "" || strings.Contains(session.Hash, in.Token) {
			t.Errorf("%+v, %+v", in, session)
		}
		same(t, h.clock(), h.editor(t, anna.ID).SignedInAt)
		same(t, "Anna Berg session.begin Anna Berg: with a password", h.log(t, "session.begin"))
		var said string
		for name, f := range map[string]subscriptions.SignIn{
			"another password":                     form("anna@example.org", otherPassword, "192.0.2.1"),
			"no password":                          form("anna@example.org", "", "192.0.2.1"),
			"a password with more behind it":       form("anna@example.org", goodPassword+strings.Repeat(" ", 300), "192.0.2.1"),
			"an address that nobody has":           form("nobody@example.org", goodPassword, "192.0.2.1"),
			"what is no address":                   form("anna", goodPassword, "192.0.2.1"),
			"nothing":                              form("", "", "192.0.2.1"),
			"somebody who has ended":               form("gone@example.org", goodPassword, "192.0.2.1"),
			"somebody who has not set a password":  form("new@example.org", "", "192.0.2.1"),
			"a megabyte where an address belongs":  form(strings.Repeat("a", 1<<20), goodPassword, "192.0.2.1"),
			"a megabyte where a password belongs":  form("anna@example.org", strings.Repeat("a", 1<<20), "192.0.2.1"),
			"an address that is no text":           form("anna\xff@example.org", goodPassword, "192.0.2.1"),
			"an address that begins beyond ASCII":  form("éa@example.org", goodPassword, "192.0.2.1"),
			"an address with a zero in the middle": form("anna\x00@example.org", goodPassword, "192.0.2.1"),
		} {
			h.wait(24 * time.Hour) // the limits are looked at elsewhere
			_, err := h.office().SignIn(t.Context(), f)
			fails(t, err, subscriptions.Refused)
			if err != nil && said != "" && err.Error() != said {
				t.Errorf("%s: %q tells more than %q", name, err, said)
			}
			if err != nil {
				said = err.Error()
			}
		}
	})
}

func TestATokenIsNewAtEachStep(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RolePublisher)
		secret, _ := h.withFactor(t, anna)
		h.wait(time.Minute)
		f := form(anna.Address, goodPassword, "192.0.2.1")
		planted, err := h.sessions().Begin(t.Context(), anna.ID, "198.51.100.1", "somebody else's browser")
		must(t, err)
		f.Before = planted // a session that somebody has fixed ends
		in, err := h.office().SignIn(t.Context(), f)
		must(t, err)
		h.signedOut(t, planted)
		if !in.Waiting || in.Device != "" {
			t.Errorf("%+v", in)
		}
		session := h.session(t, in.Token)
		if !session.Waiting {
			t.Error("without the code the session is whole")
		}
		done, err := h.office().SecondStep(t.Context(), session, h.code(t, secret, 0), "")
		must(t, err)
		h.signedOut(t, in.Token)
		whole := h.session(t, done.Token)
		same(t, false, whole.Waiting)
		same(t, session.ID, whole.ID)
		_, err = h.office().SecondStep(t.Context(), session, h.code(t, secret, 1), "")
		fails(t, err, subscriptions.Refused) // the first token is of no more use for this either
		confirmed, err := h.office().Confirm(t.Context(), whole, goodPassword, "192.0.2.1", "")
		must(t, err)
		h.signedOut(t, done.Token)
		// What still has the old row in its hands writes nothing over the new one.
		must(t, h.sessions().Say(t.Context(), whole, "an old sentence"))
		same(t, "", h.session(t, confirmed).Said)
		h.signedOut(t, done.Token)
	})
}

func TestASessionEnds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		left, _ := h.enters(t, anna)
		h.wait(2 * time.Hour)
		h.session(t, left.Token)
		h.wait(2*time.Hour + time.Second)
		h.signedOut(t, left.Token)

		used, session := h.enters(t, anna)
		for range 11 {
			h.wait(time.Hour)
			h.session(t, used.Token)
		}
		same(t, false, session.Confirmed(h.clock()))
		h.wait(time.Hour - time.Second)
		h.session(t, used.Token)
		h.wait(time.Second)
		h.signedOut(t, used.Token)

		ended, session := h.enters(t, anna)
		same(t, true, session.Confirmed(h.clock().Add(30*time.Minute-time.Second)))
		same(t, false, session.Confirmed(h.clock().Add(30*time.Minute)))
		other, _ := h.enters(t, anna)
		ben := h.works(t, "ben@example.org", subscriptions.RoleEditor)
		fails(t, h.office().EndSession(t.Context(), by(ben), session.ID), subscriptions.NotFound)
		must(t, h.office().EndSession(t.Context(), by(anna), session.ID))
		h.signedOut(t, ended.Token)
		third, session := h.enters(t, anna)
		must(t, h.office().EndSessions(t.Context(), by(anna), session.ID))
		h.signedOut(t, other.Token)
		h.session(t, third.Token)
		_, err := h.office().End(t.Context(), subscriptions.AtCommandLine, anna.ID)
		must(t, err)
		h.signedOut(t, third.Token)
	})
}

func TestACodeIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleAdmin)
		secret, codes := h.withFactor(t, anna)
		step := func(code string) error {
			t.Helper()
			h.wait(24 * time.Hour) // the limits are looked at elsewhere
			in, err := h.office().SignIn(t.Context(), form(anna.Address, goodPassword, "192.0.2.1"))
			must(t, err)
			if code == "" {
				code = h.code(t, secret, 0)
			}
			_, err = h.office().SecondStep(t.Context(), h.session(t, in.Token), code, "")
			return err
		}
		if e := h.editor(t, anna.ID); strings.Contains(e.Factor, secret) || e.Factor == "" {
			t.Errorf("the secret is readable in its row: %q", e.Factor)
		}
		must(t, step(""))
		in, err := h.office().SignIn(t.Context(), form(anna.Address, goodPassword, "192.0.2.1"))
		must(t, err)
		_, err = h.office().SecondStep(t.Context(), h.session(t, in.Token), h.code(t, secret, 0), "")
		fails(t, err, subscriptions.Refused) // seen over the shoulder
		_, err = h.office().SecondStep(t.Context(), h.session(t, in.Token), h.code(t, secret, -1), "")
		fails(t, err, subscriptions.Refused) // older than one that was taken
		_, err = h.office().SecondStep(t.Context(), h.session(t, in.Token), h.code(t, secret, 1), "")
		must(t, err)
		for _, wrong := range []string{"000000", "12345", "abc", strings.Repeat("0", 300), "0000-0000-0000"} {
			fails(t, step(wrong), subscriptions.Refused)
		}

		same(t, 10, len(codes))
		typed := strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))
		must(t, step(typed))
		fails(t, step(codes[3]), subscriptions.Refused)
		left, err := h.office().RecoveryCodesLeft(t.Context(), anna.ID)
		must(t, err)
		same(t, 9, left)
		ben := h.works(t, "ben@example.org", subscriptions.RoleAdmin)
		_, bens := h.withFactor(t, ben)
		fails(t, step(bens[0]), subscriptions.Refused)
		if got := h.log(t, "session.begin"); !strings.Contains(got, "with a password and a recovery code") {
			t.Errorf("the log does not tell how:\n%s", got)
		}
	})
}

func TestTheSameCodeTwiceAtOnceIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleAdmin)
		secret, codes := h.withFactor(t, anna)
		h.wait(time.Minute)
		for _, code := range []string{h.code(t, secret, 0), codes[0]} {
			var sessions []subscriptions.Session
			for range 4 {
				in, err := h.office().SignIn(t.Context(), form(anna.Address, goodPassword, "192.0.2.1"))
				must(t, err)
				sessions = append(sessions, h.session(t, in.Token))
			}
			var mu sync.Mutex
			var wait sync.WaitGroup
			taken := 0
			for _, s := range sessions {
				wait.Go(func() {
					_, err := h.office().SecondStep(t.Context(), s, code, "")
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						taken++
					}
				})
			}
			wait.Wait()
			same(t, 1, taken)
		}
	})
}

func TestGuessingCodesEndsTheSession(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleAdmin)
		secret, _ := h.withFactor(t, anna)
		h.wait(time.Hour)
		in, err := h.office().SignIn(t.Context(), form(anna.Address, goodPassword, "192.0.2.1"))
		must(t, err)
		session := h.session(t, in.Token)
		for range 5 {
			_, err = h.office().SecondStep(t.Context(), session, "000000", "")
			fails(t, err, subscriptions.Refused)
		}
		_, err = h.office().SecondStep(t.Context(), session, h.code(t, secret, 0), "")
		fails(t, err, subscriptions.Limited)
		h.signedOut(t, in.Token)

		in, err = h.office().SignIn(t.Context(), form(anna.Address, goodPassword, "192.0.2.1"))
		must(t, err)
		session = h.session(t, in.Token)
		h.wait(10 * time.Minute)
		h.signedOut(t, in.Token) // a session does not wait for its code for ever
		_, err = h.office().SecondStep(t.Context(), session, h.code(t, secret, 0), "")
		fails(t, err, subscriptions.Refused)
	})
}

// TestNobodyLocksAnybodyOut hammers an address from one network, and signs its
// owner in from everywhere else.
func TestNobodyLocksAnybodyOut(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		known, _ := h.enters(t, anna)
		var limited int
		for range 15 {
			_, err := h.office().SignIn(t.Context(), form(anna.Address, otherPassword, "198.51.100.9"))
			if subscriptions.CodeOf(err) == subscriptions.Limited {
				limited++
				if hint := subscriptions.HintOf(err); hint != "Try again in 10 minutes." {
					t.Errorf("hint %q", hint)
				}
			}
		}
		same(t, 5, limited)
		right := func(ip, device string) error {
			f := form(anna.Address, goodPassword, ip)
			f.Device = device
			_, err := h.office().SignIn(t.Context(), f)
			return err
		}
		fails(t, right("198.51.100.200", ""), subscriptions.Limited) // the attacker's network, with the password
		must(t, right("192.0.2.1", ""))                              // her own
		must(t, right("198.51.100.9", known.Device))                 // the attacker's, in a browser that is known
		ben := h.works(t, "ben@example.org", subscriptions.RoleEditor)
		bens := h.keys.Issue(subscriptions.PurposeDevice, ben.ID, 7, h.clock())
		fails(t, right("198.51.100.9", bens), subscriptions.Limited) // known, but as somebody else
		fails(t, right("198.51.100.9", "no token"), subscriptions.Limited)
		_, err := h.office().SignIn(t.Context(), form("nobody@example.org", goodPassword, "198.51.100.9"))
		fails(t, err, subscriptions.Refused) // other addresses are not limited by hers
		h.wait(10 * time.Minute)
		must(t, right("198.51.100.9", ""))

		// A stolen device has its own allowance, and no more.
		for range 12 {
			err = right("198.51.100.77", known.Device)
		}
		fails(t, err, subscriptions.Limited)
		must(t, right("198.51.100.77", ""))
	})
}

func TestANetworkThatTriesManyAddressesIsSlowed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		known, _ := h.enters(t, anna)
		for i := range 50 {
			_, err := h.office().SignIn(t.Context(), form(strings.Repeat("a", i+1)+"@example.net", "x", "198.51.100.9"))
			fails(t, err, subscriptions.Refused)
		}
		_, err := h.office().SignIn(t.Context(), form(anna.Address, goodPassword, "198.51.100.10"))
		fails(t, err, subscriptions.Limited)
		f := form(anna.Address, goodPassword, "198.51.100.10")
		f.Device = known.Device
		_, err = h.office().SignIn(t.Context(), f)
		must(t, err)
	})
}

func TestFailuresDoNotFillTheLog(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.works(t, "anna@example.org", subscriptions.RoleEditor)
		for i := range 210 {
			ip := "198.51." + string(rune('0'+i/26%10)) + ".9"
			_, err := h.office().SignIn(t.Context(), form(strings.Repeat("b", i/26+1)+string(rune('a'+i%26))+"@example.net", "my secret password", ip))
			if err == nil {
				t.Fatal("signed in")
			}
		}
		events, err := h.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: "session.refuse"})
		must(t, err)
		same(t, 200, len(events))
		if !strings.Contains(events[0].Detail, "more of this hour are not recorded") {
			t.Errorf("the last one does not say so: %q", events[0].Detail)
		}
		for _, e := range events {
			if strings.Contains(e.About+e.Detail, "bb") || strings.Contains(e.About+e.Detail, "my secret") {
				t.Fatalf("it keeps what was typed: %+v", e)
			}
		}
		h.wait(time.Hour)
		_, err = h.office().SignIn(t.Context(), form("anna@example.org", "x", "203.0.113.1"))
		fails(t, err, subscriptions.Refused)
		if got := h.log(t, "session.refuse"); !strings.HasSuffix(got, "not signed in session.refuse Anna Berg: wrong password") {
			t.Errorf("the next hour is not recorded: %.300s", got[max(len(got)-300, 0):])
		}
	})
}

func TestConfirmingAsksForThePasswordAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		in, _ := h.enters(t, anna)
		h.wait(31 * time.Minute)
		session := h.session(t, in.Token)
		same(t, false, session.Confirmed(h.clock()))
		_, off := h.office().RemoveFactor(t.Context(), by(anna), session)
		_, codes := h.office().NewRecoveryCodes(t.Context(), by(anna), session)
		_, _, set := h.office().SetFactor(t.Context(), by(anna), session, "", "")
		for what, err := range map[string]error{"turning it off": off, "new codes": codes, "setting it up": set} {
			if err == nil || !strings.Contains(err.Error(), "more than half an hour ago") {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err := h.office().Confirm(t.Context(), session, otherPassword, "192.0.2.1", "")
		var e *subscriptions.Error
		if !errors.As(err, &e) || e.Field != "current" {
			t.Errorf("%v, want a fault of the field current", err)
		}
		token, err := h.office().Confirm(t.Context(), session, goodPassword, "192.0.2.1", "")
		must(t, err)
		same(t, true, h.session(t, token).Confirmed(h.clock()))
		for range 12 {
			_, err = h.office().Confirm(t.Context(), h.session(t, token), otherPassword, "192.0.2.1", "")
		}
		fails(t, err, subscriptions.Limited)
	})
}
