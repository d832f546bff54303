package web_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
)

// letterAgain makes a letter that has left.
func (s *site) letterAgain(ctx context.Context, l subscriptions.LedgerLetter) (text, html string, err error) {
	c, err := compose.New(compose.Options{Store: s.store, Keys: s.keys, Identity: subscriptions.StandardIdentity(), Salt: "salt", Now: func() time.Time { return s.now }})
	if err != nil {
		return "", "", err
	}
	return c.Again(ctx, l)
}

// settle gives every planned letter of an edition its outcome: what the function says
// of its address.
func (s *site) settle(t *testing.T, editionID int64, outcome func(address string) subscriptions.Outcome) {
	t.Helper()
	ctx := t.Context()
	for {
		claimed, err := s.store.Claim(ctx, "w", 1000, s.now, s.now.Add(60e9))
		if err != nil {
			t.Fatal(err)
		}
		if len(claimed) == 0 {
			break
		}
		var begins []subscriptions.Begin
		var outcomes []subscriptions.Outcome
		for _, d := range claimed {
			p, err := s.store.FindSubscriber(ctx, d.SubscriberID)
			if err != nil {
				t.Fatal(err)
			}
			o := outcome(d.Address)
			o.DeliveryID = d.ID
			if o.State != subscriptions.DeliverySkipped {
				begins = append(begins, subscriptions.Begin{DeliveryID: d.ID, Revision: p.Revision})
			}
			outcomes = append(outcomes, o)
		}
		if _, err := s.store.Advance(ctx, "w", s.now, nil, begins); err != nil {
			t.Fatal(err)
		}
		if _, err := s.store.Advance(ctx, "w", s.now, outcomes, nil); err != nil {
			t.Fatal(err)
		}
	}
	editions := &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	if _, err := editions.FinishIfDone(ctx, editionID); err != nil {
		t.Fatal(err)
	}
}

func taken(string) subscriptions.Outcome {
	return subscriptions.Outcome{State: subscriptions.DeliverySent, Code: 250, Status: "2.0.0", Detail: "Ok: queued", MessageID: "m@example.org"}
}

// released is an edition of the items that was planned and has its outcomes.
func (s *site) released(t *testing.T, title string, outcome func(address string) subscriptions.Outcome) subscriptions.Edition {
	t.Helper()
	ctx := t.Context()
	editions := &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	e, err := editions.Create(ctx, title, subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}})
	if err == nil {
		e, err = editions.Freeze(ctx, e.ID)
	}
	if err == nil {
		e, err = editions.Approve(ctx, e.ID, e.Hash, "a publisher")
	}
	if err == nil {
		_, err = editions.Start(ctx, e.ID)
	}
	if err == nil {
		_, _, err = editions.QueueBatch(ctx, e.ID, 1000)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.settle(t, e.ID, outcome)
	if e, err = s.store.FindEdition(ctx, e.ID); err != nil {
		t.Fatal(err)
	}
	return e
}

// What a server says is foreign text: it must not become markup, a formula, a
// command of a terminal or a word that is read backwards.
const hostileWords = "=HYPERLINK(\"http://evil.example\") <img src=x onerror=alert(1)> \x1b[2J\u202Eetis"

