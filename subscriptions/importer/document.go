package importer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sesec.eu/tidings/subscriptions"
)

// Bounds of an import of documents.
const (
	maxDocument    = 1 << 20
	maxDocuments   = 2000
	maxFrontMatter = 64 << 10
)

// Documents reads Markdown files with facts on top. The name of a folder means
// every .md file in it and below, in the order of their paths. Faults in the
// files are findings; the error is for names that do not exist and files that
// cannot be opened. A caller writes nothing when Failed says so.
func Documents(fsys fs.FS, names ...string) (subscriptions.Import, error) {
	var found subscriptions.Import
	files, err := expand(fsys, &found, names)
	if err != nil {
		return found, err
	}
	for _, name := range files {
		f, err := fsys.Open(name)
		if err != nil {
			return found, fmt.Errorf("open %s: %w", name, err)
		}
		err = Document(name, f, &found)
		f.Close()
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// Failed reports whether a file or an entry was left out.
func Failed(i subscriptions.Import) bool {
	return slices.ContainsFunc(i.Findings, func(f subscriptions.Finding) bool { return f.Severity == subscriptions.SeverityError })
}

// expand turns names of files and folders into names of files, each once.
func expand(fsys fs.FS, found *subscriptions.Import, names []string) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	add := func(name string) error {
		if seen[name] {
			return nil
		}
		if len(files) == maxDocuments {
			return &subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("there are more than %d files to import", maxDocuments),
				Hint: "Import them folder by folder."}
		}
		seen[name] = true
		files = append(files, name)
		return nil
	}
	for _, name := range names {
		name = path.Clean(name)
		info, err := fs.Stat(fsys, name)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
			return nil, &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no file or folder " + name, Hint: "Look at the spelling of the name."}
		case err != nil:
			return nil, fmt.Errorf("look for %s: %w", name, err)
		case !info.IsDir():
			if err := add(name); err != nil {
				return nil, err
			}
			continue
		}
		before := len(files)
		err = fs.WalkDir(fsys, name, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return fmt.Errorf("read the folder %s: %w", p, err)
			}
			// A pipe or a device would be read for ever.
			if d.Type()&^fs.ModeSymlink != 0 || strings.ToLower(path.Ext(p)) != ".md" {
				return nil
			}
			return add(p)
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before {
			found.Findings = append(found.Findings, subscriptions.Finding{Place: subscriptions.Place{File: name}, Severity: subscriptions.SeverityError,
				Message: "The folder has no .md file.", Hint: "The names of the files to import end in .md."})
		}
	}
	return files, nil
}

// Document reads one file into the import. The error is for a reader that
// fails; what is wrong in the text is a finding.
func Document(name string, r io.Reader, into *subscriptions.Import) error {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	d := &document{name: name, into: into}
	before := len(into.Findings)
	if d.cut(text) {
		d.read()
	}
	slices.SortStableFunc(into.Findings[before:], func(a, b subscriptions.Finding) int { return a.Place.Line - b.Place.Line })
	return nil
}

// document is a file being read.
type document struct {
	name  string
	into  *subscriptions.Import
	front string // the facts; they begin on line 2
	body  string
	below int // the line of the second ---
	bad   bool
}

// find reports a fault; an error leaves the file's noun out.
func (d *document) find(severity subscriptions.Severity, line int, text, hint, format string, args ...any) {
	d.bad = d.bad || severity == subscriptions.SeverityError
	d.into.Findings = append(d.into.Findings, subscriptions.Finding{Place: d.place(line), Severity: severity,
		Message: fmt.Sprintf(format, args...), Text: shorten(text), Hint: hint})
}

// fail is find for errors.
func (d *document) fail(line int, hint, format string, args ...any) {
	d.find(subscriptions.SeverityError, line, "", hint, format, args...)
}

func (d *document) place(line int) subscriptions.Place {
	return subscriptions.Place{File: d.name, Line: line}
}

const frontHint = "A file begins with a line ---, then the facts, then a line ---, then the text; docs/items-format.md shows it."

// cut parts the facts from the text.
func (d *document) cut(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(text) > maxDocument:
		d.fail(0, "Cut it into several files.", "The file is larger than 1 MB.")
		return false
	case bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text):
		d.fail(1+bytes.Count(text[:firstBad(text)], []byte("\n")), "Save it as plain text in UTF-8.", "The file is not UTF-8 text.")
		return false
	}
	all := strings.ReplaceAll(string(text), "\r\n", "\n")
	first, rest, _ := strings.Cut(all, "\n")
	if strings.TrimRight(first, " \t") != "---" {
		d.find(subscriptions.SeverityError, 1, first, frontHint, "The facts on top are missing: the file does not begin with a line ---.")
		return false
	}
	d.below = 1
	for at := 0; at < len(rest); {
		line, _, more := strings.Cut(rest[at:], "\n")
		d.below++
		if strings.TrimRight(line, " \t") == "---" {
			d.front = rest[:at]
			if end := at + len(line) + 1; end < len(rest) {
				d.body = strings.TrimSpace(rest[end:])
			}
			if len(d.front) > maxFrontMatter {
				d.fail(1, "Cut the file into several; a glossary may come in parts.", "The facts on top are longer than 64 KB.")
				return false
			}
			return true
		}
		if at += len(line); more {
			at++
		}
	}
	d.fail(d.below, frontHint, "The facts on top have no end: the second line --- is missing.")
	return false
}

// firstBad gives the place of the first byte that is no text.
func firstBad(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return 0
}

// read hands the facts to the kind they say they are.
func (d *document) read() {
	m, ok := d.parse()
	if !ok {
		return
	}
	switch kind := cmp.Or(m.text("kind"), "item"); kind {
	case "item":
		d.item(m)
	case "webinar":
		d.webinar(m)
	case "edition":
		d.edition(m)
	case "glossary":
		d.glossary(m)
	default:
		d.fail(m.line("kind"), "The kinds are item, webinar, edition and glossary.", "There is no kind %q.", kind)
	}
}

// shorten keeps a quotation in a message readable.
func shorten(s string) string {
	const most = 160
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// sentence begins a message with a capital letter.
func sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
