package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

// bounced records a report about the person, and gives its number.
func (s *site) bounced(t *testing.T, id int64, token bool, original string) int64 {
	t.Helper()
	r := subscriptions.Returned{ID: fmt.Sprintf("r%d%t", id, token), Way: subscriptions.WaySMTP, Kind: subscriptions.ReturnBounce, Original: []byte(original),
		Recipients: []subscriptions.ReturnedRecipient{{Address: "anna@example.org", Class: subscriptions.ReturnHard, Reason: subscriptions.ReasonUserUnknown, Status: "5.1.1", Diagnostic: "550 <b>no such user</b>"}}}
	if token {
		all, err := s.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{SubscriberID: id})
		if err != nil || len(all) == 0 {
			t.Fatal("nothing was sent to them", err)
		}
		r.Token = s.keys.Issue(subscriptions.PurposeDelivery, id, all[0].ID, s.now)
	}
	if _, err := s.newDesk().Returns.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	found, err := s.store.Bounces(t.Context(), subscriptions.BounceFilter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return found[0].ID
}

func TestWhatCameBackIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	publisher := s.as(subscriptions.RolePublisher)
	publisher.get("/desk/returns").want(t, http.StatusOK, "Nothing has come back yet", "TIDINGS_BOUNCE_ADDRESS")
	id := s.member("anna@example.org", "iot")
	hostile := "From: x\r\nSubject: \x1b[2J\u202egpj.exe\r\n\r\n<script>alert(1)</script><img src=x onerror=alert(1)>\xff\x00"
	stranger := s.bounced(t, id, false, hostile)
	ours := s.bounced(t, id, true, hostile)

	list := publisher.get("/desk/returns")
	list.want(t, http.StatusOK, "2 messages came back in thirty days, 2 of them not delivered", "anna@example.org", "Unassigned", "Proves nothing", "Letters ended", "550 &lt;b&gt;no such user&lt;/b&gt;")
	publisher.get("/desk/returns?whose=nobody").want(t, http.StatusOK, "Proves nothing")
	if strings.Contains(publisher.get("/desk/returns?whose=nobody").body, "Letters ended") {
		t.Error("the filter shows what is assigned")
	}
	publisher.get("/desk/returns?domain=%40Example.ORG&class=hard&kind=bounce").want(t, http.StatusOK, "Letters ended")
	publisher.get("/desk/returns?domain=example.com").want(t, http.StatusOK, "Nothing of this kind came back")
	for _, odd := range []string{"?kind=%00", "?before=x", "?before=-1", "?class=%ff", "?domain=" + strings.Repeat("a", 4000)} {
		publisher.get("/desk/returns"+odd).want(t, http.StatusOK)
	}

	one := publisher.get(fmt.Sprintf("/desk/returns/%d", ours))
	one.want(t, http.StatusOK, "No such mailbox", "&lt;script&gt;alert(1)&lt;/script&gt;", "The history of this address", fmt.Sprintf("/desk/people/%d", id))
	for _, bad := range []string{"\x1b", "\u202e", "<script>alert", "<img"} {
		if strings.Contains(one.body, bad) {
			t.Errorf("the page holds %q of the message", bad)
		}
	}
	publisher.get(fmt.Sprintf("/desk/returns/%d", stranger)).want(t, http.StatusOK, "counts against nobody")
	publisher.get("/desk/returns/999").want(t, http.StatusNotFound)
	publisher.get("/desk/returns/figures").want(t, http.StatusOK, "No edition has left yet", "example.org", "No such mailbox")
	publisher.get(fmt.Sprintf("/desk/people/%d", id)).want(t, http.StatusOK, "What came back", "it ends", "Suppressed")

	admin := s.as(subscriptions.RoleAdmin)
	admin.post(fmt.Sprintf("/desk/people/%d", id), map[string][]string{"do": {"lift"}, "note": {"their server was mended"}}).want(t, http.StatusSeeOther)
	publisher.get(fmt.Sprintf("/desk/people/%d", id)).want(t, http.StatusOK, "Lifted by an editor", "letters go on")
}
