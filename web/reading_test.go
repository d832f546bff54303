package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
)

// TestReadingChangesNothing opens every route there is, with every kind of
// link, as scanners and previewers do, and compares the whole database before
// and after (MAIL 11).
func TestReadingChangesNothing(t *testing.T) {
	s := newSampleSite(t, func(o *web.Options) { o.Inbox, o.Demo = newBox(t), true })
	id := s.member("anna@example.org", "iot", "cybersecurity")
	pending := s.subscribe("ben@example.org", "blockchain")
	old := s.now.AddDate(-2, 0, 0)
	left, err := s.service.Unsubscribe(t.Context(), s.keys.Issue(subscriptions.PurposeUnsubscribe, id, 0, s.now), "iot", "a test", "")
	if err != nil {
		t.Fatal(err)
	}
	s.post(s.preferences(id), url.Values{"form": {"address"}, "email": {"new@example.org"}}).
		want(t, http.StatusSeeOther)
	asked, err := s.store.AddressChanges(t.Context(), id)
	if err != nil || len(asked) != 1 {
		t.Fatal(asked, err)
	}
	moved := s.member("old@example.org", "iot")
	s.moves(moved, "moved@example.org")
	others, err := subscriptions.NewKeyring([]byte("a secret of somebody else"))
	if err != nil {
		t.Fatal(err)
	}
	tokens := []string{pending, left.Undo, s.keys.IssueOwn(id, s.now), "forged", "AXVj" + strings.Repeat("A", 30), strings.Repeat("x", 500), "%00", "%2e%2e"}
	for _, p := range subscriptions.Purposes() {
		good := s.keys.Issue(p, id, 1, s.now)
		tokens = append(tokens, good, good[:len(good)-1], good+"A", s.keys.Issue(p, id, 0, s.now), s.keys.Issue(p, id, asked[0].ID, s.now),
			s.keys.Issue(p, moved, asked[0].ID+1, s.now), s.keys.Issue(p, id, 1, old), s.keys.Issue(p, 987654, 1, s.now), others.Issue(p, id, 1, s.now))
	}
	values := map[string][]string{
		":token":   tokens,
		":slug":    {"2019-q1", "real-time-iot-framework", "iot", "sesec-webinar-06", "nothing", "%27%3B--"},
		":n":       {"1", "2", "0", "-1", "99", "x", "99999999999999999999"},
		":id":      {"1", "0", "-1", "99", "x", "99999999999999999999"},
		"*path":    {"/site.css", "/../../go.mod"},
		":version": {"0", "1", "-1", "x"},
		":table":   {"topics", "..%2F..", "x"},
		":hash":    {"0123456789abcdef", "x", "..%2F.."},
		":name":    {"0123456789abcdef0123456789abcdef.png", "..%2F..%2Fgo.mod", "x"},
	}
	queries := []string{"", "?topic=iot&List-Unsubscribe=One-Click&undo=" + left.Undo, "?saved=topics,zone&topics=iot&email=anna@example.org&form=pause&pause=1m&reason=too-much&page=9&to=x&view=headers&width=phone"}
	parameter := regexp.MustCompile(`[:*]\w+`)
	before := s.dump()
	opened, tokensTried := 0, 0
	for _, route := range s.routes() {
		if route.Method == http.MethodPost {
			continue
		}
		paths := []string{route.Path}
		if p := parameter.FindString(route.Path); p != "" {
			if values[p] == nil {
				t.Fatalf("the test has no values for %s", route.Path)
			}
			paths = nil
			for _, v := range values[p] {
				paths = append(paths, strings.Replace(strings.Replace(route.Path, "/"+p, p, 1), p, "/"+strings.TrimPrefix(v, "/"), 1))
			}
		}
		for _, path := range paths {
			for _, q := range queries {
				a := s.do(httptest.NewRequest(route.Method, path+q, nil))
				if a.StatusCode >= 500 {
					t.Errorf("%s %s: %s", route.Method, path+q, a.Status)
				}
				if opened++; strings.Contains(route.Path, ":token") {
					tokensTried++
				}
			}
		}
	}
	if after := s.dump(); after != before {
		t.Errorf("reading changed the database:\n%s", diff(before, after))
	}
	if opened < 300 || tokensTried == 0 {
		t.Errorf("only %d pages were opened, %d of them with a token", opened, tokensTried)
	}
	s.noTokens(values[":token"]...)
}

