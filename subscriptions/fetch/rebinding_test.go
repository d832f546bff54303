package fetch_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
)

// names is a resolver that asks a server of its own: answers gives the addresses
// of each question for A in turn, the last one from then on; without any there is
// no such name.
func names(t *testing.T, answers []netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var mu sync.Mutex
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			mu.Lock()
			if len(answers) == 0 {
				m.RCode = dnsmessage.RCodeNameError
			} else if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body: &dnsmessage.AResource{A: answers[0].As4()}}}
				if len(answers) > 1 {
					answers = answers[1:]
				}
			}
			mu.Unlock()
			if b, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(b, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// A name that says a public address to who asks first and a private one to who
// connects gains nothing: the address of the connection is judged.
func TestANameThatChangesItsAddressGainsNothing(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	resolver := names(t, []netip.Addr{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("127.0.0.1")})
	first, err := resolver.LookupNetIP(t.Context(), "ip4", "turncoat.example.org")
	if err != nil || len(first) != 1 || first[0].Unmap().String() != "93.184.216.34" {
		t.Fatalf("the first answer is %v, %v", first, err)
	}
	c := fetch.New(fetch.Options{Resolver: resolver, Ports: []uint16{portOf(t, s)}})
	t.Cleanup(c.Close)
	_, err = c.Get(t.Context(), fetch.Request{URL: "http://turncoat.example.org:" + strconv.Itoa(int(portOf(t, s))) + "/"})
	wantFault(t, err, subscriptions.Refused, "private network")
	if asked.Load() != 0 {
		t.Error("the server inside was reached")
	}
}
