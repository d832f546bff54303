package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// SubscriptionService is what a reader does: subscribe, confirm, choose, leave.
//
// Every link is a token that names the person and one purpose. What a GET calls
// changes nothing; what a POST calls may be called twice. Each change writes its
// consent and the mail that follows from it in the same transaction.
type SubscriptionService struct {
	Store Store
	Keys  *Keyring
	Now   func() time.Time
}

// SubscribeRequest is a sign-up form as it came.
type SubscribeRequest struct {
	Email        string
	Name         string
	Organisation string
	Topics       []string // slugs
	Source       string   // "web form"
	IP           string
}

// Subscribe takes a sign-up. The answer is the same for a known, an unknown and
// a suppressed address; only the mail differs (MAIL 15): a confirmation with the
// topics asked for, or a link to the preferences when there is nothing to
// confirm. Nothing is sent to a suppressed address.
func (s *SubscriptionService) Subscribe(ctx context.Context, r SubscribeRequest) error {
	now := s.Now()
	address, errAddress := ParseAddress(r.Email)
	name, errName := CleanName("name", r.Name)
	organisation, errOrganisation := CleanName("organisation", r.Organisation)
	all, err := s.Store.Topics(ctx)
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	topics, errTopics := pickTopics(all, r.Topics)
	if err := errors.Join(errAddress, errTopics, errName, errOrganisation); err != nil {
		return err
	}
	enrol := func(tx Store) error {
		if barred, err := s.barred(ctx, tx, address); err != nil || barred {
			return err
		}
		person, err := tx.FindSubscriberByAddress(ctx, address)
		switch {
		case errors.Is(err, ErrNotFound):
			person = Subscriber{Address: address, Name: name, Organisation: organisation, CreatedAt: now}
			if err := tx.AddSubscribers(ctx, []*Subscriber{&person}); err != nil {
				return err
			}
		case err != nil:
			return err
		case person.ConfirmedAt.IsZero():
			// Until somebody has shown that the mailbox is theirs, the last form wins.
			person.Name, person.Organisation = name, organisation
			if err := tx.UpdateSubscriber(ctx, person); err != nil {
				return err
			}
		}
		return s.ask(ctx, tx, person, topics, r, now)
	}
	err = s.Store.InTx(ctx, enrol)
	if errors.Is(err, ErrConflict) {
		// The button was pressed twice: the other form has just made the person.
		err = s.Store.InTx(ctx, enrol)
	}
	return err
}

// barred reports whether the address must not be mailed. Who asked to be
// forgotten may come back by their own hand.
func (s *SubscriptionService) barred(ctx context.Context, store Store, address string) (bool, error) {
	hash := s.Keys.HashAddress(address)
	found, err := store.Suppressions(ctx, []string{hash})
	sup, ok := found[hash]
	return ok && sup.Reason != SuppressedErased, err
}

// ask adds what is missing as pending and queues the one mail that follows.
func (s *SubscriptionService) ask(ctx context.Context, tx Store, person Subscriber, topics []Topic, r SubscribeRequest, now time.Time) error {
	rows, err := tx.Subscriptions(ctx, person.ID)
	if err != nil {
		return err
	}
	state := openStates(rows)
	var pending []*Subscription
	active := 0
	for _, t := range topics {
		switch state[t.ID] {
		case SubscriptionActive:
			active++
		case SubscriptionPending:
		default:
			pending = append(pending, &Subscription{SubscriberID: person.ID, TopicID: t.ID, State: SubscriptionPending, CreatedAt: now})
		}
	}
	if active == len(topics) && person.EndedAt.IsZero() {
		return queueManage(ctx, tx, person, ManageAlready, now)
	}
	if err := tx.AddSubscriptions(ctx, pending); err != nil {
		return err
	}
	consent := &Consent{SubscriberID: person.ID, Kind: ConsentGiven, Topics: slugsOf(topics),
		Wording: CurrentWording().Version, Source: r.Source, IP: r.IP, At: now}
	if err := tx.AddConsents(ctx, []*Consent{consent}); err != nil {
		return err
	}
	return queueConfirmation(ctx, tx, person, consent.ID, now)
}

// queueConfirmation queues at most one a day for as long as none is used
// (MAIL 17): the key counts the confirmations so far.
func queueConfirmation(ctx context.Context, tx Store, person Subscriber, consentID int64, now time.Time) error {
	past, err := tx.Consents(ctx, person.ID)
	if err != nil {
		return err
	}
	used := 0
	for _, c := range past {
		if c.Kind == ConsentConfirmed {
			used++
		}
	}
	_, err = tx.QueueDeliveries(ctx, []Delivery{confirmationOf(person, used, consentID, now)})
	return err
}

// confirmationOf is the mail to a person who has used so many before.
func confirmationOf(person Subscriber, used int, consentID int64, now time.Time) Delivery {
	return Delivery{Kind: KindConfirmation, SubscriberID: person.ID, RefID: consentID, Address: person.Address,
		Key:      fmt.Sprintf("confirmation:%d:%d:%s", person.ID, used, DateOf(now.UTC())),
		Priority: PriorityPerson, State: DeliveryQueued, NotBefore: now, CreatedAt: now}
}

// What a manage mail answers: its RefID.
const (
	ManageAsked   = 0 // "send me my link"
	ManageAlready = 1 // a sign-up of somebody who has all of it already
)

// manageEvery is how often one person can be sent a link.
const manageEvery = 15 * time.Minute

func queueManage(ctx context.Context, tx Store, person Subscriber, why int64, now time.Time) error {
	_, err := tx.QueueDeliveries(ctx, []Delivery{{Kind: KindManage, SubscriberID: person.ID, RefID: why, Address: person.Address,
		Key:      fmt.Sprintf("manage:%d:%d", person.ID, now.Unix()/int64(manageEvery/time.Second)),
		Priority: PriorityPerson, State: DeliveryQueued, NotBefore: now, CreatedAt: now}})
	return err
}

// SendManageLink mails the person their preferences link. Nobody learns from
// the answer whether the address is known.
func (s *SubscriptionService) SendManageLink(ctx context.Context, email, _ string) error {
	address, err := ParseAddress(email)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Store) error {
		person, err := tx.FindSubscriberByAddress(ctx, address)
		if errors.Is(err, ErrNotFound) || err == nil && person.ConfirmedAt.IsZero() {
			return nil
		}
		if err != nil {
			return err
		}
		if barred, err := s.barred(ctx, tx, person.Address); err != nil || barred {
			return err
		}
		return queueManage(ctx, tx, person, ManageAsked, s.Now())
	})
}

// Confirmation is what a confirmation page says.
type Confirmation struct {
	Address string // masked
	Topics  []Topic
	Already bool // there was nothing left to confirm
}

// Confirmation tells what confirming would do. It changes nothing.
func (s *SubscriptionService) Confirmation(ctx context.Context, token string) (Confirmation, error) {
	_, c, _, err := s.confirmation(ctx, s.Store, token)
	return c, err
}

func (s *SubscriptionService) confirmation(ctx context.Context, store Store, token string) (Subscriber, Confirmation, []Subscription, error) {
	_, person, err := s.holder(ctx, store, PurposeConfirm, token)
	if err != nil {
		return person, Confirmation{}, nil, err
	}
	all, rows, err := s.topicsAndRows(ctx, store, person.ID)
	if err != nil {
		return person, Confirmation{}, nil, err
	}
	c := Confirmation{Address: MaskAddress(person.Address)}
	var pending []Subscription
	var active TopicSet
	for _, row := range rows {
		switch row.State {
		case SubscriptionPending:
			pending = append(pending, row)
		case SubscriptionActive:
			active = append(active, row.TopicID)
		}
	}
	ids := make([]int64, len(pending))
	for i, p := range pending {
		ids[i] = p.TopicID
	}
	if len(pending) == 0 {
		if len(active) == 0 {
			return person, c, nil, &Error{Code: Expired, Message: "there is nothing left to confirm with this link",
				Hint: "Subscribe again; a fresh link arrives within a minute."}
		}
		c.Already, ids = true, active
	}
	c.Topics = topicsIn(all, NewTopicSet(ids...))
	return person, c, pending, nil
}

