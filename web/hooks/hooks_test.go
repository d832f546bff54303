package hooks_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/mailer/bounce"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
	"sesec.eu/tidings/web/hooks"
)

const (
	topicARN = "arn:aws:sns:eu-central-1:123456789012:tidings"
	certURL  = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem"
	someone  = "reader@example.net"
)

// house is a store with a reader who was sent a letter, and all hooks to it.
type house struct {
	t        *testing.T
	store    *store.Store
	handler  http.Handler
	token    string // of the letter
	sender   string // its envelope sender
	rsa      *rsa.PrivateKey
	ecdsa    *ecdsa.PrivateKey
	asked    []string // addresses of Amazon that were read
	answers  map[string][]byte
	services *subscriptions.BounceService
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, store: storetest.New(t), answers: map[string][]byte{}}
	keys := storetest.Keys(t)
	person := &subscriptions.Subscriber{Address: someone, CreatedAt: storetest.Now(), ConfirmedAt: storetest.Now()}
	h.must(h.store.AddSubscribers(t.Context(), []*subscriptions.Subscriber{person}))
	_, err := h.store.QueueDeliveries(t.Context(), []subscriptions.Delivery{{Kind: subscriptions.KindManage, Key: "k", SubscriberID: person.ID, Address: someone, NotBefore: storetest.Now(), CreatedAt: storetest.Now()}})
	h.must(err)
	d, err := h.store.FindDeliveryByKey(t.Context(), "k")
	h.must(err)
	h.token = keys.Issue(subscriptions.PurposeDelivery, person.ID, d.ID, storetest.Now())
	h.sender, err = subscriptions.WithMailToken("bounce@example.org", h.token)
	h.must(err)
	h.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	h.must(err)
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: storetest.Now().Add(-time.Hour), NotAfter: storetest.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &h.rsa.PublicKey, h.rsa)
	h.must(err)
	h.answers[certURL] = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	h.ecdsa, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.must(err)
	public, err := x509.MarshalPKIXPublicKey(&h.ecdsa.PublicKey)
	h.must(err)
	settings, err := hooks.ParseSettings("ses=" + topicARN + " sendgrid=" + base64.StdEncoding.EncodeToString(public) + " mailgun=signing-key\npostmark=tidings:a-long-password brevo=a-long-bearer-token")
	h.must(err)
	readers := &subscriptions.SubscriptionService{Store: h.store, Keys: keys, Now: storetest.Now}
	h.services = &subscriptions.BounceService{Store: h.store, Keys: keys, Readers: readers, Now: storetest.Now, Judge: bounce.Judge}
	all := &hooks.Hooks{Settings: settings, Now: storetest.Now, Log: slog.New(slog.DiscardHandler), Bounces: h.services,
		Get: func(_ context.Context, url string) ([]byte, error) {
			h.asked = append(h.asked, url)
			if b, ok := h.answers[url]; ok {
				return b, nil
			}
			return nil, errors.New("nobody there")
		}}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	for path, answer := range all.Routes() {
		engine.POST(path, answer)
	}
	h.handler = engine
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) call(path, body string, headers ...string) int {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w.Code
}

// wants compares what was recorded, oldest first.
func (h *house) wants(what string) {
	h.t.Helper()
	all, err := h.store.Bounces(h.t.Context(), subscriptions.BounceFilter{})
	h.must(err)
	var lines []string
	for i := len(all) - 1; i >= 0; i-- {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", all[i].Kind, all[i].Class, all[i].Reason, all[i].Effect)))
	}
	if got := strings.Join(lines, ", "); got != what {
		h.t.Errorf("recorded: %s\nwant:     %s", got, what)
	}
}

