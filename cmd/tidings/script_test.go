package main

import (
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestMain(m *testing.M) {
	beBenchChild()
	testscript.Main(withPostgres{m}, map[string]func(){"tidings": main})
}

// withPostgres lets both packages wrap the run.
type withPostgres struct{ m *testing.M }

// Run implements testscript.TestingM.
func (w withPostgres) Run() int { return storetest.Run(w.m) }

// TestScripts runs the command line as its users do, each script in a folder of
// its own with a real mail server on loopback at $SMTP and $SMTP_ADDR, whose messages lie in
// $MAILBOX, and a port somebody else listens on at $TAKEN. The server refuses
// mail to @refused.example.org. The files of its folder are at $SITE_OF_OTHERS.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: false,
		Setup: func(env *testscript.Env) error {
			box := filepath.Join(env.WorkDir, ".mailbox")
			server, err := mailtest.New(mailtest.Options{Dir: box, Faults: []mailtest.Fault{
				{At: mailtest.Rcpt, Address: "@refused.example.org", Action: mailtest.Reply{Code: 550, Enhanced: "5.7.1", Text: "not from you"}}}})
			if err != nil {
				return err
			}
			env.Defer(func() { _ = server.Close() })
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Defer(func() { _ = taken.Close() })
			root, err := filepath.Abs(filepath.Join("..", ".."))
			if err != nil {
				return err
			}
			feed := httptest.NewServer(http.FileServerFS(os.DirFS(env.WorkDir)))
			env.Defer(feed.Close)
			env.Setenv("SITE_OF_OTHERS", feed.URL)
			env.Setenv("SMTP", server.URL())
			env.Setenv("SMTP_ADDR", server.Addr())
			env.Setenv("MAILBOX", box)
			env.Setenv("TAKEN", taken.Addr().String())
			env.Setenv("ROOT", root)
			env.Setenv("SAMPLE", filepath.Join(root, "subscriptions", "sample"))
			env.Setenv("NEWSLETTER", filepath.Join(root, "subscriptions", "importer", "testdata", "newsletter-2019-q1.txt"))
			env.Setenv("TMPDIR", env.WorkDir)
			return nil
		},
		// [race] is for what composes hundreds of mails one after the other.
		Condition: func(name string) (bool, error) {
			if name != "race" {
				return false, fmt.Errorf("there is no condition %s", name)
			}
			return storetest.Raced, nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"mails":    countMails,
			"sqlite":   execSQL,
			"asifdead": asIfDead,
			"mode":     fileMode,
			"cutshort": cutShort,
		},
	})
}

// mails N: so many messages have arrived.
func countMails(ts *testscript.TestScript, neg bool, args []string) {
	found, err := filepath.Glob(filepath.Join(ts.Getenv("MAILBOX"), "*.eml"))
	ts.Check(err)
	want := args[0]
	if got := itoa(len(found)); (got == want) == neg {
		ts.Fatalf("%s messages arrived, want %s", got, want)
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// sqlite FILE SQL: changes a database behind the program's back.
func execSQL(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(err)
	ts.Check(db.Close())
}

// mode FILE BITS: who may read the file.
func fileMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := info.Mode().Perm().String(); got != args[1] {
		ts.Fatalf("%s has the mode %s, want %s", args[0], got, args[1])
	}
}

// cutshort FILE: half of it is lost, as in a copy that was broken off.
func cutShort(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()/2))
}

// asifdead FILE: makes a claim look as if the process that held it had died.
func asIfDead(ts *testscript.TestScript, _ bool, args []string) {
	execSQL(ts, false, []string{args[0], "UPDATE deliveries SET state = 'sending', worker = 'gone' WHERE id = (SELECT min(id) FROM deliveries WHERE state = 'queued')"})
}
