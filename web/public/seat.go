package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/calendar"
	"sesec.eu/tidings/web/page"
)

// SeatPage is a place in a webinar, for whoever holds its link: to confirm it, to
// take it by one press, to look after it.
type SeatPage struct {
	page.Frame
	subscriptions.Seat
	Masked    string
	Sittings  []subscriptions.Sitting
	Zones     []Option
	Questions []QuestionField
	Faults    page.Faults
	Said      string // what the last form came to
	Join      bool   // there is a link to join, and they may have it
	Calendar  *AddTo
	Leaving   bool // they are asked once more
}

func (s *Site) seatPage(title string, seat subscriptions.Seat) *SeatPage {
	r, w := seat.Registration, seat.Webinar
	p := &SeatPage{Frame: page.Frame{Title: title, Section: "/webinars"}, Seat: seat, Masked: subscriptions.MaskAddress(r.Address), Sittings: s.sittings(w, r.Zone),
		Zones: s.placeOptions(r.Zone), Questions: questionFields(w, func(q subscriptions.Question) string { return r.Answers[q.ID] }, nil)}
	p.Join = r.State == subscriptions.RegistrationActive && w.JoinURL != "" && w.State != subscriptions.WebinarCancelled && s.Now().Before(w.Ends)
	return p
}

// deadLink is the answer to a link of a webinar that does not work. Who holds it need
// be no subscriber: the way on is the webinar's page.
func (s *Site) deadLink(c *gin.Context, err error) error {
	code := subscriptions.CodeOf(err)
	if code != subscriptions.Expired && code != subscriptions.Forged {
		return err
	}
	status := http.StatusGone
	if code == subscriptions.Forged {
		status = http.StatusNotFound
	}
	page.Private(c)
	s.Pages.Say(c, status, "This link does not work", "It is not complete, or its time is over.",
		"Send the form on the webinar's page with your address: the mail that comes has a fresh one.", page.Way{Path: "/webinars", Text: "Webinars"})
	return nil
}

// AttendForm answers GET /attend/TOKEN. It changes nothing.
func (s *Site) AttendForm(c *gin.Context) error {
	seat, err := s.Seats.Confirmation(c.Request.Context(), c.Param("token"))
	if err != nil {
		return s.deadLink(c, err)
	}
	if seat.Registration.State != subscriptions.RegistrationPending {
		return s.showSeat(c, seat)
	}
	s.Pages.HTML(c, http.StatusOK, "public/attend", s.seatPage("Take the place", seat))
	return nil
}

// Attend answers POST /attend/TOKEN.
func (s *Site) Attend(c *gin.Context) error {
	seat, err := s.Seats.Confirm(c.Request.Context(), c.Param("token"))
	if err != nil {
		return s.deadLink(c, err)
	}
	return s.showSeat(c, seat)
}

// showSeat leads to the page of a place, by a link of its own.
func (s *Site) showSeat(c *gin.Context, seat subscriptions.Seat) error {
	page.Private(c)
	page.SeeOther(c, "/registration/"+s.Seats.OwnLink(seat.Registration.ID))
	return nil
}

// OfferForm answers GET /register/TOKEN: the signed link of a subscriber. It changes
// nothing.
func (s *Site) OfferForm(c *gin.Context) error {
	seat, err := s.Seats.Offer(c.Request.Context(), c.Param("token"))
	if err != nil {
		return s.deadLink(c, err)
	}
	s.Pages.HTML(c, http.StatusOK, "public/register", s.seatPage("Register", seat))
	return nil
}

