package subscriptions

import "time"

// ExportFormat names the shape of PersonalData. A field may be added to it; one
// that is taken away or means something else is a new version.
const ExportFormat = "tidings-personal-data/1"

// PersonalData is everything that is kept about one person, as they get it (GDPR,
// Articles 15 and 20) in JSON. Lists are never null. Moments are RFC 3339 in UTC,
// to the second; one that has not come is left out. Topics are given by their
// names in addresses: "iot".
type PersonalData struct {
	Format        string             `json:"format"`
	MadeAt        time.Time          `json:"made_at"`
	Person        PersonData         `json:"person"`
	Subscriptions []SubscriptionData `json:"subscriptions"` // oldest first, ended ones too
	Consents      []ConsentData      `json:"consents"`      // oldest first
	Deliveries    []DeliveryData     `json:"deliveries"`    // oldest first
	Registrations []RegistrationData `json:"registrations"` // oldest first
	// DeadlineReminders says whether they want to be reminded of deadlines.
	DeadlineReminders bool         `json:"deadline_reminders"`
	Returns           []ReturnData `json:"returns"` // what came back from their address, newest first
	// Suppression says why the address gets no letters; left out when it may.
	Suppression *SuppressionData `json:"suppression,omitempty"`
}

// PersonData is who the person is, as far as they said.
type PersonData struct {
	Address      string           `json:"address"`
	Name         string           `json:"name"`
	Organisation string           `json:"organisation"`
	Zone         string           `json:"zone"`   // IANA, "" for the service's own
	Status       SubscriberStatus `json:"status"` // pending, active, paused, ended
	CreatedAt    time.Time        `json:"created_at"`
	ConfirmedAt  time.Time        `json:"confirmed_at,omitzero"`
	PausedUntil  time.Time        `json:"paused_until,omitzero"`
	EndedAt      time.Time        `json:"ended_at,omitzero"`
	EndReason    EndReason        `json:"end_reason,omitempty"`
}

// SubscriptionData is a topic, from when to when.
type SubscriptionData struct {
	Topic       string            `json:"topic"`
	State       SubscriptionState `json:"state"` // pending, active, ended
	CreatedAt   time.Time         `json:"created_at"`
	ConfirmedAt time.Time         `json:"confirmed_at,omitzero"`
	EndedAt     time.Time         `json:"ended_at,omitzero"`
	EndReason   EndReason         `json:"end_reason,omitempty"`
}

// ConsentData is an event in the proof of what the person agreed to.
type ConsentData struct {
	At      time.Time   `json:"at"`
	Kind    ConsentKind `json:"kind"` // given, confirmed, imported, changed, withdrawn
	Topics  []string    `json:"topics"`
	Wording string      `json:"wording"`      // version of the words
	Words   string      `json:"wording_text"` // the words themselves
	Source  string      `json:"source"`       // "web form", "one-click" …
	IP      string      `json:"ip"`           // whole, its network, or "" once forgotten
}

// DeliveryData is a message to the person. What the mail servers said to each
// other about it is theirs and not told.
type DeliveryData struct {
	Kind      Kind          `json:"kind"`  // digest, confirmation, manage …
	State     DeliveryState `json:"state"` // sent, failed, skipped …
	CreatedAt time.Time     `json:"created_at"`
	SentAt    time.Time     `json:"sent_at,omitzero"`
	Edition   string        `json:"edition,omitempty"` // by its name in addresses
	Subject   string        `json:"subject,omitempty"` // where it can still be told
	Address   string        `json:"address"`           // it went to
	MessageID string        `json:"message_id,omitempty"`
}

// ReturnData is something that came back from the person's address.
type ReturnData struct {
	At      time.Time    `json:"at"`
	Kind    ReturnKind   `json:"kind"`  // bounce, complaint, autoreply …
	Class   ReturnClass  `json:"class"` // hard, soft, complaint, none
	Reason  ReturnReason `json:"reason,omitempty"`
	Address string       `json:"address"` // that the report named
}

// RegistrationData is a place in a webinar.
type RegistrationData struct {
	Webinar      string            `json:"webinar"` // by its name in addresses
	Title        string            `json:"title"`
	State        RegistrationState `json:"state"`
	Address      string            `json:"address"`
	Name         string            `json:"name"`
	Organisation string            `json:"organisation"`
	Zone         string            `json:"zone"`
	CreatedAt    time.Time         `json:"created_at"`
	ConfirmedAt  time.Time         `json:"confirmed_at,omitzero"`
	EndedAt      time.Time         `json:"ended_at,omitzero"`
	Source       string            `json:"source,omitempty"`  // "web form", "signed link" …
	Answers      map[string]string `json:"answers,omitempty"` // by the question
}

// SuppressionData says why an address gets no letters.
type SuppressionData struct {
	Reason    SuppressionReason `json:"reason"`
	CreatedAt time.Time         `json:"created_at"`
}

// second writes a moment as an export does.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func exportPerson(p Subscriber, now time.Time) PersonData {
	return PersonData{Address: p.Address, Name: p.Name, Organisation: p.Organisation, Zone: p.Zone, Status: p.Status(now), CreatedAt: second(p.CreatedAt),
		ConfirmedAt: second(p.ConfirmedAt), PausedUntil: second(p.PausedUntil), EndedAt: second(p.EndedAt), EndReason: p.EndReason}
}

func exportSubscription(s Subscription, topic string) SubscriptionData {
	return SubscriptionData{Topic: topic, State: s.State, CreatedAt: second(s.CreatedAt), ConfirmedAt: second(s.ConfirmedAt),
		EndedAt: second(s.EndedAt), EndReason: s.EndReason}
}

func exportConsent(c Consent, words string) ConsentData {
	return ConsentData{At: second(c.At), Kind: c.Kind, Topics: append([]string{}, c.Topics...), Wording: c.Wording, Words: words, Source: c.Source, IP: c.IP}
}

func exportRegistration(r Registration, w Webinar) RegistrationData {
	answers := map[string]string{}
	for id, answer := range r.Answers {
		asked := id // a question that was taken away since
		for _, q := range w.Questions {
			if q.ID == id {
				asked = q.Text
			}
		}
		answers[asked] = answer
	}
	return RegistrationData{Source: r.Source, Answers: answers, Webinar: w.Slug, Title: w.Title, State: r.State, Address: r.Address, Name: r.Name, Organisation: r.Organisation, Zone: r.Zone,
		CreatedAt: second(r.CreatedAt), ConfirmedAt: second(r.ConfirmedAt), EndedAt: second(r.EndedAt)}
}
