package desk

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const feedsPath = "/desk/items/feeds"

// FeedsPage lists watched feeds, and takes another.
type FeedsPage struct {
	Frame
	Feeds   []FeedView
	Topics  []TopicChoice
	Paces   []subscriptions.FeedPace
	URL     string
	Name    string
	Every   time.Duration
	FromNow bool
	Tried   *subscriptions.FeedAnswer // nil before it was tried
	Faults  page.Faults
}

// FeedView is a feed with its topics.
type FeedView struct {
	subscriptions.WatchedFeed
	Topics []subscriptions.Topic
}

func (d *Desk) feeds(v *Visit) error {
	return d.showFeeds(v, http.StatusOK, &FeedsPage{Every: 24 * time.Hour}, nil)
}

func (d *Desk) showFeeds(v *Visit, status int, p *FeedsPage, sent url.Values) error {
	ctx := v.Request.Context()
	p.Frame = Frame{Title: "Watched feeds", Section: "/desk/items"}
	p.Paces = subscriptions.FeedPaces()
	feeds, err := d.Watch.Store.Feeds(ctx)
	if err != nil {
		return err
	}
	all, err := d.Watch.Store.AllTopics(ctx)
	if err != nil {
		return err
	}
	by := map[int64]subscriptions.Topic{}
	for _, t := range all {
		by[t.ID] = t
	}
	for _, f := range feeds {
		view := FeedView{WatchedFeed: f}
		for _, id := range f.Topics {
			view.Topics = append(view.Topics, by[id])
		}
		p.Feeds = append(p.Feeds, view)
	}
	if p.Topics, err = d.topicChoices(v, sent); err != nil {
		return err
	}
	return d.show(v, status, "desk/feeds", p)
}

// addFeed tries a feed, or watches it.
func (d *Desk) addFeed(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	hours, _ := strconv.Atoi(sent.Get("every")) // what is no number is told as no pace
	p := &FeedsPage{URL: strings.TrimSpace(sent.Get("url")), Name: sent.Get("title"), Every: time.Duration(hours) * time.Hour, FromNow: sent.Get("from") == "now"}
	var answer subscriptions.FeedAnswer
	if sent.Get("do") == "try" {
		answer, err = d.Watch.Try(v.Request.Context(), p.URL)
		p.Tried = &answer
	} else {
		var f subscriptions.WatchedFeed
		f, err = d.Watch.Watch(v.Request.Context(), v.By(), subscriptions.NewFeed{URL: p.URL, Title: p.Name, Topics: chosenTopics(sent), Every: p.Every, FromNow: p.FromNow})
		if err == nil {
			v.Say(f.Title + " is watched now.")
			return v.Go(feedsPath)
		}
	}
	if err == nil {
		return d.showFeeds(v, http.StatusOK, p, sent)
	}
	faults, ok := faultsOf(err)
	if !ok {
		return err
	}
	for i := range faults {
		switch faults[i].Field {
		case "topics":
			faults[i].Field = "home"
		case "file":
			faults[i].Field = "url"
		}
	}
	p.Faults, p.Tried = faults, nil
	return d.showFeeds(v, http.StatusUnprocessableEntity, p, sent)
}

// lookAtFeed looks now, and leads to what came of it.
func (d *Desk) lookAtFeed(v *Visit) error {
	id, err := feedID(v)
	if err != nil {
		return err
	}
	f, run, err := d.Watch.Look(v.Request.Context(), v.By(), id)
	switch {
	case err != nil:
		return err
	case f.Fault != "":
		v.Say(f.Title + ": " + f.Fault)
	case run.ID != 0:
		v.Say(page.Count(run.Counts.New, "draft", "drafts") + " came in from " + f.Title + ".")
		return v.Go(runPath(run.ID))
	default:
		v.Say(f.Title + " has nothing new.")
	}
	return v.Go(feedsPath)
}

func (d *Desk) pauseFeed(v *Visit) error {
	id, err := feedID(v)
	if err != nil {
		return err
	}
	f, err := d.Watch.Pause(v.Request.Context(), v.By(), id)
	return d.saidOfFeed(v, f, "is paused", err)
}

func (d *Desk) resumeFeed(v *Visit) error {
	id, err := feedID(v)
	if err != nil {
		return err
	}
	f, err := d.Watch.Resume(v.Request.Context(), v.By(), id)
	return d.saidOfFeed(v, f, "is watched again", err)
}

func (d *Desk) endFeed(v *Visit) error {
	id, err := feedID(v)
	if err != nil {
		return err
	}
	f, err := d.Watch.End(v.Request.Context(), v.By(), id)
	return d.saidOfFeed(v, f, "is not watched any more; the drafts it brought stay", err)
}

func (d *Desk) saidOfFeed(v *Visit, f subscriptions.WatchedFeed, what string, err error) error {
	if err != nil {
		return err
	}
	v.Say(f.Title + " " + what + ".")
	return v.Go(feedsPath)
}

func feedID(v *Visit) (int64, error) {
	id, err := strconv.ParseInt(v.Param("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such feed", Hint: "Look in the list of feeds."}
	}
	return id, nil
}
