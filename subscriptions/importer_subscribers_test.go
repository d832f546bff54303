package subscriptions_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/subscriptions"
)

// list reads "email topic;topic" lines as a file's rows, the first on line 2.
func list(lines ...string) []subscriptions.SubscriberRow {
	var rows []subscriptions.SubscriberRow
	for n, line := range lines {
		email, topics, _ := strings.Cut(line, " ")
		row := subscriptions.SubscriberRow{Line: n + 2, Email: email}
		if topics != "" {
			row.Topics = strings.Split(topics, ";")
		}
		rows = append(rows, row)
	}
	return rows
}

var provable = subscriptions.SubscriberOptions{Confirmed: true, Source: "sign-up sheet, March 2019"}

// importList rehearses, imports, and wants both to report the same.
func (h *house) importList(t testing.TB, o subscriptions.SubscriberOptions, rows []subscriptions.SubscriberRow) subscriptions.SubscriberReport {
	t.Helper()
	before, err := h.store.CountSubscribers(t.Context(), h.clock())
	must(t, err)
	rehearsal := o
	rehearsal.DryRun = true
	want, err := h.imports.Subscribers(t.Context(), slices.Values(rows), rehearsal)
	must(t, err)
	after, err := h.store.CountSubscribers(t.Context(), h.clock())
	must(t, err)
	same(t, before, after) // a rehearsal writes nothing
	got, err := h.imports.Subscribers(t.Context(), slices.Values(rows), o)
	must(t, err)
	same(t, want, got)
	if got.Rows != got.Added+got.Extended+got.Unchanged+got.Ended+got.Suppressed+got.Bad {
		t.Errorf("the report does not add up: %+v", got)
	}
	return got
}

func TestConfirmedPeopleAreReadersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		rows := list("A@Example.org iot;cybersecurity", "b@example.org iot")
		rows[0].Name = " A  Name "
		report := h.importList(t, provable, rows)
		same(t, subscriptions.SubscriberReport{Rows: 2, Added: 2}, report)
		a := h.find(t, "a@example.org")
		same(t, "A@example.org A Name active", fmt.Sprint(a.Address, " ", a.Name, " ", a.Status(h.clock())))
		same(t, "iot active, cybersecurity active", h.rows(t, "a@example.org"))
		same(t, "", h.mail(t, "a@example.org"))
		consents, err := h.store.Consents(t.Context(), a.ID)
		must(t, err)
		same(t, "imported [iot cybersecurity] sign-up sheet, March 2019", fmt.Sprint(consents[0].Kind, " ", consents[0].Topics, " ", consents[0].Source))

		report = h.importList(t, provable, rows) // twice changes nothing
		same(t, subscriptions.SubscriberReport{Rows: 2, Unchanged: 2}, report)
		same(t, a, h.find(t, "a@example.org"))
		same(t, "imported iot+cybersecurity", h.consents(t, "a@example.org"))
	})
}

func TestConfirmedWithoutASourceIsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, source := range []string{"", "  "} {
			_, err := h.imports.Subscribers(t.Context(), slices.Values(list("a@example.org iot")), subscriptions.SubscriberOptions{Confirmed: true, Source: source})
			fails(t, err, subscriptions.Invalid)
		}
		_, err := h.store.FindSubscriberByAddress(t.Context(), "a@example.org")
		fails(t, err, subscriptions.NotFound)
	})
}

func TestUnconfirmedPeopleGetOneConfirmationEach(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		report := h.importList(t, subscriptions.SubscriberOptions{}, list("a@example.org iot", "b@example.org iot", "A@EXAMPLE.org blockchain", "a@example.org iot"))
		same(t, subscriptions.SubscriberReport{Rows: 4, Added: 2, Extended: 1, Unchanged: 1, Twice: 2}, report)
		same(t, "iot pending, blockchain pending", h.rows(t, "a@example.org"))
		same(t, "given iot+blockchain", h.consents(t, "a@example.org"))
		for _, who := range []string{"a@example.org", "b@example.org"} {
			same(t, "1 confirmation", h.mail(t, who))
		}
		h.importList(t, subscriptions.SubscriberOptions{}, list("a@example.org iot", "b@example.org cybersecurity"))
		same(t, "1 confirmation", h.mail(t, "b@example.org")) // the first one confirms both
		_, err := h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, "b@example.org"), "")
		must(t, err)
		same(t, "iot active, cybersecurity active", h.rows(t, "b@example.org"))

		h.importList(t, subscriptions.SubscriberOptions{}, list("b@example.org horizontal")) // more for a reader
		same(t, "2 confirmation", h.mail(t, "b@example.org"))
		same(t, "iot active, cybersecurity active, horizontal pending", h.rows(t, "b@example.org"))
		report = h.importList(t, provable, list("a@example.org iot", "b@example.org horizontal;iot")) // now with proof
		same(t, subscriptions.SubscriberReport{Rows: 2, Extended: 2}, report)
		same(t, "iot active, blockchain pending", h.rows(t, "a@example.org"))
		same(t, "iot active, cybersecurity active, horizontal active", h.rows(t, "b@example.org"))
	})
}

