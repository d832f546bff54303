package subscriptions_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func (h *house) peopleDesk() *subscriptions.PeopleService {
	return &subscriptions.PeopleService{Store: h.store, Keys: h.keys, Readers: h.people, Imports: h.imports, Now: h.clock}
}

// atDesk is an editor who is in the database, as the audit log wants.
func (h *house) atDesk(t testing.TB) subscriptions.Actor {
	t.Helper()
	e := subscriptions.Editor{Name: "The desk", Address: "desk@example.org", Role: subscriptions.RoleAdmin, CreatedAt: h.clock()}
	must(t, h.store.AddEditor(t.Context(), &e))
	return subscriptions.Actor{EditorID: e.ID, Name: e.Name, IP: "192.0.2.9"}
}

func addresses(people []subscriptions.Person) (all []string) {
	for _, p := range people {
		all = append(all, p.Address)
	}
	slices.Sort(all)
	return all
}

func TestPeopleAreFoundByWhatTheyBeginWith(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, now := t.Context(), h.clock()
		for _, p := range []subscriptions.Subscriber{
			{Address: "anna.meyer@one.example.org", Name: "Anna Meyer", Organisation: "Standards Office"},
			{Address: "b@one.example.org", Name: "Meyer Bruno"},
			{Address: "meyer@two.example.org"},
			{Address: "d@xn--mller-kva.example.org", Name: "Łucja Óska", PausedUntil: now.Add(time.Hour)},
			{Address: "e_x@two.example.org", EndedAt: now, EndReason: subscriptions.EndUnsubscribed},
			{Address: "eax@two.example.org"},
		} {
			p.CreatedAt = now
			if p.Address != "eax@two.example.org" {
				p.ConfirmedAt = now
			}
			must(t, h.store.AddSubscribers(ctx, []*subscriptions.Subscriber{&p}))
		}
		for _, c := range []struct {
			name   string
			filter subscriptions.PeopleFilter
			want   string
		}{
			{"an address", subscriptions.PeopleFilter{Text: " Anna.M"}, "anna.meyer@one.example.org"},
			{"a name, a surname or an address", subscriptions.PeopleFilter{Text: "MEYER"}, "anna.meyer@one.example.org b@one.example.org meyer@two.example.org"},
			{"an organisation", subscriptions.PeopleFilter{Text: "standards off"}, "anna.meyer@one.example.org"},
			{"a domain", subscriptions.PeopleFilter{Text: "@two.example"}, "e_x@two.example.org eax@two.example.org meyer@two.example.org"},
			{"a whole address", subscriptions.PeopleFilter{Text: "meyer@two.example.org"}, "meyer@two.example.org"},
			{"a name beyond ASCII", subscriptions.PeopleFilter{Text: "Łucja"}, "d@xn--mller-kva.example.org"},
			{"no sign stands for another", subscriptions.PeopleFilter{Text: "e_"}, "e_x@two.example.org"},
			{"nobody", subscriptions.PeopleFilter{Text: "zz%"}, ""},
			{"who has left, of those", subscriptions.PeopleFilter{Text: "@two", Status: subscriptions.SubscriberEnded}, "e_x@two.example.org"},
			{"who waits", subscriptions.PeopleFilter{Status: subscriptions.SubscriberPending}, "eax@two.example.org"},
			{"who pauses", subscriptions.PeopleFilter{Status: subscriptions.SubscriberPaused}, "d@xn--mller-kva.example.org"},
			{"who gets letters", subscriptions.PeopleFilter{Status: subscriptions.SubscriberActive}, "anna.meyer@one.example.org b@one.example.org meyer@two.example.org"},
		} {
			c.filter.Limit = 50
			got, more, err := h.peopleDesk().People(ctx, c.filter)
			must(t, err)
			if strings.Join(addresses(got), " ") != c.want || more {
				t.Errorf("%s: %v, more %v", c.name, addresses(got), more)
			}
		}
		first, more, err := h.peopleDesk().People(ctx, subscriptions.PeopleFilter{Limit: 4})
		must(t, err)
		second, none, err := h.peopleDesk().People(ctx, subscriptions.PeopleFilter{Limit: 4, BeforeID: first[3].ID})
		must(t, err)
		if len(first) != 4 || !more || len(second) != 2 || none || len(addresses(append(first, second...))) != 6 {
			t.Errorf("two pages of %d and %d, more %v and %v", len(first), len(second), more, none)
		}
	})
}

