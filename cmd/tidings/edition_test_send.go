package main

import (
	"context"
	"fmt"
	"strings"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type editionTestSendCmd struct {
	ID     int64    `arg:"" type:"edition" help:"Number of the edition."`
	To     string   `required:"" placeholder:"GROUP" help:"Name of the group that gets the test."`
	Topics []string `sep:"none" placeholder:"TOPIC,…" help:"Letter to test, by its topics; may be given several times. Every different letter if none is given."`
	JSON   bool     `help:"Answer as JSON."`
}

// testView is a test as commands answer it.
type testView struct {
	Edition   int64  `json:"edition"`
	Group     string `json:"group"`
	Letters   int    `json:"letters"`
	Addresses int    `json:"addresses"`
	Hash      string `json:"hash"`
}

// Run queues a test; a worker sends it.
func (c editionTestSendCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditions(ctx, s, std, func(a *app) error {
		g, err := a.groupNamed(ctx, c.To)
		if err != nil {
			return err
		}
		content, err := a.editions.Collect(ctx, c.ID)
		if err != nil {
			return err
		}
		var sets []subscriptions.TopicSet
		for _, list := range c.Topics {
			set, err := topicsNamed(content, list)
			if err != nil {
				return err
			}
			sets = append(sets, set)
		}
		if err := a.reach.Count(ctx); err != nil {
			return err
		}
		t, err := a.tests().Send(ctx, c.ID, g.ID, sets)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, testView{c.ID, t.Group, t.Letters, t.Addresses, t.Hash})
		}
		fmt.Fprintf(std.out, "A test of edition %d is queued for %s: %d %s to %d %s.\n", c.ID, t.Group, t.Letters, plural(t.Letters, "letter", "letters"), t.Addresses, plural(t.Addresses, "address", "addresses"))
		return a.sayWhoWorks(ctx)
	})
}

// sayWhoWorks tells that nothing leaves while no worker is alive.
func (a *app) sayWhoWorks(ctx context.Context) error {
	alive, err := mailer.Alive(ctx, a.store, a.now())
	if err == nil && len(alive) == 0 {
		fmt.Fprintln(a.std.err, "No worker runs. Start one with tidings serve or tidings worker.")
	}
	return err
}

type editionTestGroupCmd struct {
	Name      string   `arg:"" optional:"" help:"Name of the group; all of them if none is given."`
	Addresses []string `arg:"" optional:"" help:"Who is in it, in place of those before; at most 20."`
	Delete    bool     `help:"Delete the group with its addresses."`
	JSON      bool     `help:"Answer as JSON."`
}

// groupView is a group as commands answer it.
type groupView struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses"`
}

// Run lists the groups, or makes, changes and deletes one.
func (c editionTestGroupCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if c.Delete && (c.Name == "" || len(c.Addresses) > 0) {
		return errUsage{fmt.Errorf("--delete wants the name of a group, and nothing else")}
	}
	return inApp(ctx, s, std, func(a *app) error {
		switch {
		case c.Delete:
			g, err := a.groupNamed(ctx, c.Name)
			if err == nil {
				err = a.tests().DropGroup(ctx, g.ID)
			}
			if err == nil {
				fmt.Fprintf(std.out, "The group %q is deleted, with its addresses.\n", g.Name)
			}
			return err
		case len(c.Addresses) > 0:
			known, err := a.groupNamed(ctx, c.Name)
			if err != nil && subscriptions.CodeOf(err) != subscriptions.NotFound {
				return err
			}
			if _, err := a.tests().SaveGroup(ctx, known.ID, c.Name, strings.Join(c.Addresses, "\n")); err != nil {
				return err
			}
		}
		groups, err := a.store.SeedGroups(ctx)
		if err != nil {
			return err
		}
		if c.Name != "" {
			g, err := a.groupNamed(ctx, c.Name)
			if err != nil {
				return err
			}
			groups = []subscriptions.SeedGroup{g}
		}
		views := []groupView{}
		for _, g := range groups {
			views = append(views, groupView{g.Name, g.Addresses})
		}
		if c.JSON {
			return writeJSON(std.out, views)
		}
		if len(views) == 0 {
			fmt.Fprintln(std.out, "There is no group yet. Make one with: tidings edition test-group editors ADDRESS ADDRESS")
		}
		for _, v := range views {
			fmt.Fprintf(std.out, "%s: %s\n", v.Name, strings.Join(v.Addresses, ", "))
		}
		return nil
	})
}

func (a *app) tests() *subscriptions.TestSendService {
	return &subscriptions.TestSendService{Store: a.store, Editions: a.editions, Reach: a.reach, Now: a.now, By: subscriptions.AtCommandLine}
}

// groupNamed finds a group of tests.
func (a *app) groupNamed(ctx context.Context, name string) (subscriptions.SeedGroup, error) {
	groups, err := a.store.SeedGroups(ctx)
	if err != nil {
		return subscriptions.SeedGroup{}, err
	}
	var names []string
	for _, g := range groups {
		if strings.EqualFold(g.Name, name) {
			return g, nil
		}
		names = append(names, g.Name)
	}
	hint := "Make one with: tidings edition test-group NAME ADDRESS …"
	if len(names) > 0 {
		hint = "There are: " + strings.Join(names, ", ")
	}
	return subscriptions.SeedGroup{}, &subscriptions.Error{Code: subscriptions.NotFound, Message: fmt.Sprintf("there is no group %q", name), Hint: hint}
}
