package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// PreflightService runs the checks of an edition, keeps what they found, and says
// whether a state of it may be approved.
//
// A run has two parts. The first reads the edition and composes every different
// letter, on all processors: its findings are stored at once. The second asks
// others, the servers behind the links and the records of the sender's domain; it
// says how far it is, and its findings come with the end.
type PreflightService struct {
	Store    Store
	Editions *EditionService
	Reach    *ReachService
	Letters  Letters
	House    func(ctx context.Context) House
	Links    LinkChecker   // nil: links are not followed
	Domain   *SenderDomain // nil: the sender's domain is not looked at
	Now      func() time.Time
	By       Actor

	runs *preflightRuns
}

// LinkChecker asks a server for a page and says what came of it. It guards against
// addresses that lead into our own network.
type LinkChecker interface {
	CheckLink(ctx context.Context, url string) LinkAnswer
}

// preflightRuns are those under way in this process.
type preflightRuns struct {
	mu      sync.Mutex
	running sync.WaitGroup
	ends    map[int64]context.CancelFunc // by edition
	over    bool
}

// NewPreflightService readies one for runs beside the caller.
func NewPreflightService(s PreflightService) *PreflightService {
	s.runs = &preflightRuns{ends: map[int64]context.CancelFunc{}}
	return &s
}

// As gives the service in the hands of somebody.
func (s *PreflightService) As(by Actor) *PreflightService {
	theirs := *s
	theirs.By = by
	return &theirs
}

// Offline gives the service without the checks that ask others.
func (s *PreflightService) Offline() *PreflightService {
	alone := *s
	alone.Links, alone.Domain = nil, nil
	return &alone
}

// Stop ends the runs under way, before the store is closed.
func (s *PreflightService) Stop() {
	s.runs.mu.Lock()
	s.runs.over = true
	for _, end := range s.runs.ends {
		end()
	}
	s.runs.mu.Unlock()
	s.runs.running.Wait()
}

// Verdict says whether the edition, as it is now, may be approved.
func (s *PreflightService) Verdict(ctx context.Context, editionID int64) (PreflightVerdict, error) {
	hash, err := s.hash(ctx, editionID)
	if err != nil {
		return PreflightVerdict{}, err
	}
	run, err := s.Last(ctx, editionID)
	if err != nil {
		return PreflightVerdict{}, err
	}
	return JudgePreflight(editionID, hash, run, s.Now()), nil
}

// Ready refuses the approval of a state that may not be approved: EditionService asks
// it.
func (s *PreflightService) Ready(ctx context.Context, e Edition) error {
	v, err := s.Verdict(ctx, e.ID)
	if err != nil || v.May {
		return err
	}
	return refused("%s", strings.ToLower(v.Why[:1])+strings.TrimSuffix(v.Why[1:], ".")).hint("%s Findings: /desk/editions/%d/preflight", v.Do, e.ID)
}

// hash names the edition as it is now: as it was frozen, or as it would be.
func (s *PreflightService) hash(ctx context.Context, editionID int64) (string, error) {
	e, err := s.Store.FindEdition(ctx, editionID)
	if err != nil {
		return "", err
	}
	if e.Hash != "" {
		return e.Hash, nil
	}
	c, err := s.Editions.Collect(ctx, editionID)
	if err != nil {
		return "", err
	}
	return c.Hash()
}

// Last is the edition's newest run, nil when there was none.
func (s *PreflightService) Last(ctx context.Context, editionID int64) (*Preflight, error) {
	run, err := s.Store.LastPreflight(ctx, editionID)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return &run, err
}

// Start runs the checks beside the caller, once at a time: a run of the same state
// that is under way is left to it.
func (s *PreflightService) Start(ctx context.Context, editionID int64) error {
	p, begun, err := s.begin(ctx, editionID)
	if err != nil || !begun {
		return err
	}
	s.runs.mu.Lock()
	defer s.runs.mu.Unlock()
	if s.runs.over {
		return &Error{Code: Unavailable, Message: "the program is stopping", Hint: "Run preflight again when it is back."}
	}
	if end := s.runs.ends[editionID]; end != nil {
		end() // of a state that is no more
	}
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), preflightWithin)
	s.runs.ends[editionID] = end
	s.runs.running.Go(func() {
		defer end()
		_, _ = s.work(ctx, p, func(Preflight) {}) // a fault is kept in the row
	})
	return nil
}

