package checks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// least is the contrast of text in WCAG 2.2, 1.4.3.
const least = 4.5

// colouring is a rule of a style sheet that sets a colour or a ground.
type colouring struct {
	selector     cascadia.Sel
	text, ground string // "" where it sets none
}

// night gives the rules for (prefers-color-scheme:dark), in order. All are important
// in letters: they go over style attributes.
func night(l letter, doc *html.Node) (rules []colouring, err error) {
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "style" || n.FirstChild == nil {
			continue
		}
		p := css.NewParser(parse.NewInputString(n.FirstChild.Data), false)
		dark, selector := false, ""
		var now colouring
		for done := false; !done; {
			kind, _, data := p.Next()
			switch kind {
			case css.ErrorGrammar:
				done = true
			case css.BeginAtRuleGrammar:
				dark = strings.Contains(words(p.Values()), "prefers-color-scheme:dark")
			case css.EndAtRuleGrammar:
				dark = false
			case css.QualifiedRuleGrammar, css.BeginRulesetGrammar:
				selector += "," + words(p.Values())
			case css.DeclarationGrammar:
				value, important := strings.CutSuffix(words(p.Values()), "!important")
				switch name := string(data); {
				case !dark:
				case name == "color" && important:
					now.text = value
				case name == "background-color" && important:
					now.ground = value
				case name == "color" || strings.HasPrefix(name, "background"):
					return nil, fmt.Errorf("%s: by night %s of %s is not important, or no plain colour", l.name, name, selector)
				}
			case css.EndRulesetGrammar:
				if now.text != "" || now.ground != "" {
					list, err := cascadia.ParseGroup(strings.TrimPrefix(selector, ","))
					if err != nil {
						return nil, fmt.Errorf("%s: %q: %w", l.name, selector, err)
					}
					for _, s := range list {
						rules = append(rules, colouring{s, now.text, now.ground})
					}
				}
				now, selector = colouring{}, ""
			}
		}
	}
	return rules, nil
}

// scene is how a page is coloured: what a style attribute or the attribute bgcolor
// says, over that the rules.
type scene struct {
	rules []colouring
	known map[*html.Node][2]string // own text and ground, where set
}

func (s scene) own(n *html.Node) (text, ground string) {
	if known, ok := s.known[n]; ok {
		return known[0], known[1]
	}
	ground = attr(n, "bgcolor")
	p := css.NewParser(parse.NewInputString(attr(n, "style")), true)
	for kind := css.DeclarationGrammar; kind != css.ErrorGrammar; {
		var data []byte
		if kind, _, data = p.Next(); kind != css.DeclarationGrammar {
			continue
		}
		switch string(data) {
		case "color":
			text = words(p.Values())
		case "background-color", "background":
			ground = words(p.Values())
		}
	}
	var forText, forGround cascadia.Specificity
	for _, r := range s.rules {
		if !r.selector.Match(n) {
			continue
		}
		if at := r.selector.Specificity(); r.text != "" && !at.Less(forText) {
			text, forText = r.text, at
		}
		if at := r.selector.Specificity(); r.ground != "" && !at.Less(forGround) {
			ground, forGround = r.ground, at
		}
	}
	s.known[n] = [2]string{text, ground}
	return text, ground
}

// at gives the colours that meet where a text stands.
func (s scene) at(n *html.Node) (text, ground string) {
	for ; n != nil && n.Type == html.ElementNode; n = n.Parent {
		t, g := s.own(n)
		if text == "" {
			text = t
		}
		if ground == "" {
			ground = g
		}
	}
	return text, ground
}

func hidden(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if strings.Contains(attr(n, "style"), "display: none") || strings.Contains(attr(n, "style"), "display:none") || n.Data == "style" || n.Data == "title" {
			return true
		}
	}
	return false
}

// faint tells every text that cannot be read on its ground, by day or by night.
func faint(l letter) (faults []string, texts int) {
	doc, err := html.Parse(strings.NewReader(l.page))
	if err != nil {
		return []string{err.Error()}, 0
	}
	rules, err := night(l, doc)
	if err != nil {
		return []string{err.Error()}, 0
	}
	for when, s := range map[string]scene{"by day": {nil, map[*html.Node][2]string{}}, "by night": {rules, map[*html.Node][2]string{}}} {
		for n := range doc.Descendants() {
			if n.Type != html.TextNode || strings.TrimSpace(n.Data) == "" || hidden(n.Parent) {
				continue
			}
			texts++
			text, ground := s.at(n.Parent)
			a, errText := subscriptions.ParseColour("", text)
			b, errGround := subscriptions.ParseColour("", ground)
			if errText != nil || errGround != nil {
				faults = append(faults, fmt.Sprintf("%s: %s: %.40q is %q on %q", l.name, when, strings.TrimSpace(n.Data), text, ground))
			} else if c := subscriptions.Contrast(a, b); c < least {
				faults = append(faults, fmt.Sprintf("%s: %s: %.40q is %s on %s, a contrast of %.2f", l.name, when, strings.TrimSpace(n.Data), a, b, c))
			}
		}
	}
	slices.Sort(faults)
	return slices.Compact(faults), texts
}

// Every text of every letter has a contrast of 4.5 on what is under it.
func TestEveryTextCanBeRead(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	all := 0
	for _, l := range everyLetter(t) {
		faults, texts := faint(l)
		all += texts
		for _, f := range faults {
			t.Error(f)
		}
	}
	if all < 10_000 {
		t.Errorf("only %d texts were looked at", all)
	}
}

// Colours that the settings take can be read in every letter.
func TestColoursThatAreTakenCanBeRead(t *testing.T) {
	storetest.OneAfterTheOther(t)
	t.Parallel()
	taken := 0
	rapid.Check(t, func(rt *rapid.T) {
		colour := func(name string, least, most int) string {
			channel := rapid.IntRange(least, most)
			return fmt.Sprintf("#%02x%02x%02x", channel.Draw(rt, name), channel.Draw(rt, name), channel.Draw(rt, name))
		}
		set, err := subscriptions.Settings{}.With(subscriptions.Settings{
			"light.paper": colour("light paper", 216, 255), "light.ink": colour("light ink", 0, 60), "light.accent": colour("light accent", 0, 130),
			"dark.paper": colour("dark paper", 0, 60), "dark.ink": colour("dark ink", 200, 255), "dark.accent": colour("dark accent", 120, 255),
		})
		if err != nil {
			rt.Skip("these are not taken")
		}
		taken++
		all, err := compose.Samples(t.Context(), compose.SampleOptions{Identity: subscriptions.NewHouse(1, set, house()).Identity,
			Now: storetest.Now(), Cases: []compose.Case{compose.CaseNormal}})
		if err != nil {
			rt.Fatal(err)
		}
		for _, s := range all {
			if s.Name != "digest" && s.Name != "confirmation" && s.Name != "test" {
				continue // they have no colour that these have not
			}
			l := letter{name: s.Name}
			_, l.page = s.Message.Render()
			faults, _ := faint(l)
			for _, f := range faults {
				rt.Error(f)
			}
		}
	})
	if taken < 10 {
		t.Errorf("only %d palettes were taken", taken)
	}
}
