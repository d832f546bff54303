package fetch

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// The bounds of one fetch.
const (
	MaxBody      = 5 << 20 // bytes, decompressed
	maxHeader    = 64 << 10
	maxTime      = 20 * time.Second
	maxRedirects = 5
	maxAddress   = 2000 // bytes of a URL
)

// Options say where a client may go beyond the open internet.
type Options struct {
	Allow    []netip.Prefix // networks that are reached whatever they are, on any port
	Ports    []uint16       // on the open internet, beside 80 and 443
	Resolver *net.Resolver  // nil for the system's
	Agent    string         // how it calls itself; "" for Tidings
	Within   time.Duration  // for everything; 0 for 20 s
}

// ParseAllow reads the setting: networks, addresses, and ports written :8443,
// with commas between.
func ParseAllow(s string) (o Options, err error) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if port, ok := strings.CutPrefix(part, ":"); ok {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil || n == 0 {
				return Options{}, wrongAllow(part)
			}
			o.Ports = append(o.Ports, uint16(n))
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			addr, err := netip.ParseAddr(part)
			if err != nil {
				return Options{}, wrongAllow(part)
			}
			network = netip.PrefixFrom(addr, addr.BitLen())
		}
		if network.Addr().Zone() != "" || network.Addr().Is4In6() {
			return Options{}, wrongAllow(part)
		}
		o.Allow = append(o.Allow, network.Masked())
	}
	return o, nil
}

func wrongAllow(part string) error {
	return &subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("%q is neither a network nor a port", part),
		Hint: "Write networks and ports with commas between: 192.0.2.0/24,10.1.2.3,:8443"}
}
