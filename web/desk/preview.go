package desk

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// A preview shows the words of a form as they would come out, and keeps nothing.
// It is one address with three answers, by the field "view":
//
//	""           a page with a button for each view: what the form's own button
//	             opens, in a tab of its own, so that the form stays as it is
//	web, letter, the view alone, for a frame. It is the site's own page and the
//	phone, text  letter as the composer makes it, in a sandbox.
//	check        what a script asks first: whether there is anything to show, as
//	             JSON. On a fault it leaves the last preview where it is.

// previewBody is a text of the greatest length, each byte of it escaped, and the
// other fields.
const previewBody = 3*subscriptions.MaxBody + 256<<10

// What a preview may do: nothing but look like what it shows.
const (
	framedPage   = "default-src 'none'; style-src 'self'; img-src 'self' data:; sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
	framedLetter = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)

// PreviewPage has a button for each view of the words that were sent.
type PreviewPage struct {
	Frame
	Item  string     // its title
	Words []SentWord // of the form, sent again with each button
	Web   string     // the page of the site, for a frame
}

// SentWord is an input of a form.
type SentWord struct{ Name, Value string }

// webItem is what the site's page of an entry needs.
type webItem struct {
	page.Frame
	subscriptions.Article
}

// textView is the text part of a letter on a page of its own.
var textView = template.Must(template.New("text").Parse(
	`<!doctype html><html lang="en"><meta charset="utf-8"><title>Text</title><style>:root{color-scheme:light dark}pre{font:14px/1.45 monospace;white-space:pre-wrap;overflow-wrap:anywhere}</style><pre>{{.}}</pre></html>`))

// preview answers POST /desk/preview.
func (d *Desk) preview(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	item, err := d.itemOf(v, sent)
	if err != nil {
		return err
	}
	p, err := d.Previews.Preview(v.Request.Context(), item)
	if err != nil {
		return err
	}
	switch sent.Get("view") {
	case "web":
		frame(v, framedPage)
		d.Pages.HTML(v.Context, http.StatusOK, "public/item", d.webItem(p))
	case "letter", "phone":
		_, html, err := d.ItemLetter(v.Request.Context(), p.Content)
		if err != nil {
			return err
		}
		frame(v, framedLetter)
		v.Data(http.StatusOK, "text/html; charset=utf-8", []byte(html))
	case "text":
		text, _, err := d.ItemLetter(v.Request.Context(), p.Content)
		if err != nil {
			return err
		}
		frame(v, framedLetter)
		v.Header("Content-Type", "text/html; charset=utf-8")
		return textView.Execute(v.Writer, text)
	case "check":
		text, html, err := d.ItemLetter(v.Request.Context(), p.Content)
		if err != nil {
			return sayJSON(v, err)
		}
		v.JSON(http.StatusOK, gin.H{"said": "In a letter of its own: " + page.Bytes(int64(len(html))) + " as HTML, " + page.Bytes(int64(len(text))) + " as text."})
	default:
		web, err := d.Pages.Page("public/item", d.webItem(p))
		if err != nil {
			return err
		}
		return d.show(v, http.StatusOK, "desk/preview", &PreviewPage{Frame: Frame{Title: "Preview", Section: "/desk/items"},
			Item: p.Article.Entry.Title, Words: sentWords(sent), Web: web})
	}
	return nil
}

// frame lets our own pages show the answer in a frame, and nobody else.
func frame(v *Visit, policy string) {
	page.Private(v.Context)
	v.Header("Content-Security-Policy", policy)
	v.Header("X-Frame-Options", "SAMEORIGIN")
}

func (d *Desk) webItem(p subscriptions.ItemPreview) *webItem {
	return &webItem{page.Frame{Title: p.Article.Entry.Title, Section: "/editions", Description: p.Article.Entry.Summary}, p.Article}
}

// sentWords gives the inputs in the order of the alphabet, those of one name in
// their own.
func sentWords(sent url.Values) (words []SentWord) {
	for name, values := range sent {
		for _, value := range values {
			if name != "view" {
				words = append(words, SentWord{name, value})
			}
		}
	}
	slices.SortStableFunc(words, func(a, b SentWord) int { return strings.Compare(a.Name, b.Name) })
	return words
}

// itemOf reads the form of an item as far as it goes: what is not right yet is
// left out, for the words around it can be looked at all the same.
func (d *Desk) itemOf(v *Visit, sent url.Values) (subscriptions.Item, error) {
	line := func(name string) string { return strings.Join(strings.Fields(cleanText(sent.Get(name))), " ") }
	day := func(name string) subscriptions.Date {
		date, err := subscriptions.ParseDate(line(name))
		if err != nil {
			return subscriptions.Date{}
		}
		return date
	}
	link := func(name string) string {
		u, err := url.Parse(line(name))
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return ""
		}
		return u.String()
	}
	body := cleanText(sent.Get("body"))
	if len(body) > subscriptions.MaxBody {
		body = strings.ToValidUTF8(body[:subscriptions.MaxBody], "")
	}
	id, _ := strconv.ParseInt(strings.TrimPrefix(sent.Get("slot"), "item:"), 10, 64) // 0 for a new one
	item := subscriptions.Item{ID: id, Title: line("title"), Date: day("date"), Issuer: line("issuer"), Summary: line("summary"), Body: body, WebinarSlug: line("webinar")}
	if s := (subscriptions.Standard{Identifier: line("standard-identifier"), Title: line("standard-title"), OriginalTitle: line("standard-original"),
		Committee: line("standard-committee"), Stage: line("standard-stage"), Relation: line("standard-relation")}); s != (subscriptions.Standard{}) {
		item.Standard = &s
	}
	if until := day("comments-until"); !until.IsZero() {
		item.Comments = &subscriptions.CommentPeriod{Until: until, URL: link("comments-url")}
	}
	const most = 50
	for n := range most {
		name := func(part string) string { return "source-" + strconv.Itoa(n) + "-" + part }
		if to := link(name("url")); to != "" {
			item.Sources = append(item.Sources, subscriptions.Source{Title: line(name("title")), URL: to, Language: line(name("language")), Accessed: day(name("accessed"))})
		}
	}
	topics, err := d.Previews.Store.Topics(v.Request.Context())
	if err != nil {
		return item, err
	}
	for _, word := range append([]string{sent.Get("home")}, sent["topic"]...) {
		for _, t := range topics {
			if (t.Slug == word || strconv.FormatInt(t.ID, 10) == word) && !slices.Contains(item.Topics, t.ID) {
				item.Topics = append(item.Topics, t.ID)
			}
		}
	}
	return item, nil
}

// cleanText makes text of what came.
func cleanText(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", ""), "\r\n", "\n")
}