func TestTheLedgerTellsWhoGotWhat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	publisher, editor := s.as(subscriptions.RolePublisher), s.as(subscriptions.RoleEditor)
	ids := s.news(t, "One: iot", "Two: cybersecurity")
	anna := s.member("anna@example.org", "iot")
	s.member("annabel@two.example.org", "cybersecurity", "iot")
	s.member("+bad@three.example.org", "cybersecurity")
	e := s.released(t, "First quarter", func(address string) subscriptions.Outcome {
		if strings.HasPrefix(address, "+bad") {
			return subscriptions.Outcome{State: subscriptions.DeliveryFailed, Code: 550, Status: "5.1.1", Detail: hostileWords}
		}
		return taken(address)
	})
	path := "/desk/editions/" + strconv.FormatInt(e.ID, 10) + "/ledger"
	editor.get(path).want(t, http.StatusForbidden)
	editor.post(path+"/export", url.Values{"as": {"csv"}}).want(t, http.StatusForbidden)
	page := publisher.get(path)
	page.want(t, http.StatusOK, "anna@example.org", "annabel@two.example.org", "250", "5.1.1", "&lt;img src=x onerror=alert(1)&gt;", "<b>3</b> Planned", "<b>2</b> Sent", "<b>1</b> Failed", "Ledger</a>")
	if strings.ContainsAny(page.body, "\x1b\u202E") {
		t.Error("the page passes on what moves a terminal or turns a line round")
	}
	shows := func(query, want string) {
		t.Helper()
		got := publisher.get(path + "?" + query)
		var names []string
		for _, name := range []string{"anna@example.org", "annabel@two", "&#43;bad@three"} {
			if strings.Contains(got.body, ">"+name) {
				names = append(names, strings.TrimPrefix(name, "&#43;"))
			}
		}
		if said := strings.Join(names, " "); said != want || got.StatusCode != http.StatusOK {
			t.Errorf("%s shows %q (%d), want %q", query, said, got.StatusCode, want)
		}
	}
	all, err := s.store.Topics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	topic := map[string]string{}
	for _, one := range all {
		topic[one.Slug] = strconv.FormatInt(one.ID, 10)
	}
	shows("address=anna%40example.org", "anna@example.org")
	shows("address=ANNA", "anna@example.org annabel@two")
	shows("address=%40two.example.org", "annabel@two")
	shows("address=%40two.example.org&state=failed", "")
	shows("address=%40three.example.org&state=failed", "bad@three")
	shows("state=failed", "bad@three")
	shows("state=open", "")
	shows("topic="+topic["iot"], "anna@example.org annabel@two")
	shows("item="+strconv.FormatInt(ids["Two"], 10), "annabel@two bad@three")
	shows("item=999", "")
	shows("from=2019-04-01&to=2019-04-01", "anna@example.org annabel@two bad@three")
	shows("to=2019-03-31", "")
	publisher.get(path+"?from=soon").want(t, http.StatusUnprocessableEntity, "This is not a day", `value="soon"`)
	publisher.get(path+"?from=2019-04-02&to=2019-04-01").want(t, http.StatusUnprocessableEntity, "The last day is before the first")
	publisher.get(path+"?after=-7&address=%25&state=nonsense").want(t, http.StatusOK, "No letter matches")
	publisher.get("/desk/editions/999/ledger").want(t, http.StatusNotFound)

	// One letter, and nobody else's by another edition's number.
	rows, err := s.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{SubscriberID: anna, EditionID: e.ID})
	if err != nil || len(rows) != 1 {
		t.Fatal(err, rows)
	}
	letter := path + "/" + strconv.FormatInt(rows[0].ID, 10)
	publisher.get(letter).want(t, http.StatusOK, "The letter to anna@example.org", "m@example.org", letter+"/letter")
	shown := publisher.get(letter + "/letter")
	shown.want(t, http.StatusOK, "One")
	if strings.Contains(shown.body, "Two") {
		t.Error("the letter holds what the person has not asked for")
	}
	if token := s.keys.Issue(subscriptions.PurposeUnsubscribe, anna, 0, s.now); strings.Contains(shown.body, token) {
		t.Error("the letter holds the link by which the person leaves")
	}
	if policy := shown.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") {
		t.Errorf("the letter's policy is %q", policy)
	}
	publisher.get(letter+"/letter?view=text").want(t, http.StatusOK, "One")
	editor.get(letter).want(t, http.StatusForbidden)
	editor.get(letter+"/letter").want(t, http.StatusForbidden)
	other, err := (&subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}).Create(t.Context(), "April", subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 4, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 4, Day: 30}})
	if err != nil {
		t.Fatal(err)
	}
	publisher.get(strings.Replace(letter, "/"+strconv.FormatInt(e.ID, 10)+"/", "/"+strconv.FormatInt(other.ID, 10)+"/", 1)).want(t, http.StatusNotFound)
	publisher.get("/desk/editions/"+strconv.FormatInt(other.ID, 10)+"/ledger").want(t, http.StatusOK, "Nothing has left yet")

	// The export holds what the filter shows, as text and not as formulas.
	file := publisher.post(path+"/export", url.Values{"as": {"csv"}, "state": {"failed"}})
	file.want(t, http.StatusOK)
	table, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	if err != nil || len(table) != 2 {
		t.Fatalf("%v: %q", err, file.body)
	}
	if got := table[1]; got[2] != "'+bad@three.example.org" || !strings.HasPrefix(got[9], "'=HYPERLINK") || strings.ContainsAny(got[9], "\x1b\u202E\n") {
		t.Errorf("the row: %q", got)
	}
	var records []subscriptions.LedgerRecord
	file = publisher.post(path+"/export", url.Values{"as": {"json"}, "address": {"anna@example.org"}})
	if err := json.Unmarshal([]byte(file.body), &records); err != nil || len(records) != 1 || records[0].Address != "anna@example.org" || records[0].Topics[0] != "iot" {
		t.Errorf("%v: %s", err, file.body)
	}
	if got := publisher.post(path+"/export", url.Values{"as": {"json"}, "state": {"uncertain"}}); strings.Join(strings.Fields(got.body), "") != "[]" {
		t.Errorf("an empty export: %q", got.body)
	}
	events, err := s.store.AuditEvents(t.Context(), subscriptions.AuditFilter{EditorID: publisher.Editor.ID, Action: "edition.export-ledger"})
	if err != nil || len(events) != 3 {
		t.Fatal(err, events)
	}
	if events[2].Detail != "failed" || strings.Contains(events[1].Detail, "anna@") {
		t.Errorf("the log: %+v", events)
	}
}
