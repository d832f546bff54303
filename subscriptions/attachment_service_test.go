package subscriptions_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/files"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// archive is a zip file of empty entries with these names; one of the form
// "mimetype=x" holds x, not packed, as OpenDocument wants it.
func archive(t testing.TB, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		name, content, _ := strings.Cut(name, "=")
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, UncompressedSize64: uint64(len(content)), CompressedSize64: uint64(len(content))})
		must(t, err)
		_, err = io.WriteString(w, content)
		must(t, err)
	}
	must(t, z.Close())
	return b.String()
}

const (
	pdf   = "%PDF-1.7\n1 0 obj\n"
	aPNG  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	aJPEG = "\xff\xd8\xff\xe0\x00\x10JFIF"
	aWebP = "RIFF\x00\x00\x00\x00WEBPVP8 "
)

// attachments is the service with an item of its own.
func (h *house) attachments(t testing.TB) (*subscriptions.AttachmentService, subscriptions.Item) {
	t.Helper()
	item := subscriptions.Item{Slug: "draft", Title: "A draft", Topics: []int64{h.topics["iot"].ID}, Date: day(2019, 3, 4), State: subscriptions.ItemDraft,
		CreatedAt: h.clock(), UpdatedAt: h.clock()}
	must(t, h.store.AddItem(t.Context(), &item))
	return &subscriptions.AttachmentService{Store: h.store, Files: files.New(t.TempDir(), h.clock), Now: h.clock}, item
}

var anna = subscriptions.Actor{Name: "Anna", IP: "192.0.2.1"}

func upload(name, content string) subscriptions.Upload {
	return subscriptions.Upload{Name: name, Body: strings.NewReader(content)}
}

