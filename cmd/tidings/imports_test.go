package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The floors of the house. A package imports only what its row names: ours by
// the path below the module, others by the path of their module or a folder in
// it. A package that is not here fails the test: a new room needs a floor.
//
// The same table stands in the README for people.
var floors = map[string]struct {
	floor  int
	ours   []string
	others []string
}{
	"subscriptions/lru":             {0, nil, nil},
	"subscriptions":                 {0, nil, nil},
	"subscriptions/idn":             {0, nil, []string{"golang.org/x/net/idna"}},
	"subscriptions/sample":          {0, nil, nil},
	"templates":                     {0, nil, nil},
	"templates/markdown":            {0, nil, []string{"github.com/yuin/goldmark", "github.com/microcosm-cc/bluemonday", "github.com/mattn/go-runewidth", "github.com/rivo/uniseg"}},
	"mailer/mailtest":               {0, nil, []string{"github.com/emersion/go-smtp", "github.com/emersion/go-sasl"}},
	"subscriptions/store":           {1, []string{"subscriptions", "subscriptions/lru"}, []string{"gorm.io", "modernc.org/sqlite", "github.com/pressly/goose/v3"}},
	"subscriptions/store/storetest": {2, []string{"subscriptions", "subscriptions/store"}, []string{"github.com/jackc/pgx/v5"}},
	"subscriptions/importer":        {1, []string{"subscriptions", "subscriptions/idn"}, []string{"github.com/goccy/go-yaml", "github.com/mmcdole/gofeed", "github.com/JohannesKaufmann/html-to-markdown/v2", "golang.org/x/net/html", "golang.org/x/text"}},
	"subscriptions/fetch":           {1, []string{"subscriptions"}, []string{"code.dny.dev/ssrf"}},
	"subscriptions/intake":          {2, []string{"subscriptions", "subscriptions/fetch", "subscriptions/importer"}, nil},
	"subscriptions/credentials":     {1, []string{"subscriptions"}, []string{"github.com/alexedwards/argon2id", "github.com/pquerna/otp", "github.com/boombuler/barcode/qr"}},
	"mailer":                        {1, []string{"subscriptions"}, nil},
	"mailer/bounce":                 {1, []string{"subscriptions"}, []string{"golang.org/x/text"}},
	"mailer/inbound":                {2, []string{"subscriptions", "mailer/bounce"}, []string{"github.com/emersion/go-smtp", "github.com/emersion/go-imap/v2"}},
	"mailer/compose":                {2, []string{"subscriptions", "subscriptions/calendar", "subscriptions/lru", "mailer", "templates", "templates/markdown"}, []string{"github.com/aymerick/douceur"}},
	"mailer/smtp":                   {2, []string{"subscriptions", "mailer"}, []string{"github.com/wneessen/go-mail"}},
	"web/static":                    {0, nil, nil},
	"web/page":                      {2, []string{"subscriptions", "subscriptions/idn", "templates", "templates/markdown"}, []string{"github.com/gin-gonic/gin"}},
	"web/public":                    {3, []string{"subscriptions", "subscriptions/calendar", "web/page", "templates/markdown"}, []string{"github.com/gin-gonic/gin", "github.com/jhillyerd/enmime/v2"}},
	"web/desk":                      {3, []string{"subscriptions", "subscriptions/importer/webpage", "subscriptions/intake", "subscriptions/idn", "web/page"}, []string{"github.com/gin-gonic/gin", "github.com/sergi/go-diff"}},
	"web/hooks":                     {3, []string{"subscriptions", "mailer/bounce"}, []string{"github.com/gin-gonic/gin"}},
	"web/ops":                       {3, []string{"subscriptions", "mailer"}, []string{"github.com/gin-gonic/gin", "github.com/prometheus/client_golang"}},
	"web":                           {4, []string{"subscriptions", "web/desk", "web/hooks", "web/ops", "web/page", "web/public", "web/static"}, []string{"github.com/gin-gonic/gin", "github.com/unrolled/secure"}},
	"cmd/tidings":                   {5, []string{"*"}, []string{"github.com/alecthomas/kong", "github.com/goccy/go-yaml", "github.com/schollz/progressbar/v3", "golang.org/x/term"}},

	// Files and pages that come from elsewhere, and calendars that go there.
	"subscriptions/calendar":         {1, []string{"subscriptions"}, []string{"github.com/arran4/golang-ical"}},
	"subscriptions/files":            {1, []string{"subscriptions"}, nil},
	"subscriptions/importer/webpage": {1, []string{"subscriptions"}, []string{"golang.org/x/net/html", "github.com/JohannesKaufmann/html-to-markdown/v2"}},
}

