package mailtest_test

import (
	"bytes"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/mailer/mailtest"
)

func TestAnInboxOnDiskSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "outbox")
	first := start(t, mailtest.Options{Dir: dir})
	for _, subject := range []string{"one", "two"} {
		if err := send(first, reader, message(subject)); err != nil {
			t.Fatal(err)
		}
	}
	kept := first.Messages()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := start(t, mailtest.Options{Dir: dir})
	if diff := cmp.Diff(kept, second.Messages()); diff != "" {
		t.Errorf("after the restart (-before +after):\n%s", diff)
	}
	if err := send(second, reader, message("three")); err != nil {
		t.Fatal(err)
	}
	if m, ok := second.Message(3); !ok || !bytes.Equal(m.Data, message("three")) {
		t.Errorf("the next message is not number 3: %+v, %v", m, ok)
	}
	if diff := cmp.Diff([]string{"0001.eml", "0002.eml", "0003.eml"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestAFileIsTheEnvelopeAndThenTheMessageOctetForOctet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, mailtest.Options{Dir: dir})
	if err := send(s, reader, message("file")); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "0001.eml"))
	if err != nil {
		t.Fatal(err)
	}
	want := "Return-Path: <bounce+42@example.org>\r\n" +
		"Delivered-To: reader@example.net\r\n" +
		"Received: from localhost by mail.example.org with ESMTP; Mon, 01 Apr 2019 12:00:00 +0000\r\n" +
		string(message("file"))
	if diff := cmp.Diff(want, string(file)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(file))
	if err != nil || parsed.Header.Get("Subject") != "file" {
		t.Errorf("a mail reader sees %+v, %v", parsed, err)
	}
}

func TestTheEmptySenderOfABounceSurvivesToo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, mailtest.Options{Dir: dir})
	c := dial(t, s)
	c.ok("MAIL FROM:<>")
	c.ok("RCPT TO:<%s>", reader)
	c.expect(354, "DATA")
	c.ok("Subject: bounce\r\n\r\n.")
	if m, _ := start(t, mailtest.Options{Dir: dir}).Message(1); m.From != "" || m.To != reader {
		t.Errorf("envelope from %q to %q", m.From, m.To)
	}
}

func TestResetRemovesTheFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, mailtest.Options{Dir: dir})
	for range 2 {
		if err := send(s, reader, message("gone")); err != nil {
			t.Fatal(err)
		}
	}
	// One is gone already, another is not ours.
	if err := os.Remove(filepath.Join(dir, "0001.eml")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "notes.txt", "mine")
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"notes.txt"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWhatAKilledServerLeftHalfWrittenIsNotInTheInbox(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, ".mailtest-123.tmp", "Return-Path: <bounce@exa")
	write(t, dir, "notes.txt", "mine")
	s := start(t, mailtest.Options{Dir: dir})
	if s.Count() != 0 {
		t.Errorf("the inbox holds %d messages", s.Count())
	}
	if diff := cmp.Diff([]string{"notes.txt"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestAGapInTheNumbersIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, mailtest.Options{Dir: dir})
	for range 3 {
		if err := send(s, reader, message("gap")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "0002.eml")); err != nil {
		t.Fatal(err)
	}
	s = start(t, mailtest.Options{Dir: dir})
	if _, ok := s.Message(2); ok {
		t.Error("message 2 is there without its file")
	}
	if m, ok := s.Message(3); !ok || m.N != 3 {
		t.Errorf("Message(3) = %+v, %v", m, ok)
	}
}

func TestAFileThatIsNotOursStopsTheStart(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, file, content, want string }{
		{"no envelope", "0001.eml", "Subject: mine\r\n\r\nHello\r\n", "no Return-Path line"},
		{"half an envelope", "0001.eml", "Return-Path: <>\r\nSubject: mine\r\n\r\n", "no Delivered-To line"},
		{"no date", "0001.eml", "Return-Path: <>\r\nDelivered-To: a@example.net\r\nReceived: from x\r\n\r\n", "no date"},
		{"no number", "0000.eml", "", "not numbered from 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, tc.file, tc.content)
			_, err := mailtest.New(mailtest.Options{Dir: dir})
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "move it elsewhere") {
				t.Errorf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestAMessageThatCannotBeWrittenIsNotAccepted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	s := start(t, mailtest.Options{Dir: dir})
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	wantCode(t, send(s, reader, message("lost")), 451)
	if s.Count() != 0 {
		t.Error("it is in the inbox all the same")
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
