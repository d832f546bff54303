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

// TopicPage is a page of a topic's entries, newest edition first.
type TopicPage struct {
	Topic  Topic
	Issues []TopicIssue
	Paging
}

// TopicIssue is what one edition had in a topic.
type TopicIssue struct {
	Edition EditionRef
	Entries []Entry
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
	issues, err := s.issues(ctx, 1, 0)
	if err != nil {
		return nil, err
	}
	var entries []Item
	if len(issues) > 0 {
		entries = issues[0].Content.Entries
	}
	return s.topicNews(ctx, entries)
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

// Topic reads a page of a topic.
func (s *ArchiveService) Topic(ctx context.Context, slug string, page int) (TopicPage, error) {
	topic, err := s.topic(ctx, slug)
	if err != nil {
		return TopicPage{}, err
	}
	f := ArchiveFilter{TopicID: topic.ID, Limit: topicPage}
	total, err := s.Store.CountArchiveEntries(ctx, f)
	if err != nil {
		return TopicPage{}, err
	}
	p := TopicPage{Topic: topic, Paging: newPaging(page, total, topicPage)}
	f.Offset = p.offset()
	entries, err := s.Store.ArchiveEntries(ctx, f)
	for _, e := range entries {
		if n := len(p.Issues); n == 0 || p.Issues[n-1].Edition != e.Edition {
			p.Issues = append(p.Issues, TopicIssue{Edition: e.Edition})
		}
		last := &p.Issues[len(p.Issues)-1]
		last.Entries = append(last.Entries, e.Entry)
	}
	return p, err
}

// topic finds the topic by any name it ever had in addresses, and by those of topics
// that are part of it now. The handler sends who came by another to its own.
func (s *ArchiveService) topic(ctx context.Context, slug string) (Topic, error) {
	return topicNamed(ctx, s.Store, slug)
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
