package subscriptions_test

import (
	"errors"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// What somebody to whom a letter was forwarded can do with its link (MAIL 14):
// topics and pauses, which they could unsubscribe from anyway; nothing of who the
// person is.
func TestTheLinkOfALetterIsNotGoodForThePerson(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		p := h.reader(t, who, "iot", "blockchain")
		own := h.link(t, subscriptions.PurposePreferences, who)
		letter := h.keys.Issue(subscriptions.PurposePreferences, p.ID, 0, h.clock())
		name, zone := "Anna", "Europe/Rome"
		_, err := h.people.ChangePreferences(t.Context(), own, subscriptions.PreferencesChange{Name: &name}, "")
		must(t, err)

		// A week later the link that was asked for is like that of a letter.
		for after, link := range map[time.Duration]string{time.Minute: letter, 7 * aDay: own} {
			h.wait(after)
			found, err := h.people.Preferences(t.Context(), link)
			must(t, err)
			same(t, false, found.Own)
			_, errExport := h.people.Export(t.Context(), link)
			_, errLook := h.people.Erasure(t.Context(), link)
			_, errErase := h.people.Erase(t.Context(), link)
			for what, err := range map[string]error{"export": errExport, "look at erasing": errLook, "erase": errErase,
				"move": h.people.ChangeAddress(t.Context(), link, "thief@example.org")} {
				if !errors.Is(err, subscriptions.ErrLetterLink) {
					t.Errorf("%s: %v", what, err)
				}
			}
			other := "Eve"
			_, err = h.people.ChangePreferences(t.Context(), link, subscriptions.PreferencesChange{Name: &other}, "")
			fails(t, err, subscriptions.Invalid)
			same(t, "Anna", h.find(t, who).Name)
			_, err = h.people.ChangePreferences(t.Context(), link, subscriptions.PreferencesChange{Topics: &[]string{"iot"}, Zone: &zone, Name: &name}, "")
			must(t, err)
			_, err = h.people.Pause(t.Context(), subscriptions.PurposePreferences, link, "1m", "")
			must(t, err)
			must(t, h.people.Resume(t.Context(), link))
		}
		same(t, "1 confirmation", h.mail(t, who))
		must(t, h.people.SendOwnLink(t.Context(), letter))
		must(t, h.people.SendOwnLink(t.Context(), letter)) // pressed twice
		same(t, "1 confirmation, 1 manage", h.mail(t, who))
		_, err = h.people.Export(t.Context(), h.link(t, subscriptions.PurposePreferences, who))
		must(t, err)
	})
}

// A token of the future, or with a number that is no time, is no fresh one.
func TestOnlyAYoungLinkIsOnesOwn(t *testing.T) {
	t.Parallel()
	now := time.Date(2019, time.April, 1, 8, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		claims subscriptions.Claims
		own    bool
	}{
		"asked for just now":        {subscriptions.Claims{Purpose: subscriptions.PurposePreferences, Ref: now.Unix()}, true},
		"a second less than a week": {subscriptions.Claims{Purpose: subscriptions.PurposePreferences, Ref: now.Add(-7*aDay + time.Second).Unix()}, true},
		"a week ago":                {subscriptions.Claims{Purpose: subscriptions.PurposePreferences, Ref: now.Add(-7 * aDay).Unix()}, false},
		"with a letter":             {subscriptions.Claims{Purpose: subscriptions.PurposePreferences}, false},
		"with a row's number":       {subscriptions.Claims{Purpose: subscriptions.PurposePreferences, Ref: 1}, false},
		"in two hours":              {subscriptions.Claims{Purpose: subscriptions.PurposePreferences, Ref: now.Add(2 * time.Hour).Unix()}, false},
		"for another purpose":       {subscriptions.Claims{Purpose: subscriptions.PurposeUnsubscribe, Ref: now.Unix()}, false},
	} {
		if tc.claims.Own(now) != tc.own {
			t.Errorf("%s: own is %v", name, !tc.own)
		}
	}
}
