package subscriptions_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// returns is the service that records what comes back, with the reader's judge put
// simply.
func (h *house) returns() *subscriptions.BounceService {
	return &subscriptions.BounceService{Store: h.store, Keys: h.keys, Readers: h.people, Now: h.clock,
		Judge: func(code int, status, _ string) (subscriptions.ReturnReason, subscriptions.ReturnClass) {
			switch {
			case strings.HasPrefix(status, "5.1.1"):
				return subscriptions.ReasonUserUnknown, subscriptions.ReturnHard
			case code < 500:
				return subscriptions.ReasonExpired, subscriptions.ReturnSoft
			}
			return subscriptions.ReasonPolicy, subscriptions.ReturnSoft
		}}
}

// letter is a digest that was sent to the reader, with the token of its envelope.
func (h *house) letter(t testing.TB, who string, n int) (subscriptions.Delivery, string) {
	t.Helper()
	p := h.find(t, who)
	d := subscriptions.Delivery{Kind: subscriptions.KindManage, Key: fmt.Sprintf("letter:%d:%d", p.ID, n), SubscriberID: p.ID, Address: p.Address,
		State: subscriptions.DeliveryQueued, NotBefore: h.clock(), CreatedAt: h.clock()}
	_, err := h.store.QueueDeliveries(t.Context(), []subscriptions.Delivery{d})
	must(t, err)
	d, err = h.store.FindDeliveryByKey(t.Context(), d.Key)
	must(t, err)
	return d, h.keys.Issue(subscriptions.PurposeDelivery, p.ID, d.ID, h.clock())
}

func report(id, token, address string, class subscriptions.ReturnClass, reason subscriptions.ReturnReason) subscriptions.Returned {
	return subscriptions.Returned{ID: id, Way: subscriptions.WaySMTP, Kind: subscriptions.ReturnBounce, Token: token, Original: []byte("From: <>\r\n\r\nNo such user here.\r\n"),
		Recipients: []subscriptions.ReturnedRecipient{{Address: address, Class: class, Reason: reason, Status: "5.1.1", Action: "failed", Diagnostic: "smtp; 550 no such user"}}}
}

func TestADeadAddressEndsAtOnceAndTheNextClaimSkipsIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		p := h.reader(t, who, "iot", "blockchain")
		_, token := h.letter(t, who, 1)
		s := h.returns()
		r := report("r1", token, who, subscriptions.ReturnHard, subscriptions.ReasonUserUnknown)
		done, err := s.Record(t.Context(), r)
		must(t, err)
		same(t, subscriptions.EffectEnded, done.Effect)
		same(t, subscriptions.SuppressedBounce, h.suppressed(t, who))
		same(t, "iot ended (bounced), blockchain ended (bounced)", h.rows(t, who))
		after := h.find(t, who)
		same(t, subscriptions.EndBounced, after.EndReason)
		if after.Revision <= p.Revision {
			t.Error("what is in flight is not looked at again")
		}
		if !strings.Contains(h.consents(t, who), "withdrawn") {
			t.Errorf("the consents are %s", h.consents(t, who))
		}

		again, err := s.Record(t.Context(), r) // by another way, say
		must(t, err)
		same(t, true, again.Known)
		rows, err := h.store.Bounces(t.Context(), subscriptions.BounceFilter{})
		must(t, err)
		same(t, 1, len(rows))
		same(t, subscriptions.EffectEnded, rows[0].Effect)
		same(t, len(r.Original), rows[0].Kept)
		o, err := h.store.FindOriginal(t.Context(), "r1")
		must(t, err)
		same(t, len(r.Original), o.Size)
	})
}

