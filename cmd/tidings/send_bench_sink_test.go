package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"hash/maphash"
	"io"
	"log"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// The server of the benchmark takes mail and throws it away, as cheaply as the
// protocol allows, so that what is measured is the sender. It is a process of its
// own: what it says of itself and of the mail goes to its standard output, a line
// at its start (its address) and one for each line of its input (a benchReport).
// It ends with its input.

// benchReport is what has arrived.
type benchReport struct {
	Taken       int       // messages
	People      int       // different recipients among them
	Octets      int64     // of content
	First, Last time.Time // message
}

// benchServer is main of the server's process.
func benchServer() {
	reply := flag.Duration("reply", 0, "wait before each reply")
	roundTrip := flag.Duration("round-trip", 0, "length of the link to it")
	flag.Parse()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := &sink{reply: *reply, seed: maphash.MakeSeed()}
	go accept(l, s.serve)
	if *roundTrip > 0 {
		line, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		to := l.Addr().String()
		go accept(line, func(c net.Conn) { delayLine(c, to, *roundTrip/2) })
		l = line
	}
	fmt.Println(l.Addr())
	out := json.NewEncoder(os.Stdout)
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		if err := out.Encode(s.report()); err != nil {
			log.Fatal(err)
		}
	}
}

func accept(l net.Listener, serve func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go serve(c)
	}
}

type sink struct {
	reply time.Duration
	seed  maphash.Seed

	mu          sync.Mutex
	people      []uint64 // of each message the hash of its recipient
	octets      int64
	first, last time.Time
}

func (s *sink) take(recipient uint64, octets int64) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.people = append(s.people, recipient); len(s.people) == 1 {
		s.first = now
	}
	s.octets += octets
	s.last = now
}

// report counts the people only when nothing moves any more: that takes a while.
func (s *sink) report() benchReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := benchReport{Taken: len(s.people), Octets: s.octets, First: s.first, Last: s.last}
	if time.Since(s.last) > settled {
		people := slices.Clone(s.people)
		slices.Sort(people)
		r.People = len(slices.Compact(people))
	}
	return r
}

// settled is how long nothing has arrived when people are counted.
const settled = 200 * time.Millisecond

// serve is one connection. Replies to commands that came together leave together
// (RFC 2920, 3.2), unless each is to be late.
func (s *sink) serve(c net.Conn) {
	defer c.Close()
	r, w := bufio.NewReaderSize(c, 64<<10), bufio.NewWriter(c)
	say := func(line string) {
		time.Sleep(s.reply)
		_, _ = io.WriteString(w, line+"\r\n")
		if s.reply > 0 || r.Buffered() == 0 {
			_ = w.Flush() // who has gone is seen at the next read
		}
	}
	say("220 sink.example.org ESMTP")
	var recipient uint64
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		switch {
		case bytes.HasPrefix(line, []byte("EHLO")):
			say("250-sink.example.org\r\n250-8BITMIME\r\n250 PIPELINING")
		case bytes.HasPrefix(line, []byte("RCPT")):
			recipient = maphash.Bytes(s.seed, bytes.ToLower(line))
			say("250 2.0.0 fine")
		case bytes.HasPrefix(line, []byte("DATA")):
			say("354 go on")
			octets := int64(0)
			for {
				if line, err = r.ReadSlice('\n'); err != nil {
					return
				}
				if len(line) == 3 && line[0] == '.' {
					break
				}
				octets += int64(len(line))
			}
			s.take(recipient, octets)
			say("250 2.0.0 taken")
		case bytes.HasPrefix(line, []byte("QUIT")):
			say("221 bye")
			_ = w.Flush()
			return
		default:
			say("250 2.0.0 fine")
		}
	}
}

// delayLine joins a connection to the server, so far apart that each octet takes
// as long as delay in each direction.
func delayLine(c net.Conn, to string, delay time.Duration) {
	server, err := net.Dial("tcp", to)
	if err != nil {
		c.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { delayed(server, c, delay) })
	both.Go(func() { delayed(c, server, delay) })
	both.Wait()
	c.Close()
	server.Close()
}

type lateOctets struct {
	due time.Time
	b   []byte
}

// delayed carries one direction, to the end of what comes in.
func delayed(to, from net.Conn, delay time.Duration) {
	under := make(chan lateOctets, 4096) // on their way
	go func() {
		defer close(under)
		b := make([]byte, 64<<10)
		for {
			n, err := from.Read(b)
			if n > 0 {
				under <- lateOctets{time.Now().Add(delay), slices.Clone(b[:n])}
			}
			if err != nil {
				return
			}
		}
	}()
	for o := range under {
		time.Sleep(time.Until(o.due))
		if _, err := to.Write(o.b); err != nil {
			from.Close()
		}
	}
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}
