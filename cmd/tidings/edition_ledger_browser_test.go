package main

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

// TestAfterTheSendInABrowser looks somebody up in the ledger, takes it along, corrects
// an entry, and sees the correction come to those who got it and to nobody else, on
// the site and in the statistics.
func TestAfterTheSendInABrowser(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	c := l.firstAdmin(hand{})
	c.setsFactorUp()
	ctx := t.Context()
	people := demoPeople()
	editions, err := l.app.store.Editions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sent := editions[0]
	path := editionPathOf(sent.ID)

	// Somebody asks what became of their letter.
	c.to(path+"/ledger", "Ledger of ")
	got, err := l.app.store.Deliveries(ctx, subscriptions.DeliveryFilter{EditionID: sent.ID})
	if err != nil || len(got) < 3 {
		t.Fatal(err, got)
	}
	who := got[1]
	c.write("#address", who.Address)
	c.goes("form.filters button", "Ledger of ")
	if n := c.says(`String(document.querySelectorAll("tr[data-row]").length)`); n != "1" {
		t.Errorf("%s letters to %s are found", n, who.Address)
	}
	c.sees("tr[data-row]", "250")
	c.goes("tr[data-row] td.act a", "The letter to "+who.Address)
	c.sees("aside", who.MessageID)

	// The file holds what the filter shows, and the log says who took it.
	c.to(path+"/ledger?state=sent", "Ledger of ")
	file := c.says(`(() => { const f = document.querySelector("form.export"); const x = new XMLHttpRequest(); x.open("POST", f.action, false);
		x.setRequestHeader("Content-Type", "application/x-www-form-urlencoded"); x.send(new URLSearchParams([...new FormData(f), ["as", "csv"]]).toString()); return x.responseText })()`)
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil || len(rows) != len(got)+1 {
		t.Errorf("%v: %d rows, want %d", err, len(rows), len(got)+1)
	}
	events, err := l.app.store.AuditEvents(ctx, subscriptions.AuditFilter{Action: "edition.export-ledger"})
	if err != nil || len(events) != 1 || events[0].Actor != c.name || events[0].Detail != "sent" {
		t.Errorf("%v: the log says %+v", err, events)
	}

	// An entry was wrong.
	content, err := l.app.store.Content(ctx, sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	var item subscriptions.Item // that not everybody got
	for _, i := range content.Entries {
		if t, _ := content.Topic(i.Home()); !t.ForEveryone && len(i.Topics) == 1 {
			item = i
		}
	}
	c.to(path+"/corrections", "Corrections of ")
	c.says(`(document.querySelector("#item").value = "` + itoa64(item.ID) + `", "")`)
	c.write("#wrong", "We wrote that it is in May.")
	c.write("#right", "It is in June.")
	c.goes("form.work button", "Correction: ")
	c.looks()
	c.goes(`form[action$="/freeze"] button`, "Correction: ")
	all, err := l.app.store.Corrections(ctx, sent.ID)
	if err != nil || len(all) != 1 {
		t.Fatal(err, all)
	}
	before := l.mail.Count()
	e := all[0]
	if e, err = l.app.editions.Approve(ctx, e.ID, e.Hash, "a second person"); err == nil {
		_, err = l.app.editions.Start(ctx, e.ID)
	}
	if err == nil {
		err = l.app.drained(ctx, e.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	variants, err := l.app.store.EditionVariants(ctx, sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, d := range got {
		for _, v := range variants {
			if v.ID == d.VariantID && v.Topics.HasAny(item.Topics) {
				want[d.Address] = true
			}
		}
	}
	if n := l.mail.Count() - before; n != len(want) || n == 0 || n == len(got) {
		t.Errorf("%d corrections came, want %d of %d", n, len(want), len(got))
	}
	for _, p := range people {
		if want[p.address] {
			letter := l.letter(p.address, "Correction: ")
			if !strings.Contains(letter.Text, "It is in June.") {
				t.Errorf("the correction says\n%s", letter.Text)
			}
			break
		}
	}
	c.to(editionPathOf(e.ID)+"/ledger", "Ledger of Correction")
	if status := l.ask(http.MethodGet, l.base+"/items/"+item.Slug, nil); status != http.StatusOK {
		t.Errorf("the entry's page answers %d", status)
	}
	c.open(l.base + "/items/" + item.Slug)
	c.sees("main", "It is in June.")

	c.to(path+"/missed", "Who missed ")
	if err := l.app.countFigures(ctx); err != nil {
		t.Fatal(err)
	}
	c.to("/desk/statistics", "Statistics")
	c.goes("main a.button", "2")
	c.sees(".report", "To look at")
	c.to(path+"/statistics", "Statistics of ")
}

func editionPathOf(id int64) string { return "/desk/editions/" + itoa64(id) }

func itoa64(n int64) string { return itoa(int(n)) }
