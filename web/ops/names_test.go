package ops_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

// names are those of all figures of ours.
func names(t *testing.T) map[string]bool {
	t.Helper()
	s := storetest.New(t)
	fill(t, s)
	all, err := watch(t, s).Gatherer(t.Context())
	must(t, err)
	problems, err := testutil.GatherAndLint(all)
	must(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	families, err := all.Gather()
	must(t, err)
	names := map[string]bool{}
	others := 0
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "tidings_") {
			names[f.GetName()] = true
		} else {
			others++
		}
	}
	if len(names) < 20 || others < 10 {
		t.Fatalf("only %d figures of ours and %d of the process", len(names), others)
	}
	return names
}

var figure = regexp.MustCompile(`\btidings_[a-z_]+`)

// The README's section names each figure, and none that is not there.
func TestTheReadmeNamesEveryFigure(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	must(t, err)
	_, section, ok := strings.Cut(string(b), "\n## Watching it\n")
	if !ok {
		t.Fatal("the README has no section \"Watching it\"")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	named := map[string]bool{}
	for _, name := range figure.FindAllString(section, -1) {
		named[name] = true
	}
	all := names(t)
	for name := range all {
		if !named[name] {
			t.Errorf("the README does not name %s", name)
		}
	}
	for name := range named {
		if !all[name] {
			t.Errorf("the README names %s, which is not there", name)
		}
	}
}

// The rules we hand out ask for figures that exist, and say what to do.
func TestTheAlertsAskForWhatIsThere(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "deploy", "prometheus", "alerts.yml"))
	must(t, err)
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	must(t, yaml.UnmarshalWithOptions(b, &file, yaml.Strict()))
	if len(file.Groups) != 1 || len(file.Groups[0].Rules) < 3 {
		t.Fatalf("%+v", file)
	}
	all := names(t)
	for _, r := range file.Groups[0].Rules {
		asked := figure.FindAllString(r.Expr, -1)
		if len(asked) == 0 {
			t.Errorf("%s asks for no figure", r.Alert)
		}
		for _, name := range asked {
			if !all[name] {
				t.Errorf("%s asks for %s, which is not there", r.Alert, name)
			}
		}
		if _, err := time.ParseDuration(r.For); err != nil || r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] == "" {
			t.Errorf("%s lacks something: %+v", r.Alert, r)
		}
	}
}
