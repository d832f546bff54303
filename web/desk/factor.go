package desk

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const factorPath = "/desk/account/factor"

// FactorPage sets the second factor up.
type FactorPage struct {
	Frame
	First   bool         // the role needs it before anything else
	Picture template.URL // of the secret, for the app to scan
	Secret  string       // in groups, for who types it
	Sealed  string
	Faults  page.Faults
}

// GET makes a secret and keeps nothing: it comes back, sealed, with the form.
func (d *Desk) factorForm(v *Visit) error {
	if !d.confirmed(v, factorPath) {
		return nil
	}
	setup, err := d.Editors.NewFactor(v.Editor)
	if err != nil {
		return err
	}
	return d.factorWith(v, http.StatusOK, setup, nil)
}

func (d *Desk) factorWith(v *Visit, status int, setup subscriptions.FactorSetup, faults page.Faults) error {
	return d.show(v, status, "desk/factor", &FactorPage{Frame: Frame{Title: "Second factor", Section: accountPath}, First: v.Editor.NeedsFactor(),
		Picture: PictureURL(setup.Picture), Secret: grouped(setup.Secret), Sealed: setup.Sealed, Faults: faults})
}

// PictureURL is an SVG as an address, which the content policy lets pages show.
func PictureURL(svg string) template.URL {
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))) //nolint:gosec // our own picture, in base64
}

// grouped sets a secret in groups of four, as it is read off.
func grouped(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (d *Desk) setFactor(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	if !d.confirmed(v, factorPath) {
		return nil
	}
	token, codes, err := d.Editors.SetFactor(v.Request.Context(), v.By(), v.Session, sent.Get("setup"), sent.Get("code"))
	if faults, ok := page.FaultsOf(err); ok && err != nil {
		setup, err := d.Editors.SameFactor(v.Editor, sent.Get("setup"))
		if err != nil {
			return err
		}
		return d.factorWith(v, http.StatusUnprocessableEntity, setup, faults)
	}
	if err != nil {
		return err
	}
	d.remember(v, token)
	return d.showCodes(v, codes, true)
}

func (d *Desk) removeFactor(v *Visit) error {
	if !d.confirmed(v, accountPath) {
		return nil
	}
	token, err := d.Editors.RemoveFactor(v.Request.Context(), v.By(), v.Session)
	if err != nil {
		return err
	}
	d.remember(v, token)
	return d.sayAfter(v, token, "The second factor is off. You sign in with the password alone.", accountPath)
}

// CodesPage shows recovery codes, once: it is the answer to the form, and has no
// address of its own.
type CodesPage struct {
	Frame
	Codes []string
	New   bool // with a new second factor
}

func (d *Desk) newCodes(v *Visit) error {
	if !d.confirmed(v, accountPath) {
		return nil
	}
	codes, err := d.Editors.NewRecoveryCodes(v.Request.Context(), v.By(), v.Session)
	if err != nil {
		return err
	}
	return d.showCodes(v, codes, false)
}

func (d *Desk) showCodes(v *Visit, codes []string, fresh bool) error {
	return d.show(v, http.StatusOK, "desk/codes", &CodesPage{Frame: Frame{Title: "Your recovery codes", Section: accountPath}, Codes: codes, New: fresh})
}
