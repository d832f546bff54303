package subscriptions

import (
	"context"
	"time"
)

// Store keeps the nouns. It holds no rule of the service: it finds, inserts and
// updates what the services decide. Every method may be called inside InTx on
// the store handed in there, and outside.
//
// Find… methods answer an Error of code NotFound when there is none. Add…
// methods set the ID. Lists come in a stated order.
type Store interface {
	// InTx runs f in one transaction: all of it is stored or nothing.
	InTx(ctx context.Context, f func(tx Store) error) error

	TopicStore
	SubscriberStore
	AddressChangeStore
	ItemStore
	AttachmentStore
	GlossaryStore
	WebinarStore
	EditionStore
	ArchiveStore
	DeliveryStore
	InstanceStore
	RetentionStore
	AttemptStore
	ImportStore
	WatchedFeedStore
	EditorStore
	FactorStore
	AuditStore
	DeskRetentionStore
	SettingsStore
	TodayStore
	PeopleStore
	StatisticsStore
	BounceStore
	PeopleImportStore
	DeadlineStore
	DeadlineReminderStore
	PreflightStore
	PersonaStore
	SeedStore
}

// TopicStore keeps topics.
type TopicStore interface {
	Topics(ctx context.Context) ([]Topic, error)    // not retired, by position
	AllTopics(ctx context.Context) ([]Topic, error) // the retired too
	AddTopic(ctx context.Context, t *Topic) error
	TopicDeskStore
}

// SubscriberStore keeps people, what they asked for and what they agreed to.
type SubscriberStore interface {
	FindSubscriber(ctx context.Context, id int64) (Subscriber, error)
	FindSubscriberByAddress(ctx context.Context, address string) (Subscriber, error) // any spelling
	// SubscribersByAddress gives those of the addresses that are known, by AddressKey.
	SubscribersByAddress(ctx context.Context, addresses []string) (map[string]Subscriber, error)
	AddSubscribers(ctx context.Context, s []*Subscriber) error
	UpdateSubscriber(ctx context.Context, s Subscriber) error // all fields, the revision included
	CountSubscribers(ctx context.Context, now time.Time) (map[SubscriberStatus]int, error)

	// Subscriptions gives all rows of the people, ended ones too, oldest first.
	Subscriptions(ctx context.Context, subscriberIDs ...int64) ([]Subscription, error)
	AddSubscriptions(ctx context.Context, s []*Subscription) error
	UpdateSubscription(ctx context.Context, s Subscription) error

	AddConsents(ctx context.Context, c []*Consent) error
	Consents(ctx context.Context, subscriberID int64) ([]Consent, error) // oldest first
	FindConsent(ctx context.Context, id int64) (Consent, error)

	// Suppressions gives those in force among the hashes, by hash.
	Suppressions(ctx context.Context, hashes []string) (map[string]Suppression, error)
	PutSuppression(ctx context.Context, s Suppression) error // one a hash, replaced

	// Recipients reads the next people after the id, in order of id, who may be
	// mailed at all: confirmed, not ended, not erased. Fewer than limit means
	// there are no more.
	Recipients(ctx context.Context, afterID int64, limit int) ([]Recipient, error)
	// RecipientsByID reads those of the people that exist, whatever their status,
	// in no order; there may be others among them. Neither
	// sets Suppressed: the services know the hashing key (MarkSuppressed).
	RecipientsByID(ctx context.Context, ids []int64) ([]Recipient, error)
}

// ItemStore keeps items.
type ItemStore interface {
	Items(ctx context.Context, f ItemFilter) ([]Item, error) // by date, then id
	// FindItem and FindItemBySlug hold the row inside a transaction: whoever reads
	// an item to change it is alone with it until the transaction ends.
	FindItem(ctx context.Context, id int64) (Item, error)
	FindItemBySlug(ctx context.Context, slug string) (Item, error)
	AddItem(ctx context.Context, i *Item) error
	UpdateItem(ctx context.Context, i Item) error
	ItemRevisionStore
	DeskSearchStore
}

// GlossaryStore keeps terms.
type GlossaryStore interface {
	Terms(ctx context.Context) ([]Term, error) // by abbreviation
	PutTerm(ctx context.Context, t *Term) (added bool, err error)
	GlossaryDeskStore
}

// WebinarStore keeps webinars and who takes part.
type WebinarStore interface {
	Webinars(ctx context.Context) ([]Webinar, error) // by start
	FindWebinarBySlug(ctx context.Context, slug string) (Webinar, error)
	AddWebinar(ctx context.Context, w *Webinar) error
	UpdateWebinar(ctx context.Context, w Webinar) error
	Registrations(ctx context.Context, webinarID int64) ([]Registration, error) // oldest first
	AddRegistration(ctx context.Context, r *Registration) error
	UpdateRegistration(ctx context.Context, r Registration) error
	WebinarDeskStore
}

