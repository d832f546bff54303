package subscriptions_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func (h *house) reminders() *subscriptions.DeadlineService {
	return &subscriptions.DeadlineService{Store: h.store, Keys: h.keys, Now: h.clock, Zone: func(context.Context) *time.Location { return time.UTC }}
}

// closes is a public item that closes so many days from now.
func (h *house) closes(t testing.TB, title string, days int, topics ...string) subscriptions.Item {
	t.Helper()
	until := subscriptions.DateOf(h.clock()).AddDays(days)
	e := subscriptions.Edition{Slug: "e-" + subscriptions.Slugify(title), Title: title, State: subscriptions.EditionSent, CreatedAt: h.clock(), StartedAt: h.clock(),
		Period: subscriptions.Period{From: subscriptions.DateOf(h.clock()), To: subscriptions.DateOf(h.clock())}}
	must(t, h.store.AddEdition(t.Context(), &e))
	i := subscriptions.Item{Slug: subscriptions.Slugify(title), Title: title, Body: "Text.", State: subscriptions.ItemPublished, PublishedAt: h.clock(), CreatedAt: h.clock(), UpdatedAt: h.clock(), EditionID: e.ID,
		Comments: &subscriptions.CommentPeriod{Until: until}}
	for _, slug := range topics {
		i.Topics = append(i.Topics, h.topics[slug].ID)
	}
	must(t, h.store.AddItem(t.Context(), &i))
	return i
}

func (h *house) wishes(t testing.TB, email string, on bool) {
	t.Helper()
	_, err := h.people.ChangePreferences(t.Context(), h.link(t, subscriptions.PurposePreferences, email), subscriptions.PreferencesChange{Deadlines: &on}, "192.0.2.1")
	must(t, err)
}

// remind lets the morning of a day come, and gives what each person's letter would
// name: "anna@example.org: A, B".
func (h *house) remind(t testing.TB) (letters []string) {
	t.Helper()
	_, err := h.reminders().Work(t.Context())
	must(t, err)
	today := subscriptions.DateOf(h.clock())
	for _, who := range []string{"anna@example.org", "bea@example.org", "cem@example.org"} {
		p, err := h.store.FindSubscriberByAddress(t.Context(), who)
		if err != nil {
			continue
		}
		d, err := h.store.FindDeliveryByKey(t.Context(), subscriptions.DeadlinesKey(p.ID, today))
		if err != nil {
			continue
		}
		found, err := h.store.RecipientsByID(t.Context(), []int64{p.ID})
		must(t, err)
		due, _, err := subscriptions.DeadlinesDue(t.Context(), h.store, d, found[0], today)
		must(t, err)
		var titles []string
		for _, one := range due {
			titles = append(titles, one.Item.Title)
		}
		letters = append(letters, who+": "+strings.Join(titles, ", "))
	}
	return letters
}

func TestDeadlinesAreRemindedOfOnceAndOnWish(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.wait(24*time.Hour - time.Duration(h.clock().Hour())*time.Hour + 6*time.Hour) // six in the morning
		h.reader(t, "anna@example.org", "iot")
		h.reader(t, "bea@example.org", "blockchain")
		h.reader(t, "cem@example.org", "iot") // wishes for nothing
		h.wishes(t, "anna@example.org", true)
		h.wishes(t, "bea@example.org", true)
		iot := h.closes(t, "One", 7, "iot")
		h.closes(t, "Two", 8, "iot")
		h.closes(t, "Three", 3, "iot", "cybersecurity")
		h.closes(t, "Today", 0, "iot")
		h.closes(t, "Everybody", 5, "horizontal")
		want := func(letters ...string) {
			t.Helper()
			if got := h.remind(t); !slices.Equal(got, letters) {
				t.Errorf("on %s\n\t%s\nand not\n\t%s", subscriptions.DateOf(h.clock()), strings.Join(got, "\n\t"), strings.Join(letters, "\n\t"))
			}
		}
		want("anna@example.org: Three, Everybody, One", "bea@example.org: Everybody")
		want("anna@example.org: Three, Everybody, One", "bea@example.org: Everybody") // the same letters
		h.wait(aDay)
		want("anna@example.org: Two")
		h.wait(aDay)
		want() // nothing is new
		// Extended, it is another deadline; its week comes again.
		iot.Comments.Until = subscriptions.DateOf(h.clock()).AddDays(9)
		must(t, h.store.UpdateItem(t.Context(), iot))
		h.wait(aDay)
		want()
		h.wait(aDay)
		want("anna@example.org: One")
		// What is moved or withdrawn between plan and letter is not named.
		iot.Comments.Until = subscriptions.DateOf(h.clock()).AddDays(30)
		must(t, h.store.UpdateItem(t.Context(), iot))
		want("anna@example.org: ")

		consents := h.consents(t, "anna@example.org")
		if !strings.HasSuffix(consents, "changed iot") {
			t.Errorf("the wish left no proof: %s", consents)
		}
		h.closes(t, "Late", 4, "iot")
		h.wishes(t, "anna@example.org", false)
		h.wait(aDay)
		want()
		// Who leaves and comes back is asked again.
		h.wishes(t, "bea@example.org", true)
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, "bea@example.org"), "", "link", "")
		must(t, err)
		on, err := h.store.WantsDeadlines(t.Context(), h.find(t, "bea@example.org").ID)
		must(t, err)
		same(t, false, on)
	})
}

