package subscriptions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// LedgerService reads who got what. It shows addresses: the callers see to it that
// only publishers ask.
type LedgerService struct {
	Store Store
	Now   func() time.Time

	books booksCounter
}

// LedgerPage is a page of an edition's ledger.
type LedgerPage struct {
	Edition Edition
	Content Content
	Books   Books
	Counted bool // the books are known
	Lines   []LedgerLine
	Next    int64 // where the next page begins; 0: there is none
}

// A page looks into a few windows before it says that it has found nothing yet.
const ledgerWindows = 4

// Page reads the lines after the filter's place.
func (s *LedgerService) Page(ctx context.Context, f LedgerFilter) (LedgerPage, error) {
	var p LedgerPage
	q, err := s.query(ctx, &p, f)
	if err != nil {
		return p, err
	}
	if p.Books, p.Counted, err = s.books.count(ctx, s.Store, p.Edition.ID); err != nil {
		return p, err
	}
	limit := q.Limit
	name, err := s.namer(ctx, p)
	if err != nil {
		return p, err
	}
	for range ledgerWindows {
		w, err := s.Store.LedgerWindow(ctx, q)
		if err != nil {
			return p, err
		}
		for _, d := range w.Rows {
			p.Lines = append(p.Lines, name(d))
		}
		p.Next = w.Next
		if q.After, q.Limit = w.Next, limit-len(p.Lines); w.Next == 0 || q.Limit <= 0 {
			break
		}
	}
	return p, nil
}

// query reads the edition and what the filter means for it.
func (s *LedgerService) query(ctx context.Context, p *LedgerPage, f LedgerFilter) (LedgerQuery, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Address = CleanSearch(f.Address)
	q := LedgerQuery{LedgerFilter: f}
	var err error
	if p.Edition, err = s.Store.FindEdition(ctx, f.EditionID); err != nil {
		return q, err
	}
	q.Key = p.Edition.DeliveryKey
	if p.Edition.StartedAt.IsZero() {
		return q, nil
	}
	if p.Content, err = s.Store.Content(ctx, p.Edition.Original()); err != nil {
		return q, err
	}
	q.Variants, err = s.variantsWith(ctx, *p, f)
	return q, err
}

// variantsWith gives the ids of the variants that have the topic and the item; nil
// when neither is asked for.
func (s *LedgerService) variantsWith(ctx context.Context, p LedgerPage, f LedgerFilter) ([]int64, error) {
	if f.TopicID == 0 && f.ItemID == 0 {
		return nil, nil
	}
	item, ok := p.Content.Item(f.ItemID)
	if f.ItemID != 0 && !ok {
		return []int64{}, nil
	}
	all, err := s.Store.EditionVariants(ctx, p.Edition.Original())
	ids := []int64{}
	for _, v := range all {
		if (f.TopicID == 0 || v.Topics.Has(f.TopicID)) && (f.ItemID == 0 || p.Content.holds(item, v.Topics)) {
			ids = append(ids, v.ID)
		}
	}
	return ids, err
}

// namer tells what the letters of an edition were about.
func (s *LedgerService) namer(ctx context.Context, p LedgerPage) (func(Delivery) LedgerLine, error) {
	if p.Edition.StartedAt.IsZero() {
		return func(d Delivery) LedgerLine { return LedgerLine{Delivery: d} }, nil
	}
	all, err := s.Store.EditionVariants(ctx, p.Edition.Original())
	if err != nil {
		return nil, err
	}
	topics := make(map[int64][]Topic, len(all))
	for _, v := range all {
		asked := slices.DeleteFunc(topicsIn(p.Content.Topics, v.Topics), func(t Topic) bool { return t.ForEveryone })
		if len(asked) == 0 {
			asked = topicsIn(p.Content.Topics, v.Topics)
		}
		topics[v.ID] = asked
	}
	return func(d Delivery) LedgerLine { return LedgerLine{d, topics[d.VariantID]} }, nil
}

// LedgerLetter is a line with all that its letter was made from.
type LedgerLetter struct {
	Edition Edition
	Line    LedgerLine
	Variant Variant
	Person  Subscriber // as they are now
}

// Letter reads one line of an edition's ledger.
func (s *LedgerService) Letter(ctx context.Context, editionID, id int64) (LedgerLetter, error) {
	var p LedgerPage
	var l LedgerLetter
	if _, err := s.query(ctx, &p, LedgerFilter{EditionID: editionID}); err != nil {
		return l, err
	}
	rows, err := s.Store.Deliveries(ctx, DeliveryFilter{EditionID: editionID, AfterID: id - 1, Limit: 1})
	if err != nil {
		return l, err
	}
	if len(rows) == 0 || rows[0].ID != id {
		return l, notFound("there is no such letter in this edition")
	}
	name, err := s.namer(ctx, p)
	if err != nil {
		return l, err
	}
	l.Edition, l.Line = p.Edition, name(rows[0])
	if l.Variant, err = s.Store.FindVariant(ctx, l.Line.VariantID); err != nil {
		return l, err
	}
	l.Person, err = s.Store.FindSubscriber(ctx, l.Line.SubscriberID)
	return l, err
}

// Export hands every line of a filter to f, a thousand at a time, so that a million
// cost no memory. Who took it is written down before the first line leaves.
func (s *LedgerService) Export(ctx context.Context, f LedgerFilter, by Actor, line func(LedgerLine) error) error {
	f.Limit, f.After = 1000, 0
	var p LedgerPage
	q, err := s.query(ctx, &p, f)
	if err != nil {
		return err
	}
	name, err := s.namer(ctx, p)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		return audit(ctx, tx, by, s.Now(), "edition.export-ledger", fmt.Sprintf("edition:%d", p.Edition.ID), p.Edition.Title, f.words(p.Content))
	})
	if err != nil {
		return err
	}
	for {
		w, err := s.Store.LedgerWindow(ctx, q)
		if err != nil {
			return fmt.Errorf("export the ledger of edition %d: %w", p.Edition.ID, err)
		}
		for _, d := range w.Rows {
			if err := line(name(d)); err != nil {
				return err
			}
		}
		if q.After = w.Next; w.Next == 0 {
			return nil
		}
	}
}

// words say what an export holds, without naming a person: whole addresses do not
// belong into a log that nothing leaves.
func (f LedgerFilter) words(c Content) string {
	var parts []string
	for _, st := range f.States {
		parts = append(parts, string(st))
	}
	if at := strings.IndexByte(f.Address, '@'); at >= 0 {
		parts = append(parts, "address "+MaskAddress(f.Address))
	} else if f.Address != "" {
		parts = append(parts, "addresses by their beginning")
	}
	if t, ok := c.Topic(f.TopicID); ok {
		parts = append(parts, "topic "+t.Slug)
	}
	if i, ok := c.Item(f.ItemID); ok {
		parts = append(parts, "item "+i.Slug)
	}
	if !f.From.IsZero() {
		parts = append(parts, "from "+DateOf(f.From).String())
	}
	if !f.To.IsZero() {
		parts = append(parts, "to "+DateOf(f.To.Add(-time.Second)).String())
	}
	if len(parts) == 0 {
		return "all lines"
	}
	return strings.Join(parts, ", ")
}
