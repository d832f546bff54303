package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// EditionsPage lists the editions.
type EditionsPage struct {
	page.Frame
	Issues []IssueSummary
	Turn   Turn
}

// IssueSummary is an edition in the list, with what it holds by topic.
type IssueSummary struct {
	subscriptions.Issue
	Counts []subscriptions.TopicNews
}

// EditionPage is an edition whole, as everybody together got it.
type EditionPage struct {
	page.Frame
	Issue   subscriptions.Issue
	Entries []subscriptions.Entry // the contents, numbered
	Digest  subscriptions.Digest
}

// Editions answers GET /editions.
func (s *Site) Editions(c *gin.Context) error {
	list, err := s.Archive.Issues(c.Request.Context(), pageOf(c))
	if err != nil {
		return err
	}
	p := EditionsPage{Frame: page.Frame{Title: "Editions", Path: pagePath("/editions", list.Page), Section: "/editions",
		Description: "All editions of " + s.Pages.Identity().Site + "."}, Turn: turn("/editions", list.Paging)}
	for _, issue := range list.Issues {
		p.Issues = append(p.Issues, IssueSummary{issue, homeCounts(issue.Content)})
	}
	s.Pages.HTML(c, http.StatusOK, "public/editions", p)
	return nil
}

// homeCounts counts the entries of each topic that is home to any.
func homeCounts(content subscriptions.Content) []subscriptions.TopicNews {
	var counts []subscriptions.TopicNews
	for _, t := range content.Topics {
		n := 0
		for _, item := range content.Entries {
			if item.Home() == t.ID {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, subscriptions.TopicNews{Topic: t, Last: n})
		}
	}
	return counts
}

// Edition answers GET /editions/SLUG: the digest of somebody with every topic.
func (s *Site) Edition(c *gin.Context) error {
	issue, err := s.Archive.Issue(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	var all []int64
	for _, t := range issue.Content.Topics {
		all = append(all, t.ID)
	}
	digest := subscriptions.BuildDigest(issue.Content, subscriptions.NewTopicSet(all...), s.Pages.Today())
	s.Pages.HTML(c, http.StatusOK, "public/edition", EditionPage{
		Frame: page.Frame{Title: issue.Content.Title, Path: "/editions/" + issue.Edition.Slug, Section: "/editions",
			Description: issue.Content.Intro},
		Issue: issue, Entries: entriesOf(issue.Content), Digest: digest})
	return nil
}
