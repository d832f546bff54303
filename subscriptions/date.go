package subscriptions

import (
	"cmp"
	"encoding"
	"fmt"
	"time"
)

// Date is a day without a clock or a zone: the day something happened, the ends
// of a period, the last day for comments. The zero value means "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

var (
	_ encoding.TextMarshaler   = Date{}
	_ encoding.TextUnmarshaler = (*Date)(nil)
)

// ParseDate reads an ISO 8601 calendar date, 2019-03-31.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, invalid("date", "%q is not a date", s).hint("Write dates as year-month-day, such as 2019-03-31.")
	}
	return DateOf(t), nil
}

// DateOf gives the day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// In gives midnight of the day in the zone.
func (d Date) In(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// Compare orders dates; no date comes first.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Year, o.Year), cmp.Compare(d.Month, o.Month), cmp.Compare(d.Day, o.Day))
}

// DaysUntil counts the days from d to o; negative when o is earlier.
func (d Date) DaysUntil(o Date) int {
	return int(o.In(time.UTC).Sub(d.In(time.UTC)) / (24 * time.Hour))
}

// AddDays gives the day n days later.
func (d Date) AddDays(n int) Date { return DateOf(d.In(time.UTC).AddDate(0, 0, n)) }

// AddMonths gives the same day n months later; a day that month does not have is
// its last.
func (d Date) AddMonths(n int) Date {
	first := Date{d.Year, d.Month, 1}.In(time.UTC).AddDate(0, n, 0)
	last := DateOf(first.AddDate(0, 1, -1))
	return Date{last.Year, last.Month, min(d.Day, last.Day)}
}

// String gives the ISO form, or "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Words gives the date as a reader says it: 4 February 2019.
func (d Date) Words() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year)
}

// MarshalText gives the ISO form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO form; empty text means no date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	p, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = p
	return nil
}

// Period is a span of days, both ends included.
type Period struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// Validate wants both ends, in order.
func (p Period) Validate() error {
	switch {
	case p.From.IsZero() || p.To.IsZero():
		return invalid("period", "the period needs a first and a last day")
	case p.From.Compare(p.To) > 0:
		return invalid("period", "the period ends (%s) before it starts (%s)", p.To, p.From)
	}
	return nil
}

// Contains reports whether the day lies in the period.
func (p Period) Contains(d Date) bool {
	return !d.IsZero() && p.From.Compare(d) <= 0 && d.Compare(p.To) <= 0
}

// whole reports whether the period is made of whole months.
func (p Period) whole() bool { return p.From.Day == 1 && p.To.AddDays(1).Day == 1 }

// Next is the period that follows, of as many months, or else as many days.
func (p Period) Next() Period {
	next := Period{From: p.To.AddDays(1)}
	if p.whole() {
		months := (next.From.Year-p.From.Year)*12 + int(next.From.Month-p.From.Month)
		next.To = next.From.AddMonths(months).AddDays(-1)
	} else {
		next.To = next.From.AddDays(p.From.DaysUntil(p.To))
	}
	return next
}

// Words names the period shortly: "January–March 2019", "March 2019", or the
// two days when it is not made of whole months.
func (p Period) Words() string {
	switch {
	case p.From.IsZero() || p.To.IsZero():
		return ""
	case p.From == p.To:
		return p.From.Words()
	case !p.whole():
		return p.From.Words() + " – " + p.To.Words()
	case p.From.Year != p.To.Year:
		return fmt.Sprintf("%s %d – %s %d", p.From.Month, p.From.Year, p.To.Month, p.To.Year)
	case p.From.Month == p.To.Month:
		return fmt.Sprintf("%s %d", p.From.Month, p.From.Year)
	}
	return fmt.Sprintf("%s–%s %d", p.From.Month, p.To.Month, p.To.Year)
}
