package subscriptions

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// ArchiveService is what the public site reads. Readers see an edition once it
// is being sent, and always as it was frozen: the page says what the letter
// said.
type ArchiveService struct {
	Store Store
	Now   func() time.Time
}

// Home is what the first page shows.
type Home struct {
	Topics   []TopicNews
	Latest   *Issue // nil until the first edition is out
	Webinars []Webinar
	Soon     []Deadline
}

// TopicNews is a topic with how many entries the latest edition had in it.
type TopicNews struct {
	Topic
	Last int
}

// Issue is a public edition with its frozen content.
type Issue struct {
	Edition Edition
	Content Content
}

// Article is an item on a page of its own.
type Article struct {
	Entry          Entry
	Issue          Issue
	Previous, Next *Item
	Webinar        *Webinar
	Terms          []Term
	Attachments    []Attachment
	Corrections    []CorrectionNotice // the newest first
}

// IssuePage is a page of the public editions, newest first.
type IssuePage struct {
	Issues []Issue
	Paging
}

// How many stand on a page. An edition is read whole, a topic entry by entry.
const (
	issuesPage = 10
	topicPage  = 50
)

// Home reads the first page.
func (s *ArchiveService) Home(ctx context.Context) (Home, error) {
	issues, err := s.issues(ctx, 1, 0)
	if err != nil {
		return Home{}, fmt.Errorf("read the home page: %w", err)
	}
	var h Home
	var entries []Item
	if len(issues) > 0 {
		h.Latest, entries = &issues[0], issues[0].Content.Entries
	}
	if h.Topics, err = s.topicNews(ctx, entries); err != nil {
		return Home{}, err
	}
	h.Webinars, _, err = s.Webinars(ctx)
	h.Soon = ClosingSoon(entries, DateOf(s.Now()))
	return h, err
}

// Issues lists a page of the public editions.
func (s *ArchiveService) Issues(ctx context.Context, page int) (IssuePage, error) {
	total, err := s.Store.CountPublicEditions(ctx)
	if err != nil {
		return IssuePage{}, err
	}
	p := IssuePage{Paging: newPaging(page, total, issuesPage)}
	p.Issues, err = s.issues(ctx, issuesPage, p.offset())
	return p, err
}

func (s *ArchiveService) issues(ctx context.Context, limit, offset int) ([]Issue, error) {
	editions, err := s.Store.PublicEditions(ctx, limit, offset)
	if err != nil {
		return nil, err
	}
	issues := make([]Issue, len(editions))
	for i, e := range editions {
		c, err := s.Store.Content(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		issues[i] = Issue{e, c}
	}
	return issues, nil
}

// Issue reads one public edition.
func (s *ArchiveService) Issue(ctx context.Context, slug string) (Issue, error) {
	e, err := s.Store.FindEditionBySlug(ctx, slug)
	if err != nil {
		return Issue{}, err
	}
	if !e.Public() || e.IsCorrection() {
		return Issue{}, notFound("there is no edition %q", slug)
	}
	c, err := s.Store.Content(ctx, e.ID)
	return Issue{e, c}, err
}

// Article reads an item of a public edition.
func (s *ArchiveService) Article(ctx context.Context, slug string) (Article, error) {
	item, err := s.Store.FindItemBySlug(ctx, slug)
	if err != nil {
		return Article{}, err
	}
	missing := notFound("there is no entry %q", slug)
	if item.EditionID == 0 {
		return Article{}, missing
	}
	e, err := s.Store.FindEdition(ctx, item.EditionID)
	if err != nil {
		return Article{}, err
	}
	if !e.Public() {
		return Article{}, missing
	}
	c, err := s.Store.Content(ctx, e.ID)
	if err != nil {
		return Article{}, err
	}
	at := slices.IndexFunc(c.Entries, func(i Item) bool { return i.Slug == slug })
	if at < 0 {
		return Article{}, missing
	}
	a := Article{Entry: c.Entry(c.Entries[at], 0), Issue: Issue{e, c}, Terms: TermsUsed(c.Glossary, c.Entries[at].SearchText())}
	if at > 0 {
		a.Previous = &c.Entries[at-1]
	}
	if at+1 < len(c.Entries) {
		a.Next = &c.Entries[at+1]
	}
	if w, ok := c.Webinar(a.Entry.WebinarSlug); ok {
		a.Webinar = &w
	}
	if a.Corrections, err = notices(ctx, s.Store, e.ID, item.ID); err != nil {
		return a, err
	}
	a.Attachments, err = s.Store.Attachments(ctx, item.ID)
	return a, err
}
