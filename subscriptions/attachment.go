package subscriptions

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Attachment is a document that belongs to an item. Its bytes lie in a file that
// is named by their hash (FileStore); two attachments may share one.
type Attachment struct {
	ID        int64
	ItemID    int64
	Name      string // as readers save it: "GB-T-35273.pdf"
	Type      string // media type, as its bytes say
	Kind      AttachmentKind
	Size      int64  // bytes
	Hash      string // SHA-256, hexadecimal
	CreatedAt time.Time
	CreatedBy string    // name of who attached it
	EndedAt   time.Time // detached; zero while it is attached
}

// AttachmentKind says what the document is to the item.
type AttachmentKind string

// The kinds: the document itself in its own language, its English version, or
// whatever else belongs to the item.
const (
	AttachmentOther    AttachmentKind = ""
	AttachmentOriginal AttachmentKind = "original"
	AttachmentEnglish  AttachmentKind = "english"
)

// Words names the kind beside the file's name; "" where there is nothing to say.
func (k AttachmentKind) Words() string {
	switch k {
	case AttachmentOriginal:
		return "original document"
	case AttachmentEnglish:
		return "in English"
	}
	return ""
}

// Bounds of attachments.
const (
	MaxAttachment  = 20 << 20 // bytes of one file
	maxAttachments = 20       // of one item
	maxFileName    = 120      // characters
)

// Path is where the site serves the file.
func (a Attachment) Path() string { return "/files/" + a.Hash + "/" + url.PathEscape(a.Name) }

// Inline reports whether a browser may show the file by itself; any other is
// saved.
func (a Attachment) Inline() bool {
	return a.Type == "application/pdf" || strings.HasPrefix(a.Type, "image/")
}

// Format names the type as people do: "PDF".
func (a Attachment) Format() string {
	for _, f := range formats {
		if f.mediaType == a.Type {
			return f.name
		}
	}
	return "file"
}

// format is a type of file that may be attached.
type format struct {
	name, mediaType string
	endings         []string // the first is ours
}

