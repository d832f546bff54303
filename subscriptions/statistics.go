package subscriptions

import (
	"context"
	"time"
)

// Statistics tell how the newsletter is doing without a pixel and without a person:
// what people did to be here or to leave, what servers answered, what was written.
// Nobody knows who reads; nothing here pretends to.
//
// # Why they stay true
//
// People are forgotten, and the statistics are about the years before. So they are
// read from sums that name nobody. What happened on a day is counted while the day is
// young, and never becomes less (StatDay): no clock of retention.go takes anything away
// earlier than seven days, and each run of them counts first. What became of an edition
// is counted while it is sent, and for two weeks after, when returns come in
// (EditionFigure). Domains with fewer than five letters are summed up as others: a
// domain can be a person's name.
//
// # Days
//
// Days and months are those of UTC.
//
// # Small numbers
//
// A share is told where there are at least thirty to share, else the two numbers.

// Measure is what is counted on a day.
type Measure string

// The measures. A person counts once a day and measure.
const (
	MeasureSignedUp    Measure = "signed-up"    // sent the form, people who subscribe already too
	MeasureImported    Measure = "imported"     // came from a list
	MeasureJoined      Measure = "joined"       // became a reader: confirmed, or imported as confirmed
	MeasureExpired     Measure = "expired"      // signed up and never confirmed
	MeasureLeft        Measure = "left"         // ceased to be a reader, by EndReason
	MeasureSaid        Measure = "said"         // said why they left, by LeaveReason
	MeasureTopicJoined Measure = "topic-joined" // took a topic
	MeasureTopicLeft   Measure = "topic-left"   // gave a topic up, by EndReason
	MeasureReturned    Measure = "returned"     // reports that came back, by class
	MeasureFrom        Measure = "from"         // hard and soft reports, by domain
	MeasureReaders     Measure = "readers"      // how many there were at the end of the day
)

// StatDay is what happened on a day.
type StatDay struct {
	Day     Date
	Measure Measure
	TopicID int64  // 0 for none
	Reason  string // "" for none
	N       int
}

// EditionFigure is a sum over an edition's deliveries.
type EditionFigure struct {
	EditionID int64
	Measure   FigureMeasure
	Key       string
	N         int
}

// FigureMeasure is what an EditionFigure counts.
type FigureMeasure string

// The measures of editions.
const (
	FigureState   FigureMeasure = "state"   // deliveries, by state
	FigureDomain  FigureMeasure = "domain"  // letters to a domain
	FigureLost    FigureMeasure = "lost"    // of these, failed for good
	FigureReason  FigureMeasure = "reason"  // failed, by why
	FigureTopic   FigureMeasure = "topic"   // letters sent that had the topic among those chosen, by its id
	FigurePieces  FigureMeasure = "pieces"  // entries × people, sent
	FigureWritten FigureMeasure = "written" // entries filed under a topic, by its id
	FigureLetters FigureMeasure = "letters" // different letters that were sent
	FigureItems   FigureMeasure = "items"   // entries of the edition
)

// OtherDomains stands for all domains with few letters.
const OtherDomains = "others"

// StatisticsStore keeps the sums.
type StatisticsStore interface {
	// StatCounted gives the last day that was counted, and when; zero before the first.
	StatCounted(ctx context.Context) (Date, time.Time, error)
	// CountDays counts the days from first to last, in place of what they had, and
	// how many readers there are now: those who may be mailed, confirmed and not ended.
	CountDays(ctx context.Context, first, last Date, now time.Time) error
	// FirstDay is that of the oldest sign-up; zero when there is none.
	FirstDay(ctx context.Context) (Date, error)
	// StatDays gives the sums of the days by month, the day being its first.
	StatMonths(ctx context.Context, first, last Date) ([]StatDay, error)
	// TopicReaders is how many readers have each topic, as of the last count.
	TopicReaders(ctx context.Context) (map[int64]int, error)
	// EditionCounted is when each edition was counted last.
	EditionCounted(ctx context.Context) (map[int64]time.Time, error)
	// CountEdition sums an edition's deliveries by state, domain, reason and variant.
	CountEdition(ctx context.Context, editionID int64) (EditionCount, error)
	PutFigures(ctx context.Context, editionID int64, figures []EditionFigure, now time.Time) error
	Figures(ctx context.Context) ([]EditionFigure, error)
}

// EditionCount is what CountEdition found.
type EditionCount struct {
	Domains  []DomainCount
	Failed   []FailedCount
	Variants map[int64]int // sent
}

// DomainCount is a domain's letters of a state.
type DomainCount struct {
	Domain string
	State  DeliveryState
	N      int
}

// FailedCount is how many failed with a code.
type FailedCount struct {
	Code   int
	Status string
	N      int
}

// LostReason says in a word why a letter failed for good, by the last reply: a code
// (RFC 5321) and an enhanced one (RFC 3463), which comes first.
func LostReason(code int, status string) string {
	switch {
	case len(status) >= 3 && status[1] == '.' && status[2] == '1':
		return "no such address"
	case len(status) >= 5 && status[1:5] == ".2.2":
		return "mailbox full"
	case len(status) >= 3 && status[1] == '.' && status[2] == '2':
		return "mailbox closed"
	case len(status) >= 3 && status[1] == '.' && status[2] == '7':
		return "refused by policy"
	case code >= 500:
		return "refused"
	case code >= 400:
		return "given up after days"
	}
	return "not reached"
}
