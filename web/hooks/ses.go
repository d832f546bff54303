package hooks

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // SNS signs with it where version 2 is not switched on
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"sesec.eu/tidings/mailer/bounce"
	"sesec.eu/tidings/subscriptions"
)

// notification is a message of SNS
// (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html).
type notification struct {
	Type, TopicArn, Subject, Message, Timestamp string
	MessageID                                   string `json:"MessageId"`
	SignatureVersion, Signature, SigningCertURL string
	SubscribeURL, Token                         string
}

// signed is the text that the signature is over.
func (n notification) signed() string {
	fields := []string{"Message", n.Message, "MessageId", n.MessageID}
	if n.Type == "Notification" {
		if n.Subject != "" {
			fields = append(fields, "Subject", n.Subject)
		}
		fields = append(fields, "Timestamp", n.Timestamp, "TopicArn", n.TopicArn, "Type", n.Type)
	} else {
		fields = append(fields, "SubscribeURL", n.SubscribeURL, "Timestamp", n.Timestamp, "Token", n.Token, "TopicArn", n.TopicArn, "Type", n.Type)
	}
	return strings.Join(fields, "\n") + "\n"
}

// amazon is where certificates and subscriptions of SNS are. A region ends with a
// number; sns.s3-us-west-2.amazonaws.com would be somebody's bucket.
var (
	amazon        = regexp.MustCompile(`^sns\.[a-z]{2}(-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(\.cn)?$`)
	certificateAt = regexp.MustCompile(`^/SimpleNotificationService-[0-9a-zA-Z]+\.pem$`)
)

func ofAmazon(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.User == nil && amazon.MatchString(u.Host)
}

func certificateOfAmazon(address string) bool {
	u, err := url.Parse(address)
	return err == nil && ofAmazon(address) && certificateAt.MatchString(u.Path) && u.RawQuery == "" && u.Fragment == ""
}

type certificate struct {
	key   *rsa.PublicKey
	until time.Time
}

// certificate reads one, or knows it.
func (h *Hooks) certificate(ctx context.Context, address string) (*rsa.PublicKey, error) {
	if !certificateOfAmazon(address) {
		return nil, errProof
	}
	h.mu.Lock()
	known, ok := h.certs[address]
	h.mu.Unlock()
	if ok && h.Now().Before(known.until) {
		return known.key, nil
	}
	text, err := h.Get(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("read a certificate of SNS: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errProof
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || h.Now().After(cert.NotAfter) || h.Now().Before(cert.NotBefore) {
		return nil, errProof
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errProof
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.certs == nil || len(h.certs) > 16 {
		h.certs = map[string]certificate{}
	}
	h.certs[address] = certificate{key, h.Now().Add(24 * time.Hour)}
	return key, nil
}

func (h *Hooks) verify(ctx context.Context, n notification) error {
	at, err := time.Parse(time.RFC3339, n.Timestamp)
	if err != nil || !h.fresh(at) || n.TopicArn != h.SES {
		return errProof
	}
	signature, err := base64.StdEncoding.DecodeString(n.Signature)
	if err != nil {
		return errProof
	}
	var hash crypto.Hash
	var sum []byte
	switch n.SignatureVersion {
	case "1":
		s := sha1.Sum([]byte(n.signed())) //nolint:gosec // see above
		hash, sum = crypto.SHA1, s[:]
	case "2":
		s := sha256.Sum256([]byte(n.signed()))
		hash, sum = crypto.SHA256, s[:]
	default:
		return errProof
	}
	key, err := h.certificate(ctx, n.SigningCertURL)
	if err != nil {
		return err
	}
	if rsa.VerifyPKCS1v15(key, hash, sum, signature) != nil {
		return errProof
	}
	return nil
}

// sesEvent is what SES puts into it
// (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html).
type sesEvent struct {
	NotificationType, EventType string
	Mail                        struct{ Source, MessageID string }
	Bounce                      struct {
		BounceType, BounceSubType, FeedbackID string
		BouncedRecipients                     []struct{ EmailAddress, Action, Status, DiagnosticCode string }
	}
	Complaint struct {
		ComplaintFeedbackType, FeedbackID string
		ComplainedRecipients              []struct{ EmailAddress string }
	}
}

// sesReasons are its subtypes, where the server's words do not tell.
var sesReasons = map[string]subscriptions.ReturnReason{
	"NoEmail": subscriptions.ReasonUserUnknown, "Suppressed": subscriptions.ReasonDisabled, "OnAccountSuppressionList": subscriptions.ReasonDisabled,
	"MailboxFull": subscriptions.ReasonMailboxFull, "MessageTooLarge": subscriptions.ReasonSize, "ContentRejected": subscriptions.ReasonSpam, "AttachmentRejected": subscriptions.ReasonSpam,
}

func (h *Hooks) ses(r *http.Request, body []byte) ([]subscriptions.Returned, error) {
	var n notification
	if json.Unmarshal(body, &n) != nil {
		return nil, errForm
	}
	if err := h.verify(r.Context(), n); err != nil {
		return nil, err
	}
	switch n.Type {
	case "SubscriptionConfirmation":
		// The topic is the one that was set, and the signature Amazon's: it may report.
		if !ofAmazon(n.SubscribeURL) {
			return nil, errProof
		}
		_, err := h.Get(r.Context(), n.SubscribeURL)
		return nil, err
	case "Notification":
	default:
		return nil, nil
	}
	var e sesEvent
	if json.Unmarshal([]byte(n.Message), &e) != nil {
		return nil, nil //nolint:nilerr // the greeting that SES sends to a new topic is no JSON
	}
	token := tokenOf(e.Mail.Source)
	kind := strings.ToLower(e.NotificationType + e.EventType)
	result := subscriptions.Returned{ID: subscriptions.ReportID("ses", n.MessageID), Way: subscriptions.WaySES, Token: token, Format: "ses", Original: []byte(n.Message)}
	switch {
	case kind == "bounce":
		result.Kind = subscriptions.ReturnBounce
		for _, to := range e.Bounce.BouncedRecipients {
			result.Recipients = append(result.Recipients, sesRecipient(e.Bounce.BounceType, e.Bounce.BounceSubType, to.EmailAddress, to.Action, to.Status, to.DiagnosticCode))
		}
	case kind == "complaint" && e.Complaint.ComplaintFeedbackType != "not-spam":
		result.Kind = subscriptions.ReturnComplaint
		for _, to := range e.Complaint.ComplainedRecipients {
			result.Recipients = append(result.Recipients, subscriptions.ReturnedRecipient{Address: to.EmailAddress, Class: subscriptions.ReturnComplains})
		}
	default:
		return nil, nil
	}
	return []subscriptions.Returned{result}, nil
}

func sesRecipient(kind, sub, address, action, status, diagnostic string) subscriptions.ReturnedRecipient {
	r := subscriptions.ReturnedRecipient{Address: address, Action: action, Status: status, Diagnostic: diagnostic}
	r.Reason, r.Class = bounce.Judge(0, status, diagnostic)
	if known := sesReasons[sub]; known != "" && (diagnostic == "" || r.Reason == subscriptions.ReasonOther) {
		r.Reason, r.Class = known, bounce.ClassOf(known, kind == "Permanent")
	} else if r.Reason == subscriptions.ReasonOther {
		r.Class = bounce.ClassOf(subscriptions.ReasonOther, kind == "Permanent")
	}
	return r
}
