// Package desk is where editors work: items, editions, people and settings.
//
// # A route
//
// Every page is a line of the table in routes.go: its path, who may open it and
// how much it reads. A test walks the table with every role, so that a route
// without a thought about its role does not exist.
//
// # A visit
//
// A handler gets a Visit: the request, and the editor who is signed in. What it
// changes it changes in the name of Visit.By, which the audit log keeps. After a
// form was taken it leaves a sentence with Say and sends the browser on with a
// GET; the sentence stands on top of the next page.
//
// # Forms
//
// They are plain forms that work without a script. A form from another site is
// refused by its headers (net/http's CrossOriginProtection, in package web), and
// the cookie does not travel with it (SameSite). GET and HEAD change nothing.
//
// # The hand
//
// The classes of a desk page are named and explained on top of
// web/static/desk.css. One dark button a page: what one came for.
package desk

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/intake"
	"sesec.eu/tidings/web/page"
)

// Desk answers editors.
type Desk struct {
	Pages    *page.Renderer
	Sessions *subscriptions.SessionService
	Editions *subscriptions.EditionService
	Reach    *subscriptions.ReachService
	Progress *subscriptions.ProgressService
	Today    *subscriptions.TodayService
	Items    *subscriptions.ItemService
	Search   *subscriptions.DeskSearchService
	Topics   *subscriptions.TopicService
	Glossary *subscriptions.GlossaryService
	Webinars *subscriptions.WebinarService
	People   *subscriptions.PeopleService
	Returns  *subscriptions.BounceService
	Lists    *subscriptions.PeopleImportService
	Editors  *subscriptions.EditorService
	Audit    *subscriptions.AuditService
	Imports  *subscriptions.ImportService
	Watch    *subscriptions.WatchService
	Intake   *intake.Reader // of files and feeds
	Settings *subscriptions.SettingsService
	Now      func() time.Time
	Demo     bool // anybody may come in
	Secure   bool // the site is behind TLS: the cookie leaves by no other way

	// How the house would look: the home page, with pictures that are not kept yet,
	// and the HTML of a letter, "confirmation" or "digest".
	Home   func(c *gin.Context, h subscriptions.House, pictures []subscriptions.Picture) error
	Letter func(ctx context.Context, h subscriptions.House, letter string) (string, error)

	// WebinarLetter composes a letter of a webinar as it would leave now.
	WebinarLetter func(ctx context.Context, w subscriptions.Webinar, kind subscriptions.Kind) (WebinarLetter, error)

	// Attachments, Previews and ItemLetter are what writing an item takes. ItemLetter
	// composes the letter of a content as a reader with every topic gets it.
	Attachments *subscriptions.AttachmentService
	Previews    *subscriptions.ItemPreviewService
	ItemLetter  func(ctx context.Context, c subscriptions.Content) (text, html string, err error)

	// What one sees before a release: letters as others get them, tests of them, and
	// what the machine found.
	Seen      *subscriptions.PreviewService
	Personas  *subscriptions.PersonaService
	Tests     *subscriptions.TestSendService
	Preflight *subscriptions.PreflightService

	streams streams
	// What is known after a send. LedgerLetter makes a letter of an edition again.
	Ledger       *subscriptions.LedgerService
	Statistics   *subscriptions.StatisticsService
	LedgerLetter func(ctx context.Context, l subscriptions.LedgerLetter) (text, html string, err error)
}

// WebinarLetter is a letter of a webinar, to be looked at.
type WebinarLetter struct{ Subject, Text, HTML, Invite string }

// Visit is a request by somebody who is signed in.
type Visit struct {
	*gin.Context
	Editor  subscriptions.Editor
	Session subscriptions.Session // zero on the pages that ask for no sign-in
	waiting subscriptions.Session // of who has given the password and not yet the code
	desk    *Desk
}

// By is who acts.
func (v *Visit) By() subscriptions.Actor {
	return subscriptions.Actor{EditorID: v.Editor.ID, Name: v.Editor.Name, IP: page.ClientIP(v.Context)}
}

// May reports whether the visitor has the role, or a higher one.
func (v *Visit) May(least subscriptions.Role) bool { return v.Editor.Role.May(least) }

