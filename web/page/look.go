package page

import (
	"context"
	"fmt"
	"html/template"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates"
	"sesec.eu/tidings/templates/markdown"
)

// look is the renderer with the settings of one moment: its templates say the name
// and the texts of the house as they were then. A page is of one look from its
// first line to its last. It does not change.
type look struct {
	*Renderer
	house        subscriptions.House
	zone, second *time.Location
	web          *templates.Web
	pictures     []subscriptions.Picture // shown from themselves, because nobody serves them
	styles       string                  // path of the style sheet with its colours; "" for the standard's
}

func (r *Renderer) newLook(h subscriptions.House) (*look, error) {
	l := &look{Renderer: r, house: h}
	var err error
	if l.zone, err = subscriptions.LoadZone(h.Identity.Zone); err != nil {
		return nil, fmt.Errorf("the site's time zone: %w", err)
	}
	if l.second, err = subscriptions.LoadZone(h.Identity.Second); err != nil {
		return nil, fmt.Errorf("the site's second time zone: %w", err)
	}
	if colours := h.Identity.Colours(); colours != subscriptions.StandardPalette() {
		l.styles = StylePath(colours)
	}
	if l.web, err = templates.ParseWeb(r.Templates, l.funcs()); err != nil {
		return nil, err
	}
	return l, nil
}

// Refresh takes up the settings in force. It is asked at each request, and does
// something once a version of them.
func (r *Renderer) Refresh(ctx context.Context) {
	if r.House == nil {
		return
	}
	h := r.House(ctx)
	if h.Version == r.now().house.Version || !r.changing.TryLock() {
		return // nothing is new, or somebody is at it
	}
	defer r.changing.Unlock()
	l, err := r.newLook(h)
	if err != nil {
		r.Log.ErrorContext(ctx, "the site keeps its look: the settings cannot be used", "version", h.Version, "error", err)
		return
	}
	r.look.Store(l)
}

// With is a renderer as the house would be, with pictures that are not kept yet: for
// a preview.
func (r *Renderer) With(h subscriptions.House, pictures []subscriptions.Picture) (*Renderer, error) {
	other := &Renderer{Options: r.Options, slot: r.slot}
	other.House = nil
	l, err := other.newLook(h)
	if err != nil {
		return nil, err
	}
	l.pictures = pictures
	other.look.Store(l)
	return other, nil
}

func (r *Renderer) now() *look { return r.look.Load() }

// Identity is who the service is, as it is set now.
func (r *Renderer) Identity() subscriptions.Identity { return r.now().house.Identity }

// Keep is for how long what is kept, as it is set now.
func (r *Renderer) Keep() subscriptions.Keep { return r.now().house.Keep }

// Today is the day in the site's zone.
func (r *Renderer) Today() subscriptions.Date { return r.now().today() }

func (r *look) today() subscriptions.Date { return subscriptions.DateOf(r.Now().In(r.zone)) }

// When says when a webinar takes place, in both places of the site.
func (r *Renderer) When(w subscriptions.Webinar) string { return r.now().when(w) }

// DayAndHour is a moment of these months: 28 March, 16:02.
func (r *Renderer) DayAndHour(t time.Time) string { return r.now().dayAndHour(t) }

// Hour is the hour of a moment, Second that with seconds.
func (r *Renderer) Hour(t time.Time) string { return t.In(r.now().zone).Format("15:04") }

// Second is an hour with its seconds.
func (r *Renderer) Second(t time.Time) string { return t.In(r.now().zone).Format("15:04:05") }

// text gives a text of the house to a template.
func (r *look) text(key string, pairs ...string) string { return r.house.Identity.Text(key, pairs...) }

// said is a text in Markdown; "" where it is not set.
func (r *look) said(key string, pairs ...string) template.HTML {
	return markdown.Parse(r.text(key, pairs...), 4).HTML()
}

// paragraphs parts a text at its empty lines.
func paragraphs(s string) []string {
	var all []string
	for p := range strings.SplitSeq(s, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// LogoView is a picture in a masthead.
type LogoView struct {
	Path          template.URL
	Dark          template.Srcset // "" where there is one picture only
	Width, Height int
	Alt           string
}

func (r *look) logo() *LogoView {
	id := r.house.Identity
	if id.Logo.Name == "" {
		return nil
	}
	l := &LogoView{Path: template.URL(r.picture(id.Logo.Name)), //nolint:gosec // hexadecimal digits, or base64
		Width: id.Logo.Width, Height: id.Logo.Height, Alt: id.LogoAlt}
	if id.LogoDark.Name != "" {
		l.Dark = template.Srcset(r.picture(id.LogoDark.Name)) //nolint:gosec // the same
	}
	return l
}

// picture is where a picture is, which is of ours, or the picture itself.
func (r *look) picture(name string) string {
	for _, p := range r.pictures {
		if p.Name == name {
			return p.DataURL()
		}
	}
	return PicturePath(name)
}

// PicturePath is where a picture is served.
func PicturePath(name string) string { return "/pictures/" + name }
