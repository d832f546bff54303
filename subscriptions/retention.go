package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// What is kept about people, and for how long. The table below is the whole
// policy: RetentionService does what its clocks say, and the privacy page and the
// README tell it in its own words.
//
// Three rules stand behind it:
//
//  1. Nobody who is subscribed loses anything but IP addresses and the words of
//     mail servers.
//  2. Events stay (what was agreed, that a letter was sent); what says whom they
//     are about goes.
//  3. Who has left must stay left (MAIL 19). So an address is not forgotten
//     without a trace: its keyed hash stays as a suppression, and the next import
//     of an old list does not bring the person back. The reason is "erased", which
//     lets them come back by their own hand, and by no other. Who never confirmed
//     has left nothing to be kept to: no hash.

// Retention is a row of the table.
type Retention struct {
	Clock    Clock         // that does it; "" where a person does, or nobody
	Data     string        // what is kept
	Where    string        // tables and columns, for operators
	Keep     time.Duration // 0: Since says all
	Since    string        // "after leaving"
	Then     string        // what happens
	Internal bool          // of the machinery, nothing about readers
}

// Clock names what does a row of the table.
type Clock string

// The clocks.
const (
	ClockUnconfirmed   Clock = "unconfirmed"
	ClockLeft          Clock = "left"
	ClockIP            Clock = "ip"
	ClockNetwork       Clock = "network"
	ClockAnswers       Clock = "answers"
	ClockRegistrations Clock = "registrations"
	ClockPendingSeats  Clock = "unconfirmed registrations"
	ClockSessions      Clock = "sessions"
	ClockDeskIP        Clock = "desk ip"
	ClockDeskNetwork   Clock = "desk network"
	ClockDeskLetters   Clock = "desk letters"
	ClockEditors       Clock = "editors"
	ClockAddresses     Clock = "addresses"
	ClockOriginals     Clock = "originals"
	ClockReturns       Clock = "returns"
	ClockLists         Clock = "lists"
	ClockTests         Clock = "tests"
	ClockSeeds         Clock = "test groups"
)

// Keep are the times that operators may choose; 0 is the standard.
type Keep struct {
	Unconfirmed time.Duration // 14 days; not less than a link to confirm works
	IP          time.Duration // 30 days; not more than keepNetwork
	Left        time.Duration // 365 days
}

const (
	oneDay            = 24 * time.Hour
	keepNetwork       = 365 * oneDay
	keepAnswers       = 180 * oneDay
	keepRegistrations = 180 * oneDay
	keepDeskLetters   = 30 * oneDay
	keepEditors       = 365 * oneDay
	keepOriginals     = 90 * oneDay
	keepLists         = 30 * oneDay
)

func (k Keep) standard() Keep {
	if k.Unconfirmed == 0 {
		k.Unconfirmed = 14 * oneDay
	}
	if k.IP == 0 {
		k.IP = 30 * oneDay
	}
	if k.Left == 0 {
		k.Left = 365 * oneDay
	}
	return k
}

// Validate tells every fault, with the time at fault in Field: unconfirmed, ip or
// left.
func (k Keep) Validate() error {
	k = k.standard()
	var faults []error
	for _, t := range []struct {
		field               string
		keep, atLeast, most time.Duration
	}{
		{"unconfirmed", k.Unconfirmed, lifetimes[PurposeConfirm], 365 * oneDay},
		{"ip", k.IP, oneDay, keepNetwork},
		{"left", k.Left, oneDay, 10 * 365 * oneDay}, // undoing works for a day
	} {
		if t.keep < t.atLeast || t.keep > t.most {
			faults = append(faults, invalid(t.field, "%s is not a time from %s to %s", spanWords(t.keep), spanWords(t.atLeast), spanWords(t.most)))
		}
	}
	return errors.Join(faults...)
}

