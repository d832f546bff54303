package hooks

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/mailer/bounce"
	"sesec.eu/tidings/subscriptions"
)

// sendGridEvent is one of a batch
// (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event).
type sendGridEvent struct {
	Email, Event, Type, Reason, Status, Delivery string
	ID                                           string `json:"sg_event_id"`
	Response                                     string
}

// sendGrid checks the signature over the moment and the body (ECDSA, SHA-256).
func (h *Hooks) sendGrid(r *http.Request, body []byte) ([]subscriptions.Returned, error) {
	stamp := r.Header.Get("X-Twilio-Email-Event-Webhook-Timestamp")
	signature, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Twilio-Email-Event-Webhook-Signature"))
	seconds, errStamp := strconv.ParseInt(stamp, 10, 64)
	if err != nil || errStamp != nil || !h.fresh(time.Unix(seconds, 0)) {
		return nil, errProof
	}
	sum := sha256.Sum256(append([]byte(stamp), body...))
	if !ecdsa.VerifyASN1(h.SendGrid, sum[:], signature) {
		return nil, errProof
	}
	var events []sendGridEvent
	if json.Unmarshal(body, &events) != nil {
		return nil, errForm
	}
	var all []subscriptions.Returned
	for _, e := range events {
		to := subscriptions.ReturnedRecipient{Address: e.Email, Status: e.Status, Diagnostic: e.Reason}
		var kind subscriptions.ReturnKind
		switch e.Event {
		case "bounce":
			kind, to.Action = subscriptions.ReturnBounce, "failed"
			to.Reason, to.Class = bounce.Judge(0, e.Status, e.Reason)
			if e.Type == "blocked" && to.Class == subscriptions.ReturnHard && to.Reason == subscriptions.ReasonOther {
				to.Reason, to.Class = subscriptions.ReasonPolicy, subscriptions.ReturnSoft
			}
		case "dropped":
			kind, to.Reason = dropped(e.Reason)
			to.Class = bounce.ClassOf(to.Reason, false)
		case "spamreport":
			kind = subscriptions.ReturnComplaint
		case "unsubscribe", "group_unsubscribe":
			kind = subscriptions.ReturnUnsubscribe
		case "deferred":
			kind, to.Action, to.Diagnostic = subscriptions.ReturnDelay, "delayed", e.Response
		default:
			continue // sent, opened: nothing that counts
		}
		if kind != "" && e.ID != "" {
			all = append(all, one(subscriptions.WaySendGrid, kind, e.Delivery, to, e.ID))
		}
	}
	return all, nil
}

// dropped is why a service did not even try: what it remembers of the address.
func dropped(reason string) (subscriptions.ReturnKind, subscriptions.ReturnReason) {
	lower := strings.ToLower(reason)
	switch {
	case strings.Contains(lower, "spam report"), strings.Contains(lower, "complaint"):
		return subscriptions.ReturnComplaint, ""
	case strings.Contains(lower, "unsubscribe"):
		return subscriptions.ReturnUnsubscribe, ""
	case strings.Contains(lower, "bounce"), strings.Contains(lower, "invalid"):
		return subscriptions.ReturnBounce, subscriptions.ReasonDisabled
	}
	return subscriptions.ReturnBounce, subscriptions.ReasonPolicy
}

// mailgunCall is what Mailgun sends
// (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks).
type mailgunCall struct {
	Signature struct{ Timestamp, Token, Signature string }
	Event     struct {
		Event, Severity, Reason, Recipient, ID string
		Status                                 struct {
			Code     int
			Message  string
			Words    string `json:"description"`
			Enhanced string `json:"enhanced-code"`
		} `json:"delivery-status"`
		Envelope  struct{ Sender string }
		Variables struct{ Delivery string } `json:"user-variables"`
	} `json:"event-data"`
}

// mailgun checks the signature (HMAC-SHA-256). It is over a moment and a number used
// once, not over the event: so the number is the report's identity, and a signature
// that was overheard brings nothing in a second time.
func (h *Hooks) mailgun(_ *http.Request, body []byte) ([]subscriptions.Returned, error) {
	var call mailgunCall
	if json.Unmarshal(body, &call) != nil {
		return nil, errForm
	}
	s := call.Signature
	seconds, err := strconv.ParseInt(s.Timestamp, 10, 64)
	given, errHex := hex.DecodeString(s.Signature)
	mac := hmac.New(sha256.New, []byte(h.Mailgun))
	mac.Write([]byte(s.Timestamp + s.Token))
	if err != nil || errHex != nil || len(s.Token) < 16 || !h.fresh(time.Unix(seconds, 0)) || !hmac.Equal(mac.Sum(nil), given) {
		return nil, errProof
	}
	e := call.Event
	token := e.Variables.Delivery
	if token == "" {
		token = tokenOf(e.Envelope.Sender)
	}
	words := strings.TrimSpace(e.Status.Message + " " + e.Status.Words)
	to := subscriptions.ReturnedRecipient{Address: e.Recipient, Status: e.Status.Enhanced, Diagnostic: words}
	kind := subscriptions.ReturnBounce
	switch {
	case e.Event == "failed" && e.Severity == "temporary":
		kind, to.Action = subscriptions.ReturnDelay, "delayed"
	case e.Event == "failed" && strings.HasPrefix(e.Reason, "suppress-"):
		kind, to.Reason = dropped(strings.TrimPrefix(e.Reason, "suppress-"))
		to.Class = bounce.ClassOf(to.Reason, false)
	case e.Event == "failed":
		to.Action = "failed"
		to.Reason, to.Class = bounce.Judge(e.Status.Code, e.Status.Enhanced, words)
	case e.Event == "complained":
		kind = subscriptions.ReturnComplaint
	case e.Event == "unsubscribed":
		kind = subscriptions.ReturnUnsubscribe
	default:
		return nil, nil
	}
	return []subscriptions.Returned{one(subscriptions.WayMailgun, kind, token, to, s.Token)}, nil
}
