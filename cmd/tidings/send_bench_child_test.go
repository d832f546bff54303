package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// The benchmark runs this test binary again, as its mail server and as its
// baseline.
const (
	envBenchChild    = "BENCH_CHILD"
	benchServerChild = "server"
	benchLoopChild   = "loop"
)

// beBenchChild does not return when this process is one of them.
func beBenchChild() {
	switch os.Getenv(envBenchChild) {
	case benchServerChild:
		benchServer()
	case benchLoopChild:
		benchLoop()
	default:
		return
	}
	os.Exit(0)
}

// benchAddress is a person's, whoever writes to them.
func benchAddress(i int) string { return fmt.Sprintf("p%d@d%d.example.org", i, i%97) }

func benchChild(b *testing.B, which string, args ...string) *exec.Cmd {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), envBenchChild+"="+which)
	return cmd
}

// benchSink is the server's process as the benchmark sees it.
type benchSink struct {
	b    *testing.B
	addr string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

func startBenchSink(b *testing.B, reply, roundTrip time.Duration) *benchSink {
	b.Helper()
	s := &benchSink{b: b, cmd: benchChild(b, benchServerChild, "-reply", reply.String(), "-round-trip", roundTrip.String())}
	s.cmd.Stderr = os.Stderr
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.stop)
	if _, err := fmt.Fscanln(s.out, &s.addr); err != nil {
		b.Fatal(err)
	}
	return s
}

func (s *benchSink) ask() (r benchReport) {
	s.b.Helper()
	_, err := fmt.Fprintln(s.in)
	if err == nil {
		var line []byte
		if line, err = s.out.ReadBytes('\n'); err == nil {
			err = json.Unmarshal(line, &r)
		}
	}
	if err != nil {
		s.b.Fatalf("the server does not answer: %v", err)
	}
	return r
}

// settle fails unless so many messages have arrived, each for somebody else.
func (s *benchSink) settle(messages int) benchReport {
	s.b.Helper()
	time.Sleep(2 * settled)
	r := s.ask()
	if r.Taken != messages || r.People != messages {
		s.b.Fatalf("%d messages for %d people arrived, want one for each of %d", r.Taken, r.People, messages)
	}
	return r
}

// stop may be called twice.
func (s *benchSink) stop() {
	_ = s.in.Close()
	_ = s.cmd.Wait()
}
