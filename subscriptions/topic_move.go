package subscriptions

import (
	"context"
	"strings"
	"time"
)

// TopicMove is a change of a topic that ends or opens subscriptions of many
// people. The decision and all that few rows tell is done at once; the people
// follow in batches, each of which moves the cursor in its own transaction: a
// process that dies leaves nobody half done, and the next goes on where it was.
//
// The rules, for one person:
//
//  1. Merge A into B: A ends with the reason "merged". In its place comes B in the
//     same state, unless they have B (then nothing more is needed: one of both
//     being active makes it active) or their last B ended because they wanted it
//     (EndReason.Declined): who left B does not get it by another door.
//  2. Retire: it ends with the reason "retired".
//  3. Return: who lost it to the retirement has it again, unless they have chosen
//     anew since, or left.
//
// Whatever becomes active without the person pressing anything has an event of the
// source "merge" or "return", whose Origin is the event with which they agreed to
// the topic. Everybody touched gets a new revision, so that a message that was
// composed before does not leave (MAIL 12).
//
// One move runs at a time, none begins while an edition is between its freezing
// and its end, and no edition is planned while one runs: nobody falls between a
// letter filed under A and a person who has B.
type TopicMove struct {
	ID         int64
	Kind       MoveKind
	TopicID    int64
	IntoID     int64 // of a merge
	DoneTo     int64 // the cursor: the last subscription that was read
	People     int   // about how many there were at the start
	Ended      int   // subscriptions ended
	Opened     int   // opened in their place, or again
	Had        int   // people who had the other topic already
	KeptOut    int   // people who got nothing in its place: they had left it, or chosen anew
	Actor      string
	StartedAt  time.Time
	FinishedAt time.Time
}

// MoveKind is what a move does.
type MoveKind string

// The kinds.
const (
	MoveMerge  MoveKind = "merge"
	MoveRetire MoveKind = "retire"
	MoveReturn MoveKind = "return"
)

// Running reports whether there are people left.
func (m TopicMove) Running() bool { return m.FinishedAt.IsZero() }

// Done is how many people were read.
func (m TopicMove) Done() int {
	if m.Kind == MoveReturn {
		return m.Opened + m.KeptOut
	}
	return m.Ended
}

// The words of an event that a move writes are made of its version, in which the
// names stand as they were then.
const (
	mergeWording  = "merged: "
	returnWording = "returned: "
	wordingArrow  = " → "
)

func (m TopicMove) wording(topic, into Topic) string {
	if m.Kind == MoveReturn {
		return returnWording + topic.Name
	}
	return mergeWording + topic.Name + wordingArrow + into.Name
}

func moveWordingText(version string) (string, bool) {
	if names, ok := strings.CutPrefix(version, mergeWording); ok {
		from, into, ok := strings.Cut(names, wordingArrow)
		return "The topic " + from + " you chose is now part of " + into + ".", ok
	}
	if name, ok := strings.CutPrefix(version, returnWording); ok {
		return "The topic " + name + " you chose had ended, and is there again.", true
	}
	return "", false
}

// TopicFigures are what is filed under a topic.
type TopicFigures struct {
	Items    int // all, drafts too
	LastItem Date
	Webinars int
}

// TopicPeople counts the people who have exactly these topics active.
type TopicPeople struct {
	Topics TopicSet
	People int
}

// TopicDeskStore is what the desk needs to keep topics.
type TopicDeskStore interface {
	FindTopic(ctx context.Context, id int64) (Topic, error) // held inside InTx
	// UpdateTopic writes all fields if the stored version is still t.Version, and
	// raises it; else it answers Conflict.
	UpdateTopic(ctx context.Context, t *Topic) error
	// PlaceTopics gives the topics these places, from 1; versions stay.
	PlaceTopics(ctx context.Context, ids []int64) error
	// OldSlugs are names of topics in addresses that are not theirs any more.
	OldSlugs(ctx context.Context) (map[string]int64, error)
	PutOldSlug(ctx context.Context, slug string, topicID int64) error
	DropOldSlug(ctx context.Context, slug string) error
	TopicFigures(ctx context.Context) (map[int64]TopicFigures, error)
	// CountTopicSets reads all active subscriptions: a second for a million people.
	CountTopicSets(ctx context.Context) ([]TopicPeople, error)
	// Refile files under into what is filed under the topic: items, webinars, what
	// watched feeds bring, and the archive's index. What is frozen stays as it is.
	Refile(ctx context.Context, topicID, into int64) (items, webinars int, err error)

	AddTopicMove(ctx context.Context, m *TopicMove) error // Conflict while another runs
	UpdateTopicMove(ctx context.Context, m TopicMove) error
	RunningTopicMove(ctx context.Context) (TopicMove, error)            // held inside InTx; NotFound when none runs
	TopicMoves(ctx context.Context, topicID int64) ([]TopicMove, error) // newest first; 0 for all; at most 50
	// LeftBehind are retired topics that somebody has open all the same.
	LeftBehind(ctx context.Context) ([]Topic, error)

	// OpenSubscriptions reads the next open rows of the topic after the id, and
	// RetiredSubscriptions those that ended with its retirement.
	OpenSubscriptions(ctx context.Context, topicID, afterID int64, limit int) ([]Subscription, error)
	RetiredSubscriptions(ctx context.Context, topicID, afterID int64, limit int) ([]Subscription, error)
	EndSubscriptions(ctx context.Context, ids []int64, now time.Time, reason EndReason) error
	// HoldSubscribers reads the people; inside InTx they are held until its end.
	HoldSubscribers(ctx context.Context, ids []int64) (map[int64]Subscriber, error)
	RaiseRevisions(ctx context.Context, subscriberIDs []int64) error
	ConsentsOf(ctx context.Context, subscriberIDs []int64) ([]Consent, error) // oldest first
}
