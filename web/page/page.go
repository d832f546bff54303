// Package page is what every page of the site needs, whoever it is for.
//
// # A page
//
// A page is a template of package templates and a struct of its own that
// embeds Frame. It is written to a buffer first, so that a fault half-way is an
// error page and not half a page, and so that its length, its ETag and its
// compressed form are known before the first byte leaves.
//
// # A handler
//
// A handler returns an error instead of answering it. Handle turns the error
// into a page by its code: one table maps the codes of package subscriptions to
// HTTP statuses, and the sentence and the hint are the error's own.
//
// # A form
//
// A form comes back with the person's words in it. Its faults are listed on top
// with links to their fields, and stand once more at the field.
package page

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates"
)

// Frame is what the layout asks of a page.
type Frame struct {
	Title       string // of the window, without the site's name; "" on the home page
	Description string // for search engines
	Path        string // where it lives for everybody; "" keeps it out of search engines and caches
	Section     string // the path of the navigation entry it belongs to
	Feed        string // the path of its own feeds, without .atom and .json; "" for none
}

// Public reports whether the page is the same for everybody and may be found.
func (f Frame) Public() bool { return f.Path != "" }

// framed is a page struct: one that embeds Frame.
type framed interface{ Public() bool }

// Options is what a Renderer is made of.
type Options struct {
	Identity   subscriptions.Identity                    // who the service is, where there are no settings
	House      func(context.Context) subscriptions.House // the settings in force; nil: there are none
	Keep       subscriptions.Keep                        // for how long what is kept, where there are no settings
	Templates  fs.FS                                     // nil: those of this build
	Asset      func(name string) string                  // the path under which an asset is served
	Now        func() time.Time
	Log        *slog.Logger
	Demo       bool // say on every page that this is a demo
	Inbox      bool // and that there is an inbox
	ClockMoves bool // and that its clock can be moved
	// FormToken is put into the forms that anybody may send; "" when nil.
	FormToken func() string
}

// Renderer turns templates and page structs into answers. It is safe for
// concurrent use.
type Renderer struct {
	Options
	slot     string // stands for the form's token while a page is made; random, so that nobody writes it
	look     atomic.Pointer[look]
	changing sync.Mutex // a new look is being made
}

// New parses all templates.
func New(o Options) (*Renderer, error) {
	if o.Asset == nil || o.Now == nil || o.Log == nil {
		return nil, errors.New("a renderer needs its assets, a clock and a log")
	}
	if o.Templates == nil {
		o.Templates = templates.Files()
	}
	r := &Renderer{Options: o, slot: "form" + rand.Text()}
	h := subscriptions.House{Version: -1, Identity: o.Identity, Keep: o.Keep}
	if o.House != nil {
		h = o.House(context.Background())
	}
	l, err := r.newLook(h)
	if err != nil {
		return nil, err
	}
	r.look.Store(l)
	return r, nil
}

// Names lists the templates, for the test that executes every one.
func (r *Renderer) Names() []string { return r.now().web.Names() }