func TestWhatBearsNoTokenOfOursNeverSuppresses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who, other = "reader@example.org", "other@example.org"
		h.reader(t, who, "iot")
		h.reader(t, other, "iot")
		_, token := h.letter(t, who, 1)
		s := h.returns()
		forged := []byte(token)
		forged[len(forged)-3] ^= 1
		wrong := h.keys.Issue(subscriptions.PurposeUnsubscribe, h.find(t, who).ID, 0, h.clock())
		gone := h.keys.Issue(subscriptions.PurposeDelivery, h.find(t, who).ID, 999_999, h.clock())
		for i, token := range []string{"", "x", string(forged), wrong, gone} {
			for _, kind := range []subscriptions.ReturnKind{subscriptions.ReturnBounce, subscriptions.ReturnComplaint} {
				r := report(fmt.Sprintf("r%d%s", i, kind), token, who, subscriptions.ReturnHard, subscriptions.ReasonUserUnknown)
				if r.Kind = kind; kind == subscriptions.ReturnComplaint {
					r.Recipients[0].Class = subscriptions.ReturnComplains
				}
				done, err := s.Record(t.Context(), r)
				must(t, err)
				same(t, subscriptions.EffectStranger, done.Effect)
				same(t, false, done.Assigned)
			}
		}
		same(t, subscriptions.SuppressionReason(""), h.suppressed(t, who))
		// The token says whom it is about, whoever the report names.
		_, err := s.Record(t.Context(), report("r9", token, other, subscriptions.ReturnHard, subscriptions.ReasonUserUnknown))
		must(t, err)
		same(t, subscriptions.SuppressionReason(""), h.suppressed(t, other))
		same(t, subscriptions.SuppressionReason(""), h.suppressed(t, who)) // behind it: after the second
		yes := false
		strangers, err := h.store.Bounces(t.Context(), subscriptions.BounceFilter{Assigned: &yes})
		must(t, err)
		same(t, 10, len(strangers))
	})
}

func TestAComplaintEndsEverythingAndOneOfAListNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who, list = "reader@example.org", "all@example.org"
		h.reader(t, who, "iot")
		h.reader(t, list, "iot")
		s := h.returns()
		_, token := h.letter(t, who, 1)
		r := report("c", token, "", subscriptions.ReturnComplains, "")
		r.Kind = subscriptions.ReturnComplaint
		done, err := s.Record(t.Context(), r)
		must(t, err)
		same(t, subscriptions.EffectEnded, done.Effect)
		same(t, subscriptions.SuppressedComplaint, h.suppressed(t, who))
		same(t, "iot ended (complained)", h.rows(t, who))

		_, token = h.letter(t, list, 1)
		r = report("l", token, "one@example.net", subscriptions.ReturnHard, subscriptions.ReasonUserUnknown)
		r.Recipients = append(r.Recipients, subscriptions.ReturnedRecipient{Address: "two@example.net", Class: subscriptions.ReturnHard, Reason: subscriptions.ReasonUserUnknown})
		for i := range 4 {
			r.ID = fmt.Sprintf("l%d", i)
			_, err = s.Record(t.Context(), r)
			must(t, err)
			h.wait(25 * time.Hour)
		}
		same(t, subscriptions.SuppressionReason(""), h.suppressed(t, list))
	})
}

func TestWhoIsAskedAndAnswersIsAlive(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		p := h.reader(t, who, "iot")
		s := h.returns()
		refuse := func(n int) subscriptions.Recorded {
			t.Helper()
			_, token := h.letter(t, who, n)
			done, err := s.Record(t.Context(), report(fmt.Sprintf("r%d", n), token, who, subscriptions.ReturnSoft, subscriptions.ReasonPolicy))
			must(t, err)
			h.wait(30 * aDay)
			return done
		}
		same(t, subscriptions.EffectCounted, refuse(1).Effect)
		same(t, subscriptions.EffectAsked, refuse(2).Effect)
		history, err := h.store.BouncesOf(t.Context(), h.keys.HashAddress(who), time.Time{})
		must(t, err)
		question := history[len(history)-1]
		same(t, subscriptions.ReturnProbe, question.Kind)
		probe, err := h.store.FindDeliveryByKey(t.Context(), fmt.Sprintf("probe:%d:%d", p.ID, question.ID))
		must(t, err)
		same(t, subscriptions.KindProbe, probe.Kind)
		same(t, question.ID, probe.RefID)

		token := h.keys.Issue(subscriptions.PurposeAlive, p.ID, question.ID, h.clock())
		for _, done := range []bool{false, true} {
			a, err := h.people.Alive(t.Context(), token)
			must(t, err)
			same(t, done, a.Done)
			_, err = h.people.ProveAlive(t.Context(), token)
			must(t, err)
		}
		_, err = h.people.ProveAlive(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who))
		fails(t, err, subscriptions.Forged)
		same(t, subscriptions.EffectCounted, refuse(3).Effect)
		same(t, subscriptions.EffectAsked, refuse(4).Effect)
		same(t, subscriptions.EffectEnded, refuse(5).Effect) // asked, and silent
		same(t, subscriptions.SuppressedBounce, h.suppressed(t, who))

		// An editor lifts it with a reason; what came before counts no more.
		desk := &subscriptions.PeopleService{Store: h.store, Keys: h.keys, Readers: h.people, Now: h.clock}
		fails(t, desk.Lift(t.Context(), who, "", subscriptions.Actor{Name: "An editor"}), subscriptions.Invalid)
		must(t, desk.Lift(t.Context(), who, "their server was mended", subscriptions.Actor{Name: "An editor"}))
		same(t, subscriptions.EffectCounted, refuse(6).Effect)
	})
}

