package mailtest

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// gate is the listener go-smtp accepts from. It stands between the two so that a
// connection can be refused, stalled or dropped before go-smtp greets it, each on
// a goroutine of its own: one stalled client must not keep the others out.
type gate struct {
	net.Listener
	srv   *Server
	ready chan net.Conn
	done  chan struct{} // closed by Close
	ran   chan struct{} // closed when nothing new comes in
	wg    sync.WaitGroup

	mu      sync.Mutex
	conns   map[*conn]struct{}
	counted Stats
}

func newGate(ln net.Listener, srv *Server) *gate {
	return &gate{
		Listener: ln,
		srv:      srv,
		ready:    make(chan net.Conn),
		done:     make(chan struct{}),
		ran:      make(chan struct{}),
		conns:    make(map[*conn]struct{}),
	}
}

// run takes connections in until Close.
func (g *gate) run() {
	defer close(g.ran)
	for {
		raw, err := g.Listener.Accept()
		if err != nil {
			select {
			case <-g.done:
				return
			case <-time.After(10 * time.Millisecond): // out of descriptors: it passes
				continue
			}
		}
		c := g.admit(raw)
		g.wg.Add(1)
		go func() {
			defer g.wg.Done()
			g.receive(c)
		}()
	}
}

// receive carries out the faults at Connect and hands the connection on.
func (g *gate) receive(c *conn) {
	var visible net.Conn = c
	if g.srv.opts.Implicit {
		visible = tls.Server(c, g.srv.opts.TLS)
	}
	for _, f := range g.srv.faults.due(Connect, "") {
		if g.srv.act(f, visible) {
			return
		}
	}
	select {
	case g.ready <- visible:
	case <-g.done:
		_ = c.Close()
	}
}

// Accept gives go-smtp the next connection that came through.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case c := <-g.ready:
		return c, nil
	case <-g.done:
		return nil, net.ErrClosed
	}
}

// Close stops listening and wakes whatever stalls. Connections stay open until
// closeConns.
func (g *gate) Close() error {
	select {
	case <-g.done: // go-smtp closes its listeners once more
		return nil
	default:
	}
	close(g.done)
	return g.Listener.Close()
}

// closeConns ends every connection and waits for those that were still at the
// gate.
func (g *gate) closeConns() {
	<-g.ran
	g.mu.Lock()
	open := make([]*conn, 0, len(g.conns))
	for c := range g.conns {
		open = append(open, c)
	}
	g.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
	g.wg.Wait()
}

func (g *gate) admit(raw net.Conn) *conn {
	c := &conn{Conn: raw, gate: g}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[c] = struct{}{}
	g.counted.Connections++
	g.counted.Open++
	g.counted.Peak = max(g.counted.Peak, g.counted.Open)
	return c
}

func (g *gate) forget(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.conns[c]; ok {
		delete(g.conns, c)
		g.counted.Open--
	}
}

func (g *gate) stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counted
}
