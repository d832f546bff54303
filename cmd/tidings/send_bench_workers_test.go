//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

const benchWorkersPeople = 8_000

// benchWorkers holds two workers on one PostgreSQL against one, with a server that
// takes 5 ms for each reply. The workers run before the edition is started, as
// they do in life, and what is timed is the first message to the last: the server's
// processes (its share of the CPU, too) are not in the figures, and its settings
// are those of tests, which trust the disk with nothing.
func benchWorkers(b *testing.B, program string, table *benchTable) {
	send := func(workers int) benchRun {
		sink := startBenchSink(b, 5*time.Millisecond, 0)
		defer sink.stop()
		h := newBenchHouse(b, program, sink, "")
		h.database = storetest.Postgres(b)
		h.prepare(benchWorkersPeople)
		return h.sendWith(workers, sink)
	}
	benchPairs(b, "two workers : one", table, func() benchRun { return send(2) }, func() benchRun { return send(1) })
}

// sendWith starts so many workers, then the edition, and ends the workers when it
// is sent.
func (h *benchHouse) sendWith(workers int, sink *benchSink) benchRun {
	h.b.Helper()
	lives := make([]*exec.Cmd, workers)
	for i := range lives {
		said, err := os.CreateTemp(h.dir, "worker")
		if err != nil {
			h.b.Fatal(err)
		}
		defer said.Close()
		lives[i] = h.command("worker")
		lives[i].Stderr = said
		if err := lives[i].Start(); err != nil {
			h.b.Fatal(err)
		}
		defer func() { _ = lives[i].Process.Kill() }() // has ended, unless something failed
		h.until("the worker runs", func() bool {
			log, err := os.ReadFile(filepath.Clean(said.Name()))
			return err == nil && bytes.Contains(log, []byte("the worker runs"))
		})
	}
	h.do("edition", "send", "1")
	for deadline := time.Now().Add(10 * time.Minute); sink.ask().Taken < benchWorkersPeople; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.b.Fatalf("%d of %d messages in ten minutes", sink.ask().Taken, benchWorkersPeople)
		}
	}
	h.until("the edition is sent", h.sent)
	var use benchUse
	for _, life := range lives {
		if err := life.Process.Signal(os.Interrupt); err != nil {
			h.b.Fatal(err)
		}
		if err := life.Wait(); err != nil {
			h.b.Fatalf("the worker ended with %v", err)
		}
		use.add(life.ProcessState)
	}
	r := sink.settle(benchWorkersPeople)
	use.wall = r.Last.Sub(r.First)
	return use.of(benchWorkersPeople, r)
}
