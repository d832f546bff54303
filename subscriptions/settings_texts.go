package subscriptions

import (
	"regexp"
	"slices"
	"strings"
)

// The texts that an organisation may put in its own words. The list is whole: a
// text that is not here is the service's, above all those of links by which people
// leave. {names} in braces stand for what is only known when it is said; a text may
// hold those of its row, and must hold those marked.
//
// A text is shown as text, line for line; only those of kind SettingMarkdown may
// have links and lists. Neither can hold markup.
func textFields() []SettingField {
	return []SettingField{
		{Key: "text.consent", Section: "Consent", Label: "What people agree to", Kind: SettingLines, Max: 500,
			Note:     "Stands at the button to subscribe, in the letter to confirm and on the privacy page. A new text gets a version of its own; the old ones stay, because consents point at them.",
			Standard: wordings[len(wordings)-1].Text},

		{Key: "text.confirmation.heading", Section: "Letter to confirm", Label: "Heading", Kind: SettingLine, Max: 120, Standard: "Is this what you want to read?"},
		{Key: "text.confirmation.intro", Section: "Letter to confirm", Label: "Above the topics", Kind: SettingLines, Max: 500, Holds: []string{"site", "topics"}, Needs: []string{"site"},
			Note: "{topics} is “this topic” or “these topics”.", Standard: "This address was entered at {site}, for one letter a month on {topics}:"},
		{Key: "text.confirmation.button", Section: "Letter to confirm", Label: "Button", Kind: SettingLine, Max: 40, Standard: "Confirm and begin"},
		{Key: "text.confirmation.until", Section: "Letter to confirm", Label: "Below the button", Kind: SettingLines, Max: 500, Holds: []string{"until"}, Needs: []string{"until"},
			Standard: "The link opens a page with one button. It works until {until}."},
		{Key: "text.confirmation.stranger", Section: "Letter to confirm", Label: "To who did not subscribe", Kind: SettingLines, Max: 500,
			Standard: "If this was not you, do nothing: you will hear no more from us."},

		{Key: "text.welcome.heading", Section: "Welcome", Label: "Heading", Kind: SettingLine, Max: 120, Standard: "Welcome"},
		{Key: "text.welcome.intro", Section: "Welcome", Label: "Above the newest edition", Kind: SettingLines, Max: 500,
			Standard: "You asked for the newest edition: here it is, on the topics you confirmed. The next one comes by itself."},

		{Key: "text.digest.soon", Section: "Digest", Label: "Heading of the deadlines", Kind: SettingLine, Max: 60, Standard: "Closing soon"},
		{Key: "text.digest.events", Section: "Digest", Label: "Heading of the webinars", Kind: SettingLine, Max: 60, Standard: "Coming up"},
		{Key: "text.digest.names", Section: "Digest", Label: "Heading of the glossary", Kind: SettingLine, Max: 60, Standard: "Names in this letter"},
		{Key: "text.digest.about", Section: "Digest", Label: "Heading of who sends it", Kind: SettingLine, Max: 60, Standard: "About this letter"},
		{Key: "text.digest.signoff", Section: "Digest", Label: "Sign-off", Kind: SettingMarkdown, Max: 1000, Holds: []string{"site"}, Note: "Below the last entry. Markdown."},
		{Key: "text.digest.why", Section: "Digest", Label: "Why it comes", Kind: SettingLine, Max: 200, Holds: []string{"since", "site"}, Needs: []string{"since"},
			Note:     "{since} is “ on 12 March 2019”, with the space before it. The links to change topics and to leave follow, always.",
			Standard: "You get this letter because you subscribed{since}."},
		{Key: "text.mail.footer", Section: "Every letter", Label: "Below the postal address", Kind: SettingLine, Max: 300, Holds: []string{"site"}},

		{Key: "text.home.webinar", Section: "Home page", Label: "Heading of the webinar", Kind: SettingLine, Max: 60, Standard: "Next webinar"},
		{Key: "text.home.soon", Section: "Home page", Label: "Heading of the deadlines", Kind: SettingLine, Max: 60, Standard: "Closing for comments"},
		{Key: "text.subscribe.heading", Section: "Subscribing", Label: "Heading of the page", Kind: SettingLine, Max: 120, Standard: "One letter a month, on your topics only."},
		{Key: "text.subscribe.intro", Section: "Subscribing", Label: "Below it", Kind: SettingLines, Max: 1000, Note: "An empty line begins a paragraph.",
			Standard: "Choose what you work on. The letter holds those entries whole, with what closes for comments, the webinars to come and the names explained.\n\n" +
				"In a month that brings nothing in your topics, nothing is sent."},
		{Key: "text.subscribe.promise", Section: "Subscribing", Label: "Above the form", Kind: SettingLine, Max: 200, Standard: "One letter a month, with what you tick."},
		{Key: "text.subscribe.button", Section: "Subscribing", Label: "Button", Kind: SettingLine, Max: 40, Standard: "Subscribe"},
		{Key: "text.subscribe.note", Section: "Subscribing", Label: "Below the button", Kind: SettingLines, Max: 400,
			Standard: "We send a link to confirm; nothing else comes before you press it. No tracking."},
		{Key: "text.subscribe.sent", Section: "Subscribing", Label: "After the form was sent", Kind: SettingLines, Max: 500,
			Standard: "A letter with a link is on its way to the address you gave. Open the link and press the button. Until then nothing else is sent."},
		{Key: "text.privacy.intro", Section: "Privacy page", Label: "Introduction", Kind: SettingLines, Max: 1000, Holds: []string{"site", "operator"},
			Standard: "You give us an address so that we send you a letter. That is all we use it for."},
		{Key: "text.privacy.more", Section: "Privacy page", Label: "Who is responsible", Kind: SettingMarkdown, Max: 4000, Holds: []string{"site", "operator"},
			Note: "Below the postal address: your data protection officer, your authority. Markdown."},
		{Key: "text.site.footer", Section: "Every page", Label: "Below the postal address", Kind: SettingLine, Max: 300, Holds: []string{"site"}},
	}
}

// place is a name in braces, or what looks as if it was meant to be one.
var place = regexp.MustCompile(`\{([^{}\n]*)\}`)

// checkPlaces wants the names that a text may hold, and those it must.
func (f SettingField) checkPlaces(value string) error {
	held := map[string]bool{}
	for _, m := range place.FindAllStringSubmatch(value, -1) {
		if held[m[1]] = true; !slices.Contains(f.Holds, m[1]) {
			e := invalid(f.Key, "{%s} stands for nothing here", m[1])
			if len(f.Holds) > 0 {
				return e.hint("This text may hold {%s}.", strings.Join(f.Holds, "} and {"))
			}
			return e.hint("This text holds no names in braces.")
		}
	}
	for _, name := range f.Needs {
		if !held[name] {
			return invalid(f.Key, "{%s} is missing", name).hint("Put it where it is to be said.")
		}
	}
	return nil
}

// Text says a text, given without "text." before its key, with the names replaced:
// pairs of a name and what it stands for.
func (i Identity) Text(key string, pairs ...string) string {
	said, ok := i.Texts["text."+key]
	if !ok {
		said = standardTexts()["text."+key]
	}
	if len(pairs) < 2 || !strings.Contains(said, "{") {
		return said
	}
	swaps := make([]string, 0, len(pairs))
	for n := 0; n+1 < len(pairs); n += 2 {
		swaps = append(swaps, "{"+pairs[n]+"}", pairs[n+1])
	}
	return strings.NewReplacer(swaps...).Replace(said)
}
