package storetest

import (
	"errors"
	"syscall"
	"testing"

	"sesec.eu/tidings/subscriptions/store"
)

// Server is a PostgreSQL of one test's own, which the test may stop and start
// again while others use it. Its methods are not for concurrent use.
type Server struct {
	t      testing.TB
	server *server
}

// PostgresServer starts one, with a migrated database, and stops it with the test;
// the package needs no Main for it. It is PostgreSQL as installed here, whatever
// TIDINGS_TEST_POSTGRES says, and skips the test where there is none. What was
// committed survives Stop and Crash.
func PostgresServer(t testing.TB) *Server {
	t.Helper()
	Look(t, "postgres")
	// The other tests' servers forget the last commits of a crash.
	s, err := startServer("synchronous_commit=on", "full_page_writes=on")
	if errors.Is(err, errNoPostgres) {
		SkipOrFail(t, "postgres", err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	db, err := store.Open(t.Context(), s.url, store.Options{Now: Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &Server{t: t, server: s}
}

// DSN is the URL of its database; it stays the same over restarts.
func (s *Server) DSN() string { return s.server.url }

// Stop ends every session and shuts down in good order, as a restart does.
func (s *Server) Stop() { s.end(syscall.SIGINT) }

// Crash ends it without a checkpoint; the next Start has to recover.
func (s *Server) Crash() { s.end(syscall.SIGQUIT) }

func (s *Server) end(how syscall.Signal) {
	s.t.Helper()
	if err := s.server.end(how); err != nil {
		s.t.Fatal(err)
	}
}

// Start runs it again and returns when it answers.
func (s *Server) Start() {
	s.t.Helper()
	if err := s.server.run(); err != nil {
		s.t.Fatal(err)
	}
}
