package inbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"sesec.eu/tidings/subscriptions"
)

// Mailbox is one that is read by IMAP. The client library is a beta: this file alone
// knows it.
type Mailbox struct {
	Door *Door
	MailboxOptions
	Poll time.Duration // how often it is looked at beside IDLE; 0 means a minute
}

// MailboxOptions say where it is.
type MailboxOptions struct {
	Address        string // host:port
	TLS            string // implicit, starttls, none
	User, Password string
	Folder         string // INBOX
	Move           string // folder for what was understood; "" deletes it
	TLSConfig      *tls.Config
}

// ParseMailbox reads imap[s]://user:password@host:port/Folder?move=Folder&tls=….
func ParseMailbox(s string) (MailboxOptions, error) {
	wrong := func(words string) error {
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: words,
			Hint: "It looks like imaps://user:password@imap.example.org/INBOX?move=Done. Write what is no letter or digit of a name or password as %XX."}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "imap" && u.Scheme != "imaps" || u.Hostname() == "" || u.User.Username() == "" || u.Fragment != "" {
		return MailboxOptions{}, wrong("is not imap[s]://user:password@host/folder")
	}
	o := MailboxOptions{TLS: "starttls", User: u.User.Username(), Folder: strings.Trim(u.Path, "/")}
	o.Password, _ = u.User.Password()
	port := "143"
	if u.Scheme == "imaps" {
		o.TLS, port = "implicit", "993"
	}
	if p := u.Port(); p != "" {
		port = p
	}
	o.Address = net.JoinHostPort(u.Hostname(), port)
	if o.Folder == "" {
		o.Folder = "INBOX"
	}
	for name, values := range u.Query() {
		switch name {
		case "move":
			o.Move = values[0]
		case "tls":
			if o.TLS = values[0]; o.TLS != "implicit" && o.TLS != "starttls" && o.TLS != "none" {
				return o, wrong("has a tls that is neither implicit, starttls nor none")
			}
		default:
			return o, wrong("has a setting that is not known: " + name)
		}
	}
	if ip := net.ParseIP(u.Hostname()); o.TLS == "none" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return o, wrong("would send the password without TLS to another machine")
	}
	if strings.EqualFold(o.Move, o.Folder) {
		return o, wrong("moves into the folder it reads")
	}
	return o, nil
}

// lookedAt marks what was not understood, so that it is read once. A server that
// keeps no such mark has it read again with each connection, which changes nothing.
const lookedAt = imap.Flag("$TidingsLookedAt")

// Run reads it until the context ends. A server that cannot be reached is tried
// again, more seldom each time, up to every five minutes.
func (m *Mailbox) Run(ctx context.Context) error {
	pause := time.Second
	for ctx.Err() == nil {
		began := time.Now()
		if err := m.session(ctx, true); ctx.Err() == nil {
			if time.Since(began) > time.Minute {
				pause = time.Second // it had worked
			}
			m.Door.Log.Warn("the mailbox of reports cannot be read; trying again", "server", m.Address, "in", pause, "error", err)
			wait(ctx, pause)
			pause = min(2*pause, 5*time.Minute)
		}
	}
	return nil
}

// Once reads what is there and returns.
func (m *Mailbox) Once(ctx context.Context) error { return m.session(ctx, false) }

const imapWithin = 2 * time.Minute // a command, its answer included