// Say leaves a sentence for the next page. It is no reason to fail when it is
// lost.
func (v *Visit) Say(sentence string) {
	if v.Session.ID == 0 {
		return
	}
	v.Session.Said = sentence
	if err := v.desk.Sessions.Say(v.Request.Context(), v.Session, sentence); err != nil {
		v.desk.Pages.Log.ErrorContext(v.Request.Context(), "sentence for the next page", "error", err)
	}
}

// Go sends the browser on with a GET after a form was taken.
func (v *Visit) Go(path string) error {
	page.SeeOther(v.Context, path)
	return nil
}

// Frame is what the desk's layout asks of a page. Page structs embed it; what
// stands below Section is filled in by show.
type Frame struct {
	Title   string // of the window and, unless the page has a longer one, of the page
	Section string // the path of the navigation entry it belongs to: /desk/items

	Editor subscriptions.Editor // zero for who is not signed in
	Said   string               // what the last form came to
}

func (f *Frame) frame() *Frame { return f }

// Public reports that no page of the desk is for caches or search engines.
func (f *Frame) Public() bool { return false }

// May lets a page leave out what the visitor may not do.
func (f *Frame) May(role string) bool { return f.Editor.Role.May(subscriptions.Role(role)) }

// framed is a pointer to a page struct that embeds Frame.
type framed interface {
	frame() *Frame
	Public() bool
}

// show answers with a page.
func (d *Desk) show(v *Visit, status int, name string, data framed) error {
	f := data.frame()
	f.Editor = v.Editor
	if v.Session.Said != "" {
		f.Said = v.Session.Said
		v.Say("")
	}
	d.Pages.HTML(v.Context, status, name, data)
	return nil
}

// policy is the content policy of the desk: our own scripts, which may ask us,
// and frames with what a reader would see.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handle makes a gin handler of a route: who may not is sent to sign in or told
// so, an error becomes its page.
func (d *Desk) Handle(r Route) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !strings.Contains(r.Path, ":token") {
			page.SameOrigin(c)
		}
		page.Private(c)
		c.Header("Content-Security-Policy", policy)
		v := &Visit{Context: c, desk: d}
		page.OnError(c, func(p page.ErrorPage) {
			e := &ErrorPage{Frame: Frame{Title: p.Heading}, Message: p.Message, Hint: p.Hint}
			e.Editor = v.Editor
			d.Pages.HTML(c, p.Status, "desk/error", e)
		})
		if err := d.visit(v, r); err != nil {
			d.Pages.Fail(c, err)
		}
	}
}

func (d *Desk) visit(v *Visit, r Route) error {
	signedIn, err := d.recognise(v)
	switch {
	case err != nil:
		return err
	case r.Role == Everybody:
		return r.Handler(v)
	case !signedIn:
		return d.sendToSignIn(v)
	case !v.May(r.Role):
		d.Pages.Say(v.Context, http.StatusForbidden, "This is not yours to do",
			"It takes the role "+string(r.Role)+"; yours is "+string(v.Editor.Role)+".", "Ask an admin of the desk.")
		return nil
	case !d.admit(v, r):
		return nil
	}
	return r.Handler(v)
}

// sendToSignIn leads somebody who is not signed in to where they can, and back
// to what they wanted to read. A form is not carried over: the page says so.
func (d *Desk) sendToSignIn(v *Visit) error {
	if v.Request.Method != http.MethodGet && v.Request.Method != http.MethodHead {
		d.Pages.Say(v.Context, http.StatusUnauthorized, "You are signed out",
			"What you sent was not taken.", "Sign in in another tab, go back here and send it again: your words are still in the form.")
		return nil
	}
	return v.Go("/desk/sign-in?" + url.Values{"to": {v.Request.URL.RequestURI()}}.Encode())
}

// Within is the path to go to after signing in: one of the desk, whatever was
// asked for.
func Within(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || path.Clean(u.Path) != u.Path ||
		u.Path != "/desk" && !strings.HasPrefix(u.Path, "/desk/") || strings.HasPrefix(u.Path, "/desk/sign-") {
		return "/desk"
	}
	return u.RequestURI()
}

// ErrorPage says what went wrong and what to do next.
type ErrorPage struct {
	Frame
	Message, Hint string
}
