package subscriptions_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
)

// due gives the keys that are due at so long before the start.
func due(w subscriptions.Webinar, regs []subscriptions.Registration, before time.Duration) string {
	var keys []string
	for _, r := range subscriptions.DueReminders(w, regs, subscriptions.ReminderWindows(), w.Starts.Add(-before)) {
		keys = append(keys, r.Key)
	}
	return strings.Join(keys, " ")
}

func TestDueReminders(t *testing.T) {
	t.Parallel()
	const hour, d = time.Hour, 24 * time.Hour
	w := webinar06()
	at := func(before time.Duration) subscriptions.Registration {
		return subscriptions.Registration{ID: 1, State: subscriptions.RegistrationActive, ConfirmedAt: w.Starts.Add(-before)}
	}
	for name, c := range map[string]struct {
		registered, before time.Duration
		want               string
	}{
		"more than a week before":                       {30 * d, 7*d + time.Second, ""},
		"a week before":                                 {30 * d, 7 * d, "reminder:1:7d:0"},
		"the week's reminder is due until the next one": {30 * d, 25 * hour, "reminder:1:7d:0"},
		"a day before":                                  {30 * d, 24 * hour, "reminder:1:24h:0"},
		"an hour before":                                {30 * d, time.Second, "reminder:1:1h:0"},
		"at the start":                                  {30 * d, 0, ""},
		"after the start":                               {30 * d, -time.Minute, ""},
		"registered after the week's window opened":     {6 * d, 2 * d, ""},
		"who gets the day's one all the same":           {6 * d, 2 * hour, "reminder:1:24h:0"},
		"registered the moment the window opened":       {24 * hour, 2 * hour, ""},
		"registered in the last hour":                   {30 * time.Minute, 10 * time.Minute, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, c.want, due(w, []subscriptions.Registration{at(c.registered)}, c.before))
		})
	}
	for _, state := range []subscriptions.RegistrationState{subscriptions.RegistrationPending, subscriptions.RegistrationWaiting, subscriptions.RegistrationCancelled} {
		r := at(30 * d)
		r.State = state
		same(t, "", due(w, []subscriptions.Registration{r}, hour))
	}
	for _, state := range []subscriptions.WebinarState{subscriptions.WebinarDraft, subscriptions.WebinarCancelled, subscriptions.WebinarLive} {
		other := w
		other.State = state
		same(t, "", due(other, []subscriptions.Registration{at(30 * d)}, hour))
	}
}

func TestMovingTheWebinarMovesItsReminders(t *testing.T) {
	t.Parallel()
	const d = 24 * time.Hour
	w := webinar06()
	regs := []subscriptions.Registration{{ID: 1, State: subscriptions.RegistrationActive, ConfirmedAt: w.Starts.Add(-30 * d)}}
	now := w.Starts.Add(-20 * time.Hour)
	same(t, "reminder:1:24h:0", due(w, regs, 20*time.Hour))
	must(t, w.Move(w.Starts.Add(10*d), w.Ends.Add(10*d), now))
	same(t, "", due(w, regs, w.Starts.Sub(now)))
	same(t, "reminder:1:7d:1", due(w, regs, 7*d))
	same(t, "reminder:1:24h:1", due(w, regs, d)) // a new time is worth saying again
}

func TestTheWindowsAreNobodysToChange(t *testing.T) {
	t.Parallel()
	subscriptions.ReminderWindows()[0] = 0
	same(t, []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour}, subscriptions.ReminderWindows())
}

func TestEveryWindowHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	w := webinar06()
	regs := []subscriptions.Registration{{ID: 1, State: subscriptions.RegistrationActive, ConfirmedAt: w.Starts.Add(-30 * 24 * time.Hour)}}
	var got []string
	for _, window := range []time.Duration{7 * 24 * time.Hour, 50 * time.Hour, 48 * time.Hour, 36 * time.Hour, 90 * time.Minute, time.Hour, 90 * time.Second} {
		for _, r := range subscriptions.DueReminders(w, regs, []time.Duration{window}, w.Starts.Add(-window)) {
			got = append(got, r.Key)
		}
	}
	same(t, "reminder:1:7d:0 reminder:1:50h:0 reminder:1:2d:0 reminder:1:36h:0 reminder:1:90m:0 reminder:1:1h:0 reminder:1:1m30s:0", strings.Join(got, " "))
}