// Run runs the checks while the caller waits; progress is told of each step.
func (s *PreflightService) Run(ctx context.Context, editionID int64, progress func(Preflight)) (Preflight, error) {
	p, begun, err := s.begin(ctx, editionID)
	switch {
	case err != nil:
		return p, err
	case !begun:
		return p, &Error{Code: Conflict, Message: fmt.Sprintf("edition %d is being checked at this moment", editionID), Hint: "Look again in a moment."}
	}
	ctx, end := context.WithTimeout(ctx, preflightWithin)
	defer end()
	p, err = s.work(ctx, p, progress)
	if err != nil {
		return p, err
	}
	return s.Store.LastPreflight(ctx, editionID)
}

const (
	preflightWithin = 5 * time.Minute
	keepPreflights  = 5
)

// begin writes the row of a run; not when one of the same state is under way. It
// reads nothing that takes long: a page waits for it.
func (s *PreflightService) begin(ctx context.Context, editionID int64) (p Preflight, begun bool, err error) {
	hash, err := s.hash(ctx, editionID)
	if err != nil {
		return Preflight{}, false, err
	}
	now := s.Now()
	p = Preflight{EditionID: editionID, Hash: hash, State: PreflightRunning, Actor: s.By.Name, StartedAt: now, UpdatedAt: now,
		Findings: []PreflightFinding{}, Letters: []PreflightLetter{}}
	busy := false
	err = s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEdition(ctx, editionID) // held: two at once begin one after the other
		if err != nil {
			return err
		}
		if e.State == EditionCancelled {
			return e.wrong("checked", "What was cancelled stays cancelled.")
		}
		last, err := tx.LastPreflight(ctx, editionID)
		if err == nil && last.State == PreflightRunning && last.Hash == hash && !last.Broken(now) {
			busy = true
			return nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := tx.AddPreflight(ctx, &p); err != nil {
			return err
		}
		return tx.PrunePreflights(ctx, editionID, keepPreflights)
	})
	return p, err == nil && !busy, err
}

// work runs the checks and keeps what they found.
func (s *PreflightService) work(ctx context.Context, p Preflight, progress func(Preflight)) (Preflight, error) {
	keep := func() error {
		p.UpdatedAt = s.Now()
		progress(p)
		return s.Store.UpdatePreflight(context.WithoutCancel(ctx), p)
	}
	err := func() error {
		facts, hash, err := s.facts(ctx, p.EditionID)
		if err != nil {
			return err
		}
		p.Hash, p.People = hash, facts.Reach.People // of what was read, should it have changed since
		found := contentFindings(facts)
		letters, more, err := s.letters(ctx, facts)
		if err != nil {
			return err
		}
		p.Letters = letters
		p.Findings = sortFindings(append(found, more...))
		links := LinksOf(facts.Content, facts.Identity.BaseURL)
		p.Links = len(distinct(links))
		if err := keep(); err != nil {
			return err
		}
		domain := make(chan []PreflightFinding, 1)
		go func() { domain <- s.Domain.Check(ctx, facts.Identity) }()
		answers, err := s.follow(ctx, links, func(done int) error { p.LinksDone = done; return keep() })
		records := <-domain
		if err != nil {
			return err
		}
		p.Findings = sortFindings(slices.Concat(p.Findings, linkFindings(links, answers), records))
		return ctx.Err()
	}()
	p.State, p.FinishedAt = PreflightDone, s.Now()
	if err != nil {
		p.State, p.Why = PreflightFailed, err.Error()
	}
	return p, errors.Join(err, keep())
}

