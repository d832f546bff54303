package desk

import (
	"errors"
	"net/http"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// The ways in without a password: an invitation, and a reset. Opening a link
// changes nothing; its form sets the password.

// ForgotPage asks for the address to which a link is sent.
type ForgotPage struct {
	Frame
	Over   string // why the link that led here does not work; "" when none did
	Email  string
	Faults page.Faults
}

var forgotFrame = Frame{Title: "Forgot your password"}

func (d *Desk) forgotForm(v *Visit) error {
	return d.show(v, http.StatusOK, "desk/forgot", &ForgotPage{Frame: forgotFrame})
}

func (d *Desk) forgot(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	start := time.Now()
	err = d.Editors.AskReset(v.Request.Context(), page.Email(sent), page.ClientIP(v.Context))
	if status, faults := signInFaults(err, "email"); faults != nil {
		return d.show(v, status, "desk/forgot", &ForgotPage{Frame: forgotFrame, Email: sent.Get("email"), Faults: faults})
	}
	evenly(v, start)
	if err != nil {
		return err
	}
	return v.Go("/desk/forgot/sent")
}

// ForgotSentPage says that a link is on its way, if there is somebody to get it.
type ForgotSentPage struct{ Frame }

func (d *Desk) forgotSent(v *Visit) error {
	return d.show(v, http.StatusOK, "desk/forgot-sent", &ForgotSentPage{Frame: Frame{Title: "Look in your inbox"}})
}

// SetPasswordPage sets a password by a link.
type SetPasswordPage struct {
	Frame
	Welcome bool   // it is the first one
	Name    string // of the person the link is for
	Email   string // their address, for password managers
	Action  string
	Faults  page.Faults
}

func (d *Desk) invitationForm(v *Visit) error { return d.linkForm(v, subscriptions.PurposeInvitation) }
func (d *Desk) invitation(v *Visit) error     { return d.link(v, subscriptions.PurposeInvitation) }
func (d *Desk) resetForm(v *Visit) error      { return d.linkForm(v, subscriptions.PurposeReset) }
func (d *Desk) reset(v *Visit) error          { return d.link(v, subscriptions.PurposeReset) }

func (d *Desk) linkForm(v *Visit, p subscriptions.Purpose) error {
	to, err := d.Editors.Linked(v.Request.Context(), p, v.Param("token"))
	if err != nil {
		return d.linkOver(v, err)
	}
	return d.show(v, http.StatusOK, "desk/set-password", newSetPassword(v, p, to.Editor, nil))
}

// linkOver says why a link does not work, and offers a fresh one.
func (d *Desk) linkOver(v *Visit, err error) error {
	code := subscriptions.CodeOf(err)
	if code != subscriptions.Expired && code != subscriptions.Forged {
		return err
	}
	why := page.Sentence(err.Error())
	if e := (*subscriptions.Error)(nil); errors.As(err, &e) {
		why = page.Sentence(e.Message)
	}
	return d.show(v, page.Status(err), "desk/forgot", &ForgotPage{Frame: Frame{Title: "This link does not work"}, Over: why})
}

func newSetPassword(v *Visit, p subscriptions.Purpose, e subscriptions.Editor, faults page.Faults) *SetPasswordPage {
	set := &SetPasswordPage{Frame: Frame{Title: "Set a new password"}, Name: e.Name, Email: e.Address, Action: v.Request.URL.Path, Faults: faults}
	if p == subscriptions.PurposeInvitation {
		set.Title, set.Welcome = "Welcome to the desk", true
	}
	return set
}

func (d *Desk) link(v *Visit, p subscriptions.Purpose) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	e, err := d.Editors.SetByLink(v.Request.Context(), p, v.Param("token"), sent.Get("password"), page.ClientIP(v.Context))
	if faults, ok := page.FaultsOf(err); ok && err != nil {
		return d.show(v, http.StatusUnprocessableEntity, "desk/set-password", newSetPassword(v, p, e, faults))
	}
	if err != nil {
		return d.linkOver(v, err)
	}
	d.forget(v) // whoever was signed in here
	return v.Go(signInPath + "?set=1")
}
