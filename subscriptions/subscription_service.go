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
	Newest       bool     // send the newest edition right after the confirmation
	Wording      string   // version of the text at the button; "" for the one in force
	Source       string   // "web form"
	IP           string
}

// Subscribe takes a sign-up. The answer is the same for a known, an unknown and
// a suppressed address; only the mail differs (MAIL 15): a confirmation with the
// topics asked for, or a link to the preferences when there is nothing to
// confirm. Nothing is sent to a suppressed address.
func (s *SubscriptionService) Subscribe(ctx context.Context, r SubscribeRequest) error {
	now := s.Now()
	address, name, organisation, topics, err := s.readSignup(ctx, r)
	if err != nil {
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

// CheckSignup finds what is wrong with a sign-up and takes nothing. It gives the
// address as it would be written to.
func (s *SubscriptionService) CheckSignup(ctx context.Context, r SubscribeRequest) (address string, err error) {
	address, _, _, _, err = s.readSignup(ctx, r)
	return address, err
}

// readSignup tells every fault of a form at once.
func (s *SubscriptionService) readSignup(ctx context.Context, r SubscribeRequest) (address, name, organisation string, topics []Topic, err error) {
	address, errAddress := ParseAddress(r.Email)
	name, errName := CleanName("name", r.Name)
	organisation, errOrganisation := CleanName("organisation", r.Organisation)
	all, err := s.Store.Topics(ctx)
	if err != nil {
		return "", "", "", nil, fmt.Errorf("subscribe: %w", err)
	}
	topics, errTopics := pickTopics(all, r.Topics)
	return address, name, organisation, topics, errors.Join(errAddress, errTopics, errName, errOrganisation)
}

// barred reports whether the address must not be mailed. Who asked to be
// forgotten may come back by their own hand.
func (s *SubscriptionService) barred(ctx context.Context, store Store, address string) (bool, error) {
	reason, err := s.suppression(ctx, store, address)
	return reason != "", err
}

// suppression gives the reason for which the address is barred, or "".
func (s *SubscriptionService) suppression(ctx context.Context, store Store, address string) (SuppressionReason, error) {
	hash := s.Keys.HashAddress(address)
	found, err := store.Suppressions(ctx, []string{hash})
	if sup, ok := found[hash]; ok && sup.Reason != SuppressedErased {
		return sup.Reason, err
	}
	return "", err
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
	wording, err := shownWording(ctx, tx, r.Wording)
	if err != nil {
		return err
	}
	consent := &Consent{SubscriberID: person.ID, Kind: ConsentGiven, Topics: slugsOf(topics),
		Wording: wording, Source: r.Source, IP: r.IP, At: now, Newest: r.Newest}
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

func queueManage(ctx context.Context, tx Store, person Subscriber, why int64, now time.Time) error {
	_, err := tx.QueueDeliveries(ctx, []Delivery{{Kind: KindManage, SubscriberID: person.ID, RefID: why, Address: person.Address,
		Key:      fmt.Sprintf("manage:%d:%d", person.ID, now.Unix()/int64(manageEvery/time.Second)),
		Priority: PriorityPerson, State: DeliveryQueued, NotBefore: now, CreatedAt: now}})
	return err
}

// SendManageLink mails the person their preferences link, or a fresh link to
// confirm when they have not done so yet. Nobody learns from the answer whether
// the address is known.
func (s *SubscriptionService) SendManageLink(ctx context.Context, email, _ string) error {
	address, err := ParseAddress(email)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Store) error {
		person, err := tx.FindSubscriberByAddress(ctx, address)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if barred, err := s.barred(ctx, tx, person.Address); err != nil || barred {
			return err
		}
		if person.ConfirmedAt.IsZero() {
			return s.askAgain(ctx, tx, person)
		}
		return queueManage(ctx, tx, person, ManageAsked, s.Now())
	})
}

// askAgain sends a fresh link to confirm what is still pending.
func (s *SubscriptionService) askAgain(ctx context.Context, tx Store, person Subscriber) error {
	past, err := tx.Consents(ctx, person.ID)
	if err != nil {
		return err
	}
	rows, err := tx.Subscriptions(ctx, person.ID)
	if err != nil || len(openStates(rows)) == 0 {
		return err
	}
	for _, c := range slices.Backward(past) {
		if c.Kind == ConsentGiven {
			return queueConfirmation(ctx, tx, person, c.ID, s.Now())
		}
	}
	return nil
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

// topicsAndRows gives all topics, those that were retired too (see running), and
// the person's rows.
func (s *SubscriptionService) topicsAndRows(ctx context.Context, store Store, subscriberID int64) ([]Topic, []Subscription, error) {
	ever, err := store.AllTopics(ctx)
	if err != nil {
		return nil, nil, err
	}
	rows, err := store.Subscriptions(ctx, subscriberID)
	return ever, rows, err
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