// facts gathers what the rules read.
func (s *PreflightService) facts(ctx context.Context, editionID int64) (PreflightFacts, string, error) {
	now := s.Now()
	house := s.House(ctx)
	f := PreflightFacts{Identity: house.Identity, Items: map[int64]Item{}, Webinars: map[string]Webinar{}, Elsewhere: map[int64][]Edition{}}
	zone, err := LoadZone(f.Identity.Zone)
	if err != nil {
		return f, "", err
	}
	e, err := s.Store.FindEdition(ctx, editionID)
	if err != nil {
		return f, "", err
	}
	f.Now = e.ReadAt(now)
	f.Today, f.Ahead = DateOf(f.Now.In(zone)), f.Now.After(now)
	f.Frozen = e.State != EditionCollecting
	if f.Content, err = s.Editions.Collect(ctx, editionID); err != nil {
		return f, "", err
	}
	hash := e.Hash
	if !f.Frozen {
		if hash, err = f.Content.Hash(); err != nil {
			return f, "", err
		}
	} else if f.Content.Look != nil {
		f.Identity = NewHouse(f.Content.Look.Version, f.Content.Look.Values, f.Identity).Identity
	}
	if f.Reach, err = s.people(ctx, f.Content); err != nil {
		return f, "", err
	}
	var ids []int64
	for _, i := range f.Content.Entries {
		ids = append(ids, i.ID)
	}
	if f.Frozen && len(ids) > 0 {
		items, err := s.Store.Items(ctx, ItemFilter{IDs: ids, Limit: len(ids)})
		if err != nil {
			return f, "", err
		}
		for _, i := range items {
			f.Items[i.ID] = i
		}
	}
	webinars, err := s.Store.Webinars(ctx)
	if err != nil {
		return f, "", err
	}
	for _, w := range webinars {
		f.Webinars[w.Slug] = w
	}
	if f.Ignored, err = s.Store.IgnoredWords(ctx); err != nil {
		return f, "", err
	}
	if !e.IsCorrection() { // which repeats an entry on purpose
		f.Elsewhere, err = s.elsewhere(ctx, e, ids)
	}
	return f, hash, err
}

// people counts who gets it: a run is about exactly these.
func (s *PreflightService) people(ctx context.Context, c Content) (Reach, error) {
	if c.Corrected != nil {
		return s.Reach.ofCorrection(ctx, c, true)
	}
	if err := s.Reach.Count(ctx); err != nil {
		return Reach{}, err
	}
	sets, err := s.Store.TopicSets(ctx)
	return NewReach(c, sets), err
}

// recentEditions is how far back one looks for the same item.
const recentEditions = 12

// elsewhere finds other editions that hold the same items: frozen ones that are not
// over, and those that have left lately.
func (s *PreflightService) elsewhere(ctx context.Context, e Edition, ids []int64) (map[int64][]Edition, error) {
	found := map[int64][]Edition{}
	all, err := s.Store.Editions(ctx)
	if err != nil {
		return nil, err
	}
	looked := 0
	for _, other := range all {
		if other.ID == e.ID || other.Hash == "" || other.State == EditionCancelled && other.StartedAt.IsZero() || looked == recentEditions {
			continue
		}
		looked++
		c, err := s.Store.Content(ctx, other.ID)
		if err != nil {
			return nil, err
		}
		for _, i := range c.Entries {
			if slices.Contains(ids, i.ID) {
				found[i.ID] = append(found[i.ID], other)
			}
		}
	}
	return found, nil
}

// letters composes every different letter, on all processors, and looks at each.
func (s *PreflightService) letters(ctx context.Context, f PreflightFacts) ([]PreflightLetter, []PreflightFinding, error) {
	all := make([]PreflightLetter, len(f.Reach.Variants))
	found := make([][]PreflightFinding, len(all))
	work := make(chan int)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var writers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		writers.Go(func() {
			for n := range work {
				v := f.Reach.Variants[n]
				l := PreflightLetter{Topics: v.Topics, Names: LetterName(f.Content.Topics, v.Topics), People: v.People, Entries: v.Entries}
				c, err := s.Letters.Letter(ctx, LetterRequest{Content: f.Content, Recipient: VariantRecipient(v.Topics, f.Now), Key: "preflight", Mute: true, At: f.Now})
				if err != nil {
					found[n] = []PreflightFinding{{Code: "letter-failed", Level: FindingBlocking, Place: placeLetters,
						Sentence: fmt.Sprintf("The letter for %s cannot be composed: %v.", l.Names, err), Do: "Shorten the texts of the edition, or look at its newest entry."}}
					if ctx.Err() != nil {
						return
					}
					all[n] = l
					continue
				}
				l.Subject, l.HTML, l.Text, l.Whole, l.Shortened, l.LeftOut = c.Subject, len(c.HTML), len(c.Text), len(c.Raw), len(c.Shortened), c.LeftOut
				all[n], found[n] = l, letterFindings(l.Names, c)
			}
		})
	}
	for n := range all {
		select {
		case work <- n:
		case <-ctx.Done():
		}
	}
	close(work)
	writers.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, nil, err
	}
	findings := slices.Concat(found...)
	short := slices.DeleteFunc(slices.Clone(all), func(l PreflightLetter) bool { return l.Shortened+l.LeftOut == 0 })
	if len(short) > 0 {
		people := 0
		for _, l := range short {
			people += l.People
		}
		sentence := fmt.Sprintf("%s shortened, so that mail programs cut nothing off: %s.", countOf(len(short), "letter is", "letters are"), countOf(people, "person reads the rest on the web", "people read the rest on the web"))
		findings = append(findings, PreflightFinding{Code: "letter-shortened", Level: FindingNote, Place: placeLetters, Sentence: sentence})
	}
	return all, findings, nil
}

