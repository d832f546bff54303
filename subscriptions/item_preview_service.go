package subscriptions

import (
	"context"
	"slices"
)

// ItemPreviewService shows an item as it would come out, without keeping it.
type ItemPreviewService struct{ Store Store }

// ItemPreview is an item in an edition of its own.
type ItemPreview struct {
	Content Content // for the letter
	Article Article // for the site
}

// Preview puts the item, which may never have been saved, into an edition that
// holds nothing else: the one of its period that is being made, if there is one.
func (s *ItemPreviewService) Preview(ctx context.Context, item Item) (ItemPreview, error) {
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return ItemPreview{}, err
	}
	terms, err := s.Store.Terms(ctx)
	if err != nil {
		return ItemPreview{}, err
	}
	editions, err := s.Store.Editions(ctx)
	if err != nil {
		return ItemPreview{}, err
	}
	// As on the page, a topic that does not exist is none; without any, the item
	// stands under the first, so that there is something to see.
	item.Topics = slices.DeleteFunc(slices.Clone(item.Topics), func(id int64) bool {
		return !slices.ContainsFunc(topics, func(t Topic) bool { return t.ID == id })
	})
	if len(item.Topics) == 0 && len(topics) > 0 {
		item.Topics = []int64{topics[0].ID}
	}
	if item.Title == "" {
		item.Title = "Without a title"
	}
	if item.Slug == "" {
		item.Slug = "preview"
	}
	item.Number = 1
	c := Content{Slug: "preview", Title: "Preview", Period: Period{From: item.Date, To: item.Date}, Topics: topics, Entries: []Item{item}, Glossary: terms}
	for _, e := range editions {
		if e.State == EditionCollecting && (item.Date.IsZero() || e.Period.Contains(item.Date)) {
			c.Slug, c.Title, c.Period, c.About, c.Contact = e.Slug, e.Title, e.Period, e.About, e.Contact
			break
		}
	}
	p := ItemPreview{Content: c}
	if item.WebinarSlug != "" {
		switch w, err := s.Store.FindWebinarBySlug(ctx, item.WebinarSlug); {
		case err == nil:
			p.Content.Webinars, p.Article.Webinar = []Webinar{w}, &w
		case CodeOf(err) != NotFound:
			return ItemPreview{}, err
		}
	}
	p.Article.Entry = p.Content.Entry(item, 0)
	p.Article.Terms = TermsUsed(terms, item.SearchText())
	p.Article.Issue.Content = p.Content
	if item.ID != 0 {
		p.Article.Attachments, err = s.Store.Attachments(ctx, item.ID)
	}
	return p, err
}
