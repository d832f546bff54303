package subscriptions

import (
	"strconv"
	"time"
)

// ReleaseRules are what an organisation has set about sending.
type ReleaseRules struct {
	Cooling    time.Duration // between the order at the desk and the first letter
	Late       time.Duration // by which a scheduled send may be missed and still begin
	Failures   float64       // the share of letters at which a run pauses itself; 0: never
	Complaints float64       // the share of people who complain; 0: never
	Sample     int           // below so many letters no share says anything
}

// SettingsRelease is the page of the desk with these settings.
const SettingsRelease SettingPage = "release"

// SettingNumber is a number from 0 up to Most, with a fraction where Most is a share.
const SettingNumber SettingKind = "number"

// releaseFields are the settings about sending.
func releaseFields() []SettingField {
	fields := []SettingField{
		{Key: "send.cooling", Section: "Before the first letter", Label: "Minutes between the order and the first letter", Standard: "10", Most: 1440,
			Note: "During them the order can be taken back. From the command line it is none, unless it says so."},
		{Key: "send.late", Section: "Before the first letter", Label: "Minutes by which a scheduled send may be late", Standard: "120", Most: 10080,
			Note: "When no process ran at the moment. Later than this it is not started, and a person decides."},
		{Key: "send.failures", Section: "When a run pauses itself", Label: "Failures, in per cent of the letters", Standard: "10", Most: 100, Note: "0: it never does."},
		{Key: "send.complaints", Section: "When a run pauses itself", Label: "Complaints, in per cent of the letters", Standard: "0.3", Most: 100, Note: "0: it never does. Large providers bar senders from 0.3 on."},
		{Key: "send.sample", Section: "When a run pauses itself", Label: "Letters before a share counts", Standard: "50", Most: 1_000_000},
	}
	for i := range fields {
		fields[i].Page, fields[i].Kind, fields[i].Max = SettingsRelease, SettingNumber, 8
	}
	return fields
}

// number reads a value that Clean has seen.
func number(value string) float64 {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0
	}
	return n
}

func (f SettingField) readNumber(value string) (string, error) {
	n, err := strconv.ParseFloat(value, 64)
	whole := f.Most > 100
	switch {
	case err != nil || n != n || n < 0 || n > float64(f.Most):
		return "", invalid(f.Key, "%q is no number from 0 to %d", value, f.Most)
	case whole && n != float64(int64(n)):
		return "", invalid(f.Key, "%q is no whole number", value)
	}
	return strconv.FormatFloat(n, 'f', -1, 64), nil
}

// ReleaseRules reads them.
func (s Settings) ReleaseRules() ReleaseRules {
	return ReleaseRules{Cooling: time.Duration(number(s.Get("send.cooling"))) * time.Minute, Late: time.Duration(number(s.Get("send.late"))) * time.Minute,
		Failures: number(s.Get("send.failures")) / 100, Complaints: number(s.Get("send.complaints")) / 100, Sample: int(number(s.Get("send.sample")))}
}
