package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ItemsPage lists items. Its filters, its order and its page are its address.
type ItemsPage struct {
	Frame
	Query    ItemQuery
	Rows     []ItemRow
	Total    int
	Empty    bool // there is no item at all
	Cut      string
	Chips    []Chip
	Sorts    map[string]SortLink
	Topics   []subscriptions.Topic
	Editions []subscriptions.Edition
	Editors  []subscriptions.Editor
	Issuers  []string
	Unsaved  []subscriptions.UnsavedItem // this editor's forms
	Done     Done
	More     bool // a filter of the second row is in force
	Pager
}

// ItemQuery is what the address asks for, as the form shows it.
type ItemQuery struct {
	Q, State, Topic, Edition, Issuer, By, From, To, Deadline, Sort string
	Here                                                           string // all of it, to come back to
}

// ItemRow is a line of the list.
type ItemRow struct {
	subscriptions.Item
	Filed []subscriptions.Topic // home first
	Last  string                // who saved it last
	Like  []subscriptions.ItemLike
}

// Chip is a filter in force and the address without it.
type Chip struct{ Text, Without string }

// SortLink orders a column.
type SortLink struct {
	Path string
	Aria string // ascending or descending when the list is in this order
}

// Done is an act on many items that was just done and can be undone.
type Done struct {
	Batch string
	Count int
}

// itemFilters are the words of the address.
var itemFilters = []string{"q", "state", "topic", "edition", "issuer", "by", "from", "to", "deadline", "sort", "page"}

func (d *Desk) items(v *Visit) error {
	ctx := v.Request.Context()
	query := onlyKnown(v.Request.URL.Query(), itemFilters)
	f, cut := itemFilter(query)
	p := &ItemsPage{Frame: Frame{Title: "Items", Section: "/desk/items"}, Cut: cut, Query: itemQuery(query)}
	var err error
	if err = d.itemChoices(v, p); err != nil {
		return err
	}
	if p.Total, err = d.Items.Store.CountMatching(ctx, f); err != nil {
		return err
	}
	// A page that is not there is the last that is.
	last := max(1, (p.Total+perPage-1)/perPage)
	query.Set("page", strconv.Itoa(min(pageOf(query), last)))
	f.Limit, f.Offset = perPage, (pageOf(query)-1)*perPage
	l, err := d.Items.List(ctx, f)
	if err != nil {
		return err
	}
	all, err := d.Items.Store.AllTopics(ctx)
	if err != nil {
		return err
	}
	for _, i := range l.Items {
		p.Rows = append(p.Rows, ItemRow{Item: i, Filed: topicsOf(i, all), Last: l.Changes[i.ID].Actor, Like: l.Like[i.ID]})
	}
	if p.Total == 0 {
		any, err := d.Items.Store.CountMatching(ctx, subscriptions.ItemFilter{})
		if err != nil {
			return err
		}
		p.Empty = any == 0
	}
	if batch := v.Query("done"); batch != "" {
		done, err := d.Items.Store.ItemBatch(ctx, batch)
		if err != nil {
			return err
		}
		p.Done = Done{batch, len(done)}
	}
	p.Pager = pager("/desk/items", query, p.Total, "item", "items")
	p.Chips, p.Sorts = p.chips(query), sortLinks(query)
	return d.show(v, http.StatusOK, "desk/items", p)
}

// itemChoices reads what the filters offer.
func (d *Desk) itemChoices(v *Visit, p *ItemsPage) (err error) {
	ctx, store := v.Request.Context(), d.Items.Store
	if p.Topics, err = store.Topics(ctx); err != nil {
		return err
	}
	if p.Editions, err = store.Editions(ctx); err != nil {
		return err
	}
	if p.Editors, err = store.Editors(ctx); err != nil {
		return err
	}
	if p.Issuers, err = store.ItemIssuers(ctx, 100); err != nil {
		return err
	}
	p.Unsaved, err = store.UnsavedItems(ctx, v.Editor.ID, 10)
	return err
}

// onlyKnown leaves out what the list does not know, and what is empty.
func onlyKnown(query url.Values, known []string) url.Values {
	kept := url.Values{}
	for _, name := range known {
		const most = 300
		if s := strings.TrimSpace(query.Get(name)); s != "" && len(s) <= most {
			kept.Set(name, s)
		}
	}
	return kept
}

func itemQuery(query url.Values) ItemQuery {
	return ItemQuery{Q: query.Get("q"), State: query.Get("state"), Topic: query.Get("topic"), Edition: query.Get("edition"), Issuer: query.Get("issuer"),
		By: query.Get("by"), From: query.Get("from"), To: query.Get("to"), Deadline: query.Get("deadline"), Sort: query.Get("sort"), Here: query.Encode()}
}

