package public

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// PreferencesPage is all that a person can set: four forms, of which the first
// holds what is saved together.
type PreferencesPage struct {
	page.Frame
	Masked       string
	Fresh        bool // the link was asked for: the page shows who the person is
	Barred       subscriptions.SuppressionReason
	Topics       []TopicChoice
	Active       bool // the person gets letters
	Resumes      subscriptions.Date
	Style        subscriptions.DateStyle
	Leave        string
	Own          string // path of this page, below which one's data are
	Saved        string // what the last press changed, in a sentence
	Faults       page.Faults
	Name         string
	Organisation string
	Dates        []Option
	Zones        []Option
	Deadlines    bool
	OtherZone    string // as written
	Pause        PauseForm
	Move         MoveForm
}

// PauseForm offers how long to pause.
type PauseForm struct {
	Day      string // as entered
	Min, Max string // the days it may be
	Faults   page.Faults
}

// MoveForm asks for another address.
type MoveForm struct {
	Email  string
	Faults page.Faults
}

func pauseForm(today subscriptions.Date) PauseForm {
	at := today.In(time.UTC)
	return PauseForm{Min: at.AddDate(0, 0, 1).Format(time.DateOnly), Max: at.AddDate(1, 0, 0).Format(time.DateOnly)}
}

// PreferencesForm answers GET /preferences/TOKEN.
func (s *Site) PreferencesForm(c *gin.Context) error {
	found, err := s.Subscriptions.Preferences(c.Request.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	p := s.preferencesPage(found)
	if what, ok := c.GetQuery("saved"); ok {
		p.Saved = p.savedWords(what)
	}
	p.Own = c.Request.URL.Path
	s.Pages.HTML(c, http.StatusOK, "public/preferences", p)
	return nil
}

// ChangePreferences answers POST /preferences/TOKEN, from any of its forms.
func (s *Site) ChangePreferences(c *gin.Context) error {
	sent, err := page.Form(c)
	if err != nil {
		return err
	}
	what, err := s.setPreferences(c, sent)
	if err == nil {
		page.SeeOther(c, "/preferences/"+c.Param("token")+"?saved="+what)
		return nil
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return s.owned(c, err)
	}
	found, err := s.Subscriptions.Preferences(c.Request.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	p := s.preferencesPage(found)
	switch sent.Get("form") {
	case "own":
		p.Faults = faults
	case "pause":
		p.Pause.Day, p.Pause.Faults = sent.Get("until"), faults
	case "address":
		p.Move = MoveForm{sent.Get("email"), faults}
	default:
		p.entered(sent, faults)
	}
	p.Title = "Something is missing: " + p.Title
	p.Own = c.Request.URL.Path
	s.Pages.HTML(c, http.StatusUnprocessableEntity, "public/preferences", p)
	return nil
}

// setPreferences does what the form says, and names what it changed, with commas
// between.
func (s *Site) setPreferences(c *gin.Context, sent url.Values) (what string, err error) {
	ctx, token, readers := c.Request.Context(), c.Param("token"), s.Subscriptions
	switch sent.Get("form") {
	case "pause":
		_, err := readers.Pause(ctx, subscriptions.PurposePreferences, token, sent.Get("pause"), sent.Get("until"))
		return "pause", err
	case "resume":
		return "resume", readers.Resume(ctx, token)
	case "own":
		return "own", readers.SendOwnLink(ctx, token)
	case "address":
		start := time.Now()
		err := readers.ChangeAddress(ctx, token, page.Email(sent))
		evenly(c, start)
		return "address", err
	}
	topics := sent["topics"]
	change := subscriptions.PreferencesChange{Topics: &topics}
	for field, to := range map[string]**string{"name": &change.Name, "organisation": &change.Organisation,
		"dates": &change.Dates, "zone": &change.Zone} {
		if sent.Has(field) {
			value := sent.Get(field)
			*to = &value
		}
	}
	if sent.Has("deadlines-asked") { // a tick that is not there is not sent
		wish := sent.Get("deadlines") == "yes"
		change.Deadlines = &wish
	}
	if other := strings.TrimSpace(sent.Get("zone-other")); other != "" {
		change.Zone = &other
	}
	saved, err := readers.ChangePreferences(ctx, token, change, page.ClientIP(c))
	if err == nil && len(saved.Fields) == 0 {
		return "nothing", nil
	}
	return strings.Join(saved.Fields, ","), err
}

func (s *Site) preferencesPage(found subscriptions.Preferences) PreferencesPage {
	topics := make([]subscriptions.TopicNews, len(found.Topics))
	for i, t := range found.Topics {
		topics[i].Topic = t
	}
	person, now := found.Subscriber, s.Now()
	today := subscriptions.DateOf(now.In(person.Location()))
	chosen := choices(topics, false, func(t subscriptions.Topic) bool { return found.Chosen.Has(t.ID) })
	gets := slices.ContainsFunc(chosen, func(t TopicChoice) bool { return t.Ticked })
	// Who may choose may leave. Never the other way round: the link to leave goes
	// along when a letter is forwarded.
	leave := s.Subscriptions.Keys.Issue(subscriptions.PurposeUnsubscribe, person.ID, 0, now)
	p := PreferencesPage{Frame: page.Frame{Title: "Your preferences"}, Masked: found.Masked, Leave: "/unsubscribe/" + leave,
		Fresh: found.Own, Barred: found.Barred, Deadlines: found.Deadlines,
		Topics: chosen, Active: gets && person.EndedAt.IsZero() && found.Barred == "", Resumes: person.Resumes(now), Style: person.Dates,
		Pause: pauseForm(today),
		Dates: dateOptions(today.Year, string(person.Dates)), Zones: zoneOptions(s.Pages.Identity().Zone, person.Zone)}
	if found.Own {
		p.Name, p.Organisation = person.Name, person.Organisation
	}
	return p
}

// entered puts what the person sent back into the form.
func (p *PreferencesPage) entered(sent url.Values, faults page.Faults) {
	for i, t := range p.Topics {
		p.Topics[i].Ticked = slices.Contains(sent["topics"], t.Slug)
	}
	p.Deadlines = sent.Get("deadlines") == "yes"
	p.Name, p.Organisation, p.OtherZone = sent.Get("name"), sent.Get("organisation"), sent.Get("zone-other")
	for field, options := range map[string][]Option{"dates": p.Dates, "zone": p.Zones} {
		for i := range options {
			options[i].Chosen = options[i].Value == sent.Get(field)
		}
	}
	if strings.TrimSpace(p.OtherZone) != "" {
		for i := range faults {
			if faults[i].Field == "zone" {
				faults[i].Field = "zone-other"
			}
		}
	}
	p.Faults = faults.InOrder("topics", "own", "name", "organisation", "dates", "zone", "zone-other")
}

// savedWords says what a press changed. The words are ours: the query only picks
// among them.
func (p *PreferencesPage) savedWords(what string) string {
	switch what {
	case "nothing":
		return "Nothing was changed: everything was so already."
	case "pause":
		if p.Resumes.IsZero() {
			return ""
		}
		return "Saved. Letters pause, and come again on " + p.Style.Format(p.Resumes) + "."
	case "own":
		return "A link is on its way to " + p.Masked + ". It opens this page with your name, your address and your data."
	case "resume":
		return "Saved. There is no pause any more: the next letter comes to you."
	case "address":
		return "A letter is on its way to the address you entered, if it can be used. Nothing changes before the button behind its link is pressed."
	}
	if first, _, _ := strings.Cut(what, ","); first == "confirm" {
		return "A letter with a link is on its way to " + p.Masked + ". Press the button behind the link, and letters come again."
	}
	names := map[string]string{"topics": "topics", "name": "name", "organisation": "organisation", "dates": "how dates are written", "zone": "time zone", "deadlines": "reminders of deadlines"}
	var fields []string
	topics := false
	for field := range strings.SplitSeq(what, ",") {
		if name, ok := names[field]; ok && !slices.Contains(fields, name) {
			fields, topics = append(fields, name), topics || field == "topics"
		}
	}
	if len(fields) == 0 {
		return ""
	}
	words := "Saved: " + page.List(fields) + "."
	if topics && p.Active {
		var chosen []string
		for _, t := range p.Topics {
			if t.Ticked {
				chosen = append(chosen, t.Name)
			}
		}
		words += " From the next letter on you get " + page.List(chosen) + "."
	}
	return words
}
