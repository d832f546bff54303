//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// benchHouse is a folder with a database, and the shipped program that works on it.
type benchHouse struct {
	b        *testing.B
	program  string
	dir      string
	database string // "" is SQLite in the folder
	smtp     string
	key      string // file of the key that signs, or ""
}

func newBenchHouse(b *testing.B, program string, sink *benchSink, key string) *benchHouse {
	return &benchHouse{b: b, program: program, dir: b.TempDir(), database: "tidings.db", smtp: "smtp://" + sink.addr + "?tls=none", key: key}
}

// buildForBench compiles what is shipped.
func buildForBench(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "tidings")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return program
}

func (h *benchHouse) command(args ...string) *exec.Cmd {
	cmd := exec.Command(h.program, args...)
	cmd.Dir = h.dir
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "TIDINGS_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "TIDINGS_DATABASE="+h.database, "TIDINGS_SMTP="+h.smtp, fmt.Sprintf("TIDINGS_CONNECTIONS=%d", benchConnections),
		"TIDINGS_SECRET=a-secret-that-only-the-benchmark-knows")
	if h.key != "" {
		cmd.Env = append(cmd.Env, "TIDINGS_DKIM_KEYS=bench="+h.key)
	}
	return cmd
}

// do runs a command that is not measured.
func (h *benchHouse) do(args ...string) []byte {
	h.b.Helper()
	cmd := h.command(args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		h.b.Fatalf("tidings %s: %v: %s%s", strings.Join(args, " "), err, out, said.Bytes())
	}
	return out
}

// benchTopics are those of the sample whose letters have about 30 KB of HTML.
var benchTopics = []string{"iot", "cybersecurity", "industrial-internet"}

// prepare imports the sample and the people and approves the edition.
func (h *benchHouse) prepare(people int) {
	h.b.Helper()
	f, err := os.Create(filepath.Join(h.dir, "people.csv"))
	if err != nil {
		h.b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "email,name,topics")
	for i := range people {
		fmt.Fprintf(w, "%s,,%s\n", benchAddress(i), benchTopics[i%len(benchTopics)])
	}
	if err := w.Flush(); err != nil {
		h.b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		h.b.Fatal(err)
	}
	sample, err := filepath.Abs(filepath.Join("..", "..", "subscriptions", "sample"))
	if err != nil {
		h.b.Fatal(err)
	}
	h.do("import", "items", sample, "--publish")
	h.do("import", "subscribers", f.Name(), "--confirmed", "--source", "benchmark")
	h.do("edition", "approve", "1")
}

// letters writes what the people of each topic get and returns the files.
func (h *benchHouse) letters() (files []string) {
	h.b.Helper()
	h.prepare(len(benchTopics))
	for i, topic := range benchTopics {
		file := filepath.Join(h.dir, topic+".eml")
		if err := os.WriteFile(file, h.do("edition", "preview", "1", "--as", benchAddress(i), "--format", "eml"), 0o600); err != nil {
			h.b.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// until asks a few times a second, for half a minute.
func (h *benchHouse) until(what string, done func() bool) {
	h.b.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.b.Fatalf("waited in vain: %s", what)
		}
	}
}

func (h *benchHouse) sent() bool {
	var status struct{ Status string }
	if err := json.Unmarshal(h.do("edition", "status", "1", "--json"), &status); err != nil {
		h.b.Fatal(err)
	}
	return status.Status == "sent"
}

// benchUse is what processes used, from their start to their end.
type benchUse struct {
	wall, cpu time.Duration
	mb        float64
}

// timed runs a command to its end.
func (h *benchHouse) timed(cmd *exec.Cmd) benchUse {
	h.b.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	start := time.Now()
	if err := cmd.Run(); err != nil {
		h.b.Fatalf("%v: %v: %s", cmd.Args, err, said.Bytes())
	}
	use := benchUse{wall: time.Since(start)}
	use.add(cmd.ProcessState)
	return use
}

// add enters a process that has ended. Memory is the most it ever had resident.
// Linux counts that of the process which started it too, up to its start; the
// benchmark itself does nothing and stays far smaller than a sender.
func (u *benchUse) add(p *os.ProcessState) {
	u.cpu += p.UserTime() + p.SystemTime()
	unit := 1024.0 // Linux and the BSDs count kilobytes,
	if runtime.GOOS == "darwin" {
		unit = 1 // and macOS octets
	}
	if r, ok := p.SysUsage().(*syscall.Rusage); ok {
		u.mb = max(u.mb, float64(r.Maxrss)*unit/1e6)
	}
}

// of turns it into figures for so many messages.
func (u *benchUse) of(messages int, r benchReport) benchRun {
	return benchRun{perSecond: float64(messages) / u.wall.Seconds(), cpu: u.cpu.Seconds() * 1000 / float64(messages), mb: u.mb,
		kb: float64(r.Octets) / float64(messages) / 1000}
}
