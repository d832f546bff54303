//go:build soak

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// soakHouse is a folder with a database, and the program that works on it.
type soakHouse struct {
	t       *testing.T
	program string
	dir     string
	server  soakServer
}

// buildProgram compiles what is shipped.
func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "tidings")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

func newSoakHouse(t *testing.T, program string, server soakServer) *soakHouse {
	return &soakHouse{t: t, program: program, dir: t.TempDir(), server: server}
}

func soakAddress(i int) string { return fmt.Sprintf("p%d@d%d.example.org", i, i%97) }

func (h *soakHouse) command(args ...string) *exec.Cmd {
	cmd := exec.Command(h.program, args...)
	cmd.Dir = h.dir
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "TIDINGS_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "TIDINGS_DATABASE=tidings.db", "TIDINGS_SMTP="+h.server.url(), fmt.Sprintf("TIDINGS_CONNECTIONS=%d", soakConnections))
	return cmd
}

func (h *soakHouse) do(args ...string) []byte {
	h.t.Helper()
	cmd := h.command(args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("tidings %s: %v: %s%s", strings.Join(args, " "), err, out, said.Bytes())
	}
	return out
}

const (
	soakItem = "---\nkind: item\nnumber: 1\ntitle: News\nslug: news\ntopics: [iot]\ndate: 2019-01-17\nissuer: SESEC\nsummary: There is news.\n---\n" +
		"The news is that there is news, and that everybody is to hear of it once.\n"
	soakEdition = "---\nkind: edition\nslug: 2019-q1\ntitle: First quarter\nfrom: 2019-01-01\nto: 2019-03-31\ncontact: |\n  An office\n---\nWelcome.\n"
)

// prepare takes an edition to where it may be sent.
func (h *soakHouse) prepare() {
	h.t.Helper()
	var people strings.Builder
	people.WriteString("email,name,topics\n")
	for i := range soakPeople {
		fmt.Fprintf(&people, "%s,,iot\n", soakAddress(i))
	}
	items := filepath.Join(h.dir, "items")
	if err := os.Mkdir(items, 0o700); err != nil {
		h.t.Fatal(err)
	}
	for name, text := range map[string]string{"people.csv": people.String(), "items/news.md": soakItem, "items/edition.md": soakEdition} {
		if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
	h.do("import", "items", "items", "--publish")
	h.do("import", "subscribers", "people.csv", "--confirmed", "--source", "soak")
	h.do("edition", "approve", "1")
}

// soakStatus is what "edition status --json" answers.
type soakStatus struct {
	Status                                                                        string
	Planned, Queued, Claimed, Sending, Sent, Deferred, Failed, Skipped, Uncertain int
	Open                                                                          int
}

// balanced is the arithmetic done again, and not taken from the program.
func (s soakStatus) balanced() bool {
	open := s.Queued + s.Claimed + s.Sending + s.Deferred
	return open == s.Open && s.Planned == open+s.Sent+s.Failed+s.Skipped+s.Uncertain
}

func (h *soakHouse) status() (s soakStatus) {
	h.t.Helper()
	if err := json.Unmarshal(h.do("edition", "status", "1", "--json"), &s); err != nil {
		h.t.Fatal(err)
	}
	return s
}

// soakLife is one process that sends.
type soakLife struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed at its end
	err   error         // how it ended
	out   bytes.Buffer
}

func (h *soakHouse) send() *soakLife {
	h.t.Helper()
	l := &soakLife{cmd: h.command("edition", "send", "1", "--wait"), ended: make(chan struct{})}
	l.cmd.Stdout, l.cmd.Stderr = &l.out, &l.out
	if err := l.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() { l.err = l.cmd.Wait(); close(l.ended) }()
	h.t.Cleanup(func() { _ = l.cmd.Process.Kill(); <-l.ended })
	return l
}

// said is for after its end.
func (l *soakLife) said() string {
	b := l.out.Bytes()
	return string(b[max(0, len(b)-2000):])
}

func (l *soakLife) wait(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	select {
	case <-l.ended:
		return l.err
	case <-ctx.Done():
		_ = l.cmd.Process.Kill()
		<-l.ended
		return ctx.Err()
	}
}

// killAt ends a life at a random instant: the first few in their first moments,
// while they open, plan and take over, the others after a random share of what is
// left. It is false when the life ended by itself before.
func (h *soakHouse) killAt(l *soakLife, random *rand.Rand, kill, kills int) bool {
	h.t.Helper()
	if kill < kills/10 {
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
	} else {
		// 12 people a kill are kept for the kills to come.
		left := kills - kill
		share := max(h.status().Open-12*left, 1)
		at := h.server.count() + 1 + random.IntN(max(2*share/(left+1), 1))
		for deadline := time.Now().Add(5 * time.Minute); h.server.count() < at; time.Sleep(2 * time.Millisecond) {
			select {
			case <-l.ended:
				if l.err == nil {
					h.t.Fatalf("the edition was over before kill %d of %d", kill+1, kills)
				}
				time.Sleep(time.Second)
				return false
			default:
			}
			if time.Now().After(deadline) {
				h.t.Fatalf("nothing moves: %d messages, %+v", h.server.count(), h.status())
			}
		}
		time.Sleep(time.Duration(random.IntN(5000)) * time.Microsecond)
	}
	_ = l.cmd.Process.Kill() // SIGKILL
	<-l.ended
	return true
}

// settle holds what the ledger says of each person against what has arrived.
func (h *soakHouse) settle(r *soakResult, arrived map[string]int) {
	h.t.Helper()
	books := h.status()
	if books.Status != "sent" || !books.balanced() || books.Open != 0 || books.Planned != soakPeople || books.Failed+books.Skipped != 0 {
		h.t.Errorf("at the end the books are %+v", books)
	}
	r.sent, r.uncertain = books.Sent, books.Uncertain
	states := h.states()
	for i := range soakPeople {
		to := soakAddress(i)
		n := arrived[to]
		delete(arrived, to)
		switch state := states[to]; {
		case n > 1:
			r.twice++
		case n == 0 && state != "uncertain", state != "sent" && state != "uncertain":
			r.lost++
		}
	}
	if r.lost > 0 || r.twice > 0 || len(arrived) > 0 || len(states) != soakPeople {
		h.t.Errorf("%d lost, %d twice, %d to strangers, %d rows", r.lost, r.twice, len(arrived), len(states))
	}
}

// states reads the ledger behind the program's back.
func (h *soakHouse) states() map[string]string {
	h.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(h.dir, "tidings.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT address, state FROM deliveries WHERE edition_id = 1")
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	states := map[string]string{}
	for rows.Next() {
		var address, state string
		if err := rows.Scan(&address, &state); err != nil {
			h.t.Fatal(err)
		}
		states[address] = state
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return states
}
