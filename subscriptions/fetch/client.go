package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"sesec.eu/tidings/subscriptions"
)

// Client fetches. It is safe for concurrent use; Close ends what it keeps open.
type Client struct {
	http   *http.Client
	agent  string
	within time.Duration
}

// New builds a client.
func New(o Options) *Client {
	guard := ssrf.New(ssrf.WithPorts(append([]uint16{80, 443}, o.Ports...)...))
	// Control sees the address the socket is about to connect to, after the name
	// was resolved. Nothing can be resolved anew behind its back.
	control := func(network, address string, conn syscall.RawConn) error {
		if to, err := netip.ParseAddrPort(address); err == nil {
			addr := to.Addr().Unmap().WithZone("")
			if slices.ContainsFunc(o.Allow, func(p netip.Prefix) bool { return p.Contains(addr) }) {
				return nil
			}
		}
		return guard.Safe(network, address, conn)
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Resolver: o.Resolver, Control: control}
	transport := &http.Transport{
		Proxy:                  nil, // a proxy would resolve the name itself, behind our back
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  15 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConns:           10,
		IdleConnTimeout:        30 * time.Second,
	}
	return &Client{
		http: &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errRedirects
			}
			r.Header.Del("Referer") // it would tell another host where we came from
			return checkURL(r.URL)
		}},
		agent:  cmp.Or(o.Agent, "Tidings (+https://sesec.eu)"),
		within: cmp.Or(o.Within, maxTime),
	}
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request asks for a page, and says what of it is known already (RFC 9110, 13).
type Request struct {
	URL          string
	Accept       string // "" for anything
	ETag         string // of the last answer, "" for none
	LastModified string // of the last answer, as the server wrote it
}

// Page is an answer.
type Page struct {
	URL          string // where it was found, after redirects
	Known        bool   // it has not changed since the last answer; Body is empty
	ContentType  string
	ETag         string
	LastModified string
	Body         []byte // at most MaxBody
}

var errRedirects = errors.New("too many redirects")

// Get fetches a page. An answer that is not 200 or, to a conditional request,
// 304 is an error.
func (c *Client) Get(ctx context.Context, r Request) (Page, error) {
	address, err := CheckAddress(r.URL)
	if err != nil {
		return Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Page{}, badAddress("this is not the address of a web page", "It looks like https://example.org/feed.xml")
	}
	for name, value := range map[string]string{"User-Agent": c.agent, "Accept": cmp.Or(r.Accept, "*/*"),
		"If-None-Match": r.ETag, "If-Modified-Since": r.LastModified} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return Page{}, told(err)
	}
	defer answer.Body.Close()
	page := Page{URL: answer.Request.URL.String(), ContentType: answer.Header.Get("Content-Type"),
		ETag: answer.Header.Get("ETag"), LastModified: answer.Header.Get("Last-Modified")}
	switch {
	case answer.StatusCode == http.StatusNotModified && (r.ETag != "" || r.LastModified != ""):
		page.Known = true
		return page, nil
	case answer.StatusCode != http.StatusOK:
		return Page{}, unavailable(fmt.Sprintf("the server answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode)),
			"Open the address in a browser and see whether it is still right.", nil)
	}
	if page.Body, err = io.ReadAll(io.LimitReader(answer.Body, MaxBody+1)); err != nil {
		return Page{}, told(err)
	}
	if len(page.Body) > MaxBody {
		return Page{}, unavailable("the page is larger than 5 MB, or has no end; it was cut off", "Look for a shorter feed of the same site.", nil)
	}
	return page, nil
}

// told puts what went wrong into a sentence.
func told(err error) error {
	var ours *subscriptions.Error
	if errors.As(err, &ours) {
		return ours // a redirect to an address we do not read
	}
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch { // no cause where we refuse: how our network answers is nobody's business
	case errors.Is(err, ssrf.ErrProhibitedPort):
		return &subscriptions.Error{Code: subscriptions.Refused, Field: "url", Message: "only the ports 80 and 443 are reached from here",
			Hint: "Take the port out of the address, or have it allowed with TIDINGS_FETCH_ALLOW."}
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return &subscriptions.Error{Code: subscriptions.Refused, Field: "url", Message: "the address leads into a private network, where nothing is read",
			Hint: "Give the address that everybody can open, or have the network allowed with TIDINGS_FETCH_ALLOW."}
	case errors.Is(err, errRedirects):
		return unavailable("the address is passed on more than five times", "Open it in a browser and take the address at which it ends.", err)
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return unavailable("the server did not answer in time", "Try again later.", err)
	case errors.As(err, &dns):
		return unavailable("there is no server of this name", "Look at the spelling of the address.", err)
	}
	return unavailable("the server did not answer as a web server does", "Open the address in a browser and see whether it is still right.", err)
}

func unavailable(message, hint string, cause error) error {
	var inner *url.Error
	if errors.As(cause, &inner) {
		cause = inner.Err // without the address again
	}
	return &subscriptions.Error{Code: subscriptions.Unavailable, Field: "url", Message: message, Hint: hint, Err: cause}
}
