package subscriptions_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

// lists is the service on the house's store, with an admin.
func (h *house) lists(t testing.TB) (*subscriptions.PeopleImportService, subscriptions.Actor) {
	t.Helper()
	e := subscriptions.Editor{Name: "Ada", Address: "ada@example.org", Role: subscriptions.RoleAdmin, CreatedAt: h.clock()}
	must(t, h.store.AddEditor(t.Context(), &e))
	return &subscriptions.PeopleImportService{Store: h.store, Imports: h.imports, Reader: importer.Lists{}, Now: h.clock}, subscriptions.Actor{EditorID: e.ID, Name: e.Name}
}

// agreed is what an admin says of a list with a proof; asked of one without.
func agreed(c subscriptions.ListColumns) subscriptions.PeopleImportEdit {
	return subscriptions.PeopleImportEdit{Columns: c, Topics: []string{"iot"}, Confirmed: new(true), Source: "sign-up sheet", GivenOn: "2019-03-14", Evidence: "I want the newsletter."}
}

func asked(c subscriptions.ListColumns) subscriptions.PeopleImportEdit {
	return subscriptions.PeopleImportEdit{Columns: c, Topics: []string{"iot"}, Confirmed: new(false)}
}

// told writes down the lines of a list: "3 refused, 4 twice".
func told(t testing.TB, s *subscriptions.PeopleImportService, id int64) string {
	t.Helper()
	lines, err := s.Store.ListLines(t.Context(), id, 0, 10_000)
	must(t, err)
	var words []string
	for _, l := range lines {
		words = append(words, fmt.Sprint(l.Line, " ", l.Outcome))
		if l.Why == "" {
			t.Errorf("line %d says no reason", l.Line)
		}
	}
	return strings.Join(words, ", ")
}

func found(t testing.TB, s *subscriptions.PeopleImportService, id int64) subscriptions.PeopleImport {
	t.Helper()
	p, err := s.Store.FindPeopleImport(t.Context(), id)
	must(t, err)
	return p
}

func TestAListIsCheckedThenTakenIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s, ada := h.lists(t)
		h.reader(t, "known@example.org", "blockchain")
		h.reader(t, "gone@example.org", "iot")
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, "gone@example.org"), "", "link", "")
		must(t, err)
		h.suppress(t, "dead@example.org", subscriptions.SuppressedBounce)
		list := "Vorname;Nachname;E-Mail-Adresse;Firma;Themen\n" +
			"Anna;Muster;anna@example.org;Verband;IoT, Blockchain\n" +
			";;known@example.org;;\n;;gone@example.org;;\n;;dead@example.org;;\n;;nobody;;\n;;ANNA@example.org;;\n;;bea@example.org;;weather\n"
		p, err := s.Upload(t.Context(), ada, "list.csv", []byte(list))
		must(t, err)
		if err := s.Take(t.Context(), ada, p.ID); subscriptions.CodeOf(err) != subscriptions.Refused {
			t.Errorf("taken in unchecked: %v", err)
		}
		must(t, s.Check(t.Context(), p.ID, agreed(p.Columns)))
		p = found(t, s, p.ID)
		want := subscriptions.SubscriberReport{Rows: 7, Added: 1, Extended: 1, Unchanged: 1, Ended: 1, Suppressed: 1, Bad: 2, Twice: 1}
		same(t, subscriptions.ListChecked, p.State)
		same(t, want, p.Report)
		same(t, "4 left, 5 suppressed, 6 refused, 7 twice, 8 refused", inOrder(told(t, s, p.ID)))
		_, err = h.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
		fails(t, err, subscriptions.NotFound) // nobody came in by the rehearsal

		must(t, s.Take(t.Context(), ada, p.ID))
		p = found(t, s, p.ID)
		same(t, subscriptions.ListDone, p.State)
		same(t, want, p.Report)
		same(t, "4 left, 5 suppressed, 6 refused, 7 twice, 8 refused", inOrder(told(t, s, p.ID)))
		anna := h.find(t, "anna@example.org")
		same(t, "Anna Muster, Verband", anna.Name+", "+anna.Organisation)
		same(t, "iot active, blockchain active", h.rows(t, "anna@example.org"))
		same(t, "blockchain active, iot active", h.rows(t, "known@example.org"))
		same(t, "iot ended (unsubscribed)", h.rows(t, "gone@example.org"))
		same(t, "", h.mail(t, "anna@example.org"))
		consents, err := h.store.Consents(t.Context(), anna.ID)
		must(t, err)
		same(t, fmt.Sprintf("list %d: sign-up sheet, given 2019-03-14", p.ID), consents[0].Source)
		if err := s.Take(t.Context(), ada, p.ID); subscriptions.CodeOf(err) != subscriptions.Refused {
			t.Errorf("taken in twice: %v", err)
		}
	})
}

