package desk

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
)

// The cookies: the session's token, and what makes a browser known, which has its
// own allowance of tries to sign in. Behind TLS the names say that they came from
// this host, over TLS, for every path (RFC 6265bis, 4.1.3.2).
const (
	cookieName   = "tidings-desk"
	deviceName   = "tidings-device"
	securePrefix = "__Host-"
	deviceFor    = 180 * 24 * time.Hour
)

func (d *Desk) cookie(name string) string {
	if d.Secure {
		return securePrefix + name
	}
	return name
}

// token is the value of a cookie, "" when there is none.
func (d *Desk) token(v *Visit, name string) string {
	value, err := v.Cookie(d.cookie(name))
	if err != nil {
		return ""
	}
	return value
}

// recognise finds out who is signed in. Nobody is no fault; who has given the
// password and not yet the code is v.waiting, and nobody otherwise.
func (d *Desk) recognise(v *Visit) (bool, error) {
	token := d.token(v, cookieName)
	if token == "" {
		return false, nil
	}
	find := d.Sessions.Find
	if v.FullPath() == streamPath {
		find = d.Sessions.Peek // who watches is not there for that
	}
	session, editor, err := find(v.Request.Context(), token)
	if subscriptions.CodeOf(err) == subscriptions.Refused {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if session.Waiting {
		v.waiting = session
		return false, nil
	}
	v.Session, v.Editor = session, editor
	return true, nil
}

// SignedIn reports whether somebody of the desk asks, for what the site shows to
// them before it does to readers. A fault of the database counts as nobody.
func (d *Desk) SignedIn(c *gin.Context) bool {
	v := &Visit{Context: c, desk: d}
	ok, err := d.recognise(v)
	return ok && err == nil && !v.Editor.NeedsFactor()
}

// admit lets somebody who is signed in pass, or leads them to what comes first:
// whose role needs a second factor sets it up before anything else.
func (d *Desk) admit(v *Visit, r Route) bool {
	if !v.Editor.NeedsFactor() || strings.HasPrefix(r.Path, factorPath) || r.Path == confirmPath {
		return true
	}
	if v.Request.Method == http.MethodGet || v.Request.Method == http.MethodHead {
		_ = v.Go(factorPath) // it has no error
		return false
	}
	d.Pages.Say(v.Context, http.StatusForbidden, "A second factor comes first", "Your role needs one, and you have none yet. What you sent was not taken.",
		"Set it up under your name, in another tab, then send this again.")
	return false
}

// confirmed reports whether the password was given lately; if not it has led the
// visitor to where it is asked for, and back to the path afterwards.
func (d *Desk) confirmed(v *Visit, back string) bool {
	if v.Session.Confirmed(d.Now()) {
		return true
	}
	_ = v.Go(confirmAt(back)) // it has no error
	return false
}

// Confirmed reports whether the password was given within the last half hour.
func (v *Visit) Confirmed() bool { return v.Session.Confirmed(v.desk.Now()) }

// remember hands the browser its token, until it is closed; the session's own
// end is in its row.
func (d *Desk) remember(v *Visit, token string) { d.setCookie(v, cookieName, token, 0) }

// know makes the browser known.
func (d *Desk) know(v *Visit, device string) {
	if device != "" {
		d.setCookie(v, deviceName, device, deviceFor)
	}
}

// forget takes the token back.
func (d *Desk) forget(v *Visit) { d.setCookie(v, cookieName, "", -time.Second) }

func (d *Desk) setCookie(v *Visit, name, value string, lives time.Duration) {
	http.SetCookie(v.Writer, &http.Cookie{Name: d.cookie(name), Value: value, Path: "/", HttpOnly: true, Secure: d.Secure, //nolint:gosec // Secure wherever the site is behind TLS
		SameSite: http.SameSiteLaxMode, MaxAge: int(lives / time.Second)})
}

// signOut ends the session, also one that waits for its code.
func (d *Desk) signOut(v *Visit) error {
	ctx := v.Request.Context()
	switch {
	case v.Session.ID != 0:
		if err := d.Editors.EndSession(ctx, v.By(), v.Session.ID); err != nil && subscriptions.CodeOf(err) != subscriptions.NotFound {
			return err
		}
	case v.waiting.ID != 0:
		if err := d.Sessions.End(ctx, v.waiting.ID); err != nil {
			return err
		}
	}
	d.forget(v)
	return v.Go(signInPath)
}
