package compose_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// kinds reads the kinds of delivery from the source of the domain: whoever adds one
// there is told here what it still needs.
func kinds(t *testing.T) []subscriptions.Kind {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "subscriptions", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var found []subscriptions.Kind
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				if name, ok := v.Type.(*ast.Ident); !ok || name.Name != "Kind" {
					continue
				}
				value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, subscriptions.Kind(value))
			}
		}
	}
	if len(found) < 8 {
		t.Fatalf("only %v found: the test looks in the wrong place", found)
	}
	return found
}

func identity() subscriptions.Identity {
	id := subscriptions.StandardIdentity()
	id.BaseURL = "https://tidings.example.org"
	return id
}

func TestEveryKindHasASampleInEveryCase(t *testing.T) {
	storetest.OneAfterTheOther(t)
	t.Parallel()
	all, err := compose.Samples(t.Context(), compose.SampleOptions{Identity: identity(), Now: storetest.Now()})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range all {
		name := string(s.Case) + " " + s.Name
		if seen[name] {
			t.Errorf("two samples are called %s: give one another name in sampleStore.mails", name)
		}
		seen[name] = true
		if !slices.Contains(compose.Cases(), s.Case) || (s.Name != string(s.Kind) && !strings.HasPrefix(s.Name, string(s.Kind)+".")) {
			t.Errorf("the sample %s is of no case, or not called after its kind %s", name, s.Kind)
		}
	}
	for _, kind := range kinds(t) {
		for _, c := range compose.Cases() {
			if !slices.ContainsFunc(all, func(s compose.Sample) bool { return s.Kind == kind && s.Case == c }) {
				t.Errorf("the mail %q has no sample of the case %q; add it to sampleStore.mails in check_samples.go", kind, c)
			}
		}
	}
}

func TestSamplesAreTheSameEachTime(t *testing.T) {
	storetest.OneAfterTheOther(t)
	t.Parallel()
	o := compose.SampleOptions{Identity: identity(), Now: storetest.Now(), Cases: []compose.Case{compose.CaseNormal}}
	first, err := compose.Samples(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	second, err := compose.Samples(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		a, pageA := first[i].Message.Render()
		b, pageB := second[i].Message.Render()
		if a != b || pageA != pageB || first[i].Message.MessageID != second[i].Message.MessageID {
			t.Errorf("%s differs", first[i].Name)
		}
	}
}
