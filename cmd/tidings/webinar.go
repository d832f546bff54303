package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type webinarCmd struct {
	List        webinarListCmd        `cmd:"" help:"List webinars, the latest first."`
	Show        webinarShowCmd        `cmd:"" help:"Show one: where it stands, who takes part, what was told."`
	Registrants webinarRegistrantsCmd `cmd:"" help:"List who takes part. It is written into the audit log."`
	Attendance  webinarAttendanceCmd  `cmd:"" help:"Read who was there, from the CSV of GoToWebinar, Zoom, Teams or Webex."`
}

// webinarView is a webinar as the commands answer it.
type webinarView struct {
	ID         int64          `json:"id"`
	Slug       string         `json:"slug"`
	Title      string         `json:"title"`
	State      string         `json:"state"`
	Starts     time.Time      `json:"starts"`
	Ends       time.Time      `json:"ends"`
	Zone       string         `json:"zone"`
	Moves      int            `json:"moves"`
	Sequence   int            `json:"sequence"`
	Outside    string         `json:"outside,omitempty"`
	Capacity   int            `json:"capacity,omitempty"`
	Registered int            `json:"registered"`
	States     map[string]int `json:"states"`
	Letters    []runView      `json:"letters,omitempty"`
}

type runView struct {
	Name     string    `json:"name"`
	Queued   int       `json:"queued"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"`
}

func viewWebinar(r subscriptions.WebinarRow) webinarView {
	v := webinarView{ID: r.ID, Slug: r.Slug, Title: r.Title, State: string(r.State), Starts: r.Starts, Ends: r.Ends, Zone: r.Zone, Moves: r.Moves, Sequence: r.Sequence,
		Outside: r.RegistrationURL, Capacity: r.Capacity, Registered: r.Counts.Taken(), States: map[string]int{}}
	for state, n := range r.Counts {
		v.States[string(state)] = n
	}
	return v
}

type webinarListCmd struct {
	JSON bool `help:"Answer as JSON."`
}

// Run lists them.
func (c webinarListCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		rows, err := a.webinars.List(ctx)
		if err != nil {
			return err
		}
		views := make([]webinarView, len(rows))
		for i, r := range rows {
			views[i] = viewWebinar(r)
		}
		if c.JSON {
			return writeJSON(std.out, views)
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		for _, v := range views {
			places := fmt.Sprint(v.Registered)
			switch {
			case v.Outside != "":
				places = "elsewhere"
			case v.Capacity > 0:
				places += fmt.Sprintf(" of %d", v.Capacity)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", v.Starts.Format("2006-01-02 15:04 MST"), v.State, places, v.Slug, v.Title)
		}
		return w.Flush()
	})
}

type webinarShowCmd struct {
	Slug string `arg:"" help:"Its name in addresses."`
	JSON bool   `help:"Answer as JSON."`
}

// Run shows one.
func (c webinarShowCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		row, err := a.webinars.FindBySlug(ctx, c.Slug)
		if err != nil {
			return err
		}
		v := viewWebinar(row)
		runs, err := a.store.WebinarRuns(ctx, row.ID)
		if err != nil {
			return err
		}
		for _, r := range runs {
			v.Letters = append(v.Letters, runView{r.Name, r.Queued, r.StartedAt, r.FinishedAt})
		}
		if c.JSON {
			return writeJSON(std.out, v)
		}
		fmt.Fprintf(std.out, "%s\n%s, %s\n", v.Title, v.State, v.Slug)
		for _, sitting := range subscriptions.Sittings(v.Starts, v.Ends, v.Zone, a.settings.identity.Zone, a.settings.identity.Second) {
			fmt.Fprintln(std.out, sitting.Words())
		}
		if v.Outside != "" {
			fmt.Fprintf(std.out, "registration: %s\n", v.Outside)
		} else {
			fmt.Fprintf(std.out, "registered %d, waiting %d, to confirm %d\n", v.Registered, v.States["waiting"], v.States["pending"])
		}
		for _, l := range v.Letters {
			fmt.Fprintf(std.out, "letter %s: %d since %s\n", l.Name, l.Queued, l.Started.Format("2006-01-02 15:04 MST"))
		}
		return nil
	})
}

type webinarRegistrantsCmd struct {
	Slug string `arg:"" help:"Its name in addresses."`
	JSON bool   `help:"Answer as JSON."`
}

type registrantView struct {
	Address      string            `json:"address"`
	Name         string            `json:"name,omitempty"`
	Organisation string            `json:"organisation,omitempty"`
	State        string            `json:"state"`
	Registered   time.Time         `json:"registered"`
	Source       string            `json:"source,omitempty"`
	Answers      map[string]string `json:"answers,omitempty"`
}

// Run lists them.
func (c webinarRegistrantsCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		row, err := a.webinars.FindBySlug(ctx, c.Slug)
		if err != nil {
			return err
		}
		_, all, err := a.webinars.AllRegistrations(ctx, row.ID, subscriptions.AtCommandLine)
		if err != nil {
			return err
		}
		views := make([]registrantView, len(all))
		for i, r := range all {
			views[i] = registrantView{r.Address, r.Name, r.Organisation, string(r.State), r.CreatedAt, r.Source, r.Answers}
		}
		if c.JSON {
			return writeJSON(std.out, views)
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		for _, v := range views {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.Address, v.State, v.Name, v.Organisation)
		}
		return w.Flush()
	})
}

type webinarAttendanceCmd struct {
	Slug string `arg:"" help:"Its name in addresses."`
	File string `arg:"" help:"The list as CSV; - is standard input."`
	JSON bool   `help:"Answer as JSON."`
}

// Run marks who was there.
func (c webinarAttendanceCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	data, err := c.read(std)
	if err != nil {
		return err
	}
	rows, err := subscriptions.ReadAttendance(data)
	if err != nil {
		return err
	}
	return inApp(ctx, s, std, func(a *app) error {
		row, err := a.webinars.FindBySlug(ctx, c.Slug)
		if err != nil {
			return err
		}
		came, err := a.webinars.TakeAttendance(ctx, row.ID, rows, subscriptions.AtCommandLine)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, struct {
				Read     int      `json:"read"`
				Attended int      `json:"attended"`
				Missed   int      `json:"missed"`
				Unknown  []string `json:"unknown"`
			}{came.Read, came.Attended, came.Missed, append([]string{}, came.Unknown...)})
		}
		fmt.Fprintf(std.out, "read %d: %d attended, %d missed it\n", came.Read, came.Attended, came.Missed)
		if len(came.Unknown) > 0 {
			fmt.Fprintf(std.out, "not registered here: %s\n", strings.Join(came.Unknown, " "))
		}
		return nil
	})
}

func (c webinarAttendanceCmd) read(std stdio) ([]byte, error) {
	if c.File == "-" {
		return io.ReadAll(std.in)
	}
	data, err := os.ReadFile(c.File)
	if err != nil {
		return nil, &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: "cannot read " + c.File, Hint: "Check the path.", Err: err}
	}
	return data, nil
}
