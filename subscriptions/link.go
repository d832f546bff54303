package subscriptions

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Link is a link to another site that stands in an edition.
type Link struct {
	URL    string
	Place  Spot
	Path   string // at the desk, where it can be changed
	Action string // the words of the link to it
}

// LinkState is how a link came out.
type LinkState string

// The states.
const (
	LinkFine    LinkState = "fine"
	LinkMoved   LinkState = "moved"   // leads elsewhere, and says that this is for good
	LinkHome    LinkState = "home"    // led from a page to the front page: the page is probably gone
	LinkDead    LinkState = "dead"    // 404, 410, or there is no server of this name
	LinkSilent  LinkState = "silent"  // an error of the server, or no answer in time
	LinkClosed  LinkState = "closed"  // the server tells programs nothing: 401, 403, 429
	LinkPrivate LinkState = "private" // leads into a private network, or is no address one follows
	LinkUnknown LinkState = "unknown" // this machine reaches nobody
)

// LinkAnswer is what a server answered, as it is kept.
type LinkAnswer struct {
	URL       string
	State     LinkState
	Status    int    // of HTTP, 0 where there was none
	Target    string // where it led, of those that moved
	Detail    string // a sentence
	CheckedAt time.Time
}

// How long an answer is taken for true. What did not answer is asked again soon.
const (
	linkFresh     = 24 * time.Hour
	linkAskAgain  = 10 * time.Minute
	keepLinkState = 30 * oneDay
)

// Fresh reports whether the answer need not be asked for again.
func (a LinkAnswer) Fresh(now time.Time) bool {
	age := now.Sub(a.CheckedAt)
	switch a.State {
	case LinkFine, LinkMoved, LinkClosed:
		return age >= 0 && age < linkFresh
	case LinkDead, LinkHome, LinkPrivate:
		return age >= 0 && age < linkAskAgain
	}
	return false
}

// JudgeLink reads an answer of HTTP: the status, where it led to in the end, and
// whether each step on the way said that it is for good.
func JudgeLink(asked string, status int, target string, forGood bool) LinkAnswer {
	a := LinkAnswer{URL: asked, Status: status, State: LinkFine}
	from, errFrom := url.Parse(asked)
	to, errTo := url.Parse(target)
	switch {
	case status == 404 || status == 410:
		a.State, a.Detail = LinkDead, fmt.Sprintf("The server says that there is no such page (%d).", status)
	case status == 401 || status == 403 || status == 429 || status == 451:
		a.State, a.Detail = LinkClosed, fmt.Sprintf("The server tells programs nothing (%d).", status)
	case status >= 400:
		a.State, a.Detail = LinkSilent, fmt.Sprintf("The server answers with an error (%d).", status)
	case errFrom != nil || errTo != nil || target == "" || sameLink(from, to):
	case len(from.Path) > 1 && strings.Trim(to.Path, "/") == "":
		a.State, a.Target, a.Detail = LinkHome, target, "It leads to the front page of "+to.Hostname()+": the page itself is probably gone."
	case forGood:
		a.State, a.Target, a.Detail = LinkMoved, target, "The page has moved for good."
	}
	return a
}