// EditionStore keeps editions and what was frozen of them.
type EditionStore interface {
	Editions(ctx context.Context) ([]Edition, error) // issues, the newest period first
	FindEdition(ctx context.Context, id int64) (Edition, error)
	FindEditionBySlug(ctx context.Context, slug string) (Edition, error)
	AddEdition(ctx context.Context, e *Edition) error
	// UpdateEdition writes all fields if the stored state is still was, else it
	// answers Conflict.
	UpdateEdition(ctx context.Context, e Edition, was EditionState) error
	PutContent(ctx context.Context, c Content) error               // replaces
	Content(ctx context.Context, editionID int64) (Content, error) // shared: not to be changed
	// Variants finds or creates the edition's variants of these topic sets, by
	// TopicSet.Key.
	Variants(ctx context.Context, editionID int64, sets []TopicSet) (map[string]Variant, error)
	FindVariant(ctx context.Context, id int64) (Variant, error)
	EditionItemStore
	LedgerStore
	CorrectionStore
	MissedStore
	ReachStore
	ReleaseStore
}

// DeliveryStore keeps the ledger of deliveries.
type DeliveryStore interface {
	// QueueDeliveries inserts those whose key is new and says how many.
	QueueDeliveries(ctx context.Context, d []Delivery) (int, error)
	FindDeliveryByKey(ctx context.Context, key string) (Delivery, error)
	Deliveries(ctx context.Context, f DeliveryFilter) ([]Delivery, error) // by id
	// Claim leases up to limit open deliveries that are due to the worker, the
	// most urgent first. Those of editions that are not sending stay. Of each it
	// gives what composing and retrying need, not the story of earlier attempts.
	// Of an edition with a cap it takes so many at most.
	Claim(ctx context.Context, worker string, limit int, now, until time.Time, caps ...EditionCap) ([]Delivery, error)
	// ClaimUrgent leases only those of no edition down to PriorityMany: mail that
	// people wait for.
	ClaimUrgent(ctx context.Context, worker string, limit int, now, until time.Time) ([]Delivery, error)
	// Advance is the ledger: it records outcomes and grants begins in one
	// transaction. granted[i] tells of begins[i].
	Advance(ctx context.Context, worker string, now time.Time, outcomes []Outcome, begins []Begin) (granted []bool, err error)
	// Reclaim frees what dead workers held: claimed goes back to queued; of what
	// was on the wire, digests become uncertain and mail to a waiting person is
	// queued again (MAIL 26). Workers in alive are left alone. What has come back
	// to a cancelled edition to be tried again is skipped.
	Reclaim(ctx context.Context, now time.Time, alive []string) (Reclaimed, error)
	Books(ctx context.Context, editionID int64) (Books, error) // a snapshot: they balance
	HasOpen(ctx context.Context, editionID int64) (bool, error)
	// OldestDue is the moment from which the delivery that waits longest could
	// have left, among those that may leave now; zero when none waits.
	OldestDue(ctx context.Context, now time.Time) (time.Time, error)
	// OpenMail counts what is open and belongs to no edition: mail people wait for.
	OpenMail(ctx context.Context) (int, error)
	// SkipOpen ends what is still open of a cancelled edition, except what is on
	// the wire.
	SkipOpen(ctx context.Context, editionID int64, reason string, now time.Time) error
	// ResolveUncertain queues the edition's uncertain deliveries again, or
	// accepts them as sent, and says how many there were; of those with the ids
	// only, where there are some.
	ResolveUncertain(ctx context.Context, editionID int64, resend bool, now time.Time, ids ...int64) (int, error)
}

// Reclaimed counts what a dead worker left behind.
type Reclaimed struct{ Queued, Uncertain int }

// EditionCap bounds what is claimed of an edition.
type EditionCap struct {
	EditionID int64
	Most      int
}

// DeliveryFilter selects deliveries; zero fields do not narrow.
type DeliveryFilter struct {
	EditionID    int64
	SubscriberID int64
	States       []DeliveryState
	AfterID      int64
	Limit        int // 0 means 500
}

// AttemptStore counts the forms that anybody may send.
type AttemptStore interface {
	// CountAttempts adds one to each, and gives the counts by hash.
	CountAttempts(ctx context.Context, a []Attempt) (map[string]int, error)
	// PruneAttempts forgets up to limit of those that ended before now.
	PruneAttempts(ctx context.Context, now time.Time, limit int) (int, error)
}

// InstanceStore keeps what belongs to the installation itself.
type InstanceStore interface {
	// Instance is this database's random identity, made at migration.
	Instance(ctx context.Context) (string, error)
	// Place names this database where it lies: another copy of it, restored or
	// cloned, has another name. ReleasedFor is the place it may send from, ""
	// while no worker has run; Release sets it.
	Place(ctx context.Context) (string, error)
	ReleasedFor(ctx context.Context) (string, error)
	Release(ctx context.Context, place string) error
	// Secret is the fingerprint of the keyring this database is used with, ""
	// while none was; KeepSecret sets it.
	Secret(ctx context.Context) (string, error)
	KeepSecret(ctx context.Context, fingerprint string) error
	// Exclusively runs f unless another process is in an Exclusively of the same
	// name at this moment, and says whether it ran.
	Exclusively(ctx context.Context, name string, f func() error) (ran bool, err error)
	// Beat says that the worker is alive; Workers gives those whose last sign of
	// life is not further from now than within, before or after: one far ahead came
	// from a clock that was wrong, and would keep the dead alive.
	Beat(ctx context.Context, worker string, now time.Time) error
	Workers(ctx context.Context, now time.Time, within time.Duration) ([]string, error)
	Leave(ctx context.Context, worker string) error
}
