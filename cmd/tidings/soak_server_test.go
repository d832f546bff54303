//go:build soak

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
)

// soakServer takes the mail: package mailtest in this process, or the program that
// FAULTSINK names.
type soakServer interface {
	url() string
	count() int                                 // messages taken so far
	stop() (arrived map[string]int, faults int) // by address
}

func (c soakCase) serve(t *testing.T) soakServer {
	if program := os.Getenv("FAULTSINK"); program != "" {
		return startFaultsink(t, program, c.flags)
	}
	s := &soakMail{t: t}
	s.servers = []*mailtest.Server{s.start(mailtest.Options{Faults: c.faults()})}
	if c.down > 0 {
		s.comeAndGo(c.down)
	}
	return s
}

// soakMail is a mailtest server, and after it has been down another one.
type soakMail struct {
	t       *testing.T
	mu      sync.Mutex
	servers []*mailtest.Server
	back    sync.WaitGroup
}

func (s *soakMail) start(o mailtest.Options) *mailtest.Server {
	server, err := mailtest.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = server.Close() })
	return server
}

// comeAndGo closes the server after 3,000 messages and starts another in its place.
func (s *soakMail) comeAndGo(down time.Duration) {
	first := s.servers[0]
	s.back.Go(func() {
		if err := first.WaitFor(s.t.Context(), 3000); err != nil {
			return
		}
		addr := first.Addr()
		_ = first.Close()
		time.Sleep(down)
		second, err := mailtest.New(mailtest.Options{Addr: addr})
		if err != nil {
			s.t.Error(err)
			return
		}
		s.t.Cleanup(func() { _ = second.Close() })
		s.mu.Lock()
		defer s.mu.Unlock()
		s.servers = append(s.servers, second)
	})
}

func (s *soakMail) all() []*mailtest.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.servers
}

func (s *soakMail) url() string { return s.all()[0].URL() }

func (s *soakMail) count() (n int) {
	for _, server := range s.all() {
		n += server.Count()
	}
	return n
}

func (s *soakMail) stop() (arrived map[string]int, faults int) {
	s.back.Wait()
	arrived = map[string]int{}
	for _, server := range s.all() {
		_ = server.Close()
		for _, m := range server.Messages() {
			arrived[m.To]++
		}
		for _, b := range server.Breaches() {
			s.t.Errorf("indecent mail: %s", b)
		}
		faults += server.Stats().Faults
	}
	return arrived, faults
}

// soakSink is a process that speaks SMTP, answers what it has done at a port of
// its own and writes a JSON line for each message.
type soakSink struct {
	t                  *testing.T
	cmd                *exec.Cmd
	smtp, control, log string
	ended              chan error
}

func startFaultsink(t *testing.T, program string, flags []string) *soakSink {
	s := &soakSink{t: t, smtp: freePort(t), control: freePort(t), log: filepath.Join(t.TempDir(), "accepted.jsonl"), ended: make(chan error, 1)}
	s.cmd = exec.Command(program, append([]string{"-addr", s.smtp, "-http", s.control, "-log", s.log}, flags...)...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.cmd.Wait() }()
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	for deadline := time.Now().Add(30 * time.Second); s.stats() == nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer", program)
		}
	}
	return s
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// stats are the counts it keeps, nil when it does not answer.
func (s *soakSink) stats() map[string]float64 {
	answer, err := http.Get("http://" + s.control + "/stats")
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	counts := map[string]float64{}
	if err := json.NewDecoder(answer.Body).Decode(&counts); err != nil {
		return nil
	}
	return counts
}

func (s *soakSink) url() string { return fmt.Sprintf("smtp://%s?tls=none", s.smtp) }

func (s *soakSink) count() int { return int(s.stats()["accepted"]) }

func (s *soakSink) stop() (arrived map[string]int, faults int) {
	// What breaks a connection off in or after a message is what may leave the
	// sender without an answer.
	counts := s.stats()
	faults = int(counts["f_drop_mid"] + counts["f_drop_ack"])
	_ = s.cmd.Process.Signal(os.Interrupt)
	if err := <-s.ended; err != nil {
		s.t.Errorf("the mail server ended with %v", err)
	}
	f, err := os.Open(s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	arrived = map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m struct{ Rcpt string }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			s.t.Fatal(err)
		}
		arrived[strings.ToLower(m.Rcpt)]++
	}
	if err := lines.Err(); err != nil {
		s.t.Fatal(err)
	}
	return arrived, faults
}
