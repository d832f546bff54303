package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/sample"
)

// sink takes mail and throws it away, as cheaply as the protocol allows, so that
// what is measured is the sender.
type sink struct {
	net.Listener
	took atomic.Int64
}

func newSink(tb testing.TB) *sink {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &sink{Listener: l}
	tb.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *sink) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 sink.example.org ESMTP")
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		switch {
		case bytes.HasPrefix(line, []byte("EHLO")):
			say("250-sink.example.org\r\n250-8BITMIME\r\n250 PIPELINING")
		case bytes.HasPrefix(line, []byte("DATA")):
			say("354 go on")
			for {
				line, err := r.ReadSlice('\n')
				if err != nil {
					return
				}
				if len(line) == 3 && line[0] == '.' {
					break
				}
			}
			s.took.Add(1)
			say("250 2.0.0 taken")
		case bytes.HasPrefix(line, []byte("QUIT")):
			say("221 bye")
			return
		default:
			say("250 2.0.0 fine")
		}
	}
}

// BenchmarkSendEdition is the whole system: an edition to 20,000 people from the
// plan to the last row of the ledger, over ten connections, SQLite on disk.
func BenchmarkSendEdition(b *testing.B) {
	const people = 20_000
	for b.Loop() {
		b.StopTimer()
		s := newSink(b)
		o, err := smtp.ParseURL("smtp://" + s.Addr().String() + "?tls=none")
		if err != nil {
			b.Fatal(err)
		}
		a, err := wire(b.Context(), settings{database: filepath.Join(b.TempDir(), "tidings.db"), smtp: &o,
			identity: subscriptions.StandardIdentity(), connections: 10, level: slog.LevelWarn}, stdio{nil, io.Discard, io.Discard}, time.Now)
		if err != nil {
			b.Fatal(err)
		}
		id := benchEdition(b, a, people)
		w, err := a.ownWorker(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		start := time.Now()
		if _, err := a.editions.Start(b.Context(), id); err != nil {
			b.Fatal(err)
		}
		if err := a.sendAndWait(b.Context(), id, w); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(people)/time.Since(start).Seconds(), "messages/s")
		if s.took.Load() != people {
			b.Fatalf("%d of %d arrived", s.took.Load(), people)
		}
		if err := a.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// benchEdition imports the sample and the people and approves the edition.
func benchEdition(b *testing.B, a *app, people int) int64 {
	b.Helper()
	in, err := importer.Documents(sample.FS(), ".")
	if err != nil {
		b.Fatal(err)
	}
	report, err := a.imports.Import(b.Context(), in, subscriptions.ImportOptions{Publish: true})
	if err != nil {
		b.Fatal(err)
	}
	topics := subscriptions.StandardTopics()
	rows := func(yield func(subscriptions.SubscriberRow) bool) {
		for i := range people {
			row := subscriptions.SubscriberRow{Line: i + 2, Email: fmt.Sprintf("p%d@d%d.example.org", i, i%97),
				Topics: []string{topics[i%6].Slug, topics[(i/6)%6].Slug}}
			if !yield(row) {
				return
			}
		}
	}
	if _, err := a.imports.Subscribers(b.Context(), rows, subscriptions.SubscriberOptions{Confirmed: true, Source: "benchmark"}); err != nil {
		b.Fatal(err)
	}
	e, err := a.editions.Freeze(b.Context(), report.Edition.ID)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := a.editions.Approve(b.Context(), e.ID, e.Hash, "benchmark"); err != nil {
		b.Fatal(err)
	}
	return e.ID
}
