package subscriptions

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
)

// StatisticsRecord is what exports write.
type StatisticsRecord struct {
	From     string          `json:"from"`
	To       string          `json:"to"`
	At       time.Time       `json:"counted_at"`
	Readers  int             `json:"readers"`
	Months   []MonthRecord   `json:"months"`
	Editions []EditionRecord `json:"editions"`
	Topics   []TopicRecord   `json:"topics"`
	Domains  []DomainRecord  `json:"domains"`
	Losses   []LossRecord    `json:"losses"`
}

// MonthRecord is a month of an export.
type MonthRecord struct {
	Month     string         `json:"month"`
	SignedUp  int            `json:"signed_up"`
	Imported  int            `json:"imported"`
	Joined    int            `json:"joined"`
	Back      int            `json:"came_back"`
	Expired   int            `json:"never_confirmed"`
	Left      int            `json:"left"`
	Reasons   map[string]int `json:"left_because"`
	Readers   int            `json:"readers"`
	Letters   int            `json:"letters"`
	Hard      int            `json:"returned_hard"`
	Soft      int            `json:"returned_soft"`
	Complaint int            `json:"complaints"`
}

// EditionRecord is an edition of an export.
type EditionRecord struct {
	ID        int64   `json:"id"`
	Title     string  `json:"title"`
	Kind      string  `json:"kind"`
	Began     string  `json:"began"`
	Planned   int     `json:"planned"`
	Sent      int     `json:"sent"`
	Failed    int     `json:"failed"`
	Skipped   int     `json:"skipped"`
	Uncertain int     `json:"uncertain"`
	Letters   int     `json:"different_letters"`
	Items     int     `json:"entries"`
	PerLetter float64 `json:"entries_per_letter"`
}

// TopicRecord is a topic of an export.
type TopicRecord struct {
	Topic   string `json:"topic"`
	Readers int    `json:"readers"`
	Joined  int    `json:"taken"`
	Left    int    `json:"given_up"`
	Written int    `json:"entries"`
	Pieces  int    `json:"entries_times_people"`
	Health  string `json:"health,omitempty"`
}

// DomainRecord is a domain of an export.
type DomainRecord struct {
	Domain   string `json:"domain"`
	Letters  int    `json:"letters"`
	Lost     int    `json:"failed"`
	Returned int    `json:"returned"`
}

// LossRecord is a reason of an export.
type LossRecord struct {
	What   string `json:"what"` // left, said, letter
	Reason string `json:"reason"`
	N      int    `json:"n"`
}

// StatisticsRecordOf writes statistics down.
func StatisticsRecordOf(s Statistics) StatisticsRecord {
	r := StatisticsRecord{From: s.Span.From.String(), To: s.Span.To.String(), At: s.At, Readers: s.Readers, Months: []MonthRecord{}, Editions: []EditionRecord{},
		Topics: []TopicRecord{}, Domains: []DomainRecord{}, Losses: []LossRecord{}}
	for _, m := range s.Months {
		one := MonthRecord{Month: m.Month.String()[:7], SignedUp: m.SignedUp, Imported: m.Imported, Joined: m.Joined, Back: m.Back, Expired: m.Expired, Left: m.Left,
			Reasons: map[string]int{}, Readers: m.End, Letters: m.Letters, Hard: m.Hard, Soft: m.Soft, Complaint: m.Complain}
		for why, n := range m.Reasons {
			one.Reasons[string(why)] = n
		}
		r.Months = append(r.Months, one)
	}
	for _, e := range s.Editions {
		kind := EditionIssue
		if e.Edition.IsCorrection() {
			kind = EditionCorrection
		}
		r.Editions = append(r.Editions, EditionRecord{e.Edition.ID, e.Edition.Title, string(kind), DateOf(e.Edition.StartedAt.UTC()).String(), e.Books.Planned, e.Books.Sent, e.Books.Failed,
			e.Books.Skipped, e.Books.Uncertain, e.Letters, e.Items, math.Round(e.PerLetter()*100) / 100})
	}
	for _, t := range s.Topics {
		r.Topics = append(r.Topics, TopicRecord{t.Topic.Slug, t.Readers, t.Joined, t.Left, t.Written, t.Pieces, t.Health()})
	}
	for _, d := range s.Domains {
		r.Domains = append(r.Domains, DomainRecord(d))
	}
	for _, why := range slices.Sorted(maps.Keys(s.Sum.Reasons)) {
		r.Losses = append(r.Losses, LossRecord{"left", string(why), s.Sum.Reasons[why]})
	}
	for _, f := range s.Told {
		r.Losses = append(r.Losses, LossRecord{"said", f.Key, f.N})
	}
	for _, f := range s.Lost {
		r.Losses = append(r.Losses, LossRecord{"letter", f.Key, f.N})
	}
	return r
}

// Tables are the record as tables, each with its head.
func (r StatisticsRecord) Tables() map[string][][]string {
	n := strconv.Itoa
	months := [][]string{{"month", "signed_up", "imported", "joined", "came_back", "never_confirmed", "left", "readers", "letters", "returned_hard", "returned_soft", "complaints"}}
	for _, m := range r.Months {
		months = append(months, []string{m.Month, n(m.SignedUp), n(m.Imported), n(m.Joined), n(m.Back), n(m.Expired), n(m.Left), n(m.Readers), n(m.Letters), n(m.Hard), n(m.Soft), n(m.Complaint)})
	}
	editions := [][]string{{"id", "title", "kind", "began", "planned", "sent", "failed", "skipped", "uncertain", "different_letters", "entries", "entries_per_letter"}}
	for _, e := range r.Editions {
		editions = append(editions, []string{strconv.FormatInt(e.ID, 10), e.Title, e.Kind, e.Began, n(e.Planned), n(e.Sent), n(e.Failed), n(e.Skipped), n(e.Uncertain), n(e.Letters), n(e.Items),
			strconv.FormatFloat(e.PerLetter, 'f', 2, 64)})
	}
	topics := [][]string{{"topic", "readers", "taken", "given_up", "entries", "entries_times_people", "health"}}
	for _, t := range r.Topics {
		topics = append(topics, []string{t.Topic, n(t.Readers), n(t.Joined), n(t.Left), n(t.Written), n(t.Pieces), t.Health})
	}
	domains := [][]string{{"domain", "letters", "failed", "returned"}}
	for _, d := range r.Domains {
		domains = append(domains, []string{d.Domain, n(d.Letters), n(d.Lost), n(d.Returned)})
	}
	losses := [][]string{{"what", "reason", "n"}}
	for _, l := range r.Losses {
		losses = append(losses, []string{l.What, l.Reason, n(l.N)})
	}
	return map[string][][]string{"months": months, "editions": editions, "topics": topics, "domains": domains, "losses": losses}
}
