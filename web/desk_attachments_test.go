package web_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

const aPDF = "%PDF-1.7\n1 0 obj\n"

// item adds a draft.
func (s *site) item(t *testing.T, change ...func(*subscriptions.Item)) subscriptions.Item {
	t.Helper()
	i := subscriptions.Item{Slug: "draft", Title: "A draft", Topics: []int64{storetest.Topics(t, s.store)["iot"].ID}, State: subscriptions.ItemDraft, CreatedAt: s.now, UpdatedAt: s.now}
	for _, f := range change {
		f(&i)
	}
	if err := s.store.AddItem(t.Context(), &i); err != nil {
		t.Fatal(err)
	}
	return i
}

// attach sends a file as a browser's form does.
func (d *atDesk) attach(path, kind, name string, content io.Reader) answer {
	d.s.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	if err := form.WriteField("kind", kind); err != nil {
		d.s.t.Fatal(err)
	}
	w, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = io.Copy(w, content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		d.s.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return d.do(r)
}

func TestDocumentsOfAnItem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	item := s.item(t)
	path := fmt.Sprintf("/desk/items/%d/attachments", item.ID)
	d.get(path).want(t, http.StatusOK, "Nothing is attached yet", "up to 20 MB")

	d.attach(path, "original", "GB-T 35273.pdf", strings.NewReader(aPDF)).want(t, http.StatusSeeOther)
	d.get(path).want(t, http.StatusOK, "GB-T 35273.pdf is attached.", "PDF, original document", "17 bytes", "The editor")
	files, err := s.store.Attachments(t.Context(), item.ID)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	file := files[0].Path()
	if !strings.HasSuffix(file, "/GB-T%2035273.pdf") {
		t.Errorf("path %s", file)
	}

	got := d.get(file)
	got.want(t, http.StatusOK, aPDF)
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Type": "application/pdf", "Cache-Control": "no-store",
		"Content-Disposition": "inline; filename*=UTF-8''GB-T%2035273.pdf"} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if p := got.Header.Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'") || strings.Contains(p, "script") {
		t.Errorf("policy %q", p)
	}
	s.get(file).want(t, http.StatusNotFound)
	d.get(strings.Replace(file, "GB-T", "Invoice", 1)).want(t, http.StatusNotFound)
	d.get("/files/"+strings.Repeat("0", 64)+"/x.pdf").want(t, http.StatusNotFound)
	d.get("/files/%00/%ff").want(t, http.StatusNotFound)

	removed := d.post(fmt.Sprintf("/desk/attachments/%d/remove", files[0].ID), nil)
	removed.want(t, http.StatusSeeOther)
	d.get(removed.Header.Get("Location")).want(t, http.StatusOK, "GB-T 35273.pdf is removed.", "Bring it back", "Nothing is attached yet")
	d.get(file).want(t, http.StatusNotFound)
	d.post(fmt.Sprintf("/desk/attachments/%d/restore", files[0].ID), nil).want(t, http.StatusSeeOther)
	d.get(path).want(t, http.StatusOK, "is attached again.")
	d.get("/desk/items/999/attachments").want(t, http.StatusNotFound)
	d.get("/desk/items/x/attachments").want(t, http.StatusNotFound)
	d.post("/desk/attachments/999/remove", nil).want(t, http.StatusNotFound)
}

func TestAPictureStandsInASandboxAndAWordFileIsSaved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	item := s.item(t)
	path := fmt.Sprintf("/desk/items/%d/attachments", item.ID)
	d.attach(path, "", "seal.png", strings.NewReader("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")).want(t, http.StatusSeeOther)
	d.attach(path, "", "概要.docx", strings.NewReader(emptyZip(t, "[Content_Types].xml", "word/document.xml"))).want(t, http.StatusSeeOther)
	files, err := s.store.Attachments(t.Context(), item.ID)
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	picture := d.get(files[0].Path())
	if p := picture.Header.Get("Content-Security-Policy"); !strings.Contains(p, "sandbox;") {
		t.Errorf("policy of a picture: %q", p)
	}
	word := d.get(files[1].Path())
	if got := word.Header.Get("Content-Disposition"); got != "attachment; filename*=UTF-8''%E6%A6%82%E8%A6%81.docx" {
		t.Errorf("a Word file: %s", got)
	}
}

