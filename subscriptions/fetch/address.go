package fetch

import (
	"net/netip"
	"net/url"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// CheckAddress wants an address that can be fetched, and gives it as it is kept:
// without spaces around it and without a fragment. Where it leads is judged when
// the connection is made.
func CheckAddress(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if len(raw) > maxAddress {
		return "", badAddress("the address is longer than 2,000 bytes", "Look whether more than an address was pasted.")
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return "", badAddress("this is not the address of a web page", "It looks like https://example.org/feed.xml")
	}
	if err := checkURL(u); err != nil {
		return "", err
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), nil
}

// checkURL judges what can be judged without resolving the name.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return badAddress("only http and https addresses are read", "It looks like https://example.org/feed.xml")
	case u.User != nil:
		return badAddress("the address holds a user name or a password", "Take out what stands before the @. A feed that needs a login cannot be read.")
	case oddNumber(u.Hostname()):
		return badAddress("the host of the address is a number in an unusual form", "Write the name of the server.")
	}
	return nil
}

// oddNumber is true of 2130706433, 0x7f.1 and 0177.0.0.1: hosts that some
// programs read as an IPv4 address (WHATWG URL, "ends in a number") and others
// look up as a name. Nobody who means well writes them.
func oddNumber(host string) bool {
	last := strings.TrimSuffix(host, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	number := last != "" && strings.Trim(last, "0123456789") == ""
	hex, isHex := strings.CutPrefix(strings.ToLower(last), "0x")
	if isHex && strings.Trim(hex, "0123456789abcdef") == "" {
		number = true
	}
	if !number {
		return false
	}
	_, err := netip.ParseAddr(host)
	return err != nil
}

func badAddress(message, hint string) error {
	return &subscriptions.Error{Code: subscriptions.Invalid, Field: "url", Message: message, Hint: hint}
}
