package ops

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sesec.eu/tidings/mailer"
)

// What the worker of this process has done since the process began.
var (
	messages    = describe("messages_total", "Messages that came to an outcome, by what they are and what became of them.", "kind", "state")
	attempts    = describe("attempts_total", "Messages put on the wire.")
	replies     = describe("smtp_replies_total", "Answers of the mail server, by stage and class of the code; none where it ended the connection.", "stage", "class")
	opened      = describe("smtp_connections_opened_total", "Connections to the mail server.")
	notOpened   = describe("smtp_connections_failed_total", "Attempts to connect to the mail server that failed.")
	openNow     = describe("smtp_connections_open", "Connections to the mail server at this moment.")
	reachable   = describe("mail_server_reachable", "Whether the mail server could be reached the last time it was tried: 1 or 0.")
	commits     = describe("ledger_commits_total", "Transactions of the ledger.")
	ledgerRows  = describe("ledger_rows_total", "Outcomes and begins that the commits of the ledger carried.")
	committing  = describe("ledger_commit_seconds_total", "Time spent in commits of the ledger.")
	claimed     = describe("deliveries_claimed_total", "Deliveries claimed.")
	planned     = describe("deliveries_planned_total", "Deliveries that plans of editions have queued.")
	requeued    = describe("deliveries_requeued_total", "Claims that went back because their turn at the throttle did not come.")
	throttled   = describe("throttle_wait_seconds_total", "Time that messages stood at the throttle, summed over the connections.")
	slowed      = describe("domains_slowed", "Receiving domains that get less because their servers said so.")
	beat        = describe("worker_last_beat_timestamp_seconds", "Last sign of life of this process's worker; 0 before the first.")
	workerDescs = []*prometheus.Desc{messages, attempts, replies, opened, notOpened, openNow, reachable, commits, ledgerRows, committing,
		claimed, planned, requeued, throttled, slowed, beat}
)

// worker shows Stats.
type worker struct{ stats *mailer.Stats }

// Describe implements prometheus.Collector.
func (worker) Describe(out chan<- *prometheus.Desc) {
	for _, d := range workerDescs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (w worker) Collect(out chan<- prometheus.Metric) {
	f := w.stats.Figures()
	for _, m := range f.Messages {
		out <- counter(messages, float64(m.N), string(m.Kind), string(m.State))
	}
	for _, r := range f.Replies {
		out <- counter(replies, float64(r.N), string(r.Stage), r.Class)
	}
	out <- counter(attempts, float64(f.Attempts))
	out <- counter(opened, float64(f.Connections))
	out <- counter(notOpened, float64(f.ConnectionsRefused))
	out <- gauge(openNow, float64(f.OpenConnections))
	out <- gauge(reachable, oneIf(f.Reachable))
	out <- counter(commits, float64(f.Commits))
	out <- counter(ledgerRows, float64(f.CommittedRows))
	out <- counter(committing, f.CommitTime.Seconds())
	out <- counter(claimed, float64(f.Claimed))
	out <- counter(planned, float64(f.Planned))
	out <- counter(requeued, float64(f.Requeued))
	out <- counter(throttled, f.ThrottleWait.Seconds())
	out <- gauge(slowed, float64(f.SlowedDomains))
	out <- gauge(beat, moment(f.LastBeat))
}

func oneIf(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}

// moment is in seconds since 1970, as Prometheus reckons; 0 for none.
func moment(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
