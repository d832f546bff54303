package subscriptions

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// StatisticsService counts, and reads what was counted.
type StatisticsService struct {
	Store Store
	Now   func() time.Time
}

// How long after its end an edition is counted again, and how often.
const (
	figuresSettle = 14 * oneDay
	figuresEvery  = oneDay
	figuresLive   = 10 * time.Minute
	fewLetters    = 5 // domains with fewer are summed up
)

// Count counts what has happened since it was last called, and yesterday and today
// anew. It is called before anything is forgotten.
func (s *StatisticsService) Count(ctx context.Context) error {
	now := s.Now()
	today := DateOf(now.UTC())
	last, _, err := s.Store.StatCounted(ctx)
	if err != nil {
		return err
	}
	first := last.AddDays(-1)
	if last.IsZero() {
		if first, err = s.Store.FirstDay(ctx); err != nil {
			return err
		}
	}
	if first.IsZero() || first.Compare(today) > 0 { // nobody yet, or a clock that was ahead
		first = today
	}
	if err := s.Store.CountDays(ctx, first, today, now); err != nil {
		return err
	}
	editions, err := s.Store.Dispatches(ctx)
	if err != nil {
		return err
	}
	counted, err := s.Store.EditionCounted(ctx)
	if err != nil {
		return err
	}
	for _, e := range editions {
		if !figuresDue(e, counted[e.ID], now) {
			continue
		}
		if err := s.countEdition(ctx, e); err != nil {
			return fmt.Errorf("count edition %d: %w", e.ID, err)
		}
	}
	return nil
}

// figuresDue tells whether an edition is to be counted again.
func figuresDue(e Edition, counted, now time.Time) bool {
	over := e.FinishedAt
	if e.State == EditionCancelled {
		over = e.CancelledAt
	}
	switch {
	case e.StartedAt.IsZero():
		return false
	case counted.IsZero():
		return true
	case over.IsZero():
		return now.Sub(counted) >= figuresLive
	case counted.Before(over):
		return true
	}
	return counted.Sub(over) < figuresSettle && now.Sub(counted) >= figuresEvery
}

func (s *StatisticsService) countEdition(ctx context.Context, e Edition) error {
	content, err := s.Store.Content(ctx, e.Original())
	if err != nil {
		return err
	}
	sum, err := s.Store.CountEdition(ctx, e.ID)
	if err != nil {
		return err
	}
	variants, err := s.Store.EditionVariants(ctx, e.Original())
	if err != nil {
		return err
	}
	type key struct {
		m FigureMeasure
		k string
	}
	sums := map[key]int{}
	letters, lost := map[string]int{}, map[string]int{}
	for _, d := range sum.Domains {
		sums[key{FigureState, string(d.State)}] += d.N
		letters[d.Domain] += d.N
		if d.State == DeliveryFailed {
			lost[d.Domain] += d.N
		}
	}
	for domain, n := range letters {
		name := domain
		if n < fewLetters || domain == "" { // "" were erased since
			name = OtherDomains
		}
		sums[key{FigureDomain, name}] += n
		if lost[domain] > 0 {
			sums[key{FigureLost, name}] += lost[domain]
		}
	}
	for _, f := range sum.Failed {
		sums[key{FigureReason, LostReason(f.Code, f.Status)}] += f.N
	}
	entries := content.Entries
	if e.IsCorrection() {
		entries = slices.DeleteFunc(slices.Clone(entries), func(i Item) bool { return i.ID != e.CorrectsItem })
	}
	for _, i := range entries {
		for _, id := range i.Topics {
			sums[key{FigureWritten, strconv.FormatInt(id, 10)}]++
		}
	}
	sums[key{FigureItems, ""}] = len(entries)
	for _, v := range variants {
		n := sum.Variants[v.ID]
		if n == 0 {
			continue
		}
		sums[key{FigureLetters, ""}]++
		for _, id := range v.Topics {
			sums[key{FigureTopic, strconv.FormatInt(id, 10)}] += n
		}
		for _, i := range entries {
			if content.holds(i, v.Topics) {
				sums[key{FigurePieces, ""}] += n
			}
		}
	}
	figures := make([]EditionFigure, 0, len(sums))
	for k, n := range sums {
		figures = append(figures, EditionFigure{EditionID: e.ID, Measure: k.m, Key: k.k, N: n})
	}
	return s.Store.PutFigures(ctx, e.ID, figures, s.Now())
}

// Statistics are those of a span of whole months.
type Statistics struct {
	Span     Period
	At       time.Time // when it was last counted; zero: not yet
	Months   []MonthFigures
	Sum      MonthFigures   // of the span
	Before   MonthFigures   // of as many months before it
	Earlier  Period         // those
	Known    bool           // there is something counted in Earlier
	Editions []EditionStats // issues that began in the span, the newest first
	Topics   []TopicHealth
	Domains  []DomainStats // by lost letters and returns
	Lost     []Figure      // letters that failed for good, by reason
	Told     []Figure      // what those who left said
	Readers  int           // now
}

