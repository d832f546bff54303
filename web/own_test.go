package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// letter is the link to the preferences as a letter holds it.
func (s *site) letter(id int64) string {
	return "/preferences/" + s.keys.Issue(subscriptions.PurposePreferences, id, 0, s.now)
}

// A forwarded letter shows and changes no more than topics, pauses and days.
func TestALettersLinkTellsNothingOfThePerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.member("anna@example.org", "iot")
	s.post(s.preferences(id), url.Values{"form": {"choices"}, "topics": {"iot"}, "name": {"Anna Berg"}, "organisation": {"CEN"}}).want(t, http.StatusSeeOther)
	link := s.letter(id)
	shown := s.get(link)
	shown.want(t, http.StatusOK, "a•••@example.org", "letters are passed on", `value="own"`, "For one month", `href="/unsubscribe/`)
	for _, secret := range []string{"Anna", "CEN", "anna@", "/erase", "/data", `name="name"`, `name="email"`} {
		if strings.Contains(shown.body, secret) {
			t.Errorf("the page holds %q", secret)
		}
	}
	s.follow(link, url.Values{"form": {"choices"}, "topics": {"blockchain"}}).want(t, http.StatusOK, "Saved: topics.")
	if p := s.person(id); p.Name != "Anna Berg" || p.Organisation != "CEN" {
		t.Errorf("saving topics changed the person: %+v", p)
	}
	for _, path := range []string{link + "/data", link + "/erase"} {
		s.post(path, nil).want(t, http.StatusForbidden, "A link of your own", `action="`+link+`"`)
	}
	s.get(link+"/erase").want(t, http.StatusForbidden, "A link of your own")
	s.post(link, url.Values{"form": {"address"}, "email": {"thief@example.org"}}).want(t, http.StatusForbidden, "A link of your own")
	s.post(link, url.Values{"form": {"choices"}, "topics": {"iot"}, "name": {"Eve"}}).
		want(t, http.StatusUnprocessableEntity, `<a href="#own">`, `id="own"`, `value="iot" id="topics" checked`)
	s.follow(link, url.Values{"form": {"own"}}).want(t, http.StatusOK, "A link is on its way to a•••@example.org.")
	mails := s.mails(id)
	if last := mails[len(mails)-1]; last.Kind != subscriptions.KindManage || last.Address != "anna@example.org" {
		t.Errorf("mailed was %s to %s", last.Kind, last.Address)
	}
	s.get(s.preferences(id)).want(t, http.StatusOK, `value="Anna Berg"`, `value="CEN"`, "Another address", "/erase")
}

// A page does not promise letters that an address cannot get.
func TestABarredAddressIsToldSo(t *testing.T) {
	t.Parallel()
	for reason, want := range map[subscriptions.SuppressionReason][2]string{
		subscriptions.SuppressedBounce:    {"the last ones came back", ""},
		subscriptions.SuppressedComplaint: {"one was reported as unwanted", "If you want letters again, write to us."},
	} {
		s := newSite(t)
		id := s.member("anna@example.org", "iot")
		s.now = s.now.Add(time.Hour)
		err := s.store.PutSuppression(t.Context(), subscriptions.Suppression{Hash: s.keys.HashAddress("anna@example.org"), Reason: reason, CreatedAt: s.now})
		if err != nil {
			t.Fatal(err)
		}
		link := s.letter(id)
		shown := s.get(link)
		shown.want(t, http.StatusOK, want[0], "no mail can go to this address")
		if strings.Contains(shown.body, "One letter a month goes to") {
			t.Error("the page promises letters")
		}
		more := url.Values{"form": {"choices"}, "topics": {"iot", "blockchain"}}
		if want[1] == "" {
			s.follow(link, more).want(t, http.StatusOK, "A letter with a link is on its way to a•••@example.org. Press the button")
		} else {
			s.post(link, more).want(t, http.StatusUnprocessableEntity, want[1])
		}
		if got := s.active(id); got != "iot" {
			t.Errorf("active are %q", got)
		}
	}
}

// The second form of a day has no letter of its own; the page tells what it added.
func TestTheConfirmPageTellsWhatALaterFormAdded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.subscribe("anna@example.org", "iot")
	s.now = s.now.Add(time.Minute)
	s.subscribe("anna@example.org", "blockchain")
	s.get("/confirm/"+token).want(t, http.StatusOK, "with what is new in IoT and Blockchain", "The letter did not name Blockchain")
	s.post("/confirm/"+token, nil).want(t, http.StatusOK, "You are subscribed")
}
