package mailer_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// everything counts one of each.
func everything(s *mailer.Stats) {
	s.Outcome(subscriptions.KindDigest, subscriptions.DeliverySent)
	s.Outcome("of another program", subscriptions.DeliveryFailed)
	s.Outcome(subscriptions.KindDigest, subscriptions.DeliveryQueued) // a claim that goes back
	s.Attempt()
	s.Reply(mailer.Result{Stage: mailer.StageDot, Code: 250})
	s.Reply(mailer.Result{Stage: mailer.StageRcpt, Code: 550})
	s.Reply(mailer.Result{Stage: mailer.StageConnect})
	s.Reply(mailer.Result{Stage: mailer.StageMail, Code: 99})
	s.Reply(mailer.Result{Stage: mailer.StageMail, Code: 600})
	s.Opened()
	s.Opened()
	s.Closed()
	s.NotOpened()
	s.Reached(false)
	s.Commit(7, 3*time.Millisecond)
	s.Claimed(20)
	s.Planned(1000)
	s.Requeued()
	s.Waited(2 * time.Second)
	s.Beat(time.Date(2019, time.April, 1, 8, 0, 0, 0, time.UTC))
}

// notZero leaves out what was not.
func notZero(f mailer.Figures) mailer.Figures {
	f.Messages = slices.DeleteFunc(f.Messages, func(m mailer.MessageFigure) bool { return m.N == 0 })
	f.Replies = slices.DeleteFunc(f.Replies, func(r mailer.ReplyFigure) bool { return r.N == 0 })
	return f
}

func TestEverythingIsCounted(t *testing.T) {
	t.Parallel()
	var s mailer.Stats
	everything(&s)
	want := mailer.Figures{
		Messages: []mailer.MessageFigure{{Kind: subscriptions.KindDigest, State: subscriptions.DeliverySent, N: 1},
			{Kind: mailer.KindOther, State: subscriptions.DeliveryFailed, N: 1}},
		Replies: []mailer.ReplyFigure{{Stage: mailer.StageConnect, Class: "none", N: 1}, {Stage: mailer.StageMail, Class: "none", N: 2},
			{Stage: mailer.StageRcpt, Class: "5xx", N: 1}, {Stage: mailer.StageDot, Class: "2xx", N: 1}},
		Attempts: 1, Connections: 2, OpenConnections: 1, ConnectionsRefused: 1, Commits: 1, CommittedRows: 7, CommitTime: 3 * time.Millisecond,
		Claimed: 20, Planned: 1000, Requeued: 1, ThrottleWait: 2 * time.Second, LastBeat: time.Date(2019, time.April, 1, 8, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, notZero(s.Figures())); diff != "" {
		t.Error(diff)
	}
	s.Reached(true)
	if !s.Figures().Reachable {
		t.Error("the server that was reached again cannot be reached")
	}
}

func TestBeforeAnythingAllIsZeroAndTheServerIsThere(t *testing.T) {
	t.Parallel()
	none := (*mailer.Stats)(nil)
	everything(none)
	for name, s := range map[string]*mailer.Stats{"no stats": none, "new ones": new(mailer.Stats)} {
		f := s.Figures()
		if len(f.Messages) != mailer.Columns || len(f.Replies) != 30 {
			t.Errorf("%s: %d and %d combinations", name, len(f.Messages), len(f.Replies))
		}
		if diff := cmp.Diff(mailer.Figures{Messages: []mailer.MessageFigure{}, Replies: []mailer.ReplyFigure{}, Reachable: true}, notZero(f)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Durations and counts that a clock set back or a slip makes negative would let
// a counter fall.
func TestCountersOnlyGrow(t *testing.T) {
	t.Parallel()
	var s mailer.Stats
	s.Commit(-1, -time.Second)
	s.Waited(-time.Second)
	s.Claimed(-1)
	s.Planned(-1)
	if f := s.Figures(); f.CommittedRows != 0 || f.CommitTime != 0 || f.ThrottleWait != 0 || f.Claimed != 0 || f.Planned != 0 {
		t.Errorf("%+v", f)
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	// Not in parallel: AllocsPerRun counts what others allocate.
	var s mailer.Stats
	if n := testing.AllocsPerRun(100, func() { everything(&s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNothingIsLostBetweenConnections(t *testing.T) {
	t.Parallel()
	var s mailer.Stats
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				everything(&s)
			}
		})
	}
	wg.Wait()
	if f := s.Figures(); f.Attempts != 8000 || f.CommittedRows != 56000 || f.OpenConnections != 8000 {
		t.Errorf("%+v", notZero(f))
	}
}

// A kind that is added to the service gets a column, and is not lost among
// others.
func TestEveryKindHasAColumn(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "subscriptions", "delivery.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]bool{}
	for _, m := range new(mailer.Stats).Figures().Messages {
		columns[string(m.Kind)] = true
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Kind" {
			return true
		}
		for _, v := range spec.Values {
			value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if found++; !columns[value] {
				t.Errorf("Stats has no column for the kind %q", value)
			}
		}
		return true
	})
	if found < 3 {
		t.Errorf("only %d kinds found: the test looks in the wrong place", found)
	}
}
