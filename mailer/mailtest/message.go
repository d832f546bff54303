package mailtest

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// Message is one accepted message.
type Message struct {
	N        int    // from 1, in order of acceptance
	From, To string // the envelope
	Envelope Envelope
	Helo     string // what the client called itself
	User     string // who had authenticated, if anybody
	Auth     string // by which mechanism
	TLS      bool   // whether the connection was encrypted
	Received time.Time
	Data     []byte // as it came, with CRLF line ends and the dots unstuffed
}

// Envelope is what the client asked reports for, with Options.Reports.
type Envelope struct {
	ID        string // ENVID
	Return    string // FULL or HDRS
	Recipient string // ORCPT, decoded
	Notify    []string
}

// clone keeps what a caller does to Data out of the inbox.
func (m Message) clone() Message {
	m.Data = bytes.Clone(m.Data)
	return m
}

// Messages are the accepted messages in order of acceptance.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Message, len(s.inbox))
	for i, m := range s.inbox {
		all[i] = m.clone()
	}
	return all
}

// Message returns the message with number n.
func (s *Server) Message(n int) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// By its number, not its place: a file may have been taken out of Dir.
	i, ok := slices.BinarySearchFunc(s.inbox, n, func(m Message, n int) int { return m.N - n })
	if !ok {
		return Message{}, false
	}
	return s.inbox[i].clone(), true
}

// Count is how many messages there are; cheaper than Messages.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inbox)
}

// Reset empties the inbox and the list of breaches; with Options.Dir the files go
// as well. Faults and counts of connections stay. Numbers begin at 1 again.
func (s *Server) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Dir != "" {
		for len(s.inbox) > 0 {
			last := len(s.inbox) - 1
			if err := removeMessage(s.opts.Dir, s.inbox[last].N); err != nil {
				return err
			}
			s.inbox = s.inbox[:last]
		}
	}
	s.inbox, s.breaches, s.next = nil, nil, 1
	return nil
}

// keep records a message. With a Dir it is on disk before it is in the inbox, and
// before the client hears that it was accepted.
func (s *Server) keep(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.N = s.next
	if s.opts.Dir != "" {
		if err := writeMessage(s.opts.Dir, s.opts.Name, m); err != nil {
			return err
		}
	}
	s.next++
	s.inbox = append(s.inbox, m)
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// Breach is a rule of decent mail that a client broke.
type Breach struct {
	From, To string
	Rule     string // what it did, in words
}

func (b Breach) String() string {
	return fmt.Sprintf("from <%s> to <%s>: %s", b.From, b.To, b.Rule)
}

func (s *Server) breach(from, to, rule string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.breaches = append(s.breaches, Breach{From: from, To: to, Rule: rule})
}

// maxTextLine is RFC 5322, section 2.1.1: 998 octets and the CRLF.
const maxTextLine = 998

// lineBreaches looks at the lines of a message: each kind of fault once, with the
// first line that has it.
func lineBreaches(data []byte) []string {
	var tooLong, bareLF, bareCR int
	n := 0
	for line := range bytes.Lines(data) {
		n++
		text, ended := bytes.CutSuffix(line, []byte("\r\n"))
		if !ended {
			var lf bool
			if text, lf = bytes.CutSuffix(line, []byte("\n")); lf && bareLF == 0 {
				bareLF = n
			}
		}
		if len(text) > maxTextLine && tooLong == 0 {
			tooLong = n
		}
		if bytes.IndexByte(text, '\r') >= 0 && bareCR == 0 {
			bareCR = n
		}
	}
	var rules []string
	for _, found := range []struct {
		line int
		what string
	}{
		{tooLong, "is longer than 998 octets"},
		{bareLF, "ends in LF without CR"},
		{bareCR, "holds CR without LF"},
	} {
		if found.line > 0 {
			rules = append(rules, fmt.Sprintf("line %d %s", found.line, found.what))
		}
	}
	return rules
}
