package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/unrolled/secure"

	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/hooks"
	"sesec.eu/tidings/web/page"
)

// policy lets a page load our stylesheet and our pictures, and send forms to
// us: no script, no frame, nobody else's anything.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers sets what every answer carries; a handler may replace a line for its
// own page, as the inbox does.
func headers(https bool) gin.HandlerFunc {
	o := secure.Options{
		ContentSecurityPolicy:     policy,
		ContentTypeNosniff:        true,
		CustomFrameOptionsValue:   "DENY",
		ReferrerPolicy:            "strict-origin-when-cross-origin",
		PermissionsPolicy:         "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
		CrossOriginOpenerPolicy:   "same-origin",
		CrossOriginResourcePolicy: "same-origin",
	}
	if https {
		// The proxy in front speaks TLS and we do not see it: say so regardless.
		o.STSSeconds, o.ForceSTSHeader = int64(365*24*time.Hour/time.Second), true
	}
	s := secure.New(o)
	return func(c *gin.Context) {
		// An error means that it has answered by itself; with these options it
		// never does.
		if err := s.Process(c.Writer, c.Request); err != nil {
			c.Abort()
		}
	}
}

// requests logs one line a request. A link in its path may be one that only one
// person has, so that neither the path as it came nor the query is written.
func requests(log *slog.Logger, now func() time.Time) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := now()
		c.Next()
		level := slog.LevelInfo
		if p := c.Request.URL.Path; p == "/healthz" || p == "/readyz" || p == "/metrics" || strings.HasPrefix(p, "/static/") {
			level = slog.LevelDebug
		}
		log.Log(c.Request.Context(), level, "request", "method", c.Request.Method, "path", Redact(c.Request.URL.Path),
			"status", c.Writer.Status(), "bytes", max(c.Writer.Size(), 0), "took", now().Sub(start))
	}
}

// maxLogged bounds what a stranger can write into the log with one request.
const maxLogged = 200

// Redact takes tokens out of a path: whatever follows the name of a route that
// has one, however the path is spelled.
func Redact(p string) string {
	parts := strings.Split(path.Clean("/"+p), "/")
	for i := 1; i < len(parts); i++ {
		switch strings.ToLower(parts[i-1]) {
		case "confirm", "preferences", "unsubscribe", "address", "restore", "alive", "invitation", "reset", "register", "attend", "registration":
			parts[i] = "…"
		}
	}
	p = strings.Join(parts, "/")
	if len(p) > maxLogged {
		p = strings.ToValidUTF8(p[:maxLogged], "") + "…"
	}
	return p
}

// recoverer turns a panic into an error page, and its stack into the log.
func recoverer(pages *page.Renderer) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			if err, ok := r.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(r) // the agreed way to drop a connection
			}
			c.Abort()
			err := fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			if c.Writer.Written() {
				pages.Log.ErrorContext(c.Request.Context(), "request failed half-way", "route", c.FullPath(), "error", err)
				return
			}
			pages.Fail(c, err)
		}()
		c.Next()
	}
}

// limitBody bounds what is read of a request: page.MaxBody, but for the routes of
// the desk that take more.
func limitBody(routes []desk.Route) gin.HandlerFunc {
	more := map[string]int64{}
	for _, r := range routes {
		if r.Body > 0 {
			more[r.Method+" "+r.Path] = r.Body
		}
	}
	return func(c *gin.Context) {
		limit, ok := more[c.Request.Method+" "+c.FullPath()]
		switch {
		case strings.HasPrefix(c.FullPath(), "/hooks/"):
			limit = hooks.MaxBody
		case !ok:
			limit = page.MaxBody
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
	}
}

// onlyText answers for names with a zero byte or what is not UTF-8. Nothing of
// ours is called so, and PostgreSQL takes the question for a fault.
func (r router) onlyText(c *gin.Context) {
	if name := c.Param("slug"); !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		c.Abort()
		r.notFound(c)
	}
}

// sameOrigin refuses forms that another site sends in a reader's browser. It is
// for the forms that need no link; where the path holds a token, the token is
// the right to act, and one-click (RFC 8058) comes from anywhere. Nor could it
// be checked there: a page with "Referrer-Policy: no-referrer" sends its forms
// with "Origin: null".
func sameOrigin(pages *page.Renderer) (gin.HandlerFunc, error) {
	check := http.NewCrossOriginProtection()
	if err := check.AddTrustedOrigin(pages.Identity().BaseURL); err != nil {
		return nil, fmt.Errorf("the site's base URL %q: %w", pages.Identity().BaseURL, err)
	}
	for _, route := range []string{"/unsubscribe/{token}", "/preferences/{token}", "/preferences/{token}/{act}", "/confirm/{token}", "/address/{token}", "/restore/{token}", "/alive/{token}",
		"/register/{token}", "/attend/{token}", "/registration/{token}", "/hooks/{service}"} {
		check.AddInsecureBypassPattern("POST " + route)
	}
	return func(c *gin.Context) {
		if err := check.Check(c.Request); err != nil {
			c.Abort()
			pages.Say(c, http.StatusForbidden, "This form came from elsewhere",
				"Your browser says that another site sent it.", "Open the form here and send it again.", page.Way{Path: "/subscribe", Text: "Subscribe"}, page.Way{Path: "/manage", Text: "Change topics or leave"})
		}
	}, nil
}
