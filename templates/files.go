package templates

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed email web
var files embed.FS

// Files are the templates of this build: email/… and web/….
func Files() fs.FS { return files }

// Override puts the files of a folder over those of this build: email/digest.html
// there is used instead of ours, and what is not there is ours. A file that
// overrides nothing is a fault: its name is mistyped, or it is from another
// version. Hidden files and notes (*.md) may lie beside them. What no reader sees,
// the desk, is not overridden.
func Override(folder string) (fs.FS, error) {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("the folder of templates %s is not there", folder)
	}
	over := os.DirFS(folder)
	err := fs.WalkDir(over, ".", func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(base, ".") && base != ".":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || strings.HasSuffix(base, ".md"):
			return nil
		case ofDesk(name):
			return fmt.Errorf("the template %s belongs to the desk, which keeps its own", name)
		}
		if _, err := fs.Stat(files, name); err != nil {
			return fmt.Errorf("there is no template %s to override", name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return overlay{over}, nil
}

func ofDesk(name string) bool {
	return name == "web/desk.html" || strings.HasPrefix(name, "web/desk/") || strings.HasPrefix(name, "web/partials/desk")
}

// overlay is a folder over the files of this build. Its names are theirs.
type overlay struct{ over fs.FS }

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if f, err := o.over.Open(name); err == nil {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return files.Open(name)
}

// Export writes the templates that can be overridden into a folder, to begin from.
// It writes over nothing.
func Export(folder string) (written int, err error) {
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || ofDesk(name) {
			return err
		}
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("read the template %s: %w", name, err)
		}
		to := path.Join(folder, name)
		if err := os.MkdirAll(path.Dir(to), 0o755); err != nil {
			return fmt.Errorf("make the folder of %s: %w", to, err)
		}
		f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already", to)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", to, err)
		}
		_, err = f.Write(src)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("write %s: %w", to, err)
		}
		written++
		return nil
	})
	return written, err
}

// Fault is what is wrong with a template, where.
type Fault struct {
	File string // web/public/home.html
	Line int
	Why  string
	Err  error
}

// Error says it in one sentence.
func (f *Fault) Error() string {
	return fmt.Sprintf("the template %s, line %d: %s", f.File, f.Line, f.Why)
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// told is what the template packages write: where, and then why.
var told = regexp.MustCompile(`template: ?([^:\s]+):(\d+)(?::\d+)?: (?s:(.*))`)

// located finds in an error of the template packages which file it is about. page is
// the one that was parsed or filled; a fault may as well be in what it shares.
func located(page string, err error) error {
	m := told.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("the template %s: %w", page, err)
	}
	line, _ := strconv.Atoi(m[2]) // digits
	kind, _, _ := strings.Cut(page, "/")
	return &Fault{File: kind + "/" + m[1], Line: line, Why: strings.Join(strings.Fields(m[3]), " "), Err: err}
}
