package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
)

type statsCmd struct {
	From string `placeholder:"YYYY-MM" help:"First month; eleven months ago by default."`
	To   string `placeholder:"YYYY-MM" help:"Last month; this one by default."`
	CSV  string `placeholder:"TABLE" xor:"as" help:"Answer one table as CSV: months, editions, topics, domains or losses."`
	JSON bool   `xor:"as" help:"Answer everything as JSON."`
}

// Run counts what has happened and tells it.
func (c statsCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		today := subscriptions.DateOf(a.now())
		today.Day = 1
		from, errFrom := month(c.From, today.AddMonths(-11))
		to, errTo := month(c.To, today)
		if err := errors.Join(errFrom, errTo); err != nil {
			return errUsage{err}
		}
		span, err := subscriptions.Months(from, to)
		if err != nil {
			return errUsage{err}
		}
		if err := a.countFigures(ctx); err != nil {
			return err
		}
		st, err := a.statistics.Of(ctx, span)
		if err != nil {
			return err
		}
		record := subscriptions.StatisticsRecordOf(st)
		switch {
		case c.JSON:
			return writeJSON(std.out, record)
		case c.CSV != "":
			if record.Tables()[c.CSV] == nil {
				return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("there is no table %q", c.CSV),
					Hint: "The tables are: months, editions, topics, domains, losses."}}
			}
			w := csv.NewWriter(std.out)
			for _, row := range record.Tables()[c.CSV] {
				for i := range row {
					row[i] = desk.Cell(row[i])
				}
				if err := w.Write(row); err != nil {
					return err
				}
			}
			w.Flush()
			return w.Error()
		}
		fmt.Fprintf(std.out, "%s: %d %s\n\n", span.Words(), st.Sum.End, plural(st.Sum.End, "reader", "readers"))
		table := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "month\tsigned up\tjoined\tcame back\tleft\treaders\tletters\t")
		for _, m := range record.Months {
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", m.Month, m.SignedUp, m.Joined, m.Back, m.Left, m.Readers, m.Letters)
		}
		return table.Flush()
	})
}

func month(s string, otherwise subscriptions.Date) (subscriptions.Date, error) {
	if s == "" {
		return otherwise, nil
	}
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return otherwise, &subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("%q is not a month", s), Hint: "A month looks like 2019-03."}
	}
	return subscriptions.DateOf(t), nil
}

// figuresEvery is how often statistics are counted.
const figuresEvery = 10 * time.Minute

// figures is the job that counts them, in every process that serves or sends; of
// several one at a time does it.
func (a *app) figures(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := a.countFigures(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("statistics could not be counted; trying again in ten minutes", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(figuresEvery):
		}
	}
	return nil
}

func (a *app) countFigures(ctx context.Context) error {
	_, err := a.store.Exclusively(ctx, "statistics", func() error { return a.statistics.Count(ctx) })
	return err
}
