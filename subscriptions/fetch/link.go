package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"

	"code.dny.dev/ssrf"

	"sesec.eu/tidings/subscriptions"
)

var _ subscriptions.LinkChecker = (*Client)(nil)

// CheckLink asks for a page as a link leads to it, and says what came of it. It reads
// nothing of the page. Servers that do not know HEAD, or answer it with an error, are
// asked with GET.
func (c *Client) CheckLink(ctx context.Context, raw string) subscriptions.LinkAnswer {
	address, err := CheckAddress(raw)
	if err != nil {
		return subscriptions.LinkAnswer{URL: raw, State: subscriptions.LinkPrivate, Detail: sentenceOf(err)}
	}
	ctx, cancel := context.WithTimeout(ctx, c.within)
	defer cancel()
	status, target, forGood, err := c.ask(ctx, http.MethodHead, address)
	if err == nil && status >= 400 && status != http.StatusTooManyRequests {
		status, target, forGood, err = c.ask(ctx, http.MethodGet, address)
	}
	if err == nil {
		return subscriptions.JudgeLink(address, status, target, forGood)
	}
	a := subscriptions.LinkAnswer{URL: address, State: subscriptions.LinkSilent, Detail: sentenceOf(told(err))}
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrInvalidHostPort):
		a.State = subscriptions.LinkPrivate
	case subscriptions.CodeOf(told(err)) == subscriptions.Invalid: // a redirect to what is no address
		a.State = subscriptions.LinkPrivate
	case errors.As(err, &dns) && dns.IsNotFound:
		a.State = subscriptions.LinkDead
	case errors.As(err, &dns), errors.As(err, &op) && op.Op == "dial" && !op.Timeout() && unreachable(op):
		a.State, a.Detail = subscriptions.LinkUnknown, "This machine does not reach the server."
	}
	return a
}

// ask makes one request and gives the status, where it was found, and whether every
// step on the way there was for good.
func (c *Client) ask(ctx context.Context, method, address string) (status int, target string, forGood bool, err error) {
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return 0, "", false, err
	}
	request.Header.Set("User-Agent", c.agent)
	request.Header.Set("Accept", "*/*")
	follow := *c.http
	forGood = true
	follow.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		switch r.Response.StatusCode {
		case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		default:
			forGood = false
		}
		return c.http.CheckRedirect(r, via)
	}
	answer, err := follow.Do(request)
	if err != nil {
		return 0, "", false, err
	}
	_ = answer.Body.Close() // unread: the page is nobody's business here
	return answer.StatusCode, answer.Request.URL.String(), forGood, nil
}

func sentenceOf(err error) string {
	var e *subscriptions.Error
	if errors.As(err, &e) && e.Message != "" {
		return upper(e.Message) + "."
	}
	return "The server did not answer."
}

func upper(s string) string {
	if s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// unreachable reports that it is our network that leads nowhere.
func unreachable(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH)
}
