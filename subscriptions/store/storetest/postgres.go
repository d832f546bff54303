package storetest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgreSQL for tests, the rules:
//
//   - One server a test process, started by the first test that asks and stopped by
//     Main. It is killed with the process should Main not get that far.
//   - One database a test, made from a template, dropped when the test ends: tests
//     run in parallel and see nothing of each other.
//   - TIDINGS_TEST_POSTGRES names a running server to use instead.
//   - Without any PostgreSQL the test is skipped, unless TIDINGS_TEST_REQUIRE lists
//     postgres: then it fails, so that CI cannot lose half its tests in silence.

const (
	envServer = "TIDINGS_TEST_POSTGRES"

	// statementTime is generous: a slow machine that starts ten servers at once.
	statementTime = time.Minute
)

// postgres is the server of this process. Only its sync.Once and mutex touch it.
var postgres cluster

// cluster is a PostgreSQL server, ours or a given one, and the templates made in it.
type cluster struct {
	start  sync.Once
	admin  string // the URL databases are created through
	server *server
	err    error

	asked  sync.Once
	copies bool // it knows STRATEGY

	mu        sync.Mutex
	main      bool
	templates map[string]*template
}

type template struct {
	once sync.Once
	name string
	err  error
}

// Main is TestMain for every package that calls Postgres:
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
//
// Properties that are tested on databases are tried twenty times, unless RAPID_CHECKS
// says how often: who looks for a fault has more time.
func Main(m *testing.M) {
	if f := flag.Lookup("rapid.checks"); f != nil {
		if err := f.Value.Set(cmp.Or(os.Getenv("RAPID_CHECKS"), "20")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(Run(m))
}

// Run is Main for a TestMain that has more to do: it returns the code to exit with.
func Run(m *testing.M) (code int) {
	postgres.mu.Lock()
	postgres.main = true
	postgres.mu.Unlock()
	code = m.Run()
	if err := postgres.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

// Postgres returns the URL of a fresh, empty database.
func Postgres(t testing.TB) (dsn string) {
	t.Helper()
	return PostgresFrom(t, "", nil)
}

// PostgresFrom returns the URL of a fresh copy of a template. The first caller in a
// process makes the template: prepare gets the URL of an empty database, fills it
// (with the migrations) and closes its connections.
func PostgresFrom(t testing.TB, name string, prepare func(dsn string) error) string {
	t.Helper()
	postgres.mu.Lock()
	ready := postgres.main
	postgres.mu.Unlock()
	if !ready {
		t.Fatal("start PostgreSQL for a test: nobody would stop it: give the package func TestMain(m *testing.M) { storetest.Main(m) }")
	}
	Look(t, "postgres")
	postgres.start.Do(postgres.begin)
	if errors.Is(postgres.err, errNoPostgres) {
		SkipOrFail(t, "postgres", postgres.err.Error())
	}
	if postgres.err != nil {
		t.Fatal(postgres.err)
	}

	source := "template0"
	if prepare != nil {
		tmpl := postgres.template(name)
		tmpl.once.Do(func() { tmpl.name, tmpl.err = postgres.prepare(prepare) })
		if tmpl.err != nil {
			t.Fatalf("prepare the template database %q: %v", name, tmpl.err)
		}
		source = tmpl.name
	}
	db, err := postgres.create(source)
	if err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := postgres.drop(db); err != nil {
			t.Errorf("drop the database of the test: %v", err)
		}
	})
	return postgres.url(db)
}

func (c *cluster) begin() {
	if given := os.Getenv(envServer); given != "" {
		if u, err := url.Parse(given); err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			c.err = fmt.Errorf("read %s: it is not a URL that begins with postgres://", envServer)
			return
		}
		c.admin = given
		if err := c.exec("SELECT 1"); err != nil {
			c.err = fmt.Errorf("reach the PostgreSQL server of %s: %w", envServer, err)
		}
		return
	}
	c.server, c.err = startServer()
	if c.err == nil {
		c.admin = c.server.url
	}
}

// stop drops the templates of a given server, which lives on, or stops our own.
func (c *cluster) stop() error {
	if c.server != nil {
		return c.server.stop()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, tmpl := range c.templates {
		if tmpl.name != "" {
			errs = append(errs, c.drop(tmpl.name))
		}
	}
	return errors.Join(errs...)
}

func (c *cluster) template(name string) *template {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.templates == nil {
		c.templates = make(map[string]*template)
	}
	if c.templates[name] == nil {
		c.templates[name] = &template{}
	}
	return c.templates[name]
}

func (c *cluster) prepare(prepare func(dsn string) error) (name string, err error) {
	if name, err = c.create("template0"); err != nil {
		return "", err
	}
	if err = prepare(c.url(name)); err != nil {
		return "", errors.Join(err, c.drop(name))
	}
	return name, nil
}

// create copies a database under a new name. The name is random because a given
// server is shared by all test processes of `go test ./...`.
func (c *cluster) create(source string) (name string, err error) {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	name = "tidings_test_" + hex.EncodeToString(random[:])
	return name, c.exec("CREATE DATABASE " + ident(name) + " TEMPLATE " + ident(source) + c.copying())
}

// copying has the files of a template copied. Since version 15 they would go through
// the log otherwise, which takes twice as long.
func (c *cluster) copying() string {
	c.asked.Do(func() {
		c.copies = c.exec("DO $$ BEGIN IF current_setting('server_version_num')::int < 150000 THEN RAISE EXCEPTION 'too old'; END IF; END $$") == nil
	})
	if c.copies {
		return " STRATEGY FILE_COPY"
	}
	return ""
}

// drop ends the connections that a test has left open as well.
func (c *cluster) drop(name string) error {
	return c.exec("DROP DATABASE IF EXISTS " + ident(name) + " WITH (FORCE)")
}

// exec opens a connection each time: CREATE and DROP DATABASE want one without a
// transaction, and tests run in parallel.
func (c *cluster) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// url is the admin URL with another database; begin has parsed it before.
func (c *cluster) url(db string) string {
	u, err := url.Parse(c.admin)
	if err != nil {
		return ""
	}
	u.Path = "/" + db
	return u.String()
}

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }
