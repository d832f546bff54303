package subscriptions

import "context"

// ItemListing is a page of the desk's list.
type ItemListing struct {
	Items   []Item
	Changes map[int64]ItemRevision // the last save of each that had one
	Like    map[int64][]ItemLike   // other items with the same source or standard
	Total   int                    // of all pages
}

// List reads a page of items.
func (s *ItemService) List(ctx context.Context, f ItemFilter) (ItemListing, error) {
	var l ItemListing
	var err error
	if l.Total, err = s.Store.CountMatching(ctx, f); err != nil || l.Total == 0 {
		return l, err
	}
	if l.Items, err = s.Store.Items(ctx, f); err != nil {
		return l, err
	}
	ids := make([]int64, len(l.Items))
	for n, i := range l.Items {
		ids[n] = i.ID
	}
	if l.Changes, err = s.Store.LastChanges(ctx, ids); err != nil {
		return l, err
	}
	l.Like, err = s.alike(ctx, l.Items)
	return l, err
}

// maxHinted bounds how many items are hinted at: beyond it the hint says nothing.
const maxHinted = 500

// alike finds, for each of the items, others that share a key with it.
func (s *ItemService) alike(ctx context.Context, items []Item) (map[int64][]ItemLike, error) {
	var all ItemKeys
	for _, i := range items {
		k := i.Keys()
		all.Standards, all.Links = append(all.Standards, k.Standards...), append(all.Links, k.Links...)
	}
	found, err := s.Store.ItemsLike(ctx, all, maxHinted)
	if err != nil {
		return nil, err
	}
	like := map[int64][]ItemLike{}
	for _, i := range items {
		k, seen := i.Keys(), map[int64]bool{i.ID: true}
		for _, l := range found {
			if !seen[l.ItemID] && k.Has(l) {
				seen[l.ItemID] = true
				like[i.ID] = append(like[i.ID], l)
			}
		}
	}
	return like, nil
}

// Like finds other items that share a source or a standard with this one, stored
// or not.
func (s *ItemService) Like(ctx context.Context, i Item) ([]ItemLike, error) {
	like, err := s.alike(ctx, []Item{i})
	return like[i.ID], err
}
