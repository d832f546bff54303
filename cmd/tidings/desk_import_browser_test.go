package main

import (
	"archive/zip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

// The titles of what is imported.
const (
	ofTable = "Cloud computing: three drafts"
	ofWord  = "A notice as a document"
	ofFeed  = "A committee is founded"
)

// importsTable pastes a table of items, ticks what is to come in, and takes it.
func (c *clerk) importsTable() {
	c.t.Helper()
	c.to("/desk/items/import", "Import")
	c.types("#text", fmt.Sprintf("title,topics,date,body\n%s,iot;blockchain,%s,Three drafts are open.\nSmart meters,iot,%s,A standard is published.\nA word to leave,iot,%s,It says nothing.\n",
		ofTable, c.day(3), c.day(4), c.day(5)))
	c.choose("#home", "iot")
	c.goes("main form.work button", "text")
	c.sees(".state", "3 would come in")
	c.tick(`tr:nth-child(3) input[name="entry"]`)
	c.goes(`main form .acts button`, "text")
	c.sees(".state", "2 came in")
}

// importsWord reads a Word document, where pandoc is there to read it; where it is
// not the desk says so and loses nothing.
func (c *clerk) importsWord() {
	c.t.Helper()
	c.to("/desk/items/import", "Import")
	if err := chromedp.Do(c.tab, chromedp.SetUploadFiles(chromedp.ID("file"), []string{wordDocument(c.t)})); err != nil {
		c.t.Fatal(err)
	}
	c.choose("#home", "blockchain")
	if _, err := exec.LookPath("pandoc"); err != nil {
		storetest.Require(c.t, "pandoc", "no pandoc is installed; on Debian: apt-get install pandoc")
		c.goes("main form.work button", "Import")
		c.sees(".faults", "pandoc, which is not installed")
		c.t.Log("no pandoc is installed: the import of a Word document was only refused, not done")
		return
	}
	c.goes("main form.work button", "notice.docx")
	c.sees(".state", "1 would come in")
	c.goes(`main form .acts button`, "notice.docx")
	c.sees(".state", "1 came in")
}

// watches a feed on this machine: it is tried, then watched, and looked at.
func (c *clerk) watches(feed string) {
	c.t.Helper()
	c.to("/desk/items/feeds", "Watched feeds")
	c.write("#url", feed)
	c.choose("#home", "iot")
	c.goes(`button[value="try"]`, "Watched feeds")
	c.sees("main", ofFeed)
	c.goes(`button[value="watch"]`, "Watched feeds")
	c.sees(".said", "is watched now")
	c.goes(`form[action$="/look"] button`, "Watched feeds")
	c.sees(".said", "has nothing new")
	c.to("/desk/items/import", "Import")
	c.goes("main table a", "Notices of a committee")
	c.sees("main table", ofFeed)
}

// served is a feed on loopback, and what TIDINGS_FETCH_ALLOW says to have it read.
type served struct{ url, allow string }

func notices(t *testing.T) served {
	t.Helper()
	const feed = `<?xml version="1.0"?><rss version="2.0"><channel><title>Notices of a committee</title><link>https://committee.example.org/</link>
<item><title>` + ofFeed + `</title><link>https://committee.example.org/1</link><guid>1</guid><pubDate>Sun, 14 Apr 2019 08:00:00 GMT</pubDate>
<description>&lt;p&gt;It has &lt;b&gt;forty&lt;/b&gt; members.&lt;/p&gt;</description></item></channel></rss>`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		if _, err := io.WriteString(w, feed); err != nil {
			t.Errorf("the feed was not read to its end: %v", err)
		}
	}))
	t.Cleanup(s.Close)
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return served{s.URL + "/feed.xml", "127.0.0.0/8,:" + at.Port()}
}

// wordDocument writes a small .docx and gives its path.
func wordDocument(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notice.docx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>` + ofWord + `</w:t></w:r></w:p><w:p><w:r><w:t>It is open for comments until May.</w:t></w:r></w:p></w:body></w:document>`},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = io.WriteString(w, part[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
