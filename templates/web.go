package templates

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The site's templates are in web/: layout.html around the pages of readers,
// desk.html around those of editors, partials/ shared by all, and one folder a
// group of pages. A page is named by its path without the ending, "public/home",
// and fills the blocks of its layout.

//go:embed web
var webFiles embed.FS

// Web is the site's pages, each parsed with the layout and the partials.
type Web struct{ pages map[string]*template.Template }

// ParseWeb parses all pages, so that a fault in one stops the program at its
// start and not a reader on the page.
func ParseWeb(funcs template.FuncMap) (*Web, error) { return parseWeb(webFiles, funcs) }

func parseWeb(files fs.FS, funcs template.FuncMap) (*Web, error) {
	base, err := template.New("layout.html").Funcs(funcs).Option("missingkey=error").
		ParseFS(files, "web/*.html", "web/partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the site's layout: %w", err)
	}
	paths, err := fs.Glob(files, "web/*/*.html")
	if err != nil {
		return nil, fmt.Errorf("list the site's pages: %w", err)
	}
	w := &Web{pages: map[string]*template.Template{}}
	for _, p := range paths {
		if path.Dir(p) == "web/partials" {
			continue
		}
		page, err := base.Clone()
		if err == nil {
			page, err = page.ParseFS(files, p)
		}
		if err != nil {
			return nil, fmt.Errorf("parse the page %s: %w", p, err)
		}
		w.pages[strings.TrimSuffix(strings.TrimPrefix(p, "web/"), ".html")] = page
	}
	return w, nil
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
	page, ok := w.pages[name]
	if !ok {
		return fmt.Errorf("there is no page template %q", name)
	}
	layout := "layout.html"
	if strings.HasPrefix(name, "desk/") {
		layout = "desk.html"
	}
	if err := page.ExecuteTemplate(to, layout, data); err != nil {
		return fmt.Errorf("fill the page %s: %w", name, err)
	}
	return nil
}