// Offer answers POST /register/TOKEN.
func (s *Site) Offer(c *gin.Context) error {
	ctx, token := c.Request.Context(), c.Param("token")
	sent, err := page.Form(c)
	if err != nil {
		return err
	}
	seat, err := s.Seats.Offer(ctx, token)
	if err != nil {
		return s.deadLink(c, err)
	}
	given := registration(sent, seat.Webinar.Questions)
	if _, err = s.Seats.TakeOffer(ctx, token, given.Answers); err == nil {
		// The letter may have been passed on: the way to the place, which shows a name and
		// can give it back, is in the mail that follows.
		page.Private(c)
		page.SeeOther(c, "/register/"+token) // which says that they are registered
		return nil
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	p := s.seatPage("Something is missing: Register", seat)
	p.Faults, p.Questions = faults, questionFields(seat.Webinar, func(q subscriptions.Question) string { return given.Answers[q.ID] }, faults)
	s.Pages.HTML(c, http.StatusUnprocessableEntity, "public/register", p)
	return nil
}

// saidOf are the sentences that stand on the page of a place after a form.
var saidOf = map[string]string{"changed": "Saved.", "left": "Your place is given back."}

// SeatForm answers GET /registration/TOKEN. It changes nothing.
func (s *Site) SeatForm(c *gin.Context) error {
	seat, err := s.Seats.Own(c.Request.Context(), c.Param("token"))
	if err != nil {
		return s.deadLink(c, err)
	}
	p := s.ownSeat(c, seat)
	p.Said, p.Leaving = saidOf[c.Query("said")], c.Query("leave") == "yes" && seat.Registration.Open()
	s.Pages.HTML(c, http.StatusOK, "public/registration", p)
	return nil
}

// ownSeat is the page of a place, with the ways into a calendar.
func (s *Site) ownSeat(c *gin.Context, seat subscriptions.Seat) *SeatPage {
	p := s.seatPage("Your place", seat)
	if seat.Registration.State == subscriptions.RegistrationActive && s.Now().Before(seat.Webinar.Starts) && seat.Webinar.State != subscriptions.WebinarCancelled {
		id := s.Pages.Identity()
		// Without the way to the place, which others' calendars would get in an address.
		e := calendar.Invitation(seat.Webinar, seat.Registration, id, "")
		p.Calendar = &AddTo{"/registration/" + c.Param("token") + "/calendar.ics", calendar.GoogleURL(e), calendar.OutlookURL(e)}
	}
	return p
}

func (s *Site) invitation(c *gin.Context, seat subscriptions.Seat) calendar.Event {
	id := s.Pages.Identity()
	return calendar.Invitation(seat.Webinar, seat.Registration, id, id.URL("/registration/"+c.Param("token")))
}

// Seat answers POST /registration/TOKEN: change what one said, or give the place
// back.
func (s *Site) Seat(c *gin.Context) error {
	ctx, token := c.Request.Context(), c.Param("token")
	sent, err := page.Form(c)
	if err != nil {
		return err
	}
	if sent.Get("do") == "leave" {
		if _, err := s.Seats.Leave(ctx, token); err != nil {
			return s.deadLink(c, err)
		}
		page.Private(c)
		page.SeeOther(c, "/registration/"+token+"?said=left")
		return nil
	}
	seat, err := s.Seats.Own(ctx, token)
	if err != nil {
		return s.deadLink(c, err)
	}
	given := registration(sent, seat.Webinar.Questions)
	_, err = s.Seats.Change(ctx, token, given)
	if err == nil {
		page.Private(c)
		page.SeeOther(c, "/registration/"+token+"?said=changed")
		return nil
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	seat.Registration.Name, seat.Registration.Organisation, seat.Registration.Answers = given.Name, given.Organisation, given.Answers
	p := s.ownSeat(c, seat)
	p.Title = "Something is missing: " + p.Title
	p.Faults, p.Questions = faults, questionFields(seat.Webinar, func(q subscriptions.Question) string { return given.Answers[q.ID] }, faults)
	s.Pages.HTML(c, http.StatusUnprocessableEntity, "public/registration", p)
	return nil
}

// SeatCalendar answers GET /registration/TOKEN/calendar.ics, with the link to join.
func (s *Site) SeatCalendar(c *gin.Context) error {
	seat, err := s.Seats.Own(c.Request.Context(), c.Param("token"))
	if err != nil {
		return s.deadLink(c, err)
	}
	e := s.invitation(c, seat)
	e.Organizer, e.Attendee = subscriptions.Mailbox{}, subscriptions.Mailbox{}
	page.Private(c)
	return s.sendCalendar(c, seat.Webinar.Slug, e.Stamp, calendar.Calendar{Method: calendar.Publish, Events: []calendar.Event{e}})
}