func inOrder(s string) string {
	parts := strings.Split(s, ", ")
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func TestWhatIsSaidOfAListIsChecked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s, ada := h.lists(t)
		p, err := s.Upload(t.Context(), ada, "list.csv", []byte("email,name\na@example.org,A\n"))
		must(t, err)
		for name, change := range map[string]func(e *subscriptions.PeopleImportEdit){
			"no column holds the address":         func(e *subscriptions.PeopleImportEdit) { e.Columns.Email = -1 },
			"two columns claim to be the same":    func(e *subscriptions.PeopleImportEdit) { e.Columns.Name = 0 },
			"or one is not there":                 func(e *subscriptions.PeopleImportEdit) { e.Columns.Topics = 7 },
			"the list names no topics":            func(e *subscriptions.PeopleImportEdit) { e.Topics = nil },
			`there is no topic "weather"`:         func(e *subscriptions.PeopleImportEdit) { e.Topics = []string{"weather"} },
			"say whether they have agreed":        func(e *subscriptions.PeopleImportEdit) { e.Confirmed = nil },
			"say where the consent lies":          func(e *subscriptions.PeopleImportEdit) { e.Source = " " },
			"say on which day they agreed":        func(e *subscriptions.PeopleImportEdit) { e.GivenOn = "March" },
			"is no day on which they can have ag": func(e *subscriptions.PeopleImportEdit) { e.GivenOn = "2030-01-01" },
			"these words have more than":          func(e *subscriptions.PeopleImportEdit) { e.Evidence = strings.Repeat("x", 4001) },
		} {
			e := agreed(p.Columns)
			change(&e)
			if err := s.Check(t.Context(), p.ID, e); subscriptions.CodeOf(err) != subscriptions.Invalid || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		same(t, subscriptions.ListUploaded, found(t, s, p.ID).State)
		for name, list := range map[string]string{"empty": "", "only a head": "email\n", "no text": "a@example.org\x00"} {
			if _, err := s.Upload(t.Context(), ada, name, []byte(list)); subscriptions.CodeOf(err) != subscriptions.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.Upload(t.Context(), ada, "big", make([]byte, subscriptions.MaxListBytes+1)); subscriptions.CodeOf(err) != subscriptions.Invalid {
			t.Errorf("20 MB and one: %v", err)
		}
		if _, err := s.Upload(t.Context(), ada, "long", []byte(strings.Repeat("a@example.org\n", subscriptions.MaxListRows+1))); subscriptions.CodeOf(err) != subscriptions.Invalid {
			t.Errorf("a row too many: %v", err)
		}
	})
}

// dying reads rows and ends the context after some, as a kill would.
type dying struct {
	importer.Lists
	after int
	kill  context.CancelFunc
}

func (d *dying) Rows(b []byte, at subscriptions.ListColumns) iter.Seq[subscriptions.SubscriberRow] {
	return func(yield func(subscriptions.SubscriberRow) bool) {
		n := 0
		for row := range d.Lists.Rows(b, at) {
			if n++; n == d.after {
				d.kill()
			}
			if !yield(row) {
				return
			}
		}
	}
}

