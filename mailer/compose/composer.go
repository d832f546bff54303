package compose

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"strings"
	"sync"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/lru"
	"sesec.eu/tidings/templates"
)

// Source is what composing reads. subscriptions.Store is one.
type Source interface {
	Topics(ctx context.Context) ([]subscriptions.Topic, error)
	FindConsent(ctx context.Context, id int64) (subscriptions.Consent, error)
	Content(ctx context.Context, editionID int64) (subscriptions.Content, error)
	FindVariant(ctx context.Context, id int64) (subscriptions.Variant, error)
	Variants(ctx context.Context, editionID int64, sets []subscriptions.TopicSet) (map[string]subscriptions.Variant, error)
	Wordings(ctx context.Context) ([]subscriptions.Wording, error)
	FindAddressChange(ctx context.Context, id int64) (subscriptions.AddressChange, error)
	Suppressions(ctx context.Context, hashes []string) (map[string]subscriptions.Suppression, error)
}

var (
	_ Source          = subscriptions.Store(nil)
	_ mailer.Composer = (*Composer)(nil)
)

// Options are what a composer needs.
type Options struct {
	Store       Source
	Keys        *subscriptions.Keyring
	Identity    subscriptions.Identity
	Salt        string // of Message-IDs: the installation's identity
	Now         func() time.Time
	MaxVariants int // bodies kept at a time; 0 means 64: every set of six topics
}

// Composer composes all mails of the service. It may be used by several
// goroutines.
type Composer struct {
	store  Source
	keys   *subscriptions.Keyring
	id     subscriptions.Identity
	salt   string
	now    func() time.Time
	mails  *templates.Email
	zone   *time.Location // in which times are given first
	second *time.Location

	editions *lru.Cache[int64, *edition]
	variants *lru.Cache[int64, *variant]
	welcomes *lru.Cache[int64, *variant] // the same digests, with a welcome
	zones    sync.Map                    // of readers: IANA name → *time.Location, only names that exist
}

const (
	defaultVariants = 64
	maxEditions     = 4 // rarely more than one is on its way
)

// New parses the templates and checks the identity.
func New(o Options) (*Composer, error) {
	switch {
	case o.Store == nil || o.Keys == nil || o.Now == nil:
		return nil, errors.New("make a composer: it needs a store, a key ring and a clock")
	case o.MaxVariants <= 0:
		o.MaxVariants = defaultVariants
	}
	if err := o.Identity.Validate(); err != nil {
		return nil, fmt.Errorf("make a composer: %w", err)
	}
	mails, err := templates.ParseEmail()
	if err != nil {
		return nil, fmt.Errorf("make a composer: %w", err)
	}
	c := &Composer{store: o.Store, keys: o.Keys, id: o.Identity, salt: o.Salt, now: o.Now, mails: mails,
		editions: lru.New[int64, *edition](maxEditions), variants: lru.New[int64, *variant](o.MaxVariants),
		welcomes: lru.New[int64, *variant](o.MaxVariants)}
	if c.zone, err = subscriptions.LoadZone(o.Identity.Zone); err != nil {
		return nil, fmt.Errorf("make a composer: %w", err)
	}
	if c.second, err = subscriptions.LoadZone(o.Identity.Second); err != nil {
		return nil, fmt.Errorf("make a composer: %w", err)
	}
	return c, nil
}

// Compose implements mailer.Composer.
func (c *Composer) Compose(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	if r.Subscriber.Address == "" || !r.Subscriber.ErasedAt.IsZero() {
		return nil, &mailer.Skip{Reason: "the person was erased"}
	}
	var m *mailer.Message
	var err error
	switch d.Kind {
	case subscriptions.KindDigest:
		m, err = c.digest(ctx, d, r)
	case subscriptions.KindConfirmation:
		m, err = c.confirmation(ctx, d, r)
	case subscriptions.KindManage:
		m, err = c.manage(d, r)
	case subscriptions.KindWelcome:
		m, err = c.welcome(ctx, d, r)
	case subscriptions.KindAddress:
		m, err = c.newAddress(ctx, d, r)
	case subscriptions.KindMoved:
		m, err = c.moved(ctx, d, r)
	default:
		err = errors.New("there is no mail of this kind; was the row written by a newer version?")
	}
	if skip := (*mailer.Skip)(nil); errors.As(err, &skip) {
		return nil, skip
	}
	if err == nil {
		err = m.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("compose %s for delivery %d: %w", d.Kind, d.ID, err)
	}
	return m, nil
}

// message is what all mails have: one recipient, their address as it is now,
// and a Message-ID that every attempt shares (MAIL 3 and 4). A name stands in
// To only once the person has confirmed that the mailbox is theirs, and not in
// mail to another one than that.
func (c *Composer) message(d subscriptions.Delivery, r subscriptions.Recipient, now time.Time) *mailer.Message {
	m := &mailer.Message{
		DeliveryID: d.ID,
		Envelope:   c.id.EnvelopeSender(),
		To:         subscriptions.Mailbox{Address: r.Subscriber.Address},
		MessageID:  subscriptions.MessageID(c.salt, d.Key, c.id.Domain()),
		Date:       now,
	}
	switch {
	case d.Kind.Elsewhere():
		m.To.Address = d.Address
	case !r.Subscriber.ConfirmedAt.IsZero():
		m.To.Name = line(r.Subscriber.Name)
	}
	return m
}

// body is what all mails have in common. stream names the kind of mail in the
// List-Id (RFC 2919); all of it is automatic (RFC 3834).
func (c *Composer) body(stream, subject string) *mailer.Body {
	return &mailer.Body{
		From:    subscriptions.Mailbox{Name: line(c.id.From.Name), Address: c.id.From.Address},
		ReplyTo: c.id.Reply(),
		Subject: line(subject),
		Headers: []mailer.Header{
			{Name: "List-Id", Value: phrase(c.id.Site+" "+stream) + " <" + stream + "." + c.id.Domain() + ">"},
			{Name: "Auto-Submitted", Value: "auto-generated"},
		},
	}
}

// phrase writes words as a header may hold them (RFC 5322, 3.2.5; RFC 2047).
func phrase(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`()<>[]:;@\,."`, r) {
			return -1
		}
		return r
	}, line(s))
	return mime.QEncoding.Encode("utf-8", s)
}

// person opens a link by a token.
func (c *Composer) link(page, token string) string { return c.id.URL("/" + page + "/" + token) }
