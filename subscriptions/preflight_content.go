package subscriptions

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// PreflightFacts is what the rules about a content read.
type PreflightFacts struct {
	Content  Content
	Reach    Reach
	Now      time.Time // or the moment for which it is ordered
	Today    Date      // that day, in the service's zone
	Ahead    bool      // the moment is one to come
	Identity Identity
	Frozen   bool
	// What is so now, of what the content holds a copy of.
	Items    map[int64]Item     // of the entries
	Webinars map[string]Webinar // by slug
	Ignored  []string           // abbreviations that need no explanation
	// Elsewhere has the other editions that hold the same item, by its id.
	Elsewhere map[int64][]Edition
}

// contentFindings are what the content itself shows.
func contentFindings(f PreflightFacts) []PreflightFinding {
	var found []PreflightFinding
	for _, rule := range []func(PreflightFacts) []PreflightFinding{
		editionRules, entryRules, webinarRules, glossaryRules, topicRules, peopleRules,
	} {
		found = append(found, rule(f)...)
	}
	return found
}

func editionRules(f PreflightFacts) (found []PreflightFinding) {
	c := f.Content
	texts := fmt.Sprintf("/desk/editions/%d/edit", c.EditionID)
	if len(c.Entries) == 0 {
		found = append(found, PreflightFinding{Code: "edition-empty", Level: FindingBlocking, Place: placeEdition, Sentence: "The edition holds nothing.",
			Do: "Publish items of its period, or add some by hand.", Path: fmt.Sprintf("/desk/editions/%d", c.EditionID), Action: "Open the edition"})
	}
	if len(c.Entries) > maxEntries {
		found = append(found, PreflightFinding{Code: "edition-long", Level: FindingBlocking, Place: placeEdition,
			Sentence: fmt.Sprintf("The edition holds %d items; it can be frozen with %d.", len(c.Entries), maxEntries),
			Do:       "Shorten its period, or leave some out.", Path: texts, Action: "Edit the period"})
	}
	if strings.TrimSpace(c.Intro) == "" && c.Corrected == nil {
		found = append(found, PreflightFinding{Code: "edition-intro", Level: FindingNote, Place: placeEdition,
			Sentence: "The edition has no intro: each letter begins by counting its entries.", Path: texts, Action: "Write one"})
	}
	if u, err := url.Parse(f.Identity.BaseURL); err == nil {
		switch host := u.Hostname(); {
		case host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1":
			level := FindingWarning
			if reserved(f.Identity.Domain()) {
				level = FindingNote // a sender that does not exist either: somebody tries the program out
			}
			found = append(found, PreflightFinding{Code: "base-local", Level: level, Place: placeSender,
				Sentence: "The links of the letters lead to " + f.Identity.BaseURL + ", which nobody but this machine can open.",
				Do:       "Set TIDINGS_BASE_URL to the address at which readers find the site."})
		case u.Scheme != "https":
			found = append(found, PreflightFinding{Code: "base-plain", Level: FindingWarning, Place: placeSender,
				Sentence: "The links of the letters begin with http: what readers do there can be read on the way.",
				Do:       "Put the site behind TLS, and set TIDINGS_BASE_URL to https."})
		}
	}
	return append(found, pictureRules(placeEdition, texts, "Edit the texts", c.Intro, c.About)...)
}

// mdPicture finds pictures in Markdown.
var mdPicture = regexp.MustCompile(`!\[([^\[\]]*)\]\([^()\s]*`)

// pictureRules: a letter shows no picture of a text but its words instead; without
// words, nothing remains of it.
func pictureRules(at Spot, path, action string, texts ...string) (found []PreflightFinding) {
	bare, worded := 0, 0
	for _, m := range mdPicture.FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
		if strings.TrimSpace(m[1]) == "" {
			bare++
		} else {
			worded++
		}
	}
	if bare > 0 {
		found = append(found, PreflightFinding{Code: "picture-alt", Level: FindingWarning, Place: at, Path: path, Action: action,
			Sentence: countOf(bare, "picture has", "pictures have") + " no words: nothing of it reaches a reader, for letters show the words in its place.",
			Do:       "Say in the square brackets what the picture shows."})
	}
	if worded > 0 {
		found = append(found, PreflightFinding{Code: "picture-words", Level: FindingNote, Place: at, Path: path, Action: action,
			Sentence: "Letters show the words of " + countOf(worded, "picture", "pictures") + " in its place."})
	}
	return found
}

