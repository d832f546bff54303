package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestSavingNamesWhatChangedAndWritesNothingElse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.reader(t, who, "iot")
		link := h.link(t, subscriptions.PurposePreferences, who)
		of := func(s string) *string { return &s }
		for _, step := range []struct {
			name   string
			change subscriptions.PreferencesChange
			fields string
			mail   bool // a message composed before must not leave
		}{
			{"a name", subscriptions.PreferencesChange{Name: of(" Anna  Berg ")}, "name", true},
			{"the same name", subscriptions.PreferencesChange{Name: of("Anna Berg")}, "", false},
			{"several at once", subscriptions.PreferencesChange{Topics: &[]string{"blockchain"}, Organisation: of("CEN"), Dates: of("iso"), Zone: of("Europe/Lisbon")},
				"topics organisation dates zone", true},
			{"all of it as it is", subscriptions.PreferencesChange{Topics: &[]string{"blockchain"}, Name: of("Anna Berg"), Organisation: of("CEN"),
				Dates: of("iso"), Zone: of(" Europe/Lisbon ")}, "", false},
			{"the service's own zone again", subscriptions.PreferencesChange{Zone: of("")}, "zone", true},
			{"nothing", subscriptions.PreferencesChange{}, "", false},
		} {
			before := h.find(t, who)
			saved, err := h.people.ChangePreferences(t.Context(), link, step.change, "192.0.2.7")
			must(t, err)
			same(t, step.name+": "+step.fields, step.name+": "+strings.Join(saved.Fields, " "))
			after := h.find(t, who)
			if after.Revision > before.Revision != step.mail {
				t.Errorf("%s: the revision went from %d to %d", step.name, before.Revision, after.Revision)
			}
			same(t, after, saved.Subscriber)
		}
		p := h.find(t, who)
		same(t, "Anna Berg|CEN|iso|", fmt.Sprintf("%s|%s|%s|%s", p.Name, p.Organisation, p.Dates, p.Zone))
		same(t, "given iot; confirmed iot; changed blockchain", h.consents(t, who))
	})
}

func TestFaultyPreferencesAreToldAtOnceAndNoneIsSaved(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		before := h.reader(t, who, "iot")
		bad, zone := "a\x00b", "Europe/Atlantis"
		_, err := h.people.ChangePreferences(t.Context(), h.link(t, subscriptions.PurposePreferences, who),
			subscriptions.PreferencesChange{Topics: &[]string{"weather"}, Name: &bad, Organisation: &bad, Dates: &bad, Zone: &zone}, "")
		for _, words := range []string{"no topic \"weather\"", "the name holds a control character", "the organisation holds", "no such way to write dates", "no time zone Europe/Atlantis"} {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%v: want all faults at once, with %q", err, words)
			}
		}
		same(t, before, h.find(t, who))
		for _, zone := range []string{"Local", "../../etc/passwd", "/etc/localtime", "+01:00", strings.Repeat("A", 4000)} {
			_, err := h.people.ChangePreferences(t.Context(), h.link(t, subscriptions.PurposePreferences, who), subscriptions.PreferencesChange{Zone: &zone}, "")
			fails(t, err, subscriptions.Invalid)
		}
	})
}

func TestHowLongAPauseIs(t *testing.T) {
	t.Parallel()
	today := subscriptions.Date{Year: 2019, Month: time.January, Day: 31}
	for _, c := range []struct {
		name, choice, day, want string
	}{
		{"a month from the last day of one ends on the last of the next", "1m", "", "2019-02-28"},
		{"three months", "3m", "", "2019-04-30"},
		{"until tomorrow", "until", "2019-02-01", "2019-02-01"},
		{"until a year from now", "until", "2020-01-31", "2020-01-31"},
		{"until today is no pause", "until", "2019-01-31", "a pause ends after today"},
		{"nor until yesterday", "until", "2019-01-30", "a pause ends after today"},
		{"longer than a year is leaving", "until", "2020-03-31", "a pause lasts a year at most"},
		{"a day in other words", "until", "31/03/2019", "enter the day from which letters come again"},
		{"no day", "until", "", "enter the day from which letters come again"},
		{"no choice", "", "", "choose how long to pause"},
		{"a choice nobody offered", "9m", "", "choose how long to pause"},
	} {
		until, err := subscriptions.PauseUntil(c.choice, c.day, today)
		got := until.String()
		if err != nil {
			got = err.Error()
		}
		same(t, c.name+": "+c.want, c.name+": "+got)
	}
}