func TestAListThatWasBrokenOffGoesOnWhereItWas(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s, ada := h.lists(t)
		var list strings.Builder
		list.WriteString("email,topics\n")
		for n := range 4200 {
			fmt.Fprintf(&list, "p%d@example.org,%s\n", n%3900, []string{"iot", "blockchain", "iot;horizontal", "weather"}[n%4])
		}
		h.suppress(t, "p7@example.org", subscriptions.SuppressedErased)
		p, err := s.Upload(t.Context(), ada, "list.csv", []byte(list.String()))
		must(t, err)
		work := func(after int) {
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			victim := *s
			victim.Reader = &dying{after: after, kill: kill}
			if err := victim.Work(ctx, p.ID); after > 0 && !errors.Is(err, context.Canceled) {
				t.Fatalf("killed at row %d it answers %v", after, err)
			} else if after == 0 {
				must(t, err)
			}
		}
		must(t, s.Check(t.Context(), p.ID, agreed(p.Columns)))
		work(2500)
		work(0)
		want := found(t, s, p.ID)
		same(t, subscriptions.ListChecked, want.State)
		must(t, s.Take(t.Context(), ada, p.ID))
		for _, after := range []int{1, 1500, 2100, 4100} {
			work(after)
			same(t, subscriptions.ListRunning, found(t, s, p.ID).State)
		}
		n, err := s.WorkDue(t.Context())
		must(t, err)
		same(t, 0, n) // whoever had it may be alive
		h.wait(30 * time.Second)
		n, err = s.WorkDue(t.Context())
		must(t, err)
		same(t, 1, n)
		got := found(t, s, p.ID)
		same(t, subscriptions.ListDone, got.State)
		same(t, want.Report, got.Report) // as the rehearsal said, in whatever pieces
		counts, err := h.store.CountSubscribers(t.Context(), h.clock())
		must(t, err)
		same(t, got.Report.Added, counts[subscriptions.SubscriberActive])
		same(t, len(strings.Split(told(t, s, p.ID), ", ")), got.Report.Bad+got.Report.Suppressed+got.Report.Twice)
		if n, err = s.WorkDue(t.Context()); n != 0 || err != nil {
			t.Errorf("%d lists are worked on when all are done: %v", n, err)
		}
	})
}

func TestTakingAListBackForgetsWhomItBroughtAndNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s, ada := h.lists(t)
		h.reader(t, "known@example.org", "blockchain")
		p, err := s.Upload(t.Context(), ada, "list.csv", []byte("email,topics\nnew@example.org,iot\nknown@example.org,iot\nactive@example.org,iot\nreads@example.org,iot\n"))
		must(t, err)
		must(t, s.Check(t.Context(), p.ID, agreed(p.Columns)))
		must(t, s.Take(t.Context(), ada, p.ID))
		// One leaves by their own hand, one has got an edition.
		h.wait(time.Hour)
		_, err = h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, "active@example.org"), "", "link", "")
		must(t, err)
		reads := h.find(t, "reads@example.org")
		_, err = h.store.QueueDeliveries(t.Context(), []subscriptions.Delivery{{Key: "digest:x", Kind: subscriptions.KindDigest, SubscriberID: reads.ID, Address: reads.Address,
			CreatedAt: h.clock(), NotBefore: h.clock()}})
		must(t, err)
		claimed, err := h.store.Claim(t.Context(), "w", 10, h.clock(), h.clock().Add(time.Hour))
		must(t, err)
		digest := claimed[slices.IndexFunc(claimed, func(d subscriptions.Delivery) bool { return d.Kind == subscriptions.KindDigest })]
		_, err = h.store.Advance(t.Context(), "w", h.clock(), nil, []subscriptions.Begin{{DeliveryID: digest.ID, Revision: reads.Revision}})
		must(t, err)
		_, err = h.store.Advance(t.Context(), "w", h.clock(), []subscriptions.Outcome{{DeliveryID: digest.ID, State: subscriptions.DeliverySent}}, nil)
		must(t, err)
		isNew := h.find(t, "new@example.org")

		if err := s.Withdraw(t.Context(), ada, p.ID, " "); subscriptions.CodeOf(err) != subscriptions.Invalid {
			t.Errorf("taken back without a reason: %v", err)
		}
		must(t, s.Withdraw(t.Context(), ada, p.ID, "the wrong file"))
		got := found(t, s, p.ID)
		same(t, subscriptions.ListWithdrawn, got.State)
		same(t, subscriptions.WithdrawReport{Forgotten: 1, Ended: 1, Stay: 2}, got.Withdrawn)
		_, err = h.store.FindSubscriberByAddress(t.Context(), "new@example.org")
		fails(t, err, subscriptions.NotFound)
		same(t, " (, , ) erased taken back", h.left(t, isNew.ID))
		same(t, subscriptions.SuppressionReason(""), h.suppressed(t, "new@example.org")) // no hash stays of who never knew
		same(t, "blockchain active, iot ended (taken back)", h.rows(t, "known@example.org"))
		same(t, "iot ended (unsubscribed)", h.rows(t, "active@example.org"))
		same(t, "iot active", h.rows(t, "reads@example.org"))
		if err := s.Withdraw(t.Context(), ada, p.ID, "again"); subscriptions.CodeOf(err) != subscriptions.Refused {
			t.Errorf("taken back twice: %v", err)
		}

		// The right file comes in as if the wrong one had not been.
		p, err = s.Upload(t.Context(), ada, "right.csv", []byte("email,topics\nnew@example.org,iot\nknown@example.org,iot\nactive@example.org,iot\n"))
		must(t, err)
		must(t, s.Check(t.Context(), p.ID, asked(p.Columns)))
		must(t, s.Take(t.Context(), ada, p.ID))
		same(t, subscriptions.SubscriberReport{Rows: 3, Added: 1, Extended: 1, Ended: 1}, found(t, s, p.ID).Report)
		same(t, "iot pending", h.rows(t, "new@example.org"))
		same(t, "1 confirmation", h.mail(t, "new@example.org"))
		same(t, "blockchain active, iot ended (taken back), iot pending", h.rows(t, "known@example.org"))
	})
}

