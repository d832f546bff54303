//go:build soak

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
)

// The soak sends an edition to ten thousand people with the real program, a real
// database file and a real mail server, and lets go wrong what goes wrong in
// months: it kills the sending process, and the server refuses, storms, breaks
// off, goes away and dawdles. Whatever happens, nobody may be lost, nobody may
// have two letters, and the books must balance after every kill and at the end.
//
//	make soak                       all scenarios, two at a time, below half an hour
//	make soak SOAK=kill100          one of them
//	make soak FAULTSINK=PATH        against that mail server instead of package mailtest
//
// The waits are real: what was refused for now is tried again after a minute.

const (
	soakPeople      = 10_000
	soakConnections = 10
)

// soakCase is a scenario: what the two kinds of server are to do, and what may be
// uncertain at the end.
type soakCase struct {
	name  string
	kills int
	// faults are mailtest's; flags are those of the program that FAULTSINK names.
	faults func() []mailtest.Fault
	flags  []string
	down   time.Duration // the server goes away for so long after 3,000 messages
	// uncertain is how many may be, given the faults that the server has carried
	// out; each kill may add one a connection. exactly says that it is no bound but
	// the number.
	uncertain func(faults int) int
	exactly   bool
}

func none(int) int      { return 0 }
func each(n int) int    { return n }
func onWire(int) int    { return soakConnections }
func all(p float64) int { return int(p * soakPeople) }

var (
	soakBusy    = mailtest.Reply{Code: 451, Enhanced: "4.3.0", Text: "Not now"}
	soakClosing = mailtest.Reply{Code: 421, Enhanced: "4.3.2", Text: "Too busy"}
)

// soakCases: the shares are small enough that few people meet two faults, whose
// second wait is five minutes.
var soakCases = []soakCase{
	{name: "kill100", kills: 100, uncertain: none,
		faults: func() []mailtest.Fault {
			return []mailtest.Fault{{At: mailtest.AfterDot, Action: mailtest.Stall(2 * time.Millisecond)}}
		},
		flags: []string{"-lat-dot", "2ms"}},
	{name: "451", kills: 3, uncertain: none,
		faults: func() []mailtest.Fault {
			return []mailtest.Fault{
				{At: mailtest.Mail, Every: 100, Times: 90, Action: soakBusy}, // none at a second attempt
				{At: mailtest.Rcpt, Match: firstTime(0, 0.01), Action: soakBusy},
				{At: mailtest.Data, Match: firstTime(0.01, 0.02), Action: soakBusy},
				{At: mailtest.AfterDot, Match: firstTime(0.02, 0.03), Action: soakBusy},
			}
		},
		flags: []string{"-mail-4xx", "0.3", "-rcpt-4xx", "0.01", "-datacmd-4xx", "0.01", "-data-4xx", "0.01"}},
	{name: "421", kills: 3, uncertain: none,
		faults: func() []mailtest.Fault {
			return []mailtest.Fault{
				{At: mailtest.Connect, Every: 3, Action: soakClosing},
				{At: mailtest.Mail, Every: 50, Times: 180, Action: soakClosing},
				{At: mailtest.Rcpt, Match: firstTime(0, 0.01), Action: soakClosing},
				{At: mailtest.AfterDot, Match: firstTime(0.01, 0.02), Action: soakClosing},
			}
		},
		flags: []string{"-max-conns", "7", "-max-per-conn", "50"}},
	{name: "drop-mid", kills: 3, uncertain: each,
		faults: func() []mailtest.Fault {
			return []mailtest.Fault{{At: mailtest.MidData, After: 2000, Match: firstTime(0, 0.02), Action: mailtest.Drop}}
		},
		flags: []string{"-drop-mid", "0.02"}},
	{name: "drop-dot", uncertain: each, exactly: true,
		faults: func() []mailtest.Fault {
			return []mailtest.Fault{{At: mailtest.AfterDot, Accept: true, Match: firstTime(0, 0.02), Action: mailtest.Drop}}
		},
		flags: []string{"-drop-ack", "0.02"}},
	{name: "rst", kills: 3, uncertain: each,
		faults: func() []mailtest.Fault {
			return []mailtest.Fault{
				{At: mailtest.MidData, After: 2000, Match: firstTime(0, 0.01), Action: mailtest.Reset},
				{At: mailtest.AfterDot, Accept: true, Match: firstTime(0.01, 0.02), Action: mailtest.Reset},
				{At: mailtest.AfterDot, Match: firstTime(0.02, 0.03), Action: mailtest.Reset},
			}
		},
		flags: []string{"-rst", "-drop-mid", "0.01", "-drop-ack", "0.02"}},
	{name: "down60", down: 60 * time.Second, uncertain: onWire, faults: noFaults, flags: []string{"-down-after", "3000", "-down-for", "60s"}},
	{name: "greylist30", kills: 3, uncertain: none,
		faults: func() []mailtest.Fault {
			return []mailtest.Fault{{At: mailtest.Rcpt, Match: greylisted(30 * time.Second),
				Action: mailtest.Reply{Code: 451, Enhanced: "4.7.1", Text: "Greylisted, come back later"}}}
		},
		flags: []string{"-greylist", "30s"}},
	{name: "slow", kills: 5, uncertain: none,
		faults: func() []mailtest.Fault {
			return []mailtest.Fault{
				{At: mailtest.Mail, Action: mailtest.Stall(5 * time.Millisecond)},
				{At: mailtest.Rcpt, Action: mailtest.Stall(5 * time.Millisecond)},
				{At: mailtest.AfterDot, Action: mailtest.Stall(25 * time.Millisecond)},
			}
		},
		flags: []string{"-lat-cmd", "5ms", "-lat-dot", "20ms"}},
}

