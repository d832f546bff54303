package subscriptions

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// SignupService weighs the forms that anybody may send with anybody's address,
// before anything is done about the address: how many there were, and whether a
// person filled them in. It never looks whether the address is known, so that
// its verdict cannot tell (MAIL 15).
//
// A form costs one statement on the database, whatever the number of limits; one
// that is suspected and brings no proof costs none.
type SignupService struct {
	Store   AttemptStore
	Keys    *Keyring
	Now     func() time.Time
	Limits  []SignupLimit // none: forms are not counted
	MinFill time.Duration // 0: the time it took to fill in a form is not looked at

	mu     sync.Mutex
	pruned time.Time
}

// NewSignupService has the standard limits.
func NewSignupService(store AttemptStore, keys *Keyring, now func() time.Time) *SignupService {
	return &SignupService{Store: store, Keys: keys, Now: now, Limits: signupLimits, MinFill: minFill}
}

// SignupForm is a form as it came, as far as weighing goes.
type SignupForm struct {
	Name    FormName
	Address string // as ParseAddress gives it
	Words   string // everything the person entered, the same each time
	IP      string
	Opened  string // what FormToken gave
	Trap    string // what stands in the input that people do not see
	// What the form brings along when it was asked for a proof.
	Challenge, Proof, Wait string
}

// FormToken is put into a form when it is shown.
func (s *SignupService) FormToken() string {
	now := s.Now()
	return s.Keys.Issue(PurposeForm, 0, now.Unix(), now)
}

// Weigh counts the form and says what becomes of it. With Prove comes the
// challenge.
func (s *SignupService) Weigh(ctx context.Context, f SignupForm) (Verdict, *Challenge, error) {
	now := s.Now()
	evidence, waited := s.evidence(f, now)
	suspected := f.Trap != "" || s.hasty(f.Opened, now)
	if suspected && evidence == "" {
		return Prove, s.ask(f, now), nil
	}
	var attempts []Attempt
	limits := map[string]SignupLimit{}
	for _, l := range s.Limits {
		if l.By == CountWaits && !waited {
			continue
		}
		if a, ok := l.attempt(s.Keys, f, now); ok {
			attempts = append(attempts, a)
			limits[a.Hash] = l
		}
	}
	once := s.Keys.hashAttempt("evidence " + evidence)
	if evidence != "" {
		attempts = append(attempts, Attempt{Hash: once, Ends: now.Add(lifetimes[PurposeProof])})
	}
	counts, err := s.Store.CountAttempts(ctx, attempts)
	if err != nil {
		return Refuse, nil, fmt.Errorf("weigh a %s form: %w", f.Name, err)
	}
	s.prune(ctx, now)
	proven := evidence != "" && counts[once] == 1
	for hash, l := range limits {
		if l.By == CountWaits && counts[hash] > l.Most {
			proven = false
		}
	}
	verdict := Pass
	if suspected && !proven {
		verdict = Prove
	}
	for hash, l := range limits {
		if counts[hash] > l.Most && !(l.Then == Prove && proven) {
			verdict = max(verdict, l.Then)
		}
	}
	if verdict != Prove {
		return verdict, nil, nil
	}
	if evidence != "" {
		f.Wait = "" // it was taken; the next one waits anew
	}
	return verdict, s.ask(f, now), nil
}

// hasty reports whether the form came back faster than people write, or was
// never opened, or too long ago to say.
func (s *SignupService) hasty(opened string, now time.Time) bool {
	if s.MinFill == 0 {
		return false
	}
	claims, err := s.Keys.Parse(PurposeForm, opened, now)
	return err != nil || now.Sub(time.Unix(claims.Ref, 0)) < s.MinFill
}

const (
	pruneEvery = 10 * time.Minute
	pruneMost  = 5000
)

// prune forgets what is over, now and then and in bounded steps. If it fails it
// is tried again; rows that are over are never counted, as a hash holds its
// window.
func (s *SignupService) prune(ctx context.Context, now time.Time) {
	s.mu.Lock()
	due := now.Sub(s.pruned) >= pruneEvery
	if due {
		s.pruned = now
	}
	s.mu.Unlock()
	if !due {
		return
	}
	if n, err := s.Store.PruneAttempts(ctx, now, pruneMost); err != nil || n == pruneMost {
		s.mu.Lock()
		s.pruned = time.Time{}
		s.mu.Unlock()
	}
}
