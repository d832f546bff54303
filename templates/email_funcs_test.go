package templates_test

import (
	"testing"
	"testing/fstest"

	"sesec.eu/tidings/templates"
)

func TestWhatMailTemplatesCanCall(t *testing.T) {
	t.Parallel()
	letter := &fstest.MapFile{Data: []byte(`{{define "letter"}}{{template "content" .}}{{end}}`)}
	for _, c := range []struct{ name, html, text, words, wantHTML, wantText string }{
		{"words without Chinese are only escaped", "{{han .}}", "{{.}}", "A & <B>", "A &amp; &lt;B&gt;", "A & <B>"},
		{"Chinese is marked, with its punctuation", "{{han .}}", "{{.}}", "A 国家标准，委员会 <b> 国", `A <span lang="zh">国家标准，委员会</span> &lt;b&gt; <span lang="zh">国</span>`, "A 国家标准，委员会 <b> 国"},
		{"nothing is nothing", "{{han .}}", "{{pad 4 .}}|", "", "", "    |"},
		{"a link is the same in both", `{{with link "https://example.org/?a=1&b=2" .}}<a href="{{.URL}}">{{.Label}}</a>{{end}}`, `{{with link "https://example.org/?a=1&b=2" .}}{{.Label}}: {{.URL}}{{end}}`,
			"Go", `<a href="https://example.org/?a=1&amp;b=2">Go</a>`, "Go: https://example.org/?a=1&b=2"},
		{"a column is filled", "{{.}}", "{{pad 6 .}}|", "SAC", "SAC", "SAC   |"},
		{"a Chinese character takes two columns", "{{.}}", "{{pad 6 .}}|", "国家", "国家", "国家  |"},
		{"what is too long is followed by two spaces", "{{.}}", "{{pad 6 .}}|", "TC260-7", "TC260-7", "TC260-7  |"},
		{"Outlook alone reads a part", `{{outlook "<b>x</b>"}}{{.}}`, "{{.}}", "y", "<!--[if mso]><b>x</b><![endif]-->y", "y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			mails, err := templates.ParseEmailFiles(fstest.MapFS{"parts/letter.html": letter, "parts/letter.txt": letter,
				"note.html": {Data: []byte(`{{define "content"}}` + c.html + `{{end}}`)}, "note.txt": {Data: []byte(`{{define "content"}}` + c.text + `{{end}}`)}})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := mails.HTML("note", c.words); err != nil || got != c.wantHTML {
				t.Errorf("HTML %q, %v; want %q", got, err, c.wantHTML)
			}
			if got, err := mails.Text("note", c.words); err != nil || got != c.wantText {
				t.Errorf("text %q, %v; want %q", got, err, c.wantText)
			}
		})
	}
}
