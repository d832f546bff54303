package subscriptions

import "time"

// ReadLocalTime reads a wall clock as ParseLocalTime does, and says whether that
// clock shows the hour twice, as on the day in autumn when clocks go back: then it
// is the first of the two. An hour that is skipped in spring is refused.
func ReadLocalTime(field, s string, loc *time.Location) (t time.Time, twice bool, err error) {
	if t, err = ParseLocalTime(field, s, loc); err != nil {
		return t, false, err
	}
	const wall = "2006-01-02 15:04"
	start, end := t.ZoneBounds()
	_, here := t.Zone()
	shift := func(there time.Time) time.Time {
		_, offset := there.Zone()
		return t.Add(time.Duration(here-offset) * time.Second)
	}
	if !start.IsZero() {
		if before := shift(start.Add(-time.Second)); before.Before(start) && before.Format(wall) == t.Format(wall) {
			return before, true, nil
		}
	}
	if !end.IsZero() {
		if after := shift(end); !after.Before(end) && after.Format(wall) == t.Format(wall) {
			return t, true, nil
		}
	}
	return t, false, nil
}
