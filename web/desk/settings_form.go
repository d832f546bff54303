package desk

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// readSettings reads the form of a page: the version it was shown with, the fields of
// that page and no other, and the pictures that were sent with it.
func (d *Desk) readSettings(v *Visit, p subscriptions.SettingPage) (sent url.Values, base int64, changes subscriptions.Settings, pictures []subscriptions.Picture, err error) {
	if sent, err = page.Form(v.Context); err != nil {
		return sent, 0, nil, nil, err
	}
	if base, err = strconv.ParseInt(sent.Get("version"), 10, 64); err != nil || base < 0 {
		return sent, 0, nil, nil, &subscriptions.Error{Code: subscriptions.Invalid, Message: "the form does not say which version it was shown with", Hint: "Open the page again."}
	}
	changes = subscriptions.Settings{}
	var faults []error
	for _, f := range subscriptions.SettingFields() {
		if _, fixed := d.Settings.Fixed[f.Key]; f.Page != p || fixed {
			continue
		}
		if f.Kind != subscriptions.SettingPicture {
			if sent.Has(f.Key) {
				changes[f.Key] = sent.Get(f.Key)
			}
			continue
		}
		picture, found, err := pictureSent(v.Request, f.Key)
		switch {
		case err != nil:
			faults = append(faults, err)
		case found:
			pictures, changes[f.Key] = append(pictures, picture), picture.Setting()
		case slices.Contains(sent["remove"], f.Key):
			changes[f.Key] = ""
		}
	}
	return sent, base, changes, pictures, errors.Join(faults...)
}

// pictureSent reads a file of the form. A field without a file is none.
func pictureSent(r *http.Request, key string) (p subscriptions.Picture, found bool, err error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File[key]) == 0 {
		return p, false, nil
	}
	header := r.MultipartForm.File[key][0]
	if header.Size == 0 && header.Filename == "" {
		return p, false, nil
	}
	data, err := read(header)
	if err != nil {
		return p, false, fmt.Errorf("read the picture that was sent: %w", err)
	}
	p, err = subscriptions.NewPicture(key, data)
	return p, true, err
}

func read(header *multipart.FileHeader) ([]byte, error) {
	f, err := header.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, subscriptions.MaxPicture+1))
	return data, errors.Join(err, f.Close())
}

// logoPath is where the picture of a value is served; "" for none.
func logoPath(value string) string {
	name, _, _ := strings.Cut(value, " ")
	if !subscriptions.PictureName(name) {
		return ""
	}
	return page.PicturePath(name)
}

// letterPolicy is for a letter that stands alone: its own styles, pictures, no more.
const letterPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox allow-popups"

// homePolicy is that of a page whose forms send nothing.
const homePolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// previewSettings shows what home, confirmation and digest would look like with what
// stands in the form. Nothing is stored.
func (d *Desk) previewSettings(v *Visit) error {
	p := subscriptions.SettingPage(v.Query("of"))
	if _, ok := settingsPages[p]; !ok {
		return &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such page of settings"}
	}
	sent, base, changes, pictures, err := d.readSettings(v, p)
	var proposal subscriptions.Proposal
	if err == nil {
		proposal, err = d.Settings.Propose(v.Request.Context(), base, changes)
	}
	if err != nil {
		return d.settingsAgain(v, p, sent, err)
	}
	show := sent.Get("show")
	if show == "home" {
		v.Header("Content-Security-Policy", homePolicy)
		return d.Home(v.Context, proposal.House, pictures)
	}
	letter, err := d.Letter(v.Request.Context(), proposal.House, show)
	if err != nil {
		return err
	}
	for _, picture := range pictures {
		letter = strings.ReplaceAll(letter, proposal.House.Identity.PictureURL(picture.Name), picture.DataURL())
	}
	// A letter loads its logo from the site's address, which need not be the one the
	// editor is at.
	letter = strings.ReplaceAll(letter, proposal.House.Identity.PictureURL(""), page.PicturePath(""))
	v.Header("Content-Security-Policy", letterPolicy)
	v.Data(http.StatusOK, "text/html; charset=utf-8", []byte(letter))
	return nil
}