func TestAListIsKeptAMonthAndGoesWithWhoIsErased(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s, ada := h.lists(t)
		take := func(name string) int64 {
			p, err := s.Upload(t.Context(), ada, name, []byte("email\n"+name+"@example.org\nnobody\n"))
			must(t, err)
			must(t, s.Check(t.Context(), p.ID, agreed(p.Columns)))
			must(t, s.Take(t.Context(), ada, p.ID))
			return p.ID
		}
		kept := func(id int64) bool {
			_, err := h.store.List(t.Context(), id)
			if err != nil && subscriptions.CodeOf(err) != subscriptions.NotFound {
				t.Fatal(err)
			}
			lines, linesErr := h.store.ListLines(t.Context(), id, 0, 0)
			must(t, linesErr)
			if (len(lines) > 0) != (err == nil) {
				t.Errorf("list %d: %d lines beside %v", id, len(lines), err)
			}
			return err == nil
		}
		one, two := take("one"), take("two")
		waits, err := s.Upload(t.Context(), ada, "waits", []byte("email\nw@example.org\n"))
		must(t, err)
		_, err = h.people.EraseAddress(t.Context(), "one@example.org", "operator")
		must(t, err)
		same(t, "false true", fmt.Sprint(kept(one), " ", kept(two)))
		h.wait(30*aDay - time.Second)
		same(t, 0, h.runs(t)[subscriptions.ClockLists])
		h.wait(time.Second)
		same(t, 2, h.runs(t)[subscriptions.ClockLists])
		same(t, false, kept(two))
		same(t, subscriptions.ListDone, found(t, s, two).State)
		_, err = s.Store.FindPeopleImport(t.Context(), waits.ID)
		fails(t, err, subscriptions.NotFound)
		h.find(t, "two@example.org")
		must(t, s.Withdraw(t.Context(), ada, two, "also without the list itself"))
		same(t, subscriptions.WithdrawReport{Forgotten: 1}, found(t, s, two).Withdrawn)
	})
}

func TestTheCommandLinesListsCanBeTakenBackToo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s, _ := h.lists(t)
		p, report, err := s.Stream(t.Context(), subscriptions.AtCommandLine, "list.csv", slices.Values(list("a@example.org iot", "b@example.org iot")), provable)
		must(t, err)
		same(t, 2, report.Added)
		same(t, subscriptions.ListDone, found(t, s, p.ID).State)
		must(t, s.Withdraw(t.Context(), subscriptions.AtCommandLine, p.ID, "wrong"))
		same(t, 2, found(t, s, p.ID).Withdrawn.Forgotten)
		must(t, s.Drop(t.Context(), subscriptions.AtCommandLine, uploaded(t, s)))
		if err := s.Drop(t.Context(), subscriptions.AtCommandLine, p.ID); subscriptions.CodeOf(err) != subscriptions.Refused {
			t.Errorf("what came in is dropped: %v", err)
		}
	})
}

func uploaded(t testing.TB, s *subscriptions.PeopleImportService) int64 {
	p, err := s.Upload(t.Context(), subscriptions.AtCommandLine, "x", []byte("a@example.org\n"))
	must(t, err)
	return p.ID
}
