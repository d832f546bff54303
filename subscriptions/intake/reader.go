package intake

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
	"sesec.eu/tidings/subscriptions/importer"
)

// MaxFile is the most a file to import may have, in bytes.
const MaxFile = 20 << 20

// Reader reads files and feeds.
type Reader struct {
	Fetch  *fetch.Client
	Pandoc Pandoc
}

var _ subscriptions.FeedReader = (*Reader)(nil)

// acceptFeeds prefers feeds to the pages that a server may have beside them.
const acceptFeeds = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"

// ReadFeed gets a feed and reads it.
func (r *Reader) ReadFeed(ctx context.Context, url, etag, lastModified string) (subscriptions.FeedAnswer, error) {
	page, err := r.Fetch.Get(ctx, fetch.Request{URL: url, Accept: acceptFeeds, ETag: etag, LastModified: lastModified})
	if err != nil {
		return subscriptions.FeedAnswer{}, err
	}
	answer := subscriptions.FeedAnswer{Known: page.Known, URL: page.URL, ETag: bounded(page.ETag), LastModified: bounded(page.LastModified)}
	if page.Known {
		return answer, nil
	}
	answer.Import, err = importer.Feed(page.URL, page.Body, page.ContentType, page.URL)
	return answer, err
}

// bounded drops what is too long to be kept and sent back.
func bounded(header string) string {
	if len(header) > 500 {
		return ""
	}
	return strings.ToValidUTF8(header, "")
}

// ReadFile reads a file of a kind. Faults within it are findings; the error says
// why nothing of it can be read.
func (r *Reader) ReadFile(ctx context.Context, kind subscriptions.ImportKind, name string, b []byte) (subscriptions.Import, error) {
	var in subscriptions.Import
	if len(b) > MaxFile {
		return in, wrong("the file is larger than 20 MB", "Cut it into several, or take the pictures out.")
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return in, wrong("the file is empty", "Choose another.")
	}
	switch kind {
	case subscriptions.ImportArchive:
		err := importer.Archive(name, b, &in)
		return in, err
	case subscriptions.ImportTable:
		return importer.Items(name, b)
	case subscriptions.ImportFeed:
		return importer.Feed(name, b, "", "")
	case subscriptions.ImportWord:
		page, err := r.Pandoc.HTML(ctx, b)
		if err != nil {
			return in, err
		}
		return importer.Word(name, page)
	case subscriptions.ImportMarkdown, subscriptions.ImportNewsletter:
		text, encoding, err := importer.Text(b, "")
		if err != nil {
			return in, err
		}
		if kind == subscriptions.ImportMarkdown {
			err = importer.Document(name, strings.NewReader(text), &in)
		} else {
			in, err = importer.Newsletter(name, strings.NewReader(text))
		}
		if encoding != "" {
			in.Findings = append(in.Findings, subscriptions.Finding{Place: subscriptions.Place{File: name}, Severity: subscriptions.SeverityNote,
				Message: fmt.Sprintf("The file is no UTF-8; it was read as %s.", encoding), Hint: "Look at letters that are not English."})
		}
		return in, err
	}
	return in, wrong(fmt.Sprintf("there is no kind of file %q", kind), "Choose one of the list.")
}

// KindOf tells the kind of a file by its name, and by how it begins where the
// name does not say.
func KindOf(name string, b []byte) (subscriptions.ImportKind, error) {
	head := bytes.TrimLeft(bytes.TrimPrefix(b[:min(len(b), 1024)], []byte("\ufeff")), " \t\r\n")
	switch strings.ToLower(path.Ext(name)) {
	case ".docx":
		return subscriptions.ImportWord, nil
	case ".zip":
		return subscriptions.ImportArchive, nil
	case ".csv", ".tsv":
		return subscriptions.ImportTable, nil
	case ".md", ".markdown":
		return subscriptions.ImportMarkdown, nil
	case ".xml", ".rss", ".atom", ".rdf":
		return subscriptions.ImportFeed, nil
	case ".doc", ".odt", ".rtf", ".xls", ".xlsx", ".ppt", ".pptx":
		return "", wrong("this kind of file is not read", "Save a text as .docx, a table as CSV.")
	case ".pdf":
		return "", wrong("a PDF is not read", "Turn a past newsletter into text first: pdftotext -enc UTF-8 newsletter.pdf newsletter.txt")
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if bytes.Contains(b, []byte("word/document.xml")) {
			return subscriptions.ImportWord, nil
		}
		return subscriptions.ImportArchive, nil
	case bytes.HasPrefix(head, []byte("---")):
		return subscriptions.ImportMarkdown, nil
	case bytes.HasPrefix(head, []byte("<")), bytes.HasPrefix(head, []byte("{")):
		return subscriptions.ImportFeed, nil
	case strings.ToLower(path.Ext(name)) == ".txt":
		return subscriptions.ImportNewsletter, nil
	}
	first, _, _ := strings.Cut(string(head), "\n")
	if first = strings.ToLower(first); strings.Contains(first, "title") && strings.ContainsAny(first, ",;\t") {
		return subscriptions.ImportTable, nil
	}
	return "", wrong("it cannot be seen what kind of file this is", "Choose the kind.")
}

func wrong(message, hint string) error {
	return &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: message, Hint: hint}
}