func TestOnlyDocumentsAreAttachedWhateverTheyAreCalled(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.New(t))
	s, item := h.attachments(t)
	docx := archive(t, "[Content_Types].xml", "word/document.xml")
	odt := archive(t, "mimetype=application/vnd.oasis.opendocument.text", "content.xml")
	for _, test := range []struct{ name, content, want string }{ // the name it gets, or what the refusal says
		{"report.pdf", pdf, "report.pdf"},
		{"report.PDF", pdf + "1", "report.pdf"},
		{"report.html", pdf + "2", "report.html.pdf"},
		{"C:\\Users\\anna\\GB-T 35273.pdf", pdf + "3", "GB-T 35273.pdf"},
		{"../../etc/passwd", pdf + "4", "passwd.pdf"},
		{"信息安全技术 个人信息安全规范.pdf", pdf + "5", "信息安全技术 个人信息安全规范.pdf"},
		{"\u202egpj.exe\r\nSet-Cookie: x.pdf", pdf + "6", "gpj.exeSet-Cookie- x.pdf"},
		{"a?b#c%2f\"d;<e>.pdf", pdf + "7", "a-b-c-2f-d--e.pdf"},
		{"", pdf + "8", "document.pdf"},
		{".pdf", pdf + "9", "document.pdf"},
		{strings.Repeat("长", 400) + ".pdf", pdf + "10", strings.Repeat("长", 120) + ".pdf"},
		{"a.docx", docx, "a.docx"},
		{"a.xlsx", archive(t, "[Content_Types].xml", "xl/workbook.xml"), "a.xlsx"},
		{"a.zip", archive(t, "[Content_Types].xml", "ppt/presentation.xml"), "a.zip.pptx"},
		{"a.odt", odt, "a.odt"},
		{"a.ods", archive(t, "mimetype=application/vnd.oasis.opendocument.spreadsheet"), "a.ods"},
		{"a.png", aPNG, "a.png"}, {"a.jpeg", aJPEG, "a.jpeg"}, {"a.webp", aWebP, "a.webp"},

		{"a.pdf", "", "the file is empty"},
		{"a.pdf", "<html><script>alert(1)</script>", "cannot be attached"},
		{"a.pdf", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "cannot be attached"},
		{"a.pdf", "<html>\n" + pdf, "cannot be attached"},
		{"a.png", "GIF89a", "cannot be attached"},
		{"a.docx", "MZ\x90\x00", "cannot be attached"},
		{"a.txt", "plain words", "cannot be attached"},
		{"a.zip", archive(t, "inside.html"), "cannot be attached"},
		{"a.jar", archive(t, "META-INF/MANIFEST.MF", "word/document.xml"), "cannot be attached"},
		{"a.odt", archive(t, "mimetype=application/vnd.oasis.opendocument.text-template"), "cannot be attached"},
		{"a.docx", docx[:len(docx)-10], "the file is damaged"},
		{"a.docm", archive(t, "[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "has macros"},
		{"a.odt", archive(t, "mimetype=application/vnd.oasis.opendocument.text", "Basic/script-lc.xml"), "has macros"},
	} {
		a, err := s.Attach(t.Context(), item.ID, upload(test.name, test.content), anna)
		if err == nil {
			same(t, test.want, a.Name)
			_, err = s.Detach(t.Context(), a.ID, anna) // makes room
			must(t, err)
			continue
		}
		fails(t, err, subscriptions.Invalid)
		if !strings.Contains(err.Error(), test.want) || subscriptions.HintOf(err) == "" {
			t.Errorf("%q: %v, hint %q; want %q", test.name, err, subscriptions.HintOf(err), test.want)
		}
	}
}

func TestAttachmentsComeAndGoAndComeBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		s, item := h.attachments(t)
		a, err := s.Attach(ctx, item.ID, subscriptions.Upload{Name: "gb.pdf", Kind: subscriptions.AttachmentOriginal, Body: strings.NewReader(pdf)}, anna)
		must(t, err)
		listed, err := h.store.Attachments(ctx, item.ID)
		must(t, err)
		same(t, []subscriptions.Attachment{a}, listed)
		same(t, subscriptions.Attachment{ID: a.ID, ItemID: item.ID, Name: "gb.pdf", Type: "application/pdf", Kind: subscriptions.AttachmentOriginal,
			Size: int64(len(pdf)), Hash: a.Hash, CreatedAt: h.clock(), CreatedBy: "Anna"}, a)

		_, err = s.Attach(ctx, item.ID, upload("other name.pdf", pdf), anna)
		fails(t, err, subscriptions.Conflict)
		_, err = s.Attach(ctx, item.ID+1, upload("x.pdf", pdf), anna)
		fails(t, err, subscriptions.NotFound)
		_, err = s.Attach(ctx, item.ID, subscriptions.Upload{Name: "x.pdf", Kind: "secret", Body: strings.NewReader(pdf)}, anna)
		fails(t, err, subscriptions.Invalid)

		for range 2 { // to detach twice is to do it once
			_, err = s.Detach(ctx, a.ID, anna)
			must(t, err)
		}
		_, err = s.Open(ctx, a.Hash, a.Name, true)
		fails(t, err, subscriptions.NotFound)
		h.wait(13 * 24 * time.Hour)
		_, err = s.Reattach(ctx, a.ID, anna)
		must(t, err)
		file, err := s.Open(ctx, a.Hash, a.Name, true)
		must(t, err)
		must(t, file.File.Close())
		_, err = s.Detach(ctx, a.ID, anna)
		must(t, err)
		h.wait(15 * 24 * time.Hour)
		_, err = s.Reattach(ctx, a.ID, anna)
		fails(t, err, subscriptions.Refused)
		_, err = s.Detach(ctx, a.ID+1, anna)
		fails(t, err, subscriptions.NotFound)

		events, err := h.store.AuditEvents(ctx, subscriptions.AuditFilter{})
		must(t, err)
		var did []string
		for _, e := range events {
			did = append([]string{e.Action}, did...)
			if e.Actor != "Anna" || e.About != "A draft" || e.Detail != "gb.pdf" || !strings.HasPrefix(e.Subject, "item:") {
				t.Errorf("%+v", e)
			}
		}
		same(t, []string{"item.attach", "item.detach", "item.reattach", "item.detach"}, did)
	})
}

func TestAnItemHasTwentyAttachmentsAtMost(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.New(t))
	s, item := h.attachments(t)
	for i := range 20 {
		_, err := s.Attach(t.Context(), item.ID, upload("a.pdf", pdf+strings.Repeat("x", i)), anna)
		must(t, err)
	}
	_, err := s.Attach(t.Context(), item.ID, upload("a.pdf", pdf+"one more"), anna)
	fails(t, err, subscriptions.Invalid)
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("the one that was refused left a file: %d, %v", n, err)
	}
}

