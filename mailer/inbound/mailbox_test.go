package inbound_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"sesec.eu/tidings/mailer/inbound"
)

type literal struct {
	*bytes.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

// mailbox is an IMAP server with a folder for reports.
func mailbox(t *testing.T, caps ...imap.Cap) (o inbound.MailboxOptions, add func(folder, message string), count func(folder string) uint32) {
	t.Helper()
	user := imapmemserver.NewUser("tidings", "a p@ss")
	for _, folder := range []string{"INBOX", "Done"} {
		if err := user.Create(folder, nil); err != nil {
			t.Fatal(err)
		}
	}
	all := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range caps {
		all[c] = struct{}{}
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	s := imapserver.New(&imapserver.Options{Caps: all, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	o, err = inbound.ParseMailbox("imap://tidings:a%20p%40ss@" + l.Addr().String() + "/?tls=none")
	if err != nil {
		t.Fatal(err)
	}
	add = func(folder, message string) {
		t.Helper()
		if _, err := user.Append(folder, literal{bytes.NewReader([]byte(message)), int64(len(message))}, &imap.AppendOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	count = func(folder string) uint32 {
		t.Helper()
		data, err := user.Status(folder, &imap.StatusOptions{NumMessages: true})
		if err != nil {
			t.Fatal(err)
		}
		return *data.NumMessages
	}
	return o, add, count
}

func TestTheMailboxKeepsOnlyWhatWasNotUnderstood(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o, add, count := mailbox(t, imap.CapUIDPlus, imap.CapMove)
	add("INBOX", report(1, h.sender))
	add("INBOX", question)
	add("INBOX", report(2, "bounce@example.org"))
	m := &inbound.Mailbox{Door: h.door, MailboxOptions: o}
	h.must(m.Once(t.Context()))
	h.wants("imap bounce ended, imap other, imap bounce stranger")
	if n := count("INBOX"); n != 1 {
		t.Errorf("%d messages are left, want the one of a person", n)
	}
	h.must(m.Once(t.Context())) // that one is not read again
	add("INBOX", report(3, h.sender))
	m.Move = "Done"
	h.must(m.Once(t.Context()))
	if in, moved := count("INBOX"), count("Done"); in != 1 || moved != 1 {
		t.Errorf("%d are left and %d moved, want one each", in, moved)
	}
	h.wants("imap bounce ended, imap other, imap bounce stranger, imap bounce too late")
}

func TestTheMailboxIsWatched(t *testing.T) {
	t.Parallel()
	for _, caps := range [][]imap.Cap{{imap.CapIdle, imap.CapUIDPlus}, {}} {
		h := newHouse(t)
		o, add, count := mailbox(t, caps...)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		poll := 10 * time.Millisecond
		if len(caps) > 0 {
			poll = time.Hour // told by the server, or never
		}
		go func() { ended <- (&inbound.Mailbox{Door: h.door, MailboxOptions: o, Poll: poll}).Run(ctx) }()
		add("INBOX", report(1, h.sender))
		h.soon("the first is recorded", func() bool { return h.rows() == "imap bounce ended" })
		add("INBOX", report(2, "bounce@example.org"))
		h.soon("the second too", func() bool { return h.rows() == "imap bounce ended, imap bounce stranger" })
		if len(caps) > 0 {
			h.soon("both are gone", func() bool { return count("INBOX") == 0 })
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsNotRecordedStaysWhereItIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o, add, count := mailbox(t, imap.CapUIDPlus)
	add("INBOX", report(1, h.sender))
	dir := maildir(t)
	name := filepath.Join(dir, "new", "1.a")
	h.must(os.WriteFile(name, []byte(report(2, h.sender)), 0o600))
	box, folder := &inbound.Mailbox{Door: h.door, MailboxOptions: o}, &inbound.Maildir{Door: h.door, Path: dir}
	h.exec("ALTER TABLE bounces RENAME TO away")
	if err := box.Once(t.Context()); err == nil {
		t.Error("a mailbox was read without a database")
	}
	if err := folder.Once(t.Context()); err == nil {
		t.Error("a folder was read without a database")
	}
	if _, err := os.Stat(name); err != nil || count("INBOX") != 1 {
		t.Errorf("a report that nobody recorded is gone: %v, %d", err, count("INBOX"))
	}
	h.exec("ALTER TABLE away RENAME TO bounces")
	h.must(box.Once(t.Context()))
	h.must(folder.Once(t.Context()))
	h.wants("imap bounce ended, maildir bounce too late")
}

func maildir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheFolderKeepsOnlyWhatWasNotUnderstood(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dir := maildir(t)
	for name, message := range map[string]string{"1.a": report(1, h.sender), "2.b": question} {
		h.must(os.WriteFile(filepath.Join(dir, "new", name), []byte(message), 0o600))
	}
	secret := filepath.Join(t.TempDir(), "secret")
	h.must(os.WriteFile(secret, []byte("x"), 0o600))
	h.must(os.Symlink(secret, filepath.Join(dir, "new", "0.link")))
	h.must(inbound.CheckMaildir(dir))
	h.must((&inbound.Maildir{Door: h.door, Path: dir}).Once(t.Context()))
	h.wants("maildir bounce ended, maildir other")
	if _, err := os.Stat(filepath.Join(dir, "cur", "2.b:2,S")); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "new"))
	h.must(err)
	if len(left) != 1 || left[0].Name() != "0.link" {
		t.Errorf("left are %v", left)
	}
	if err := inbound.CheckMaildir(filepath.Join(dir, "new")); err == nil {
		t.Error("a folder without new is taken for a Maildir")
	}
}

func TestAMailboxIsReadFromAnAddress(t *testing.T) {
	t.Parallel()
	o, err := inbound.ParseMailbox("imaps://bounce%40example.org:p%3Aw@imap.example.org/Returns/New?move=Done")
	want := inbound.MailboxOptions{Address: "imap.example.org:993", TLS: "implicit", User: "bounce@example.org", Password: "p:w", Folder: "Returns/New", Move: "Done"}
	if err != nil || o != want {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range []string{"imap.example.org", "pop3://a:b@example.org", "imap://example.org", "imap://a:b@imap.example.org?tls=none", "imaps://a:b@h?x=y", "imaps://a:b@h/INBOX?move=inbox", "imaps://a:b@h?tls=maybe"} {
		if _, err := inbound.ParseMailbox(bad); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
