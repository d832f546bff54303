package web

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/hooks"
	"sesec.eu/tidings/web/page"
	"sesec.eu/tidings/web/public"
	"sesec.eu/tidings/web/static"
)

// router adds routes of which each has its methods beside it.
type router struct {
	gin   *gin.Engine
	pages *page.Renderer
}

// get answers GET and HEAD, neither of which changes anything.
func (r router) get(path string, h page.Handler) {
	r.gin.GET(path, r.pages.Handle(h))
	r.gin.HEAD(path, r.pages.Handle(h))
}

func (r router) post(path string, h page.Handler) { r.gin.POST(path, r.pages.Handle(h)) }

// routes is the site. The paths are a contract with letters that were sent
// years ago: none is ever taken away.
func (r router) routes(s *public.Site) {
	r.get("/", s.Home)

	r.get("/subscribe", s.SubscribeForm)
	r.post("/subscribe", s.Subscribe)
	r.get("/subscribe/sent", s.SubscribeSent)
	r.get("/confirm/:token", s.ConfirmForm)
	r.post("/confirm/:token", s.Confirm)
	r.get("/preferences/:token", s.PreferencesForm)
	r.post("/preferences/:token", s.ChangePreferences)
	r.post("/preferences/:token/data", s.Data)
	r.get("/preferences/:token/erase", s.EraseForm)
	r.post("/preferences/:token/erase", s.Erase)
	r.get("/unsubscribe/:token", s.UnsubscribeForm)
	r.post("/unsubscribe/:token", s.Unsubscribe)
	r.get("/address/:token", s.AddressForm)
	r.post("/address/:token", s.Address)
	r.get("/restore/:token", s.RestoreForm)
	r.post("/restore/:token", s.Restore)
	r.get("/alive/:token", s.AliveForm)
	r.post("/alive/:token", s.ProveAlive)
	r.get("/manage", s.ManageForm)
	r.post("/manage", s.Manage)
	r.get("/manage/sent", s.ManageSent)

	r.get("/editions", s.Editions)
	r.get("/editions/:slug", s.Edition)
	r.get("/items/:slug", s.Item)
	r.get("/files/:hash/:name", s.File)
	r.get("/topics", s.Topics)
	r.get("/topics/:slug", s.Topic)
	r.get("/topics/:slug/feed.atom", s.TopicAtom)
	r.get("/topics/:slug/feed.json", s.TopicJSON)
	r.get("/feed.atom", s.Atom)
	r.get("/feed.json", s.JSON)
	r.get("/search", s.Search)
	r.get("/opensearch.xml", s.OpenSearch)
	r.get("/webinars", s.Webinars)
	r.get("/webinars/:slug", s.Webinar)
	r.get("/deadlines", s.Deadlines)
	r.get("/webinars/:slug/calendar.ics", s.WebinarCalendar)
	r.post("/webinars/:slug/register", s.Register)
	r.get("/webinars/:slug/register/sent", s.RegisterSent)
	r.get("/calendar.ics", s.Calendar)
	r.get("/register/:token", s.OfferForm)
	r.post("/register/:token", s.Offer)
	r.get("/attend/:token", s.AttendForm)
	r.post("/attend/:token", s.Attend)
	r.get("/registration/:token", s.SeatForm)
	r.post("/registration/:token", s.Seat)
	r.get("/registration/:token/calendar.ics", s.SeatCalendar)
	r.get("/glossary", s.Glossary)
	r.get("/privacy", s.Privacy)

	if s.Clock != nil {
		r.post("/demo/clock", s.MoveClock)
	}
	if s.Inbox != nil {
		r.get("/inbox", s.InboxList)
		r.get("/inbox/:n", s.InboxLetter)
		r.get("/inbox/:n/html", s.InboxHTML)
		r.get("/inbox/:n/source", s.InboxSource)
	}
}

// desk adds the editors' routes.
func (r router) desk(d *desk.Desk) {
	for _, route := range d.Routes() {
		h := d.Handle(route)
		r.gin.Handle(route.Method, route.Path, h)
		if route.Method == http.MethodGet {
			r.gin.HEAD(route.Path, h)
		}
	}
}

// hooks adds what services that send for us call.
func (r router) hooks(h *hooks.Hooks) {
	if h == nil {
		return
	}
	for path, answer := range h.Routes() {
		r.gin.POST(path, answer)
	}
}

// machinery is what browsers and crawlers ask for.
func (r router) machinery(assets *static.Assets) {
	r.get(static.Prefix+"*path", func(c *gin.Context) error {
		if !assets.Serve(c.Writer, c.Request, page.AcceptsGzip(c.Request)) {
			r.notFound(c)
		}
		return nil
	})
	icon := func(c *gin.Context) error {
		c.Redirect(http.StatusFound, assets.Path("favicon.svg"))
		return nil
	}
	r.get("/favicon.svg", icon)
	r.get("/favicon.ico", icon)
	r.get("/robots.txt", func(c *gin.Context) error {
		c.String(http.StatusOK, "User-agent: *\nDisallow: /confirm/\nDisallow: /preferences/\nDisallow: /unsubscribe/\nDisallow: /address/\nDisallow: /restore/\nDisallow: /alive/\nDisallow: /register/\nDisallow: /attend/\nDisallow: /registration/\nDisallow: /inbox\nDisallow: /desk\n")
		return nil
	})
	r.gin.NoRoute(r.notFound)
	r.gin.NoMethod(func(c *gin.Context) {
		r.pages.Say(c, http.StatusMethodNotAllowed, "This page cannot do that",
			"It was asked with "+c.Request.Method+"; it answers to "+c.Writer.Header().Get("Allow")+".", "")
	})
}

// notFound answers what has no route. A path that is right but for a slash at
// its end, as mail programs and people add one, is sent on without it.
func (r router) notFound(c *gin.Context) {
	asked := c.Request.URL.Path
	read := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	if read && len(asked) > 1 && strings.HasSuffix(asked, "/") {
		// path.Clean folds "//elsewhere/" too, which would lead out of the site.
		to := url.URL{Path: path.Clean(asked), RawQuery: c.Request.URL.RawQuery}
		page.Private(c)
		c.Redirect(http.StatusMovedPermanently, to.String())
		return
	}
	r.pages.NotFound(c)
}
