package subscriptions

import "time"

// DateStyle is how a person has their dates written. The words are English in
// every style; only the order and the signs differ.
type DateStyle string

// The styles.
const (
	DatesWords   DateStyle = ""       // 31 March 2019
	DatesSlashes DateStyle = "dmy"    // 31/03/2019
	DatesDots    DateStyle = "dotted" // 31.03.2019
	DatesISO     DateStyle = "iso"    // 2019-03-31 (ISO 8601)
)

// DateStyles lists them, the usual one first.
func DateStyles() []DateStyle { return []DateStyle{DatesWords, DatesSlashes, DatesDots, DatesISO} }

// ParseDateStyle reads a style as a form sends it.
func ParseDateStyle(s string) (DateStyle, error) {
	for _, style := range DateStyles() {
		if s == string(style) {
			return style, nil
		}
	}
	return "", invalid("dates", "there is no such way to write dates").hint("Choose one of the list.")
}

// Format writes the date, "" for no date. A style that this version does not know
// is written in words.
func (s DateStyle) Format(d Date) string {
	if d.IsZero() {
		return ""
	}
	layout := "2 January 2006"
	switch s {
	case DatesWords:
	case DatesSlashes:
		layout = "02/01/2006"
	case DatesDots:
		layout = "02.01.2006"
	case DatesISO:
		layout = "2006-01-02"
	}
	return d.In(time.UTC).Format(layout)
}