const module = "sesec.eu/tidings"

// TestFloors parses every file that is not a test and holds its imports against
// the table.
func TestFloors(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for file, imports := range goFiles(t) {
		room := path.Dir(file)
		row, ok := floors[room]
		if !ok {
			t.Errorf("%s: the package %s has no floor; give it a row in floors and in the README", file, room)
			continue
		}
		seen[room] = true
		for _, imported := range imports {
			if why := breach(room, row.floor, row.ours, row.others, imported); why != "" {
				t.Errorf("%s imports %s: %s", file, imported, why)
			}
		}
	}
	for room := range floors {
		if !seen[room] {
			t.Errorf("floors has a row for %s, which is not there", room)
		}
	}
}

func breach(room string, floor int, ours, others []string, imported string) string {
	if imported == module || strings.HasPrefix(imported, module+"/") {
		other := strings.TrimPrefix(imported, module+"/")
		switch {
		case slices.Equal(ours, []string{"*"}):
			return ""
		case !slices.Contains(ours, other):
			return "its row does not name it"
		case floors[other].floor >= floor:
			return room + " is not above it"
		}
		return ""
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "" // the standard library
	}
	for _, o := range others {
		if imported == o || strings.HasPrefix(imported, o+"/") {
			return ""
		}
	}
	return "its row does not name it"
}

// goFiles gives the imports of each file that is not a test.
func goFiles(t *testing.T) map[string][]string {
	t.Helper()
	root := filepath.Join("..", "..")
	files := map[string][]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files[name] = []string{}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			files[name] = append(files[name], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files found: the test looks in the wrong place", len(files))
	}
	return files
}

// TestTheTopLevelIsTheHousesOwn: no other folder of Go code.
func TestTheTopLevelIsTheHousesOwn(t *testing.T) {
	t.Parallel()
	for file := range goFiles(t) {
		top, _, _ := strings.Cut(file, "/")
		if !slices.Contains([]string{"cmd", "mailer", "subscriptions", "templates", "web"}, top) {
			t.Errorf("%s lies outside the five folders", file)
		}
	}
}

// TestABreachIsSeen breaks the rules on purpose.
func TestABreachIsSeen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		room, imported string
		breach         bool
	}{
		"a lower floor imports an upper one":   {"subscriptions", module + "/mailer", true},
		"the domain imports a library":         {"subscriptions", "gorm.io/gorm", true},
		"the store imports its own":            {"subscriptions/store", "gorm.io/gorm/clause", false},
		"the store imports the mailer":         {"subscriptions/store", module + "/mailer", true},
		"anybody imports the standard library": {"subscriptions", "net/mail", false},
		"a name that only begins like another": {"mailer/smtp", "github.com/wneessen/go-mail-x", true},
		"wiring imports everything of ours":    {"cmd/tidings", module + "/web/public", false},
		"wiring does not import any library":   {"cmd/tidings", "gorm.io/gorm", true},
	} {
		t.Run(name, func(t *testing.T) {
			row := floors[c.room]
			if got := breach(c.room, row.floor, row.ours, row.others, c.imported) != ""; got != c.breach {
				t.Errorf("breach: %v, want %v", got, c.breach)
			}
		})
	}
}
