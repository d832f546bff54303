package desk

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

const statisticsPath = "/desk/statistics"

// statisticsRoutes tell how the newsletter is doing. There is no person in them.
func (d *Desk) statisticsRoutes() []Route {
	return []Route{
		{http.MethodGet, statisticsPath, subscriptions.RoleEditor, d.statistics, 0},
		{http.MethodGet, statisticsPath + "/report", subscriptions.RoleEditor, d.statisticsReport, 0},
		{http.MethodGet, statisticsPath + "/:table", subscriptions.RoleEditor, d.statisticsFile, 0},
		{http.MethodGet, "/desk/editions/:id/statistics", subscriptions.RoleEditor, d.editionStatistics, 0},
	}
}

// StatisticsPage has the figures of a span of months.
type StatisticsPage struct {
	Frame
	subscriptions.Statistics
	From, To string // months as they were asked for, 2019-03
	Growth   *Chart
	Moves    *Chart
	Reading  *Chart
	Faults   page.Faults
	All      bool // domains
}

// Link is an address beside this page, of the same months.
func (p *StatisticsPage) Link(to string) string {
	return statisticsPath + to + "?" + url.Values{"from": {p.Span.From.String()[:7]}, "to": {p.Span.To.String()[:7]}}.Encode()
}

// Counted reports whether anything was counted yet.
func (p *StatisticsPage) Counted() bool { return !p.At.IsZero() }

// Empty reports whether there is nothing to tell.
func (p *StatisticsPage) Empty() bool {
	return p.Readers == 0 && p.Sum.SignedUp+p.Sum.Imported+p.Sum.Joined+p.Sum.Left == 0 && len(p.Editions) == 0
}

// fewDomains is how many domains stand on the page.
const fewDomains = 12

// ShownDomains are those that stand on the page.
func (p *StatisticsPage) ShownDomains() []subscriptions.DomainStats {
	return p.Domains[:min(len(p.Domains), fewDomains)]
}

// Reasons is a table of words, numbers and shares.
type Reasons struct {
	Head, Count string
	Rows        []ReasonRow
}

// ReasonRow is a line of it.
type ReasonRow struct {
	Words string
	N     int
	Share string
}

// endWords say why people ceased to be readers.
var endWords = map[subscriptions.EndReason]string{
	subscriptions.EndUnsubscribed: "Unsubscribed", subscriptions.EndBounced: "The address is dead", subscriptions.EndComplained: "Reported a letter as spam",
	subscriptions.EndErased: "Asked to be erased", subscriptions.EndByEditor: "Ended by an editor, on request", subscriptions.EndUnconfirmed: "Never confirmed",
}

// Losses are the reasons of those who left.
func (p *StatisticsPage) Losses() Reasons {
	r := Reasons{Head: "Why they ceased to be readers", Count: "People"}
	for why, n := range p.Sum.Reasons {
		r.Rows = append(r.Rows, ReasonRow{cmp.Or(endWords[why], page.State(string(why))), n, share(n, p.Sum.Left)})
	}
	slices.SortFunc(r.Rows, func(a, b ReasonRow) int { return cmp.Or(b.N-a.N, strings.Compare(a.Words, b.Words)) })
	return r
}

// SaidReasons are what those who unsubscribed said, if they said anything.
func (p *StatisticsPage) SaidReasons() Reasons {
	r := Reasons{Head: "What they said when they left", Count: "People"}
	all := 0
	for _, f := range p.Told {
		all += f.N
	}
	for _, f := range p.Told {
		r.Rows = append(r.Rows, ReasonRow{cmp.Or(subscriptions.LeaveReason(f.Key).Words(), f.Key), f.N, share(f.N, all)})
	}
	return r
}

// LostReasons are why letters failed.
func (p *StatisticsPage) LostReasons() Reasons { return lostReasons(p.Lost) }

func lostReasons(lost []subscriptions.Figure) Reasons {
	r := Reasons{Head: "Why letters failed for good", Count: "Letters"}
	all := 0
	for _, f := range lost {
		all += f.N
	}
	for _, f := range lost {
		r.Rows = append(r.Rows, ReasonRow{page.State(f.Key), f.N, share(f.N, all)})
	}
	return r
}

// leastShare is from how many on a share is told as a percentage: one of three is no
// third of anything.
const leastShare = 30

// share writes a part of a whole.
func share(n, of int) string {
	if of < leastShare {
		return fmt.Sprintf("%d of %d", n, of)
	}
	s := strconv.FormatFloat(float64(n)*100/float64(of), 'f', 1, 64) + " %"
	if n > 0 && s == "0.0 %" {
		return "under 0.1 %"
	}
	return s
}

func (d *Desk) readStatistics(v *Visit) (*StatisticsPage, int, error) {
	ctx, query := v.Request.Context(), v.Request.URL.Query()
	p := &StatisticsPage{Frame: Frame{Title: "Statistics", Section: statisticsPath}, From: clip(query.Get("from")), To: clip(query.Get("to"))}
	today := subscriptions.DateOf(d.Now().UTC())
	today.Day = 1
	from, to := today.AddMonths(-11), today
	status := http.StatusOK
	for _, f := range []struct {
		name, typed string
		into        *subscriptions.Date
	}{{"from", p.From, &from}, {"to", p.To, &to}} {
		if f.typed == "" {
			continue
		}
		month, err := subscriptions.ParseDate(f.typed[:min(len(f.typed), 7)] + "-01")
		if err != nil {
			p.Faults = append(p.Faults, page.Fault{Field: f.name, Message: "This is not a month. A month looks like 2019-03."})
			continue
		}
		*f.into = month
	}
	span, err := subscriptions.Months(from, to)
	if err != nil && len(p.Faults) == 0 {
		faults, ok := page.FaultsOf(err)
		if !ok {
			return nil, 0, err
		}
		p.Faults = faults
	}
	if len(p.Faults) > 0 {
		status = http.StatusUnprocessableEntity
		span, _ = subscriptions.Months(today.AddMonths(-11), today)
	}
	if p.Statistics, err = d.Statistics.Of(ctx, span); err != nil {
		return nil, 0, err
	}
	if p.From == "" {
		p.From = span.From.String()[:7]
	}
	if p.To == "" {
		p.To = span.To.String()[:7]
	}
	p.Draw()
	return p, status, nil
}

