package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type statDayRow struct {
	Day     string `gorm:"primaryKey"`
	Measure string `gorm:"primaryKey"`
	TopicID int64  `gorm:"primaryKey;autoIncrement:false"`
	Reason  string `gorm:"primaryKey"`
	N       int
}

func (statDayRow) TableName() string { return "stat_days" }

type statCountedRow struct {
	ID  int64
	Day string
	At  time.Time
}

func (statCountedRow) TableName() string { return "stat_counted" }

type editionFigureRow struct {
	EditionID int64  `gorm:"primaryKey;autoIncrement:false"`
	Measure   string `gorm:"primaryKey"`
	Item      string `gorm:"primaryKey"`
	N         int
}

func (editionFigureRow) TableName() string { return "edition_figures" }

type editionCountedRow struct {
	EditionID int64 `gorm:"primaryKey;autoIncrement:false"`
	At        time.Time
}

func (editionCountedRow) TableName() string { return "edition_counted" }

// dayOf is the day of a moment in UTC, as text.
func (s *Store) dayOf(column string) string {
	if s.postgres {
		return "to_char(" + column + " AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
	}
	return "date(" + column + " / 1000000, 'unixepoch')"
}

// The questions of a span of days, each answered by an index on its moment. %s is the
// day of the moment.
var dayQuestions = []struct{ measure, moment, text string }{
	{"signed-up", "at", `SELECT %s AS day, 0 AS topic_id, '' AS reason, count(DISTINCT subscriber_id) AS n FROM consents WHERE kind = 'given' AND at >= ? AND at < ? GROUP BY 1`},
	{"imported", "at", `SELECT %s AS day, 0 AS topic_id, '' AS reason, count(DISTINCT subscriber_id) AS n FROM consents WHERE kind = 'imported' AND at >= ? AND at < ? GROUP BY 1`},
	{"joined", "confirmed_at", `SELECT %s AS day, 0 AS topic_id, '' AS reason, count(*) AS n FROM subscribers WHERE confirmed_at IS NOT NULL AND confirmed_at >= ? AND confirmed_at < ? GROUP BY 1`},
	{"expired", "ended_at", `SELECT %s AS day, 0 AS topic_id, '' AS reason, count(*) AS n FROM subscribers WHERE confirmed_at IS NULL AND ended_at IS NOT NULL AND ended_at >= ? AND ended_at < ? GROUP BY 1`},
	{"left", "ended_at", `SELECT %s AS day, 0 AS topic_id, end_reason AS reason, count(*) AS n FROM subscribers WHERE confirmed_at IS NOT NULL AND ended_at IS NOT NULL AND ended_at >= ? AND ended_at < ? GROUP BY 1, 3`},
	{"said", "at", `SELECT %s AS day, 0 AS topic_id, reason, count(DISTINCT subscriber_id) AS n FROM consents WHERE kind = 'withdrawn' AND reason <> '' AND at >= ? AND at < ? GROUP BY 1, 3`},
	{"topic-joined", "confirmed_at", `SELECT %s AS day, topic_id, '' AS reason, count(*) AS n FROM subscriptions WHERE confirmed_at IS NOT NULL AND confirmed_at >= ? AND confirmed_at < ? GROUP BY 1, 2`},
	{"topic-left", "ended_at", `SELECT %s AS day, topic_id, end_reason AS reason, count(*) AS n FROM subscriptions WHERE confirmed_at IS NOT NULL AND ended_at IS NOT NULL AND ended_at >= ? AND ended_at < ? GROUP BY 1, 2, 3`},
	{"returned", "at", `SELECT %s AS day, 0 AS topic_id, class AS reason, count(*) AS n FROM bounces WHERE class <> 'none' AND at >= ? AND at < ? GROUP BY 1, 3`},
	{"from", "at", `SELECT %s AS day, 0 AS topic_id, domain AS reason, count(*) AS n FROM bounces WHERE class IN ('hard', 'soft') AND domain <> '' AND at >= ? AND at < ? GROUP BY 1, 3`},
}

// StatCounted gives the last day that was counted.
func (s *Store) StatCounted(ctx context.Context) (subscriptions.Date, time.Time, error) {
	var rows []statCountedRow
	if err := s.read(ctx).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return subscriptions.Date{}, time.Time{}, fault(err, "statistics")
	}
	return day(rows[0].Day), rows[0].At.UTC(), nil
}

