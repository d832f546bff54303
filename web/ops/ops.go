// Package ops is what those who run the service look at: figures for Prometheus,
// and whether this process is alive and ready.
//
// # Three questions
//
//	/healthz   is the process there?  Asks nobody else: who restarts what does not
//	           answer here must not do so because a database is down.
//	/readyz    can it do its work?    One line for each part that cannot.
//	/metrics   how does it go?        For loopback and the networks it is told.
//
// # Where the figures come from
//
// What this process has done since it began is counted by mailer.Stats. What is
// to be done, and by whom, is read from the rows at each scrape, so that it is
// true in any process and after any crash: of several processes on one database
// all say the same. A scrape reads for five seconds at most; what could not be
// read is left out, tidings_database_up says so, and the rest is told.
//
// Labels are kinds, states, stages and numbers of editions. Nothing here names a
// person or an address.
package ops

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// Options are what there is to look at.
type Options struct {
	Store subscriptions.Store
	// Schema is the version of the database and the one this program knows.
	Schema func(ctx context.Context) (has, knows int64, err error)
	// Stats and Unreachable are of the worker in this process, both nil when it
	// has none. Unreachable says why there is no mail server, "" when there is.
	Stats       *mailer.Stats
	Unreachable func() string
	// Allow names who may read the figures, beside this machine itself.
	Allow   []netip.Prefix
	Version string // of the program
	Go      string // version that built it
	Log     *slog.Logger
	Now     func() time.Time
}

// Ops answers them. It is safe for concurrent use.
type Ops struct {
	Options

	process prometheus.Gatherer // what needs no database
}

// New registers what the process knows of itself. Nothing is global: a test has
// as many as it likes.
func New(o Options) (*Ops, error) {
	if o.Store == nil || o.Schema == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("the figures need a store, its version, a log and a clock")
	}
	r := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "tidings_build_info", Help: "Always 1; the labels say which program this is.",
		ConstLabels: prometheus.Labels{"version": o.Version, "goversion": o.Go}})
	build.Set(1)
	all := []prometheus.Collector{build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	if o.Stats != nil {
		all = append(all, worker{o.Stats})
	}
	for _, c := range all {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return &Ops{Options: o, process: r}, nil
}

// Gatherer holds the process's figures, and those of the database as they are at
// this moment.
func (o *Ops) Gatherer(ctx context.Context) (prometheus.Gatherer, error) {
	rows := prometheus.NewRegistry()
	if err := rows.Register(o.database(ctx)); err != nil {
		return nil, err
	}
	return prometheus.Gatherers{o.process, rows}, nil
}

// describe names a figure of ours.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("tidings_"+name, help, labels, nil)
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func counter(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}
