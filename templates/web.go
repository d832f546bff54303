package templates

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// The site's templates are in web/: layout.html around the pages of readers,
// desk.html around those of editors, partials/ shared by all, and one folder a
// group of pages. A page is named by its path without the ending, "public/home",
// and fills the blocks of its layout.

// Web is the site's pages, each with the layout and the partials. It may be used by
// several goroutines.
type Web struct {
	pages map[string]func() (*template.Template, error)
}

// ParseWeb parses all pages of the files, so that a fault in one stops the program
// at its start and not a reader on the page.
func ParseWeb(files fs.FS, funcs template.FuncMap) (*Web, error) {
	base := template.New("web").Funcs(funcs).Option("missingkey=error")
	for _, pattern := range []string{"web/*.html", "web/partials/*.html"} {
		shared, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, fmt.Errorf("list what the site's pages share: %w", err)
		}
		for _, p := range shared {
			src, err := fs.ReadFile(files, p)
			if err != nil {
				return nil, fmt.Errorf("read the template %s: %w", p, err)
			}
			if err := parseInto(base, p, string(src)); err != nil {
				return nil, err
			}
		}
	}
	paths, err := fs.Glob(files, "web/*/*.html")
	if err != nil {
		return nil, fmt.Errorf("list the site's pages: %w", err)
	}
	w := &Web{pages: map[string]func() (*template.Template, error){}}
	for _, p := range paths {
		if path.Dir(p) == "web/partials" {
			continue
		}
		src, err := fs.ReadFile(files, p)
		if err != nil {
			return nil, fmt.Errorf("read the template %s: %w", p, err)
		}
		// A page by itself shows its faults. Its set, a copy of all that pages share, is
		// put together when it is first asked for: those of all pages are 45 MB.
		if err := parseInto(template.New("page").Funcs(funcs), p, string(src)); err != nil {
			return nil, err
		}
		w.pages[strings.TrimSuffix(strings.TrimPrefix(p, "web/"), ".html")] = sync.OnceValues(func() (*template.Template, error) {
			page, err := base.Clone()
			if err != nil {
				return nil, fmt.Errorf("copy what the site's pages share: %w", err)
			}
			return page, parseInto(page, p, string(src))
		})
	}
	return w, nil
}

// parseInto adds a file under its path below web, so that a fault names it.
func parseInto(t *template.Template, p, src string) error {
	if _, err := t.New(strings.TrimPrefix(p, "web/")).Parse(src); err != nil {
		return located(p, err)
	}
	return nil
}

// Names lists the pages in the order of the alphabet.
func (w *Web) Names() []string {
	var names []string
	for name := range w.pages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Execute writes a page. What was written before an error is not a page: write
// to a buffer.
func (w *Web) Execute(to io.Writer, name string, data any) error {
	set, ok := w.pages[name]
	if !ok {
		return fmt.Errorf("there is no page template %q", name)
	}
	page, err := set()
	if err != nil {
		return err
	}
	layout := "layout.html"
	if strings.HasPrefix(name, "desk/") {
		layout = "desk.html"
	}
	if err := page.ExecuteTemplate(to, layout, data); err != nil {
		return located("web/"+name+".html", err)
	}
	return nil
}
