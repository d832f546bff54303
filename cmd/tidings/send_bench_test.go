//go:build unix

package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"github.com/wneessen/go-mail"

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

// benchPeople is how many messages one round sends, over benchConnections.
const (
	benchPeople      = 20_000
	benchConnections = 10
)

// BenchmarkSend holds the whole system, from the plan to the last row of the
// ledger on SQLite, against the plain loop over go-mail: the same letters, the
// same sink, ten connections. Compare messages/s within one run; the machine is
// nobody's alone.
func BenchmarkSend(b *testing.B) {
	b.Run("tidings", func(b *testing.B) { benchTidings(b, "") })
	b.Run("go-mail", benchGoMail)
	b.Run("tidings-rsa-2048", func(b *testing.B) { benchTidings(b, benchKey(b)) })
}

func benchTidings(b *testing.B, keys string) {
	for b.Loop() {
		b.StopTimer()
		s := newSink(b)
		o, err := smtp.ParseURL("smtp://" + s.Addr().String() + "?tls=none")
		if err != nil {
			b.Fatal(err)
		}
		o.Domain = "example.org"
		if o.Keys, err = smtp.ReadKeys(keys); err != nil {
			b.Fatal(err)
		}
		a, err := wire(b.Context(), settings{database: filepath.Join(b.TempDir(), "tidings.db"), smtp: []smtp.Options{o},
			identity: subscriptions.StandardIdentity(), connections: benchConnections, level: slog.LevelWarn}, stdio{nil, io.Discard, io.Discard}, time.Now)
		if err != nil {
			b.Fatal(err)
		}
		id := benchEdition(b, a, benchPeople)
		w, err := a.ownWorker(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		start, cpu := time.Now(), cpuTime(b)
		if _, err := a.editions.Start(b.Context(), id); err != nil {
			b.Fatal(err)
		}
		if err := a.sendAndWait(b.Context(), id, w); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(benchPeople/time.Since(start).Seconds(), "messages/s")
		b.ReportMetric((cpuTime(b)-cpu).Seconds()*1000/benchPeople, "cpu-s/1000")
		if s.took.Load() != benchPeople {
			b.Fatalf("%d of %d arrived", s.took.Load(), benchPeople)
		}
		if err := a.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// benchGoMail sends the letter for IoT as go-mail's documentation does it: a
// client a worker, one connection each, a message built a person.
func benchGoMail(b *testing.B) {
	letter := benchLetter(b)
	for b.Loop() {
		b.StopTimer()
		s := newSink(b)
		host, port, err := net.SplitHostPort(s.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		number, err := strconv.Atoi(port)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		start, cpu := time.Now(), cpuTime(b)
		var workers sync.WaitGroup
		for range benchConnections {
			workers.Go(func() {
				client, err := mail.NewClient(host, mail.WithPort(number), mail.WithTLSPolicy(mail.NoTLS), mail.WithoutNoop(), mail.WithoutRset())
				if err != nil {
					b.Error(err)
					return
				}
				conn, err := client.DialToSMTPClientWithContext(b.Context())
				if err != nil {
					b.Error(err)
					return
				}
				for i := range benchPeople / benchConnections {
					m := mail.NewMsg(mail.WithNoDefaultUserAgent())
					if err := errors.Join(m.From("tidings@example.org"), m.To(fmt.Sprintf("p%d@example.org", i))); err != nil {
						b.Error(err)
						return
					}
					m.Subject(letter.GetHeader("Subject"))
					m.SetDate()
					m.SetMessageID()
					m.SetBodyString(mail.TypeTextPlain, letter.Text)
					m.AddAlternativeString(mail.TypeTextHTML, letter.HTML)
					if err := client.SendWithSMTPClient(conn, m); err != nil {
						b.Error(err)
						return
					}
				}
				_ = conn.Quit()
			})
		}
		workers.Wait()
		b.ReportMetric(benchPeople/time.Since(start).Seconds(), "messages/s")
		b.ReportMetric((cpuTime(b)-cpu).Seconds()*1000/benchPeople, "cpu-s/1000")
		if s.took.Load() != benchPeople {
			b.Fatalf("%d of %d arrived", s.took.Load(), benchPeople)
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

// benchKey writes an RSA key and gives the setting that names it.
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
	return "bench=" + path
}

// benchLetter is the sample's digest for two topics, as it arrives.
func benchLetter(b *testing.B) *enmime.Envelope {
	b.Helper()
	dir := b.TempDir()
	if code := run(b.Context(), []string{"demo", "--once", "--outbox", dir}, stdio{strings.NewReader(""), io.Discard, io.Discard}); code != exitDone {
		b.Fatalf("demo --once ended with %d", code)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if envelope, err := enmime.ReadEnvelope(bytes.NewReader(raw)); err == nil && strings.Contains(envelope.GetHeader("To"), "policy@example.org") {
			return envelope
		}
	}
	b.Fatal("the demo sent no letter to policy@example.org")
	return nil
}

// cpuTime is what this process has used, the sink's share included.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
