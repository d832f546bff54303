package main

import (
	"bytes"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
)

// shownMail is a line of the page to look through a preview.
type shownMail struct {
	Name, Case, Subject string
	HTML, Text          int // octets
	Pictures            []string
	page                string
}

// The page stands beside the files and needs nothing else: no script, no network.
var previewIndex = template.Must(template.New("index").Funcs(template.FuncMap{"kb": func(n int) string { return fmt.Sprintf("%.1f KB", float64(n)/1000) }}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>Preview of {{len .}} mails</title>
<style>
:root{color-scheme:light dark;--paper:#fbfaf6;--ink:#14213a;--ink-2:#4b566b;--hair:#dcd8cc;--accent:#1c4f9c}
@media (prefers-color-scheme:dark){:root{--paper:#11161f;--ink:#eceae3;--ink-2:#b5bac4;--hair:#313a49;--accent:#8db8ff}}
body{margin:0 auto;padding:2rem clamp(1rem,4vw,3rem) 4rem;max-width:76rem;background:var(--paper);color:var(--ink);font:16px/1.5 -apple-system,"Segoe UI",system-ui,Roboto,"Helvetica Neue",sans-serif}
h1{margin:0 0 1rem;padding:.75rem 0;border-top:3px solid;border-bottom:1px solid;font:700 1.9rem/1.1 Georgia,"Noto Serif",serif}
h2{margin:3rem 0 0;padding-bottom:.5rem;border-bottom:2px solid;font-size:.9rem}
h3{margin:0 0 .25rem;font:700 1.25rem/1.3 Georgia,"Noto Serif",serif;overflow-wrap:anywhere}
section{padding:1.5rem 0;border-bottom:1px solid var(--hair)}
p{margin:0 0 .75rem;font-size:.9rem;color:var(--ink-2)} a{color:var(--accent)}
ul{display:flex;flex-wrap:wrap;gap:1rem;margin:0;padding:0;list-style:none;font-size:.8rem;color:var(--ink-2)}
li a{display:block} img{display:block;height:17rem;width:auto;max-width:100%;object-fit:cover;object-position:top;border:1px solid var(--hair)}
img[src*=".640"]{width:14rem}img[src*=".360"]{width:9rem}
</style></head><body>
<h1>Preview of {{len .}} mails</h1>
{{$case := ""}}{{range .}}{{if ne .Case $case}}{{$case = .Case}}<h2>{{.Case}}</h2>
{{end}}<section><h3>{{.Subject}}</h3>
{{$m := .}}<p>{{.Name}} · <a href="{{.Case}}/{{.Name}}.html">HTML</a>, {{kb .HTML}} · <a href="{{.Case}}/{{.Name}}.txt">text</a>, {{kb .Text}} · <a href="{{.Case}}/{{.Name}}.eml">as it leaves</a></p>
{{with .Pictures}}<ul>{{range .}}<li><a href="{{$m.Case}}/{{.}}"><img loading="lazy" src="{{$m.Case}}/{{.}}" alt="{{.}}"></a></li>{{end}}</ul>
{{end}}</section>
{{end}}</body></html>
`))

func writePreviewIndex(dir string, mails []shownMail) error {
	var page bytes.Buffer
	if err := previewIndex.Execute(&page, mails); err != nil {
		return fmt.Errorf("make the page of the preview: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), page.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the page of the preview: %w", err)
	}
	return nil
}