// MonthFigures is what happened in a month, or in several.
type MonthFigures struct {
	Month    Date
	SignedUp int
	Imported int
	Joined   int
	Back     int // who had left and is a reader again: what the two ends tell beyond Joined and Left
	Expired  int
	Left     int
	Reasons  map[EndReason]int // of Left
	Start    int               // readers on its first morning
	End      int               // and on its last evening
	Letters  int               // sent by editions that began in it
	Reached  int               // by the edition that reached most
	Editions int
	Hard     int // reports
	Soft     int
	Complain int
}

// Figure is a word with its number.
type Figure struct {
	Key string
	N   int
}

// EditionStats are an edition's.
type EditionStats struct {
	Edition  Edition
	Counted  time.Time
	Books    Books // as they were counted
	Items    int
	Letters  int // different ones
	Pieces   int // entries × people
	Topics   map[int64]int
	Written  map[int64]int
	Domains  []DomainStats
	Reasons  []Figure
	Original string // of a correction: the title of what it corrects
}

// PerLetter is how many entries a letter had on average.
func (e EditionStats) PerLetter() float64 {
	if e.Books.Sent == 0 {
		return 0
	}
	return float64(e.Pieces) / float64(e.Books.Sent)
}

// DomainStats is how a domain takes letters.
type DomainStats struct {
	Domain   string
	Letters  int
	Lost     int // failed for good
	Returned int // reports that came back
}

// TopicHealth is whether a topic lives: whether anything is written in it, and anybody
// reads it.
type TopicHealth struct {
	Topic   Topic
	Readers int // now
	Joined  int
	Left    int
	Written int // entries in the span
	Pieces  int // entries × people who had them, by letters sent
	Last    Date
	Silent  int // editions in a row, up to the newest, that had nothing in it
}

// Health says in a word what is the matter; "" when nothing is.
func (t TopicHealth) Health() string {
	switch {
	case t.Readers == 0 && !t.Topic.ForEveryone:
		return "nobody has it"
	case t.Written == 0:
		return "nothing was written"
	case t.Silent >= 2:
		return fmt.Sprintf("nothing in the last %d editions", t.Silent)
	}
	return ""
}

// MaxMonths bounds a span.
const MaxMonths = 60

// Months makes a span of whole months from its first to its last.
func Months(from, to Date) (Period, error) {
	from.Day, to.Day = 1, 1
	p := Period{From: from, To: to.AddMonths(1).AddDays(-1)}
	if from.Compare(to) > 0 {
		return p, invalid("to", "the last month is before the first")
	}
	if n := months(p); n > MaxMonths {
		return p, invalid("from", "that are %d months; statistics are told for %d at most", n, MaxMonths)
	}
	return p, nil
}

func months(p Period) int {
	return (p.To.Year-p.From.Year)*12 + int(p.To.Month) - int(p.From.Month) + 1
}

// Of reads the statistics of a span of whole months.
func (s *StatisticsService) Of(ctx context.Context, span Period) (Statistics, error) {
	st := Statistics{Span: span}
	n := months(span)
	st.Earlier = Period{From: span.From.AddMonths(-n), To: span.From.AddDays(-1)}
	var err error
	if _, st.At, err = s.Store.StatCounted(ctx); err != nil {
		return st, err
	}
	topics, err := s.Store.TopicReaders(ctx)
	if err != nil {
		return st, err
	}
	today := DateOf(s.Now().UTC())
	rows, err := s.Store.StatMonths(ctx, st.Earlier.From.AddMonths(-1), latest(today, span.To))
	if err != nil {
		return st, err
	}
	for _, r := range rows {
		if r.Measure == MeasureReaders {
			st.Readers = r.N // the last is the newest
		}
	}
	all := monthsOf(rows, st.Earlier.From.AddMonths(-1), latest(today, span.To), st.Readers)
	editions, err := s.editions(ctx)
	if err != nil {
		return st, err
	}
	for i := range all {
		for _, e := range editions {
			if began := DateOf(e.Edition.StartedAt.UTC()); began.Year == all[i].Month.Year && began.Month == all[i].Month.Month {
				all[i].Letters += e.Books.Sent
				all[i].Reached = max(all[i].Reached, e.Books.Sent)
				if !e.Edition.IsCorrection() {
					all[i].Editions++
				}
			}
		}
	}
	for _, m := range all {
		switch {
		case span.Contains(m.Month):
			if m.Month.Compare(today) <= 0 {
				st.Months = append(st.Months, m)
			}
		case st.Earlier.Contains(m.Month):
			st.Before = plus(st.Before, m)
			st.Known = st.Known || m.SignedUp+m.Imported+m.Joined+m.Left+m.Letters+m.End > 0
		}
	}
	if !st.Known {
		st.Months = begun(st.Months)
	}
	for _, m := range st.Months {
		st.Sum = plus(st.Sum, m)
	}
	for _, e := range editions {
		if span.Contains(DateOf(e.Edition.StartedAt.UTC())) {
			st.Editions = append(st.Editions, e)
		}
	}
	st.losses(rows)
	return st, s.topics(ctx, &st, rows, editions, topics)
}

