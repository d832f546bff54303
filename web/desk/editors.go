package desk

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const (
	settingsPath = "/desk/settings"
	editorsPath  = "/desk/settings/people"
)

// EditorsPage lists the people of the desk, and invites more.
type EditorsPage struct {
	Frame
	People    []subscriptions.Editor // who work here, by name
	Ended     []subscriptions.Editor
	Confirmed bool // the password was given lately: the forms are there
	Confirm   string
	Form      InviteForm
}

// InviteForm invites somebody.
type InviteForm struct {
	Name, Email string
	Role        subscriptions.Role
	Faults      page.Faults
}

// Roles are offered in the forms, the smallest first.
func (EditorsPage) Roles() []RoleChoice { return roleChoices }

// RoleChoice is a role with what it may.
type RoleChoice struct {
	Role subscriptions.Role
	May  string
}

var roleChoices = []RoleChoice{{subscriptions.RoleEditor, "writes items, puts editions together"}, {subscriptions.RolePublisher, "approves and sends too"},
	{subscriptions.RoleAdmin, "people and settings too"}}

func (d *Desk) editors(v *Visit) error {
	// What was in the form when the password had to be asked for comes back in the
	// address.
	return d.editorsWith(v, http.StatusOK, InviteForm{Name: v.Query("name"), Email: v.Query("email"), Role: subscriptions.Role(v.Query("role"))})
}

func (d *Desk) editorsWith(v *Visit, status int, form InviteForm) error {
	all, err := d.Editors.Store.Editors(v.Request.Context())
	if err != nil {
		return err
	}
	if form.Role == "" {
		form.Role = subscriptions.RoleEditor
	}
	p := &EditorsPage{Frame: Frame{Title: "People of the desk", Section: settingsPath}, Confirmed: v.Confirmed(), Confirm: confirmAt(editorsPath), Form: form}
	for _, e := range all {
		if e.Active() {
			p.People = append(p.People, e)
		} else {
			p.Ended = append(p.Ended, e)
		}
	}
	return d.show(v, status, "desk/editors", p)
}

func (d *Desk) invite(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	form := InviteForm{Name: sent.Get("name"), Email: sent.Get("email"), Role: subscriptions.Role(sent.Get("role"))}
	if !d.confirmed(v, editorsPath+"?"+url.Values{"name": {form.Name}, "email": {form.Email}, "role": {string(form.Role)}}.Encode()) {
		return nil
	}
	e, err := d.Editors.Invite(v.Request.Context(), v.By(), subscriptions.NewEditor{Name: form.Name, Address: page.Email(sent), Role: form.Role})
	faults, ok := page.FaultsOf(err)
	if conflict := (*subscriptions.Error)(nil); errors.As(err, &conflict) && conflict.Field != "" && conflict.Code == subscriptions.Conflict {
		faults, ok = page.Faults{{Field: conflict.Field, Message: page.Sentence(conflict.Message) + " " + page.Sentence(conflict.Hint)}}, true
	}
	if ok && err != nil {
		form.Faults = faults.InOrder("name", "email", "role")
		return d.editorsWith(v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	v.Say(e.Name + " is invited. The letter with the link is on its way to " + e.Address + ".")
	return v.Go(editorsPath)
}

// EditorPage is one of the people, with what an admin may do about them.
type EditorPage struct {
	Frame
	Who       subscriptions.Editor
	Self      bool
	Confirmed bool
	Confirm   string
	CodesLeft int
	Faults    page.Faults
}

// Roles are offered in the form, the smallest first.
func (EditorPage) Roles() []RoleChoice { return roleChoices }

// Invited reports whether they have set no password yet.
func (p EditorPage) Invited() bool { return p.Who.Active() && p.Who.PasswordHash == "" }

func editorPath(id int64) string { return editorsPath + "/" + strconv.FormatInt(id, 10) }

func (v *Visit) id() int64 {
	id, err := strconv.ParseInt(v.Param("id"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

func (d *Desk) editor(v *Visit) error { return d.editorWith(v, http.StatusOK, nil) }

func (d *Desk) editorWith(v *Visit, status int, faults page.Faults) error {
	e, err := d.Editors.Store.FindEditor(v.Request.Context(), v.id())
	if err != nil {
		return err
	}
	left, err := d.Editors.RecoveryCodesLeft(v.Request.Context(), e.ID)
	if err != nil {
		return err
	}
	return d.show(v, status, "desk/editor", &EditorPage{Frame: Frame{Title: e.Name, Section: settingsPath}, Who: e, Self: e.ID == v.Editor.ID,
		Confirmed: v.Confirmed(), Confirm: confirmAt(editorPath(e.ID)), CodesLeft: left, Faults: faults})
}

// about does something about one of the people, and says so.
func (d *Desk) about(v *Visit, say string, do func(sent url.Values) (subscriptions.Editor, error)) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	if !d.confirmed(v, editorPath(v.id())) {
		return nil
	}
	e, err := do(sent)
	if faults, ok := page.FaultsOf(err); ok && err != nil {
		return d.editorWith(v, http.StatusUnprocessableEntity, faults)
	}
	if err != nil {
		return err
	}
	v.Say(e.Name + say)
	return v.Go(editorPath(e.ID))
}

func (d *Desk) changeRole(v *Visit) error {
	return d.about(v, " has the role now.", func(sent url.Values) (subscriptions.Editor, error) {
		return d.Editors.ChangeRole(v.Request.Context(), v.By(), v.id(), subscriptions.Role(sent.Get("role")))
	})
}

func (d *Desk) inviteAgain(v *Visit) error {
	return d.about(v, " gets another letter with a link.", func(url.Values) (subscriptions.Editor, error) {
		return d.Editors.InviteAgain(v.Request.Context(), v.By(), v.id())
	})
}

func (d *Desk) resetFactor(v *Visit) error {
	return d.about(v, " signs in with the password alone, and is asked for a new second factor.", func(url.Values) (subscriptions.Editor, error) {
		return d.Editors.ResetFactor(v.Request.Context(), v.By(), v.id())
	})
}

func (d *Desk) endEditor(v *Visit) error {
	return d.about(v, " does not work at the desk any more.", func(sent url.Values) (subscriptions.Editor, error) {
		if sent.Get("sure") == "" {
			return subscriptions.Editor{}, &subscriptions.Error{Code: subscriptions.Invalid, Field: "sure", Message: "tick that you are sure"}
		}
		return d.Editors.End(v.Request.Context(), v.By(), v.id())
	})
}
