package subscriptions_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
)

func date(y, m, d int) string { return fmt.Sprintf("%04d-%02d-%02d", y, m, d) }

func TestParseDate(t *testing.T) {
	t.Parallel()
	got, err := subscriptions.ParseDate("2019-02-04")
	must(t, err)
	same(t, subscriptions.Date{Year: 2019, Month: time.February, Day: 4}, got)
	same(t, "4 February 2019", got.Words())
	for name, in := range map[string]string{
		"nothing": "", "another order": "04-02-2019", "a day that is not": "2019-02-29", "a month that is not": "2019-13-01",
		"one digit": "2019-2-4", "a clock": "2019-02-04T10:00", "words": "4 February 2019",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := subscriptions.ParseDate(in)
			fails(t, err, subscriptions.Invalid)
			if subscriptions.HintOf(err) == "" {
				t.Error("no hint how to write a date")
			}
		})
	}
}

func TestNoDateIsSilent(t *testing.T) {
	t.Parallel()
	var none subscriptions.Date
	same(t, "", none.String())
	same(t, "", none.Words())
	if !none.IsZero() || none.Compare(day(1900, 1, 1)) >= 0 {
		t.Error("no date comes before every date")
	}
	var back subscriptions.Date
	must(t, json.Unmarshal([]byte(`""`), &back))
	same(t, none, back)
	fails(t, back.UnmarshalText([]byte("soon")), subscriptions.Invalid)
}

func TestDatesSurviveTextAndCountDays(t *testing.T) {
	t.Parallel()
	start := time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.IntRange(0, 20_000).Draw(t, "a"), rapid.IntRange(0, 20_000).Draw(t, "b")
		from, to := subscriptions.DateOf(start.AddDate(0, 0, a)), subscriptions.DateOf(start.AddDate(0, 0, b))
		if n := from.DaysUntil(to); n != b-a {
			t.Errorf("from %s to %s are %d days, want %d", from, to, n, b-a)
		}
		if c := from.Compare(to); (c < 0) != (a < b) || (c == 0) != (a == b) {
			t.Errorf("%s compared to %s is %d", from, to, c)
		}
		text, err := json.Marshal(from)
		var back subscriptions.Date
		if err := json.Unmarshal(text, &back); err != nil || back != from {
			t.Errorf("%s came back as %s, %v", from, back, err)
		}
		if err != nil {
			t.Error(err)
		}
	})
}

func TestPeriodWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to subscriptions.Date
		want     string
	}{
		"a quarter":                  {day(2019, 1, 1), day(2019, 3, 31), "January–March 2019"},
		"a month":                    {day(2019, 3, 1), day(2019, 3, 31), "March 2019"},
		"February of a leap year":    {day(2020, 2, 1), day(2020, 2, 29), "February 2020"},
		"February a day too short":   {day(2020, 2, 1), day(2020, 2, 28), "1 February 2020 – 28 February 2020"},
		"across the turn of a year":  {day(2018, 12, 1), day(2019, 1, 31), "December 2018 – January 2019"},
		"the same month a year on":   {day(2018, 3, 1), day(2019, 3, 31), "March 2018 – March 2019"},
		"not of whole months":        {day(2019, 1, 5), day(2019, 3, 31), "5 January 2019 – 31 March 2019"},
		"a single day":               {day(2019, 1, 5), day(2019, 1, 5), "5 January 2019"},
		"a period without both ends": {day(2019, 1, 5), subscriptions.Date{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, c.want, subscriptions.Period{From: c.from, To: c.to}.Words())
		})
	}
}

func TestAPeriodHoldsBothItsEnds(t *testing.T) {
	t.Parallel()
	p := subscriptions.Period{From: day(2019, 1, 1), To: day(2019, 3, 31)}
	must(t, p.Validate())
	must(t, subscriptions.Period{From: p.From, To: p.From}.Validate())
	for d, want := range map[subscriptions.Date]bool{
		day(2018, 12, 31): false, p.From: true, day(2019, 2, 14): true, p.To: true, day(2019, 4, 1): false, {}: false,
	} {
		same(t, want, p.Contains(d))
	}
	for _, bad := range []subscriptions.Period{{}, {From: p.From}, {To: p.To}, {From: p.To, To: p.From}} {
		fails(t, bad.Validate(), subscriptions.Invalid)
	}
}
