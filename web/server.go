// Package web puts the site together: which path calls what (routes.go), and
// what holds for every request (middleware.go).
//
// # A request
//
//	requests     one line in the log, tokens left out
//	recoverer    a panic is an error page
//	headers      no script, no frame, no sniffing; HSTS behind TLS
//	limitBody    64 KB, or what a route of the desk or a hook takes
//	onlyText     a name that is no text is nobody's
//	sameOrigin   no form from another site, but where a token is the right
//	handler      package public or desk; pages and errors through package page
//
// The pages of readers need no script, set no cookie and load nothing from
// elsewhere. One has a script of our own: that which asks for a proof of work, and
// does without. The desk has scripts and a cookie, and works without the scripts.
package web

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/hooks"
	"sesec.eu/tidings/web/ops"
	"sesec.eu/tidings/web/page"
	"sesec.eu/tidings/web/public"
	"sesec.eu/tidings/web/static"
)

// Options is what the site is made of.
type Options struct {
	Identity       subscriptions.Identity
	Subscriptions  *subscriptions.SubscriptionService
	Signups        *subscriptions.SignupService
	Archive        *subscriptions.ArchiveService
	Seats          *subscriptions.RegistrationService // of webinars; nil: made of what the others have
	Desk           *desk.Desk                         // where editors work; Pages, Now, Secure and Demo are filled in
	Keep           subscriptions.Keep                 // what the privacy page tells, without Settings
	Settings       *subscriptions.SettingsService     // nil: Identity and Keep are for good
	Templates      fs.FS                              // nil: those of this build
	Ops            *ops.Ops                           // what those who run the service look at
	Hooks          *hooks.Hooks                       // reports of services that send for us; nil for none
	Log            *slog.Logger
	Now            func() time.Time
	Inbox          public.Inbox // nil unless this is the demo
	Clock          public.Clock // the same: it can be moved on
	TrustedProxies []string     // addresses or CIDRs whose X-Forwarded-For is believed
	Demo           bool
}

// New parses every template and builds the site.
func New(o Options) (http.Handler, error) {
	if o.Subscriptions == nil || o.Signups == nil || o.Archive == nil || o.Desk == nil || o.Ops == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("the site needs its services, a log and a clock")
	}
	if err := o.Identity.Validate(); err != nil {
		return nil, err
	}
	assets, err := static.New()
	if err != nil {
		return nil, err
	}
	pages, err := page.New(page.Options{Identity: o.Identity, House: houseOf(o.Settings, o.Log), Keep: o.Keep, Templates: o.Templates, Asset: assets.Path, Now: o.Now, Log: o.Log,
		Demo: o.Demo, Inbox: o.Inbox != nil, ClockMoves: o.Clock != nil, FormToken: o.Signups.FormToken})
	if err != nil {
		return nil, err
	}
	sameOrigin, err := sameOrigin(pages)
	if err != nil {
		return nil, err
	}
	engine, err := newEngine(o.TrustedProxies)
	if err != nil {
		return nil, err
	}
	r := router{engine, pages}
	https := strings.HasPrefix(o.Identity.BaseURL, "https://")
	o.Desk.Pages, o.Desk.Now, o.Desk.Secure, o.Desk.Demo = pages, o.Now, https, o.Demo
	// The clock of a demo stands in another year, and only the duration counts.
	engine.Use(requests(o.Log, o.Now), recoverer(pages), headers(https),
		limitBody(o.Desk.Routes()), r.onlyText, r.refresh, sameOrigin)
	if o.Seats == nil {
		o.Seats = &subscriptions.RegistrationService{Store: o.Archive.Store, Keys: o.Subscriptions.Keys, Now: o.Now}
	}
	site := &public.Site{Seats: o.Seats, Clock: o.Clock, Pages: pages, Subscriptions: o.Subscriptions, Signups: o.Signups, Archive: o.Archive, Inbox: o.Inbox, Now: o.Now,
		Attachments: o.Desk.Attachments, SignedIn: o.Desk.SignedIn}
	o.Desk.Settings, o.Desk.Home = o.Settings, homeAs(site)
	r.routes(site)
	r.desk(o.Desk)
	r.machinery(assets)
	r.look(o.Archive.Store)
	r.operators(o.Ops)
	r.hooks(o.Hooks)
	return engine, nil
}

// newEngine knows who is asking, and answers each path as it is written.
func newEngine(trustedProxies []string) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash, engine.RedirectFixedPath = false, false // notFound does the first, in our look
	// gin believes X-Real-IP too, which a proxy that does not know it lets through.
	engine.RemoteIPHeaders = []string{"X-Forwarded-For"}
	if err := engine.SetTrustedProxies(trustedProxies); err != nil {
		return nil, &subscriptions.Error{Code: subscriptions.Invalid, Field: "trusted_proxies", Err: err,
			Message: "a trusted proxy is not an address", Hint: "Give addresses or ranges, such as 10.0.0.0/8."}
	}
	return engine, nil
}

// HTTPServer is a server for the handler with bounds on time and size, so that
// slow or endless requests do not use it up.
func HTTPServer(addr string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}
