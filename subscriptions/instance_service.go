package subscriptions

import (
	"context"
	"fmt"
)

// InstanceService guards against the copy: a database that was restored from a
// backup or cloned for a test holds thousands of addresses and perhaps half an
// edition. It sends nothing until somebody says that it is the one.
type InstanceService struct {
	Store   Store
	BaseURL string // of the site: the same data under another address is a copy too
}

// CheckReleased lets a worker run only where the database is released. A new
// one is released where its first worker runs.
func (s *InstanceService) CheckReleased(ctx context.Context) error {
	place, err := s.place(ctx)
	if err != nil {
		return err
	}
	released, err := s.Store.ReleasedFor(ctx)
	switch {
	case err != nil:
		return err
	case released == place:
		return nil
	case released == "":
		return s.Store.Release(ctx, place)
	}
	return refused("this database was released for another place: it looks like a copy, and sends nothing").
		hint("If it is the one that should send from now on, stop the other and say: tidings release")
}

// Release says that this is the database that sends.
func (s *InstanceService) Release(ctx context.Context) error {
	place, err := s.place(ctx)
	if err != nil {
		return err
	}
	return s.Store.Release(ctx, place)
}

func (s *InstanceService) place(ctx context.Context) (string, error) {
	place, err := s.Store.Place(ctx)
	if err != nil {
		return "", fmt.Errorf("tell this database from a copy of it: %w", err)
	}
	return place + " " + s.BaseURL, nil
}