// FirstDay is that of the oldest sign-up.
func (s *Store) FirstDay(ctx context.Context) (subscriptions.Date, error) {
	var rows []subscriberRow
	err := s.read(ctx).Order("created_at").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return subscriptions.Date{}, fault(err, "oldest sign-up")
	}
	return subscriptions.DateOf(rows[0].CreatedAt.UTC()), nil
}

// CountDays counts the days anew. Nothing of them becomes less.
func (s *Store) CountDays(ctx context.Context, first, last subscriptions.Date, now time.Time) error {
	from, to := first.In(time.UTC), last.In(time.UTC).AddDate(0, 0, 1)
	var rows []statDayRow
	for _, q := range dayQuestions {
		var found []statDayRow
		if err := s.read(ctx).Raw(strings.Replace(q.text, "%s", s.dayOf(q.moment), 1), from, to).Scan(&found).Error; err != nil {
			return fault(err, "statistics of %s", q.measure)
		}
		for _, r := range found {
			r.Measure = q.measure
			rows = append(rows, r)
		}
	}
	// What was counted before is not counted less now: events are added to a day that
	// is still young, and taken away by who is forgotten or comes back.
	var past []statDayRow
	if err := s.read(ctx).Where("day >= ? AND day <= ? AND measure NOT IN ('readers', 'topic-readers')", first.String(), last.String()).Find(&past).Error; err != nil {
		return fault(err, "statistics")
	}
	place := make(map[statDayRow]int, len(rows))
	for i, r := range rows {
		r.N = 0
		place[r] = i
	}
	for _, r := range past {
		n := r.N
		r.N = 0
		if i, ok := place[r]; ok {
			rows[i].N = max(rows[i].N, n)
			continue
		}
		r.N = n
		rows = append(rows, r)
	}
	readers, err := s.readers(ctx)
	if err != nil {
		return err
	}
	rows = append(rows, statDayRow{Day: last.String(), Measure: "readers", N: readers})
	var topics []statDayRow
	if err := s.read(ctx).Raw("SELECT topic_id, count(*) AS n FROM subscriptions WHERE state = 'active' GROUP BY topic_id").Scan(&topics).Error; err != nil {
		return fault(err, "readers of topics")
	}
	for _, r := range topics {
		rows = append(rows, statDayRow{Day: last.String(), Measure: "topic-readers", TopicID: r.TopicID, N: r.N})
	}
	return s.tx(ctx, func(tx *Store) error {
		// How many there are is known of today alone: what a day before ended with stays,
		// and of topics the newest count is enough.
		if err := tx.write(ctx).Where("day >= ? AND day <= ? AND (measure <> 'readers' OR day = ?) OR measure = 'topic-readers'", first.String(), last.String(), last.String()).Delete(&statDayRow{}).Error; err != nil {
			return fault(err, "statistics")
		}
		if len(rows) > 0 {
			if err := tx.write(ctx).CreateInBatches(&rows, batch).Error; err != nil {
				return fault(err, "statistics")
			}
		}
		counted := statCountedRow{1, last.String(), now.UTC()}
		return fault(tx.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, UpdateAll: true}).Create(&counted).Error, "statistics")
	})
}

// StatMonths sums days by month.
func (s *Store) StatMonths(ctx context.Context, first, last subscriptions.Date) ([]subscriptions.StatDay, error) {
	var rows []statDayRow
	err := s.read(ctx).Raw(`SELECT substr(day, 1, 7) || '-01' AS day, measure, topic_id, reason, sum(n) AS n FROM stat_days
		WHERE day >= ? AND day <= ? AND measure NOT IN ('readers', 'topic-readers') GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`, first.String(), last.String()).Scan(&rows).Error
	if err != nil {
		return nil, fault(err, "statistics")
	}
	// How many readers there were: as of each month's last count.
	var stock []statDayRow
	err = s.read(ctx).Raw(`SELECT day, measure, topic_id, reason, n FROM stat_days WHERE measure = 'readers' AND day IN (
		SELECT max(day) FROM stat_days WHERE measure = 'readers' AND day >= ? AND day <= ? GROUP BY substr(day, 1, 7)) ORDER BY day`, first.String(), last.String()).Scan(&stock).Error
	for _, r := range stock {
		r.Day = r.Day[:8] + "01"
		rows = append(rows, r)
	}
	all := make([]subscriptions.StatDay, len(rows))
	for i, r := range rows {
		all[i] = subscriptions.StatDay{Day: day(r.Day), Measure: subscriptions.Measure(r.Measure), TopicID: r.TopicID, Reason: r.Reason, N: r.N}
	}
	return all, fault(err, "statistics")
}

