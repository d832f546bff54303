package web_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates"
	"sesec.eu/tidings/web"
	"sesec.eu/tidings/web/page"
	"sesec.eu/tidings/web/public"
)

// Every page that readers see can be tried with samples, and ours pass.
func TestOurOwnTemplatesPassTheCheck(t *testing.T) {
	t.Parallel()
	if err := web.CheckTemplates(templates.Files()); err != nil {
		t.Error(err)
	}
	if err := compose.CheckTemplates(templates.Files()); err != nil {
		t.Error(err)
	}
	parsed, err := templates.ParseWeb(templates.Files(), everyFunc(t))
	if err != nil {
		t.Fatal(err)
	}
	pages := public.Pages()
	for _, name := range parsed.Names() {
		if _, ok := pages[name]; !ok && strings.HasPrefix(name, "public/") && name != "public/inbox" {
			t.Errorf("public.Pages lacks %s", name)
		}
	}
}

// everyFunc stands for the functions: only the names count here.
func everyFunc(t *testing.T) map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("page", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	funcs := map[string]any{}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(src), "\n") {
			if name, _, ok := strings.Cut(strings.TrimSpace(line), `":`); ok && strings.HasPrefix(name, `"`) && !strings.ContainsAny(name, ". ") {
				funcs[name[1:]] = func(...any) string { return "" }
			}
		}
	}
	return funcs
}

func TestABrokenTemplateStopsTheStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, old, new, want string }{
		{"nothing is changed", "web/public/home.html", "", "", ""},
		{"another heading", "web/public/home.html", "<h1>", "<h1>Our ", ""},
		{"a word that is no field", "web/public/home.html", "{{define \"content\"}}\n", "{{define \"content\"}}\n{{.Headline}}\n", "web/public/home.html, line 2: executing"},
		{"a field deep in a list", "web/public/editions.html", ".Content.Title", ".Content.Heading", "web/public/editions.html, line"},
		{"a page that is not closed", "web/public/privacy.html", "{{define \"content\"}}", "{{define \"content\"}}{{if .X}}", "web/public/privacy.html, line"},
		{"a function that is not there", "web/partials/site.html", "{{site.Postal}}", "{{organisation}}", "web/partials/site.html, line"},
		{"a field of a partial", "web/partials/webinar.html", ".Title", ".Heading", "web/partials/webinar.html, line"},
		{"a field of a mail", "email/confirmation.html", ".ConfirmURL", ".Link", "email/confirmation.html, line"},
		{"a part of a mail", "email/parts/digest.txt", "{{.BodyText}}", "{{.Text}}", "email/parts/digest.txt, line"},
		{"an attribute that is left open", "email/manage.html", "{{define \"content\"}}", "{{define \"content\"}}<a href=\"", "email/manage.html"},
		{"a letter without any way out", "email/parts/letter.html", "{{define \"footer\"}}", "{{define \"footer\"}}{{template \"colophon\" .}}{{end}}{{define \"unused\"}}", ".html lost the link to /"},
		{"a text without its button", "email/confirmation.txt", "{{template \"button\" (link .ConfirmURL .Button)}}", "", "email/confirmation.txt lost the link to /confirm"},
		{"no postal address", "email/parts/letter.html", "{{.Postal}}", "", "lost the postal address"},
		{"a script in a mail", "email/welcome.html", "{{define \"content\"}}", "{{define \"content\"}}<script>1</script>", "email/welcome.html holds <script>"},
		{"a name of our own", "web/public/hom.html", "", "", "there is no template web/public/hom.html"},
		{"the desk", "web/desk/today.html", "", "", "belongs to the desk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			src, err := os.ReadFile(filepath.Join("..", "templates", filepath.FromSlash(c.file)))
			if err != nil {
				src = []byte("x")
			}
			if !strings.Contains(string(src), c.old) {
				t.Fatalf("%s does not hold %q", c.file, c.old)
			}
			to := filepath.Join(dir, filepath.FromSlash(c.file))
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to, []byte(strings.Replace(string(src), c.old, c.new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			files, err := templates.Override(dir)
			if err == nil {
				err = compose.CheckTemplates(files)
			}
			if err == nil {
				err = web.CheckTemplates(files)
			}
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("got %v, want one line with %q", err, c.want)
			}
		})
	}
}

// A change at the desk is on the next page of readers, whoever serves it.
func TestTheSiteFollowsTheSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/").want(t, http.StatusOK, "SESEC Tidings", "Next webinar")
	colours := subscriptions.StandardPalette()
	colours.Light.Accent = "#14663f"
	picture, err := subscriptions.NewPicture("logo.light", pngOf(t, 320, 80))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = s.settings.Change(t.Context(), 0, subscriptions.Settings{"site": "Grüne Post", "light.accent": "#14663f", "logo.light": picture.Setting(),
		"text.home.webinar": "Come along <b>", "text.consent": "Send it.", "text.privacy.more": "Ask [her](mailto:dpo@example.org).", "keep.left": "90"}, subscriptions.AtCommandLine, picture)
	if err != nil {
		t.Fatal(err)
	}
	home := s.get("/")
	home.want(t, http.StatusOK, "Come along &lt;b&gt;", "“Send it.”", `name="wording" value="2019-04-01"`, `src="`+page.PicturePath(picture.Name)+`" width="192" height="48" alt="Grüne Post"`, page.StylePath(colours))
	s.get("/privacy").want(t, http.StatusOK, `<a href="mailto:dpo@example.org">her</a>`, "90 days after the end", "Send it.")
	s.as(subscriptions.RoleEditor).get("/desk").want(t, http.StatusOK, page.StylePath(colours), "Grüne Post")

	sheet := s.get(page.StylePath(colours))
	sheet.want(t, http.StatusOK, "--accent: #14663f")
	if kind := sheet.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/css") || !strings.Contains(sheet.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the style sheet comes as %v", sheet.Header)
	}
	shown := s.get(page.PicturePath(picture.Name))
	if shown.StatusCode != http.StatusOK || shown.Header.Get("Content-Type") != "image/png" || shown.body != string(picture.Data) || shown.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("the logo: %d %v", shown.StatusCode, shown.Header)
	}
	for _, path := range []string{page.StylePrefix + "x/y.css", strings.Replace(page.StylePath(colours), "14663f", "000000", 1),
		strings.Replace(page.StylePath(colours), "14663f", "url(x)", 1), page.PicturePath(strings.Repeat("0", 32) + ".png"), page.PicturePath("x.svg")} {
		if got := s.get(path); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
}

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withCookie is a site at which whoever comes is signed in.
func withCookie(h http.Handler, cookie string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Cookie", cookie)
		h.ServeHTTP(w, r)
	})
}

// No mail slips past the check.
func TestEveryMailIsChecked(t *testing.T) {
	t.Parallel()
	mails, err := templates.ParseEmail(templates.Files())
	if err != nil {
		t.Fatal(err)
	}
	for _, mail := range mails.Mails() {
		for _, end := range []string{".html", ".txt"} {
			t.Run(mail+end, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				if err := os.Mkdir(filepath.Join(dir, "email"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "email", mail+end), []byte(`{{define "content"}}{{.NoSuchField}}{{end}}`), 0o644); err != nil {
					t.Fatal(err)
				}
				files, err := templates.Override(dir)
				if err != nil {
					t.Fatal(err)
				}
				if err := compose.CheckTemplates(files); err == nil || !strings.Contains(err.Error(), "email/"+mail+end+", line 1") {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}
