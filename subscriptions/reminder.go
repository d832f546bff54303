package subscriptions

import (
	"fmt"
	"slices"
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

// DueReminders gives the reminders to queue at the moment: those whose window
// has opened and whose registration is older than the window's opening. Of
// several open windows only the latest is due (a service that was down for a
// week does not send three), and none after the start.
func DueReminders(w Webinar, registrations []Registration, windows []time.Duration, now time.Time) []Reminder {
	if w.State != WebinarAnnounced || !now.Before(w.Starts) {
		return nil
	}
	var latest time.Duration = -1
	for _, win := range windows {
		if !now.Before(w.Starts.Add(-win)) && (latest < 0 || win < latest) {
			latest = win
		}
	}
	if latest < 0 {
		return nil
	}
	opened := w.Starts.Add(-latest)
	var due []Reminder
	for _, r := range registrations {
		if r.State != RegistrationActive || !r.ConfirmedAt.Before(opened) {
			continue
		}
		due = append(due, Reminder{Registration: r, Window: latest,
			Key: fmt.Sprintf("reminder:%d:%s:%d", r.ID, windowName(latest), w.Sequence)})
	}
	return due
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
