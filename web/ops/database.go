package ops

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// What the rows say.
var (
	databaseUp = describe("database_up", "Whether all that is to be read from the database could be read: 1 or 0.")
	deliveries = describe("edition_deliveries", "Deliveries of the editions that are sending or paused, by state.", "edition", "state")
	openMail   = describe("open_mail", "Mail that people wait for and that has not left: confirmations, links.")
	oldestDue  = describe("oldest_due_age_seconds", "How long the delivery that waits longest could have left already; 0 when none waits.")
	alive      = describe("workers_alive", "Workers that have shown a sign of life, in any process.")
	returns    = describe("returns", "What came back in the last thirty days, by kind.", "kind")
	suppressed = describe("suppressed", "Addresses that get no letters, by reason.", "reason")
	complaints = describe("edition_complaints", "People who reported a letter of the edition as spam; of editions that are sending or paused.", "edition")
	people     = describe("subscribers", "People, by where they stand.", "status")
)

// scrapeWithin bounds what one scrape reads. Prometheus waits ten seconds.
const scrapeWithin = 5 * time.Second

// samples are metrics of one scrape.
type samples []prometheus.Metric

// Describe says nothing: what there is shows itself.
func (samples) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s samples) Collect(out chan<- prometheus.Metric) {
	for _, m := range s {
		out <- m
	}
}

// database reads the rows, within its time. A question that has no answer leaves
// the others theirs.
func (o *Ops) database(ctx context.Context) samples {
	ctx, cancel := context.WithTimeout(ctx, scrapeWithin)
	defer cancel()
	var all samples
	var faults []error
	// The cheap ones first: when the time is up, they are known.
	for _, ask := range []func(context.Context) (samples, error){o.workers, o.backlog, o.editions, o.returns, o.subscribers} {
		got, err := ask(ctx)
		all, faults = append(all, got...), append(faults, err)
	}
	err := errors.Join(faults...)
	if err != nil {
		o.Log.WarnContext(ctx, "figures could not be read from the database", "error", err)
	}
	return append(all, gauge(databaseUp, oneIf(err == nil)))
}

func (o *Ops) workers(ctx context.Context) (samples, error) {
	ids, err := mailer.Alive(ctx, o.Store, o.Now())
	if err != nil {
		return nil, err
	}
	return samples{gauge(alive, float64(len(ids)))}, nil
}

func (o *Ops) backlog(ctx context.Context) (samples, error) {
	now := o.Now()
	since, err := o.Store.OldestDue(ctx, now)
	if err != nil {
		return nil, err
	}
	age := 0.0
	if !since.IsZero() {
		age = now.Sub(since).Seconds()
	}
	open, err := o.Store.OpenMail(ctx)
	if err != nil {
		return samples{gauge(oldestDue, age)}, err
	}
	return samples{gauge(oldestDue, age), gauge(openMail, float64(open))}, nil
}

// editions tells of those that are under way; the others do not change.
func (o *Ops) editions(ctx context.Context) (all samples, err error) {
	list, err := o.Store.Dispatches(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e.State != subscriptions.EditionSending && e.State != subscriptions.EditionPaused {
			continue
		}
		books, err := o.Store.Books(ctx, e.ID)
		if err != nil {
			return all, err
		}
		n, err := o.Store.CountComplaints(ctx, e.ID)
		if err != nil {
			return all, err
		}
		all = append(all, gauge(complaints, float64(n), strconv.FormatInt(e.ID, 10)))
		for _, state := range subscriptions.DeliveryStates() {
			all = append(all, gauge(deliveries, float64(books.Count(state)), strconv.FormatInt(e.ID, 10), string(state)))
		}
	}
	return all, nil
}

// returns tells what came back, and who gets nothing for it.
func (o *Ops) returns(ctx context.Context) (all samples, err error) {
	counts, err := o.Store.CountReturns(ctx, o.Now().AddDate(0, 0, -30))
	if err != nil {
		return nil, err
	}
	for _, kind := range subscriptions.ReturnKinds() {
		all = append(all, gauge(returns, float64(counts[kind]), string(kind)))
	}
	barred, err := o.Store.CountSuppressed(ctx)
	for _, reason := range []subscriptions.SuppressionReason{subscriptions.SuppressedBounce, subscriptions.SuppressedComplaint, subscriptions.SuppressedErased, subscriptions.SuppressedByEditor} {
		all = append(all, gauge(suppressed, float64(barred[reason]), string(reason)))
	}
	return all, err
}

func (o *Ops) subscribers(ctx context.Context) (all samples, err error) {
	counts, err := o.Store.CountSubscribers(ctx, o.Now())
	if err != nil {
		return nil, err
	}
	for _, status := range []subscriptions.SubscriberStatus{subscriptions.SubscriberPending, subscriptions.SubscriberActive,
		subscriptions.SubscriberPaused, subscriptions.SubscriberEnded, subscriptions.SubscriberErased} {
		all = append(all, gauge(people, float64(counts[status]), string(status)))
	}
	return all, nil
}
