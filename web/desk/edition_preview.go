package desk

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// The preview of an edition: letters as others get them, beside each other. What is
// looked at stands in the address ("as" for each reader, "view" for the form), so that
// it can be reloaded, shared and walked back to without a script. Every letter is in a
// frame of its own that may show itself and nothing else: no script, no form, no link
// that leads anywhere.

// EditionPreviewPage shows letters of an edition.
type EditionPreviewPage struct {
	Frame
	Edition  subscriptions.Edition
	Steps    EditionSteps
	AsOf     string // when it leaves, and the letters are as of then; "": they are as of now
	View     string
	Views    []page.NavLink
	Shown    []ShownLetter
	Letters  []ViewerRow // every different one, the longest first
	All      bool        // of Letters are listed
	More     string      // address of all of them; "" when they are
	Personas []ViewerRow
	Groups   []subscriptions.SeedGroup
	Tests    []subscriptions.TestSend
	As       []string // of the letters shown, for forms
	Counted  bool
	People   int  // who get a letter
	Room     bool // for another letter beside
	Email    string
	Faults   page.Faults
}

// ViewerRow is a reader one can look as.
type ViewerRow struct {
	Name            string
	Entries, People int
	Only, Beside    string // addresses: this one alone, or beside the others; "" where it is shown
	Shown           bool
}

// ShownLetter is a letter that is looked at.
type ShownLetter struct {
	subscriptions.Viewed
	Src    string // of the frame
	Save   string // the message as a file
	Away   string // the page without it; "" for the only one
	Source string // the message, in the view of that name
	Phone  bool
}

// mostBeside is how many letters stand beside each other.
const mostBeside = 4

// previewViews are the forms in which a letter is looked at.
var previewViews = []struct{ key, text string }{
	{"", "Letter"}, {"phone", "Phone"}, {"dark", "Dark"}, {"bare", "Images off"}, {"text", "Plain text"}, {"source", "Source"},
}

func previewPath(id int64, view string, as ...string) string {
	q := url.Values{}
	for _, a := range as {
		q.Add("as", a)
	}
	if view != "" {
		q.Set("view", view)
	}
	if len(q) == 0 {
		return editionPath(id) + "/preview"
	}
	return editionPath(id) + "/preview?" + q.Encode()
}

func (d *Desk) previewEdition(v *Visit) error {
	p, err := d.editionPreviewPage(v, v.QueryArray("as"), v.Query("view"))
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/edition-preview", p)
}