func TestAnEditorAddsAPerson(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, desk, by := t.Context(), h.peopleDesk(), h.atDesk(t)
		_, err := desk.Add(ctx, subscriptions.AddPerson{Email: "no address", Confirmed: true}, by)
		for _, field := range []string{"email", "topics", "source"} {
			if !strings.Contains(fieldsOf(err), field) {
				t.Errorf("nothing is said of %s: %v", field, err)
			}
		}
		p, err := desk.Add(ctx, subscriptions.AddPerson{Email: "anna@example.org", Name: "Anna", Topics: []string{"iot"}, Source: "sheet of 1 March", Confirmed: true}, by)
		must(t, err)
		story, err := desk.Person(ctx, p.ID)
		must(t, err)
		if story.Status != subscriptions.SubscriberActive || len(story.Consents) != 1 || story.Consents[0].Kind != subscriptions.ConsentImported ||
			story.Consents[0].Source != "desk: sheet of 1 March" || len(story.Deliveries) != 0 {
			t.Errorf("added with a proof: %+v", story)
		}
		asked, err := desk.Add(ctx, subscriptions.AddPerson{Email: "bea@example.org", Topics: []string{"iot"}, Source: "by telephone"}, by)
		must(t, err)
		story, err = desk.Person(ctx, asked.ID)
		must(t, err)
		if story.Status != subscriptions.SubscriberPending || len(story.Deliveries) != 1 || story.Deliveries[0].Kind != subscriptions.KindConfirmation {
			t.Errorf("added without one: %+v", story)
		}

		must(t, desk.End(ctx, p.ID, subscriptions.EndPerson{Note: "by telephone"}, by))
		_, err = desk.Add(ctx, subscriptions.AddPerson{Email: "anna@example.org", Topics: []string{"iot", "blockchain"}, Source: "again", Confirmed: true}, by)
		if !errors.Is(err, subscriptions.ErrRefused) || subscriptions.HintOf(err) == "" {
			t.Errorf("somebody who has left was brought back: %v", err)
		}
		log, err := h.store.AuditEvents(ctx, subscriptions.AuditFilter{Action: "person."})
		must(t, err)
		var actions []string
		for _, e := range log {
			actions = append(actions, e.Action)
			if strings.Contains(e.About+e.Detail, "anna@") {
				t.Errorf("the log keeps an address: %+v", e)
			}
		}
		same(t, []string{"person.end", "person.add", "person.add"}, actions)
	})
}

func TestAnEditorEndsAPerson(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, desk, by := t.Context(), h.peopleDesk(), h.atDesk(t)
		anna := h.reader(t, "anna@example.org", "iot", "blockchain")
		if err := desk.End(ctx, anna.ID, subscriptions.EndPerson{Note: "  "}, by); !strings.Contains(fieldsOf(err), "note") {
			t.Errorf("without a reason: %v", err)
		}
		must(t, desk.End(ctx, anna.ID, subscriptions.EndPerson{Note: "letter of 2 April", Bar: true}, by))
		listed, _, err := desk.People(ctx, subscriptions.PeopleFilter{Text: "anna", Limit: 5})
		must(t, err)
		if len(listed) != 1 || listed[0].Suppressed != subscriptions.SuppressedByEditor {
			t.Errorf("the list does not tell that the address is barred: %+v", listed)
		}
		story, err := desk.Person(ctx, anna.ID)
		must(t, err)
		last := story.Consents[len(story.Consents)-1]
		if story.Status != subscriptions.SubscriberEnded || len(story.Topics) != 0 || story.Suppressed != subscriptions.SuppressedByEditor ||
			last.Kind != subscriptions.ConsentWithdrawn || len(last.Topics) != 2 || last.Source != "desk: letter of 2 April" {
			t.Errorf("ended and barred: %+v", story)
		}
		if story.Subscriber.Revision == anna.Revision {
			t.Error("mail in flight is not looked at again")
		}
		if err := desk.Lift(ctx, "anna@example.org", "", by); !strings.Contains(fieldsOf(err), "note") {
			t.Errorf("lifted without a reason: %v", err)
		}
		must(t, desk.Lift(ctx, "ANNA@example.org", "asks for it in writing", by))
		if _, ok, err := desk.Suppressed(ctx, "anna@example.org"); ok || err != nil {
			t.Errorf("still suppressed: %v", err)
		}
		if err := desk.Lift(ctx, "anna@example.org", "again", by); !errors.Is(err, subscriptions.ErrRefused) {
			t.Errorf("lifted twice: %v", err)
		}
		if story, err = desk.Person(ctx, anna.ID); err != nil || story.Status != subscriptions.SubscriberEnded {
			t.Errorf("lifting subscribed somebody: %v %v", story.Status, err)
		}
	})
}

