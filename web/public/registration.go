package public

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// RegisterForm is the form of a webinar with what the person has put into it.
type RegisterForm struct {
	Action       string
	Email        string
	Name         string
	Organisation string
	Zones        []Option
	Questions    []QuestionField
	Topics       []subscriptions.Topic // the letters that the tick is about; none: no tick
	Letters      bool                  // they want them, beside the place
	Waiting      bool                  // all places are taken
	Faults       page.Faults
}

// QuestionField is a question with the answer so far.
type QuestionField struct {
	subscriptions.Question
	Answer string
	Faults []string
}

func questionFields(w subscriptions.Webinar, answers func(q subscriptions.Question) string, faults page.Faults) []QuestionField {
	fields := make([]QuestionField, len(w.Questions))
	for i, q := range w.Questions {
		fields[i] = QuestionField{q, answers(q), faults.For(q.AnswerField())}
	}
	return fields
}

func noAnswer(subscriptions.Question) string { return "" }

func (s *Site) registerForm(c *gin.Context, w subscriptions.Webinar, zone string) (RegisterForm, error) {
	all, err := s.Archive.Store.Topics(c.Request.Context())
	if err != nil {
		return RegisterForm{}, err
	}
	f := RegisterForm{Action: "/webinars/" + w.Slug + "/register", Zones: s.placeOptions(zone), Questions: questionFields(w, noAnswer, nil)}
	for _, t := range all {
		if subscriptions.NewTopicSet(w.Topics...).Has(t.ID) {
			f.Topics = append(f.Topics, t)
		}
	}
	return f, nil
}

// placeOptions offers the zone in which letters tell the hours.
func (s *Site) placeOptions(chosen string) []Option {
	if _, err := subscriptions.LoadZone(chosen); err != nil {
		chosen = ""
	}
	options := zoneOptions("", chosen)
	options[0].Text = "As the page has it"
	return options
}

// registration reads a form.
func registration(sent url.Values, questions []subscriptions.Question) subscriptions.RegisterRequest {
	r := subscriptions.RegisterRequest{Email: page.Email(sent), Name: sent.Get("name"), Organisation: sent.Get("organisation"), Zone: sent.Get("zone"),
		Answers: map[string]string{}}
	for _, q := range questions {
		r.Answers[q.ID] = sent.Get(q.AnswerField())
	}
	return r
}

// Register answers POST /webinars/SLUG/register. Every address gets the same answer;
// what differs is the mail.
func (s *Site) Register(c *gin.Context) error {
	sent, err := page.Form(c)
	if page.TooLong(err) {
		return s.registerAgain(c, http.StatusRequestEntityTooLarge, page.Shorten(sent), page.TooLongFault(sent, "email", "name", "organisation"))
	}
	if err != nil {
		return err
	}
	start := time.Now()
	ctx, slug := c.Request.Context(), c.Param("slug")
	w, err := s.Archive.Webinar(ctx, slug)
	if err != nil {
		return err
	}
	request := registration(sent, w.Questions)
	address, err := s.Seats.Check(ctx, slug, request)
	if err == nil {
		admitted, err := s.admit(c, subscriptions.FormRegister, address, sent, start)
		if !admitted {
			return err
		}
		err = s.Seats.Register(ctx, slug, request)
		if err == nil && sent.Has("letters") {
			// Their own tick, and their own letter to confirm: nothing follows from the place.
			err = s.wantLetters(c, w, request, sent.Get("wording"))
		}
		evenly(c, start)
		if err == nil {
			page.SeeOther(c, "/webinars/"+w.Slug+"/register/sent")
		}
		return err
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	return s.registerAgain(c, http.StatusUnprocessableEntity, sent, faults)
}

func (s *Site) wantLetters(c *gin.Context, w subscriptions.Webinar, r subscriptions.RegisterRequest, wording string) error {
	form, err := s.registerForm(c, w, "")
	if err != nil || len(form.Topics) == 0 {
		return err
	}
	slugs := make([]string, len(form.Topics))
	for i, t := range form.Topics {
		slugs[i] = t.Slug
	}
	return s.Subscriptions.Subscribe(c.Request.Context(), subscriptions.SubscribeRequest{Email: r.Email, Name: r.Name, Organisation: r.Organisation,
		Topics: slugs, Wording: wording, Source: "webinar form", IP: page.ClientIP(c)})
}

// registerAgain shows the form with the person's words and what is wrong.
func (s *Site) registerAgain(c *gin.Context, status int, sent url.Values, faults page.Faults) error {
	p, err := s.webinarPage(c, "")
	if err != nil {
		return err
	}
	if p.Form == nil {
		return &subscriptions.Error{Code: subscriptions.Refused, Message: "registration for this webinar is closed", Hint: "Its page says what there is instead."}
	}
	order := []string{"email", "name", "organisation", "zone"}
	for _, q := range p.Questions {
		order = append(order, q.AnswerField())
	}
	f := p.Form
	f.Email, f.Name, f.Organisation, f.Letters = sent.Get("email"), sent.Get("name"), sent.Get("organisation"), sent.Has("letters")
	f.Zones, f.Faults = s.placeOptions(sent.Get("zone")), faults.InOrder(order...)
	f.Questions = questionFields(p.Webinar, func(q subscriptions.Question) string { return sent.Get(q.AnswerField()) }, faults)
	p.Frame = page.Frame{Title: "Something is missing: " + p.Webinar.Title, Section: "/webinars"}
	s.Pages.HTML(c, status, "public/webinar", p)
	return nil
}

// SentPage says that a mail is on its way.
type SentPage struct {
	page.Frame
	Webinar subscriptions.Webinar
}

// RegisterSent answers GET /webinars/SLUG/register/sent.
func (s *Site) RegisterSent(c *gin.Context) error {
	w, err := s.Archive.Webinar(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/register-sent", SentPage{page.Frame{Title: "Look in your inbox", Section: "/webinars"}, w})
	return nil
}
