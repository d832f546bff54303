package importer_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// packed is a zip file of names and contents, in turn.
func packed(t testing.TB, namesAndContents ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(namesAndContents); i += 2 {
		w, err := z.Create(namesAndContents[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, namesAndContents[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func wantRefused(t *testing.T, err error, words string) {
	t.Helper()
	if subscriptions.CodeOf(err) != subscriptions.Invalid || !strings.Contains(err.Error(), words) || subscriptions.HintOf(err) == "" {
		t.Errorf("the error is %v, want %q and a hint", err, words)
	}
}

func TestAWordDocumentIsCheckedBeforeItIsUnpacked(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	if err := importer.CheckWord(packed(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document/>")); err != nil {
		t.Errorf("a document is refused: %v", err)
	}
	bomb := packed(t, "word/document.xml", strings.Repeat("\x00", 60<<20))
	wantRefused(t, importer.CheckWord(bomb), "unpacks to more than")

	// The same bomb, which says that it is small: the figures in a zip file are
	// only words.
	liar := bytes.Clone(bomb)
	binary.LittleEndian.PutUint32(liar[bytes.Index(liar, []byte("PK\x01\x02"))+24:], 1000)
	if err := importer.CheckWord(liar); subscriptions.CodeOf(err) != subscriptions.Invalid {
		t.Errorf("a bomb that lies about its size: %v", err)
	}

	var many []string
	for i := range 2001 {
		many = append(many, "word/"+strconv.Itoa(i), "")
	}
	wantRefused(t, importer.CheckWord(packed(t, many...)), "more than 2000 files")
	wantRefused(t, importer.CheckWord(bytes.Repeat([]byte("PK\x01\x02"), 5000)), "more than 2000 files")
	wantRefused(t, importer.CheckWord(packed(t, "content.xml", "<office/>")), "not a Word document")
	wantRefused(t, importer.CheckWord([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")), "old format")
	wantRefused(t, importer.CheckWord([]byte("Hello")), "not a zip file")
	damaged := packed(t, "word/document.xml", strings.Repeat("text ", 1000))
	damaged[60] ^= 0xff
	wantRefused(t, importer.CheckWord(damaged), "damaged")
	wantRefused(t, importer.CheckWord(make([]byte, 21<<20)), "larger than 20 MB")
}

func TestAWordDocumentBecomesItems(t *testing.T) {
	t.Parallel()
	in, err := importer.Word("news.docx", `<h1>GB/T 35273-2020 is out</h1><p>It <strong>replaces</strong> 2017.</p><h2>Scope</h2><ul><li>a</li></ul><h1>Second</h1><p>Text</p>`)
	if err != nil || len(in.Items) != 2 || len(in.Findings) != 0 {
		t.Fatalf("it reads %+v, %v", in, err)
	}
	it := in.Items[0].Item
	if it.Title != "GB/T 35273-2020 is out" || it.Body != "It **replaces** 2017.\n\n#### Scope\n\n- a" || it.Standard.Identifier != "GB/T 35273-2020" || it.Slug == "" {
		t.Errorf("the first item is %+v", it)
	}
	if in.Items[1].Item.Title != "Second" || in.Items[1].Item.Body != "Text" {
		t.Errorf("the second item is %+v", in.Items[1])
	}
	in, err = importer.Word("a/notes.docx", `<p><strong>A short line</strong></p><p>And the text below it.</p>`)
	if err != nil || len(in.Items) != 1 || in.Items[0].Item.Title != "A short line" || in.Items[0].Item.Body != "And the text below it." {
		t.Errorf("without a heading it reads %+v, %v", in, err)
	}
	wantFinding(t, in, subscriptions.SeverityNote, "first line became the title")
	in, err = importer.Word("a/notes.docx", `<p>`+strings.Repeat("A long line. ", 30)+`</p>`)
	if err != nil || len(in.Items) != 1 || in.Items[0].Item.Title != "notes" {
		t.Errorf("without a title it reads %+v, %v", in, err)
	}
	in, err = importer.Word("x.docx", "")
	if err != nil || len(in.Items) != 0 {
		t.Errorf("an empty one reads %+v, %v", in, err)
	}
	wantFinding(t, in, subscriptions.SeverityError, "has no text")
}

func TestAnArchiveOfItemsIsRead(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	const item = "---\ntitle: A title\ntopics: [iot]\n---\nText\n"
	var in subscriptions.Import
	err := importer.Archive("items.zip", packed(t, "b/two.md", strings.Replace(item, "A title", "Two", 1), "a/one.md", item, "readme.txt", "no",
		"__MACOSX/a/._one.md", "\x00\x01", "a/.hidden.md", "no", "c/bad.md", "no facts"), &in)
	if err != nil || len(in.Items) != 2 || in.Items[0].Item.Title != "A title" || in.Items[0].Place.File != "a/one.md" {
		t.Errorf("it reads %+v, %v", in, err)
	}
	wantFinding(t, in, subscriptions.SeverityError, "does not begin with a line ---")
	in = subscriptions.Import{}
	if err := importer.Archive("x.zip", packed(t, "readme.txt", "no"), &in); err != nil {
		t.Error(err)
	}
	wantFinding(t, in, subscriptions.SeverityError, "no .md file")
	wantRefused(t, importer.Archive("x.zip", packed(t, "a.md", strings.Repeat("\n", 60<<20)), &in), "unpacks to more than")
}

func FuzzCheckWord(f *testing.F) {
	f.Add(packed(f, "word/document.xml", "<w:document/>"))
	f.Add(packed(f, "a.md", "---\ntitle: x\n---\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := importer.CheckWord(b); err != nil && subscriptions.CodeOf(err) != subscriptions.Invalid {
			t.Errorf("no sentence: %v", err)
		}
		var in subscriptions.Import
		if err := importer.Archive("fuzz.zip", b, &in); err != nil && subscriptions.CodeOf(err) != subscriptions.Invalid {
			t.Errorf("no sentence: %v", err)
		}
	})
}

func FuzzWord(f *testing.F) {
	f.Add("<h1>A</h1><p>b</p>")
	f.Add("<p><b>A</b></p><table><tr><td>c")
	f.Fuzz(func(t *testing.T, page string) {
		in, err := importer.Word("fuzz.docx", page)
		if err != nil {
			return
		}
		for _, d := range in.Items {
			d.Item.Topics, d.Item.Slug = []int64{1}, "entry"
			if err := d.Item.Validate(); err != nil {
				t.Errorf("%v: %+v", err, d.Item)
			}
		}
	})
}
