package web_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// publish brings an edition of one item out.
func (s *site) publish(i subscriptions.Item, topics ...string) {
	s.t.Helper()
	ctx := s.t.Context()
	for _, slug := range topics {
		i.Topics = append(i.Topics, storetest.Topics(s.t, s.store)[slug].ID)
	}
	i.State, i.CreatedAt = subscriptions.ItemPublished, s.now
	e := subscriptions.Edition{Slug: "of-" + i.Slug, Title: "Edition of " + i.Slug, Period: subscriptions.Period{From: i.Date, To: i.Date},
		State: subscriptions.EditionSent, CreatedAt: s.now, StartedAt: s.now}
	err := s.store.InTx(ctx, func(tx subscriptions.Store) error {
		if err := tx.AddEdition(ctx, &e); err != nil {
			return err
		}
		i.EditionID = e.ID
		if err := tx.AddItem(ctx, &i); err != nil {
			return err
		}
		all, err := tx.Topics(ctx)
		if err != nil {
			return err
		}
		return tx.PutContent(ctx, subscriptions.Content{EditionID: e.ID, Slug: e.Slug, Title: e.Title, Period: e.Period, Topics: all, Entries: []subscriptions.Item{i}})
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t)
	s.publish(subscriptions.Item{Slug: "specification", Title: "Personal information security specification", Date: subscriptions.Date{Year: 2018, Month: 2, Day: 1}, Body: "Text.",
		Standard: &subscriptions.Standard{Identifier: "GB/T 35273-2017", OriginalTitle: "信息安全技术 个人信息安全规范"}}, "cybersecurity")
	s.get("/search").want(t, http.StatusOK, "All entries of all editions", `maxlength="200"`, `<option value="cybersecurity">`)
	found := s.get("/search?q=GB%2FT+35273&topic=cybersecurity")
	found.want(t, http.StatusOK, `value="GB/T 35273"`, "<mark>GB/T</mark> <mark>35273</mark>-2017", `value="cybersecurity" selected`,
		`href="/items/specification"`, "1 entry found in Cybersecurity and digital identity</p>")
	s.get("/search?q=%E4%BF%A1%E6%81%AF").want(t, http.StatusOK, "<mark>信息</mark>")
	s.get("/search?q=the+IoT+framework").want(t, http.StatusOK, `href="/items/real-time-iot-framework"`)
	s.get("/search?q=framework+xyzzy").want(t, http.StatusOK, "No entry has all of these words", "Try fewer words", `value="framework xyzzy"`)
	s.get("/search?q=framework&topic=blockchain").want(t, http.StatusOK, "No entry in Blockchain has", `<a href="/search?q=framework">2 entries found in all topics</a>`)
	s.get("/search?q=%C2%A7+--").want(t, http.StatusOK, "There is no word in that", `value="§ --"`)
	s.get("/search?q="+strings.Repeat("x+", 200)).want(t, http.StatusOK, "Only the first 200 characters were looked for.")
	s.get("/search?q=1+2+3+4+5+6+7+8+9+10+11+12+13+14").want(t, http.StatusOK, "Only the first 12 words were looked for.", `value="1 2 3 4 5 6 7 8 9 10 11 12 13 14"`)
	for _, q := range []string{"%00", "%ff", "%22", "%27", "*", "a%22%2A", "%28%29", "NEAR%28", "-a", "a%3Ab", "%5C", strings.Repeat("%E6%B3%95", 2000)} {
		if a := s.get("/search?q=" + q + "&page=-3&topic=%00"); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", q, a.Status)
		}
	}
	s.get("/editions").want(t, http.StatusOK, `action="/search"`)
}

// What was typed and what was found stand on the page as text.
func TestSearchShowsTextOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.publish(subscriptions.Item{Slug: "odd", Title: "An <img src=x onerror=alert(1)> title", Date: subscriptions.Date{Year: 2019, Month: 2, Day: 1},
		Issuer: "<i>issuer</i>", Body: "Word & `<script>alert(1)</script>` \\<b\\>more\\</b\\> end", Standard: &subscriptions.Standard{Identifier: "<u>GB/T 1</u>"}}, "iot")
	a := s.get("/search?q=alert+%22%3E%3C%22+gb%2Ft")
	a.want(t, http.StatusOK, "&lt;img src=x onerror=<mark>alert</mark>(1)&gt;", `value="alert &#34;&gt;&lt;&#34; gb/t"`, "&lt;u&gt;<mark>GB/T</mark>")
	body := a.body[strings.Index(a.body, "<main"):]
	for _, sign := range []string{"<script", "<img", "<i>", "<u>", "<b>"} {
		if strings.Contains(body, sign) {
			t.Errorf("the page holds %s", sign)
		}
	}
}

func TestLongListsTurnPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for n := range 61 {
		s.publish(subscriptions.Item{Slug: fmt.Sprintf("news-%d", n), Title: fmt.Sprintf("News %d", n), Date: subscriptions.Date{Year: 2010 + n/12, Month: 1, Day: 1 + n%12}, Body: "b"}, "iot")
	}
	s.get("/search?q=news&topic=iot&page=2").want(t, http.StatusOK, "61 entries found", "Page 2 of 4", `rel="prev" href="/search?q=news&amp;topic=iot"`, `rel="next" href="/search?page=3&amp;q=news&amp;topic=iot"`)
	s.get("/topics/iot").want(t, http.StatusOK, "Page 1 of 2", `rel="next" href="/topics/iot?page=2"`, "News 60")
	last := s.get("/topics/iot?page=99")
	last.want(t, http.StatusOK, "Page 2 of 2", `rel="prev" href="/topics/iot"`, "/items/news-0\"", `<link rel="canonical" href="http://127.0.0.1:8080/topics/iot?page=2">`)
	if strings.Contains(last.body, `rel="next"`) {
		t.Error("the last page has a next one")
	}
	s.get("/editions?page=7").want(t, http.StatusOK, "Page 7 of 7", "Edition of news-0<")
	if n := strings.Count(s.get("/editions").body, `class="meta"`); n != 10 {
		t.Errorf("%d editions stand on a page", n)
	}
}

func TestBrowsersCanSearchHere(t *testing.T) {
	t.Parallel()
	s := newSite(t, atBase)
	s.get("/").want(t, http.StatusOK, `<link rel="search" type="application/opensearchdescription+xml"`)
	a := s.get("/opensearch.xml")
	a.want(t, http.StatusOK)
	var d struct {
		XMLName   xml.Name `xml:"http://a9.com/-/spec/opensearch/1.1/ OpenSearchDescription"`
		ShortName string
		URL       struct {
			Template string `xml:"template,attr"`
		} `xml:"Url"`
	}
	if err := xml.Unmarshal([]byte(a.body), &d); err != nil {
		t.Fatal(err)
	}
	if n := len(d.ShortName); n == 0 || n > 16 || d.URL.Template != base+"/search?q={searchTerms}" {
		t.Errorf("%+v", d)
	}
}
