package subscriptions_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// told is the statistics of the months as JSON.
func (h *house) told(t testing.TB, from, to subscriptions.Date) (subscriptions.Statistics, string) {
	t.Helper()
	s := &subscriptions.StatisticsService{Store: h.store, Now: h.clock}
	must(t, s.Count(t.Context()))
	span, err := subscriptions.Months(from, to)
	must(t, err)
	st, err := s.Of(t.Context(), span)
	must(t, err)
	record := subscriptions.StatisticsRecordOf(st)
	record.At = time.Time{}
	b, err := json.Marshal(record)
	must(t, err)
	return st, string(b)
}

// What happened stays what it was, whoever is forgotten, comes back or is suppressed
// anew afterwards; and the readers of a month are those of the month before, with who
// joined and came back and without who left.
func TestStatisticsOutliveThePeopleInThem(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		count := func() { h.told(t, day(2019, 4, 1), day(2019, 5, 1)) }
		for n := range 8 {
			h.reader(t, fmt.Sprintf("p%d@example.org", n), "iot")
		}
		h.signUp(t, "pending@example.org", "iot")
		count()
		h.wait(24 * time.Hour)
		for n, reason := range []subscriptions.EndReason{subscriptions.EndUnsubscribed, subscriptions.EndUnsubscribed, subscriptions.EndBounced} {
			p := h.find(t, fmt.Sprintf("p%d@example.org", n))
			p.End(h.clock(), reason)
			must(t, h.store.UpdateSubscriber(ctx, p))
		}
		_, err := h.people.EraseAddress(ctx, "p3@example.org", "a letter")
		must(t, err)
		count()
		// The year begins in April: before, there was nothing.
		year, _ := h.told(t, day(2018, 6, 1), day(2019, 5, 1))
		same(t, day(2019, 4, 1), year.Months[0].Month)
		same(t, 4, year.Sum.End)
		none, _ := h.told(t, day(2018, 6, 1), day(2018, 9, 1))
		same(t, 4, len(none.Months))
		april, before := h.told(t, day(2019, 4, 1), day(2019, 4, 1))
		m := april.Sum
		same(t, []int{9, 8, 4, 4}, []int{m.SignedUp, m.Joined, m.Left, m.End})
		same(t, map[subscriptions.EndReason]int{subscriptions.EndUnsubscribed: 2, subscriptions.EndBounced: 1, subscriptions.EndErased: 1}, m.Reasons)

		// A month later one comes back; two years later the clocks have forgotten whom they
		// forget, and nothing of April has changed.
		h.wait(40 * 24 * time.Hour)
		p := h.find(t, "p0@example.org")
		p.Confirm(h.clock())
		must(t, h.store.UpdateSubscriber(ctx, p))
		count()
		h.wait(2 * 365 * 24 * time.Hour)
		count()
		retention := &subscriptions.RetentionService{Store: h.store, Keys: h.keys}
		_, err = retention.Run(ctx, h.clock())
		must(t, err)
		count()
		_, after := h.told(t, day(2019, 4, 1), day(2019, 4, 1))
		// What may change are numbers of today: readers now.
		strip := func(s string) string {
			var r subscriptions.StatisticsRecord
			must(t, json.Unmarshal([]byte(s), &r))
			r.Readers, r.Topics = 0, nil
			b, err := json.Marshal(r)
			must(t, err)
			return string(b)
		}
		same(t, strip(before), strip(after))
		may, _ := h.told(t, day(2019, 5, 1), day(2019, 5, 1))
		same(t, []int{4, 0, 1, 5}, []int{may.Sum.Start, may.Sum.Joined, may.Sum.Back, may.Sum.End})
		same(t, april.Sum.End, may.Sum.Start)
		all, _ := h.told(t, day(2019, 4, 1), day(2021, 6, 1))
		same(t, 1, all.Sum.Expired)
	})
}

func TestStatisticsOfEditionsDomainsAndTopics(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.item(t, "news", day(2019, 2, 1), "iot")
		h.item(t, "other", day(2019, 2, 2), "iot", "cybersecurity")
		for n := range 6 {
			h.reader(t, fmt.Sprintf("p%d@large.example.org", n), "iot")
		}
		h.reader(t, "q@small.example.org", "cybersecurity")
		h.reader(t, "r@small.example.org", "blockchain") // nothing for them
		e := h.sending(t)
		h.plan(t, e.ID, 10)
		first := true
		h.leave(t, e.ID, func(d subscriptions.Delivery) (int64, subscriptions.DeliveryState) {
			if first {
				first = false
				return 0, subscriptions.DeliveryFailed
			}
			return 0, subscriptions.DeliverySent
		})
		_, err := h.editions.FinishIfDone(t.Context(), e.ID)
		must(t, err)
		st, _ := h.told(t, day(2019, 4, 1), day(2019, 4, 1))
		same(t, 1, len(st.Editions))
		one := st.Editions[0]
		same(t, []int{7, 6, 1, 2, 2}, []int{one.Books.Planned, one.Books.Sent, one.Books.Failed, one.Letters, one.Items})
		same(t, 5*2+1, one.Pieces)
		same(t, []subscriptions.Figure{{Key: "not reached", N: 1}}, st.Lost)
		same(t, []subscriptions.DomainStats{{Domain: "large.example.org", Letters: 6, Lost: 1}, {Domain: subscriptions.OtherDomains, Letters: 1}}, st.Domains)
		health := map[string]string{}
		for _, topic := range st.Topics {
			health[topic.Topic.Slug] = fmt.Sprintf("%d %d %d %s", topic.Readers, topic.Written, topic.Pieces, topic.Health())
		}
		same(t, map[string]string{"iot": "6 2 10 ", "cybersecurity": "1 1 1 ", "blockchain": "1 0 0 nothing was written",
			"horizontal": "0 0 0 nothing was written", "communication-networks": "0 0 0 nobody has it", "industrial-internet": "0 0 0 nobody has it"}, health)
		// The address is gone, the figures are not.
		h.wait(15 * 24 * time.Hour)
		before, _ := h.told(t, day(2019, 4, 1), day(2019, 4, 1))
		_, err = h.people.EraseAddress(t.Context(), "p1@large.example.org", "a letter")
		must(t, err)
		h.wait(30 * 24 * time.Hour)
		after, _ := h.told(t, day(2019, 4, 1), day(2019, 4, 1))
		same(t, before.Domains, after.Domains)
		same(t, before.Editions[0].Books, after.Editions[0].Books)
	})
}
