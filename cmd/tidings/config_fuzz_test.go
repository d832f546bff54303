package main

import (
	"errors"
	"math"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

// FuzzSettingsFile: no fault of a settings file is told with the secret that stands
// in it.
func FuzzSettingsFile(f *testing.F) {
	for _, seed := range []string{"base-url: https://tidings.example.org\n", "smtp: smtp://u:p@h\nrate: 1e9\n", "rate: [1]\n", "a: &a [*a]\n", "\t", "secret: 0123\n", "? x\n: y\n", "--- \n...\n---\n"} {
		f.Add(seed)
	}
	const secret = "kept-from-everybody-0123456789"
	f.Fuzz(func(t *testing.T, rest string) {
		if _, err := yamlFile(strings.NewReader(rest)); err != nil {
			checkComplaint(t, err, secret)
		}
		for _, text := range []string{"secret: \"" + secret + "\"\n" + rest, rest + "\nsecret: \"" + secret + "\"\n"} {
			if _, err := yamlFile(strings.NewReader(text)); err != nil {
				checkComplaint(t, err, secret)
			}
		}
	})
}

// FuzzSettings: what is read can be used, and a password is not shown.
func FuzzSettings(f *testing.F) {
	f.Add("tidings.db", "mail.example.org:587", "A <a@example.org>", "127.0.0.1:8080", "10", "0.5", "336h", "10.0.0.0/8, ::1")
	f.Add("postgres://u@h/d", "h?tls=none", "a@b", ":1", "0", "NaN", "-1h", ",")
	f.Add("sqlite::memory:", "[::1]:25/", "\"", "[::1]:0", "+7", "Inf", "1e3h", "1.2.3.4/33")
	f.Fuzz(func(t *testing.T, database, server, from, addr, connections, rate, tooLate, proxies string) {
		const secret = "kept%from@everybody"
		s := Settings{Database: database, SMTP: "smtp://user:kept%25from%40everybody@" + server, From: from, Addr: addr, Connections: connections,
			Rate: rate, TooLate: tooLate, Proxies: proxies}
		read, err := s.read()
		s.presets()
		for _, field := range settingFields(&s) {
			if shown := field.shown(); field.name == "smtp" && (strings.Contains(shown, secret) || strings.Contains(shown, "kept%25from")) {
				t.Fatalf("the password is shown: %s", shown)
			}
		}
		if err != nil {
			checkComplaint(t, err, secret)
			checkComplaint(t, err, "kept%25from")
			return
		}
		if len(read.smtp) != 1 || read.smtp[0].Password != secret || read.smtp[0].Host == "" {
			t.Fatalf("the mail server is %+v", read.smtp)
		}
		if read.connections < 1 || read.connections > 1000 || math.IsNaN(read.rate) || read.rate < 0 || read.rate > 1e6 || read.tooLate <= 0 {
			t.Fatalf("%d connections, %v a second, too late after %v", read.connections, read.rate, read.tooLate)
		}
		if err := read.identity.Validate(); err != nil {
			t.Fatalf("the identity is not valid: %v", err)
		}
	})
}

func checkComplaint(t *testing.T, err error, secret string) {
	t.Helper()
	var usage errUsage
	if !errors.Is(err, subscriptions.ErrInvalid) && !errors.As(err, &usage) {
		t.Fatalf("%v is no fault of the settings", err)
	}
	if strings.Contains(err.Error()+subscriptions.HintOf(err), secret) {
		t.Fatalf("the complaint tells the secret: %v", err)
	}
}
