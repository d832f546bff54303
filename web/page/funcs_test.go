package page_test

import (
	"log/slog"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

func TestWhen(t *testing.T) {
	at := func(s string) time.Time {
		u, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	tests := []struct {
		name         string
		starts, ends string // UTC
		second       string
		want         string
	}{
		{"summer time in Brussels", "2019-06-11 07:30", "2019-06-11 08:30", "Asia/Shanghai", "Tuesday 11 June 2019, 09:30–10:30 in Brussels, 15:30–16:30 in Beijing"},
		{"winter time in Brussels", "2019-01-17 08:00", "2019-01-17 10:00", "Asia/Shanghai", "Thursday 17 January 2019, 09:00–11:00 in Brussels, 16:00–18:00 in Beijing"},
		{"another day in Beijing", "2019-06-11 17:00", "2019-06-11 18:00", "Asia/Shanghai", "Tuesday 11 June 2019, 19:00–20:00 in Brussels, Wednesday 01:00–02:00 in Beijing"},
		{"one zone is said once", "2019-06-11 07:30", "2019-06-11 08:30", "Europe/Brussels", "Tuesday 11 June 2019, 09:30–10:30 in Brussels"},
		{"a city of two words", "2019-06-11 07:30", "2019-06-11 08:30", "America/New_York", "Tuesday 11 June 2019, 09:30–10:30 in Brussels, 03:30–04:30 in New York"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			identity := subscriptions.StandardIdentity()
			identity.Second = test.second
			r, err := page.New(page.Options{Identity: identity, Asset: func(string) string { return "" }, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.When(subscriptions.Webinar{Starts: at(test.starts), Ends: at(test.ends)}); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestARendererNeedsItsParts(t *testing.T) {
	if _, err := page.New(page.Options{Identity: subscriptions.StandardIdentity()}); err == nil {
		t.Error("a renderer without assets, clock and log was made")
	}
	identity := subscriptions.StandardIdentity()
	identity.Zone = "Europe/Atlantis"
	if _, err := page.New(page.Options{Identity: identity, Asset: func(string) string { return "" }, Now: time.Now, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a renderer in a zone that does not exist was made")
	}
}
