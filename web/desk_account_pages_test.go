package web_test

import (
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// accountPages has the cases of the pages about the people of the desk.
func accountPages(now time.Time, frame, alone desk.Frame) map[string][]framed {
	long := strings.Repeat("A long name ", 9)
	faults := page.Faults{{Field: "email", Message: "Wrong."}, {Field: "code", Message: "Wrong."}, {Field: "current", Message: "Wrong."},
		{Field: "password", Message: "Short."}, {Field: "name", Message: "None."}, {Field: "sure", Message: "Tick it."}, {Field: "from", Message: "No day."}, {Field: "to", Message: "No day."}}
	anna := subscriptions.Editor{ID: 2, Name: "Anna Berg", Address: "anna@example.org", Role: subscriptions.RoleEditor, PasswordHash: "$", CreatedAt: now, SignedInAt: now}
	invited := subscriptions.Editor{ID: 3, Name: long, Address: strings.Repeat("a", 60) + "@" + strings.Repeat("b", 60) + ".example.org", Role: subscriptions.RolePublisher, CreatedAt: now}
	boss := subscriptions.Editor{ID: 1, Name: "The admin", Address: "boss@example.org", Role: subscriptions.RoleAdmin, PasswordHash: "$", FactorAt: now, CreatedAt: now}
	gone := subscriptions.Editor{ID: 4, Name: "Gone", Role: subscriptions.RoleEditor, CreatedAt: now, EndedAt: now}
	own := frame
	own.Editor.FactorAt, own.Editor.Address = now, "boss@example.org"
	picture := desk.PictureURL("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"/>")
	editor := frame
	editor.Editor.Role, editor.Editor.FactorAt = subscriptions.RoleEditor, now
	session := desk.SessionRow{Session: subscriptions.Session{ID: 1, SeenAt: now, CreatedAt: now}, Device: "Firefox on Windows", Network: "192.0.2.0/24", Here: true}
	elsewhere := desk.SessionRow{Session: subscriptions.Session{ID: 2, SeenAt: now, CreatedAt: now}, Device: "An unknown browser"}
	event := subscriptions.AuditEvent{ID: 9, At: now, EditorID: 2, Actor: "Anna Berg", Action: "item.publish", Subject: "item:42", About: "A title", Detail: "state draft → published", IP: "192.0.2.7"}
	wide := subscriptions.AuditEvent{ID: 8, At: now, Actor: long, Action: "settings.change", About: strings.Repeat("unbroken", 40), Detail: strings.Repeat("word ", 190)}
	return map[string][]framed{
		"desk/sign-in":      {&desk.SignInPage{Frame: alone, To: "/desk", Set: true}, &desk.SignInPage{Frame: alone, Email: "a", To: "/desk/items?q=1", Faults: faults[:1]}},
		"desk/code":         {&desk.CodePage{Frame: alone, To: "/desk"}, &desk.CodePage{Frame: alone, To: "/desk", Faults: faults[1:2]}},
		"desk/confirm":      {&desk.ConfirmPage{Frame: frame, To: "/desk"}, &desk.ConfirmPage{Frame: frame, To: "/desk", Faults: faults[2:3]}},
		"desk/forgot":       {&desk.ForgotPage{Frame: alone}, &desk.ForgotPage{Frame: alone, Email: "a", Faults: faults[:1]}, &desk.ForgotPage{Frame: alone, Over: "This link has expired."}},
		"desk/forgot-sent":  {&desk.ForgotSentPage{Frame: alone}},
		"desk/set-password": {&desk.SetPasswordPage{Frame: alone, Welcome: true, Name: "Anna", Email: "a@example.org", Action: "/desk/invitation/x"}, &desk.SetPasswordPage{Frame: alone, Name: long, Action: "/desk/reset/x", Faults: faults[3:4]}},
		"desk/account": {&desk.AccountPage{Frame: own, Name: "The admin", CodesLeft: 10, Sessions: []desk.SessionRow{session, elsewhere}},
			&desk.AccountPage{Frame: frame, Name: long, Sessions: []desk.SessionRow{session}, Faults: faults[2:5]}, &desk.AccountPage{Frame: editor, Name: "x"}},
		"desk/factor": {&desk.FactorPage{Frame: frame, First: true, Picture: picture, Secret: "ABCD EFGH", Sealed: "x"},
			&desk.FactorPage{Frame: own, Picture: picture, Secret: "ABCD EFGH", Sealed: "x", Faults: faults[1:2]}},
		"desk/codes": {&desk.CodesPage{Frame: frame, New: true, Codes: []string{"7k3f-9xm2-q8wd", "0000-1111-2222"}}, &desk.CodesPage{Frame: frame}},
		"desk/editors": {&desk.EditorsPage{Frame: frame, People: []subscriptions.Editor{boss, anna, invited}, Ended: []subscriptions.Editor{gone}, Confirmed: true, Form: desk.InviteForm{Role: "editor"}},
			&desk.EditorsPage{Frame: frame, People: []subscriptions.Editor{boss}, Confirm: "/desk/confirm"},
			&desk.EditorsPage{Frame: frame, Confirmed: true, Form: desk.InviteForm{Name: long, Email: "a", Faults: page.Faults{faults[4], faults[0]}}}},
		"desk/editor": {&desk.EditorPage{Frame: frame, Who: boss, Self: true, Confirmed: true, CodesLeft: 1}, &desk.EditorPage{Frame: frame, Who: invited, Confirmed: true, Faults: faults[5:6]},
			&desk.EditorPage{Frame: frame, Who: anna, Confirm: "/desk/confirm"}, &desk.EditorPage{Frame: frame, Who: gone, Confirmed: true}},
		"desk/audit": {&desk.AuditPage{Frame: frame, CSV: "/a.csv", JSON: "/a.json"}, &desk.AuditPage{Frame: frame, CSV: "/a.csv", JSON: "/a.json", Matched: true, Query: desk.AuditQuery{Text: "x"}},
			&desk.AuditPage{Frame: frame, CSV: "/a.csv", JSON: "/a.json", Events: []subscriptions.AuditEvent{event, wide}, People: []subscriptions.Editor{anna, invited}, Nouns: []string{"item."}, Older: "/desk/settings/audit?before=8", Newest: "/desk/settings/audit",
				Matched: true, Query: desk.AuditQuery{Text: "x", Editor: "2", Action: "item.", From: "2019-01-01"}},
			&desk.AuditPage{Frame: frame, CSV: "/a.csv", JSON: "/a.json", Faults: faults[6:]}},
	}
}
