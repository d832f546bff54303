package subscriptions

import (
	"context"
	"strings"
	"time"
)

// DeskSearchService finds whatever the desk works on with one text: each word of it
// stands somewhere in what is found, whatever the case of its letters. Of items that
// is title, issuing body, standard and address, of drafts too; the texts of what was
// sent are searched on the site.
type DeskSearchService struct {
	Keys  *Keyring
	Store Store
	Now   func() time.Time
}

// DeskSearchStore finds items.
type DeskSearchStore interface {
	// FindItems gives those in whose title, issuing body, standard or slug all of
	// the words stand, in small letters; newest first.
	FindItems(ctx context.Context, words []string, limit int) ([]Item, error)
}

// DeskFound is what was found, a few of each kind.
type DeskFound struct {
	Query      string
	Items      []Item
	MoreItems  bool
	Editions   []Edition
	Topics     []Topic
	Terms      []Term
	Webinars   []Webinar
	People     []Person // whose address or name begins with the text; none without the right
	MorePeople bool
}

// Empty reports whether nothing was found.
func (f DeskFound) Empty() bool {
	return len(f.Items)+len(f.Editions)+len(f.Topics)+len(f.Terms)+len(f.Webinars)+len(f.People) == 0
}

const (
	foundOfEach = 10
	maxFindWord = 8 // words of a text
)

// Search looks for the text; people only for those who may see them.
func (s *DeskSearchService) Search(ctx context.Context, text string, people bool) (DeskFound, error) {
	f := DeskFound{Query: CleanSearch(text)}
	words := strings.Fields(strings.ToLower(f.Query))
	if len(words) == 0 {
		return f, nil
	}
	words = words[:min(len(words), maxFindWord)]
	var err error
	if f.Items, err = s.Store.FindItems(ctx, words, foundOfEach+1); err != nil {
		return f, err
	}
	if f.MoreItems = len(f.Items) > foundOfEach; f.MoreItems {
		f.Items = f.Items[:foundOfEach]
	}
	editions, err := s.Store.Editions(ctx)
	if err != nil {
		return f, err
	}
	topics, err := s.Store.AllTopics(ctx)
	if err != nil {
		return f, err
	}
	terms, err := s.Store.Terms(ctx)
	if err != nil {
		return f, err
	}
	webinars, err := s.Store.Webinars(ctx)
	if err != nil {
		return f, err
	}
	f.Editions = foundAmong(editions, words, func(e Edition) string { return e.Title + " " + e.Slug + " " + e.Period.Words() })
	f.Topics = foundAmong(topics, words, func(t Topic) string { return t.Name + " " + t.ShortName + " " + t.Slug + " " + t.Description })
	f.Terms = foundAmong(terms, words, func(t Term) string { return t.Abbreviation + " " + t.English + " " + t.Chinese })
	f.Webinars = foundAmong(webinars, words, func(w Webinar) string { return w.Title + " " + w.Slug })
	if people {
		f.People, f.MorePeople, err = (&PeopleService{Store: s.Store, Keys: s.Keys, Now: s.Now}).People(ctx, PeopleFilter{Text: f.Query, Limit: foundOfEach})
	}
	return f, err
}

// foundAmong gives the first few whose text has all of the words.
func foundAmong[T any](all []T, words []string, text func(T) string) []T {
	var found []T
	for _, one := range all {
		lower := strings.ToLower(text(one))
		has := true
		for _, w := range words {
			has = has && strings.Contains(lower, w)
		}
		if has {
			if found = append(found, one); len(found) == foundOfEach {
				break
			}
		}
	}
	return found
}
