package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer/webpage"
)

// words is a form as the desk's item form sends it.
func words() url.Values {
	return url.Values{"title": {"Rules for clouds"}, "date": {"2019-03-04"}, "issuer": {"MIIT"}, "summary": {"In short."}, "home": {"iot"}, "topic": {"cybersecurity"},
		"body":                {"A **bold** word by CAC.\r\n\r\n| A | B |\r\n|---|---|\r\n| 1 | 2 |"},
		"standard-identifier": {"GB/T 35273"}, "comments-until": {"2019-05-24"}, "comments-url": {"https://example.org/draft"},
		"source-0-title": {"The notice"}, "source-0-url": {"https://example.org/notice"}, "source-0-language": {"zh"}}
}

func TestAPreviewIsThePageAndTheLetter(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t)
	d := s.as(subscriptions.RoleEditor)
	before := s.dump()
	view := func(name string) answer {
		form := words()
		form.Set("view", name)
		return d.post("/desk/preview", form)
	}
	facts := []string{"Rules for clouds", "MIIT", "4 March 2019", "GB/T 35273", "https://example.org/draft", "https://example.org/notice", "<strong"}
	web := view("web")
	web.want(t, http.StatusOK, append(facts, `<nav aria-label="Site">`, "In short.", "Cyberspace Administration of China", "<table>", "Source")...)
	letter := view("letter")
	letter.want(t, http.StatusOK, append(facts, "Unsubscribe", "Cyberspace Administration of China")...)
	view("phone").want(t, http.StatusOK, "Unsubscribe")
	view("text").want(t, http.StatusOK, "Rules for clouds", "A bold word by CAC.", "Unsubscribe from all:")
	view("").want(t, http.StatusOK, "Nothing is saved", `name="body" value="A **bold** word by CAC.`, `value="cybersecurity"`, "srcdoc=\"&lt;!doctype html&gt;")
	check := view("check")
	check.want(t, http.StatusOK, `"said":"In a letter of its own: `)
	for name, a := range map[string]answer{"web": web, "letter": letter} {
		policy := a.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "sandbox;") || strings.Contains(policy, "script-src") || !strings.Contains(policy, "frame-ancestors 'self'") || a.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
			t.Errorf("%s: %v", name, a.Header)
		}
	}
	// The page of an entry that is out, without the words around it that are the
	// edition's, is the preview of the same words.
	item, err := s.store.FindItemBySlug(t.Context(), "real-time-iot-framework")
	if err != nil {
		t.Fatal(err)
	}
	out := prose(t, s.get("/items/real-time-iot-framework").body)
	shown := prose(t, d.post("/desk/preview", url.Values{"view": {"web"}, "title": {item.Title}, "body": {item.Body}}).body)
	if out != shown {
		t.Errorf("the preview is\n%s\nand the page\n%s", shown, out)
	}
	sessions := s.dump()
	if before != sessions {
		t.Error("a preview has changed something")
	}
}

func prose(t *testing.T, body string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `<div class="prose">`)
	text, _, end := strings.Cut(rest, "</div>\n")
	if !ok || !end || len(text) < 100 {
		t.Fatalf("no prose on the page:\n%s", body)
	}
	return text
}

// What is half written can be looked at.
func TestAPreviewOfAlmostNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	for _, form := range []url.Values{{}, {"title": {"x"}}, {"body": {"\x00\xff" + strings.Repeat("a ", 150_000)}},
		{"title": {strings.Repeat("long ", 2000)}, "date": {"nonsense"}, "topic": {"none", "999", "iot", "iot"}, "home": {"7"}, "comments-until": {"2019-13-99"},
			"source-0-url": {"javascript:alert(1)"}, "slot": {"item:999"}, "webinar": {"none"}},
		{"body": {"|a|\n|-\n|||||\n" + strings.Repeat("|x", 5000)}}} {
		for _, view := range []string{"", "web", "letter", "text", "check"} {
			form.Set("view", view)
			if got := d.post("/desk/preview", form); got.StatusCode != http.StatusOK || view != "" && (strings.Contains(got.body, "javascript:alert") || strings.Contains(got.body, "ZgotmplZ")) {
				t.Errorf("view %q of %.80q: %s", view, form, got.Status)
			}
		}
	}
	d.post("/desk/preview", url.Values{"body": {strings.Repeat("a", 2<<20)}}).want(t, http.StatusRequestEntityTooLarge, "too much to read")
}

func TestWhatIsPastedComesBackAsMarkdown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	send := func(html string) (answer, map[string]any) {
		r := httptest.NewRequest(http.MethodPost, "/desk/paste", strings.NewReader(html))
		r.Header.Set("Content-Type", "text/plain; charset=utf-8")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		a := d.do(r)
		var got map[string]any
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatalf("%s: %v\n%s", a.Status, err, a.body)
		}
		return a, got
	}
	a, got := send("<p class=MsoNormal><b>Bold</b> words<o:p></o:p><img src=x></p>")
	if a.StatusCode != http.StatusOK || got["markdown"] != "**Bold** words" || len(got["notes"].([]any)) != 1 {
		t.Errorf("%s %v", a.Status, got)
	}
	for _, size := range []int{webpage.MaxSource + 1, 5 << 20} {
		a, got := send(strings.Repeat("x", size))
		if a.StatusCode != http.StatusUnprocessableEntity || got["error"] != "What was pasted is larger than 2 MB." {
			t.Errorf("%d bytes: %s %v", size, a.Status, got)
		}
	}
	if a, got := send(strings.Repeat("<b><i>", 600)); a.StatusCode != http.StatusUnprocessableEntity || got["hint"] != "Paste it as plain text." {
		t.Errorf("%s %v", a.Status, got)
	}
}
