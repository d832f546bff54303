package subscriptions_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func TestAbbreviations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"capitals":                               {"The CAC and MIIT said", "CAC MIIT"},
		"small letters between":                  {"IoT by MoHURD", "IoT MoHURD"},
		"each once":                              {"CAC, CAC and CAC", "CAC"},
		"numbers of committees":                  {"SAC/TC260 and ISO/IEC JTC 1", "IEC ISO JTC SAC TC260"},
		"a sign within":                          {"S&T policy", "S&T"},
		"digit and capital":                      {"5G and 6G, not A4, Q3 or B2", "5G 6G"},
		"the plural":                             {"ICTs and SMEs", "ICT SME"},
		"a name with one capital more":           {"ChinaNet, McAfee", ""},
		"one capital":                            {"The Commission", ""},
		"Roman numbers":                          {"Part II, XIV", ""},
		"a heading that shouts":                  {"NEW DRAFT STANDARDS PUBLISHED by CAC", "CAC"},
		"a list of names is no heading":          {"MIIT, NDRC, MOST, MOFCOM", "MIIT MOFCOM MOST NDRC"},
		"addresses":                              {"see https://www.CAC.gov.cn/XYZ or www.ABC.example or A@MIIT.example", ""},
		"the target of a link":                   {"[the law](https://example.org/ABC) by NPC", "NPC"},
		"beside Chinese":                         {"由TC260发布", "TC260"},
		"too long for one":                       {strings.Repeat("A", 17) + " " + strings.Repeat("B", 16), strings.Repeat("B", 16)},
		"marks of Markdown":                      {"**CAC** _MIIT_ | NPC |", "CAC MIIT NPC"},
		"nothing":                                {"", ""},
		"a word of a heading alone is a finding": {"MOFCOM", "MOFCOM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, c.want, strings.Join(subscriptions.Abbreviations(c.text), " "))
		})
	}
}

func TestTheGlossaryIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		g := h.glossary
		cac, err := g.Add(ctx, subscriptions.Term{Abbreviation: " CAC ", English: "Cyberspace  Administration", Chinese: "网信办"}, deskEditor)
		must(t, err)
		_, err = g.Add(ctx, subscriptions.Term{Abbreviation: "CAC", English: "again"}, deskEditor)
		fails(t, err, subscriptions.Invalid)
		changed := cac
		changed.English = "Cyberspace Administration of China"
		changed, err = g.Change(ctx, changed, deskEditor)
		must(t, err)
		_, err = g.Change(ctx, subscriptions.Term{ID: cac.ID, Version: cac.Version, Abbreviation: "CAC", English: "lost?"}, deskEditor)
		fails(t, err, subscriptions.Conflict)
		other, err := g.Add(ctx, subscriptions.Term{Abbreviation: "cac", English: "other"}, deskEditor)
		must(t, err)
		_, err = g.Change(ctx, subscriptions.Term{ID: other.ID, Version: 1, Abbreviation: "CAC", English: "other"}, deskEditor)
		fails(t, err, subscriptions.Invalid)
		list, err := g.List(ctx, "", 1)
		must(t, err)
		if len(list.Duplicates) != 1 || len(list.Duplicates[0].Terms) != 2 || list.All != 2 {
			t.Errorf("the list is %+v", list)
		}
		found, err := g.List(ctx, "china cyber", 1)
		must(t, err)
		if len(found.Terms) != 1 || found.Terms[0].ID != cac.ID {
			t.Errorf("found %+v", found.Terms)
		}

		_, past, err := g.Term(ctx, cac.ID)
		must(t, err)
		if len(past) != 1 || past[0].English != "Cyberspace Administration" || past[0].Removed {
			t.Errorf("it said before %+v", past)
		}
		_, err = g.Remove(ctx, cac.ID, 1, deskEditor)
		fails(t, err, subscriptions.Conflict)
		removed, err := g.Remove(ctx, cac.ID, changed.Version, deskEditor)
		must(t, err)
		gone, err := g.Removed(ctx)
		must(t, err)
		if len(gone) != 1 || gone[0].Abbreviation != "CAC" {
			t.Errorf("removed are %+v", gone)
		}
		back, err := g.Restore(ctx, removed.ID, deskEditor)
		must(t, err)
		if back.English != "Cyberspace Administration of China" {
			t.Errorf("it is back as %+v", back)
		}
		same(t, "editor term.add CAC: abbreviation CAC; English Cyberspace Administration; Chinese 网信办\n"+
			"editor term.change CAC: English Cyberspace Administration → Cyberspace Administration of China\n"+
			"editor term.add cac: abbreviation cac; English other\n"+
			"editor term.remove CAC: abbreviation CAC; English Cyberspace Administration of China; Chinese 网信办\n"+
			"editor term.add CAC: abbreviation CAC; English Cyberspace Administration of China; Chinese 网信办", h.deeds(t, "term."))
	})
}

