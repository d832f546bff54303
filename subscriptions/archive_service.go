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
}

// TopicPage is a topic with all its entries, newest edition first.
type TopicPage struct {
	Topic  Topic
	Issues []TopicIssue
}

// TopicIssue is what one edition had in a topic.
type TopicIssue struct {
	Issue   Issue
	Entries []Entry
}

// Home reads the first page.
func (s *ArchiveService) Home(ctx context.Context) (Home, error) {
	issues, err := s.issues(ctx, 1)
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

func (s *ArchiveService) topicNews(ctx context.Context, entries []Item) ([]TopicNews, error) {
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return nil, err
	}
	news := make([]TopicNews, len(topics))
	for i, t := range topics {
		news[i].Topic = t
		for _, e := range entries {
			if slices.Contains(e.Topics, t.ID) {
				news[i].Last++
			}
		}
	}
	return news, nil
}

// Topics lists the topics with what each held lately.
func (s *ArchiveService) Topics(ctx context.Context) ([]TopicNews, error) {
	issues, err := s.issues(ctx, 1)
	if err != nil {
		return nil, err
	}
	var entries []Item
	if len(issues) > 0 {
		entries = issues[0].Content.Entries
	}
	return s.topicNews(ctx, entries)
}

// Issues lists the public editions, newest first.
func (s *ArchiveService) Issues(ctx context.Context) ([]Issue, error) { return s.issues(ctx, 0) }

func (s *ArchiveService) issues(ctx context.Context, limit int) ([]Issue, error) {
	editions, err := s.Store.Editions(ctx)
	if err != nil {
		return nil, err
	}
	var issues []Issue
	for _, e := range editions {
		if !e.Public() {
			continue
		}
		c, err := s.Store.Content(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		issues = append(issues, Issue{e, c})
		if len(issues) == limit {
			break
		}
	}
	return issues, nil
}

// Issue reads one public edition.
func (s *ArchiveService) Issue(ctx context.Context, slug string) (Issue, error) {
	e, err := s.Store.FindEditionBySlug(ctx, slug)
	if err != nil {
		return Issue{}, err
	}
	if !e.Public() {
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
	return a, nil
}

// Topic reads a topic's page.
func (s *ArchiveService) Topic(ctx context.Context, slug string) (TopicPage, error) {
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return TopicPage{}, err
	}
	at := slices.IndexFunc(topics, func(t Topic) bool { return t.Slug == slug })
	if at < 0 {
		return TopicPage{}, notFound("there is no topic %q", slug)
	}
	page := TopicPage{Topic: topics[at]}
	issues, err := s.issues(ctx, 0)
	if err != nil {
		return TopicPage{}, err
	}
	for _, issue := range issues {
		var entries []Entry
		for _, i := range issue.Content.Entries {
			if slices.Contains(i.Topics, page.Topic.ID) {
				entries = append(entries, issue.Content.Entry(i, 0))
			}
		}
		if len(entries) > 0 {
			page.Issues = append(page.Issues, TopicIssue{issue, entries})
		}
	}
	return page, nil
}

// Webinars lists the announced ones: those to come, the next first, and those
// past, the latest first.
func (s *ArchiveService) Webinars(ctx context.Context) (upcoming, past []Webinar, err error) {
	all, err := s.Store.Webinars(ctx)
	if err != nil {
		return nil, nil, err
	}
	now := s.Now()
	for _, w := range all {
		switch {
		case w.State == WebinarDraft || w.State == WebinarCancelled:
		case w.Upcoming(now):
			upcoming = append(upcoming, w)
		default:
			past = append(past, w)
		}
	}
	slices.Reverse(past)
	return upcoming, past, nil
}

// Webinar reads one that was announced.
func (s *ArchiveService) Webinar(ctx context.Context, slug string) (Webinar, error) {
	w, err := s.Store.FindWebinarBySlug(ctx, slug)
	if err == nil && w.State == WebinarDraft {
		return Webinar{}, notFound("there is no webinar %q", slug)
	}
	return w, err
}

// Glossary lists all terms.
func (s *ArchiveService) Glossary(ctx context.Context) ([]Term, error) { return s.Store.Terms(ctx) }
