package intake_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
	"sesec.eu/tidings/subscriptions/intake"
)

const feed = `<?xml version="1.0"?><rss version="2.0"><channel><title>公告</title><item><title>标准</title><link>/1</link><guid>1</guid><description>text</description></item></channel></rss>`

func TestAFeedIsReadOverHTTP(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(feed)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/feed", http.StatusMovedPermanently)
		case "/feed":
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") == `"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("Content-Type", "application/rss+xml; charset=gb2312")
			_, _ = w.Write([]byte(gb))
		case "/page":
			_, _ = w.Write([]byte("<!doctype html><title>A page</title>"))
		case "/endless":
			_, _ = w.Write([]byte(`<rss version="2.0"><channel>`))
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte(strings.Repeat("<item><title>again</title></item>", 1000))); err != nil {
					return
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	c := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(c.Close)
	r := &intake.Reader{Fetch: c}
	answer, err := r.ReadFeed(t.Context(), s.URL+"/moved", "", "")
	if err != nil || answer.URL != s.URL+"/feed" || answer.ETag != `"1"` || answer.Import.Title != "公告" || len(answer.Import.Items) != 1 ||
		answer.Import.Items[0].Item.Title != "标准" || answer.Import.Items[0].Item.Sources[0].URL != s.URL+"/1" {
		t.Errorf("it reads %+v, %v", answer, err)
	}
	answer, err = r.ReadFeed(t.Context(), s.URL+"/feed", `"1"`, "")
	if err != nil || !answer.Known || len(answer.Import.Items) != 0 {
		t.Errorf("unchanged it reads %+v, %v", answer, err)
	}
	_, err = r.ReadFeed(t.Context(), s.URL+"/page", "", "")
	wantFault(t, err, subscriptions.Invalid, "not a feed")
	_, err = r.ReadFeed(t.Context(), s.URL+"/endless", "", "")
	wantFault(t, err, subscriptions.Unavailable, "has no end")
	strict := fetch.New(fetch.Options{})
	t.Cleanup(strict.Close)
	_, err = (&intake.Reader{Fetch: strict}).ReadFeed(t.Context(), strings.Replace(s.URL, "127.0.0.1", "localhost", 1)+"/feed", "", "")
	if code := subscriptions.CodeOf(err); code != subscriptions.Refused {
		t.Errorf("a feed that points inside: %v", err)
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]subscriptions.ImportKind{
		"a.docx": subscriptions.ImportWord, "A.DOCX": subscriptions.ImportWord, "a.zip": subscriptions.ImportArchive, "a.csv": subscriptions.ImportTable,
		"a.md": subscriptions.ImportMarkdown, "feed.xml": subscriptions.ImportFeed, "a.txt": subscriptions.ImportNewsletter,
	} {
		if got, err := intake.KindOf(name, []byte("text")); got != want || err != nil {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	for text, want := range map[string]subscriptions.ImportKind{
		"---\ntitle: a\n---\n": subscriptions.ImportMarkdown, "\ufeff\n<rss>": subscriptions.ImportFeed, `{"version":""}`: subscriptions.ImportFeed,
		"Title;topics\nA;iot\n": subscriptions.ImportTable, "PK\x03\x04 word/document.xml": subscriptions.ImportWord, "PK\x03\x04 a.md": subscriptions.ImportArchive,
	} {
		if got, err := intake.KindOf("", []byte(text)); got != want || err != nil {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for name, words := range map[string]string{"a.pdf": "a PDF is not read", "a.doc": "not read", "": "cannot be seen"} {
		_, err := intake.KindOf(name, []byte("Hello"))
		wantFault(t, err, subscriptions.Invalid, words)
	}
}

func TestFilesAreReadByTheirKind(t *testing.T) {
	t.Parallel()
	r := &intake.Reader{}
	for kind, text := range map[subscriptions.ImportKind]string{
		subscriptions.ImportMarkdown:   "---\ntitle: One\ntopics: [iot]\n---\nText\n",
		subscriptions.ImportTable:      "title,topics\nOne,iot\n",
		subscriptions.ImportFeed:       `<rss version="2.0"><channel><item><title>One</title></item></channel></rss>`,
		subscriptions.ImportNewsletter: "Example Newsletter\nMarch 2019\n\nIoT\n\n1. One\n\nText of it.\n",
	} {
		in, err := r.ReadFile(t.Context(), kind, "x", []byte(text))
		if err != nil || len(in.Items) != 1 || in.Items[0].Item.Title != "One" {
			t.Errorf("%s reads %+v, %v", kind, in, err)
		}
		_, err = r.ReadFile(t.Context(), kind, "x", []byte(" \n"))
		wantFault(t, err, subscriptions.Invalid, "the file is empty")
		_, err = r.ReadFile(t.Context(), kind, "x", make([]byte, intake.MaxFile+1))
		wantFault(t, err, subscriptions.Invalid, "larger than 20 MB")
	}
	_, err := r.ReadFile(t.Context(), "riddle", "x", []byte("x"))
	wantFault(t, err, subscriptions.Invalid, "no kind of file")
}
