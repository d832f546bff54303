package mailtest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Faults, the rules:
//
//   - They are tried in order at each point. A Stall lets the search go on, so that
//     "stall, then drop" is two faults; the first Reply, Drop or Reset ends it.
//   - A fault counts only when it matches: first Skip matches pass untouched, then
//     Times matches are hit, then it is spent. Times 0 never ends. With Every, only
//     each n-th match after Skip is hit.
//   - A reply of 421 closes the connection, as RFC 5321 says it must; so does any
//     reply at Connect and MidData, where a server that speaks up is giving up.

// Point is a moment in the conversation.
type Point int

// The points, in the order in which a conversation passes them.
const (
	Connect  Point = iota + 1 // before the greeting
	Mail                      // in answer to MAIL FROM
	Rcpt                      // in answer to RCPT TO
	Data                      // in answer to DATA, before the message; not with TLS
	MidData                   // within the message, before its final dot
	AfterDot                  // after the final dot, before the answer to it
)

// String is the point's name in messages.
func (p Point) String() string {
	names := [...]string{"", "Connect", "Mail", "Rcpt", "Data", "MidData", "AfterDot"}
	if p < Connect || p > AfterDot {
		return "Point(" + strconv.Itoa(int(p)) + ")"
	}
	return names[p]
}

// Fault is one thing that goes wrong.
type Fault struct {
	At Point
	// Address limits the fault to one recipient, or with a leading @ to a domain;
	// Match decides freely. At Mail both look at the sender. Without either the
	// fault hits everybody.
	Address string
	Match   func(address string) bool
	// Skip lets the first matches pass; Times is how many are hit after that, 0 for
	// all.
	Skip, Times int
	// Every, when above 1, lets the matches between pass: with 3 the third, the
	// sixth and so on after Skip are hit. Times counts those that are hit.
	Every int
	// Action is a Reply, a Stall, Drop or Reset.
	Action Action
	// After is how many octets of the message MidData lets in first; at least one
	// is always read. The client's buffers run ahead of what is read here: to be
	// sure that a client had not written its final dot, hold back its body until
	// Stats().Faults has moved.
	After int64
	// Accept, at AfterDot, keeps the message before the action: the client is left
	// not knowing that it was delivered. Without it the message is lost unless the
	// action is a Stall.
	Accept bool
}

// Action is what a fault does.
type Action interface{ action() }

// Reply answers with a code instead of going on.
type Reply struct {
	Code     int
	Enhanced string // such as "4.7.1"; none is sent when it is empty
	Text     string
}

// Stall waits, and then goes on as if nothing had been.
type Stall time.Duration

// Hangup ends a connection without a word.
type Hangup int

// Drop closes the connection in an orderly way (FIN), unless something that the
// client sent was still unread: the kernel makes a reset of that. Reset tears it
// down (RST) in any case.
const (
	Drop Hangup = iota + 1
	Reset
)

func (Reply) action()  {}
func (Stall) action()  {}
func (Hangup) action() {}

// check refuses what could never happen, so that a test does not pass because its
// fault was mistyped.
func (f Fault) check(withTLS bool) error {
	switch {
	case f.At < Connect || f.At > AfterDot:
		return fmt.Errorf("%v is no point of the conversation", f.At)
	case f.Address != "" && f.Match != nil:
		return errors.New("both Address and Match are set: choose one")
	case f.At == Connect && (f.Address != "" || f.Match != nil):
		return errors.New("at Connect nobody has been named yet: leave Address and Match out")
	case f.At == Data && withTLS:
		return errors.New("the answer to DATA is out of reach on an encrypted connection: use AfterDot, or leave TLS out")
	case f.Accept && f.At != AfterDot:
		return fmt.Errorf("its Accept has a meaning at AfterDot only, not at %v", f.At)
	case f.After != 0 && f.At != MidData:
		return fmt.Errorf("its After has a meaning at MidData only, not at %v", f.At)
	case f.Skip < 0 || f.Times < 0 || f.Every < 0 || f.After < 0:
		return errors.New("its Skip, Times, Every and After count from 0 up")
	}
	switch a := f.Action.(type) {
	case nil:
		return errors.New("it has no Action: set a Reply, a Stall, Drop or Reset")
	case Hangup:
		if a != Drop && a != Reset {
			return fmt.Errorf("Hangup(%d) is neither Drop nor Reset", a)
		}
	case Reply:
		if a.Code < 200 || a.Code > 599 {
			return fmt.Errorf("%d is no answer of a mail server: use 200 to 599", a.Code)
		}
		if _, err := a.enhanced(); err != nil {
			return err
		}
	}
	return nil
}

func (f Fault) matches(at Point, address string) bool {
	switch {
	case f.At != at:
		return false
	case f.Match != nil:
		return f.Match(address)
	case strings.HasPrefix(f.Address, "@"):
		i := strings.LastIndexByte(address, '@')
		return i >= 0 && strings.EqualFold(address[i:], f.Address)
	default:
		return f.Address == "" || strings.EqualFold(address, f.Address)
	}
}

func (r Reply) enhanced() (smtp.EnhancedCode, error) {
	if r.Enhanced == "" {
		return smtp.NoEnhancedCode, nil
	}
	var code smtp.EnhancedCode
	parts := strings.Split(r.Enhanced, ".")
	if len(parts) != len(code) {
		return code, fmt.Errorf("enhanced code %q is not three numbers such as 4.7.1", r.Enhanced)
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return code, fmt.Errorf("enhanced code %q is not three numbers such as 4.7.1", r.Enhanced)
		}
		code[i] = int(n)
	}
	return code, nil
}

// smtpError is the reply in go-smtp's words; check has seen the enhanced code.
func (r Reply) smtpError() *smtp.SMTPError {
	code, _ := r.enhanced()
	return &smtp.SMTPError{Code: r.Code, EnhancedCode: code, Message: r.Text}
}

// wire is the reply as sent where go-smtp does not do it for us.
func (r Reply) wire() []byte {
	var b strings.Builder
	lines := strings.Split(r.Text, "\n")
	for i, line := range lines {
		sep := "-"
		if i == len(lines)-1 {
			sep = " "
		}
		b.WriteString(strconv.Itoa(r.Code) + sep)
		if r.Enhanced != "" {
			b.WriteString(r.Enhanced + " ")
		}
		b.WriteString(line + "\r\n")
	}
	return []byte(b.String())
}

// faultList is the faults and how often each has been met.
type faultList struct {
	mu     sync.Mutex
	faults []Fault
	met    []int
	fired  int
}

func (l *faultList) set(faults []Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append([]Fault(nil), faults...)
	l.met = make([]int, len(faults))
}

func (l *faultList) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fired
}

// due returns the faults to carry out now: any number of stalls, then at most one
// other.
func (l *faultList) due(at Point, address string) []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	var due []Fault
	for i, f := range l.faults {
		if !f.matches(at, address) {
			continue
		}
		l.met[i]++
		every := max(f.Every, 1)
		since := l.met[i] - f.Skip
		if since <= 0 || since%every != 0 || f.Times > 0 && since/every > f.Times {
			continue
		}
		due = append(due, f)
		if _, ok := f.Action.(Stall); !ok {
			break
		}
	}
	return due
}

// began counts a fault at the moment it is carried out, not when it was found: a
// client's test waits for this number.
func (l *faultList) began() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fired++
}
