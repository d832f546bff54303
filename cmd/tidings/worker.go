package main

import "context"

type workerCmd struct{}

// Run sends until it is told to stop.
func (workerCmd) Run(ctx context.Context, s *Settings, std stdio, again source) error {
	return inApp(ctx, s, std, func(a *app) error {
		w, err := a.releasedWorker(ctx)
		if err != nil {
			return err
		}
		o, err := a.operators(w)
		if err != nil {
			return err
		}
		jobs, err := a.watched(ctx, o)
		if err != nil {
			return err
		}
		in, err := a.receives(ctx)
		if err != nil {
			return err
		}
		jobs = append(jobs, in...)
		a.log.Info("the worker runs", "connections", a.settings.connections)
		return together(ctx, append(jobs, w.Run, a.refusals, a.forgets, a.feeds, a.reminds, a.files, a.reloads(w, *s, again))...)
	})
}