// clip bounds what was asked for.
func clip(s string) string {
	const most = 20
	return strings.ToValidUTF8(strings.ReplaceAll(s[:min(len(s), most)], "\x00", ""), "")
}

// Draw makes the charts.
func (p *StatisticsPage) Draw() {
	var readers, moves []point
	for _, m := range p.Months {
		label := m.Month.Month.String()[:3]
		if m.Month.Month == 1 || len(readers) == 0 {
			label += fmt.Sprintf(" %02d", m.Month.Year%100)
		}
		readers = append(readers, point{label: label, up: m.End})
		moves = append(moves, point{label, m.Joined + m.Back, m.Left})
	}
	p.Growth = lineChart("growth", "Readers at the end of each month", fmt.Sprintf("From %s to %s.", page.Number(p.Sum.Start), page.Number(p.Sum.End)), readers)
	p.Moves = barChart("moves", "Who came and who left, by month", fmt.Sprintf("%s came, %s left.", page.Number(p.Sum.Joined+p.Sum.Back), page.Number(p.Sum.Left)), moves)
	var reading []point
	for i := len(p.Editions) - 1; i >= 0; i-- {
		if e := p.Editions[i]; !e.Edition.IsCorrection() {
			reading = append(reading, point{fmt.Sprintf("%.3s %02d", e.Edition.Period.To.Month, e.Edition.Period.To.Year%100), e.Books.Sent, e.Books.Failed})
		}
	}
	if len(reading) > 1 {
		p.Reading = barChart("reading", "Letters of each edition: sent, and failed", fmt.Sprintf("%s letters in %s.", page.Number(p.Sum.Letters), page.Count(len(reading), "edition", "editions")), reading)
	}
}

func (d *Desk) statistics(v *Visit) error {
	p, status, err := d.readStatistics(v)
	if err != nil {
		return err
	}
	return d.show(v, status, "desk/statistics", p)
}

// statisticsReport is the same for paper: words first, tables after.
func (d *Desk) statisticsReport(v *Visit) error {
	p, status, err := d.readStatistics(v)
	if err != nil {
		return err
	}
	p.Title = "Report, " + p.Span.Words()
	return d.show(v, status, "desk/statistics-report", p)
}

// statisticsFile is a table as CSV, or all of it as JSON.
func (d *Desk) statisticsFile(v *Visit) error {
	name := v.Param("table")
	p, status, err := d.readStatistics(v)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: "a month of the address is no month", Hint: "A month looks like 2019-03."}
	}
	record := subscriptions.StatisticsRecordOf(p.Statistics)
	span := p.Span.From.String()[:7] + "-" + p.Span.To.String()[:7]
	if name == "statistics.json" {
		v.Header("Content-Disposition", `attachment; filename="statistics-`+span+`.json"`)
		v.JSON(http.StatusOK, record)
		return nil
	}
	rows, ok := record.Tables()[strings.TrimSuffix(name, ".csv")]
	if !ok || !strings.HasSuffix(name, ".csv") {
		return &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such table"}
	}
	v.Header("Content-Type", "text/csv; charset=utf-8")
	v.Header("Content-Disposition", `attachment; filename="`+strings.TrimSuffix(name, ".csv")+"-"+span+`.csv"`)
	w := csv.NewWriter(v.Writer)
	for _, row := range rows {
		for i := range row {
			row[i] = Cell(row[i])
		}
		_ = w.Write(row) // Flush tells
	}
	w.Flush()
	return d.halfWay(v, w.Error())
}

// EditionStatisticsPage has the figures of one edition.
type EditionStatisticsPage struct {
	Frame
	subscriptions.EditionStats
	Steps  EditionSteps
	Topics []EditionTopic
}

// EditionTopic is a topic in an edition.
type EditionTopic struct {
	Topic   subscriptions.Topic
	Entries int
	People  int
}

// Lost are why letters failed.
func (p *EditionStatisticsPage) Lost() Reasons { return lostReasons(p.Reasons) }

// ShownDomains are those with the most letters.
func (p *EditionStatisticsPage) ShownDomains() []subscriptions.DomainStats {
	return p.Domains[:min(len(p.Domains), 2*fewDomains)]
}

// Failed is the share of letters that failed.
func (p *EditionStatisticsPage) Failed() string { return share(p.Books.Failed, p.Books.Planned) }

func (d *Desk) editionStatistics(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	p := &EditionStatisticsPage{}
	if p.EditionStats, err = d.Statistics.Edition(ctx, id); err != nil {
		return err
	}
	p.Frame = Frame{Title: "Statistics of " + p.Edition.Title, Section: "/desk/editions"}
	p.Steps = d.editionSteps(v, p.Edition, "/statistics")
	topics, err := d.Statistics.Store.AllTopics(ctx)
	if err != nil {
		return err
	}
	for _, t := range topics {
		if entries, people := p.Written[t.ID], p.EditionStats.Topics[t.ID]; entries+people > 0 {
			p.Topics = append(p.Topics, EditionTopic{t, entries, people})
		}
	}
	return d.show(v, http.StatusOK, "desk/edition-statistics", p)
}
