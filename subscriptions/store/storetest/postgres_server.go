package storetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// errNoPostgres is the sentence of a skipped test.
var errNoPostgres = errors.New("PostgreSQL is not installed: install it (Debian: apt-get install postgresql), or name a running server in " + envServer)

// server is a throwaway PostgreSQL: its own data folder, reached through a socket in
// that folder and not by network, and told to trust the disk with nothing.
type server struct {
	dir    string
	url    string
	line   []string // how it is started
	cmd    *exec.Cmd
	exited chan struct{}
}

const (
	dirPrefix = "tidings-pg-"
	// staleAfter is when the folder of a killed process is swept away.
	staleAfter = 24 * time.Hour
	startTime  = time.Minute
	stopTime   = 20 * time.Second
)

// settings make it quick and small. Nothing here has to survive a crash.
var settings = [...]string{
	"listen_addresses=",
	"fsync=off",
	"full_page_writes=off",
	"synchronous_commit=off",
	"wal_level=minimal",
	"max_wal_senders=0",
	"shared_buffers=32MB",
	"max_connections=200",
	"max_wal_size=64MB", // a small log, which is in memory too
	"min_wal_size=32MB",
	"autovacuum=off", // it would hold a template open
	"timezone=UTC",
	"log_timezone=UTC",
}

// startServer makes a server and starts it; what more is set wins over settings.
func startServer(more ...string) (_ *server, err error) {
	bin, err := findBin()
	if err != nil {
		return nil, err
	}
	prefix, owner, err := launcher()
	if err != nil {
		return nil, err
	}
	sweep()
	s := &server{}
	if s.dir, err = makeDir(owner); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(s.dir))
		}
	}()

	data := filepath.Join(s.dir, "data")
	initdb := s.command(append(slices.Clone(prefix), filepath.Join(bin, "initdb"), "-D", data, "-U", "tidings",
		"--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"))
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	s.line = append(slices.Clone(prefix), filepath.Join(bin, "postgres"), "-D", data, "-k", s.dir)
	for _, setting := range append(settings[:], more...) {
		s.line = append(s.line, "-c", setting)
	}
	u := url.URL{Scheme: "postgres", User: url.User("tidings"), Path: "/postgres",
		RawQuery: url.Values{"host": {s.dir}, "sslmode": {"disable"}}.Encode()}
	s.url = u.String()
	return s, s.run()
}

// findBin returns the folder that holds initdb and postgres. Debian keeps them off
// the PATH, a folder for each version.
func findBin() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		// The server is beside the real one; a link to it may stand alone.
		if target, err := filepath.EvalSymlinks(initdb); err == nil {
			if _, err := os.Stat(filepath.Join(filepath.Dir(target), "postgres")); err == nil {
				return filepath.Dir(target), nil
			}
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well formed
	if len(found) == 0 {
		return "", errNoPostgres
	}
	version := func(path string) float64 {
		v, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(filepath.Dir(path))), 64)
		return v
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return int(version(a)*10 - version(b)*10) })
	return filepath.Dir(newest), nil
}

// launcher is what a server's command line begins with, and who is to own its files,
// nil for ourselves. PostgreSQL refuses to run as root.
//
// setpriv also asks the kernel to stop the server when we die, by SIGQUIT: the
// postmaster then takes its own children along, where SIGKILL would leave them to
// notice by themselves. Systems without setpriv do without this.
func launcher() (prefix []string, owner *user.User, err error) {
	setpriv, err := exec.LookPath("setpriv")
	if err == nil {
		prefix = []string{setpriv, "--pdeathsig", "QUIT"}
	}
	if os.Getuid() != 0 {
		return prefix, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w; or, as root, install setpriv (Debian: util-linux), because PostgreSQL does not run as root", errNoPostgres)
	}
	owner, err = user.Lookup("postgres")
	if err != nil {
		owner, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("start PostgreSQL as root: there is no user postgres to run it as: %w", err)
	}
	return append(prefix, "--reuid", owner.Uid, "--regid", owner.Gid, "--clear-groups"), owner, nil
}

// makeDir makes the server's folder. The path of a socket may have some hundred
// octets, which the temporary folders of some systems use up.
func makeDir(owner *user.User) (string, error) {
	parent := cmp.Or(memoryDir(), os.TempDir())
	if len(parent) > 60 {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, dirPrefix)
	if err != nil || owner == nil {
		return dir, err
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return "", err
	}
	gid, err := strconv.Atoi(owner.Gid)
	if err != nil {
		return "", err
	}
	return dir, os.Chown(dir, uid, gid)
}

// sweep removes what processes have left that were killed before their Main could
// tidy up. A running server touches its socket's lock file every hour.
func sweep() {
	var dirs []string
	for _, parent := range []string{os.TempDir(), memoryDir()} {
		found, _ := filepath.Glob(filepath.Join(cmp.Or(parent, os.TempDir()), dirPrefix+"*")) // the pattern is well formed
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		newest := time.Time{}
		for _, path := range []string{dir, filepath.Join(dir, ".s.PGSQL.5432.lock")} {
			if info, err := os.Stat(path); err == nil && info.ModTime().After(newest) {
				newest = info.ModTime()
			}
		}
		if time.Since(newest) > staleAfter {
			_ = os.RemoveAll(dir) // another user's, or another's to sweep: never mind
		}
	}
}

func (s *server) command(line []string) *exec.Cmd {
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Dir = s.dir // ours may be closed to the user it runs as
	// PGPORT and its kin would get in the way.
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	return cmd
}

// run starts the server and returns when it answers.
func (s *server) run() error {
	var log bytes.Buffer
	s.cmd, s.exited = s.command(s.line), make(chan struct{})
	s.cmd.Stdout, s.cmd.Stderr = &log, &log
	started := make(chan error)
	go func() {
		// The kernel's signal is sent when the *thread* that started the server ends, so
		// this thread stays with it to the last.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait() // how it ended is in its log
			close(s.exited)
		}
	}()
	if err := <-started; err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exited: // log is complete, and nobody writes to it any more
			return fmt.Errorf("the server ended: %s", bytes.TrimSpace(log.Bytes()))
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("it does not answer after %v: %w", startTime, err), s.end(syscall.SIGQUIT))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server at once (SIGQUIT: nothing is worth a checkpoint) and removes
// its folder.
func (s *server) stop() error {
	return errors.Join(s.end(syscall.SIGQUIT), os.RemoveAll(s.dir))
}

// end stops the server's process and leaves its folder.
func (s *server) end(how syscall.Signal) error {
	// An error means that it has ended already.
	_ = s.cmd.Process.Signal(how)
	select {
	case <-s.exited:
		return nil
	case <-time.After(stopTime):
		_ = s.cmd.Process.Kill()
		<-s.exited
		return fmt.Errorf("stop PostgreSQL: it did not end within %v and was killed", stopTime)
	}
}
