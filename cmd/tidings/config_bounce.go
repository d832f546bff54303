package main

import (
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// checkVERP wants an address with room for the largest token there can be.
func checkVERP(verp, address string) error {
	switch {
	case verp != "on" && verp != "off":
		return fmt.Errorf("%q is neither on nor off", verp)
	case verp == "off" || address == "":
		return nil
	}
	keys, err := subscriptions.NewKeyring([]byte(strings.Repeat("any", 16)))
	if err != nil {
		return err
	}
	const people, letters = 1 << 32, 1 << 40
	token := keys.IssueUntil(subscriptions.PurposeDelivery, people, letters, time.Time{})
	if _, err := subscriptions.WithMailToken(address, token); err != nil {
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: "the bounce address " + address + " has no room for the name of a letter",
			Hint: "Take one with 13 characters before the @ at most, such as bounce@…, or set TIDINGS_BOUNCE_VERP=off."}
	}
	return nil
}
