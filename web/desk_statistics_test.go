package web_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestStatisticsAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	editor := s.as(subscriptions.RoleEditor)
	service := &subscriptions.StatisticsService{Store: s.store, Now: func() time.Time { return s.now }}
	editor.get("/desk/statistics").want(t, http.StatusOK, "Nothing was counted yet")
	editor.get("/desk/statistics/report").want(t, http.StatusOK, "Nothing was counted yet")
	count := func() {
		t.Helper()
		if err := service.Count(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	count()
	editor.get("/desk/statistics").want(t, http.StatusOK, "There is nothing to tell in these months")
	s.news(t, "One: iot", "Two: cybersecurity")
	s.member("anna@example.org", "iot")
	s.member("bea@example.org", "cybersecurity")
	e := s.released(t, `=1+1 "First" quarter`, func(address string) subscriptions.Outcome {
		if strings.HasPrefix(address, "bea") {
			return subscriptions.Outcome{State: subscriptions.DeliveryFailed, Code: 550, Status: "5.1.1", Detail: hostileWords}
		}
		return taken(address)
	})
	path := "/desk/editions/" + strconv.FormatInt(e.ID, 10) + "/statistics"
	editor.get(path).want(t, http.StatusOK, "was not counted yet")
	count()
	page := editor.get("/desk/statistics")
	page.want(t, http.StatusOK, "2 people read the newsletter now", "No such address", "1 of 1", "Nothing was written", "Report to print", "<svg", "=1&#43;1")
	if strings.Contains(page.body, "anna@") || strings.Contains(page.body, "style=") {
		t.Error("the page names a person, or has a style of its own that the policy refuses")
	}
	editor.get("/desk/statistics/report?from=2019-04&to=2019-04").want(t, http.StatusOK, "April 2019", "2 people joined", "1 letter could not be delivered (1 of 2)", "most often for this reason: no such address")
	editor.get(path).want(t, http.StatusOK, "1 of 2 letters sent", "No such address", "Letters with it")
	editor.get("/desk/statistics?from=soon").want(t, http.StatusUnprocessableEntity, "This is not a month")
	editor.get("/desk/statistics?from=2019-05&to=2019-04").want(t, http.StatusUnprocessableEntity, "he last month is before the first")
	editor.get("/desk/statistics?from=1900-01&to=2019-04").want(t, http.StatusUnprocessableEntity, "60 at most")
	for _, table := range []string{"months", "editions", "topics", "domains", "losses"} {
		file := editor.get("/desk/statistics/" + table + ".csv?from=2019-04&to=2019-04")
		file.want(t, http.StatusOK)
		rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Errorf("%s: %v\n%s", table, err, file.body)
		}
		if table == "editions" && rows[1][1] != `'=1+1 "First" quarter` {
			t.Errorf("a title is a formula: %q", rows[1])
		}
	}
	var record subscriptions.StatisticsRecord
	if err := json.Unmarshal([]byte(editor.get("/desk/statistics/statistics.json").body), &record); err != nil || record.Readers != 2 || len(record.Months) != 1 {
		t.Errorf("%v %+v", err, record)
	}
	for _, wrong := range []string{"people.csv", "months", "months.json", "..%2fmonths.csv"} {
		editor.get("/desk/statistics/"+wrong).want(t, http.StatusNotFound)
	}
	editor.get("/desk/statistics/months.csv?from=soon").want(t, http.StatusUnprocessableEntity)
}