func entryRules(f PreflightFacts) (found []PreflightFinding) {
	there := idsOf(f.Content.Topics)
	titles := map[string]int{}
	for _, i := range f.Content.Entries {
		at, path := placeOfEntry(i), itemEditPath(i)
		add := func(code string, level FindingLevel, sentence, do string) {
			found = append(found, PreflightFinding{Code: code, Level: level, Place: at, Sentence: sentence, Do: do, Path: path, Action: editItem})
		}
		if !slices.ContainsFunc(i.Topics, there.Has) {
			add("entry-no-topic", FindingBlocking, "It is filed under no topic that there is: nobody gets it.", "File it under one.")
		}
		for _, other := range f.Elsewhere[i.ID] {
			add("entry-twice", FindingBlocking, fmt.Sprintf("It stands in “%s” too.", other.Title), "Leave it out of one of the two.")
			found[len(found)-1].Path, found[len(found)-1].Action = fmt.Sprintf("/desk/editions/%d#item-%d", f.Content.EditionID, i.ID), "Open the edition"
		}
		if first, twice := titles[strings.ToLower(i.Title)]; twice {
			add("entry-same", FindingWarning, fmt.Sprintf("It has the title of entry %d.", first), "Look whether it is the same news.")
		} else {
			titles[strings.ToLower(i.Title)] = i.Number
		}
		if c := i.Comments; c != nil {
			switch left := f.Today.DaysUntil(c.Until); {
			case left < 0:
				add("deadline-past", FindingWarning, f.then("Its comment period ended on ", "When it leaves, its comment period has ended, on ")+c.Until.Words()+"; letters say so.", "Check the date, or take it out if the news is over.")
			case left == 0:
				add("deadline-today", FindingWarning, f.then("Its comment period ends today", "Its comment period ends on the day it leaves")+": most readers will be too late.", "Check the date.")
			case left <= 3:
				add("deadline-near", FindingNote, fmt.Sprintf("Its comment period ends on %s, %s.", c.Until.Words(), f.then("in "+countOf(left, "day", "days"), countOf(left, "day", "days")+" after it leaves")), "")
			}
		}
		if strings.TrimSpace(i.Body) == "" && i.WebinarSlug == "" {
			add("entry-bare", FindingWarning, "It has no text.", "Write what it is about.")
		}
		if now, known := f.Items[i.ID]; known && f.Frozen {
			switch {
			case now.State == ItemWithdrawn:
				add("entry-withdrawn", FindingBlocking, "It was withdrawn after the edition was frozen.", "Open the edition again: it leaves by itself.")
			case changedSince(i, now):
				add("entry-changed", FindingWarning, "It was changed after the edition was frozen; letters hold what was frozen.", "Open the edition again and freeze it, if the change is to go out.")
			}
		}
		found = append(found, pictureRules(at, path, editItem, i.Body)...)
		if n := plainLinks(i); n > 0 {
			add("link-plain", FindingNote, countOf(n, "link begins", "links begin")+" with http: what readers do there can be read on the way.", "Try the same address with https.")
		}
	}
	return found
}

// then chooses the words for now or for the moment it is ordered for.
func (f PreflightFacts) then(now, ahead string) string {
	if f.Ahead {
		return ahead
	}
	return now
}

// LateFindings are what time alone does to an edition that is ordered for a moment to
// come: deadlines that will have passed, webinars that will be over.
func LateFindings(c Content, at time.Time, zone *time.Location) []PreflightFinding {
	f := PreflightFacts{Content: c, Now: at, Today: DateOf(at.In(zone)), Ahead: true}
	late := slices.DeleteFunc(slices.Concat(entryRules(f), webinarRules(f)), func(found PreflightFinding) bool {
		return !slices.Contains([]string{"deadline-past", "deadline-today", "webinar-over"}, found.Code)
	})
	return sortFindings(late)
}

// changedSince compares what readers see.
func changedSince(frozen, now Item) bool {
	return frozen.SearchText() != now.SearchText() || !slices.EqualFunc(frozen.Sources, now.Sources, func(a, b Source) bool { return a.URL == b.URL })
}

func plainLinks(i Item) (n int) {
	links := MarkdownLinks(i.Body)
	for _, s := range i.Sources {
		links = append(links, s.URL)
	}
	for _, l := range links {
		if strings.HasPrefix(l, "http://") {
			n++
		}
	}
	return n
}

func webinarRules(f PreflightFacts) (found []PreflightFinding) {
	add := func(at Spot, code string, level FindingLevel, sentence, do, path string) {
		p := PreflightFinding{Code: code, Level: level, Place: at, Sentence: sentence, Do: do, Path: path}
		if path != "" {
			p.Action = editItem
		}
		found = append(found, p)
	}
	for _, w := range f.Content.Webinars {
		now, known := f.Webinars[w.Slug]
		switch {
		case known && now.State == WebinarCancelled:
			add(placeWebinars, "webinar-cancelled", FindingBlocking, fmt.Sprintf("“%s” was cancelled, and the letters announce it.", w.Title), "Open the edition again: it leaves by itself.", "")
		case known && (!now.Starts.Equal(w.Starts) || !now.Ends.Equal(w.Ends)):
			add(placeWebinars, "webinar-moved", FindingBlocking, fmt.Sprintf("“%s” was moved after the edition was frozen: the letters name the old time.", w.Title), "Open the edition again and freeze it anew.", "")
		case !f.Now.Before(w.Ends):
			add(placeWebinars, "webinar-over", FindingWarning, fmt.Sprintf("“%s” %s, and the letters announce it.", w.Title, f.then("is over", "is over when it leaves")), "Open the edition again: it leaves by itself.", "")
		case w.Starts.Sub(f.Now) < oneDay:
			add(placeWebinars, "webinar-near", FindingNote, fmt.Sprintf("“%s” begins within a day%s: many will read of it too late.", w.Title, f.then("", " after it leaves")), "", "")
		}
	}
	for _, i := range f.Content.Entries {
		if i.WebinarSlug == "" {
			continue
		}
		if _, in := f.Content.Webinar(i.WebinarSlug); in {
			continue
		}
		switch now, known := f.Webinars[i.WebinarSlug]; {
		case !known:
			add(placeOfEntry(i), "webinar-unknown", FindingWarning, fmt.Sprintf("It announces the webinar “%s”, which there is not: it stands as a plain entry.", i.WebinarSlug), "Create the webinar, or take its name out of the item.", itemEditPath(i))
		case now.State == WebinarCancelled:
			add(placeOfEntry(i), "webinar-cancelled", FindingBlocking, "The webinar it announces was cancelled.", "Take the entry out, or rewrite it.", itemEditPath(i))
		case !f.Now.Before(now.Ends):
			add(placeOfEntry(i), "webinar-over", FindingWarning, f.then("The webinar it announces is over.", "The webinar it announces is over when it leaves."), "Take the entry out, or say what came of it.", itemEditPath(i))
		}
	}
	return found
}