func TestNoLetterLeavesBeforeTheMorning(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.reader(t, "anna@example.org", "iot")
		h.wishes(t, "anna@example.org", true)
		h.closes(t, "One", 6, "iot")
		h.wait(24*time.Hour - time.Duration(h.clock().Hour())*time.Hour - time.Duration(h.clock().Minute())*time.Minute + 5*time.Hour + 59*time.Minute)
		n, err := h.reminders().Work(t.Context())
		must(t, err)
		same(t, 0, n)
		h.wait(time.Minute)
		n, err = h.reminders().Work(t.Context())
		must(t, err)
		same(t, 1, n)
	})
}

// Whatever happens to deadlines and wishes, and however often the plan is broken off:
// nobody hears of a deadline twice, nor on or after its day, nor without a wish, and
// nobody gets two letters a day.
func TestRemindersOfDeadlinesProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h := newHouse(t, storetest.New(t))
		h.wait(24*time.Hour - time.Duration(h.clock().Hour())*time.Hour + 7*time.Hour)
		people := []string{"anna@example.org", "bea@example.org", "cem@example.org"}
		for i, who := range people {
			h.reader(t, who, []string{"iot", "blockchain", "cybersecurity"}[i])
		}
		items := []subscriptions.Item{h.closes(t, "One", 9, "iot", "blockchain"), h.closes(t, "Two", 12, "blockchain"), h.closes(t, "Three", 8, "cybersecurity", "iot")}
		told := map[string]bool{}
		for range rapid.IntRange(5, 25).Draw(r, "days") {
			for range rapid.IntRange(0, 2).Draw(r, "changes") {
				if rapid.Bool().Draw(r, "wish") {
					h.wishes(t, rapid.SampledFrom(people).Draw(r, "who"), rapid.Bool().Draw(r, "on"))
					continue
				}
				i := &items[rapid.IntRange(0, 2).Draw(r, "item")]
				i.Comments.Until = subscriptions.DateOf(h.clock()).AddDays(rapid.IntRange(-2, 10).Draw(r, "until"))
				must(t, h.store.UpdateItem(t.Context(), *i))
			}
			today := subscriptions.DateOf(h.clock())
			for range rapid.IntRange(1, 3).Draw(r, "runs") {
				h.remind(t)
			}
			for _, who := range people {
				p := h.find(t, who)
				wants, err := h.store.WantsDeadlines(t.Context(), p.ID)
				must(t, err)
				named, err := h.store.DeadlinesOf(t.Context(), p.ID, today)
				must(t, err)
				if len(named) > 0 && !wants {
					r.Fatalf("%s is reminded without a wish", who)
				}
				for _, n := range named {
					key := fmt.Sprint(who, n.ItemID, n.Until)
					if told[key] {
						r.Fatalf("%s is told twice of %s", who, key)
					}
					told[key] = true
					if left := today.DaysUntil(n.Until); left < 1 || left > 7 {
						r.Fatalf("%s is told %d days before", who, left)
					}
				}
			}
			h.wait(aDay)
		}
	})
}
