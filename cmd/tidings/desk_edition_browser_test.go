package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// beginsEdition makes the edition of the period that is filled in; what is
// published is in it, and the people who would get it are counted.
func (c *clerk) beginsEdition() {
	c.t.Helper()
	c.to("/desk/editions", "Editions")
	c.goes("main a.button", "New edition")
	c.goes("main form.work button", "2019")
	c.sees(".said", "Begun.")
	c.isCounted()
	if got := c.titles(); len(got) < 2 {
		c.t.Fatalf("the edition holds %q:\n%s", got, c.says(`document.body.innerText`))
	}
	c.looks()
}

// isCounted looks again until the people are counted.
func (c *clerk) isCounted() {
	c.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		sum := c.says(`document.querySelector(".sum").textContent`)
		if strings.Contains(sum, "people get") || strings.Contains(sum, "person gets") {
			return
		}
		c.open(c.says(`location.href`))
	}
	c.t.Fatal("the people who would get the edition are not counted")
}

// titles are those of the edition's entries, in their order.
func (c *clerk) titles() []string {
	c.t.Helper()
	return strings.Split(c.says(`[...document.querySelectorAll("tr[data-item]")].map(r => r.dataset.title).join("|")`), "|")
}

// row selects the entry with the title.
func (c *clerk) row(title string) string {
	return fmt.Sprintf(`tr[data-title=%q]`, title)
}

// decides presses a button of an entry's menu.
func (c *clerk) decides(title, verb string) {
	c.t.Helper()
	c.press(c.row(title) + ` details.move summary`)
	heading := c.says(`document.querySelector("h1").textContent`)
	c.goes(c.row(title)+` button[value="`+verb+`"]`, heading)
}

// neighbours gives the first two entries of one section that stand together.
func (c *clerk) neighbours() (string, string) {
	c.t.Helper()
	both := strings.Split(c.says(`(() => { const all = [...document.querySelectorAll("tr[data-item]")];
		const at = all.findIndex((r, i) => all[i + 1]?.dataset.section === r.dataset.section);
		return at < 0 ? "" : all[at].dataset.title + "|" + all[at + 1].dataset.title; })()`), "|")
	if len(both) != 2 {
		c.t.Fatalf("no two entries stand in one section: %q", c.titles())
	}
	return both[0], both[1]
}

// before says which of two entries stands first.
func (c *clerk) before(first, second string) {
	c.t.Helper()
	all := c.titles()
	if slices.Index(all, first) > slices.Index(all, second) {
		c.t.Errorf("%q stands after %q: %q", first, second, all)
	}
}

// ordersByButtons moves an entry and back, and pins one.
func (c *clerk) ordersByButtons() {
	c.t.Helper()
	first, second := c.neighbours()
	c.decides(first, "down")
	c.sees(".said", "Moved down.")
	c.before(second, first)
	c.decides(first, "up")
	c.before(first, second)
	c.decides(second, "pin")
	c.sees(c.row(second), "Pinned by "+c.name)
	c.before(second, first)
	c.decides(second, "unpin")
}

// ordersByKeyboard takes an entry up by its number and moves it with the arrows.
func (c *clerk) ordersByKeyboard() {
	c.t.Helper()
	first, second := c.neighbours()
	heading := c.says(`document.querySelector("h1").textContent`)
	c.reach(c.row(first) + " [data-grip]")
	c.do(chromedp.KeyEvent(" "))
	c.sees("[data-order-says]", "is taken up")
	c.do(chromedp.KeyEvent(kb.ArrowDown))
	c.sees("[data-order-says]", "Place ")
	c.looks()
	c.by(" ", heading)
	c.before(second, first)
	c.until(`String(document.activeElement.matches("[data-grip]"))`, "true")
}

func (c *clerk) leavesOutAndPutsBack() {
	c.t.Helper()
	first, _ := c.neighbours()
	heading := c.says(`document.querySelector("h1").textContent`)
	c.decides(first, "leave-out")
	if slices.Contains(c.titles(), first) {
		c.t.Errorf("%q was left out and stands there", first)
	}
	c.goes(`button[value="put-back"]`, heading)
	if !slices.Contains(c.titles(), first) {
		c.t.Errorf("%q was put back and does not stand there", first)
	}
}

// freezes takes the copy that is approved and sent.
func (c *clerk) freezes() {
	c.t.Helper()
	heading := c.says(`document.querySelector("h1").textContent`)
	c.goes(`form[action$="/freeze"] button`, heading)
	c.sees("aside", "A publisher approves exactly this state.")
	if got := c.says(`String(document.querySelectorAll("[data-grip]").length)`); got != "0" {
		c.t.Errorf("a frozen edition can be ordered")
	}
}
