package main

import (
	"context"
	"fmt"
	"runtime"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/web"
	"sesec.eu/tidings/web/ops"
)

// operators wires what those who run the service look at. The worker is that of
// this process, nil when it has none.
func (a *app) operators(w *mailer.Worker) (*ops.Ops, error) {
	o := ops.Options{Store: a.store, Schema: a.store.Schema, Allow: a.settings.metrics, Version: versionText(), Go: runtime.Version(), Log: a.log, Now: a.now}
	if w != nil {
		o.Stats, o.Unreachable = a.stats, w.Unreachable
	}
	return ops.New(o)
}

// watched gives the job that answers at TIDINGS_METRICS_ADDR, or none when it is
// not set.
func (a *app) watched(ctx context.Context, o *ops.Ops) ([]func(ctx context.Context) error, error) {
	if a.settings.metricsAddr == "" {
		return nil, nil
	}
	h, err := web.Operators(o, a.settings.proxies, a.log, a.now)
	if err != nil {
		return nil, err
	}
	l, err := listen(ctx, a.settings.metricsAddr, "TIDINGS_METRICS_ADDR=127.0.0.1:9091")
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.std.out, "The figures are at http://%s/metrics\n", reachable(l.Addr().String()))
	return []func(ctx context.Context) error{func(ctx context.Context) error { return serve(ctx, l, h, shutdownGrace) }}, nil
}