func TestAbbreviationsWithoutATermAreWorkedOff(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		g := h.glossary
		_, err := g.Add(ctx, subscriptions.Term{Abbreviation: "TC", English: "technical committee"}, deskEditor)
		must(t, err)
		add := func(slug, body string) subscriptions.Item {
			i := h.item(t, slug, day(2019, 2, 1), "iot")
			i.Body, i.UpdatedAt = body, h.clock()
			must(t, h.store.UpdateItem(ctx, i))
			return i
		}
		add("one", "The CAC and TC260 with NPC")
		two := add("two", "The CAC again, and MIIT")
		missing := func() string {
			l, err := g.Missing(ctx, 1)
			must(t, err)
			var words []string
			for _, w := range l.Words {
				words = append(words, w.Word+strings.Repeat("*", w.Items))
			}
			return strings.Join(words, " ")
		}
		list, err := g.List(ctx, "", 1)
		must(t, err)
		if list.Unread != 2 || list.Missing != 0 {
			t.Errorf("before it is read: %+v", list)
		}
		must(t, g.Work(ctx))
		same(t, "CAC** MIIT* NPC*", missing())

		// What is added is explained at once; what is passed over is not asked again.
		_, err = g.Add(ctx, subscriptions.Term{Abbreviation: "CAC", English: "administration"}, deskEditor)
		must(t, err)
		must(t, g.Ignore(ctx, "NPC", true, deskEditor))
		same(t, "MIIT*", missing())
		must(t, g.Work(ctx))
		list, err = g.List(ctx, "", 1)
		must(t, err)
		uses := map[string]int{}
		for _, term := range list.Terms {
			uses[term.Abbreviation] = term.Items
		}
		same(t, map[string]int{"CAC": 2, "TC": 1}, uses)
		must(t, g.Ignore(ctx, "NPC", false, deskEditor))
		same(t, "MIIT* NPC*", missing())

		// One that is withdrawn counts no more.
		two.State = subscriptions.ItemWithdrawn
		must(t, h.store.UpdateItem(ctx, two))
		must(t, h.store.ForgetWords(ctx))
		must(t, g.Work(ctx))
		same(t, "NPC*", missing())
		fails(t, g.Ignore(ctx, " ", true, deskEditor), subscriptions.Invalid)
	})
}

func TestTheGlossaryGoesOutAndComesBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		terms := []subscriptions.Term{{Abbreviation: "=CMD()", English: "a | b, \"c\"", Chinese: "中文"}, {Abbreviation: "CAC", English: `back\slash`},
			{Abbreviation: "-t", English: "-1"}, {Abbreviation: "+", English: "'quoted'"}}
		csv := string(subscriptions.GlossaryCSV(terms))
		for _, line := range strings.Split(csv, "\n") {
			if strings.HasPrefix(strings.TrimPrefix(line, "\ufeff"), "=") || strings.Contains(line, ",-1") {
				t.Errorf("a spreadsheet would take %q for a formula", line)
			}
		}
		for name, text := range map[string]string{"CSV": csv, "Markdown": string(subscriptions.GlossaryMarkdown(terms)),
			"semicolons": "=CMD();\"a | b, \"\"c\"\"\";中文\r\nCAC;back\\slash\n-t;-1\n+;''quoted'\n"} {
			lines, err := subscriptions.ReadGlossary(text)
			must(t, err)
			if len(lines) != 4 {
				t.Fatalf("%s: %d lines: %+v", name, len(lines), lines)
			}
			for i, l := range lines {
				must(t, l.Err)
				same(t, terms[i], l.Term)
			}
		}

		_, err := h.glossary.Import(ctx, "CAC, administration\nMIIT, ministry\n", false, false, deskEditor)
		must(t, err)
		list := "| Abbreviation | English |\n|---|---|\n| CAC | another |\n| MIIT | ministry |\n| NPC | congress |\n| | nothing |\n"
		tried, err := h.glossary.Import(ctx, list, true, true, deskEditor)
		must(t, err)
		if len(tried.Added) != 1 || len(tried.Changed) != 1 || tried.Same != 1 || len(tried.Bad) != 1 || tried.Bad[0].No != 6 {
			t.Errorf("it would do %+v", tried)
		}
		all, err := h.glossary.All(ctx)
		must(t, err)
		if len(all) != 2 {
			t.Errorf("trying has left %+v", all)
		}
		kept, err := h.glossary.Import(ctx, list, false, false, deskEditor)
		must(t, err)
		if len(kept.Added) != 1 || len(kept.Differ) != 1 {
			t.Errorf("it did %+v", kept)
		}
		done, err := h.glossary.Import(ctx, list, true, false, deskEditor)
		must(t, err)
		if len(done.Changed) != 1 || done.Same != 2 {
			t.Errorf("it did %+v", done)
		}
		for _, bad := range []string{"", "\xff,x", strings.Repeat("A,b\n", 5001), strings.Repeat("x", subscriptions.MaxGlossaryFile+1)} {
			_, err := h.glossary.Import(ctx, bad, false, false, deskEditor)
			fails(t, err, subscriptions.Invalid)
		}
	})
}
