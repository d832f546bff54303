package web_test

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

func settingsCases(frame desk.Frame, now time.Time) []framed {
	frame.Section = "/desk/settings"
	tabs := []page.NavLink{{Path: "/desk/settings", Text: "Name and sender"}, {Path: "/desk/settings/look", Text: "Look", Current: true}, {Path: "/desk/settings/history", Text: "History"}}
	pageOf := func(p subscriptions.SettingPage, change func(f *desk.SettingsField)) *desk.SettingsPage {
		s := &desk.SettingsPage{Frame: frame, Path: "/desk/settings/look", Of: p, Tabs: tabs, Intro: "What it is about.", Version: 3}
		for _, f := range subscriptions.SettingFields() {
			if f.Page != p {
				continue
			}
			if n := len(s.Sections); n == 0 || s.Sections[n-1].Heading != f.Section {
				s.Sections = append(s.Sections, desk.SettingsSection{Heading: f.Section})
			}
			field := desk.SettingsField{SettingField: f, Value: f.Standard}
			if change != nil {
				change(&field)
			}
			s.Sections[len(s.Sections)-1].Fields = append(s.Sections[len(s.Sections)-1].Fields, field)
		}
		return s
	}
	whole := pageOf(subscriptions.SettingsLook, func(f *desk.SettingsField) {
		if f.Kind == subscriptions.SettingPicture {
			f.Picture = "/pictures/0123456789abcdef0123456789abcdef.png"
		}
	})
	whole.Files, whole.Previews = true, []desk.Preview{{Show: "home", Text: "Home page"}, {Show: "digest", Text: "Digest"}}
	whole.Pairs = []desk.PairRow{{Name: "links on the paper", Light: "7.5", Dark: "9.1"}}
	whole.Last = &subscriptions.SettingsVersion{Version: 3, At: now, By: "Ada", Note: "restored version 1"}
	whole.Warnings = []subscriptions.Warning{{Field: "logo.light", Message: "Outlook shows no WebP."}}
	faulty := pageOf(subscriptions.SettingsTexts, func(f *desk.SettingsField) {
		f.Faults, f.Differs, f.Theirs, f.Value = []string{"It is too long."}, true, "Theirs\nof two lines", strings.Repeat("a long text ", 40)
	})
	faulty.By, faulty.Faults = "Bob", page.Faults{{Field: "text.consent", Message: "It is too long."}}
	fixed := pageOf(subscriptions.SettingsIdentity, func(f *desk.SettingsField) {
		if strings.HasPrefix(f.Key, "sender.") {
			f.Fixed = "TIDINGS_FROM"
		}
	})
	locked := pageOf(subscriptions.SettingsRetention, nil)
	locked.Locked = true
	return []framed{whole, faulty, fixed, locked, pageOf(subscriptions.SettingsRelease, nil)}
}

func historyCases(frame desk.Frame, now time.Time) []framed {
	row := desk.SettingsRow{SettingsVersion: subscriptions.SettingsVersion{Version: 12, At: now, By: "Ada", Note: "restored version 3"}, Changed: "Colours by day: links, The publication: name and 4 more", Current: true}
	return []framed{&desk.SettingsHistoryPage{Frame: frame}, &desk.SettingsHistoryPage{Frame: frame, Rows: []desk.SettingsRow{row, {SettingsVersion: subscriptions.SettingsVersion{Version: 11, At: now, By: strings.Repeat("Long name ", 8)}}}, Older: "/desk/settings/history?before=11"}}
}

func versionCases(frame desk.Frame, now time.Time) []framed {
	f, err := subscriptions.FindSetting("lede")
	if err != nil {
		panic(err)
	}
	changes := []subscriptions.SettingChange{{Field: f, New: strings.Repeat("a long text ", 40)}, {Field: f, Old: "Old"}}
	return []framed{&desk.SettingsVersionPage{Frame: frame, SettingsVersion: subscriptions.SettingsVersion{Version: 3, At: now, By: "Ada"}, Changes: changes, Restores: changes},
		&desk.SettingsVersionPage{Frame: frame, Current: true}, &desk.SettingsVersionPage{Frame: frame, SettingsVersion: subscriptions.SettingsVersion{Version: 2, At: now, By: "Ada"}, Locked: true}}
}

