package storetest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestMain(m *testing.M) {
	// Run again by a test below, this process plays other roles.
	if os.Getenv("STORETEST_WITHOUT_MAIN") != "" {
		os.Exit(m.Run())
	}
	storetest.Main(m)
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	for range 2 {
		t.Run("a table of one", func(t *testing.T) {
			t.Parallel()
			conn := connect(t, storetest.Postgres(t))
			exec1(t, conn, "CREATE TABLE only_here (id int)") // fails where another made it
		})
	}
}

func TestTheDatabaseSpeaksUTF8AndUTC(t *testing.T) {
	t.Parallel()
	conn := connect(t, storetest.Postgres(t))
	if got := query(t, conn, "SELECT '网络安全' || current_setting('server_encoding') || current_setting('timezone')"); got != "网络安全UTF8UTC" {
		t.Errorf("it says %q", got)
	}
}

func TestADatabaseIsDroppedWithItsTestEvenWhileInUse(t *testing.T) {
	t.Parallel()
	look := connect(t, storetest.Postgres(t))
	var name string
	t.Run("a test that leaves its connection open", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		name = strings.TrimPrefix(u.Path, "/")
		if _, err := pgx.Connect(t.Context(), dsn); err != nil {
			t.Fatal(err)
		}
	})
	if got := query(t, look, "SELECT count(*)::text FROM pg_database WHERE datname = '"+name+"'"); got != "0" {
		t.Errorf("database %s is still there", name)
	}
}

func TestATemplateIsPreparedOnceAndCopiedForEach(t *testing.T) {
	t.Parallel()
	storetest.Postgres(t)                               // skips here rather than below
	name := fmt.Sprint("topics", time.Now().UnixNano()) // for -count: one process, one template
	var prepared atomic.Int32
	prepare := func(dsn string) error {
		prepared.Add(1)
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		_, err = conn.Exec(context.Background(), "CREATE TABLE topics (slug text); INSERT INTO topics VALUES ('iot')")
		return err
	}
	t.Run("copies", func(t *testing.T) {
		for range 8 {
			t.Run("one", func(t *testing.T) {
				t.Parallel()
				conn := connect(t, storetest.PostgresFrom(t, name, prepare))
				exec1(t, conn, "INSERT INTO topics VALUES ('mine')")
				if got := query(t, conn, "SELECT string_agg(slug, ' ') FROM topics"); got != "iot mine" {
					t.Errorf("the copy holds %q", got)
				}
			})
		}
	})
	if n := prepared.Load(); n != 1 {
		t.Errorf("the template was prepared %d times", n)
	}
	t.Run("another template is another", func(t *testing.T) {
		conn := connect(t, storetest.PostgresFrom(t, "empty", func(string) error { return nil }))
		if got := query(t, conn, "SELECT count(*)::text FROM pg_tables WHERE tablename = 'topics'"); got != "0" {
			t.Error("it holds the first one's table")
		}
	})
}

func TestATemplateThatFailsFailsItsTests(t *testing.T) {
	t.Parallel()
	storetest.Postgres(t) // skips here rather than below
	for range 2 {
		rec := &recorder{TB: t}
		rec.run(func() {
			storetest.PostgresFrom(rec, "broken", func(string) error { return errors.New("no such migration") })
		})
		if !strings.Contains(rec.fatal, `prepare the template database "broken": no such migration`) {
			t.Errorf("the test ended with %q", rec.fatal)
		}
	}
}

func TestWhatIsMissingSkipsUnlessItIsRequired(t *testing.T) {
	for _, tc := range []struct {
		name, require string
		fatal         bool
	}{
		{"nothing is required", "", false},
		{"something else is required", "browser", false},
		{"it is required", "postgres", true},
		{"it is required among others", "browser, postgres", true},
		{"a longer name is another name", "postgresql", false},
		{"everything is required", "*", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("TIDINGS_TEST_REQUIRE", tc.require)
			rec := &recorder{TB: t}
			rec.run(func() { storetest.SkipOrFail(rec, "postgres", "install it") })
			if tc.fatal && rec.fatal != "install it (TIDINGS_TEST_REQUIRE requires postgres)" || !tc.fatal && rec.skip != "install it" {
				t.Errorf("fatal %q, skip %q", rec.fatal, rec.skip)
			}
		})
	}
}

func TestWhatIsHiddenIsNotLookedFor(t *testing.T) {
	for _, hidden := range []string{"shell", "postgres, shell", "*"} {
		t.Setenv("TIDINGS_TEST_WITHOUT", hidden)
		rec := &recorder{TB: t}
		rec.run(func() { storetest.Program(rec, "shell", "install it", "sh") })
		if rec.skip != "TIDINGS_TEST_WITHOUT hides shell" {
			t.Errorf("%q: the test was skipped with %q", hidden, rec.skip)
		}
	}
	t.Setenv("TIDINGS_TEST_WITHOUT", "browser")
	if path := storetest.Program(t, "shell", "install it", "no-such-program", "sh"); !strings.HasSuffix(path, "/sh") {
		t.Errorf("the program is %q", path)
	}
}

