package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func TestThePeriodThatFollows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"a month":                     {"2019-01-01", "2019-01-31", "February 2019"},
		"a quarter":                   {"2019-01-01", "2019-03-31", "April–June 2019"},
		"a quarter over the new year": {"2018-10-01", "2018-12-31", "January–March 2019"},
		"a year":                      {"2019-01-01", "2019-12-31", "January–December 2020"},
		"two weeks":                   {"2019-02-18", "2019-03-03", "4 March 2019 – 17 March 2019"},
		"a day":                       {"2020-02-28", "2020-02-28", "29 February 2020"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p subscriptions.Period
			must(t, p.From.UnmarshalText([]byte(c.from)))
			must(t, p.To.UnmarshalText([]byte(c.to)))
			same(t, c.want, p.Next().Words())
		})
	}
}

func TestTheNextEditionIsProposed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, err := h.editions.Propose(t.Context())
		must(t, err)
		same(t, "April 2019", p.Title)
		h.drafted(t, "First quarter", quarter)
		cancelled := h.drafted(t, "Wrong", subscriptions.Period{From: day(2030, 1, 1), To: day(2030, 1, 31)})
		_, err = h.editions.Cancel(t.Context(), cancelled.ID)
		must(t, err)
		p, err = h.editions.Propose(t.Context())
		must(t, err)
		same(t, "April–June 2019 2019-04-01 2019-06-30", fmt.Sprint(p.Title, " ", p.Period.From, " ", p.Period.To))
	})
}

func TestTwoWhoEditTheTexts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		e := h.drafted(t, "First quarter", quarter)
		h.drafted(t, "Other", april)
		edit := subscriptions.EditOf(e)
		edit.Title, edit.Intro, edit.Period = "  The first quarter ", "An\r\nintro.\r\n", march
		saved, err := h.editions.As(subscriptions.Actor{Name: "Anna", IP: "192.0.2.1"}).Edit(ctx, e.ID, edit)
		must(t, err)
		same(t, "The first quarter/the-first-quarter/An\nintro./1", fmt.Sprintf("%s/%s/%s/%d", saved.Title, saved.Slug, saved.Intro, saved.Version))
		same(t, march, saved.Period)
		theirs, err := h.editions.Edit(ctx, e.ID, edit) // began from the same version
		fails(t, err, subscriptions.Conflict)
		same(t, saved, theirs)
		unchanged, err := h.editions.Edit(ctx, e.ID, subscriptions.EditOf(saved))
		must(t, err)
		same(t, saved.Version, unchanged.Version)
		events, err := h.store.AuditEvents(ctx, subscriptions.AuditFilter{Action: "edition.edit"})
		must(t, err)
		same(t, 1, len(events))
		same(t, `Anna 192.0.2.1 title "First quarter" → "The first quarter", period 2019-01-01 – 2019-03-31 → 2019-03-01 – 2019-03-31, intro`,
			events[0].Actor+" "+events[0].IP+" "+events[0].Detail)

		for field, wrong := range map[string]func(*subscriptions.EditionEdit){
			"title":     func(e *subscriptions.EditionEdit) { e.Title = "" },
			"period":    func(e *subscriptions.EditionEdit) { e.Period.To = day(2018, 1, 1) },
			"intro":     func(e *subscriptions.EditionEdit) { e.Intro = strings.Repeat("x", subscriptions.MaxIntro+1) },
			"about":     func(e *subscriptions.EditionEdit) { e.About = "\xff" },
			"contact":   func(e *subscriptions.EditionEdit) { e.Contact = "a\x00b" },
			"subject":   func(e *subscriptions.EditionEdit) { e.Subject = "In {month}" },
			"preheader": func(e *subscriptions.EditionEdit) { e.Preheader = "two\nlines" },
		} {
			bad := subscriptions.EditOf(saved)
			wrong(&bad)
			_, err := h.editions.Edit(ctx, e.ID, bad)
			fails(t, err, subscriptions.Invalid)
			if err != nil && !strings.Contains(fmt.Sprintf("%#v", err), `Field:"`+field+`"`) {
				t.Errorf("%s: %#v", field, err)
			}
		}
		taken := subscriptions.EditOf(saved)
		taken.Title, taken.Subject, taken.Preheader = "Other", " At a glance: {inside} ", "Read on"
		saved, err = h.editions.Edit(ctx, e.ID, taken)
		must(t, err)
		same(t, "other-2", saved.Slug)
		h.item(t, "news", day(2019, 3, 1), "iot")
		_, err = h.editions.Freeze(ctx, e.ID)
		must(t, err)
		content, err := h.store.Content(ctx, e.ID)
		must(t, err)
		same(t, "At a glance: {inside}/Read on", content.Subject+"/"+content.Preheader)
		_, err = h.editions.Edit(ctx, e.ID, subscriptions.EditOf(saved))
		fails(t, err, subscriptions.Refused)
		intro := "words"
		err = h.editions.EditSection(ctx, e.ID, subscriptions.SectionEdit{TopicID: h.topics["iot"].ID, Intro: &intro})
		fails(t, err, subscriptions.Refused)
	})
}