// Table is what is kept, and for how long.
func (k Keep) Table() []Retention {
	k = k.standard()
	const always = "as long as this service runs"
	return []Retention{
		{Data: "Address, name, organisation, time zone and topics of a subscriber, and whether they want to be reminded of deadlines", Where: "`subscribers`, `subscriptions`, `deadline_wishes`, `deadline_reminders`",
			Since: "while subscribed", Then: "The time of those who left begins."},
		{ClockUnconfirmed, "A sign-up that nobody confirmed: address, name, organisation, IP address", "`subscribers`, `subscriptions`, `deliveries.address`, `consents.ip`",
			k.Unconfirmed, "after the last sign-up", "Deleted. Nothing is kept that would tell the address.", false},
		{ClockLeft, "Address, name, organisation, time zone and IP addresses of somebody who left, or whose address is dead", "`subscribers`, `deliveries.address`, `consents.ip`",
			k.Left, "after the end", "Deleted. A keyed hash of the address stays, so that no old list brings it back.", false},
		{Data: "The same of somebody who asks to be erased, and their places in webinars", Where: "the same, `registrations`",
			Since: "until they ask", Then: "Deleted at once. A keyed hash of the address stays, so that no old list brings it back."},
		{ClockIP, "IP address from which somebody agreed, changed or left", "`consents.ip`",
			k.IP, "after the event", "Shortened to its network: /24, or /48 of IPv6.", false},
		{ClockNetwork, "What is left of that IP address", "`consents.ip`",
			keepNetwork, "after the event", "Deleted.", false},
		{Data: "Consent: when, in which way, to which topics and to which words", Where: "`consents`",
			Since: always, Then: "It proves that letters were asked for, and names nobody once the address is gone."},
		{Data: "Which letters were sent, and when", Where: "`deliveries`",
			Since: always, Then: "The address in it goes with that of the person."},
		{ClockAnswers, "What mail servers answered to a letter", "`deliveries.detail`",
			keepAnswers, "after the letter", "Their words are deleted, the number of the answer stays.", false},
		{ClockPendingSeats, "A registration for a webinar that nobody confirmed: the same, without a place", "`registrations`, `deliveries.address`",
			k.Unconfirmed, "after the form", "Deleted. Nothing is kept that would tell the address.", false},
		{ClockRegistrations, "Registration for a webinar: address, name, organisation, time zone, answers", "`registrations`, `deliveries.address`",
			keepRegistrations, "after the webinar", "Deleted. That somebody took part stays.", false},
		{ClockAddresses, "Address that somebody moved from, or asked to move to", "`address_changes`",
			lifetimes[PurposeRestore], "after it was asked for, or confirmed", "Deleted. Until then the change can be taken back.", false},
		{ClockOriginals, "Report that a mail server or a provider sent back about a letter, whole", "`bounce_originals`",
			keepOriginals, "after it came", "Deleted.", false},
		{ClockReturns, "What the report said: address, reason, words of the server", "`bounces`",
			keepHistory, "after it came", "Address and words are deleted. Domain and reason stay.", false},
		{ClockLists, "A list of people that was brought in: the list itself, and the lines that were refused", "`people_import_lists`, `people_import_lines`",
			keepLists, "after its last step", "Deleted. That it was brought in, by whom and with which consent stays.", false},
		{Data: "Keyed hash of an address that gets no letters: erased, dead, or of somebody who left or complained", Where: "`suppressions`",
			Since: always, Then: "Who was erased and subscribes again takes it back."},
		{Data: "Last sign of life of a worker", Where: "`workers`",
			Since: "while it lives", Then: "Deleted by the next worker that looks.", Internal: true},
		{Data: "Name, address, role, password as a hash and second factor of somebody who works at the desk", Where: "`editors`, `editor_recovery_codes`",
			Since: "while they work there", Then: "Password, second factor and codes are deleted at once.", Internal: true},
		{ClockEditors, "Address of somebody who worked at the desk", "`editors.address`",
			keepEditors, "after the end", "Deleted. The name stays beside what they did.", true},
		{ClockSessions, "Where an editor is signed in: browser, IP address", "`editor_sessions`",
			0, "until 2 hours without a sign of life, or 12 hours in all", "Deleted.", true},
		{ClockDeskLetters, "Address in a letter with a link to the desk", "`deliveries.address`",
			keepDeskLetters, "after the letter", "Deleted, with what servers answered.", true},
		{ClockTests, "Address in a test of an edition, and what the test said", "`deliveries.address`, `test_sends.content`",
			keepDeskLetters, "after the test", "Deleted, with what servers answered.", true},
		{ClockSeeds, "Address in a group that gets tests", "`seed_groups`, `seed_addresses`",
			keepSeeds, "after the last test to the group", "Deleted with its group. An editor can take it out at any time.", true},
		{Data: "Who did what at the desk, and when", Where: "`audit_events`",
			Since: always, Then: "The database refuses to change or delete a line, but for the next two.", Internal: true},
		{ClockDeskIP, "IP address from which somebody did something at the desk, or tried to sign in", "`audit_events.ip`",
			k.IP, "after the event", "Shortened to its network: /24, or /48 of IPv6.", true},
		{ClockDeskNetwork, "What is left of an IP address in the audit log", "`audit_events.ip`",
			keepNetwork, "after the event", "Deleted.", true},
	}
}

