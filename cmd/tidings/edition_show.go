package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type editionShowCmd struct {
	ID   int64 `arg:"" type:"edition" help:"Number of the edition."`
	JSON bool  `help:"Answer as JSON."`
}

// showView is an edition with what it holds and who would get it.
type showView struct {
	editionView
	People     int           `json:"people"`  // who get a letter
	Letters    int           `json:"letters"` // different ones
	Nothing    int           `json:"nothing"` // people with nothing in their topics
	Paused     int           `json:"paused"`
	Suppressed int           `json:"suppressed"`
	CountedAt  time.Time     `json:"counted_at"`
	Sections   []sectionView `json:"sections"`
	Out        []outView     `json:"out"`
}

type sectionView struct {
	Topic   string      `json:"topic"` // slug; "" for what stands with its webinar
	Heading string      `json:"heading"`
	Entries []entryView `json:"entries"`
}

type entryView struct {
	Number int      `json:"number"`
	Item   int64    `json:"item"`
	Title  string   `json:"title"`
	Topics []string `json:"topics"` // the one whose section it stands in first
	People int      `json:"people"`
	Pinned bool     `json:"pinned,omitempty"`
	Late   bool     `json:"late,omitempty"`
	ByHand bool     `json:"by_hand,omitempty"`
}

type outView struct {
	Item      int64  `json:"item"`
	Title     string `json:"title"`
	Placement string `json:"placement"`
	Edition   int64  `json:"edition,omitempty"` // where it is now
	By        string `json:"by"`
}

// Run counts everybody and tells what the edition holds.
func (c editionShowCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditions(ctx, s, std, func(a *app) error {
		b, err := a.editions.Board(ctx, c.ID)
		if err != nil {
			return err
		}
		if err := a.reach.Count(ctx); err != nil {
			return err
		}
		sets, err := a.store.TopicSets(ctx)
		if err != nil {
			return err
		}
		v := showOf(b, subscriptions.NewReach(b.Content, sets))
		if c.JSON {
			return writeJSON(std.out, v)
		}
		v.print(std)
		return nil
	})
}

func showOf(b subscriptions.Board, r subscriptions.Reach) showView {
	v := showView{editionView: viewOf(b.Edition), People: r.People, Letters: r.Letters, Nothing: r.Nothing, Paused: r.Paused,
		Suppressed: r.Suppressed, CountedAt: r.At, Sections: []sectionView{}, Out: []outView{}}
	slugs := map[int64]string{}
	for _, t := range b.Content.Topics {
		slugs[t.ID] = t.Slug
	}
	section := func(of func(subscriptions.BoardEntry) bool) []entryView {
		var entries []entryView
		for n, e := range b.Entries {
			if !of(e) {
				continue
			}
			view := entryView{Number: e.Number, Item: e.ID, Title: e.Title, People: r.Entries[n], Pinned: e.Pinned(), Late: e.Late, ByHand: e.ByHand}
			for _, id := range e.Topics {
				view.Topics = append(view.Topics, slugs[id])
			}
			entries = append(entries, view)
		}
		return entries
	}
	for _, span := range b.Sections {
		heading := span.Words.Heading
		if heading == "" {
			heading = span.Topic.Name
		}
		entries := section(func(e subscriptions.BoardEntry) bool { return !e.Event && e.Home() == span.Topic.ID })
		if len(entries) > 0 {
			v.Sections = append(v.Sections, sectionView{span.Topic.Slug, heading, entries})
		}
	}
	if entries := section(func(e subscriptions.BoardEntry) bool { return e.Event }); len(entries) > 0 {
		v.Sections = append(v.Sections, sectionView{"", "Coming up", entries})
	}
	for _, o := range b.Out {
		out := outView{Item: o.Item.ID, Title: o.Item.Title, Placement: string(o.Row.Placement), By: o.Row.By}
		if o.Now != nil {
			out.Edition = o.Now.ID
		}
		v.Out = append(v.Out, out)
	}
	return v
}

func (v showView) print(std stdio) {
	fmt.Fprintf(std.out, "Edition %d, %q, %s to %s: %s\n", v.ID, v.Title, v.From, v.To, v.Status)
	letters := "one letter"
	if v.Letters != 1 {
		letters = fmt.Sprintf("%d different letters", v.Letters)
	}
	fmt.Fprintf(std.out, "%d %s %s.\n", v.People, plural(v.People, "person gets", "people get"), letters)
	for _, none := range []struct {
		n   int
		why string
	}{{v.Nothing, "nothing is in their topics"}, {v.Paused, "they paused"}, {v.Suppressed, "their address is suppressed"}} {
		if none.n > 0 {
			fmt.Fprintf(std.out, "%d %s none: %s.\n", none.n, plural(none.n, "gets", "get"), none.why)
		}
	}
	for _, s := range v.Sections {
		fmt.Fprintf(std.out, "\n%s\n", s.Heading)
		for _, e := range s.Entries {
			var marks []string
			for _, m := range []struct {
				is   bool
				word string
			}{{e.Pinned, "pinned"}, {e.Late, "late"}, {e.ByHand, "by hand"}} {
				if m.is {
					marks = append(marks, m.word)
				}
			}
			said := ""
			if len(marks) > 0 {
				said = " (" + strings.Join(marks, ", ") + ")"
			}
			fmt.Fprintf(std.out, "%4d  %s%s\n      item %d, %d %s\n", e.Number, e.Title, said, e.Item, e.People, plural(e.People, "person", "people"))
		}
	}
	if len(v.Out) > 0 {
		fmt.Fprintln(std.out, "\nLeft out, or moved on")
	}
	for _, o := range v.Out {
		where := "published, in no edition"
		switch {
		case o.Edition != 0:
			where = fmt.Sprintf("in edition %d", o.Edition)
		case o.Placement == string(subscriptions.PlacementMoved):
			where = "waits for the next edition"
		}
		fmt.Fprintf(std.out, "      %s\n      item %d, %s\n", o.Title, o.Item, where)
	}
}