// begun leaves out the months before the first of which there is anything to tell.
func begun(months []MonthFigures) []MonthFigures {
	at := slices.IndexFunc(months, MonthFigures.tells)
	if at < 0 {
		return months
	}
	return months[at:]
}

// tells reports whether anything happened in the month, or anybody was there.
func (m MonthFigures) tells() bool {
	return m.Start+m.End+m.SignedUp+m.Imported+m.Joined+m.Back+m.Expired+m.Left+m.Letters+m.Editions+m.Hard+m.Soft+m.Complain > 0
}

func latest(a, b Date) Date {
	if a.Compare(b) > 0 {
		return a
	}
	return b
}

// monthsOf sorts the sums into months, and finds out how many readers each began and
// ended with: as they were counted, or, before there were counts, by what happened.
func monthsOf(rows []StatDay, from, to Date, readersNow int) []MonthFigures {
	from.Day = 1
	var all []MonthFigures
	place := map[Date]int{}
	for m := from; m.Compare(to) <= 0; m = m.AddMonths(1) {
		place[m] = len(all)
		all = append(all, MonthFigures{Month: m, Reasons: map[EndReason]int{}, End: -1})
	}
	for _, r := range rows {
		at, ok := place[r.Day]
		if !ok {
			continue
		}
		m := &all[at]
		switch r.Measure {
		case MeasureSignedUp:
			m.SignedUp += r.N
		case MeasureImported:
			m.Imported += r.N
		case MeasureJoined:
			m.Joined += r.N
		case MeasureExpired:
			m.Expired += r.N
		case MeasureLeft:
			m.Left += r.N
			m.Reasons[EndReason(r.Reason)] += r.N
		case MeasureReaders:
			m.End = r.N
		case MeasureReturned:
			switch r.Reason {
			case "hard":
				m.Hard += r.N
			case "soft":
				m.Soft += r.N
			case "complaint":
				m.Complain += r.N
			}
		}
	}
	next := readersNow
	for i := len(all) - 1; i >= 0; i-- {
		m := &all[i]
		counted := m.End >= 0
		if !counted {
			m.End = next
		}
		if i > 0 && all[i-1].End >= 0 { // the month before was counted: what it ended with
			m.Start = all[i-1].End
			m.Back = max(m.End-m.Start-m.Joined+m.Left, 0)
		} else {
			m.Start = max(m.End-m.Joined+m.Left, 0)
		}
		next = m.Start
	}
	return all
}

// plus adds a month to a sum; the sum begins where its first month begins.
func plus(sum, m MonthFigures) MonthFigures {
	if sum.Month.IsZero() {
		sum.Month, sum.Start, sum.Reasons = m.Month, m.Start, map[EndReason]int{}
	}
	sum.SignedUp, sum.Imported, sum.Joined, sum.Back = sum.SignedUp+m.SignedUp, sum.Imported+m.Imported, sum.Joined+m.Joined, sum.Back+m.Back
	sum.Expired, sum.Left, sum.End, sum.Letters = sum.Expired+m.Expired, sum.Left+m.Left, m.End, sum.Letters+m.Letters
	sum.Hard, sum.Soft, sum.Complain, sum.Editions = sum.Hard+m.Hard, sum.Soft+m.Soft, sum.Complain+m.Complain, sum.Editions+m.Editions
	sum.Reached = max(sum.Reached, m.Reached)
	for why, n := range m.Reasons {
		sum.Reasons[why] += n
	}
	return sum
}

// Edition reads what was counted of one edition.
func (s *StatisticsService) Edition(ctx context.Context, id int64) (EditionStats, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil {
		return EditionStats{}, err
	}
	all, err := s.editions(ctx)
	for _, one := range all {
		if one.Edition.ID == id {
			return one, err
		}
	}
	return EditionStats{Edition: e}, err
}