func (m *Mailbox) session(ctx context.Context, stay bool) error {
	news := make(chan struct{}, 1)
	c, err := m.dial(func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if err := c.Login(m.User, m.Password).Wait(); err != nil {
		return fmt.Errorf("log in as %s: %w", m.User, err)
	}
	if _, err := c.Select(m.Folder, nil).Wait(); err != nil {
		return fmt.Errorf("open the folder %s: %w", m.Folder, err)
	}
	idles := c.Caps().Has(imap.CapIdle)
	every := m.Poll
	if every <= 0 {
		every = time.Minute
	}
	for first := imap.UID(1); ; {
		if first, err = m.read(ctx, c, first); err != nil || !stay {
			if err == nil {
				err = c.Logout().Wait()
			}
			return err
		}
		if err := m.await(ctx, c, idles, news, every); err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
}

// await waits for something new: told by the server, or by the clock.
func (m *Mailbox) await(ctx context.Context, c *imapclient.Client, idles bool, news <-chan struct{}, every time.Duration) error {
	if !idles {
		wait(ctx, every)
		return c.Noop().Wait()
	}
	idle, err := c.Idle()
	if err != nil {
		return err
	}
	// Beside IDLE it looks by itself, more seldom: some servers forget to tell.
	t := time.NewTimer(5 * every)
	defer t.Stop()
	select {
	case <-news:
	case <-t.C:
	case <-c.Closed():
	case <-ctx.Done():
	}
	return errors.Join(idle.Close(), idle.Wait())
}

func (m *Mailbox) dial(told func()) (*imapclient.Client, error) {
	o := &imapclient.Options{Dialer: &net.Dialer{Timeout: 30 * time.Second}, TLSConfig: m.TLSConfig,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(*imapclient.UnilateralDataMailbox) { told() }}}
	switch m.TLS {
	case "implicit":
		return imapclient.DialTLS(m.Address, o)
	case "none":
		return imapclient.DialInsecure(m.Address, o)
	}
	return imapclient.DialStartTLS(m.Address, o)
}

// read takes the messages from first on that nobody has looked at, one by one, and
// gives the number from which the next are.
func (m *Mailbox) read(ctx context.Context, c *imapclient.Client, first imap.UID) (imap.UID, error) {
	var from imap.UIDSet
	from.AddRange(first, 0)
	found, err := within(func() (*imap.SearchData, error) {
		return c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{from}, NotFlag: []imap.Flag{imap.FlagDeleted, lookedAt}}, nil).Wait()
	})
	if err != nil {
		return first, fmt.Errorf("search the folder: %w", err)
	}
	for _, uid := range found.AllUIDs() {
		if ctx.Err() != nil {
			return first, ctx.Err()
		}
		if uid < first {
			continue // "*" is the last message, whatever its number
		}
		if err := m.one(ctx, c, uid); err != nil {
			return first, err
		}
		first = uid + 1
	}
	return first, nil
}

// one records a message and then lets it go.
func (m *Mailbox) one(ctx context.Context, c *imapclient.Client, uid imap.UID) error {
	set := imap.UIDSetNum(uid)
	body := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: 0, Size: kept}}
	got, err := within(func() ([]*imapclient.FetchMessageBuffer, error) {
		return c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{body}}).Collect()
	})
	if err != nil {
		return fmt.Errorf("fetch message %d: %w", uid, err)
	}
	if len(got) == 0 || len(got[0].BodySection) == 0 {
		return nil // gone meanwhile
	}
	kind, err := m.Door.Take(ctx, got[0].BodySection[0].Bytes, subscriptions.WayIMAP, "")
	if err != nil {
		return fmt.Errorf("record message %d: %w", uid, err)
	}
	store := func(flag imap.Flag) error {
		return c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
	}
	switch {
	case kind == subscriptions.ReturnOther:
		if err := store(lookedAt); err != nil {
			m.Door.Log.Debug("the server keeps no mark on messages", "error", err)
		}
		return nil
	case m.Move != "":
		if _, err := c.Move(set, m.Move).Wait(); err != nil {
			return fmt.Errorf("move message %d to %s: %w", uid, m.Move, err)
		}
		return nil
	}
	if err := store(imap.FlagDeleted); err != nil {
		return fmt.Errorf("delete message %d: %w", uid, err)
	}
	if !c.Caps().Has(imap.CapUIDPlus) && !c.Caps().Has(imap.CapIMAP4rev2) {
		return nil // a plain EXPUNGE would take away what others have marked
	}
	return c.UIDExpunge(set).Close()
}

// within bounds a question to a server that has fallen silent.
func within[T any](ask func() (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	got := make(chan answer, 1)
	go func() {
		v, err := ask()
		got <- answer{v, err}
	}()
	select {
	case a := <-got:
		return a.v, a.err
	case <-time.After(imapWithin):
		var none T
		return none, errors.New("the server does not answer")
	}
}