// What may be attached: documents that no browser runs as a part of this site.
// HTML, SVG and XML are not among them, nor is a bare archive, which hides what
// it holds.
var formats = []format{
	{"PDF", "application/pdf", []string{".pdf"}},
	{"Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{".docx"}},
	{"Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{".xlsx"}},
	{"PowerPoint", "application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{".pptx"}},
	{"OpenDocument text", "application/vnd.oasis.opendocument.text", []string{".odt"}},
	{"OpenDocument table", "application/vnd.oasis.opendocument.spreadsheet", []string{".ods"}},
	{"picture", "image/png", []string{".png"}},
	{"picture", "image/jpeg", []string{".jpg", ".jpeg"}},
	{"picture", "image/webp", []string{".webp"}},
}

// AttachmentEndings lists the endings of what may be attached, for forms.
func AttachmentEndings() []string {
	var list []string
	for _, f := range formats {
		list = append(list, f.endings...)
	}
	return list
}

// errFormat is the answer to every other file.
func errFormat(why string) *Error {
	return invalid("file", "%s", why).hint("Attach PDF, Word, Excel, PowerPoint, OpenDocument, PNG, JPEG or WebP.")
}

// sniff says what a file is by its bytes; what it is called does not count.
func sniff(r io.ReaderAt, size int64) (format, error) {
	head := make([]byte, 512)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return format{}, err
	}
	head = head[:n]
	kind := http.DetectContentType(head)
	switch {
	case size == 0:
		return format{}, errFormat("the file is empty")
	case kind == "application/zip":
		if kind, err = sniffZip(r, size); err != nil {
			return format{}, err
		}
	}
	at := slices.IndexFunc(formats, func(f format) bool { return f.mediaType == kind })
	if at < 0 {
		return format{}, errFormat("this kind of file cannot be attached")
	}
	return formats[at], nil
}

// sniffZip tells the formats that are archives apart by the names within, without
// unpacking anything.
func sniffZip(r io.ReaderAt, size int64) (string, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return "", errFormat("the file is damaged: it cannot be opened")
	}
	kind, content := "", false
	for _, f := range z.File {
		switch name := strings.ToLower(f.Name); {
		case strings.HasSuffix(name, "vbaproject.bin"), strings.HasPrefix(name, "basic/"):
			return "", errFormat("the document has macros, which readers should not get")
		case name == "[content_types].xml":
			content = true
		case name == "word/document.xml":
			kind = formats[1].mediaType
		case name == "xl/workbook.xml":
			kind = formats[2].mediaType
		case name == "ppt/presentation.xml":
			kind = formats[3].mediaType
		}
	}
	if content {
		return kind, nil
	}
	// OpenDocument keeps its type as the first entry, not packed.
	const at, most = 38, 80
	head := make([]byte, at+most)
	n, _ := r.ReadAt(head, 0)
	if head = head[:n]; len(head) > at && string(head[30:at]) == "mimetype" {
		for _, f := range formats[4:6] {
			if rest := string(head[at:]); strings.HasPrefix(rest, f.mediaType) && !strings.HasPrefix(rest, f.mediaType+"-") {
				return f.mediaType, nil
			}
		}
	}
	return "", nil
}

// fileName makes the name under which readers save the file: no path, nothing
// that a system or a link gives a meaning to, the ending of what it is.
func fileName(name string, f format) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), strings.ContainsRune(" -_.,()+（）《》、", r):
			return r
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r), r == utf8.RuneError:
			return -1
		}
		return '-'
	}, strings.ToValidUTF8(name, ""))
	ending := path.Ext(name)
	if slices.Contains(f.endings, strings.ToLower(ending)) {
		name = strings.TrimSuffix(name, ending)
	} else {
		ending = f.endings[0]
	}
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". -")
	if runes := []rune(name); len(runes) > maxFileName {
		name = strings.Trim(string(runes[:maxFileName]), ". -")
	}
	if name == "" {
		name = "document"
	}
	return name + strings.ToLower(ending)
}

// AttachmentStore keeps what is attached to which item.
type AttachmentStore interface {
	AddAttachment(ctx context.Context, a *Attachment) error
	UpdateAttachment(ctx context.Context, a Attachment) error
	FindAttachment(ctx context.Context, id int64) (Attachment, error)
	// Attachments lists what is attached to the items, and not ended, by item and
	// then in the order in which it came.
	Attachments(ctx context.Context, itemIDs ...int64) ([]Attachment, error)
	// AttachmentsOf lists those, not ended, that share a file.
	AttachmentsOf(ctx context.Context, hash string) ([]Attachment, error)
	// AttachedFiles gives those of the hashes that an attachment names which has not
	// ended, or only after since.
	AttachedFiles(ctx context.Context, hashes []string, since time.Time) (map[string]bool, error)
}

// FileStore keeps bytes by their hash.
type FileStore interface {
	// Receive reads at most limit bytes to a place of their own, where they are
	// nobody's until Keep. More than limit is ErrTooLarge.
	Receive(ctx context.Context, r io.Reader, limit int64) (Received, error)
	// Open answers an Error of code NotFound when there is no such file.
	Open(hash string) (io.ReadSeekCloser, error)
	// Sweep removes files that came before the time and that keep does not name,
	// and what was received before and never kept. It says how many it removed.
	Sweep(ctx context.Context, before time.Time, keep func(hashes []string) (map[string]bool, error)) (int, error)
}

// Received is a file that has arrived whole.
type Received interface {
	io.ReaderAt
	Size() int64
	Hash() string // SHA-256, hexadecimal
	// Keep makes the file permanent: once it returns, a crash does not lose it.
	Keep() error
	// Discard removes what was not kept; after Keep it does nothing.
	Discard()
}

// ErrTooLarge is what Receive answers to more than it was to read.
var ErrTooLarge = invalid("file", "the file is larger than %d MB", MaxAttachment>>20).
	hint("Make it smaller, or put it on a site and name that as a source.")