// sends posts a form with files.
func (d *atDesk) sends(path string, form url.Values, files map[string][]byte) answer {
	d.s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	var err error
	for name, values := range form {
		for _, value := range values {
			err = errors.Join(err, w.WriteField(name, value))
		}
	}
	for name, data := range files {
		part, err2 := w.CreateFormFile(name, "any name")
		if err = errors.Join(err, err2); err == nil {
			_, err = part.Write(data)
		}
	}
	if err = errors.Join(err, w.Close()); err != nil {
		d.s.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return d.do(r)
}

func TestSettingsAreChangedAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.as(subscriptions.RoleAdmin)
	ada.get("/desk/settings").want(t, http.StatusOK, "Nothing was set yet", `value="SESEC Tidings"`)
	got := ada.post("/desk/settings", url.Values{"version": {"0"}, "site": {"Grüne Post"}, "lede": {"Two\r\nlines"}})
	got.want(t, http.StatusSeeOther)
	ada.get("/desk/settings").want(t, http.StatusOK, "Saved: 2 settings.", `value="Grüne Post"`, "by The admin")
	s.get("/").want(t, http.StatusOK, "Grüne Post")

	// What is wrong comes back with the words, and nothing is saved.
	bad := ada.post("/desk/settings", url.Values{"version": {"1"}, "site": {"Theirs"}, "zone.first": {"Mars/Olympus"}, "sender.address": {"us"}})
	bad.want(t, http.StatusUnprocessableEntity, "2 things are not right yet", `href="#zone.first"`, "There is no time zone Mars/Olympus", `value="Mars/Olympus"`, `value="Theirs"`)
	s.get("/").want(t, http.StatusOK, "Grüne Post")
	ada.post("/desk/settings/look", url.Values{"version": {"1"}, "light.accent": {"#8db8ff"}}).want(t, http.StatusUnprocessableEntity, "contrast of 1.9 to 1")
	ada.post("/desk/settings/texts", url.Values{"version": {"1"}, "text.confirmation.until": {"For a while."}}).want(t, http.StatusUnprocessableEntity, "{until} is missing")
	ada.post("/desk/settings/retention", url.Values{"version": {"1"}, "keep.pending": {"2"}}).want(t, http.StatusUnprocessableEntity, "7 days")
	ada.post("/desk/settings", url.Values{"site": {"x"}}).want(t, http.StatusUnprocessableEntity, "which version")

	// A field of another page is none of this form's.
	ada.post("/desk/settings/retention", url.Values{"version": {"1"}, "site": {"Smuggled"}}).want(t, http.StatusSeeOther)
	s.get("/").want(t, http.StatusOK, "Grüne Post")

	// More than is read: the words stay.
	long := ada.post("/desk/settings", url.Values{"version": {"1"}, "lede": {strings.Repeat("word ", 20_000)}})
	long.want(t, http.StatusRequestEntityTooLarge, "longer than we read")
}

func TestTwoAdminsSeeBothWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.as(subscriptions.RoleAdmin), s.as(subscriptions.RoleAdmin)
	ada.post("/desk/settings", url.Values{"version": {"0"}, "site": {"Ada’s"}}).want(t, http.StatusSeeOther)
	again := bob.post("/desk/settings", url.Values{"version": {"0"}, "site": {"Bob’s"}, "subject": {"Bob’s subject"}})
	again.want(t, http.StatusConflict, "has changed the same meanwhile", `value="Bob’s"`, "<pre>Ada’s</pre>", `value="Bob’s subject"`, `name="version" value="1"`)
	s.get("/").want(t, http.StatusOK, "Ada’s")
	bob.post("/desk/settings", url.Values{"version": {"1"}, "site": {"Bob’s"}}).want(t, http.StatusSeeOther)
	s.get("/").want(t, http.StatusOK, "Bob’s")
}

func TestTheLogoIsSentAndTakenAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.as(subscriptions.RoleAdmin)
	ada.sends("/desk/settings/look", url.Values{"version": {"0"}}, map[string][]byte{"logo.light": pngOf(t, 320, 80)}).want(t, http.StatusSeeOther)
	stored, err := s.settings.Stored(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(stored.Values["logo.light"], " ")
	ada.get("/desk/settings/look").want(t, http.StatusOK, page.PicturePath(name), "Take it away")
	for want, data := range map[string][]byte{"no picture that we can show": []byte("<svg/>"), "more than 200 KB": append(pngOf(t, 1, 1), make([]byte, subscriptions.MaxPicture)...)} {
		ada.sends("/desk/settings/look", url.Values{"version": {"1"}, "logo.alt": {"My words"}}, map[string][]byte{"logo.light": data}).
			want(t, http.StatusUnprocessableEntity, want, `value="My words"`)
	}
	// The name of a picture is not taken from the form.
	ada.post("/desk/settings/look", url.Values{"version": {"1"}, "logo.light": {strings.Repeat("0", 32) + ".png 1x1"}}).want(t, http.StatusSeeOther)
	ada.get("/desk/settings/look").want(t, http.StatusOK, page.PicturePath(name))
	ada.sends("/desk/settings/look", url.Values{"version": {"1"}, "remove": {"logo.light"}}, nil).want(t, http.StatusSeeOther)
	if got := s.get("/").body; strings.Contains(got, "/pictures/") {
		t.Error("the logo is still there")
	}
	s.get(page.PicturePath(name)).want(t, http.StatusOK) // letters that were sent show it
}

func TestAPreviewStoresNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *web.Options) {
		o.Desk.Letter = func(_ context.Context, h subscriptions.House, letter string) (string, error) {
			return "<p>" + letter + " of " + h.Identity.Site + ` <img src="` + h.Identity.PictureURL(h.Identity.Logo.Name) + `">`, nil
		}
	})
	ada := s.as(subscriptions.RoleAdmin)
	before := s.dump()
	form := url.Values{"version": {"0"}, "light.accent": {"#14663f"}, "show": {"home"}}
	home := ada.sends("/desk/settings/preview?of=look", form, map[string][]byte{"logo.light": pngOf(t, 320, 80)})
	home.want(t, http.StatusOK, "-14663f-", `src="data:image/png;base64,`, "Next webinar")
	if policy := home.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'none'") {
		t.Errorf("forms of a preview can be sent: %s", policy)
	}
	s.get("/").want(t, http.StatusOK)
	if body := s.get("/").body; strings.Contains(body, "14663f") {
		t.Error("readers see the preview")
	}
	form.Set("show", "digest")
	letter := ada.sends("/desk/settings/preview?of=look", form, map[string][]byte{"logo.light": pngOf(t, 320, 80)})
	letter.want(t, http.StatusOK, "digest of SESEC Tidings", `src="data:image/png;base64,`)
	if policy := letter.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") {
		t.Errorf("a letter is not kept apart: %s", policy)
	}
	ada.post("/desk/settings/preview?of=texts", url.Values{"version": {"0"}, "text.consent": {"To {all}."}, "show": {"home"}}).want(t, http.StatusUnprocessableEntity, "stands for nothing", "To {all}.")
	ada.post("/desk/settings/preview?of=nothing", form).want(t, http.StatusNotFound)
	if after := s.dump(); after != before {
		t.Errorf("a preview changed the database:\n%s", diff(before, after))
	}
}

func TestTheHistoryOfSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, eve := s.as(subscriptions.RoleAdmin), s.as(subscriptions.RoleEditor)
	ada.get("/desk/settings/history").want(t, http.StatusOK, "Nothing was set yet")
	ada.post("/desk/settings", url.Values{"version": {"0"}, "site": {"One"}}).want(t, http.StatusSeeOther)
	ada.post("/desk/settings", url.Values{"version": {"1"}, "site": {"<i>Two</i>"}}).want(t, http.StatusSeeOther)
	eve.get("/desk/settings/history").want(t, http.StatusOK, "The publication: name", "in force", "The admin")
	eve.get("/desk/settings").want(t, http.StatusOK, "You may read this", "disabled")
	first := eve.get("/desk/settings/history/1")
	first.want(t, http.StatusOK, "<del>SESEC Tidings</del>", "<ins>One</ins>", "<del>&lt;i&gt;Two&lt;/i&gt;</del>")
	if strings.Contains(first.body, "Restore version") {
		t.Error("an editor is offered what is not theirs")
	}
	ada.get("/desk/settings/history/1").want(t, http.StatusOK, "Restore version 1")
	ada.post("/desk/settings/history/1", nil).want(t, http.StatusSeeOther)
	s.get("/").want(t, http.StatusOK, "One")
	ada.get("/desk/settings/history").want(t, http.StatusOK, "restored version 1")
	ada.post("/desk/settings/history/0", nil).want(t, http.StatusSeeOther)
	s.get("/").want(t, http.StatusOK, "SESEC Tidings")
	for _, path := range []string{"/desk/settings/history/99", "/desk/settings/history/x", "/desk/settings/history/-1"} {
		ada.get(path).want(t, http.StatusNotFound)
	}
}

func TestWhatTheOperatorFixedIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *web.Options) {
		o.Settings.Fixed = map[string]subscriptions.Fixed{"site": {Value: "The operator’s", By: "TIDINGS_SITE"}}
	})
	ada := s.as(subscriptions.RoleAdmin)
	ada.get("/desk/settings").want(t, http.StatusOK, "Fixed by the operator (TIDINGS_SITE)", `value="The operator’s" readonly`)
	ada.post("/desk/settings", url.Values{"version": {"0"}, "site": {"Mine"}, "subject": {"News"}}).want(t, http.StatusSeeOther)
	s.get("/").want(t, http.StatusOK, "The operator’s", "News")
}
