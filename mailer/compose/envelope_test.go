package compose_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestTheEnvelopeSenderNamesTheDelivery(t *testing.T) {
	t.Parallel()
	s, keys := storetest.New(t), storetest.Keys(t)
	delivery := subscriptions.Delivery{ID: 71234, Kind: subscriptions.KindManage, Key: "manage:1", SubscriberID: 117, Address: "reader@example.net", CreatedAt: storetest.Now()}
	reader := subscriptions.Recipient{Subscriber: subscriptions.Subscriber{ID: 117, Address: "reader@example.net", ConfirmedAt: storetest.Now()}}
	envelope := func(change func(*subscriptions.Identity)) (string, string) {
		identity := subscriptions.StandardIdentity()
		identity.BaseURL = "https://tidings.example.org"
		change(&identity)
		c, err := compose.New(compose.Options{Store: s, Keys: keys, Identity: identity, Salt: "salt", Now: storetest.Now})
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.Compose(t.Context(), delivery, reader)
		if err != nil {
			t.Fatal(err)
		}
		return m.Envelope, m.EnvelopeID
	}
	names := func(address string) {
		t.Helper()
		purpose, token, ok := subscriptions.MailToken(strings.ToUpper(address))
		claims, err := keys.Parse(subscriptions.PurposeDelivery, token, storetest.Now().AddDate(3, 0, 0))
		if !ok || purpose != subscriptions.PurposeDelivery || err != nil || claims.Ref != 71234 || claims.Subscriber != 117 {
			t.Errorf("%s names %+v (%v), want delivery 71234 of reader 117", address, claims, err)
		}
	}

	sender, id := envelope(func(*subscriptions.Identity) {})
	if sender != "tidings@example.org" || id != "" {
		t.Errorf("without an address for reports the envelope is %s, %q", sender, id)
	}
	sender, id = envelope(func(i *subscriptions.Identity) { i.Bounce = "bounce@example.org" })
	if !strings.HasPrefix(sender, "bounce+") || !strings.HasSuffix(sender, "@example.org") || len(sender) > 64+12 {
		t.Errorf("the envelope sender is %s", sender)
	}
	names(sender)
	names("x+" + id + "@example.org")
	again, _ := envelope(func(i *subscriptions.Identity) { i.Bounce = "bounce@example.org" })
	if again != sender {
		t.Errorf("a second attempt has another sender, %s", again)
	}
	sender, id = envelope(func(i *subscriptions.Identity) { i.Bounce, i.PlainBounce = "bounce@example.org", true })
	if sender != "bounce@example.org" {
		t.Errorf("an address that takes no plus got %s", sender)
	}
	names("x+" + id + "@example.org")
}

func TestWhoLeavesByMailIsReadFromTheAddress(t *testing.T) {
	t.Parallel()
	s, keys := storetest.New(t), storetest.Keys(t)
	identity := subscriptions.StandardIdentity()
	identity.BaseURL, identity.Bounce, identity.LeaveByMail = "https://tidings.example.org", "bounce@example.org", true
	identity.Reports = []subscriptions.TokenHeader{{Name: "X-PM-Metadata-delivery", Value: "%s"}, {Name: "X-SMTPAPI", Value: `{"unique_args":{"delivery":"%s"}}`}}
	c, err := compose.New(compose.Options{Store: s, Keys: keys, Identity: identity, Salt: "salt", Now: storetest.Now})
	if err != nil {
		t.Fatal(err)
	}
	topic := storetest.Topics(t, s)["iot"]
	reader := subscriptions.Recipient{Subscriber: subscriptions.Subscriber{ID: 117, Address: "reader@example.net", ConfirmedAt: storetest.Now()}, Chosen: subscriptions.NewTopicSet(topic.ID)}
	m, err := c.Compose(t.Context(), subscriptions.Delivery{ID: 5, Kind: subscriptions.KindWelcome, Key: "welcome:1", SubscriberID: 117, Address: "reader@example.net", CreatedAt: storetest.Now()}, reader)
	if err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{}
	for _, h := range m.Headers {
		headers[h.Name] = h.Value
	}
	link, mail, both := strings.Cut(headers["List-Unsubscribe"], ", <mailto:")
	if !both || !strings.HasPrefix(link, "<https://") || !strings.HasSuffix(mail, "@example.org?subject=unsubscribe>") {
		t.Fatalf("List-Unsubscribe is %q", headers["List-Unsubscribe"])
	}
	address, _, _ := strings.Cut(mail, "?")
	purpose, token, _ := subscriptions.MailToken(address)
	if claims, err := keys.Parse(subscriptions.PurposeUnsubscribe, token, storetest.Now()); err != nil || purpose != subscriptions.PurposeUnsubscribe || claims.Subscriber != 117 {
		t.Errorf("%s is for %+v (%v)", address, claims, err)
	}
	if claims, err := keys.Parse(subscriptions.PurposeDelivery, headers["X-PM-Metadata-delivery"], storetest.Now()); err != nil || claims.Ref != 5 {
		t.Errorf("the service is told %q", headers["X-PM-Metadata-delivery"])
	}
	if want := `{"unique_args":{"delivery":"` + headers["X-PM-Metadata-delivery"] + `"}}`; headers["X-SMTPAPI"] != want || headers["List-Unsubscribe-Post"] == "" {
		t.Errorf("the headers are %v", headers)
	}
}