func TestARefusalAtOnceGoesThroughTheSamePolicy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.returns()
		worker := "w"
		fail := func(who string, code int, status string) {
			t.Helper()
			h.reader(t, who, "iot")
			d, _ := h.letter(t, who, 1)
			must(t, h.store.Beat(t.Context(), worker, h.clock()))
			for {
				claimed, err := h.store.ClaimUrgent(t.Context(), worker, 100, h.clock(), h.clock().Add(time.Hour))
				must(t, err)
				if len(claimed) == 0 {
					break
				}
			}
			_, err := h.store.Advance(t.Context(), worker, h.clock(), []subscriptions.Outcome{{DeliveryID: d.ID, State: subscriptions.DeliveryFailed, Code: code, Status: status, Detail: "no"}}, nil)
			must(t, err)
		}
		fail("dead@example.org", 550, "5.1.1")
		fail("policy@example.org", 550, "5.7.1")
		fail("late@example.org", 451, "4.4.7")
		fail("old@example.org", 0, "")
		n, err := s.RecordRefusals(t.Context(), 100)
		must(t, err)
		same(t, 4, n)
		same(t, subscriptions.SuppressedBounce, h.suppressed(t, "dead@example.org"))
		for _, who := range []string{"policy@example.org", "late@example.org", "old@example.org"} {
			same(t, subscriptions.SuppressionReason(""), h.suppressed(t, who))
		}
		n, err = s.RecordRefusals(t.Context(), 100)
		must(t, err)
		same(t, 0, n)
		rows, err := h.store.Bounces(t.Context(), subscriptions.BounceFilter{})
		must(t, err)
		same(t, 3, len(rows))

		// What an editor has sent once more may be refused for another reason.
		again, err := h.store.FindDeliveryByKey(t.Context(), fmt.Sprintf("letter:%d:1", h.find(t, "late@example.org").ID))
		must(t, err)
		h.wait(time.Hour)
		queued, err := h.store.QueueAgain(t.Context(), []int64{again.ID}, []subscriptions.DeliveryState{subscriptions.DeliveryFailed}, "sent again", h.clock())
		must(t, err)
		same(t, 1, queued)
		_, err = h.store.ClaimUrgent(t.Context(), worker, 100, h.clock(), h.clock().Add(time.Hour))
		must(t, err)
		_, err = h.store.Advance(t.Context(), worker, h.clock(), []subscriptions.Outcome{{DeliveryID: again.ID, State: subscriptions.DeliveryFailed, Code: 550, Status: "5.1.1", Detail: "no such user"}}, nil)
		must(t, err)
		_, err = s.RecordRefusals(t.Context(), 100)
		must(t, err)
		same(t, subscriptions.SuppressedBounce, h.suppressed(t, "late@example.org"))
	})
}

func TestOneReportAtOnceByManyWaysIsOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.reader(t, who, "iot")
		_, token := h.letter(t, who, 1)
		_, second := h.letter(t, who, 2)
		s := h.returns()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				r := report("same", token, who, subscriptions.ReturnHard, subscriptions.ReasonOther)
				if i%2 == 1 {
					r = report("other", second, who, subscriptions.ReturnHard, subscriptions.ReasonOther)
				}
				if _, err := s.Record(context.Background(), r); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		rows, err := h.store.Bounces(t.Context(), subscriptions.BounceFilter{})
		must(t, err)
		same(t, 2, len(rows))
	})
}