// sameLink reports whether two addresses are one for a reader: they differ in
// nothing, or in https, www. and the last slash.
func sameLink(a, b *url.URL) bool {
	host := func(u *url.URL) string { return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") }
	return host(a) == host(b) && strings.TrimSuffix(a.Path, "/") == strings.TrimSuffix(b.Path, "/") && a.RawQuery == b.RawQuery
}

// mdTarget finds where Markdown links lead.
var (
	mdTarget = regexp.MustCompile(`\]\(\s*<?((?:https?:)?//[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)`)
	mdBare   = regexp.MustCompile(`(?:^|[\s<(\[|])(https?://[^\s<>|\]]+)`)
)

// MarkdownLinks gives the web links of a text, each once.
func MarkdownLinks(md string) (links []string) {
	add := func(found string) {
		found = strings.TrimRight(found, ".,;:!?'\"*_")
		if strings.HasSuffix(found, ")") && !strings.Contains(found, "(") {
			found = strings.TrimRight(found, ")")
		}
		if validLink("", found) == nil && !slices.Contains(links, found) {
			links = append(links, found)
		}
	}
	for _, m := range mdTarget.FindAllStringSubmatch(md, -1) {
		add(m[1])
	}
	for _, m := range mdBare.FindAllStringSubmatch(mdTarget.ReplaceAllString(md, "]("), -1) {
		add(m[1])
	}
	return links
}

// LinksOf gives the links of a content that lead to other sites than ours, each
// with every place where it stands.
func LinksOf(c Content, ours string) (links []Link) {
	own, _ := url.Parse(ours)
	edition := fmt.Sprintf("/desk/editions/%d", c.EditionID)
	add := func(place Spot, path, action string, found ...string) {
		for _, link := range found {
			u, err := url.Parse(link)
			if err != nil || own != nil && u.Host == own.Host || validLink("", link) != nil {
				continue
			}
			u.Fragment, u.RawFragment = "", ""
			links = append(links, Link{u.String(), place, path, action})
		}
	}
	add(placeEdition, edition+"/edit", "Edit the texts", slices.Concat(MarkdownLinks(c.Intro), MarkdownLinks(c.About))...)
	for _, s := range c.Sections {
		add(placeEdition, fmt.Sprintf("%s/sections/%d", edition, s.TopicID), "Edit the section", MarkdownLinks(s.Intro)...)
	}
	for _, i := range c.Entries {
		found := MarkdownLinks(i.Body)
		for _, s := range i.Sources {
			found = append(found, s.URL)
		}
		if i.Comments != nil && i.Comments.URL != "" {
			found = append(found, i.Comments.URL)
		}
		add(placeOfEntry(i), itemEditPath(i), editItem, found...)
	}
	for _, w := range c.Webinars {
		found := MarkdownLinks(w.Contents)
		if w.RegistrationURL != "" {
			found = append(found, w.RegistrationURL)
		}
		add(placeWebinars, "", "", found...)
	}
	return links
}

const editItem = "Edit the item"

func itemEditPath(i Item) string { return fmt.Sprintf("/desk/items/%d/edit", i.ID) }

func placeOfEntry(i Item) Spot { return Spot{1 + i.Number, "Entry " + i.Describe()} }

// linkFindings says which links do not do what they should.
func linkFindings(links []Link, answers map[string]LinkAnswer) (found []PreflightFinding) {
	unreachable, reached := map[string]bool{}, false
	for _, a := range answers {
		u, err := url.Parse(a.URL)
		if err != nil {
			continue
		}
		if a.State == LinkUnknown {
			unreachable[u.Host] = true
		} else if a.State != LinkPrivate {
			reached = true
		}
	}
	if !reached && len(unreachable) > 0 {
		return []PreflightFinding{{Code: "links-unreachable", Level: FindingWarning, Place: placeLinks,
			Sentence: fmt.Sprintf("No link could be checked: this machine reaches %s.", countOfNone(len(unreachable))),
			Do:       "Open the links yourself, or run preflight where the web can be reached."}}
	}
	for _, l := range links {
		a, ok := answers[l.URL]
		if !ok {
			continue
		}
		f := PreflightFinding{Place: l.Place, Path: l.Path, Action: l.Action, URL: l.URL, Sentence: a.Detail}
		switch a.State {
		case LinkDead:
			f.Code, f.Level, f.Do = "link-dead", FindingBlocking, "Find where the page went, or take the link out."
		case LinkHome:
			f.Code, f.Level, f.Do = "link-home", FindingWarning, "Open it, and link to the page itself."
		case LinkMoved:
			f.Code, f.Level, f.Do = "link-moved", FindingWarning, "Link to where it leads: "+a.Target
		case LinkSilent, LinkUnknown:
			f.Code, f.Level, f.Do = "link-silent", FindingWarning, "Open it. If it works for you, take note of this; it may be down for a while."
		case LinkClosed:
			f.Code, f.Level, f.Do = "link-closed", FindingNote, "Open it yourself: people may be let in."
		case LinkPrivate:
			f.Code, f.Level, f.Do = "link-private", FindingBlocking, "Give the address that everybody can open."
		default:
			continue
		}
		found = append(found, f)
	}
	return found
}

func countOfNone(hosts int) string {
	if hosts == 1 {
		return "not the one server they lead to"
	}
	return fmt.Sprintf("none of the %d servers they lead to", hosts)
}