// Kept says for how long: "14 days after the last sign-up".
func (r Retention) Kept() string {
	if r.Keep == 0 {
		return r.Since
	}
	return spanWords(r.Keep) + " " + r.Since
}

// spanWords says a time in days or years.
func spanWords(d time.Duration) string {
	n, unit := int(d/oneDay), "day"
	if n > 0 && n%365 == 0 {
		n, unit = n/365, "year"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// ShortenIP keeps the network of an IP address: /24, or /48 of IPv6, where that
// is about one site. What is no IP address is dropped.
func ShortenIP(ip string) string {
	if p, err := netip.ParsePrefix(ip); err == nil {
		return p.Masked().String()
	}
	p, err := prefixOf(ip, 24, 48)
	if err != nil {
		return ""
	}
	return p.Masked().String()
}

// prefixOf gives an address with the length of its network, for IPv4 and for IPv6.
func prefixOf(ip string, four, six int) (netip.Prefix, error) {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}, err
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return netip.PrefixFrom(a, six), nil
	}
	return netip.PrefixFrom(a, four), nil
}

// DeskRetentionStore is what the clocks of the desk need. The rules are those of
// RetentionStore.
type DeskRetentionStore interface {
	ShortenAuditIPs(ctx context.Context, until time.Time, limit int, shorten func(ip string) string) (int, error)
	DropAuditIPs(ctx context.Context, until time.Time, limit int) (int, error)
	// DropDeskLetters takes the addresses out of letters to editors.
	DropDeskLetters(ctx context.Context, until time.Time, limit int) (int, error)
	// ForgetEditors takes the addresses of those who ended.
	ForgetEditors(ctx context.Context, until time.Time, limit int) (int, error)
}

// RetentionStore is what the clocks and erasure need of the store. Batches come
// oldest first; until is the moment up to which a row is due, that moment included.
type RetentionStore interface {
	// Unconfirmed reads people who never confirmed and have no sign-up after until;
	// Left those who were confirmed, whose end is due, and who have not signed up
	// again after quiet. Nobody who is erased is among them. Inside InTx they are
	// held until its end, and those somebody else holds are left out.
	Unconfirmed(ctx context.Context, until time.Time, limit int) ([]Subscriber, error)
	Left(ctx context.Context, until, quiet time.Time, limit int) ([]Subscriber, error)
	// Forget empties these people, their deliveries' addresses and details, their
	// consents' IP addresses; ends what is open with the reason; and skips what has
	// not left, saying how many. Registrations stay: they have their own clock.
	Forget(ctx context.Context, ids []int64, reason EndReason, now time.Time) (skipped int, err error)

	ShortenIPs(ctx context.Context, until time.Time, limit int, shorten func(ip string) string) (int, error)
	DropIPs(ctx context.Context, until time.Time, limit int) (int, error)
	DropRegistrations(ctx context.Context, now, until time.Time, limit int) (int, error)
	DropPendingRegistrations(ctx context.Context, now, until time.Time, limit int) (int, error)
	DropAnswers(ctx context.Context, now, until time.Time, limit int) (passed int, err error)
	// DropAddressChanges deletes changes asked for, and confirmed, by until.
	DropAddressChanges(ctx context.Context, until time.Time, limit int) (int, error)

	// RegistrationsOf lists a person's, by id or address, oldest first;
	// ForgetRegistrations empties them, cancels those still open, and says how many.
	RegistrationsOf(ctx context.Context, subscriberID int64, address string) ([]Registration, error)
	ForgetRegistrations(ctx context.Context, subscriberID int64, address string, now time.Time) (int, error)
}
