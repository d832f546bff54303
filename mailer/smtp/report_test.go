package smtp_test

import (
	"testing"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

func TestAServerThatReportsIsToldWhatToReport(t *testing.T) {
	t.Parallel()
	letter := func(name string) *mailer.Message {
		m := to(name)
		m.To = subscriptions.Mailbox{Name: "Reader", Address: name + "+list=x@example.net"}
		m.EnvelopeID = "043m8ag7" + name
		return m
	}
	for _, offers := range []bool{true, false} {
		s := serve(t, mailtest.Options{Reports: offers})
		c := connect(t, sender(t, s))
		// The second leaves with the dot of the first, the third without being announced.
		accepted(t, follow(t, c, letter("a"), letter("b")))
		_ = c.Close()
		c = connect(t, sender(t, s))
		accepted(t, c.Send(t.Context(), letter("c")))
		first, _ := s.Message(1)
		want := mailtest.Envelope{}
		if offers {
			want = mailtest.Envelope{ID: "043m8ag7a", Return: "HDRS", Recipient: "a+list=x@example.net", Notify: []string{"FAILURE", "DELAY"}}
		}
		if got := first.Envelope; got.ID != want.ID || got.Return != want.Return || got.Recipient != want.Recipient || len(got.Notify) != len(want.Notify) {
			t.Errorf("with DSN offered %t the envelope asked for %+v, want %+v", offers, got, want)
		}
		if first.To != "a+list=x@example.net" {
			t.Errorf("the letter went to %s", first.To)
		}
	}
	s := serve(t, mailtest.Options{Reports: true})
	accepted(t, connect(t, sender(t, s)).Send(t.Context(), to("plain")))
	if m, _ := s.Message(1); m.Envelope.ID != "" || m.Envelope.Return != "" || len(m.Envelope.Notify) > 0 {
		t.Errorf("a letter without an id asked for %+v", m.Envelope)
	}
}