func TestWithoutMainNoServerIsStarted(t *testing.T) {
	t.Parallel()
	out, err := again(t, "TestEachTestHasADatabaseOfItsOwn", "STORETEST_WITHOUT_MAIN=1").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "storetest.Main(m)") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestAGivenServerIsUsedAndLeftClean(t *testing.T) {
	t.Parallel()
	ours := storetest.Postgres(t)
	conn := connect(t, ours)
	// A user of its own: its databases can be told from those of the tests beside us,
	// and it shows that no superuser is needed.
	role := fmt.Sprintf("given_%d", time.Now().UnixNano())
	exec1(t, conn, "CREATE ROLE "+role+" LOGIN CREATEDB")
	given := strings.Replace(ours, "tidings@", role+"@", 1)
	dir := t.TempDir()
	out, err := again(t, "TestATemplateIsPreparedOnceAndCopiedForEach", "TIDINGS_TEST_POSTGRES="+given, "TMPDIR="+dir, "PATH=").CombinedOutput()
	if err != nil || strings.Contains(string(out), "SKIP") {
		t.Fatalf("%v: %s", err, out)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "tidings-pg-*")); len(left) > 0 {
		t.Errorf("it started a server of its own: %v", left)
	}
	if n := query(t, conn, "SELECT count(*)::text FROM pg_database WHERE pg_get_userbyid(datdba) = '"+role+"'"); n != "0" {
		t.Errorf("it left %s databases behind", n)
	}
}

func TestAGivenServerThatIsNoneFailsTheTest(t *testing.T) {
	t.Parallel()
	storetest.Look(t, "postgres")
	for _, tc := range []struct{ value, want string }{
		{"127.0.0.1:5432", "begins with postgres://"},
		{"postgres://127.0.0.1:1/x?connect_timeout=2", "reach the PostgreSQL server of TIDINGS_TEST_POSTGRES"},
	} {
		out, err := again(t, "TestEachTestHasADatabaseOfItsOwn", "TIDINGS_TEST_POSTGRES="+tc.value).CombinedOutput()
		if err == nil || !strings.Contains(string(out), tc.want) {
			t.Errorf("%s: %v: %s", tc.value, err, out)
		}
	}
}

// The process is killed in the worst way, while its server runs.
func TestAKilledProcessTakesItsServerAlong(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("setpriv"); err != nil {
		storetest.SkipOrFail(t, "postgres", "setpriv is not installed, so a killed test leaves its server running: install util-linux")
	}
	storetest.Postgres(t) // skips where there is none
	dir, err := os.MkdirTemp("/tmp", "storetest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // the server's user passes through
		t.Fatal(err)
	}
	cmd := again(t, "TestPlaysAProcessThatHangs", "STORETEST_HANG=1", "TIDINGS_TEST_POSTGRES=", "TMPDIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var dsn string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "dsn "); ok {
			dsn = url
			break
		}
	}
	conn := connect(t, dsn)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		again, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			break
		}
		_ = again.Close(t.Context())
		if time.Now().After(deadline) {
			t.Fatal("the server lives on")
		}
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a backend lives on")
	}
}

// It is no test, but the process that TestAKilledProcessTakesItsServerAlong kills.
func TestPlaysAProcessThatHangs(t *testing.T) {
	if os.Getenv("STORETEST_HANG") == "" {
		return
	}
	_, _ = os.Stdout.WriteString("dsn " + storetest.Postgres(t) + "\n")
	time.Sleep(time.Minute)
}

// again is this test binary, with one test to run.
func again(t *testing.T, test string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// recorder is a test whose end can be looked at.
type recorder struct {
	testing.TB
	fatal, skip string
}

func (r *recorder) Fatal(args ...any) { r.fatal = fmt.Sprint(args...); runtime.Goexit() }

func (r *recorder) Fatalf(format string, args ...any) { r.Fatal(fmt.Sprintf(format, args...)) }

func (r *recorder) Skipf(format string, args ...any) { r.Skip(fmt.Sprintf(format, args...)) }

func (r *recorder) Skip(args ...any) { r.skip = fmt.Sprint(args...); runtime.Goexit() }

// run lets f end its goroutine, as a test's end does.
func (r *recorder) run(f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	<-done
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func query(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	var got string
	if err := conn.QueryRow(t.Context(), sql).Scan(&got); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

func TestAServerOfATestsOwnKeepsWhatWasCommittedOverItsEnds(t *testing.T) {
	t.Parallel()
	server := storetest.PostgresServer(t)
	dsn := server.DSN()
	exec1(t, connect(t, dsn), "CREATE TABLE kept (n integer)")
	for n, end := range []func(){server.Stop, server.Crash} {
		conn := connect(t, dsn)
		exec1(t, conn, fmt.Sprintf("INSERT INTO kept VALUES (%d)", n))
		end()
		if err := conn.Ping(t.Context()); err == nil {
			t.Fatal("a session outlives its server")
		}
		server.Start()
		if got := query(t, connect(t, server.DSN()), "SELECT count(*)::text FROM kept"); got != fmt.Sprint(n+1) {
			t.Errorf("after %d ends %s rows are left", n+1, got)
		}
	}
	if got := query(t, connect(t, dsn), "SELECT count(*)::text FROM topics"); got == "0" {
		t.Error("it was not migrated")
	}
}
