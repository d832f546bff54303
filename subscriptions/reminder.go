package subscriptions

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Reminder is a message derived from a webinar's start; it is never stored as a
// timer, so that moving the webinar moves its reminders.
type Reminder struct {
	Registration Registration
	Window       time.Duration // before the start
	Key          string        // unique: one a registration, window and sequence
}

// ReminderWindows are the waits before the start at which people are reminded.
var reminderWindows = [...]time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour}

// ReminderWindows lists how long before the start people are reminded, the
// longest first.
func ReminderWindows() []time.Duration { return slices.Clone(reminderWindows[:]) }

// maxWindows and longestWindow bound what an editor may ask for.
const (
	maxWindows    = 5
	longestWindow = 60 * 24 * time.Hour
)

func validWindows(windows []time.Duration) error {
	if len(windows) > maxWindows {
		return invalid("reminders", "%d reminders are more than people read; %d is the most", len(windows), maxWindows)
	}
	for i, win := range windows {
		if win < 10*time.Minute || win > longestWindow || win%time.Minute != 0 {
			return invalid("reminders", "a reminder leaves from ten minutes to sixty days before the start")
		}
		if slices.Contains(windows[:i], win) {
			return invalid("reminders", "%s is there twice", windowName(win))
		}
	}
	return nil
}

// OpenWindow gives the shortest window that has opened, and false when none has or
// the start is past. One that opened before the webinar was moved to this time is
// none: the letter about the move has told what a reminder would.
func OpenWindow(w Webinar, windows []time.Duration, now time.Time) (time.Duration, bool) {
	if w.State != WebinarAnnounced || !now.Before(w.Starts) {
		return 0, false
	}
	var latest time.Duration = -1
	for _, win := range windows {
		if !now.Before(w.Starts.Add(-win)) && (latest < 0 || win < latest) {
			latest = win
		}
	}
	return latest, latest >= 0 && !w.Starts.Add(-latest).Before(w.MovedAt)
}

// DueReminders gives the reminders to queue at the moment: those whose window
// has opened and whose registration is older than the window's opening. Of
// several open windows only the latest is due (a service that was down for a
// week does not send three), and none after the start.
func DueReminders(w Webinar, registrations []Registration, windows []time.Duration, now time.Time) []Reminder {
	latest, open := OpenWindow(w, windows, now)
	if !open {
		return nil
	}
	opened := w.Starts.Add(-latest)
	var due []Reminder
	for _, r := range registrations {
		if r.State != RegistrationActive || !r.Placed().Before(opened) {
			continue
		}
		due = append(due, Reminder{Registration: r, Window: latest, Key: reminderKey(r.ID, latest, w.Moves)})
	}
	return due
}

func reminderKey(registration int64, window time.Duration, moves int) string {
	return fmt.Sprintf("reminder:%d:%s:%d", registration, windowName(window), moves)
}

// ReminderOf reads from its key for which time of the webinar a reminder is: how
// often it had been moved.
func ReminderOf(key string) (moves int, ok bool) {
	parts := strings.Split(key, ":")
	if len(parts) != 4 || parts[0] != "reminder" {
		return 0, false
	}
	moves, err := strconv.Atoi(parts[3])
	return moves, err == nil
}

// ParseWindows reads "7d 24h 90m", in any order, with spaces or commas between;
// "none" for none, nothing for the standard ones.
func ParseWindows(s string) ([]time.Duration, error) {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == ',' || r == ';' })
	if len(words) == 0 {
		return nil, nil
	}
	windows := []time.Duration{}
	if len(words) == 1 && words[0] == "none" {
		return windows, nil
	}
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute}
	for _, word := range words {
		unit, known := units[word[len(word)-1]]
		n, err := strconv.Atoi(word[:len(word)-1])
		if !known || err != nil || n < 1 || n > 100000 {
			return nil, invalid("reminders", "%q is not a time before the start", word).hint("Write days, hours or minutes: 7d 24h 1h.")
		}
		windows = append(windows, time.Duration(n)*unit)
	}
	if err := validWindows(windows); err != nil {
		return nil, err
	}
	slices.Sort(windows)
	slices.Reverse(windows)
	return windows, nil
}

// WindowNames writes windows as ParseWindows reads them.
func WindowNames(windows []time.Duration) string {
	if len(windows) == 0 {
		return "none"
	}
	names := make([]string, len(windows))
	for i, w := range windows {
		names[i] = windowName(w)
	}
	return strings.Join(names, " ")
}

// windowName is the window in its largest whole unit. No two windows share a
// name: it is part of a unique key.
func windowName(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