func TestWhatHasEndedIsNeverReopenedByAList(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.reader(t, "left@example.org", "iot")
		h.reader(t, "some@example.org", "iot", "blockchain")
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, "left@example.org"), "", "link", "")
		must(t, err)
		_, err = h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, "some@example.org"), "iot", "link", "")
		must(t, err)
		before := h.find(t, "left@example.org")
		for _, o := range []subscriptions.SubscriberOptions{provable, {}} {
			report := h.importList(t, o, list("left@example.org iot;cybersecurity", "some@example.org iot", "some@example.org iot;blockchain"))
			same(t, subscriptions.SubscriberReport{Rows: 3, Ended: 3, Twice: 1}, report)
		}
		same(t, before, h.find(t, "left@example.org"))
		same(t, "iot ended (unsubscribed)", h.rows(t, "left@example.org"))
		same(t, "iot ended (unsubscribed), blockchain active", h.rows(t, "some@example.org"))
		report := h.importList(t, provable, list("some@example.org iot;cybersecurity"))
		same(t, subscriptions.SubscriberReport{Rows: 1, Extended: 1}, report)
		same(t, "iot ended (unsubscribed), blockchain active, cybersecurity active", h.rows(t, "some@example.org"))
		same(t, "1 confirmation", h.mail(t, "left@example.org"))
	})
}

func TestSuppressedAddressesAreLeftOut(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, reason := range []subscriptions.SuppressionReason{subscriptions.SuppressedBounce, subscriptions.SuppressedComplaint,
			subscriptions.SuppressedErased, subscriptions.SuppressedByEditor} {
			who := fmt.Sprintf("s%d@example.org", i)
			h.suppress(t, who, reason)
			report := h.importList(t, provable, list(strings.ToUpper(who)+" iot", "fine"+who+" iot"))
			same(t, subscriptions.SubscriberReport{Rows: 2, Added: 1, Suppressed: 1}, report)
			_, err := h.store.FindSubscriberByAddress(t.Context(), who)
			fails(t, err, subscriptions.NotFound)
		}
	})
}

func TestABadRowIsReportedAndTheRestGoesOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		rows := list("a@example.org iot", "nobody iot", "b@example.org weather", "c@example.org", "d@example.org iot", "e@example.org iot", "f@example.org iot")
		rows[4].Name = "a\x00b"
		rows[5].Err = errors.New("the row has 7 fields, the header 3")
		report := h.importList(t, provable, rows)
		var got []string
		for _, f := range report.Findings {
			got = append(got, fmt.Sprintf("%s %s: %s", f.Place, f.Severity, f.Message))
		}
		want := []string{`line 3 error: "nobody" is not an e-mail address`, `line 4 error: there is no topic "weather"`, "line 5 error: choose at least one topic",
			"line 6 error: the name holds a control character", "line 7 error: the row has 7 fields, the header 3"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		same(t, "7 2 5", fmt.Sprint(report.Rows, report.Added, report.Bad))
		if report.Findings[0].Hint == "" || report.Findings[1].Hint == "" {
			t.Error("no hint what to do")
		}
		h.find(t, "f@example.org")
	})
}

func TestAFileFullOfBadRowsFillsNoMemory(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		report, err := h.imports.Subscribers(t.Context(), func(yield func(subscriptions.SubscriberRow) bool) {
			for n := range 5000 {
				if !yield(subscriptions.SubscriberRow{Line: n, Email: "bad"}) {
					return
				}
			}
		}, provable)
		must(t, err)
		same(t, "5000 5000 1000", fmt.Sprint(report.Rows, report.Bad, len(report.Findings)))
	})
}

func TestDuplicatesWithinAFileAndAcrossItsBatches(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var lines []string
		for n := range 1200 { // batches are of a thousand rows
			lines = append(lines, fmt.Sprintf("p%d@example.org iot", n))
		}
		lines = append(lines, "P5@example.org iot", "p5@example.org blockchain", "p1150@example.org cybersecurity", "P1150@EXAMPLE.org iot;cybersecurity")
		report := h.importList(t, provable, list(lines...))
		same(t, subscriptions.SubscriberReport{Rows: 1204, Added: 1200, Extended: 2, Unchanged: 2, Twice: 4}, report)
		same(t, "iot active, blockchain active", h.rows(t, "p5@example.org"))
		same(t, "iot active, cybersecurity active", h.rows(t, "p1150@example.org"))
		if first, last := h.find(t, "p0@example.org").ID, h.find(t, "p1199@example.org").ID; last-first != 1199 {
			t.Errorf("people are not in the order of the file: %d to %d", first, last)
		}
	})
}
