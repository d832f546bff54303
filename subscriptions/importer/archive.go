package importer

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// Bounds of a zip file, whether it holds Markdown or is a Word document. They
// hold for what comes out of it, not for what it says would come out.
const (
	maxZipEntries = 2000
	maxZipTotal   = 100 << 20
	maxZipRatio   = 200 // above smallZip; text packs to a tenth, XML to a fiftieth
	smallZip      = 10 << 20
)

const zipHint = "Pack the files anew, or save the document under another name; if it stays so, paste its text."

// unpack hands each file of a zip to f, once it is sure that together they stay
// within the bounds: a bomb is refused before anything of it is used. What want
// refuses is not kept, and counts all the same.
func unpack(b []byte, want func(name string) bool, f func(name string, content []byte) error) error {
	bad := func(format string, args ...any) error {
		return &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: fmt.Sprintf(format, args...), Hint: zipHint}
	}
	// Before the directory is read: a million entries of it would be a million
	// structs of ours.
	if bytes.Count(b, []byte("PK\x01\x02")) > 2*maxZipEntries {
		return bad("the zip file holds more than %d files", maxZipEntries)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return bad("the file is not a zip file, or is damaged")
	}
	if len(z.File) > maxZipEntries {
		return bad("the zip file holds more than %d files", maxZipEntries)
	}
	type file struct {
		name    string
		content []byte
	}
	var files []file
	total := int64(0)
	most := max(int64(len(b))*maxZipRatio, smallZip)
	for _, entry := range z.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		if entry.Flags&1 != 0 {
			return bad("the zip file is locked with a password")
		}
		r, err := entry.Open()
		if err != nil {
			return bad("the file %s in the zip file is packed in a way that is not read here", shorten(entry.Name))
		}
		var into bytes.Buffer
		sink := io.Discard
		if want(entry.Name) {
			sink = &into
		}
		n, err := io.Copy(sink, io.LimitReader(r, min(maxZipTotal, most)-total+1))
		r.Close()
		total += n
		if total > maxZipTotal || total > most {
			return bad("the zip file unpacks to more than a file of its size should")
		}
		if err != nil {
			return bad("the file %s in the zip file is damaged", shorten(entry.Name))
		}
		if want(entry.Name) {
			files = append(files, file{entry.Name, into.Bytes()})
		}
	}
	slices.SortStableFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for _, file := range files {
		if err := f(file.name, file.content); err != nil {
			return err
		}
	}
	return nil
}

// Archive reads every .md file of a zip file as Document does.
func Archive(name string, b []byte, into *subscriptions.Import) error {
	found := false
	err := unpack(b, markdownFile, func(file string, content []byte) error {
		found = true
		text, _, err := Text(content, "")
		if err != nil {
			into.Findings = append(into.Findings, subscriptions.Finding{Place: subscriptions.Place{File: file}, Severity: subscriptions.SeverityError,
				Message: sentence(err.Error()) + ".", Hint: subscriptions.HintOf(err)})
			return nil
		}
		return Document(strings.ToValidUTF8(file, "?"), strings.NewReader(text), into)
	})
	if err == nil && !found {
		into.Findings = append(into.Findings, subscriptions.Finding{Place: subscriptions.Place{File: name}, Severity: subscriptions.SeverityError,
			Message: "The zip file has no .md file.", Hint: "The names of the files to import end in .md."})
	}
	return err
}

// markdownFile leaves out what a Mac puts beside the files.
func markdownFile(name string) bool {
	return strings.ToLower(path.Ext(name)) == ".md" && !strings.HasPrefix(path.Base(name), ".") && !strings.HasPrefix(name, "__MACOSX/")
}
