package templates

import (
	"fmt"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"slices"
	"strings"
	texttemplate "text/template"
)

// Email is the parsed mail templates. It may be used by several goroutines.
type Email struct {
	html map[string]*htmltemplate.Template
	text map[string]*texttemplate.Template
}

// ParseEmail parses the mails of the files.
func ParseEmail(files fs.FS) (*Email, error) {
	files, err := fs.Sub(files, "email")
	if err != nil {
		return nil, fmt.Errorf("open the mail templates: %w", err)
	}
	return ParseEmailFiles(files)
}

// ParseEmailFiles parses mails from a folder: NAME.html and NAME.txt for each
// mail, both needed, and what they share in parts/. Every mail defines "content",
// which "letter" of the parts surrounds.
func ParseEmailFiles(files fs.FS) (*Email, error) {
	e := &Email{html: map[string]*htmltemplate.Template{}, text: map[string]*texttemplate.Template{}}
	htmlParts := htmltemplate.New("parts").Option("missingkey=error").Funcs(htmltemplate.FuncMap{"outlook": outlook, "han": han, "link": link})
	textParts := texttemplate.New("parts").Option("missingkey=error").Funcs(texttemplate.FuncMap{"pad": pad, "link": link})
	err := eachFile(files, "parts/*.html", func(name, src string) error { _, err := htmlParts.New(name).Parse(src); return err })
	if err == nil {
		err = eachFile(files, "parts/*.txt", func(name, src string) error { _, err := textParts.New(name).Parse(src); return err })
	}
	if err == nil {
		err = eachFile(files, "*.html", func(name, src string) error {
			t, err := htmlParts.Clone()
			if err == nil {
				_, err = t.New(name).Parse(src)
			}
			if err == nil {
				// html/template looks at the whole only when it first runs: make it
				// look now. Whatever the data lacks is found later and elsewhere.
				err = escapable(t)
			}
			e.html[strings.TrimSuffix(name, ".html")] = t
			return err
		})
	}
	if err == nil {
		err = eachFile(files, "*.txt", func(name, src string) error {
			t, err := textParts.Clone()
			if err == nil {
				_, err = t.New(name).Parse(src)
			}
			e.text[strings.TrimSuffix(name, ".txt")] = t
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	for _, mail := range e.Mails() {
		if e.html[mail] == nil || e.text[mail] == nil {
			return nil, fmt.Errorf("the mail %s needs both %s.html and %s.txt", mail, mail, mail)
		}
	}
	return e, nil
}

func eachFile(files fs.FS, pattern string, parse func(name, src string) error) error {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return fmt.Errorf("list the mail templates %s: %w", pattern, err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("read the mail template %s: %w", name, err)
		}
		if err := parse(name, string(src)); err != nil {
			return located("email/"+name, err)
		}
	}
	return nil
}

// escapable runs the template on nothing and passes on only what html/template
// itself complains of.
func escapable(t *htmltemplate.Template) error {
	probe, err := t.Clone()
	if err != nil {
		return err
	}
	if err := probe.ExecuteTemplate(io.Discard, "letter", nil); err != nil {
		if e, ok := err.(*htmltemplate.Error); ok { //nolint:errorlint // never wrapped: it is the escaper's own
			return e
		}
	}
	return nil
}

// Mails names the mails, in order of the alphabet.
func (e *Email) Mails() []string {
	var names []string
	for name := range e.html {
		names = append(names, name)
	}
	for name := range e.text {
		if e.html[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// HTML renders a mail's page, its style sheet not yet inlined.
func (e *Email) HTML(mail string, data any) (string, error) {
	t, ok := e.html[mail]
	if !ok {
		return "", fmt.Errorf("render mail %s: there is no such mail", mail)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, "letter", data); err != nil {
		return "", located("email/"+mail+".html", err)
	}
	return b.String(), nil
}

// Text renders a mail's text, its long lines not yet folded.
func (e *Email) Text(mail string, data any) (string, error) {
	t, ok := e.text[mail]
	if !ok {
		return "", fmt.Errorf("render mail %s: there is no such mail", mail)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, "letter", data); err != nil {
		return "", located("email/"+mail+".txt", err)
	}
	return b.String(), nil
}