// However the clock is looked at, and whatever the windows: nobody gets one
// window twice, none after the start, and none that opened before they came.
func TestRemindersOverAnyStepsOfTheClock(t *testing.T) {
	t.Parallel()
	type told struct {
		registration int64
		window       time.Duration
		sequence     int
	}
	all := []time.Duration{14 * 24 * time.Hour, 7 * 24 * time.Hour, 50 * time.Hour, 48 * time.Hour, 36 * time.Hour, 24 * time.Hour,
		90 * time.Minute, time.Hour, 30 * time.Minute, 15 * time.Minute}
	rapid.Check(t, func(t *rapid.T) {
		windows := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 5, rapid.ID[time.Duration]).Draw(t, "windows")
		w := webinar06()
		now := w.Starts.Add(-30 * 24 * time.Hour)
		minutes := func(limit int, what string) time.Duration {
			return time.Duration(rapid.IntRange(1, limit).Draw(t, what)) * time.Minute
		}
		var regs []subscriptions.Registration
		queued := map[string]told{} // what the outbox's unique key lets through once
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(minutes(24*60, "step"))
			if opening := w.Starts.Add(-rapid.SampledFrom(windows).Draw(t, "window")); opening.After(now) && rapid.Bool().Draw(t, "wait for a window") {
				now = opening
			}
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 3:
				regs = append(regs, subscriptions.Registration{ID: int64(len(regs) + 1), State: subscriptions.RegistrationActive, ConfirmedAt: now})
			case 1:
				starts := now.Add(minutes(20*24*60, "to"))
				_ = w.Move(starts, starts.Add(time.Hour), now)
			case 2:
				if len(regs) > 0 {
					_ = regs[rapid.IntRange(0, len(regs)-1).Draw(t, "who")].Cancel(now)
				}
			}
			perPerson := map[int64]int{}
			for _, r := range subscriptions.DueReminders(w, regs, windows, now) {
				what := told{r.Registration.ID, r.Window, w.Sequence}
				if before, ok := queued[r.Key]; ok && before != what {
					t.Fatalf("%s is the key of %+v and of %+v", r.Key, before, what)
				}
				queued[r.Key] = what
				opened := w.Starts.Add(-r.Window)
				switch perPerson[r.Registration.ID]++; {
				case !now.Before(w.Starts):
					t.Fatalf("%s is due after the start", r.Key)
				case now.Before(opened):
					t.Fatalf("%s is due before its window opens", r.Key)
				case !r.Registration.ConfirmedAt.Before(opened):
					t.Fatalf("%s: the window opened before the person came", r.Key)
				case r.Registration.State != subscriptions.RegistrationActive:
					t.Fatalf("%s for a registration that is %s", r.Key, r.Registration.State)
				case !slices.Contains(windows, r.Window):
					t.Fatalf("%s is of no window", r.Key)
				case perPerson[r.Registration.ID] > 1:
					t.Fatalf("registration %d gets two at once", r.Registration.ID)
				}
			}
		}
		keys := map[told]string{}
		for key, what := range queued {
			if other, ok := keys[what]; ok {
				t.Fatalf("%+v is sent as %s and as %s", what, key, other)
			}
			keys[what] = key
		}
	})
}

func TestAServiceThatIsNeverDownMissesNoWindow(t *testing.T) {
	t.Parallel()
	w := webinar06()
	regs := []subscriptions.Registration{{ID: 1, State: subscriptions.RegistrationActive, ConfirmedAt: w.Starts.Add(-30 * 24 * time.Hour)}}
	seen := map[string]bool{}
	for before := 31 * 24 * time.Hour; before > -time.Hour; before -= 5 * time.Minute {
		if key := due(w, regs, before); key != "" {
			seen[key] = true
		}
	}
	same(t, map[string]bool{"reminder:1:7d:0": true, "reminder:1:24h:0": true, "reminder:1:1h:0": true}, seen)
}
