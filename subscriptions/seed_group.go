package subscriptions

import (
	"context"
	"slices"
	"strings"
	"time"
)

// SeedGroup is who gets test letters: a few addresses of colleagues, at several
// mail programs perhaps. They are nobody's subscription.
type SeedGroup struct {
	ID        int64
	Name      string
	Addresses []string
	CreatedAt time.Time
	UsedAt    time.Time // the last test, or change: its retention begins there
}

// maxSeeds is how many addresses a group has at most: a test is for who works on
// the edition, and no way around its release.
const maxSeeds = 20

// keepSeeds is how long a group that nobody uses is kept.
const keepSeeds = 365 * oneDay

// NewSeedGroup reads a group as a form sends it: addresses on lines, or with commas
// between. All faults of the addresses are told at once.
func NewSeedGroup(name, addresses string, now time.Time) (SeedGroup, error) {
	g := SeedGroup{CreatedAt: now, UsedAt: now}
	var err error
	if g.Name, err = CleanName("name", name); err == nil && g.Name == "" {
		err = invalid("name", "the group needs a name").hint("Such as: the editors.")
	}
	if err != nil {
		return g, err
	}
	var wrong []string
	for _, raw := range strings.FieldsFunc(addresses, func(r rune) bool { return strings.ContainsRune("\n\r,; \t", r) }) {
		address, err := ParseAddress(raw)
		if err != nil {
			wrong = append(wrong, raw)
			continue
		}
		if !slices.ContainsFunc(g.Addresses, func(a string) bool { return AddressKey(a) == AddressKey(address) }) {
			g.Addresses = append(g.Addresses, address)
		}
	}
	switch {
	case len(wrong) > 0:
		return g, invalid("addresses", "%s", strings.Join(wrong[:min(len(wrong), 5)], ", ")+": no e-mail address").hint("Write one address a line.")
	case len(g.Addresses) == 0:
		return g, invalid("addresses", "the group has no address").hint("Write one address a line.")
	case len(g.Addresses) > maxSeeds:
		return g, invalid("addresses", "the group has %d addresses; a test goes to at most %d", len(g.Addresses), maxSeeds).
			hint("A test is for who works on the edition.")
	}
	return g, nil
}

// TestSend is one test: the content as it stood at that moment, and the letters that
// were sent of it. Its deliveries are of KindTest and belong to no edition, so that no
// book and no statistic counts them.
type TestSend struct {
	ID        int64
	EditionID int64
	Group     string // its name then
	Hash      string
	Content   Content
	Letters   int // different ones
	Addresses int
	Actor     string
	CreatedAt time.Time
}

// TestLetter is one of its letters, which a delivery refers to.
type TestLetter struct {
	ID     int64
	TestID int64
	Topics TopicSet
}

// SeedStore keeps groups and tests.
type SeedStore interface {
	SeedGroups(ctx context.Context) ([]SeedGroup, error)            // by name
	FindSeedGroup(ctx context.Context, id int64) (SeedGroup, error) // held inside InTx
	// PutSeedGroup inserts, or writes over the one of the id, addresses included.
	PutSeedGroup(ctx context.Context, g *SeedGroup) error
	DropSeedGroup(ctx context.Context, id int64) error
	DropSeedGroups(ctx context.Context, until time.Time, limit int) (int, error)

	AddTestSend(ctx context.Context, t *TestSend, letters []*TestLetter) error
	FindTestLetter(ctx context.Context, id int64) (TestLetter, TestSend, error)
	TestSends(ctx context.Context, editionID int64, limit int) ([]TestSend, error) // newest first, without their content
	// TestsSince sums the messages of tests since then.
	TestsSince(ctx context.Context, since time.Time) (int, error)
	// DropTests takes addresses, answers and contents out of tests up to until.
	DropTests(ctx context.Context, until time.Time, limit int) (int, error)
}
