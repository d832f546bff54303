package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
)

// What a setting must be, beyond its form. No message repeats a value that may
// hold a password.

// checkDatabase wants a file or a PostgreSQL URL. Whatever else looks like an
// address would quietly become the name of a new file.
func checkDatabase(database string) error {
	wrong := func(message, hint string) error {
		return &subscriptions.Error{Code: subscriptions.Invalid, Field: "database", Message: message, Hint: hint}
	}
	const form = "It is a file, such as tidings.db, or a URL, such as postgres://tidings@db.example.org/tidings."
	switch {
	case store.IsPostgres(database):
		if _, err := url.Parse(database); err != nil {
			return wrong("is not a URL", "In a URL, write what is no letter or digit of the password as %XX, such as %40 for @.")
		}
	case strings.Contains(database, "://"):
		return wrong("is neither a file nor a postgres:// URL", form)
	case strings.Contains(database, "password=") || strings.HasPrefix(database, "host="):
		return wrong("is neither a file nor a URL", form)
	case strings.TrimPrefix(database, "sqlite:") == ":memory:":
		return wrong("in memory would be forgotten when the command ends", form)
	}
	return nil
}

func checkAddr(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return &subscriptions.Error{Code: subscriptions.Invalid, Field: "addr", Message: fmt.Sprintf("%q is not host:port", addr),
			Hint: "It looks like 127.0.0.1:8080, or :8080 for every address of this machine."}
	}
	return nil
}

// networks reads CIDRs with commas between; an address is a network of one.
func networks(list string) (all []netip.Prefix, err error) {
	var faults []error
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if addr, wrong := netip.ParseAddr(part); wrong == nil && addr.Zone() == "" {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			faults = append(faults, &subscriptions.Error{Code: subscriptions.Invalid, Field: "network", Message: fmt.Sprintf("%q is neither an address nor a network", part),
				Hint: "It looks like 10.1.0.0/16 or 10.1.2.3; several with commas between."})
			continue
		}
		all = append(all, network.Masked())
	}
	return all, errors.Join(faults...)
}

// identityEnv names the setting that a fault of the identity comes from.
func identityEnv(err error) string {
	var e *subscriptions.Error
	if errors.As(err, &e) && e.Field == "base_url" {
		return "TIDINGS_BASE_URL"
	}
	return "TIDINGS_FROM"
}