func TestAFileIsAsPublicAsItsItem(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		s, item := h.attachments(t)
		a, err := s.Attach(ctx, item.ID, upload("gb.pdf", pdf), anna)
		must(t, err)
		open := func(name string, signedIn bool) (public bool, err error) {
			f, err := s.Open(ctx, a.Hash, name, signedIn)
			if err == nil {
				defer f.File.Close()
				got, _ := io.ReadAll(f.File)
				same(t, pdf, string(got))
			}
			return f.Public, err
		}
		secret := func() {
			t.Helper()
			if public, err := open("gb.pdf", true); err != nil || public {
				t.Errorf("signed in: public %v, %v", public, err)
			}
			_, err := open("gb.pdf", false)
			fails(t, err, subscriptions.NotFound)
		}
		secret()
		must(t, item.Publish(h.clock()))
		must(t, h.store.UpdateItem(ctx, item))
		secret()
		e, err := h.editions.Create(ctx, "March", march)
		must(t, err)
		frozen, err := h.editions.Freeze(ctx, e.ID)
		must(t, err)
		secret()
		_, err = h.editions.Approve(ctx, frozen.ID, frozen.Hash, "a test")
		must(t, err)
		secret()
		_, err = h.editions.Start(ctx, frozen.ID)
		must(t, err)
		if public, err := open("gb.pdf", false); err != nil || !public {
			t.Errorf("once it is out: public %v, %v", public, err)
		}
		_, err = open("your-invoice.pdf", false)
		fails(t, err, subscriptions.NotFound)
		_, err = s.Open(ctx, "../"+a.Hash[3:], a.Name, true)
		fails(t, err, subscriptions.NotFound)
	})
}

// A crash may come between any two steps: what it leaves is swept, and what is
// named is there.
func TestACrashBetweenFileAndRow(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		s, item := h.attachments(t)
		crash := errors.New("the power is gone")
		whole := s.Store
		s.Store = cutOff{whole, crash}
		_, err := s.Attach(ctx, item.ID, upload("gb.pdf", pdf), anna)
		if !errors.Is(err, crash) {
			t.Fatal(err)
		}
		s.Store = whole
		rows, err := h.store.Attachments(ctx, item.ID)
		must(t, err)
		if len(rows) != 0 {
			t.Errorf("a row of what failed: %+v", rows)
		}
		if n, err := s.Sweep(ctx); n != 0 || err != nil {
			t.Errorf("swept at once, when its row could be on the way: %d, %v", n, err)
		}
		h.wait(25 * time.Hour)
		// The same file again, just before it is swept: it is there afterwards.
		again, err := s.Attach(ctx, item.ID, upload("gb.pdf", pdf), anna)
		must(t, err)
		if n, err := s.Sweep(ctx); n != 0 || err != nil {
			t.Errorf("swept what is attached: %d, %v", n, err)
		}
		f, err := s.Open(ctx, again.Hash, again.Name, true)
		must(t, err)
		must(t, f.File.Close())

		_, err = s.Detach(ctx, again.ID, anna)
		must(t, err)
		h.wait(29 * 24 * time.Hour)
		if n, err := s.Sweep(ctx); n != 0 || err != nil {
			t.Errorf("swept within the month: %d, %v", n, err)
		}
		h.wait(2 * 24 * time.Hour)
		if n, err := s.Sweep(ctx); n != 1 || err != nil {
			t.Errorf("a month after it was detached: %d, %v", n, err)
		}
	})
}

// cutOff loses the connection when the row would be written.
type cutOff struct {
	subscriptions.Store
	with error
}

func (c cutOff) InTx(ctx context.Context, f func(tx subscriptions.Store) error) error {
	return c.Store.InTx(ctx, func(tx subscriptions.Store) error {
		if err := f(tx); err != nil {
			return err
		}
		return c.with
	})
}

func TestWithoutAFolderThereIsASentence(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.New(t))
	s, item := h.attachments(t)
	s.Files = nil
	_, err := s.Attach(t.Context(), item.ID, upload("a.pdf", pdf), anna)
	fails(t, err, subscriptions.Unavailable)
	if !strings.Contains(subscriptions.HintOf(err), "TIDINGS_FILES") {
		t.Errorf("hint %q", subscriptions.HintOf(err))
	}
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