// What is refused comes back as the form, with what was chosen in it.
func TestWhatCannotBeAttachedIsSaidInTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	item := s.item(t)
	path := fmt.Sprintf("/desk/items/%d/attachments", item.ID)
	refused := func(status int, says string, got answer) {
		t.Helper()
		got.want(t, status, says, `value="english" checked`, `aria-invalid="true"`)
	}
	refused(http.StatusUnprocessableEntity, "This kind of file cannot be attached.", d.attach(path, "english", "a.pdf", strings.NewReader("<script>alert(1)</script>")))
	refused(http.StatusUnprocessableEntity, "No file was chosen.", d.attach(path, "english", "", strings.NewReader("")))
	refused(http.StatusRequestEntityTooLarge, "The file is larger than 20 MB.", d.attach(path, "english", "a.pdf", io.LimitReader(zeros{}, 50<<20)))
	refused(http.StatusRequestEntityTooLarge, "The file is larger than 20 MB.", d.attach(path, "english", "a.pdf", io.LimitReader(zeros{}, 100<<20)))

	d.attach(path, "english", "a.pdf", strings.NewReader(aPDF)).want(t, http.StatusSeeOther)
	refused(http.StatusConflict, "This file is attached already, as a.pdf.", d.attach(path, "english", "b.pdf", strings.NewReader(aPDF)))

	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nenglish\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7 and then the line br"))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	refused(http.StatusUnprocessableEntity, "The file did not arrive whole.", d.do(r))
	d.post(path, nil).want(t, http.StatusBadRequest)

	// One file is there, and nothing is left of the others.
	var left []string
	err := filepath.WalkDir(s.path+".files", func(name string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			left = append(left, name)
		}
		return err
	})
	if err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}

// A browser sees the sentence only after it has sent all of the file.
func TestALargeUploadIsAnsweredOverAConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	form := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n"
	file := &io.LimitedReader{R: zeros{}, N: 50 << 20}
	body := io.MultiReader(strings.NewReader(form), file, strings.NewReader("\r\n--x--\r\n"))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("%s/desk/items/%d/attachments", server.URL, s.item(t).ID), body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Header.Set("Cookie", d.cookie)
	got, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	page, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(page), "The file is larger than 20 MB.") {
		t.Errorf("%s, %v\n%s", got.Status, err, page)
	}
	if file.N != 0 {
		t.Errorf("%d bytes were not read: a browser would show a broken connection", file.N)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestDocumentsOfAPublicItem(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t)
	item, err := s.store.FindItemBySlug(t.Context(), "real-time-iot-framework")
	if err != nil {
		t.Fatal(err)
	}
	d := s.as(subscriptions.RoleEditor)
	d.attach(fmt.Sprintf("/desk/items/%d/attachments", item.ID), "english", "framework.pdf", strings.NewReader(aPDF)).want(t, http.StatusSeeOther)
	s.get("/items/real-time-iot-framework").want(t, http.StatusOK, ">framework.pdf</a>, in English (PDF, 17 bytes)")
	files, err := s.store.Attachments(t.Context(), item.ID)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	got := s.get(files[0].Path())
	got.want(t, http.StatusOK, aPDF)
	if c := got.Header.Get("Cache-Control"); !strings.Contains(c, "immutable") {
		t.Errorf("Cache-Control %q", c)
	}
	part := httptest.NewRequest(http.MethodGet, files[0].Path(), nil)
	part.Header.Set("Range", "bytes=0-3")
	if got := s.do(part); got.StatusCode != http.StatusPartialContent || got.body != "%PDF" {
		t.Errorf("a part of it: %s %q", got.Status, got.body)
	}
	same := httptest.NewRequest(http.MethodGet, files[0].Path(), nil)
	same.Header.Set("If-None-Match", got.Header.Get("ETag"))
	s.do(same).want(t, http.StatusNotModified)
}

// emptyZip is an archive of empty files.
func emptyZip(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
