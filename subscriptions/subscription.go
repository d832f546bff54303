package subscriptions

import "time"

// Subscription is a person × topic. There is at most one open (pending or
// active) row for the pair; ended rows stay as history.
type Subscription struct {
	ID           int64
	SubscriberID int64
	TopicID      int64
	State        SubscriptionState
	CreatedAt    time.Time
	ConfirmedAt  time.Time
	EndedAt      time.Time
	EndReason    EndReason
}

// SubscriptionState is pending → active → ended, or pending → ended.
type SubscriptionState string

// The states of a subscription.
const (
	SubscriptionPending SubscriptionState = "pending"
	SubscriptionActive  SubscriptionState = "active"
	SubscriptionEnded   SubscriptionState = "ended"
)

// EndReason says why a subscription or a subscriber ended.
type EndReason string

// The reasons.
const (
	EndUnsubscribed EndReason = "unsubscribed" // the person left
	EndUnconfirmed  EndReason = "unconfirmed"  // never confirmed in time
	EndBounced      EndReason = "bounced"      // the address is dead
	EndComplained   EndReason = "complained"   // the person reported us as spam
	EndErased       EndReason = "erased"       // the person asked to be forgotten
	EndByEditor     EndReason = "editor"       // an editor ended it, on request
	EndMerged       EndReason = "merged"       // its topic is part of another now (Topic.MergedInto)
	EndRetired      EndReason = "retired"      // its topic is sent to nobody any more
	EndTakenBack    EndReason = "taken back"   // the list it came by was (PeopleImport)
)

// Declined reports whether the person had it end: what ended so is never opened
// again without them.
func (r EndReason) Declined() bool {
	switch r {
	case EndUnsubscribed, EndComplained, EndErased, EndByEditor:
		return true
	}
	return false
}

// Confirm makes a pending subscription active; an active one stays as it is.
func (s *Subscription) Confirm(now time.Time) error {
	switch s.State {
	case SubscriptionActive:
		return nil
	case SubscriptionEnded:
		return refused("the subscription ended on %s and cannot be confirmed", DateOf(s.EndedAt).Words())
	}
	s.State, s.ConfirmedAt = SubscriptionActive, now
	return nil
}

// End closes an open subscription; an ended one keeps its first reason.
func (s *Subscription) End(now time.Time, reason EndReason) {
	if s.State == SubscriptionEnded {
		return
	}
	s.State, s.EndedAt, s.EndReason = SubscriptionEnded, now, reason
}
