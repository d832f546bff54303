package credentials

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"sesec.eu/tidings/subscriptions"
)

// Passwords hashes with argon2id. NewPasswords makes one.
type Passwords struct {
	params *argon2id.Params
	places chan struct{} // one for each hash at a time
	wait   time.Duration
	nobody func() (string, error) // the hash of nobody's password
}

var _ subscriptions.Passwords = (*Passwords)(nil)

// Options are the cost of a hash. Zero fields are the standard: what OWASP's
// password storage cheat sheet asks for at least, 19 MiB and two passes, which
// is some 30 ms of one processor.
type Options struct {
	Memory uint32        // KiB
	Passes uint32        // over the memory
	AtOnce int           // hashes at a time; the others wait. Two a processor
	Wait   time.Duration // for a place; 3 s
}

// NewPasswords is for one process: its bound on memory holds for all who share it.
func NewPasswords(o Options) *Passwords {
	if o.Memory == 0 {
		o.Memory = 19 * 1024
	}
	if o.Passes == 0 {
		o.Passes = 2
	}
	if o.AtOnce <= 0 {
		o.AtOnce = 2 * runtime.GOMAXPROCS(0)
	}
	if o.Wait <= 0 {
		o.Wait = 3 * time.Second
	}
	p := &Passwords{places: make(chan struct{}, o.AtOnce), wait: o.Wait,
		params: &argon2id.Params{Memory: o.Memory, Iterations: o.Passes, Parallelism: 1, SaltLength: 16, KeyLength: 32}}
	p.nobody = sync.OnceValues(func() (string, error) { return argon2id.CreateHash("the password of nobody", p.params) })
	return p
}

// Hash gives the hash as $argon2id$v=19$m=…,t=…,p=1$salt$key.
func (p *Passwords) Hash(ctx context.Context, password string) (hash string, err error) {
	err = p.inPlace(ctx, func() error {
		hash, err = argon2id.CreateHash(password, p.params)
		return err
	})
	return hash, err
}

// Check reports whether the password has the hash. For "" it compares with the
// hash of nobody, and says no.
func (p *Passwords) Check(ctx context.Context, password, hash string) (ok bool, err error) {
	against := hash
	if hash == "" {
		if against, err = p.nobody(); err != nil {
			return false, fmt.Errorf("hash a password: %w", err)
		}
	}
	err = p.inPlace(ctx, func() error {
		ok, err = argon2id.ComparePasswordAndHash(password, against)
		return err
	})
	return ok && hash != "", err
}

// inPlace runs f when a place is free: so many hashes at a time, and no more,
// whatever the number of forms that come.
func (p *Passwords) inPlace(ctx context.Context, f func() error) error {
	waited := time.NewTimer(p.wait)
	defer waited.Stop()
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
		if err := f(); err != nil {
			return fmt.Errorf("hash a password: %w", err)
		}
		return nil
	case <-waited.C:
		return &subscriptions.Error{Code: subscriptions.Unavailable, Message: "too many people sign in at this moment",
			Hint: "Try again in a minute."}
	case <-ctx.Done():
		return ctx.Err()
	}
}
