package page

import "strings"

// act writes an action of the audit log in words: "item.publish" as "Publish item".
func act(action string) string {
	if words, ok := actWords[action]; ok {
		return words
	}
	noun, verb, ok := strings.Cut(action, ".")
	if !ok {
		return State(action)
	}
	return State(strings.ReplaceAll(verb, "-", " ") + " " + strings.ReplaceAll(noun, "-", " "))
}

// actWords are for the actions whose verb is none.
var actWords = map[string]string{
	"edition.section": "Change a section", "edition.look": "Look at the letter of a person", "edition.test": "Send a test",
	"preflight.acknowledge": "Take note of a warning", "preflight.withdraw": "Take a note back", "editor.codes": "Make new recovery codes", "editor.factor": "Turn the second factor on",
	"editor.factor-off": "Turn the second factor off", "editor.factor-reset": "Reset the second factor", "editor.name": "Change the name",
	"editor.password": "Set the password", "editor.reset": "Link for a new password", "editor.role": "Change the role", "import.take": "Take an import in",
	"import.undo": "Take an import back", "item.aside": "Put words aside", "item.draft": "Make it a draft again", "item.topics": "Change the topics",
	"session.begin": "Sign in", "session.confirm": "Confirm the password", "session.end": "Sign out", "session.refuse": "Refused to sign in",
}
