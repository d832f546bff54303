package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/idn"
	"sesec.eu/tidings/web/desk"
)

type editionLedgerCmd struct {
	ID      int64    `arg:"" type:"edition" help:"Number of the edition."`
	State   []string `placeholder:"STATE" help:"Only these: sent, failed, skipped, uncertain, deferred, queued, claimed, sending."`
	Address string   `placeholder:"TEXT" help:"Only addresses that begin so; @example.org for a domain."`
	Topic   string   `placeholder:"SLUG" help:"Only letters with this topic."`
	Item    int64    `placeholder:"ID" help:"Only letters with this item."`
	From    string   `placeholder:"YYYY-MM-DD" help:"Only from this day on (UTC)."`
	To      string   `placeholder:"YYYY-MM-DD" help:"Only up to this day (UTC)."`
	CSV     bool     `xor:"as" help:"Answer as CSV."`
	JSON    bool     `xor:"as" help:"Answer as JSON."`
}

// Run writes the ledger, a thousand lines at a time.
func (c editionLedgerCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	f := subscriptions.LedgerFilter{EditionID: c.ID, Address: idn.ASCII(c.Address), ItemID: c.Item}
	for _, name := range c.State {
		state, err := deliveryState(name)
		if err != nil {
			return errUsage{err}
		}
		f.States = append(f.States, state)
	}
	from, to, err := period(c.From, c.To)
	if err != nil {
		return errUsage{err}
	}
	f.From, f.To = from, to
	return inEditions(ctx, s, std, func(a *app) error {
		if c.Topic != "" {
			topics, err := a.store.AllTopics(ctx)
			if err != nil {
				return err
			}
			for _, t := range topics {
				if t.Slug == c.Topic {
					f.TopicID = t.ID
				}
			}
			if f.TopicID == 0 {
				return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Field: "topic", Message: fmt.Sprintf("there is no topic %q", c.Topic)}}
			}
		}
		return c.write(ctx, a, f)
	})
}

func (c editionLedgerCmd) write(ctx context.Context, a *app, f subscriptions.LedgerFilter) error {
	out, n := a.std.out, 0
	each := func(line func(subscriptions.LedgerRecord) error) error {
		return a.ledger.Export(ctx, f, subscriptions.AtCommandLine, func(l subscriptions.LedgerLine) error {
			n++
			return line(subscriptions.LedgerRecordOf(l))
		})
	}
	switch {
	case c.JSON:
		separator := "["
		err := each(func(r subscriptions.LedgerRecord) error {
			line, err := json.Marshal(r)
			if err == nil {
				_, err = fmt.Fprintf(out, "%s\n%s", separator, line)
			}
			separator = ","
			return err
		})
		if n == 0 && err == nil {
			fmt.Fprint(out, "[")
		}
		fmt.Fprint(out, "\n]\n")
		return err
	case c.CSV:
		w := csv.NewWriter(out)
		if err := w.Write(subscriptions.LedgerColumns()); err != nil {
			return err
		}
		err := each(func(r subscriptions.LedgerRecord) error {
			cells := r.Cells()
			for i := range cells {
				cells[i] = desk.Cell(cells[i])
			}
			return w.Write(cells)
		})
		w.Flush()
		return errors.Join(err, w.Error())
	}
	err := each(func(r subscriptions.LedgerRecord) error {
		address := r.Address
		if address == "" {
			address = "(erased)"
		}
		said := strings.TrimSpace(fmt.Sprintf("%s %s", r.Status, r.Said))
		if r.Code != 0 {
			said = fmt.Sprintf("%d %s", r.Code, said)
		}
		_, err := fmt.Fprintf(out, "%-9s  %s  %s  [%s]  %s\n", r.State, r.At.Format("2006-01-02 15:04"), address, strings.Join(r.Topics, ", "), said)
		return err
	})
	if err == nil && n == 0 {
		fmt.Fprintln(out, "No letter matches.")
	}
	return err
}

func deliveryState(name string) (subscriptions.DeliveryState, error) {
	var known []string
	for _, s := range subscriptions.DeliveryStates() {
		if string(s) == name {
			return s, nil
		}
		known = append(known, string(s))
	}
	return "", &subscriptions.Error{Code: subscriptions.Invalid, Field: "state", Message: fmt.Sprintf("%q is not a state of a letter", name),
		Hint: "The states are: " + strings.Join(known, ", ") + "."}
}

// ledgerLetters gives what makes a letter of an edition again. The composer is made
// with the first one.
func (a *app) ledgerLetters() func(context.Context, subscriptions.LedgerLetter) (text, html string, err error) {
	once := sync.OnceValues(func() (*compose.Composer, error) { return a.composer(context.Background()) })
	return func(ctx context.Context, l subscriptions.LedgerLetter) (string, string, error) {
		composer, err := once()
		if err != nil {
			return "", "", err
		}
		return composer.Again(ctx, l)
	}
}

// period reads the first and the last day of a filter; the second is the end of its
// day.
func period(from, to string) (first, end time.Time, err error) {
	day := func(s string, more int) (time.Time, error) {
		if s == "" {
			return time.Time{}, nil
		}
		d, err := subscriptions.ParseDate(s)
		if err != nil {
			return time.Time{}, err
		}
		return d.In(time.UTC).AddDate(0, 0, more), nil
	}
	first, errFrom := day(from, 0)
	end, errTo := day(to, 1)
	if err := errors.Join(errFrom, errTo); err != nil {
		return first, end, err
	}
	if !first.IsZero() && !end.IsZero() && !first.Before(end) {
		return first, end, &subscriptions.Error{Code: subscriptions.Invalid, Field: "to", Message: "the last day is before the first"}
	}
	return first, end, nil
}
