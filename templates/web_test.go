package templates_test

import (
	"html/template"
	"strings"
	"testing"
	"testing/fstest"

	"sesec.eu/tidings/templates"
)

// The site's own templates are executed where their data are known, in package
// web. Here stands how they are put together, and how a broken one is told.
func TestParseWeb(t *testing.T) {
	layout := &fstest.MapFile{Data: []byte(`[{{block "content" .}}{{end}}]{{define "unused"}}{{end}}`)}
	partial := &fstest.MapFile{Data: []byte(`{{define "hello"}}hello {{shout .}}{{end}}`)}
	page := func(text string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`{{define "content"}}` + text + `{{end}}`)}
	}
	tests := []struct {
		name  string
		files fstest.MapFS
		want  string // of public/a
		err   string
	}{
		{"a page fills the layout and uses partials", fstest.MapFS{"web/layout.html": layout, "web/partials/p.html": partial,
			"web/public/a.html": page(`{{template "hello" .}}`), "web/public/b.html": page("b")}, "[hello X]", ""},
		{"a page that does not parse stops the start", fstest.MapFS{"web/layout.html": layout, "web/partials/p.html": partial,
			"web/public/a.html": page(`{{if}}`)}, "", "web/public/a.html"},
		{"so does a layout", fstest.MapFS{"web/layout.html": page("{{end}}"), "web/partials/p.html": partial}, "", "layout"},
	}
	funcs := template.FuncMap{"shout": strings.ToUpper}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, err := templates.ParseWeb(test.files, funcs)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want one that names %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := w.Execute(&b, "public/a", "x"); err != nil || b.String() != test.want {
				t.Errorf("%q, want %q (%v)", b.String(), test.want, err)
			}
			if err := w.Execute(&b, "public/nothing", "x"); err == nil {
				t.Error("a page that does not exist was filled")
			}
			if got := strings.Join(w.Names(), " "); got != "public/a public/b" {
				t.Errorf("the pages are %s", got)
			}
		})
	}
}
