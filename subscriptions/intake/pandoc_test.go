package intake_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/intake"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

const (
	contentTypes = `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`
	relations    = `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`
	styles       = `<?xml version="1.0" encoding="UTF-8"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>`
	wordRels     = `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`
	wordText     = `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>A draft for comment</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">It is </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>open</w:t></w:r><w:r><w:t xml:space="preserve"> until May. 信息安全</w:t></w:r></w:p>
<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="1000"/><w:gridCol w:w="3000"/></w:tblGrid><w:tr><w:tc><w:p><w:r><w:t>No</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Title</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Cloud</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
</w:body></w:document>`
)

// document is a small .docx.
func document(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range [][2]string{{"[Content_Types].xml", contentTypes}, {"_rels/.rels", relations}, {"word/document.xml", wordText},
		{"word/styles.xml", styles}, {"word/_rels/document.xml.rels", wordRels}} {
		w, err := z.Create(f[0])
		if err == nil {
			_, err = io.WriteString(w, f[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// standIn is a program in pandoc's place.
func standIn(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pandoc")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantFault(t *testing.T, err error, code subscriptions.Code, words string) {
	t.Helper()
	if subscriptions.CodeOf(err) != code || !strings.Contains(err.Error(), words) || subscriptions.HintOf(err) == "" {
		t.Errorf("the error is %v (%s), want %s, %q and a hint", err, subscriptions.CodeOf(err), code, words)
	}
}

func TestADocumentGoesThroughPandoc(t *testing.T) {
	t.Parallel()
	storetest.Program(t, "pandoc", "no pandoc is installed; on Debian: apt-get install pandoc", "pandoc")
	r := &intake.Reader{}
	in, err := r.ReadFile(t.Context(), subscriptions.ImportWord, "draft.docx", document(t))
	if err != nil || len(in.Items) != 1 {
		t.Fatalf("it reads %+v, %v", in, err)
	}
	const body = "It is **open** until May. 信息安全\n\n| No | Title |\n|----|-------|\n| 1  | Cloud |"
	if it := in.Items[0].Item; it.Title != "A draft for comment" || it.Body != body {
		t.Errorf("the item is %q\n%s", it.Title, it.Body)
	}
}

func TestPandocIsRunWithinBounds(t *testing.T) {
	t.Parallel()
	doc := document(t)
	// What it is given: the document on standard input, a folder of its own, and
	// nothing of our environment.
	p := intake.Pandoc{Path: standIn(t, `echo "<p>$@</p><p>$(env | sort | cut -d= -f1 | tr '\n' ' ')</p><p>$(wc -c)</p>"; pwd >&2`)}
	page, err := p.HTML(t.Context(), doc)
	if err != nil || !strings.Contains(page, "+RTS -M512M -RTS --sandbox --from=docx --to=html") {
		t.Errorf("it is run as %s, %v", page, err)
	}
	_, names, _ := strings.Cut(page, "</p><p>")
	names, _, _ = strings.Cut(names, "</p>")
	for name := range strings.FieldsSeq(names) {
		if !slices.Contains([]string{"HOME", "LANG", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"}, name) { // a shell adds the last
			t.Errorf("it sees %s of our environment", name)
		}
	}
	for script, want := range map[string]struct {
		code  subscriptions.Code
		words string
	}{
		"cat >/dev/null; echo no >&2; exit 64": {subscriptions.Invalid, "cannot be read"},
		"yes '<p>again</p>'":                   {subscriptions.Invalid, "more text than is read at once"},
		"while :; do :; done":                  {subscriptions.Invalid, "takes too long"},
	} {
		within := time.Duration(0)
		if want.words == "takes too long" {
			within = 50 * time.Millisecond
		}
		_, err := intake.Pandoc{Path: standIn(t, script), Within: within}.HTML(t.Context(), doc)
		wantFault(t, err, want.code, want.words)
	}
	_, err = intake.Pandoc{Path: filepath.Join(t.TempDir(), "nothing")}.HTML(t.Context(), doc)
	wantFault(t, err, subscriptions.Unavailable, "pandoc, which is not installed")
}

func TestABombNeverReachesPandoc(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	mark := filepath.Join(t.TempDir(), "ran")
	p := intake.Pandoc{Path: standIn(t, "touch "+mark)}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err == nil {
		_, err = w.Write(make([]byte, 60<<20))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.HTML(t.Context(), b.Bytes())
	wantFault(t, err, subscriptions.Invalid, "unpacks to more than")
	if _, err := os.Stat(mark); err == nil {
		t.Error("pandoc was run")
	}
}