// VariantRecipient is a reader who stands for all with the topics. Links in a letter
// for it act for nobody.
func VariantRecipient(topics TopicSet, now time.Time) Recipient {
	return Recipient{Chosen: topics, Subscriber: Subscriber{Address: previewAddress, ConfirmedAt: now}}
}

// LetterName names a letter by its topics, without those that travel with every one
// unless there is nothing else.
func LetterName(topics []Topic, set TopicSet) string {
	var asked, names []string
	for _, t := range topics {
		if !set.Has(t.ID) {
			continue
		}
		names = append(names, t.Name)
		if !t.ForEveryone {
			asked = append(asked, t.ShortName)
		}
	}
	switch {
	case len(names) == len(topics) && len(topics) > 1:
		return fmt.Sprintf("All %d topics", len(topics))
	case len(asked) == 0:
		return "Only " + listed(names, len(names))
	}
	return listed(asked, len(asked))
}

func distinct(links []Link) []string {
	var urls []string
	seen := map[string]bool{}
	for _, l := range links {
		if !seen[l.URL] {
			seen[l.URL] = true
			urls = append(urls, l.URL)
		}
	}
	return urls
}

// Acknowledge notes that a publisher takes a warning as it is, and why. A finding
// that blocks can only be mended.
func (s *PreflightService) Acknowledge(ctx context.Context, editionID int64, finding, reason string) error {
	reason = auditText(reason)
	if strings.TrimSpace(reason) == "" {
		return invalid("reason", "say why it may stay as it is").hint("Whoever approves the edition reads it.")
	}
	if len([]rune(reason)) > maxReason {
		return invalid("reason", "the reason has more than %d characters", maxReason)
	}
	return s.note(ctx, editionID, finding, "preflight.acknowledge", reason, func(tx Store, e Edition, f PreflightFinding) error {
		return tx.PutAcknowledgement(ctx, Acknowledgement{EditionID: e.ID, Finding: f.Key, Reason: reason, Actor: s.By.Name, At: s.Now()})
	})
}

const maxReason = 300

// Withdraw takes an acknowledgement back.
func (s *PreflightService) Withdraw(ctx context.Context, editionID int64, finding string) error {
	return s.note(ctx, editionID, finding, "preflight.withdraw", "", func(tx Store, e Edition, f PreflightFinding) error {
		return tx.DropAcknowledgement(ctx, e.ID, f.Key)
	})
}

func (s *PreflightService) note(ctx context.Context, editionID int64, key, action, reason string, write func(tx Store, e Edition, f PreflightFinding) error) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEdition(ctx, editionID)
		if err != nil {
			return err
		}
		run, err := tx.LastPreflight(ctx, editionID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(run.Findings, func(f PreflightFinding) bool { return f.Key == key })
		if at < 0 {
			return notFound("the last check of edition %d did not find this", editionID).hint("Look at the findings again.")
		}
		f := run.Findings[at]
		if f.Level != FindingWarning {
			return refused("this is no warning: %s", f.Sentence).hint("What blocks can only be mended; a note asks for nothing.")
		}
		if err := write(tx, e, f); err != nil {
			return err
		}
		detail := f.Place.Name + ": " + f.Sentence
		if reason != "" {
			detail += " Reason: " + reason
		}
		return audit(ctx, tx, s.By, s.Now(), action, fmt.Sprintf("edition:%d", e.ID), e.Title, detail)
	})
}
