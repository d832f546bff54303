package page

import "context"

type stopKey struct{}

// WithStop lets answers that go on for long know when the program is to stop: its
// server waits for requests under way.
func WithStop(ctx context.Context, stop <-chan struct{}) context.Context {
	return context.WithValue(ctx, stopKey{}, stop)
}

// Stop is closed when the program is to stop; nil where nobody says.
func Stop(ctx context.Context) <-chan struct{} {
	stop, _ := ctx.Value(stopKey{}).(<-chan struct{})
	return stop
}