func TestAnEditorExportsAndErasesAPerson(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, desk, by := t.Context(), h.peopleDesk(), h.atDesk(t)
		anna := h.reader(t, "anna@example.org", "iot")
		data, err := desk.Export(ctx, anna.ID, by)
		must(t, err)
		if data.Person.Address != "anna@example.org" || len(data.Consents) == 0 {
			t.Errorf("exported %+v", data)
		}
		_, err = desk.Erase(ctx, anna.ID, "letter of 2 April", by)
		must(t, err)
		again, err := desk.Erase(ctx, anna.ID, "letter of 2 April", by)
		must(t, err)
		if !again.Already {
			t.Error("erased twice")
		}
		story, err := desk.Person(ctx, anna.ID)
		must(t, err)
		if story.Status != subscriptions.SubscriberErased || story.Subscriber.Address != "" {
			t.Errorf("after erasing: %+v", story.Subscriber)
		}
		for _, err := range []error{desk.End(ctx, anna.ID, subscriptions.EndPerson{Note: "x"}, by), func() error { _, err := desk.Export(ctx, anna.ID, by); return err }(),
			desk.Lift(ctx, "anna@example.org", "x", by)} {
			if !errors.Is(err, subscriptions.ErrRefused) {
				t.Errorf("of somebody who was erased: %v", err)
			}
		}
	})
}

func TestCleanSearch(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"  A  B\n": "a b", "a\x00b": "a b", "\xff": "", strings.Repeat("é", 200): strings.Repeat("é", 127)} {
		if got := subscriptions.CleanSearch(in); got != want {
			t.Errorf("CleanSearch(%q) = %q", in, got)
		}
	}
}

func TestSuppressionsAreListed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		var all []subscriptions.Suppression
		for i, reason := range []subscriptions.SuppressionReason{subscriptions.SuppressedBounce, subscriptions.SuppressedErased, subscriptions.SuppressedBounce} {
			sup := subscriptions.Suppression{Hash: string(rune('a' + i)), Reason: reason, CreatedAt: storetest.Now().Add(time.Duration(i) * time.Minute)}
			must(t, h.store.PutSuppression(ctx, sup))
			all = append(all, sup)
		}
		lifted := subscriptions.Suppression{Hash: "z", Reason: subscriptions.SuppressedBounce, CreatedAt: storetest.Now(), LiftedAt: storetest.Now()}
		must(t, h.store.PutSuppression(ctx, lifted))
		got, err := h.store.SuppressionList(ctx, subscriptions.SuppressionFilter{Reason: subscriptions.SuppressedBounce})
		must(t, err)
		same(t, []subscriptions.Suppression{all[2], all[0]}, got)
		got, err = h.store.SuppressionList(ctx, subscriptions.SuppressionFilter{Before: all[2].CreatedAt, Limit: 1})
		must(t, err)
		same(t, []subscriptions.Suppression{all[1]}, got)
		counts, err := h.store.CountSuppressed(ctx)
		must(t, err)
		same(t, map[subscriptions.SuppressionReason]int{subscriptions.SuppressedBounce: 2, subscriptions.SuppressedErased: 1}, counts)
	})
}

// fieldsOf names the fields at fault.
func fieldsOf(err error) string {
	var named []string
	var walk func(error)
	walk = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				walk(one)
			}
			return
		}
		var e *subscriptions.Error
		if errors.As(err, &e) {
			named = append(named, e.Field)
		}
	}
	walk(err)
	return strings.Join(named, " ")
}
