package hooks

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"sesec.eu/tidings/mailer/bounce"
	"sesec.eu/tidings/subscriptions"
)

// equal compares secrets in a time that tells nothing.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// postmarkEvent is what Postmark sends (https://postmarkapp.com/developer/webhooks/bounce-webhook).
type postmarkEvent struct {
	RecordType, Type, Email, Recipient, Description, Details, Content, MessageID, ChangedAt string
	ID                                                                                      int64
	SuppressSending                                                                         bool
	SuppressionReason                                                                       string
	Metadata                                                                                map[string]string
}

// postmarkTypes are its types of bounce, where the server's words do not tell.
var postmarkTypes = map[string]subscriptions.ReturnReason{
	"HardBounce": subscriptions.ReasonUserUnknown, "BadEmailAddress": subscriptions.ReasonUserUnknown, "AddressChange": subscriptions.ReasonMoved,
	"ManuallyDeactivated": subscriptions.ReasonDisabled, "SoftBounce": subscriptions.ReasonOther, "DnsError": subscriptions.ReasonDNS, "SpamNotification": subscriptions.ReasonSpam,
	"Blocked": subscriptions.ReasonPolicy, "DMARCPolicy": subscriptions.ReasonPolicy, "VirusNotification": subscriptions.ReasonSpam, "Unknown": subscriptions.ReasonOther,
}

func (h *Hooks) postmark(r *http.Request, body []byte) ([]subscriptions.Returned, error) {
	user, password, ok := r.BasicAuth()
	if !ok || !equal(user+":"+password, h.Postmark) {
		return nil, errProof
	}
	var e postmarkEvent
	if json.Unmarshal(body, &e) != nil {
		return nil, errForm
	}
	token := e.Metadata["delivery"]
	to := subscriptions.ReturnedRecipient{Address: e.Email, Diagnostic: strings.TrimSpace(e.Details + " " + e.Description)}
	kind := subscriptions.ReturnBounce
	switch {
	case e.RecordType == "SpamComplaint", e.RecordType == "Bounce" && e.Type == "SpamComplaint":
		kind = subscriptions.ReturnComplaint
	case e.RecordType == "SubscriptionChange" && e.SuppressSending && e.SuppressionReason == "ManualSuppression":
		to.Address, kind = e.Recipient, subscriptions.ReturnUnsubscribe
	case e.RecordType != "Bounce":
		return nil, nil
	case e.Type == "Unsubscribe":
		kind = subscriptions.ReturnUnsubscribe
	case e.Type == "AutoResponder":
		kind = subscriptions.ReturnAutoreply
	case e.Type == "ChallengeVerification":
		kind = subscriptions.ReturnChallenge
	case e.Type == "Transient":
		kind, to.Action = subscriptions.ReturnDelay, "delayed"
	default:
		to.Action = "failed"
		to.Reason, to.Class = bounce.Judge(0, "", e.Details)
		if known := postmarkTypes[e.Type]; known != "" && (e.Details == "" || to.Reason == subscriptions.ReasonOther) {
			to.Reason, to.Class = known, bounce.ClassOf(known, false)
		}
	}
	id := strconv.FormatInt(e.ID, 10)
	if e.ID == 0 {
		id = e.MessageID + e.ChangedAt
	}
	result := one(subscriptions.WayPostmark, kind, token, to, e.RecordType, id)
	result.Original = []byte(e.Content)
	return []subscriptions.Returned{result}, nil
}

// brevoEvent is what Brevo sends (https://developers.brevo.com/docs/transactional-webhooks).
type brevoEvent struct {
	Event, Email, Reason string
	Message              string `json:"message-id"`
	Custom               string `json:"X-Mailin-custom"`
	At                   int64  `json:"ts_event"`
}

func (h *Hooks) brevo(r *http.Request, body []byte) ([]subscriptions.Returned, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || !equal(token, h.Brevo) {
		return nil, errProof
	}
	var e brevoEvent
	if json.Unmarshal(body, &e) != nil {
		return nil, errForm
	}
	to := subscriptions.ReturnedRecipient{Address: e.Email, Diagnostic: e.Reason}
	kind := subscriptions.ReturnBounce
	to.Reason, to.Class = bounce.Judge(0, "", e.Reason)
	switch e.Event {
	case "hard_bounce", "invalid_email":
		if to.Action = "failed"; to.Reason == subscriptions.ReasonOther {
			to.Reason, to.Class = subscriptions.ReasonUserUnknown, subscriptions.ReturnHard
		}
	case "soft_bounce":
		if to.Action = "failed"; to.Class == subscriptions.ReturnHard && to.Reason == subscriptions.ReasonOther {
			to.Class = subscriptions.ReturnSoft
		}
	case "blocked":
		to.Reason, to.Class, to.Action = subscriptions.ReasonPolicy, subscriptions.ReturnSoft, "failed"
	case "deferred":
		kind, to.Action = subscriptions.ReturnDelay, "delayed"
	case "spam", "complaint":
		kind = subscriptions.ReturnComplaint
	case "unsubscribed":
		kind = subscriptions.ReturnUnsubscribe
	default:
		return nil, nil
	}
	return []subscriptions.Returned{one(subscriptions.WayBrevo, kind, e.Custom, to, e.Event, e.Message, e.Email, strconv.FormatInt(e.At, 10))}, nil
}