func (d *Desk) editionPreviewPage(v *Visit, as []string, view string) (*EditionPreviewPage, error) {
	ctx := v.Request.Context()
	of, err := d.Seen.Collect(ctx, v.id())
	if err != nil {
		return nil, err
	}
	e, content, reach := of.Edition, of.Content, of.Reach
	p := &EditionPreviewPage{Frame: Frame{Title: "Preview of " + e.Title, Section: "/desk/editions"}, Edition: e, Steps: d.editionSteps(v, e, "/preview"),
		View: view, Counted: !reach.At.IsZero(), People: reach.People}
	if of.Ahead() {
		p.AsOf = d.leaves(e)
	}
	if !slices.ContainsFunc(previewViews, func(known struct{ key, text string }) bool { return known.key == view }) {
		p.View = ""
	}
	viewers := viewersOf(as)
	if len(viewers) == 0 && len(reach.Variants) > 0 {
		viewers = []subscriptions.Viewer{{Kind: subscriptions.AsVariant, Key: reach.Variants[0].Topics.Key()}}
	}
	for _, viewer := range viewers {
		if viewer.Kind == subscriptions.AsPerson && !v.May(subscriptions.RolePublisher) {
			continue
		}
		seen, err := d.Seen.Show(ctx, v.By(), v.May(subscriptions.RoleAdmin), of, viewer)
		if code := subscriptions.CodeOf(err); code == subscriptions.NotFound || code == subscriptions.Expired {
			seen.Nothing = page.Sentence(err.Error()) + "."
			seen.Name, err = "Nobody", nil
		}
		if err != nil {
			return nil, err
		}
		p.As = append(p.As, viewer.String())
		p.Shown = append(p.Shown, ShownLetter{Viewed: seen})
	}
	p.Room = len(p.As) < mostBeside
	for n := range p.Shown {
		s := &p.Shown[n]
		s.Phone = p.View == "phone"
		query := url.Values{"as": {p.As[n]}}
		s.Save = editionPath(e.ID) + "/preview/letter?" + url.Values{"as": {p.As[n]}, "view": {"file"}}.Encode()
		if p.View != "" {
			query.Set("view", p.View)
		}
		s.Src = editionPath(e.ID) + "/preview/letter?" + query.Encode()
		if p.View == "source" {
			s.Source = strings.ToValidUTF8(strings.ReplaceAll(string(s.Letter.Raw), "\r\n", "\n"), "\uFFFD")
		}
		if len(p.Shown) > 1 {
			s.Away = previewPath(e.ID, p.View, slices.Delete(slices.Clone(p.As), n, n+1)...)
		}
	}
	for _, known := range previewViews {
		p.Views = append(p.Views, page.NavLink{Path: previewPath(e.ID, known.key, p.As...), Text: known.text, Current: known.key == p.View})
	}
	row := func(name string, viewer subscriptions.Viewer, entries, people int) ViewerRow {
		as := viewer.String()
		r := ViewerRow{Name: name, Entries: entries, People: people, Shown: slices.Contains(p.As, as), Only: previewPath(e.ID, p.View, as)}
		if !r.Shown && p.Room && len(p.As) > 0 {
			r.Beside = previewPath(e.ID, p.View, append(slices.Clone(p.As), as)...)
		}
		return r
	}
	for _, l := range reach.Variants {
		p.Letters = append(p.Letters, row(subscriptions.LetterName(content.Topics, l.Topics), subscriptions.Viewer{Kind: subscriptions.AsVariant, Key: l.Topics.Key()}, l.Entries, l.People))
	}
	if p.All = v.Query("letters") == "all"; !p.All && len(p.Letters) > fewLetters {
		p.Letters = p.Letters[:fewLetters]
		p.More = previewPath(e.ID, p.View, p.As...)
		p.More += map[bool]string{true: "&", false: "?"}[strings.Contains(p.More, "?")] + "letters=all#letters"
	}
	personas, err := d.Personas.Store.Personas(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range personas {
		p.Personas = append(p.Personas, row(one.Name, subscriptions.Viewer{Kind: subscriptions.AsPersona, Key: strconv.FormatInt(one.ID, 10)}, 0, 0))
	}
	if p.Groups, err = d.Tests.Store.SeedGroups(ctx); err != nil {
		return nil, err
	}
	const fewTests = 3
	p.Tests, err = d.Tests.Store.TestSends(ctx, e.ID, fewTests)
	return p, err
}

// viewersOf reads the readers of an address: each once, and no more than stand beside
// each other. What names nobody is left out.
func viewersOf(as []string) (viewers []subscriptions.Viewer) {
	for _, a := range as {
		viewer, err := subscriptions.ParseViewer(a)
		if err == nil && !slices.Contains(viewers, viewer) && len(viewers) < mostBeside {
			viewers = append(viewers, viewer)
		}
	}
	return viewers
}

// What a framed letter may do: show itself, and the pictures of our own site.
const (
	shownLetter = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
	bareLetter  = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)

// previewLetter answers with one letter alone, for a frame; or with the message as a
// file.
func (d *Desk) previewLetter(v *Visit) error {
	ctx := v.Request.Context()
	viewer, err := subscriptions.ParseViewer(v.Query("as"))
	if err != nil {
		return err
	}
	if viewer.Kind == subscriptions.AsPerson && !v.May(subscriptions.RolePublisher) {
		d.Pages.Say(v.Context, http.StatusForbidden, "This is not yours to do", "Letters of people are looked at by publishers.", "Look as a persona, or as everybody with the same topics.")
		return nil
	}
	of, err := d.Seen.Collect(ctx, v.id())
	if err != nil {
		return err
	}
	seen, err := d.Seen.Show(ctx, v.By(), v.May(subscriptions.RoleAdmin), of, viewer)
	if err != nil {
		return err
	}
	if seen.Nothing != "" {
		return &subscriptions.Error{Code: subscriptions.NotFound, Message: seen.Nothing}
	}
	policy := shownLetter
	switch v.Query("view") {
	case "file":
		page.Private(v.Context)
		v.Header("Content-Disposition", `attachment; filename="letter.eml"`)
		v.Data(http.StatusOK, "message/rfc822", seen.Letter.Raw)
		return nil
	case "text":
		frame(v, bareLetter)
		v.Header("Content-Type", "text/html; charset=utf-8")
		return textView.Execute(v.Writer, seen.Letter.Text)
	case "bare":
		policy = bareLetter
	}
	frame(v, policy)
	v.Data(http.StatusOK, "text/html; charset=utf-8", []byte(inLight(seen.Letter.HTML, v.Query("view") == "dark")))
	return nil
}

// A letter follows the reader's screen. Here it is shown for one or the other,
// whatever the editor's is: the condition of its own rules is decided, and nothing
// else of it is touched.
var (
	darkRule = regexp.MustCompile(`@media[^{}]*prefers-color-scheme:\s*dark[^{}]*\{`)
	bothWays = regexp.MustCompile(`content="light dark"`)
)

func inLight(letter string, dark bool) string {
	rule, scheme := "@media not all {", `content="light"`
	if dark {
		rule, scheme = "@media all {", `content="dark"`
	}
	return bothWays.ReplaceAllLiteralString(darkRule.ReplaceAllLiteralString(letter, rule), scheme)
}

// lookAsPerson notes that a publisher looks at somebody's letter, and shows it.
func (d *Desk) lookAsPerson(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	as, view := sent["as"], sent.Get("view")
	viewer, err := d.Seen.Look(v.Request.Context(), v.By(), v.id(), page.Email(sent))
	if faults, ok := page.FaultsOf(err); ok && err != nil {
		p, err := d.editionPreviewPage(v, as, view)
		if err != nil {
			return err
		}
		p.Email, p.Faults = sent.Get("email"), faults
		return d.show(v, http.StatusUnprocessableEntity, "desk/edition-preview", p)
	}
	if err != nil {
		return err
	}
	if len(as) >= mostBeside || sent.Get("beside") != "yes" {
		as = nil
	}
	return v.Go(previewPath(v.id(), view, append(as, viewer.String())...))
}

// sendTest queues a test to a group.
func (d *Desk) sendTest(v *Visit) error {
	ctx := v.Request.Context()
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	var sets []subscriptions.TopicSet
	if sent.Get("letters") != "all" {
		for _, viewer := range viewersOf(sent["as"]) {
			set, err := d.setOf(v, viewer)
			if err != nil {
				return err
			}
			sets = append(sets, set)
		}
	}
	t, err := d.Tests.As(v.By()).Send(ctx, v.id(), int64(wholeNumber(sent.Get("group"))), sets)
	if err != nil {
		return err
	}
	v.Say("A test is on its way to " + t.Group + ": " + page.Count(t.Letters, "letter", "letters") + " to " + page.Count(t.Addresses, "address", "addresses") + ".")
	return v.Go(previewPath(v.id(), sent.Get("view"), sent["as"]...))
}

// setOf gives the topics of who is looked as. A person's letter is tested as that of
// everybody with their topics: a test goes to others.
func (d *Desk) setOf(v *Visit, viewer subscriptions.Viewer) (subscriptions.TopicSet, error) {
	ctx := v.Request.Context()
	switch viewer.Kind {
	case subscriptions.AsVariant:
		return subscriptions.ParseTopicSet(viewer.Key)
	case subscriptions.AsPersona:
		p, err := d.Personas.Store.FindPersona(ctx, int64(wholeNumber(viewer.Key)))
		return p.Topics, err
	}
	of, err := d.Seen.Collect(ctx, v.id())
	if err != nil {
		return nil, err
	}
	seen, err := d.Seen.Show(ctx, v.By(), false, of, viewer)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, t := range seen.Topics {
		ids = append(ids, t.ID)
	}
	return subscriptions.NewTopicSet(ids...), nil
}