// noTokens finds what must not stand in a log.
func (s *site) noTokens(tokens ...string) {
	s.t.Helper()
	for _, token := range tokens {
		if len(token) > 20 && strings.Contains(s.log.String(), token[:20]) {
			s.t.Errorf("the log holds a token: %s", token)
		}
	}
}

func diff(before, after string) string {
	was := map[string]bool{}
	for line := range strings.SplitSeq(before, "\n") {
		was[line] = true
	}
	var fresh []string
	for line := range strings.SplitSeq(after, "\n") {
		if !was[line] {
			fresh = append(fresh, line)
		}
	}
	return strings.Join(fresh, "\n")
}

func TestTheArchiveHoldsTheEdition(t *testing.T) {
	s := newSampleSite(t)
	s.get("/").want(t, http.StatusOK, "January–March 2019", "All 11 entries", "MIIT names 89 model solutions", "5 entries last time",
		"11 June 2019", "No draft is open for comments now", "tick it alone if you want nothing else")
	s.get("/editions").want(t, http.StatusOK, `href="/editions/2019-q1"`, "11 entries · 1 webinar")
	edition := s.get("/editions/2019-q1")
	edition.want(t, http.StatusOK, "国家互联网信息办公室", "betty.xu@sesec.eu", "Webinar 06", "ISO/IEC 30165")
	for _, item := range []string{"webinar-on-cybersecurity-law", "real-time-iot-framework", "webinar-06-china-ai", "tc260-key-work-2019"} {
		edition.want(t, http.StatusOK, `href="#`+item+`"`, `id="`+item+`"`)
		s.get("/items/"+item).want(t, http.StatusOK, `href="/editions/2019-q1#`+item+`"`)
	}
	item := s.get("/items/real-time-iot-framework")
	item.want(t, http.StatusOK, "ISO/IEC TR 30164", `<th scope="col"`, `rel="prev"`, `rel="next"`, "中国电子标准化研究所")
	if rows := strings.Count(item.body, "<tr>"); rows != 12 {
		t.Errorf("the table of standards has %d rows, want its head and 11", rows)
	}
	s.get("/items/personal-information-security-draft").want(t, http.StatusOK, "Closed on", "TC260 notice on the draft</a> (Chinese)")
	s.get("/topics").want(t, http.StatusOK, "5 entries last time")
	s.get("/topics/cybersecurity").want(t, http.StatusOK, "Over a hundred partners", "TC260 sets out its work")
	s.get("/webinars").want(t, http.StatusOK, `href="/webinars/sesec-webinar-06"`)
	s.get("/webinars/sesec-webinar-06").want(t, http.StatusOK, "https://attendee.gotowebinar.com/register/6905922981922601474",
		"<dt>Brussels</dt>", "09:30–10:30", "<dt>Beijing</dt>", "15:30–16:30", "Dr. Betty Xu")
	s.get("/glossary").want(t, http.StatusOK, `id="cac"`, "国家市场监督管理总局")
	s.get("/privacy").want(t, http.StatusOK, subscriptions.StandardWording().Text)
}

func TestEmptyStatesAreSaidInWords(t *testing.T) {
	s := newSite(t)
	s.get("/").want(t, http.StatusOK, "The first edition is being written", "No webinar is announced", "No draft is open for comments")
	s.get("/editions").want(t, http.StatusOK, "The first edition is being written")
	s.get("/webinars").want(t, http.StatusOK, "No webinar is announced")
	s.get("/topics/iot").want(t, http.StatusOK, "No edition has an entry here yet")
	s.get("/glossary").want(t, http.StatusOK, "No name has been explained yet")
	s.get("/editions/2019-q1").want(t, http.StatusNotFound, "There is no such page")
	s.get("/inbox").want(t, http.StatusNotFound)
}
