package importer_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

const rss = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Notices &amp; news</title><link>https://example.org/</link><language>zh-cn</language>
<item>
  <title>GB/T 35273-2020 &lt;b&gt;published&lt;/b&gt;</title>
  <link>/notices/1?a=1&amp;b=2</link>
  <guid isPermaLink="false">notice-1</guid>
  <pubDate>Mon, 04 Mar 2019 23:30:00 +0800</pubDate>
  <description><![CDATA[<h1>News</h1><p>The <b>draft</b> is out<script>alert(1)</script>. See <a href="/draft">the draft</a>.</p>
  <table><tr><th>No</th><th>Title</th></tr><tr><td>1</td><td>Cloud</td></tr></table><img src="https://example.org/pixel.gif" alt="x">]]></description>
</item>
<item><description>&lt;p&gt;Only a text. And more of it.&lt;/p&gt;</description><link>https://example.org/2</link></item>
<item><link>https://example.org/3</link></item>
</channel></rss>`

func TestFeedBecomesDrafts(t *testing.T) {
	t.Parallel()
	in, err := importer.Feed("feed.xml", []byte(rss), "application/rss+xml", "https://example.org/feed/rss.xml")
	if err != nil {
		t.Fatal(err)
	}
	if in.Title != "Notices & news" || len(in.Items) != 2 {
		t.Fatalf("it reads %q with %d items", in.Title, len(in.Items))
	}
	d := in.Items[0]
	it := d.Item
	if it.Title != "GB/T 35273-2020 published" || it.Slug != "gb-t-35273-2020-published" || d.Key != "notice-1" || it.Date.String() != "2019-03-04" || d.Place.Line != 1 {
		t.Errorf("the first entry is %+v", d)
	}
	if it.Standard == nil || it.Standard.Identifier != "GB/T 35273-2020" {
		t.Errorf("its standard is %+v", it.Standard)
	}
	source := subscriptions.Source{Title: "Notices & news", URL: "https://example.org/notices/1?a=1&b=2", Language: "zh"}
	if len(it.Sources) != 1 || it.Sources[0] != source {
		t.Errorf("its sources are %+v", it.Sources)
	}
	const body = "#### News\n\nThe **draft** is out. See [the draft](https://example.org/draft).\n\n| No | Title |\n|----|-------|\n| 1  | Cloud |"
	if it.Body != body {
		t.Errorf("its text is\n%s\nand should be\n%s", it.Body, body)
	}
	if d = in.Items[1]; d.Item.Title != "Only a text" || d.Key != "https://example.org/2" {
		t.Errorf("the second entry is %+v", d)
	}
	wantFinding(t, in, subscriptions.SeverityNote, "no title; its first words")
	wantFinding(t, in, subscriptions.SeverityError, "neither a title nor a text")
}

func wantFinding(t *testing.T, in subscriptions.Import, severity subscriptions.Severity, words string) {
	t.Helper()
	for _, f := range in.Findings {
		if f.Severity == severity && strings.Contains(f.Message, words) {
			return
		}
	}
	t.Errorf("no %s says %q among %+v", severity, words, in.Findings)
}

func TestAtomAndJSONFeedsAreRead(t *testing.T) {
	t.Parallel()
	const atom = `<?xml version="1.0" encoding="GB2312"?><feed xmlns="http://www.w3.org/2005/Atom"><title>标准</title>
<entry><id>urn:1</id><title>国家标准公告</title><link href="https://example.org/a"/><updated>2019-03-04T01:00:00Z</updated><content type="html">&lt;p&gt;公告&lt;/p&gt;</content></entry></feed>`
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(atom))
	if err != nil {
		t.Fatal(err)
	}
	in, err := importer.Feed("a", b, "", "")
	if err != nil || len(in.Items) != 1 || in.Items[0].Item.Title != "国家标准公告" || in.Items[0].Item.Body != "公告" || in.Title != "标准" || in.Items[0].Key != "urn:1" {
		t.Errorf("the Atom feed reads %+v, %v", in, err)
	}
	const jsonFeed = `{"version":"https://jsonfeed.org/version/1.1","title":"News","items":[{"id":"7","url":"https://example.org/7","title":"Seven","content_html":"<ul><li>a<ul><li>b</li></ul></li></ul>","date_published":"2019-03-04T01:00:00Z"}]}`
	in, err = importer.Feed("j", []byte(jsonFeed), "", "")
	if err != nil || len(in.Items) != 1 || in.Items[0].Item.Title != "Seven" || in.Items[0].Item.Body != "- a\n  \n  - b" {
		t.Errorf("the JSON feed reads %+v, %v", in, err)
	}
}

func TestWhatIsNoFeedIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, words string }{
		"a web page":             {"<!doctype html><html><body><p>Hello</p></body></html>", "not a feed"},
		"a text":                 {"Hello", "not a feed"},
		"nothing":                {"", "not a feed"},
		"JSON of another":        {`{"error": "no"}`, "not a feed"},
		"broken XML":             {`<rss version="2.0"><channel><item><title>One</wrong`, "broken"},
		"broken JSON":            {`{"version":"https://jsonfeed.org/version/1.1","items":[`, "broken"},
		"endless nesting":        {`<rss version="2.0"><channel>` + strings.Repeat("<a>", 100_000), "nested"},
		"too much":               {`<rss version="2.0">` + strings.Repeat(" ", 5<<20), "larger than 5 MB"},
		"entities in themselves": {`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><rss version="2.0"><channel><title>&b;</title></channel></rss>`, ""},
	} {
		in, err := importer.Feed("x", []byte(c.text), "", "")
		if c.words == "" {
			if err == nil && strings.Contains(in.Title, "ha") {
				t.Errorf("%s: an entity was spelled out: %q", name, in.Title)
			}
			continue
		}
		if subscriptions.CodeOf(err) != subscriptions.Invalid || !strings.Contains(err.Error(), c.words) || subscriptions.HintOf(err) == "" {
			t.Errorf("%s: %v, want %q and a hint", name, err, c.words)
		}
	}
}

func TestALongFeedIsReadToItsBound(t *testing.T) {
	t.Parallel()
	in, err := importer.Feed("x", []byte(`<rss version="2.0"><channel>`+strings.Repeat(`<item><title>A</title></item>`, 300)+`</channel></rss>`), "", "")
	if err != nil || len(in.Items) != 200 {
		t.Errorf("it reads %d items, %v", len(in.Items), err)
	}
	wantFinding(t, in, subscriptions.SeverityWarning, "300 entries; only the first 200")
}

// Whatever a feed holds, its drafts are items that the domain takes.
func FuzzFeed(f *testing.F) {
	f.Add([]byte(rss))
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="xhtml"><div>a<br/>b</div></title><content type="xhtml"><div><pre>x</pre></div></content></entry></feed>`))
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"content_text":"a"}]}`))
	f.Add([]byte("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\"><item><title>a\x00</title></item></rdf:RDF>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := importer.Feed("fuzz", b, "", "https://example.org/")
		if err != nil {
			if subscriptions.CodeOf(err) == subscriptions.Internal {
				t.Errorf("no sentence: %v", err)
			}
			return
		}
		for _, d := range in.Items {
			d.Item.Topics = []int64{1}
			if d.Item.Slug == "" {
				d.Item.Slug = "entry" // the service gives one
			}
			if err := d.Item.Validate(); err != nil {
				t.Errorf("%v: %+v", err, d.Item)
			}
			if d.Key == "" {
				t.Errorf("an entry has no name: %+v", d)
			}
		}
	})
}
