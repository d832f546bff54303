package mailer_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
)

// envDisk makes the child: a worker whose files cannot grow
// while it is told so on its standard input.
const envDisk = "MAILER_TEST_DISK"

// diskChild works the outbox. It reads "full" and "free", and writes a line for
// each complaint of the worker.
func diskChild() {
	t, ctx := childT{}, context.Background()
	clock := newClock()
	s, err := store.Open(ctx, os.Getenv(envDisk), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := subscriptions.NewKeyring([]byte("a secret that only tests know"))
	if err != nil {
		t.Fatal(err)
	}
	editions := &subscriptions.EditionService{Store: s, Keys: keys, Now: clock.Now}
	w := newWorker(t, s, editions, keys, os.Getenv(envServer), clock.Now, childConnections)
	w.Log = slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelWarn}))
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			if err := limitFiles(lines.Text() == "full"); err != nil {
				t.Fatal(err)
			}
			fmt.Println("disk", lines.Text())
		}
	}()
	t.Fatal(w.Run(ctx))
}

// onSmallDisk starts it. tell gives it a word, complaints counts its lines.
func (h *house) onSmallDisk() (tell func(word string), complaints func() int) {
	h.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envDisk+"="+h.path, envServer+"="+h.mail.URL())
	in, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	var told, complained atomic.Int64
	var last atomic.Pointer[string]
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			line := lines.Text()
			if strings.HasPrefix(line, "disk ") {
				told.Add(1)
				continue
			}
			complained.Add(1)
			last.Store(&line)
		}
	}()
	h.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
		if line := last.Load(); line != nil {
			h.t.Logf("%d complaints, the last: %s", complained.Load(), *line)
		}
	})
	tell = func(word string) {
		h.t.Helper()
		before := told.Load()
		if _, err := io.WriteString(in, word+"\n"); err != nil {
			h.t.Fatal(err)
		}
		h.until("it has heard "+word, func() bool { return told.Load() > before })
	}
	return tell, func() int { return int(complained.Load()) }
}

func TestAFullDiskStopsTheRunAndLosesNobody(t *testing.T) {
	t.Parallel()
	if err := limitFiles(false); err != nil {
		t.Skip(err)
	}
	const people = 600
	h := newHouse(t, people, slowly(2*time.Millisecond))
	tell, complaints := h.onSmallDisk()
	for round := 1; round <= 2; round++ {
		h.until("some are sent", func() bool { return h.mail.Count() >= round*people/4 })
		before := complaints()
		tell("full")
		h.until("it complains", func() bool { return complaints() > before })
		h.until("nothing is sent any more", func() bool {
			n := h.mail.Count()
			time.Sleep(300 * time.Millisecond)
			return h.mail.Count() == n
		})
		// Every message that was begun has been sent by now; what became of it waits
		// to be written.
		if b := h.books(); b.Sending > childConnections || b.Open() == 0 || b.Failed+b.Uncertain > 0 {
			t.Errorf("while the disk is full the books are %+v", b)
		}
		tell("free")
	}
	h.over()
	h.once(people)
	if n := h.settled(people, h.mail); n > 0 {
		t.Errorf("%d are uncertain, of a worker that lived on", n)
	}
}

func TestAWorkerThatIsKilledWhileTheDiskIsFullLeavesOnlyTheWireUncertain(t *testing.T) {
	t.Parallel()
	if err := limitFiles(false); err != nil {
		t.Skip(err)
	}
	const people = 300
	h := newHouse(t, people, slowly(2*time.Millisecond))
	t.Run("the first life", func(t *testing.T) {
		first := *h
		first.t = t
		tell, complaints := first.onSmallDisk()
		first.until("some are sent", func() bool { return h.mail.Count() >= people/3 })
		tell("full")
		first.until("it complains", func() bool { return complaints() > 0 })
	}) // its end kills it
	h.clock.move(time.Hour)
	h.run(h.worker(3))
	h.over()
	if n := h.settled(people, h.mail); n > childConnections {
		t.Errorf("%d are uncertain, of %d connections", n, childConnections)
	}
}
