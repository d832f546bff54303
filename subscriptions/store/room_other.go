//go:build !linux && !darwin

package store

import "sesec.eu/tidings/subscriptions"

func room(string) subscriptions.Room { return subscriptions.Room{} }
