package desk

import (
	"net/http"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const accountPath = "/desk/account"

// AccountPage is what an editor looks after of their own.
type AccountPage struct {
	Frame
	Name      string // as it stands in the form
	CodesLeft int    // recovery codes that were not used
	Sessions  []SessionRow
	Faults    page.Faults
}

// SessionRow is a browser in which the editor is signed in.
type SessionRow struct {
	subscriptions.Session
	Device  string // "Firefox on Windows"
	Network string
	Here    bool // this one
}

func (d *Desk) account(v *Visit) error {
	return d.accountWith(v, http.StatusOK, v.Editor.Name, nil)
}

func (d *Desk) accountWith(v *Visit, status int, name string, faults page.Faults) error {
	ctx := v.Request.Context()
	left, err := d.Editors.RecoveryCodesLeft(ctx, v.Editor.ID)
	if err != nil {
		return err
	}
	sessions, err := d.Editors.SessionsOf(ctx, v.Editor.ID)
	if err != nil {
		return err
	}
	p := &AccountPage{Frame: Frame{Title: "Your account", Section: accountPath}, Name: name, CodesLeft: left, Faults: faults}
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, SessionRow{Session: s, Device: DeviceWords(s.Agent), Network: subscriptions.ShortenIP(s.IP), Here: s.ID == v.Session.ID})
	}
	return d.show(v, status, "desk/account", p)
}

func (d *Desk) rename(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	_, err = d.Editors.Rename(v.Request.Context(), v.By(), sent.Get("name"))
	if faults, ok := page.FaultsOf(err); ok && err != nil {
		return d.accountWith(v, http.StatusUnprocessableEntity, sent.Get("name"), faults)
	}
	if err != nil {
		return err
	}
	v.Say("Your name is saved.")
	return v.Go(accountPath)
}

func (d *Desk) changePassword(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	token, err := d.Editors.ChangePassword(v.Request.Context(), v.By(), v.Session, sent.Get("current"), sent.Get("password"), d.token(v, deviceName))
	status := http.StatusUnprocessableEntity
	faults, ok := page.FaultsOf(err)
	if !ok && subscriptions.CodeOf(err) == subscriptions.Limited {
		status, faults = signInFaults(err, "current")
	}
	if len(faults) > 0 {
		return d.accountWith(v, status, v.Editor.Name, faults)
	}
	if err != nil {
		return err
	}
	d.remember(v, token)
	return d.sayAfter(v, token, "The new password is set. You are signed out everywhere else.", accountPath)
}

// sayAfter leaves a sentence in a session that has just got another token.
func (d *Desk) sayAfter(v *Visit, token, sentence, to string) error {
	session, _, err := d.Sessions.Find(v.Request.Context(), token)
	if err != nil {
		return err
	}
	v.Session = session
	v.Say(sentence)
	return v.Go(to)
}

func (d *Desk) endSession(v *Visit) error {
	id, _ := strconv.ParseInt(v.Param("id"), 10, 64)
	if id == v.Session.ID {
		return &subscriptions.Error{Code: subscriptions.Refused, Message: "this is where you are signed in now", Hint: "Sign out instead."}
	}
	if err := d.Editors.EndSession(v.Request.Context(), v.By(), id); err != nil {
		return err
	}
	v.Say("That session is ended.")
	return v.Go(accountPath)
}

func (d *Desk) endSessions(v *Visit) error {
	if err := d.Editors.EndSessions(v.Request.Context(), v.By(), v.Session.ID); err != nil {
		return err
	}
	v.Say("You are signed out everywhere else.")
	return v.Go(accountPath)
}

// DeviceWords says what a browser says of itself (User-Agent) in words: "Firefox on
// Windows". It is a hint for whoever looks at their own sessions, no more.
func DeviceWords(agent string) string {
	first := func(of ...[2]string) string {
		for _, sign := range of {
			if strings.Contains(agent, sign[0]) {
				return sign[1]
			}
		}
		return ""
	}
	// In this order: each of them carries the names of those that follow.
	browser := first([2]string{"Edg", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Firefox/", "Firefox"}, [2]string{"FxiOS", "Firefox"},
		[2]string{"CriOS", "Chrome"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"}, [2]string{"curl/", "curl"})
	system := first([2]string{"iPhone", "an iPhone"}, [2]string{"iPad", "an iPad"}, [2]string{"Android", "Android"}, [2]string{"Windows", "Windows"},
		[2]string{"Mac OS X", "a Mac"}, [2]string{"CrOS", "ChromeOS"}, [2]string{"Linux", "Linux"})
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "" || system != "":
		return page.Sentence(browser + system)[:len(browser+system)]
	}
	return "An unknown browser"
}
