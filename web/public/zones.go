package public

import (
	"slices"

	"sesec.eu/tidings/subscriptions"
)

// Option is a line of a select.
type Option struct {
	Value, Text string
	Chosen      bool
}

// zones are those offered by name, from west to east. Any other can be written.
var zones = [...]struct{ name, places string }{
	{"America/Los_Angeles", "Los Angeles, Vancouver"},
	{"America/Denver", "Denver"},
	{"America/Chicago", "Chicago, Mexico City"},
	{"America/New_York", "New York, Toronto"},
	{"America/Sao_Paulo", "São Paulo"},
	{"UTC", "UTC"},
	{"Europe/Lisbon", "Lisbon"},
	{"Europe/London", "London, Dublin"},
	{"Europe/Brussels", "Brussels, Berlin, Paris, Rome"},
	{"Europe/Helsinki", "Helsinki, Athens, Sofia"},
	{"Europe/Istanbul", "Istanbul"},
	{"Africa/Johannesburg", "Johannesburg"},
	{"Asia/Dubai", "Dubai"},
	{"Asia/Kolkata", "Delhi, Mumbai"},
	{"Asia/Singapore", "Singapore"},
	{"Asia/Shanghai", "Beijing, Shanghai"},
	{"Asia/Tokyo", "Tokyo"},
	{"Asia/Seoul", "Seoul"},
	{"Australia/Sydney", "Sydney"},
}

// zoneOptions offers the service's own zone first, and the person's own at the end
// when it is another one.
func zoneOptions(own, chosen string) []Option {
	options := []Option{{"", "As the letter has it: " + own, chosen == ""}}
	for _, z := range zones {
		options = append(options, Option{z.name, z.places, z.name == chosen})
	}
	if !slices.ContainsFunc(options, func(o Option) bool { return o.Chosen }) {
		options = append(options, Option{chosen, chosen, true})
	}
	return options
}

// dateOptions shows each way on a day of this year that has one reading only.
func dateOptions(year int, chosen string) []Option {
	example := subscriptions.Date{Year: year, Month: 3, Day: 31}
	var options []Option
	for _, style := range subscriptions.DateStyles() {
		options = append(options, Option{string(style), style.Format(example), string(style) == chosen})
	}
	return options
}

func reasonOptions() []Option {
	options := []Option{{"", "I would rather not say", true}}
	for _, r := range subscriptions.LeaveReasons() {
		options = append(options, Option{string(r), r.Words(), false})
	}
	return options
}
