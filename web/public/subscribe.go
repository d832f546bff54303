package public

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// SubscribePage is the form on a page of its own.
type SubscribePage struct {
	page.Frame
	Form SubscribeForm
}

// SubscribeForm is the sign-up form with what the person has put into it. No
// topic is ticked before they tick it (MAIL 19).
type SubscribeForm struct {
	Email        string
	Name         string
	Organisation string
	Topics       []TopicChoice
	Offer        bool // there is an edition that can be sent at once
	Newest       bool // they want it
	Faults       page.Faults
}

// TopicChoice is a topic to tick.
type TopicChoice struct {
	subscriptions.TopicNews
	InputID string // the first is "topics", so that a fault's link finds it
	Ticked  bool
	News    bool // say how many entries there were last time
}

func newSubscribeForm(topics []subscriptions.TopicNews, news bool) SubscribeForm {
	return SubscribeForm{Topics: choices(topics, news, nil), Offer: news}
}

// choices lists the topics in their order, those for everyone at the end, where
// their note is read after what it speaks of.
func choices(topics []subscriptions.TopicNews, news bool, ticked func(subscriptions.Topic) bool) []TopicChoice {
	list := make([]TopicChoice, len(topics))
	for i, t := range topics {
		list[i] = TopicChoice{TopicNews: t, News: news, Ticked: ticked != nil && ticked(t.Topic)}
	}
	slices.SortStableFunc(list, func(a, b TopicChoice) int {
		switch {
		case a.ForEveryone == b.ForEveryone:
			return 0
		case a.ForEveryone:
			return 1
		}
		return -1
	})
	for i := range list {
		list[i].InputID = "topics"
		if i > 0 {
			list[i].InputID += "-" + list[i].Slug
		}
	}
	return list
}

var subscribeFrame = page.Frame{Title: "Subscribe", Path: "/subscribe", Section: "/subscribe",
	Description: "One letter a month, with the topics you choose."}

// SubscribeForm answers GET /subscribe.
func (s *Site) SubscribeForm(c *gin.Context) error {
	home, err := s.Archive.Home(c.Request.Context())
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/subscribe",
		SubscribePage{subscribeFrame, newSubscribeForm(home.Topics, home.Latest != nil)})
	return nil
}

// Subscribe answers POST /subscribe. Every address gets the same answer; what
// differs is the mail.
func (s *Site) Subscribe(c *gin.Context) error {
	sent, err := page.Form(c)
	if page.TooLong(err) {
		return s.subscribeAgain(c, http.StatusRequestEntityTooLarge, page.Shorten(sent), page.TooLongFault(sent, "email", "name", "organisation"))
	}
	if err != nil {
		return err
	}
	start := time.Now()
	request := subscriptions.SubscribeRequest{
		Email: page.Email(sent), Name: sent.Get("name"), Organisation: sent.Get("organisation"),
		Topics: sent["topics"], Newest: sent.Has("newest"), Wording: sent.Get("wording"), Source: "web form", IP: page.ClientIP(c)}
	address, err := s.Subscriptions.CheckSignup(c.Request.Context(), request)
	if err == nil {
		admitted, err := s.admit(c, subscriptions.FormSubscribe, address, sent, start)
		if !admitted {
			return err
		}
		err = s.Subscriptions.Subscribe(c.Request.Context(), request)
		evenly(c, start)
		if err == nil {
			page.SeeOther(c, "/subscribe/sent")
		}
		return err
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	return s.subscribeAgain(c, http.StatusUnprocessableEntity, sent, faults)
}

// subscribeAgain shows the form with the person's words and what is wrong.
func (s *Site) subscribeAgain(c *gin.Context, status int, sent url.Values, faults page.Faults) error {
	home, err := s.Archive.Home(c.Request.Context())
	if err != nil {
		return err
	}
	p := SubscribePage{subscribeFrame, SubscribeForm{
		Email: sent.Get("email"), Name: sent.Get("name"), Organisation: sent.Get("organisation"),
		Faults: faults.InOrder("topics", "email", "name", "organisation"),
		Offer:  home.Latest != nil, Newest: sent.Has("newest"),
		Topics: choices(home.Topics, home.Latest != nil, func(t subscriptions.Topic) bool { return slices.Contains(sent["topics"], t.Slug) }),
	}}
	p.Title = "Something is missing: Subscribe"
	s.Pages.HTML(c, status, "public/subscribe", p)
	return nil
}

// SubscribeSent answers GET /subscribe/sent.
func (s *Site) SubscribeSent(c *gin.Context) error {
	return s.plain(c, "public/subscribe-sent", page.Frame{Title: "Look in your inbox", Section: "/subscribe"})
}