// editions are those that have begun to leave, the newest first, with their figures.
func (s *StatisticsService) editions(ctx context.Context) ([]EditionStats, error) {
	editions, err := s.Store.Dispatches(ctx)
	if err != nil {
		return nil, err
	}
	figures, err := s.Store.Figures(ctx)
	if err != nil {
		return nil, err
	}
	counted, err := s.Store.EditionCounted(ctx)
	if err != nil {
		return nil, err
	}
	titles, byID := map[int64]string{}, map[int64]*EditionStats{}
	var all []*EditionStats
	for _, e := range editions {
		titles[e.ID] = e.Title
		if !e.StartedAt.IsZero() {
			one := &EditionStats{Edition: e, Counted: counted[e.ID], Topics: map[int64]int{}, Written: map[int64]int{}}
			byID[e.ID], all = one, append(all, one)
		}
	}
	lost := map[int64]map[string]int{}
	for _, f := range figures {
		e := byID[f.EditionID]
		if e == nil {
			continue
		}
		topic, _ := strconv.ParseInt(f.Key, 10, 64)
		switch f.Measure {
		case FigureState:
			e.Books.Add(DeliveryState(f.Key), f.N)
			e.Books.Planned += f.N
		case FigureDomain:
			e.Domains = append(e.Domains, DomainStats{Domain: f.Key, Letters: f.N})
		case FigureLost:
			if lost[f.EditionID] == nil {
				lost[f.EditionID] = map[string]int{}
			}
			lost[f.EditionID][f.Key] = f.N
		case FigureReason:
			e.Reasons = append(e.Reasons, Figure{f.Key, f.N})
		case FigureTopic:
			e.Topics[topic] = f.N
		case FigureWritten:
			e.Written[topic] = f.N
		case FigurePieces:
			e.Pieces = f.N
		case FigureLetters:
			e.Letters = f.N
		case FigureItems:
			e.Items = f.N
		}
	}
	out := make([]EditionStats, len(all))
	for i, e := range all {
		for n := range e.Domains {
			e.Domains[n].Lost = lost[e.Edition.ID][e.Domains[n].Domain]
		}
		e.Original = titles[e.Edition.Corrects]
		out[i] = *e
	}
	slices.SortStableFunc(out, func(a, b EditionStats) int { return b.Edition.StartedAt.Compare(a.Edition.StartedAt) })
	return out, nil
}

// losses sums up why letters failed, what the leaving said, and which domains take
// letters badly.
func (st *Statistics) losses(rows []StatDay) {
	reasons, domains := map[string]int{}, map[string]*DomainStats{}
	of := func(name string) *DomainStats {
		if domains[name] == nil {
			domains[name] = &DomainStats{Domain: name}
		}
		return domains[name]
	}
	for _, e := range st.Editions {
		for _, r := range e.Reasons {
			reasons[r.Key] += r.N
		}
		for _, d := range e.Domains {
			sum := of(d.Domain)
			sum.Letters, sum.Lost = sum.Letters+d.Letters, sum.Lost+d.Lost
		}
	}
	said := map[string]int{}
	for _, r := range rows {
		if !st.Span.Contains(r.Day) {
			continue
		}
		switch r.Measure {
		case MeasureSaid:
			said[r.Reason] += r.N
		case MeasureFrom:
			name := r.Reason
			if domains[name] == nil {
				name = OtherDomains
			}
			of(name).Returned += r.N
		}
	}
	st.Lost, st.Told = sortedFigures(reasons), sortedFigures(said)
	for _, d := range domains {
		st.Domains = append(st.Domains, *d)
	}
	slices.SortFunc(st.Domains, func(a, b DomainStats) int {
		return cmp.Or(b.Lost+b.Returned-a.Lost-a.Returned, b.Letters-a.Letters, cmp.Compare(a.Domain, b.Domain))
	})
}

func sortedFigures(sums map[string]int) []Figure {
	var all []Figure
	for key, n := range sums {
		all = append(all, Figure{key, n})
	}
	slices.SortFunc(all, func(a, b Figure) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Key, b.Key)) })
	return all
}

// topics tells how each topic does.
func (s *StatisticsService) topics(ctx context.Context, st *Statistics, rows []StatDay, editions []EditionStats, readers map[int64]int) error {
	all, err := s.Store.Topics(ctx)
	if err != nil {
		return err
	}
	figures, err := s.Store.TopicFigures(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		h := TopicHealth{Topic: t, Readers: readers[t.ID], Last: figures[t.ID].LastItem}
		for _, r := range rows {
			if r.TopicID == t.ID && st.Span.Contains(r.Day) {
				switch r.Measure {
				case MeasureTopicJoined:
					h.Joined += r.N
				case MeasureTopicLeft:
					h.Left += r.N
				}
			}
		}
		for _, e := range st.Editions {
			if !e.Edition.IsCorrection() {
				h.Written += e.Written[t.ID]
				h.Pieces += e.Written[t.ID] * e.Topics[t.ID]
			}
		}
		for _, e := range editions {
			if e.Edition.IsCorrection() {
				continue
			}
			if e.Written[t.ID] > 0 || e.Counted.IsZero() {
				break
			}
			h.Silent++
		}
		st.Topics = append(st.Topics, h)
	}
	return nil
}
