package subscriptions

import (
	"context"
	"slices"
)

// withdrawBatch is how many people share a transaction.
const withdrawBatch = 200

// withdraw takes back, batch by batch, what the consents of a list gave.
func (s *PeopleImportService) withdraw(ctx context.Context, p PeopleImport) error {
	topics, err := s.Store.AllTopics(ctx)
	if err != nil {
		return err
	}
	after, passed := int64(0), 0
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		consents, err := s.Store.ImportConsents(ctx, p.ID, after, withdrawBatch)
		if err != nil {
			return err
		}
		if len(consents) > 0 {
			after = consents[len(consents)-1].ID
		}
		last := len(consents) < withdrawBatch
		// After a kill: what is behind the row's mark was done.
		if passed += len(consents); passed <= p.Done && !last {
			continue
		}
		if passed <= p.Done {
			consents = nil
		}
		p, err = s.move(ctx, p, func(tx Store, p *PeopleImport) error {
			for _, c := range consents {
				if err := s.takeBack(ctx, tx, p, c, topics); err != nil {
					return err
				}
			}
			p.Done = max(p.Done, passed)
			if last {
				p.State = ListWithdrawn
			}
			return nil
		})
		if err != nil || last {
			return err
		}
	}
}

// takeBack undoes what one consent gave.
func (s *PeopleImportService) takeBack(ctx context.Context, tx Store, p *PeopleImport, c Consent, topics []Topic) error {
	person, err := tx.FindSubscriber(ctx, c.SubscriberID)
	if err != nil {
		return err
	}
	if !person.ErasedAt.IsZero() {
		return nil // forgotten by an earlier line, or by themselves
	}
	all, err := tx.Consents(ctx, person.ID)
	if err != nil {
		return err
	}
	own := func(e Consent) bool { return e.ImportID != p.ID && e.Origin == 0 }
	letters, err := tx.HasDigest(ctx, person.ID, c.At)
	if err != nil {
		return err
	}
	if letters || slices.ContainsFunc(all, func(e Consent) bool { return e.ID > c.ID && own(e) }) {
		p.Withdrawn.Stay++
		return nil
	}
	now := s.Now()
	if !slices.ContainsFunc(all, own) {
		// The list brought them, and nobody has heard of them since.
		p.Withdrawn.Forgotten++
		_, err := tx.Forget(ctx, []int64{person.ID}, EndTakenBack, now)
		return err
	}
	rows, err := tx.Subscriptions(ctx, person.ID)
	if err != nil {
		return err
	}
	var ended TopicSet
	open := false
	for _, r := range rows {
		given := slices.ContainsFunc(topics, func(t Topic) bool { return t.ID == r.TopicID && slices.Contains(c.Topics, t.Slug) })
		switch {
		case r.State == SubscriptionEnded:
		case !given:
			open = true
		default:
			r.End(now, EndTakenBack)
			if err := tx.UpdateSubscription(ctx, r); err != nil {
				return err
			}
			ended = ended.With(r.TopicID)
		}
	}
	if len(ended) == 0 {
		return nil
	}
	p.Withdrawn.Ended++
	if open {
		person.Revision++
	} else {
		person.End(now, EndTakenBack)
	}
	if err := tx.UpdateSubscriber(ctx, person); err != nil {
		return err
	}
	return tx.AddConsents(ctx, []*Consent{{SubscriberID: person.ID, Kind: ConsentWithdrawn, Topics: slugsOf(topicsIn(topics, ended)),
		Source: "list taken back", At: now, ImportID: p.ID}})
}
