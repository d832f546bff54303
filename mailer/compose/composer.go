package compose

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/lru"
	"sesec.eu/tidings/templates"
)

// Source is what composing reads. subscriptions.Store is one.
type Source interface {
	Consents(ctx context.Context, subscriberID int64) ([]subscriptions.Consent, error)
	Subscriptions(ctx context.Context, subscriberIDs ...int64) ([]subscriptions.Subscription, error)
	Content(ctx context.Context, editionID int64) (subscriptions.Content, error)
	FindVariant(ctx context.Context, id int64) (subscriptions.Variant, error)
	Variants(ctx context.Context, editionID int64, sets []subscriptions.TopicSet) (map[string]subscriptions.Variant, error)
	FindEditor(ctx context.Context, id int64) (subscriptions.Editor, error)
	Wordings(ctx context.Context) ([]subscriptions.Wording, error)
	FindAddressChange(ctx context.Context, id int64) (subscriptions.AddressChange, error)
	Suppressions(ctx context.Context, hashes []string) (map[string]subscriptions.Suppression, error)
	FindWebinar(ctx context.Context, id int64) (subscriptions.Webinar, error)
	PeekRegistration(ctx context.Context, id int64) (subscriptions.Registration, error)
	RegisteredAmong(ctx context.Context, webinarID int64, addresses []string) (map[string]bool, error)
	subscriptions.DeadlineLetterStore
	FindEdition(ctx context.Context, id int64) (subscriptions.Edition, error)
	FindTestLetter(ctx context.Context, id int64) (subscriptions.TestLetter, subscriptions.TestSend, error)
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
	House       func(context.Context) subscriptions.House // the settings in force; nil: they are those of Identity, for good
	Templates   fs.FS                                     // nil: those of this build
	Salt        string                                    // of Message-IDs: the installation's identity
	Now         func() time.Time
	MaxVariants int // bodies kept at a time; 0 means 64: every set of six topics
}

// Composer composes all mails of the service. It may be used by several
// goroutines.
type Composer struct {
	store Source
	keys  *subscriptions.Keyring
	house func(context.Context) subscriptions.House
	last  atomic.Pointer[voice] // that was in force when somebody last asked
	salt  string
	now   func() time.Time
	mails *templates.Email

	editions *lru.Cache[int64, *edition]
	variants *lru.Cache[int64, *variant]
	welcomes *lru.Cache[welcomeKey, *variant] // the same digests, with a welcome
	amended  *lru.Cache[int64, *variant]      // corrections, by their edition
	tests    *lru.Cache[int64, *variant]      // of letters to look at, by TestLetter
	zones    sync.Map                         // of readers: IANA name → *time.Location, only names that exist
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
	if o.Templates == nil {
		o.Templates = templates.Files()
	}
	mails, err := templates.ParseEmail(o.Templates)
	if err != nil {
		return nil, fmt.Errorf("make a composer: %w", err)
	}
	c := &Composer{store: o.Store, keys: o.Keys, house: o.House, salt: o.Salt, now: o.Now, mails: mails,
		editions: lru.New[int64, *edition](maxEditions), variants: lru.New[int64, *variant](o.MaxVariants),
		welcomes: lru.New[welcomeKey, *variant](o.MaxVariants), amended: lru.New[int64, *variant](maxEditions), tests: lru.New[int64, *variant](maxTests)}
	first := subscriptions.House{Version: standing, Identity: o.Identity}
	if o.House != nil {
		first = o.House(context.Background())
	}
	v, err := c.newVoice(first)
	if err != nil {
		return nil, fmt.Errorf("make a composer: %w", err)
	}
	c.last.Store(v)
	return c, nil
}

// standing is the version of an identity that does not come from settings.
const standing = -1

// Compose implements mailer.Composer.
func (c *Composer) Compose(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	if !d.Kind.Desk() && !d.Kind.OfRegistration() && (r.Subscriber.Address == "" || !r.Subscriber.ErasedAt.IsZero()) {
		return nil, &mailer.Skip{Reason: "the person was erased"}
	}
	v, err := c.voice(ctx)
	if err != nil {
		return nil, err
	}
	var m *mailer.Message
	switch d.Kind {
	case subscriptions.KindDigest:
		m, err = c.digest(ctx, d, r)
	case subscriptions.KindCorrection:
		m, err = c.correction(ctx, d, r)
	case subscriptions.KindConfirmation:
		m, err = v.confirmation(ctx, d, r)
	case subscriptions.KindManage:
		m, err = v.manage(d, r)
	case subscriptions.KindWelcome:
		m, err = v.welcome(ctx, d, r)
	case subscriptions.KindAddress:
		m, err = v.newAddress(ctx, d, r)
	case subscriptions.KindMoved:
		m, err = v.moved(ctx, d, r)
	case subscriptions.KindProbe:
		m, err = v.probe(d, r)
	case subscriptions.KindInvitation:
		m, err = v.invitation(ctx, d)
	case subscriptions.KindReset:
		m, err = v.reset(ctx, d)
	case subscriptions.KindTest:
		m, err = c.test(ctx, d)
	case subscriptions.KindDeadlines:
		m, err = v.deadlines(ctx, d, r)
	case subscriptions.KindAnnouncement:
		m, err = v.announcement(ctx, d, r)
	case subscriptions.KindRegisterConfirm, subscriptions.KindRegistered, subscriptions.KindWaiting, subscriptions.KindPromoted, subscriptions.KindReminder,
		subscriptions.KindWebinarMoved, subscriptions.KindWebinarChanged, subscriptions.KindWebinarCancelled, subscriptions.KindLeft, subscriptions.KindFollowUp:
		m, err = v.seat(ctx, d, r)
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
func (c *voice) message(d subscriptions.Delivery, r subscriptions.Recipient, now time.Time) *mailer.Message {
	m := &mailer.Message{
		DeliveryID: d.ID,
		To:         subscriptions.Mailbox{Address: r.Subscriber.Address},
		MessageID:  subscriptions.MessageID(c.salt, d.Key, c.id.Domain()),
		Date:       now,
	}
	c.envelope(m, d)
	switch {
	case d.Kind.Elsewhere(), d.Kind.Desk(), d.Kind.OfRegistration():
		m.To.Address = d.Address
	case !r.Subscriber.ConfirmedAt.IsZero():
		m.To.Name = line(r.Subscriber.Name)
	}
	return m
}

// body is what all mails have in common. stream names the kind of mail in the
// List-Id (RFC 2919); all of it is automatic (RFC 3834).
func (c *voice) body(stream, subject string) *mailer.Body {
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
func (c *voice) link(page, token string) string { return c.id.URL("/" + page + "/" + token) }