// glossaryRules name the abbreviations that no term explains, with the entries in
// which they stand.
func glossaryRules(f PreflightFacts) (found []PreflightFinding) {
	known := map[string]bool{}
	for _, t := range f.Content.Glossary {
		known[t.Abbreviation] = true
	}
	for _, w := range f.Ignored {
		known[w] = true
	}
	stands := map[string][]Item{}
	var words []string
	for _, i := range f.Content.Entries {
		for word, explained := range ItemWords(f.Content.Glossary, i) {
			if explained || known[word] {
				continue
			}
			if stands[word] == nil {
				words = append(words, word)
			}
			stands[word] = append(stands[word], i)
		}
	}
	slices.Sort(words)
	for _, word := range words {
		where := "entry " + fmt.Sprint(stands[word][0].Number)
		if n := len(stands[word]) - 1; n > 0 {
			where += " and " + countOf(n, "other", "others")
		}
		found = append(found, PreflightFinding{Code: "glossary-missing", Level: FindingWarning, Place: placeGlossary, Sentence: "“" + word + "” in " + where + " is not in the glossary.",
			Do: "Add it, or say that it needs no explanation.", Path: "/desk/settings/glossary/missing", Action: "Open the list"})
	}
	// One line is read; thirty are not.
	if most := 5; len(found) > most {
		found = []PreflightFinding{{Code: "glossary-missing", Level: FindingWarning, Place: placeGlossary,
			Sentence: fmt.Sprintf("%d abbreviations are not in the glossary: %s.", len(words), listed(words, 12)),
			Do:       "Add them, or say that they need no explanation.", Path: "/desk/settings/glossary/missing", Action: "Open the list"}}
	}
	return found
}

// listed joins words as a sentence does, the first few of many.
func listed(words []string, most int) string {
	if len(words) > most {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func topicRules(f PreflightFacts) (found []PreflightFinding) {
	if f.Content.Corrected != nil {
		return nil // one entry has no others
	}
	filled := map[int64]bool{}
	for _, i := range f.Content.Entries {
		for _, id := range i.Topics {
			filled[id] = true
		}
	}
	for _, w := range f.Content.Webinars {
		for _, id := range w.Topics {
			filled[id] = true
		}
	}
	for _, t := range f.Content.Topics {
		if filled[t.ID] {
			continue
		}
		sentence := t.Name + " has no entry"
		if n := f.Reach.Asked[t.ID]; n > 0 {
			sentence += "; " + countOf(n, "person asked", "people asked") + " for it"
		}
		found = append(found, PreflightFinding{Code: "topic-empty", Level: FindingNote, Place: placeEdition, Sentence: sentence + ".",
			Path: fmt.Sprintf("/desk/editions/%d", f.Content.EditionID), Action: "Open the edition"})
	}
	return found
}

func peopleRules(f PreflightFacts) (found []PreflightFinding) {
	edition := fmt.Sprintf("/desk/editions/%d", f.Content.EditionID)
	r := f.Reach
	switch {
	case r.At.IsZero():
		return []PreflightFinding{{Code: "people-uncounted", Level: FindingWarning, Place: placePeople, Sentence: "The people are not counted yet.", Do: "Run preflight again in a moment."}}
	case r.People == 0:
		return []PreflightFinding{{Code: "people-none", Level: FindingBlocking, Place: placePeople, Sentence: "Nobody would get a letter.",
			Do: "Look at the topics of its entries, and at who asked for them.", Path: edition, Action: "Open the edition"}}
	}
	if r.Nothing > 0 {
		found = append(found, PreflightFinding{Code: "people-nothing", Level: FindingNote, Place: placePeople,
			Sentence: countOf(r.Nothing, "person gets", "people get") + " no letter, because nothing is in their topics.", Path: edition, Action: "Who gets what"})
	}
	return found
}