// readers counts entries of the index subscribers_mailable.
func (s *Store) readers(ctx context.Context) (int, error) {
	var n int64
	err := s.read(ctx).Model(&subscriberRow{}).Where("confirmed_at IS NOT NULL AND ended_at IS NULL AND erased_at IS NULL").Count(&n).Error
	return int(n), fault(err, "number of readers")
}

// TopicReaders gives the last count of them by topic.
func (s *Store) TopicReaders(ctx context.Context) (map[int64]int, error) {
	var rows []struct {
		TopicID int64
		N       int
	}
	err := s.read(ctx).Raw("SELECT topic_id, n FROM stat_days WHERE measure = 'topic-readers'").Scan(&rows).Error
	counts := make(map[int64]int, len(rows))
	for _, r := range rows {
		counts[r.TopicID] = r.N
	}
	return counts, fault(err, "readers of topics")
}

// EditionCounted gives the moments of the last counts.
func (s *Store) EditionCounted(ctx context.Context) (map[int64]time.Time, error) {
	var rows []editionCountedRow
	err := s.read(ctx).Find(&rows).Error
	at := make(map[int64]time.Time, len(rows))
	for _, r := range rows {
		at[r.EditionID] = r.At.UTC()
	}
	return at, fault(err, "statistics of editions")
}

// CountEdition reads all deliveries of an edition once.
func (s *Store) CountEdition(ctx context.Context, editionID int64) (c subscriptions.EditionCount, err error) {
	domain := "lower(substr(address, instr(address, '@') + 1))"
	if s.postgres {
		domain = "lower(split_part(address, '@', 2))"
	}
	of := func() *gorm.DB { return s.read(ctx).Model(&deliveryRow{}).Where("edition_id = ?", editionID) }
	// Each half by an index of its own: deliveries_edition, deliveries_held.
	for _, held := range []string{"worker = ''", "worker <> ''"} {
		part := c.Domains[:0:0]
		if err := of().Where(held).Select(domain + " AS domain, state, count(*) AS n").Group("1, 2").Scan(&part).Error; err != nil {
			return c, fault(err, "domains of edition %d", editionID)
		}
		c.Domains = append(c.Domains, part...)
	}
	if err := of().Where("worker = '' AND state = 'failed'").Select("code, status, count(*) AS n").Group("code, status").Scan(&c.Failed).Error; err != nil {
		return c, fault(err, "failures of edition %d", editionID)
	}
	var rows []struct {
		VariantID int64
		N         int
	}
	if err := of().Where("worker = '' AND state = 'sent' AND variant_id IS NOT NULL").Select("variant_id, count(*) AS n").Group("variant_id").Scan(&rows).Error; err != nil {
		return c, fault(err, "letters of edition %d", editionID)
	}
	c.Variants = make(map[int64]int, len(rows))
	for _, r := range rows {
		c.Variants[r.VariantID] = r.N
	}
	return c, nil
}

// PutFigures replaces the figures of an edition.
func (s *Store) PutFigures(ctx context.Context, editionID int64, figures []subscriptions.EditionFigure, now time.Time) error {
	rows := make([]editionFigureRow, len(figures))
	for i, f := range figures {
		rows[i] = editionFigureRow{editionID, string(f.Measure), f.Key, f.N}
	}
	return s.tx(ctx, func(tx *Store) error {
		if err := tx.write(ctx).Where("edition_id = ?", editionID).Delete(&editionFigureRow{}).Error; err != nil {
			return fault(err, "statistics of edition %d", editionID)
		}
		if len(rows) > 0 {
			if err := tx.write(ctx).CreateInBatches(&rows, batch).Error; err != nil {
				return fault(err, "statistics of edition %d", editionID)
			}
		}
		at := editionCountedRow{editionID, now.UTC()}
		return fault(tx.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "edition_id"}}, UpdateAll: true}).Create(&at).Error, "statistics of edition %d", editionID)
	})
}

// Figures reads those of all editions.
func (s *Store) Figures(ctx context.Context) ([]subscriptions.EditionFigure, error) {
	var rows []editionFigureRow
	err := s.read(ctx).Order("edition_id, measure, n DESC, item").Find(&rows).Error
	all := make([]subscriptions.EditionFigure, len(rows))
	for i, r := range rows {
		all[i] = subscriptions.EditionFigure{EditionID: r.EditionID, Measure: subscriptions.FigureMeasure(r.Measure), Key: r.Item, N: r.N}
	}
	return all, fault(err, "statistics of editions")
}