// itemFilter reads the filters of an address. What makes no sense does not
// narrow: its chip does not stand either.
func itemFilter(query url.Values) (f subscriptions.ItemFilter, cut string) {
	if q := query.Get("q"); q != "" {
		asked := subscriptions.ParseSearch(q)
		if f.Phrases, cut = asked.Phrases, asked.Cut; len(f.Phrases) == 0 {
			query.Del("q") // signs alone
			cut = "There is no word to look for in “" + asked.Text + "”."
		}
	}
	switch s := subscriptions.ItemState(query.Get("state")); s {
	case subscriptions.ItemDraft, subscriptions.ItemPublished, subscriptions.ItemWithdrawn:
		f.States = []subscriptions.ItemState{s}
	default:
		query.Del("state")
	}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(query.Get(name), 10, 64)
		if err != nil || n < 1 {
			query.Del(name)
			return 0
		}
		return n
	}
	if f.NoTopic = query.Get("topic") == "none"; !f.NoTopic {
		f.TopicID = number("topic")
	}
	if f.Free = query.Get("edition") == "none"; !f.Free {
		f.EditionID = number("edition")
	}
	f.ChangedBy, f.Issuer = number("by"), query.Get("issuer")
	for name, day := range map[string]*subscriptions.Date{"from": &f.Period.From, "to": &f.Period.To} {
		var err error
		if *day, err = subscriptions.ParseDate(query.Get(name)); err != nil {
			query.Del(name)
		}
	}
	if f.HasDeadline = query.Get("deadline") == "yes"; !f.HasDeadline {
		query.Del("deadline")
	}
	switch f.Sort = subscriptions.ItemSort(query.Get("sort")); f.Sort {
	case subscriptions.SortByTitle, subscriptions.SortByClosing, subscriptions.SortNewest:
	case "oldest":
		f.Sort = subscriptions.SortByDate
	default:
		f.Sort = subscriptions.SortByChange // what an editor did last is what they look for
		query.Del("sort")
	}
	return f, cut
}

// chips are the filters in force.
func (p *ItemsPage) chips(query url.Values) []Chip {
	var chips []Chip
	chip := func(name, text string) {
		if query.Get(name) != "" && text != "" {
			without := onlyKnown(query, slices.DeleteFunc(slices.Clone(itemFilters), func(f string) bool { return f == name || f == "page" }))
			chips = append(chips, Chip{text, address("/desk/items", without, 1)})
		}
	}
	named := func(value, none string, name func(id string) string) string {
		if value == "none" {
			return none
		}
		return name(value)
	}
	chip("q", "“"+query.Get("q")+"”")
	chip("state", page.State(query.Get("state")))
	chip("topic", named(query.Get("topic"), "without topic", func(id string) string {
		for _, t := range p.Topics {
			if strconv.FormatInt(t.ID, 10) == id {
				return t.ShortName
			}
		}
		return "a topic that is gone"
	}))
	chip("edition", named(query.Get("edition"), "taken by no edition", func(id string) string {
		for _, e := range p.Editions {
			if strconv.FormatInt(e.ID, 10) == id {
				return "in " + e.Title
			}
		}
		return "in an edition that is gone"
	}))
	shown := len(chips)
	chip("issuer", "issued by "+query.Get("issuer"))
	chip("by", named(query.Get("by"), "", func(id string) string {
		for _, e := range p.Editors {
			if strconv.FormatInt(e.ID, 10) == id {
				return "changed by " + e.Name
			}
		}
		return "changed by somebody who is not here"
	}))
	chip("from", "from "+query.Get("from"))
	chip("to", "until "+query.Get("to"))
	chip("deadline", "open for comments until a day")
	p.More = len(chips) > shown
	return chips
}

// sortLinks are the heads of the columns. The one in force turns round where it
// has another way.
func sortLinks(query url.Values) map[string]SortLink {
	now := query.Get("sort")
	to := func(sort string) string {
		q := onlyKnown(query, itemFilters)
		if q.Del("sort"); sort != "" {
			q.Set("sort", sort)
		}
		return address("/desk/items", q, 1)
	}
	links := map[string]SortLink{"title": {Path: to("title")}, "date": {Path: to("newest")}, "closing": {Path: to("closing")}, "changed": {Path: to("")}}
	switch now {
	case "title":
		links["title"] = SortLink{to("title"), "ascending"}
	case "newest":
		links["date"] = SortLink{to("oldest"), "descending"}
	case "oldest":
		links["date"] = SortLink{to("newest"), "ascending"}
	case "closing":
		links["closing"] = SortLink{to("closing"), "ascending"}
	default:
		links["changed"] = SortLink{to(""), "descending"}
	}
	return links
}
