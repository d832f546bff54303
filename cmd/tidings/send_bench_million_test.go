//go:build unix

package main

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// benchMillion sends to a million people and stops in between: how long the plan
// takes, how much memory the sender has at most, and when the last message leaves
// after somebody said pause. MILLION says how many millions; 0.05 is for a trial.
func benchMillion(b *testing.B, program string, table *benchTable) {
	millions, err := strconv.ParseFloat(os.Getenv("MILLION"), 64)
	if err != nil {
		b.Skip("say MILLION=1 to send to a million people: it takes three minutes")
	}
	people := int(millions * 1e6)
	for b.Loop() {
		sink := startBenchSink(b, 0, 0)
		h := newBenchHouse(b, program, sink, "")
		began := time.Now()
		h.prepare(people)
		prepared := time.Since(began)

		var use benchUse
		var paused time.Duration // the longest of them
		pauses := []int{people * 4 / 10, people * 6 / 10, people * 8 / 10}
		for _, at := range pauses {
			paused = max(paused, h.sendUntil(sink, at, &use))
			h.do("edition", "resume", "1")
		}
		last := h.timed(h.command("edition", "send", "1", "--wait"))
		use.wall, use.cpu, use.mb = use.wall+last.wall, use.cpu+last.cpu, max(use.mb, last.mb)
		run := use.of(people, sink.settle(people))
		sink.stop()

		plan := h.planTime()
		table.note("%d people: imported and approved in %.1f s, planned in %.1f s while it sent, %.0f messages/s, %.3f CPU s/1000, %.0f MB;"+
			" the last message left %.2f s after a pause was asked for (slowest of %d)",
			people, prepared.Seconds(), plan.Seconds(), run.perSecond, run.cpu, run.mb, paused.Seconds(), len(pauses))
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(run.perSecond, "messages/s")
		b.ReportMetric(run.cpu, "cpu-s/1000")
		b.ReportMetric(run.mb, "MB")
		b.ReportMetric(plan.Seconds(), "plan-s")
		b.ReportMetric(paused.Seconds(), "pause-s")
	}
}

// sendUntil sends until so many messages have arrived, then has another process
// pause the edition. It returns how long after that command's start the last
// message arrived.
func (h *benchHouse) sendUntil(sink *benchSink, at int, use *benchUse) (paused time.Duration) {
	h.b.Helper()
	var said bytes.Buffer
	life := h.command("edition", "send", "1", "--wait")
	life.Stderr = &said
	start := time.Now()
	if err := life.Start(); err != nil {
		h.b.Fatal(err)
	}
	defer func() { _ = life.Process.Kill() }() // has ended, unless something failed
	for deadline := start.Add(20 * time.Minute); sink.ask().Taken < at; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.b.Fatalf("%d of %d messages in twenty minutes", sink.ask().Taken, at)
		}
	}
	asked := time.Now()
	h.do("edition", "pause", "1")
	if err := life.Wait(); err == nil || !strings.Contains(said.String(), "was paused") {
		h.b.Fatalf("a paused send ends with %v: %s", err, said.String())
	}
	use.wall += time.Since(start)
	use.add(life.ProcessState)
	return max(0, sink.ask().Last.Sub(asked))
}

// planTime is how long the plan took, from the rows.
func (h *benchHouse) planTime() time.Duration {
	h.b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(h.dir, h.database))
	if err != nil {
		h.b.Fatal(err)
	}
	defer db.Close()
	var started, planned int64 // µs
	if err := db.QueryRow("SELECT started_at, planned_at FROM editions WHERE id = 1").Scan(&started, &planned); err != nil {
		h.b.Fatal(err)
	}
	return time.Duration(planned-started) * time.Microsecond
}
