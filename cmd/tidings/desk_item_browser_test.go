package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/chromedp/chromedp"
)

const (
	ofItem    = "Personal information: a draft with a table"
	tableText = "The drafts:\n\n| Number | Name |\n|---|---|\n| 1 | Notice of processing |\n| 2 | De-identification |\n\nComments are welcome.\n"
	fromWord  = `<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word"><head><meta name="Generator" content="Microsoft Word 15"><style>p.MsoNormal{margin:0}</style></head><body>
<p class="MsoNormal">From <b>Word</b>:<o:p></o:p></p>
<ul><li>outer<ul><li>inner</li></ul></li></ul>
<table class="MsoTableGrid"><tr><td><p class="MsoNormal">Part</p></td><td><p class="MsoNormal">Who</p></td></tr><tr><td><p class="MsoNormal">1</p></td><td><p class="MsoNormal">TC 260</p></td></tr></table>
<p class="MsoNormal">End.</p></body></html>`
)

// writes an item: its text with a table, its facts, two topics; looks at the
// preview; pastes from Word; is kept while writing.
func (c *clerk) writes() {
	c.t.Helper()
	c.to("/desk/items", "Items")
	c.by("n", "New item")
	c.write("#title", ofItem)
	c.write("#summary", "Two drafts are open for comments.")
	c.types("#body", tableText)
	c.choose("#topics", c.topic("iot"))
	c.tick(`input[name="topic"][value="` + c.topic("cybersecurity") + `"]`)
	c.write("#issuer", "TC 260")
	c.fills("#date", c.day(10))
	c.press("details.part:has(#standard-identifier) summary")
	c.write("#standard-identifier", "GB/T 12345-2019")
	c.write("#standard-committee", "TC 260")
	c.write("#standard-stage", "Draft for comments")
	c.write("#standard-original", "个人信息")
	c.press("details.part:has(#comments-until) summary")
	c.fills("#comments-until", c.day(80))
	c.write("#source-0-url", "https://www.example.org/draft")
	c.fills("#source-0-accessed", c.day(9))
	c.previews()
	c.pastes()
	c.sees("[data-kept]", "Saved as your draft")
	c.looks()
}

// topic is the id of the topic, as a form names it.
func (l *life) topic(slug string) string {
	l.t.Helper()
	topics, err := l.app.store.Topics(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	for _, t := range topics {
		if t.Slug == slug {
			return strconv.FormatInt(t.ID, 10)
		}
	}
	l.t.Fatalf("there is no topic %s", slug)
	return ""
}

// quoted is a text as a script writes it.
func (c *clerk) quoted(text string) string {
	c.t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

// fills types a day into its input as the browser wants it: month, day, year.
func (c *clerk) fills(selector, day string) {
	c.t.Helper()
	parts := strings.Split(day, "-")
	c.write(selector, parts[1]+parts[2]+parts[0])
	if got := c.says(`document.querySelector(` + c.quoted(selector) + `).value`); got != day {
		c.t.Fatalf("%s is %q, want %s", selector, got, day)
	}
}

// previews looks at the item as a page and as a letter, while it is written.
func (c *clerk) previews() {
	c.t.Helper()
	c.press("details.preview summary")
	for _, view := range []string{"web", "letter"} {
		c.press("#preview-" + view)
		c.until(`String(document.querySelectorAll("details.preview iframe").length === 1 && !document.querySelector("details.preview iframe.coming"))`, "true")
		c.sees("details.preview", "as HTML")
		shown, err := chromedp.Run(c.tab, chromedp.Evaluate[string](`(async () => { const data = new URLSearchParams(new FormData(document.querySelector("form[data-item]")));
			data.set("view", "`+view+`"); return (await fetch("/desk/preview", { method: "POST", body: data })).text(); })()`, chromedp.EvalAwaitPromise))
		if err != nil {
			c.t.Fatal(err)
		}
		for _, words := range []string{ofItem, "<table", "De-identification", "GB/T 12345-2019", "个人信息"} {
			if !strings.Contains(shown, words) {
				c.t.Errorf("the preview as %s has no %s", view, words)
			}
		}
	}
	c.looks()
}

// pastes what Word puts on the clipboard, at the end of the text.
func (c *clerk) pastes() {
	c.t.Helper()
	c.reach("#body")
	c.says(`(() => { const area = document.querySelector("#body"), data = new DataTransfer();
		area.setSelectionRange(area.value.length, area.value.length);
		data.setData("text/html", ` + c.quoted(fromWord) + `);
		data.setData("text/plain", "From Word: outer inner Part Who 1 TC 260 End.");
		area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
		return ""; })()`)
	c.until(`String(document.querySelector("#body").value.includes("**Word**"))`, "true")
	got := c.says(`document.querySelector("#body").value`)
	for _, words := range []string{"De-identification", "- outer\n", "  - inner", "| Part | Who |", "| 1 | TC 260 |"} {
		if !strings.Contains(got, words) {
			c.t.Errorf("pasted from Word there is no %q:\n%s", words, got)
		}
	}
}

// publishesByKey ends the form with Ctrl+Enter.
func (c *clerk) publishesByKey() {
	c.t.Helper()
	c.says(`(document.documentElement.id = "before", "")`)
	c.reach("#body")
	c.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	c.follows(ofItem)
	c.sees("ul.state .now", "Published")
}

// clash has both write in the item: who saves second sees both texts, takes both
// together, and nothing is lost.
func (c *clerk) clash(other *clerk) {
	c.t.Helper()
	where := c.says(`location.pathname`)
	c.by("e", ofItem)
	other.to(where+"/edit", ofItem)
	other.reach("#body")
	other.types("#body", "\n\nThe admin's own sentence.")
	other.goes("button[data-save]", ofItem)
	c.reach("#body")
	c.types("#body", "\n\nThe editor's own sentence.")
	c.goes("button[data-save]", other.name+" saved this while you were writing")
	both := c.says(`document.querySelector("main").innerText`)
	for _, words := range []string{"The admin's own sentence.", "The editor's own sentence."} {
		if !strings.Contains(both, words) {
			c.t.Errorf("the conflict does not show %q:\n%s", words, both)
		}
	}
	c.types("form[data-item] #body", "\n\nThe admin's own sentence.")
	c.goes("button[data-save]", ofItem)
	if got := c.says(`document.querySelector("main").innerText`); !strings.Contains(got, "The admin's own") || !strings.Contains(got, "The editor's own") {
		c.t.Errorf("words are lost:\n%s", got)
	}
	c.to(where+"/history", ofItem)
	if got := c.says(`document.querySelector("main").innerText`); !strings.Contains(got, c.name) || !strings.Contains(got, other.name) {
		c.t.Errorf("the history does not name both:\n%s", got)
	}
}

// writesPlainly writes an item with what it must have, and publishes it by its
// button.
func (c *clerk) writesPlainly(title string, day int) {
	c.t.Helper()
	c.writesOf(title, "iot", tableText, day)
}

func (c *clerk) writesOf(title, topic, body string, day int) {
	c.t.Helper()
	c.goes(`nav[aria-label="Desk"] a[href="/desk/items"]`, "Items")
	c.goes(`main a[href="/desk/items/new"]`, "New item")
	c.write("#title", title)
	c.types("#body", body)
	c.choose("#topics", c.topic(topic))
	c.fills("#date", c.day(day))
	c.goes(`button[value="publish"]`, title)
	c.sees("ul.state .now", "Published")
}
