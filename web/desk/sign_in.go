package desk

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const (
	signInPath  = "/desk/sign-in"
	codePath    = "/desk/sign-in/code"
	confirmPath = "/desk/confirm"
)

// SignInPage asks for the address and the password.
type SignInPage struct {
	Frame
	Email  string
	To     string // where to go afterwards
	Set    bool   // a password was set a moment ago
	Faults page.Faults
}

func (d *Desk) signInForm(v *Visit) error {
	to := Within(v.Query("to"))
	if v.Session.ID != 0 {
		return v.Go(to)
	}
	return d.show(v, http.StatusOK, "desk/sign-in", &SignInPage{Frame: Frame{Title: "Sign in"}, To: to, Set: v.Query("set") != ""})
}

func (d *Desk) signIn(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	to := Within(sent.Get("to"))
	in, err := d.Editors.SignIn(v.Request.Context(), subscriptions.SignIn{Address: page.Email(sent), Password: sent.Get("password"),
		IP: page.ClientIP(v.Context), Agent: v.Request.UserAgent(), Device: d.token(v, deviceName), Before: d.token(v, cookieName)})
	if status, faults := signInFaults(err, "email"); faults != nil {
		v.Session, v.Editor = subscriptions.Session{}, subscriptions.Editor{}
		return d.show(v, status, "desk/sign-in", &SignInPage{Frame: Frame{Title: "Sign in"}, Email: sent.Get("email"), To: to, Faults: faults})
	}
	if err != nil {
		return err
	}
	d.remember(v, in.Token)
	if in.Waiting {
		return v.Go(codePath + "?" + url.Values{"to": {to}}.Encode())
	}
	d.know(v, in.Device)
	return v.Go(to)
}

// signInFaults turns what speaks against signing in into faults of the form.
func signInFaults(err error, field string) (int, page.Faults) {
	var e *subscriptions.Error
	if !errors.As(err, &e) {
		return 0, nil
	}
	fault := page.Faults{{Field: field, Message: page.Sentence(e.Message) + " " + page.Sentence(e.Hint)}}
	switch e.Code {
	case subscriptions.Refused, subscriptions.Invalid:
		return http.StatusUnprocessableEntity, fault
	case subscriptions.Limited:
		return http.StatusTooManyRequests, fault
	case subscriptions.Unavailable:
		return http.StatusServiceUnavailable, fault
	}
	return 0, nil
}

// CodePage asks for the code of the second factor.
type CodePage struct {
	Frame
	To     string
	Faults page.Faults
}

func (d *Desk) codeForm(v *Visit) error {
	to := Within(v.Query("to"))
	switch {
	case v.Session.ID != 0:
		return v.Go(to)
	case v.waiting.ID == 0:
		return v.Go(signInPath)
	}
	return d.show(v, http.StatusOK, "desk/code", &CodePage{Frame: Frame{Title: "Enter your code"}, To: to})
}

func (d *Desk) code(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	to := Within(sent.Get("to"))
	if v.waiting.ID == 0 {
		return v.Go(signInPath)
	}
	in, err := d.Editors.SecondStep(v.Request.Context(), v.waiting, sent.Get("code"), d.token(v, deviceName))
	status, faults := signInFaults(err, "code")
	if status == http.StatusTooManyRequests {
		// The session that waited is over: the way begins anew.
		d.forget(v)
		faults[0].Field = "email"
		return d.show(v, status, "desk/sign-in", &SignInPage{Frame: Frame{Title: "Sign in"}, To: to, Faults: faults})
	}
	if faults != nil {
		return d.show(v, status, "desk/code", &CodePage{Frame: Frame{Title: "Enter your code"}, To: to, Faults: faults})
	}
	if err != nil {
		return err
	}
	d.remember(v, in.Token)
	d.know(v, in.Device)
	return v.Go(to)
}

// ConfirmPage asks for the password once more, before what cannot be taken back.
type ConfirmPage struct {
	Frame
	To     string
	Faults page.Faults
}

func confirmAt(back string) string { return confirmPath + "?" + url.Values{"to": {back}}.Encode() }

func (d *Desk) confirmForm(v *Visit) error {
	return d.show(v, http.StatusOK, "desk/confirm", &ConfirmPage{Frame: Frame{Title: "Confirm that it is you"}, To: Within(v.Query("to"))})
}

func (d *Desk) confirm(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	to := Within(sent.Get("to"))
	token, err := d.Editors.Confirm(v.Request.Context(), v.Session, sent.Get("current"), page.ClientIP(v.Context), d.token(v, deviceName))
	if status, faults := signInFaults(err, "current"); faults != nil {
		return d.show(v, status, "desk/confirm", &ConfirmPage{Frame: Frame{Title: "Confirm that it is you"}, To: to, Faults: faults})
	}
	if err != nil {
		return err
	}
	d.remember(v, token)
	return v.Go(to)
}

// evenly holds an answer back until the next multiple of a step, so that the time
// it takes does not tell whether an address is known (MAIL 15). The real clock
// counts.
func evenly(v *Visit, start time.Time) {
	const step = 100 * time.Millisecond
	wait := time.NewTimer(step - max(time.Since(start), 0)%step)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-v.Request.Context().Done():
	}
}
