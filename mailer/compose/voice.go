package compose

import (
	"context"
	"fmt"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/lru"
	"sesec.eu/tidings/templates/markdown"
)

// voice is the composer speaking as the house is set at one moment: its name, its
// colours, its texts. A mail is composed by one voice from its first line to its
// last. It does not change.
//
// # Which voice
//
// A digest is composed by that of its edition: the settings it was frozen with. So
// all letters of a run are alike whatever is set while it goes on, and are what was
// approved. All other mails are composed by the voice in force.
type voice struct {
	*Composer
	version int64
	id      subscriptions.Identity
	zone    *time.Location // in which times are given first
	second  *time.Location
}

func (c *Composer) newVoice(h subscriptions.House) (*voice, error) {
	v := &voice{Composer: c, version: h.Version, id: h.Identity}
	err := h.Identity.Validate()
	if err == nil {
		v.zone, err = subscriptions.LoadZone(v.id.Zone)
	}
	if err == nil {
		v.second, err = subscriptions.LoadZone(v.id.Second)
	}
	if err != nil {
		return nil, fmt.Errorf("compose with version %d of the settings: %w", h.Version, err)
	}
	return v, nil
}

// voice is the one in force. Who has none that is newer goes on with the last.
func (c *Composer) voice(ctx context.Context) (*voice, error) {
	last := c.last.Load()
	if c.house == nil {
		return last, nil
	}
	h := c.house(ctx)
	if h.Version == last.version {
		return last, nil
	}
	v, err := c.newVoice(h)
	if err == nil {
		c.last.Store(v)
	}
	return v, err
}

// voiceOf is that of a content. One that was frozen before there were settings has
// none of its own, and is composed with what is in force.
func (c *Composer) voiceOf(ctx context.Context, content subscriptions.Content) (*voice, error) {
	if content.Look == nil {
		return c.voice(ctx)
	}
	return c.newVoice(subscriptions.NewHouse(content.Look.Version, content.Look.Values, c.last.Load().id))
}

// As is a composer of the house as it would be, which shares nothing but the store
// and the templates.
func (c *Composer) As(h subscriptions.House) (*Composer, error) {
	other := &Composer{store: c.store, keys: c.keys, salt: c.salt, now: c.now, mails: c.mails,
		editions: lru.New[int64, *edition](1), variants: lru.New[int64, *variant](1), welcomes: lru.New[welcomeKey, *variant](1), tests: lru.New[int64, *variant](1)}
	v, err := other.newVoice(h)
	if err != nil {
		return nil, err
	}
	other.last.Store(v)
	return other, nil
}

// logoView is the picture in a masthead.
type logoView struct {
	URL, Dark             string // Dark is "" where there is one picture only
	Width, Height         int
	DarkWidth, DarkHeight int
	Alt                   string
}

func (c *voice) logo() *logoView {
	light, dark := c.id.Logo, c.id.LogoDark
	if light.Name == "" {
		return nil
	}
	l := &logoView{URL: c.id.PictureURL(light.Name), Width: light.Width, Height: light.Height, Alt: line(c.id.LogoAlt)}
	if dark.Name != "" {
		l.Dark, l.DarkWidth, l.DarkHeight = c.id.PictureURL(dark.Name), dark.Width, dark.Height
	}
	return l
}

// styleView is what parts/style.html makes a style sheet of.
type styleView struct {
	Light, Dark subscriptions.Tones
	LogoGround  subscriptions.Colour // under a logo that was made for light paper; "" without one
}

func (c *voice) style() styleView {
	colours := c.id.Colours()
	s := styleView{Light: colours.Light.Tones(), Dark: colours.Dark.Tones()}
	if c.id.Logo.Name != "" {
		s.LogoGround = colours.Light.Paper
	}
	return s
}

// Say gives a text of the house to a template, with pairs of a name in braces and
// what it stands for. It is text, of one line or of several.
func (f frame) Say(key string, pairs ...string) string { return safe(f.id.Text(key, pairs...)) }

// said is a text in Markdown, ready for both parts; empty where it is not set.
func (c *voice) said(key string, pairs ...string) *markdown.Doc {
	return markdown.Parse(safe(c.id.Text(key, pairs...)), 4)
}
