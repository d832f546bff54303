package main

import (
	"encoding/csv"
	"slices"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// The walk of a release after its last letter: what became of it, and what was wrong.

// annaReadsTheLedger for somebody who asks.
func (r *aRelease) annaReadsTheLedger() {
	r.t.Helper()
	e := r.latest()
	all, err := r.app.store.Deliveries(r.t.Context(), subscriptions.DeliveryFilter{EditionID: e.ID, Limit: 500})
	r.must(err)
	for _, d := range all {
		if d.State == subscriptions.DeliverySent {
			r.sent = append(r.sent, d)
		}
	}
	at := slices.IndexFunc(r.sent, func(d subscriptions.Delivery) bool { return d.Address == r.seen.address })
	if at < 0 || len(r.sent) == len(all) {
		r.t.Fatalf("%d of %d letters are sent, and that to %s at %d", len(r.sent), len(all), r.seen.address, at)
	}
	r.anna.to(r.path+"/release", r.title)
	r.anna.goes(`nav a[href$="/ledger"]`, "Ledger of "+r.title)
	r.anna.write("#address", r.seen.address)
	r.anna.goes("form.filters button", "Ledger of ")
	if n := r.anna.says(`String(document.querySelectorAll("tr[data-row]").length)`); n != "1" {
		r.t.Errorf("%s letters to %s are found", n, r.seen.address)
	}
	r.anna.sees("tr[data-row]", "250")
	r.anna.goes("tr[data-row] td.act a", "The letter to "+r.seen.address)
	r.anna.sees("aside", r.sent[at].MessageID)
	r.anna.to(r.path+"/ledger?state=failed", "Ledger of ")
	r.anna.sees("tr[data-row] .said-by", "We do not like this")
}

// annaExports what the filter shows, and the log says who took it.
func (r *aRelease) annaExports() {
	r.t.Helper()
	r.anna.to(r.path+"/ledger?state=sent", "Ledger of ")
	file := r.anna.says(`(() => { const f = document.querySelector("form.export"); const x = new XMLHttpRequest(); x.open("POST", f.action, false);
		x.setRequestHeader("Content-Type", "application/x-www-form-urlencoded"); x.send(new URLSearchParams([...new FormData(f), ["as", "csv"]]).toString()); return x.responseText })()`)
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil || len(rows) != len(r.sent)+1 {
		r.t.Errorf("%v: %d rows, want %d", err, len(rows), len(r.sent)+1)
	}
	events, err := r.app.store.AuditEvents(r.t.Context(), subscriptions.AuditFilter{Action: "edition.export-ledger"})
	if err != nil || len(events) != 1 || events[0].Actor != r.anna.name || events[0].Detail != "sent" {
		r.t.Errorf("%v: the log says %+v", err, events)
	}
}

// benCorrectsAndAnnaSendsIt: the entry of few was wrong. The correction is agreed on and
// leaves as any edition, to those who got it and to nobody else.
func (r *aRelease) benCorrectsAndAnnaSendsIt() {
	r.t.Helper()
	ctx, edition := r.t.Context(), r.latest()
	content, err := r.app.store.Content(ctx, edition.ID)
	r.must(err)
	item := content.Entries[slices.IndexFunc(content.Entries, func(i subscriptions.Item) bool { return i.Title == itemOfFew })]
	variants, err := r.app.store.EditionVariants(ctx, edition.ID)
	r.must(err)
	want := map[string]bool{}
	for _, d := range r.sent {
		for _, v := range variants {
			if v.ID == d.VariantID && v.Topics.HasAny(item.Topics) {
				want[d.Address] = true
			}
		}
	}
	if len(want) == 0 || len(want) == len(r.sent) {
		r.t.Fatalf("%d of %d got the entry", len(want), len(r.sent))
	}

	r.ben.to(r.path+"/corrections", "Corrections of "+r.title)
	r.ben.choose("#item", itoa64(item.ID))
	r.ben.write("#wrong", "We wrote that it is in May.")
	r.ben.write("#right", "It is in June.")
	title := "Correction: "
	r.ben.goes("form.work button", title)
	r.ben.goes(`form[action$="/freeze"] button`, title)
	all, err := r.app.store.Corrections(ctx, edition.ID)
	if err != nil || len(all) != 1 {
		r.t.Fatal(err, all)
	}
	page := editionPathOf(all[0].ID)
	r.ben.to(page+"/release", title)
	r.ben.goes(`form[action$="/submit"] button`, title)
	r.ben.lacks(`form[action$="/approve"]`)
	r.ben.checks(page+"/preflight", title)

	before := r.mail.Count()
	r.anna.to(page+"/release", title)
	r.anna.approves(title)
	r.anna.goes(`form[action$="/send"] button`, title)
	r.waits(10 * time.Minute)
	r.anna.until(`String(/have left. The edition is in the archive|has left/.test(document.querySelector(".sum").textContent))`, "true")
	if n := r.mail.Count() - before; n != len(want) {
		r.t.Errorf("%d corrections came, want %d", n, len(want))
	}
	for address := range want {
		if letter := r.letter(address, title); !strings.Contains(letter.Text, "It is in June.") {
			r.t.Errorf("the correction to %s says\n%s", address, letter.Text)
		}
	}
	r.anna.to(page+"/ledger", "Ledger of Correction")
	r.anna.open(r.base + "/items/" + item.Slug)
	r.anna.sees("main", "It is in June.")
}

// whatRemains are who missed it, and the figures.
func (r *aRelease) whatRemains() {
	r.t.Helper()
	r.anna.to(r.path+"/missed", "Who missed ")
	r.must(r.app.countFigures(r.t.Context()))
	r.anna.to("/desk/statistics", "Statistics")
	r.anna.goes("main a.button", "2")
	r.anna.sees(".report", "To look at")
	r.anna.to(r.path+"/statistics", "Statistics of ")
}

func editionPathOf(id int64) string { return "/desk/editions/" + itoa64(id) }

func itoa64(n int64) string { return itoa(int(n)) }