func TestPauseResumeAndUndo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		p := h.reader(t, who, "iot")
		p.Zone, p.Dates = "Asia/Shanghai", subscriptions.DatesDots
		must(t, h.store.UpdateSubscriber(t.Context(), p))
		before := h.consents(t, who)
		status := func() subscriptions.SubscriberStatus { return h.find(t, who).Status(h.clock()) }

		preferences := h.link(t, subscriptions.PurposePreferences, who)
		paused, err := h.people.Pause(t.Context(), subscriptions.PurposePreferences, preferences, "until", "2019-04-20")
		must(t, err)
		same(t, "r•••@example.org 20.04.2019", paused.Masked+" "+paused.Dates.Format(paused.Until))
		same(t, subscriptions.SubscriberPaused, status())
		found := h.find(t, who)
		same(t, time.Date(2019, time.April, 19, 16, 0, 0, 0, time.UTC), found.PausedUntil) // their midnight
		same(t, "2019-04-20", found.Resumes(h.clock()).String())
		if found.Revision <= p.Revision {
			t.Error("a letter composed before could still leave")
		}
		_, err = h.people.Pause(t.Context(), subscriptions.PurposePreferences, preferences, "until", "2019-04-20") // pressed twice
		must(t, err)
		same(t, found, h.find(t, who))

		must(t, h.people.Resume(t.Context(), preferences))
		same(t, subscriptions.SubscriberActive, status())
		must(t, h.people.Resume(t.Context(), preferences))

		leave := h.link(t, subscriptions.PurposeUnsubscribe, who)
		paused, err = h.people.Pause(t.Context(), subscriptions.PurposeUnsubscribe, leave, "1m", "")
		must(t, err)
		same(t, subscriptions.SubscriberPaused, status())
		back, err := h.people.Undo(t.Context(), paused.Undo, "")
		must(t, err)
		same(t, "iot", names(back))
		same(t, subscriptions.SubscriberActive, status())
		same(t, before, h.consents(t, who)) // a pause withdraws nothing

		fails(t, h.people.Resume(t.Context(), leave), subscriptions.Forged) // it goes along when a letter is forwarded
		_, err = h.people.Pause(t.Context(), subscriptions.PurposePreferences, leave, "1m", "")
		fails(t, err, subscriptions.Forged)
		_, err = h.people.Unsubscribe(t.Context(), leave, "", "link", "")
		must(t, err)
		_, err = h.people.Pause(t.Context(), subscriptions.PurposeUnsubscribe, leave, "1m", "")
		fails(t, err, subscriptions.Refused)
	})
}

func TestALetterOfARetiredTopicCanBeLeft(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		p := h.reader(t, who, "iot")
		telex := subscriptions.Topic{Slug: "telex", Name: "Telex", ShortName: "Telex", CreatedAt: h.clock(), RetiredAt: h.clock()}
		must(t, h.store.AddTopic(t.Context(), &telex))
		must(t, h.store.AddSubscriptions(t.Context(), []*subscriptions.Subscription{{SubscriberID: p.ID, TopicID: telex.ID,
			State: subscriptions.SubscriptionActive, CreatedAt: h.clock(), ConfirmedAt: h.clock()}}))
		link := h.link(t, subscriptions.PurposeUnsubscribe, who)
		offer, err := h.people.Leaving(t.Context(), link)
		must(t, err)
		same(t, "iot | telex", names(offer.Topics)+" | "+names(offer.Retired))
		saved, err := h.people.ChangePreferences(t.Context(), h.link(t, subscriptions.PurposePreferences, who), subscriptions.PreferencesChange{Topics: &[]string{"iot"}}, "")
		must(t, err)
		same(t, 0, len(saved.Fields)) // the page cannot show it ticked

		left, err := h.people.Leave(t.Context(), link, subscriptions.LeaveRequest{Topic: "telex", Reason: subscriptions.LeftTooMuch, Source: "unsubscribe page"})
		must(t, err)
		same(t, "telex | iot | false", fmt.Sprint(names(left.Topics), " | ", names(left.Remaining), " | ", left.All))
		left, err = h.people.Leave(t.Context(), link, subscriptions.LeaveRequest{Reason: "because I say so"})
		must(t, err)
		same(t, "iot | true", fmt.Sprint(names(left.Topics), " | ", left.All))
		_, err = h.people.Undo(t.Context(), left.Undo, "")
		must(t, err)
		events, err := h.store.Consents(t.Context(), p.ID)
		must(t, err)
		same(t, "[ too-much  ]", fmt.Sprint([]subscriptions.LeaveReason{events[0].Reason, events[2].Reason, events[3].Reason, ""}))
		for _, r := range subscriptions.LeaveReasons() {
			if r.Words() == "" {
				t.Errorf("%s has no words", r)
			}
		}
	})
}
