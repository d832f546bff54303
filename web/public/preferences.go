package public

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// PreferencesPage shows a person's topics.
type PreferencesPage struct {
	page.Frame
	Masked string
	Topics []TopicChoice
	Active bool // the person gets letters
	Leave  string
	Own    string // path of this page, below which one's data are
	Saved  bool
	Faults page.Faults
}

// PreferencesForm answers GET /preferences/TOKEN.
func (s *Site) PreferencesForm(c *gin.Context) error {
	found, err := s.Subscriptions.Preferences(c.Request.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	p := s.preferencesPage(found, func(t subscriptions.Topic) bool { return found.Chosen.Has(t.ID) })
	_, p.Saved = c.GetQuery("saved")
	p.Own = c.Request.URL.Path
	s.Pages.HTML(c, http.StatusOK, "public/preferences", p)
	return nil
}

// ChangePreferences answers POST /preferences/TOKEN.
func (s *Site) ChangePreferences(c *gin.Context) error {
	sent, err := page.Form(c)
	if err != nil {
		return err
	}
	ctx, token := c.Request.Context(), c.Param("token")
	_, err = s.Subscriptions.ChangeTopics(ctx, token, sent["topics"], page.ClientIP(c))
	if err == nil {
		page.SeeOther(c, "/preferences/"+token+"?saved")
		return nil
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	found, err := s.Subscriptions.Preferences(ctx, token)
	if err != nil {
		return err
	}
	p := s.preferencesPage(found, func(t subscriptions.Topic) bool { return slices.Contains(sent["topics"], t.Slug) })
	p.Faults, p.Title, p.Own = faults, "Something is missing: Your topics", c.Request.URL.Path
	s.Pages.HTML(c, http.StatusUnprocessableEntity, "public/preferences", p)
	return nil
}

func (s *Site) preferencesPage(found subscriptions.Preferences, ticked func(subscriptions.Topic) bool) PreferencesPage {
	topics := make([]subscriptions.TopicNews, len(found.Topics))
	for i, t := range found.Topics {
		topics[i].Topic = t
	}
	// Who may choose may leave. Never the other way round: the link to leave goes
	// along when a letter is forwarded.
	leave := s.Subscriptions.Keys.Issue(subscriptions.PurposeUnsubscribe, found.Subscriber.ID, 0, s.Now())
	return PreferencesPage{Frame: page.Frame{Title: "Your topics"}, Masked: found.Masked, Leave: "/unsubscribe/" + leave,
		Topics: choices(topics, false, ticked), Active: len(found.Chosen) > 0 && found.Subscriber.EndedAt.IsZero()}
}
