package desk

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

const returnsPath = "/desk/returns"

// returnRoutes are the pages of what came back.
func (d *Desk) returnRoutes() []Route {
	return []Route{
		{http.MethodGet, returnsPath, subscriptions.RolePublisher, d.returns, 0},
		{http.MethodGet, returnsPath + "/figures", subscriptions.RolePublisher, d.returnFigures, 0},
		{http.MethodGet, returnsPath + "/:id", subscriptions.RolePublisher, d.returned, 0},
	}
}

// ReturnsPage lists what came back. Its filters stand in the address; an address of
// a person does not.
type ReturnsPage struct {
	Frame
	All    []subscriptions.Bounce
	Query  ReturnsQuery
	Counts map[subscriptions.ReturnKind]int // of thirty days
	On     string                           // address of the next page
	Newest string
	Narrow bool
}

// ReturnsQuery are the filters as they stand in the form.
type ReturnsQuery struct{ Kind, Class, Domain, Whose string }

// Kinds and Classes are what the list can be narrowed to.
func (p *ReturnsPage) Kinds() []subscriptions.ReturnKind { return subscriptions.ReturnKinds() }

// Classes are the others.
func (p *ReturnsPage) Classes() []subscriptions.ReturnClass {
	return []subscriptions.ReturnClass{subscriptions.ReturnHard, subscriptions.ReturnSoft, subscriptions.ReturnComplains}
}

// Total is how much came back in thirty days.
func (p *ReturnsPage) Total() (n int) {
	for _, k := range p.Counts {
		n += k
	}
	return n
}

// Bounced and Complained are how many of them were not delivered, and complaints.
func (p *ReturnsPage) Bounced() int { return p.Counts[subscriptions.ReturnBounce] }

// Complained is the other.
func (p *ReturnsPage) Complained() int { return p.Counts[subscriptions.ReturnComplaint] }

const returnSpan = 30 // days of the figures

func (d *Desk) returns(v *Visit) error {
	q := v.Request.URL.Query()
	get := func(name string) string {
		s := strings.ToLower(strings.TrimSpace(q.Get(name)))
		return strings.ToValidUTF8(strings.ReplaceAll(s[:min(len(s), 253)], "\x00", ""), "")
	}
	p := &ReturnsPage{Frame: Frame{Title: "Returns", Section: returnsPath}, Query: ReturnsQuery{get("kind"), get("class"), strings.TrimPrefix(get("domain"), "@"), get("whose")}}
	p.Narrow = p.Query != ReturnsQuery{}
	f := subscriptions.BounceFilter{Kind: subscriptions.ReturnKind(p.Query.Kind), Class: subscriptions.ReturnClass(p.Query.Class), Domain: p.Query.Domain, Limit: perPage + 1}
	f.BeforeID, _ = strconv.ParseInt(q.Get("before"), 10, 64)
	if p.Query.Whose != "" {
		ours := p.Query.Whose != "nobody"
		f.Assigned = &ours
	}
	ctx := v.Request.Context()
	var err error
	if p.All, err = d.Returns.Store.Bounces(ctx, f); err != nil {
		return err
	}
	if p.Counts, err = d.Returns.Store.CountReturns(ctx, d.Now().AddDate(0, 0, -returnSpan)); err != nil {
		return err
	}
	address := func(before int64) string {
		values := url.Values{}
		for name, value := range map[string]string{"kind": p.Query.Kind, "class": p.Query.Class, "domain": p.Query.Domain, "whose": p.Query.Whose} {
			if value != "" {
				values.Set(name, value)
			}
		}
		if before != 0 {
			values.Set("before", strconv.FormatInt(before, 10))
		}
		if len(values) == 0 {
			return returnsPath
		}
		return returnsPath + "?" + values.Encode()
	}
	if len(p.All) > perPage {
		p.All = p.All[:perPage]
		p.On = address(p.All[perPage-1].ID)
	}
	if f.BeforeID != 0 {
		p.Newest = address(0)
	}
	return d.show(v, http.StatusOK, "desk/returns", p)
}

// ReturnPage is one report, with the message that came and the history of its
// address.
type ReturnPage struct {
	Frame
	subscriptions.Bounce
	Text     string // the message as text; "" when it is not kept
	Size     int64
	Cut      bool // more of it came than is shown
	History  []subscriptions.Bounce
	Standing subscriptions.Standing
	Edition  string
}

// maxOriginalText is how much of a message a page shows: the notice stands at its top.
const maxOriginalText = 64 << 10

func (d *Desk) returned(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	p := &ReturnPage{Frame: Frame{Title: "A report", Section: returnsPath}}
	if p.Bounce, err = d.Returns.Store.FindBounce(ctx, id); err != nil {
		return err
	}
	p.Title = p.Words()
	if p.EditionID != 0 {
		e, err := d.Editions.Store.FindEdition(ctx, p.EditionID)
		if err != nil {
			return err
		}
		p.Edition = e.Title
	}
	if p.Hash != "" {
		if p.History, p.Standing, err = d.Returns.HistoryOf(ctx, p.Hash); err != nil {
			return err
		}
		slices.Reverse(p.History)
	}
	o, err := d.Returns.Store.FindOriginal(ctx, p.Report)
	if errors.Is(err, subscriptions.ErrNotFound) {
		return d.show(v, http.StatusOK, "desk/return", p)
	}
	if err != nil {
		return err
	}
	p.Text, p.Cut, err = originalText(o)
	p.Size = int64(o.Size)
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/return", p)
}

// originalText is a stranger's message as text that shows as it is: no control
// characters, no marks that turn the direction of what follows.
func originalText(o subscriptions.Original) (text string, cut bool, err error) {
	z, err := gzip.NewReader(bytes.NewReader(o.Gzip))
	if err != nil {
		return "", false, err
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxOriginalText+1))
	if cut = o.Cut || len(raw) > maxOriginalText; len(raw) > maxOriginalText {
		raw = raw[:maxOriginalText]
	}
	text = strings.ToValidUTF8(string(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))), "\ufffd")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ', r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0xfeff:
			return '\ufffd'
		}
		return r
	}, text), cut, err
}