func TestWhoLeavesByMailLeaves(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.reader(t, who, "iot", "blockchain")
		s := h.returns()
		r := subscriptions.Returned{ID: "u", Way: subscriptions.WaySMTP, Kind: subscriptions.ReturnUnsubscribe}
		done, err := s.Record(t.Context(), r)
		must(t, err)
		same(t, subscriptions.EffectStranger, done.Effect)
		r.ID, r.Unsubscribe = "v", h.link(t, subscriptions.PurposeUnsubscribe, who)
		done, err = s.Record(t.Context(), r)
		must(t, err)
		same(t, subscriptions.EffectLeft, done.Effect)
		same(t, "iot ended (unsubscribed), blockchain ended (unsubscribed)", h.rows(t, who))
		same(t, subscriptions.SuppressionReason(""), h.suppressed(t, who))
	})
}

func TestWhatCameBackIsForgottenWithThePerson(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.reader(t, who, "iot")
		_, token := h.letter(t, who, 1)
		_, err := h.returns().Record(t.Context(), report("r1", token, who, subscriptions.ReturnSoft, subscriptions.ReasonMailboxFull))
		must(t, err)
		_, err = h.returns().Record(t.Context(), report("r2", "", "stranger@example.net", subscriptions.ReturnSoft, subscriptions.ReasonMailboxFull))
		must(t, err)
		_, err = h.people.EraseAddress(t.Context(), who, "test")
		must(t, err)
		rows, err := h.store.Bounces(t.Context(), subscriptions.BounceFilter{})
		must(t, err)
		same(t, "", rows[1].Address+rows[1].Diagnostic+rows[1].Hash)
		_, err = h.store.FindOriginal(t.Context(), "r1")
		fails(t, err, subscriptions.NotFound)
		_, err = h.store.FindOriginal(t.Context(), "r2")
		must(t, err)

		clocks := &subscriptions.RetentionService{Store: h.store, Keys: h.keys}
		_, err = clocks.Run(t.Context(), h.clock().Add(89*aDay))
		must(t, err)
		_, err = h.store.FindOriginal(t.Context(), "r2")
		must(t, err)
		_, err = clocks.Run(t.Context(), h.clock().Add(90*aDay))
		must(t, err)
		_, err = h.store.FindOriginal(t.Context(), "r2")
		fails(t, err, subscriptions.NotFound)
		_, err = clocks.Run(t.Context(), h.clock().Add(400*aDay))
		must(t, err)
		b, err := h.store.FindBounce(t.Context(), rows[0].ID)
		must(t, err)
		same(t, "example.net", b.Address+b.Diagnostic+b.Domain)
	})
}

func TestARunPausesItselfWhenTooManyComplain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.item(t, "news", day(2019, 2, 1), "iot")
		h.crowd(t, 80)
		h.editions.Settings = &subscriptions.SettingsService{Store: h.store, Now: h.clock}
		e := h.plan(t, h.sending(t).ID, 1000)
		h.ends(t, e.ID, 60, subscriptions.DeliverySent)
		sent, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{EditionID: e.ID, States: []subscriptions.DeliveryState{subscriptions.DeliverySent}})
		must(t, err)
		s := h.returns()
		s.Editions = h.editions
		for i, d := range sent[:3] {
			found, err := h.store.FindEdition(t.Context(), e.ID)
			must(t, err)
			same(t, subscriptions.EditionSending, found.State)
			r := report(fmt.Sprintf("c%d", i), h.keys.Issue(subscriptions.PurposeDelivery, d.SubscriberID, d.ID, h.clock()), "", subscriptions.ReturnComplains, "")
			r.Kind = subscriptions.ReturnComplaint
			for range 2 { // counted once
				_, err = s.Record(t.Context(), r)
				must(t, err)
			}
		}
		found, err := h.store.FindEdition(t.Context(), e.ID)
		must(t, err)
		same(t, subscriptions.EditionPaused, found.State)
	})
}
