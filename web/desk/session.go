package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
)

// The cookie that holds the session's token. Behind TLS its name says that it
// came from this host, over TLS, for every path (RFC 6265bis, 4.1.3.2).
const (
	cookieName       = "tidings-desk"
	secureCookieName = "__Host-" + cookieName
)

func (d *Desk) cookie() string {
	if d.Secure {
		return secureCookieName
	}
	return cookieName
}

// recognise finds out who is signed in. Nobody is no fault.
func (d *Desk) recognise(v *Visit) (bool, error) {
	token, err := v.Cookie(d.cookie())
	if err != nil {
		return false, nil //nolint:nilerr // there is no cookie
	}
	session, editor, err := d.Sessions.Find(v.Request.Context(), token)
	if subscriptions.CodeOf(err) == subscriptions.Refused {
		return false, nil
	}
	if err != nil || session.Waiting {
		return false, err
	}
	v.Session, v.Editor = session, editor
	return true, nil
}

// remember hands the browser its token, until it is closed; the session's own
// end is in its row.
func (d *Desk) remember(v *Visit, token string) {
	d.setCookie(v, token, 0)
}

// forget takes the token back.
func (d *Desk) forget(v *Visit) {
	d.setCookie(v, "", -1)
}

func (d *Desk) setCookie(v *Visit, token string, age int) {
	http.SetCookie(v.Writer, &http.Cookie{Name: d.cookie(), Value: token, Path: "/", MaxAge: age, HttpOnly: true,
		Secure: d.Secure, SameSite: http.SameSiteLaxMode}) //nolint:gosec // Secure wherever the site is: not on a machine of one's own
}

// signOut ends the session.
func (d *Desk) signOut(v *Visit) error {
	if v.Session.ID != 0 {
		if err := d.Sessions.End(v.Request.Context(), v.Session.ID); err != nil {
			return err
		}
	}
	d.forget(v)
	return v.Go("/desk/sign-in")
}
