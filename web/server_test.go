package web_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/web"
)

// listens starts the real server with its bounds on time divided by n, and
// gives a connection to it.
func listens(t *testing.T, h http.Handler, n time.Duration) net.Conn {
	t.Helper()
	server := web.HTTPServer("", h)
	for _, bound := range []*time.Duration{&server.ReadHeaderTimeout, &server.ReadTimeout, &server.WriteTimeout, &server.IdleTimeout} {
		*bound /= n
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// ends reads until the server hangs up and gives what it said.
func ends(t *testing.T, c net.Conn) string {
	t.Helper()
	said, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the connection is still open; the server said %q", said)
	}
	return string(said)
}

func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	const form = "POST /subscribe HTTP/1.1\r\nHost: example.org\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for name, c := range map[string]struct {
		begins string
		goesOn string // again and again
		says   string // the server, first
	}{
		"a head that never ends":         {"GET / HTTP/1.1\r\nHost: example.org\r\n", "X-Slow: 1\r\n", ""},
		"a connection without a word":    {"", "", ""},
		"a body that does not come":      {form + "Content-Length: 100\r\n\r\nemail=anna", "", "HTTP/1.1 408"},
		"a body that comes drop by drop": {form + "Content-Length: 60000\r\n\r\nemail=", "a", "HTTP/1.1 408"},
		"a body without a length":        {form + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", "HTTP/1.1 408"},
		"silence after an answer":        {"GET /robots.txt HTTP/1.1\r\nHost: example.org\r\n\r\n", "", "HTTP/1.1 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			conn := listens(t, s.handler, 20)
			if _, err := io.WriteString(conn, c.begins); err != nil {
				t.Fatal(err)
			}
			stop := make(chan struct{})
			defer close(stop)
			go func() {
				for drop := time.NewTicker(20 * time.Millisecond); c.goesOn != ""; {
					select {
					case <-drop.C:
						if _, err := io.WriteString(conn, c.goesOn); err != nil {
							return
						}
					case <-stop:
						return
					}
				}
			}()
			if said := ends(t, conn); !strings.HasPrefix(said, c.says) || c.says == "" && strings.Contains(said, "200 OK") {
				t.Errorf("the server said %q", said)
			}
		})
	}
}

// Who asks for much and reads nothing does not hold a handler for ever.
func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	t.Parallel()
	failed := make(chan struct{})
	conn := listens(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				close(failed)
				return
			}
		}
	}), 20)
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-failed:
	case <-time.After(30 * time.Second):
		t.Fatal("the server is still writing")
	}
}

// The answer arrives whole although the rest of the request is still on its way.
func TestTooMuchIsOnePage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		head, body string
		times      int
		want       int
		words      string
	}{
		"a long form": {"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8000018\r\n", strings.Repeat("x", 8000), 1000,
			http.StatusRequestEntityTooLarge, "This is longer than we read"},
		"one in chunks": {"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n", "3e8\r\n" + strings.Repeat("x", 1000) + "\r\n", 1000,
			http.StatusRequestEntityTooLarge, "This is longer than we read"},
		"a long head": {strings.Repeat("X-Long: "+strings.Repeat("x", 1000)+"\r\n", 40), "", 0, http.StatusRequestHeaderFieldsTooLarge, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			conn := listens(t, s.handler, 1)
			go func() {
				begins := "email=anna@example"
				if strings.Contains(c.head, "chunked") {
					begins = "6\r\nemail=\r\n"
				}
				_, err := fmt.Fprintf(conn, "POST /subscribe HTTP/1.1\r\nHost: example.org\r\n%s\r\n%s", c.head, begins)
				for range c.times {
					if err != nil {
						return
					}
					_, err = io.WriteString(conn, c.body)
				}
			}()
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != c.want || !strings.Contains(string(body), c.words) {
				t.Errorf("%s, %v:\n%s", response.Status, err, body)
			}
		})
	}
}