// notification signs one as SNS does.
func (h *house) notification(version string, change func(n map[string]string)) string {
	h.t.Helper()
	n := map[string]string{"Type": "Notification", "MessageId": "m1", "TopicArn": topicARN, "Timestamp": storetest.Now().Format("2006-01-02T15:04:05.000Z"),
		"SignatureVersion": version, "SigningCertURL": certURL, "Message": fmt.Sprintf(`{"notificationType":"Bounce","mail":{"source":%q,"messageId":"x"},"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":%q,"action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]}}`, h.sender, someone)}
	change(n)
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if n["Type"] != "Notification" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	text := ""
	for _, name := range names {
		if v, ok := n[name]; ok {
			text += name + "\n" + v + "\n"
		}
	}
	hash, sum := crypto.SHA1, sha1.New()
	if version == "2" {
		hash, sum = crypto.SHA256, sha256.New()
	}
	sum.Write([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, h.rsa, hash, sum.Sum(nil))
	h.must(err)
	n["Signature"] = base64.StdEncoding.EncodeToString(signature)
	b, err := json.Marshal(n)
	h.must(err)
	return string(b)
}

func same(map[string]string) {}

func TestAmazonProvesItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, body := range map[string]string{
		"another topic": h.notification("1", func(n map[string]string) { n["TopicArn"] += "x" }),
		"of yesterday":  h.notification("1", func(n map[string]string) { n["Timestamp"] = "2019-03-31T08:00:00.000Z" }),
		"of no moment":  h.notification("1", func(n map[string]string) { n["Timestamp"] = "" }),
		"another certificate": h.notification("1", func(n map[string]string) {
			n["SigningCertURL"] = "https://sns.eu-central-1.amazonaws.com.example.org/x.pem"
		}),
		"by http":       h.notification("1", func(n map[string]string) { n["SigningCertURL"] = "http://sns.eu-central-1.amazonaws.com/x.pem" }),
		"with a port":   h.notification("1", func(n map[string]string) { n["SigningCertURL"] = "https://sns.eu-central-1.amazonaws.com:8443/x.pem" }),
		"with a name":   h.notification("1", func(n map[string]string) { n["SigningCertURL"] = "https://a@sns.eu-central-1.amazonaws.com/x.pem" }),
		"no pem":        h.notification("1", func(n map[string]string) { n["SigningCertURL"] = "https://sns.eu-central-1.amazonaws.com/x" }),
		"version 3":     h.notification("3", same),
		"changed after": strings.Replace(h.notification("1", same), "5.1.1", "5.1.2", 1),
		"no signature":  strings.Replace(h.notification("1", same), `"Signature":"`, `"Signature":"AA`, 1),
		"elsewhere confirmed": h.notification("1", func(n map[string]string) {
			n["Type"], n["SubscribeURL"], n["Token"] = "SubscriptionConfirmation", "https://10.0.0.1/", "t"
		}),
	} {
		if got := h.call("/hooks/ses", body); got != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, got)
		}
	}
	if got := h.call("/hooks/ses", "noise"); got != http.StatusBadRequest {
		t.Errorf("noise: %d", got)
	}
	for _, url := range h.asked {
		if url != certURL {
			t.Errorf("%s was asked", url)
		}
	}
	h.wants("")

	// A certificate that cannot be read at the moment is no forgery.
	missing := h.notification("1", func(n map[string]string) {
		n["SigningCertURL"] = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-2.pem"
	})
	if got := h.call("/hooks/ses", missing); got != http.StatusServiceUnavailable {
		t.Errorf("without its certificate: %d, want 503", got)
	}
	for range 2 {
		if got := h.call("/hooks/ses", h.notification("2", same)); got != http.StatusOK {
			t.Errorf("a bounce: %d", got)
		}
	}
	h.wants("bounce hard user-unknown ended")
	const confirm = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"
	h.answers[confirm] = []byte("<ok/>")
	h.asked = nil
	subscribe := h.notification("1", func(n map[string]string) {
		n["Type"], n["SubscribeURL"], n["Token"], n["Message"] = "SubscriptionConfirmation", confirm, "t", "You have chosen"
	})
	if got := h.call("/hooks/ses", subscribe); got != http.StatusOK || len(h.asked) != 1 || h.asked[0] != confirm {
		t.Errorf("the subscription was answered %d, asked %v", got, h.asked)
	}
	complaint := h.notification("1", func(n map[string]string) {
		n["MessageId"], n["Subject"] = "m2", "A subject"
		n["Message"] = fmt.Sprintf(`{"eventType":"Complaint","mail":{"source":%q},"complaint":{"complainedRecipients":[{"emailAddress":%q}]}}`, h.sender, someone)
	})
	if got := h.call("/hooks/ses", complaint); got != http.StatusOK {
		t.Errorf("a complaint: %d", got)
	}
	h.wants("bounce hard user-unknown ended, complaint complaint  ended")
}

func TestSendGridProvesItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := fmt.Sprintf(`[{"email":%[1]q,"event":"processed","sg_event_id":"0"},{"email":%[1]q,"event":"bounce","type":"bounce","status":"5.2.2","reason":"552 5.2.2 mailbox full","sg_event_id":"1","delivery":%[2]q},
		{"email":%[1]q,"event":"bounce","type":"blocked","status":"","reason":"rejected","sg_event_id":"2","delivery":"forged"},{"email":%[1]q,"event":"spamreport","sg_event_id":"3","delivery":%[2]q}]`, someone, h.token)
	sign := func(at time.Time, text string) []string {
		stamp := strconv.FormatInt(at.Unix(), 10)
		sum := sha256.Sum256([]byte(stamp + text))
		signature, err := ecdsa.SignASN1(rand.Reader, h.ecdsa, sum[:])
		h.must(err)
		return []string{"X-Twilio-Email-Event-Webhook-Timestamp", stamp, "X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature)}
	}
	for name, headers := range map[string][]string{"unsigned": nil, "of another body": sign(storetest.Now(), body+" "), "of yesterday": sign(storetest.Now().Add(-25*time.Hour), body)} {
		if got := h.call("/hooks/sendgrid", body, headers...); got != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, got)
		}
	}
	for range 2 {
		if got := h.call("/hooks/sendgrid", body, sign(storetest.Now(), body)...); got != http.StatusOK {
			t.Errorf("signed: %d", got)
		}
	}
	h.wants("bounce soft mailbox-full counted, bounce soft other stranger, complaint complaint  ended")
}

func TestMailgunProvesItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	call := func(key string, at time.Time, number, event string) string {
		stamp := strconv.FormatInt(at.Unix(), 10)
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(stamp + number))
		return fmt.Sprintf(`{"signature":{"timestamp":%q,"token":%q,"signature":%q},"event-data":%s}`, stamp, number, hex.EncodeToString(mac.Sum(nil)), event)
	}
	const number = "0123456789abcdef0123456789abcdef"
	dead := fmt.Sprintf(`{"event":"failed","severity":"permanent","reason":"bounce","recipient":%q,"delivery-status":{"code":550,"message":"5.1.1 no such user"},"envelope":{"sender":%q}}`, someone, h.sender)
	for name, body := range map[string]string{"another key": call("other", storetest.Now(), number, dead), "of yesterday": call("signing-key", storetest.Now().Add(-25*time.Hour), number, dead), "no signature": `{"event-data":` + dead + `}`} {
		if got := h.call("/hooks/mailgun", body); got != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, got)
		}
	}
	late := fmt.Sprintf(`{"event":"failed","severity":"temporary","recipient":%q,"delivery-status":{"code":451},"user-variables":{"delivery":%q}}`, someone, h.token)
	if got := h.call("/hooks/mailgun", call("signing-key", storetest.Now(), number, late)); got != http.StatusOK {
		t.Errorf("signed: %d", got)
	}
	// A signature that was overheard brings in nothing else.
	if got := h.call("/hooks/mailgun", call("signing-key", storetest.Now(), number, dead)); got != http.StatusOK {
		t.Errorf("played again: %d", got)
	}
	h.wants("delay none")
	if got := h.call("/hooks/mailgun", call("signing-key", storetest.Now(), number[1:]+"0", dead)); got != http.StatusOK {
		t.Errorf("signed: %d", got)
	}
	h.wants("delay none, bounce hard user-unknown ended")
}

func TestPostmarkAndBrevoKnowASecret(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	postmark := fmt.Sprintf(`{"RecordType":"Bounce","Type":"HardBounce","ID":4323372036854775807,"Email":%q,"Details":"","Metadata":{"delivery":%q},"Content":"Return-Path: <>\r\n\r\nfull text"}`, someone, h.token)
	brevo := fmt.Sprintf(`{"event":"soft_bounce","email":%q,"reason":"452 4.2.2 mailbox full","message-id":"<1@x>","ts_event":1554105600,"X-Mailin-custom":%q}`, someone, h.token)
	for _, headers := range [][]string{nil, {"Authorization", basic("tidings:wrong")}, {"Authorization", "Bearer wrong"}, {"Authorization", "Bearer "}, {"Authorization", basic(":")}} {
		for path, body := range map[string]string{"/hooks/postmark": postmark, "/hooks/brevo": brevo} {
			if got := h.call(path, body, headers...); got != http.StatusForbidden {
				t.Errorf("%s with %v: %d, want 403", path, headers, got)
			}
		}
	}
	for range 2 {
		if got := h.call("/hooks/brevo", brevo, "Authorization", "Bearer a-long-bearer-token"); got != http.StatusOK {
			t.Errorf("brevo: %d", got)
		}
	}
	for _, body := range []string{postmark, `{"RecordType":"Open"}`, `{"RecordType":"Bounce","Type":"AutoResponder","ID":2,"Email":"x@example.org"}`} {
		if got := h.call("/hooks/postmark", body, "Authorization", basic("tidings:a-long-password")); got != http.StatusOK {
			t.Errorf("postmark: %d", got)
		}
	}
	if got := h.call("/hooks/postmark", "[", "Authorization", basic("tidings:a-long-password")); got != http.StatusBadRequest {
		t.Errorf("noise: %d", got)
	}
	h.wants("bounce soft mailbox-full counted, bounce hard user-unknown ended, autoreply none")
}

func TestWhileTheDatabaseIsAwayTheyComeAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must(h.store.Close())
	body := fmt.Sprintf(`{"event":"spam","email":%q,"message-id":"<1@x>"}`, someone)
	if got := h.call("/hooks/brevo", body, "Authorization", "Bearer a-long-bearer-token"); got != http.StatusServiceUnavailable {
		t.Errorf("without a database: %d, want 503", got)
	}
}

func TestAFaultOfTheSecretsRepeatsNone(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"hush", "hush=hush-hush", "ses=hush", "sendgrid=hush", "postmark=hush", "brevo=hush", "mailgun="} {
		_, err := hooks.ParseSettings(bad)
		if err == nil {
			t.Errorf("%s is taken", bad)
		} else if strings.Contains(strings.ReplaceAll(err.Error(), "not known: hush", ""), "hush") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	s, err := hooks.ParseSettings("")
	if err != nil || len((&hooks.Hooks{Settings: s}).Routes()) != 0 || len(s.Headers()) != 0 {
		t.Errorf("without secrets there are hooks: %v", err)
	}
}