func noFaults() []mailtest.Fault { return nil }

// firstTime chooses the share of people between two numbers from 0 to 1, each for
// the first attempt only.
func firstTime(from, to float64) func(string) bool {
	var mu sync.Mutex
	met := map[string]bool{}
	return func(address string) bool {
		var n int
		if _, err := fmt.Sscanf(address, "p%d@", &n); err != nil {
			return false
		}
		// A step that is prime to the number of people spreads them over the run.
		if place := n * 7919 % soakPeople; place < all(from) || place >= all(to) {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		defer func() { met[address] = true }()
		return !met[address]
	}
}

// greylisted refuses everybody until so long after their first attempt.
func greylisted(wait time.Duration) func(string) bool {
	var mu sync.Mutex
	first := map[string]time.Time{}
	return func(address string) bool {
		mu.Lock()
		defer mu.Unlock()
		if _, known := first[address]; !known {
			first[address] = time.Now()
		}
		return time.Since(first[address]) < wait
	}
}

func TestSoak(t *testing.T) {
	program := buildProgram(t)
	var mu sync.Mutex
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "scenario\tpeople\tsent\tuncertain\tlost\ttwice\tkills\truns\tseconds\t")
	t.Run("scenarios", func(t *testing.T) {
		for _, c := range soakCases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				got := c.run(t, program)
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.0f\t\n", c.name, soakPeople, got.sent, got.uncertain, got.lost, got.twice,
					got.kills, got.runs, time.Since(began).Seconds())
			})
		}
	})
	_ = w.Flush()
	fmt.Fprintln(os.Stdout, table.String())
}

// soakResult is a line of the table.
type soakResult struct{ sent, uncertain, lost, twice, kills, runs int }

// run sends the edition, through as many lives of the program as it takes.
func (c soakCase) run(t *testing.T, program string) (r soakResult) {
	seed := time.Now().UnixNano()
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	t.Logf("seed %d", seed)
	server := c.serve(t)
	h := newSoakHouse(t, program, server)
	h.prepare()

	troubles := 0
	for {
		life := h.send()
		r.runs++
		if r.kills < c.kills {
			if h.killAt(life, random, r.kills, c.kills) {
				r.kills++
			}
			if books := h.status(); !books.balanced() || books.Sending > soakConnections {
				t.Fatalf("after kill %d the books are %+v", r.kills, books)
			}
			continue
		}
		err := life.wait(20 * time.Minute)
		if h.status().Status == "sent" {
			break
		}
		// A supervisor starts it again, as when it finds no server at its start.
		if troubles++; err == nil || troubles > 50 {
			t.Fatalf("the program ended with %v before the edition was over: %s", err, life.said())
		}
		time.Sleep(time.Second)
	}
	arrived, faults := server.stop()
	h.settle(&r, arrived)

	allowed := c.uncertain(faults)
	switch {
	case c.exactly && r.uncertain != allowed:
		t.Errorf("%d are uncertain after %d faults", r.uncertain, faults)
	case r.uncertain > allowed+r.kills*soakConnections:
		t.Errorf("%d are uncertain, at most %d may be after %d kills and %d faults", r.uncertain, allowed+r.kills*soakConnections, r.kills, faults)
	case c.kills > 0 && r.kills != c.kills:
		t.Errorf("%d kills, want %d", r.kills, c.kills)
	}
	t.Logf("%+v, %d faults", r, faults)
	return r
}
