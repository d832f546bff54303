//go:build unix

package main

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// BenchmarkSend holds the whole system against the plain loop over go-mail, as
// processes of the machine: the shipped program sends an edition, from its start to
// the last row of its ledger on SQLite; the loop (send_bench_loop_test.go) sends
// the same letters to as many people; the mail server is a third process. What a
// process used is what the system says of it when it has ended, so neither pays for
// the other nor for the server.
//
//	make bench-send                 all scenarios, some five minutes
//	make bench-send MILLION=1       a million people as well, some three minutes more
//
// Each scenario takes turns, ours, baseline, ours, …, and shows the median of each
// figure. Compare within one run only: the machine is nobody's alone. No time fails
// the benchmark; a message that did not arrive, or arrived twice, does.
func BenchmarkSend(b *testing.B) {
	program := buildForBench(b)
	table := newBenchTable()
	for _, c := range []benchCase{
		{name: "unsigned", ours: 30_000, baseline: 30_000},
		{name: "rsa-2048", ours: 6_000, baseline: 6_000, signed: true},
		{name: "20 ms round trip", ours: 2_000, baseline: 1_000, roundTrip: 20 * time.Millisecond},
	} {
		b.Run(c.name, func(b *testing.B) { c.run(b, program, table) })
	}
	b.Run("two workers", func(b *testing.B) { benchWorkers(b, program, table) })
	b.Run("million", func(b *testing.B) { benchMillion(b, program, table) })
	table.print()
}

const (
	benchRounds      = 3
	benchConnections = 10
)

// benchCase is a scenario on SQLite: how many messages each side sends, and how.
type benchCase struct {
	name           string
	ours, baseline int
	signed         bool
	roundTrip      time.Duration // of the link to the server
}

func (c benchCase) run(b *testing.B, program string, table *benchTable) {
	key := ""
	if c.signed {
		key = benchKey(b)
	}
	benchPairs(b, c.name, table, func() benchRun { return c.sendOurs(b, program, key) }, func() benchRun { return c.sendBaseline(b, program, key) })
}

func (c benchCase) sendOurs(b *testing.B, program, key string) benchRun {
	sink := startBenchSink(b, 0, c.roundTrip)
	defer sink.stop()
	h := newBenchHouse(b, program, sink, key)
	h.prepare(c.ours)
	use := h.timed(h.command("edition", "send", "1", "--wait"))
	return use.of(c.ours, sink.settle(c.ours))
}

func (c benchCase) sendBaseline(b *testing.B, program, key string) benchRun {
	sink := startBenchSink(b, 0, c.roundTrip)
	defer sink.stop()
	h := newBenchHouse(b, program, sink, key)
	letters := h.letters()
	use := h.timed(benchLoopCommand(b, sink.addr, c.baseline, key, letters))
	return use.of(c.baseline, sink.settle(c.baseline))
}

// benchRun is what one process, or a few, did and used.
type benchRun struct {
	perSecond float64
	cpu       float64 // s a thousand messages
	mb        float64 // most memory of one process
	kb        float64 // a message as it arrived
}

// benchPairs takes turns and enters the medians.
func benchPairs(b *testing.B, name string, table *benchTable, ours, baseline func() benchRun) {
	for b.Loop() {
		var us, them []benchRun
		for range benchRounds {
			us, them = append(us, ours()), append(them, baseline())
		}
		o, t := benchMedian(us), benchMedian(them)
		table.add("%s\t%.0f\t%.0f\t%.2f\t%.3f\t%.3f\t%.0f\t%.0f\t%.1f\t%.1f\t\n", name, o.perSecond, t.perSecond, o.perSecond/t.perSecond,
			o.cpu, t.cpu, o.mb, t.mb, o.kb, t.kb)
		b.ReportMetric(0, "ns/op") // of all rounds together, which says nothing
		b.ReportMetric(o.perSecond, "messages/s")
		b.ReportMetric(o.perSecond/t.perSecond, "ratio")
		b.ReportMetric(o.cpu, "cpu-s/1000")
		b.ReportMetric(o.mb, "MB")
	}
}

// benchMedian is the median of each figure by itself.
func benchMedian(runs []benchRun) benchRun {
	of := func(figure func(benchRun) float64) float64 {
		slices.SortFunc(runs, func(x, y benchRun) int { return cmp.Compare(figure(x), figure(y)) })
		return figure(runs[len(runs)/2])
	}
	return benchRun{
		perSecond: of(func(r benchRun) float64 { return r.perSecond }),
		cpu:       of(func(r benchRun) float64 { return r.cpu }),
		mb:        of(func(r benchRun) float64 { return r.mb }),
		kb:        of(func(r benchRun) float64 { return r.kb }),
	}
}

// benchTable is what the benchmark prints at its end.
type benchTable struct {
	text  strings.Builder
	full  bool // has a row
	rows  *tabwriter.Writer
	notes []string
}

func newBenchTable() *benchTable {
	t := new(benchTable)
	t.rows = tabwriter.NewWriter(&t.text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t.rows, "scenario\tours/s\tbaseline/s\tratio\tour CPU s/1000\tbaseline CPU s/1000\tour MB\tbaseline MB\tour kB each\tbaseline kB each\t\n")
	return t
}

func (t *benchTable) add(format string, args ...any) {
	t.full = true
	fmt.Fprintf(t.rows, format, args...)
}

// note adds a line below the table.
func (t *benchTable) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

func (t *benchTable) print() {
	if t.full {
		_ = t.rows.Flush()
	}
	fmt.Fprintf(os.Stdout, "\n%s%s\n", t.text.String(), strings.Join(append(t.notes, ""), "\n"))
}

// benchKey writes an RSA key and returns its file.
func benchKey(b *testing.B) string {
	b.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "rsa.pem")
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}