// Confirm makes everything the person has pending active.
func (s *SubscriptionService) Confirm(ctx context.Context, token, ip string) (Confirmation, error) {
	var done Confirmation
	err := s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		person, c, pending, err := s.confirmation(ctx, tx, token)
		if err != nil {
			return err
		}
		done = c
		if c.Already {
			return nil
		}
		for _, row := range pending {
			if err := row.Confirm(now); err != nil {
				return err
			}
			if err := tx.UpdateSubscription(ctx, row); err != nil {
				return err
			}
		}
		if err := s.liftErasure(ctx, tx, person.Address, now); err != nil {
			return err
		}
		person.Confirm(now)
		if err := tx.UpdateSubscriber(ctx, person); err != nil {
			return err
		}
		return tx.AddConsents(ctx, []*Consent{{SubscriberID: person.ID, Kind: ConsentConfirmed, Topics: slugsOf(c.Topics),
			Wording: CurrentWording().Version, Source: "confirmation link", IP: ip, At: now}})
	})
	return done, err
}

func (s *SubscriptionService) liftErasure(ctx context.Context, tx Store, address string, now time.Time) error {
	hash := s.Keys.HashAddress(address)
	found, err := tx.Suppressions(ctx, []string{hash})
	if err != nil {
		return err
	}
	sup, ok := found[hash]
	if !ok || sup.Reason != SuppressedErased {
		return nil
	}
	sup.LiftedAt = now
	return tx.PutSuppression(ctx, sup)
}

// Preferences are what a person chose.
type Preferences struct {
	Subscriber Subscriber
	Masked     string
	Topics     []Topic // all there are
	Chosen     TopicSet
}

// Preferences shows them. It changes nothing.
func (s *SubscriptionService) Preferences(ctx context.Context, token string) (Preferences, error) {
	return s.preferences(ctx, s.Store, token)
}

func (s *SubscriptionService) preferences(ctx context.Context, store Store, token string) (Preferences, error) {
	_, person, err := s.holder(ctx, store, PurposePreferences, token)
	if err != nil {
		return Preferences{}, err
	}
	all, rows, err := s.topicsAndRows(ctx, store, person.ID)
	if err != nil {
		return Preferences{}, err
	}
	return Preferences{Subscriber: person, Masked: MaskAddress(person.Address), Topics: all, Chosen: activeSet(rows)}, nil
}

// ChangeTopics sets the person's topics to exactly these. The link proves the
// mailbox, so new topics are active at once, and a person who had left is back.
func (s *SubscriptionService) ChangeTopics(ctx context.Context, token string, slugs []string, ip string) (Preferences, error) {
	var done Preferences
	err := s.Store.InTx(ctx, func(tx Store) error {
		p, err := s.preferences(ctx, tx, token)
		if err != nil {
			return err
		}
		topics, err := pickTopics(p.Topics, slugs)
		if err != nil {
			if len(slugs) == 0 {
				return invalid("topics", "choose at least one topic").hint("To get no more letters, unsubscribe instead.")
			}
			return err
		}
		wanted := idsOf(topics)
		if wanted.Key() == p.Chosen.Key() && p.Subscriber.EndedAt.IsZero() {
			done = p
			return nil
		}
		now := s.Now()
		if err := setTopics(ctx, tx, p.Subscriber.ID, wanted, now); err != nil {
			return err
		}
		p.Subscriber.Confirm(now)
		if err := tx.UpdateSubscriber(ctx, p.Subscriber); err != nil {
			return err
		}
		p.Chosen, done = wanted, p
		done.Chosen = wanted
		return tx.AddConsents(ctx, []*Consent{{SubscriberID: p.Subscriber.ID, Kind: ConsentChanged, Topics: slugsOf(topics),
			Wording: CurrentWording().Version, Source: "preferences link", IP: ip, At: now}})
	})
	return done, err
}

// setTopics ends what is not wanted and opens what is.
func setTopics(ctx context.Context, tx Store, subscriberID int64, wanted TopicSet, now time.Time) error {
	rows, err := tx.Subscriptions(ctx, subscriberID)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.State == SubscriptionEnded || wanted.Has(row.TopicID) {
			continue
		}
		row.End(now, EndUnsubscribed)
		if err := tx.UpdateSubscription(ctx, row); err != nil {
			return err
		}
	}
	return openTopics(ctx, tx, subscriberID, rows, wanted, now)
}

