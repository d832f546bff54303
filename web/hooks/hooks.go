/*
Package hooks takes the reports of services that send for us: Amazon SES (by its
SNS), SendGrid, Mailgun, Postmark and Brevo. A hook exists where its secret is set.

# Whom we believe

Nobody reads a cookie here, and anybody may call. A report counts when its service
has proved itself: by a signature over the body (SES, SendGrid), over a number used
once (Mailgun), or by a secret that it was told (Postmark, Brevo, which sign
nothing). Signatures of another hour are refused, and each event is recorded once, so
that to play one again changes nothing. Even a service that proved itself counts
against an address only with our token, which it gives back: in the envelope sender
(SES, Mailgun) or in a field of its own that letters carry while its hook is set
(Settings.Headers).

# What is answered

200 when all events are recorded; what says nothing about us is dropped. 403 for who
did not prove themselves. 503 while the database is away: they all try again.
*/
package hooks

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
)

// MaxBody bounds a call. SendGrid puts a second's events into one.
const MaxBody = 4 << 20

// Settings are the secrets of the services; one that is empty has no hook.
type Settings struct {
	SES      string           // ARN of the SNS topic
	SendGrid *ecdsa.PublicKey // verification key
	Mailgun  string           // HTTP webhook signing key
	Postmark string           // user:password
	Brevo    string           // bearer token
}

// Hooks answers them.
type Hooks struct {
	Settings
	Bounces *subscriptions.BounceService
	Now     func() time.Time
	Log     *slog.Logger
	// Get reads a certificate, or confirms a subscription, of Amazon: never from a
	// network of ours.
	Get func(ctx context.Context, url string) ([]byte, error)

	mu    sync.Mutex
	certs map[string]certificate
}

// errProof is for who did not prove themselves.
var errProof = errors.New("no proof")

// errForm is for what is no event of the service.
var errForm = errors.New("not what this service sends")

// signedFor is how old a signature may be; the services sign anew when they try
// again.
const signedFor = time.Hour

// Routes gives the paths that are answered, by POST.
func (h *Hooks) Routes() map[string]gin.HandlerFunc {
	all := map[string]gin.HandlerFunc{}
	for _, r := range []struct {
		path string
		set  bool
		read func(r *http.Request, body []byte) ([]subscriptions.Returned, error)
	}{
		{"/hooks/ses", h.SES != "", h.ses}, {"/hooks/sendgrid", h.SendGrid != nil, h.sendGrid}, {"/hooks/mailgun", h.Mailgun != "", h.mailgun},
		{"/hooks/postmark", h.Postmark != "", h.postmark}, {"/hooks/brevo", h.Brevo != "", h.brevo},
	} {
		if r.set {
			all[r.path] = h.handle(r.path, r.read)
		}
	}
	return all
}

func (h *Hooks) handle(path string, read func(r *http.Request, body []byte) ([]subscriptions.Returned, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		ctx := c.Request.Context()
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			c.String(http.StatusRequestEntityTooLarge, "too large, or broken off\n")
			return
		}
		events, err := read(c.Request, body)
		switch {
		case errors.Is(err, errProof):
			h.Log.WarnContext(ctx, "a hook was called without proof", "hook", path)
			c.String(http.StatusForbidden, "this call is not proved to be of the service\n")
			return
		case errors.Is(err, errForm):
			h.Log.WarnContext(ctx, "a hook was called with what is no event", "hook", path)
			c.String(http.StatusBadRequest, "this is no event of the service\n")
			return
		case err != nil:
			h.Log.WarnContext(ctx, "a hook could not be answered; it will be called again", "hook", path, "error", err)
			c.String(http.StatusServiceUnavailable, "try again later\n")
			return
		}
		for _, e := range events {
			done, err := h.Bounces.Record(ctx, e)
			if err != nil {
				h.Log.WarnContext(ctx, "an event could not be recorded; it will come again", "hook", path, "error", err)
				c.String(http.StatusServiceUnavailable, "try again later\n")
				return
			}
			h.Log.InfoContext(ctx, "came back", "way", e.Way, "kind", e.Kind, "report", e.ID, "known", done.Known, "assigned", done.Assigned, "effect", string(done.Effect))
		}
		c.String(http.StatusOK, "recorded\n")
	}
}

// fresh reports whether a signature of that moment is taken.
func (h *Hooks) fresh(at time.Time) bool { return h.Now().Sub(at).Abs() <= signedFor }

// one is a report about one address.
func one(way subscriptions.Way, kind subscriptions.ReturnKind, token string, r subscriptions.ReturnedRecipient, id ...string) subscriptions.Returned {
	switch kind {
	case subscriptions.ReturnComplaint:
		r.Class, r.Reason = subscriptions.ReturnComplains, ""
	case subscriptions.ReturnBounce:
		if r.Class == "" {
			r.Class = subscriptions.ReturnSoft
		}
		if r.Reason == "" {
			r.Reason = subscriptions.ReasonOther
		}
	default:
		r.Class = subscriptions.ReturnNone
	}
	return subscriptions.Returned{ID: subscriptions.ReportID(append([]string{string(way)}, id...)...), Way: way, Kind: kind, Token: token,
		Recipients: []subscriptions.ReturnedRecipient{r}, Format: string(way)}
}

// tokenOf is that of an envelope sender of ours.
func tokenOf(sender string) string {
	if purpose, token, ok := subscriptions.MailToken(strings.Trim(sender, "<> ")); ok && purpose == subscriptions.PurposeDelivery {
		return token
	}
	return ""
}
