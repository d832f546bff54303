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

// CheckSecret refuses a keyring other than the one the database was first used
// with: with it links in letters would be dead, and suppressed addresses would be
// mailed because their hashes are not recognised.
func (s *InstanceService) CheckSecret(ctx context.Context, keys *Keyring) error {
	kept, err := s.Store.Secret(ctx)
	switch fingerprint := keys.Fingerprint(); {
	case err != nil:
		return err
	case kept == fingerprint:
		return nil
	case kept == "":
		return s.Store.KeepSecret(ctx, fingerprint)
	}
	return refused("TIDINGS_SECRET is not the one this database was used with").
		hint("To rotate it, put the new one first and keep the old one last, with a space between them.")
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