// openTopics makes the wanted topics active, given the person's rows, and leaves
// the others as they are.
func openTopics(ctx context.Context, tx Store, subscriberID int64, rows []Subscription, wanted TopicSet, now time.Time) error {
	have := map[int64]bool{}
	for _, row := range rows {
		if row.State == SubscriptionEnded || !wanted.Has(row.TopicID) {
			continue
		}
		have[row.TopicID] = true
		if row.State == SubscriptionActive {
			continue
		}
		if err := row.Confirm(now); err != nil {
			return err
		}
		if err := tx.UpdateSubscription(ctx, row); err != nil {
			return err
		}
	}
	var add []*Subscription
	for _, id := range wanted {
		if !have[id] {
			add = append(add, &Subscription{SubscriberID: subscriberID, TopicID: id, State: SubscriptionActive, CreatedAt: now, ConfirmedAt: now})
		}
	}
	return tx.AddSubscriptions(ctx, add)
}

// holder checks the token and reads its person. A person who was erased cannot
// act any more; their link says so without telling whose it was.
func (s *SubscriptionService) holder(ctx context.Context, store Store, p Purpose, token string) (Claims, Subscriber, error) {
	claims, err := s.Keys.Parse(p, token, s.Now())
	if err != nil {
		return claims, Subscriber{}, err
	}
	person, err := store.FindSubscriber(ctx, claims.Subscriber)
	if errors.Is(err, ErrNotFound) || err == nil && !person.ErasedAt.IsZero() {
		return claims, person, &Error{Code: Expired, Message: "this link belongs to nobody any more",
			Hint: "Subscribe again if you would like our letters."}
	}
	return claims, person, err
}

func (s *SubscriptionService) topicsAndRows(ctx context.Context, store Store, subscriberID int64) ([]Topic, []Subscription, error) {
	all, err := store.Topics(ctx)
	if err != nil {
		return nil, nil, err
	}
	rows, err := store.Subscriptions(ctx, subscriberID)
	return all, rows, err
}

// pickTopics finds the topics by slug; none, and an unknown one, are faults.
func pickTopics(all []Topic, slugs []string) ([]Topic, error) {
	var picked []Topic
	for _, slug := range slugs {
		i := slices.IndexFunc(all, func(t Topic) bool { return t.Slug == slug })
		if i < 0 {
			return nil, unknownTopic(slug, all)
		}
		if !slices.ContainsFunc(picked, func(t Topic) bool { return t.ID == all[i].ID }) {
			picked = append(picked, all[i])
		}
	}
	if len(picked) == 0 {
		return nil, invalid("topics", "choose at least one topic")
	}
	return picked, nil
}

func openStates(rows []Subscription) map[int64]SubscriptionState {
	m := make(map[int64]SubscriptionState, len(rows))
	for _, r := range rows {
		if r.State != SubscriptionEnded {
			m[r.TopicID] = r.State
		}
	}
	return m
}

func activeSet(rows []Subscription) TopicSet {
	var ids []int64
	for _, r := range rows {
		if r.State == SubscriptionActive {
			ids = append(ids, r.TopicID)
		}
	}
	return NewTopicSet(ids...)
}

func topicsIn(all []Topic, set TopicSet) []Topic {
	return slices.DeleteFunc(slices.Clone(all), func(t Topic) bool { return !set.Has(t.ID) })
}

func slugsOf(topics []Topic) []string {
	slugs := make([]string, len(topics))
	for i, t := range topics {
		slugs[i] = t.Slug
	}
	return slugs
}

func idsOf(topics []Topic) TopicSet {
	ids := make([]int64, len(topics))
	for i, t := range topics {
		ids[i] = t.ID
	}
	return NewTopicSet(ids...)
}

func unknownTopic(slug string, all []Topic) error {
	known := ""
	for i, t := range all {
		if i > 0 {
			known += ", "
		}
		known += t.Slug
	}
	return invalid("topics", "there is no topic %q", slug).hint("The topics are: %s.", known)
}
