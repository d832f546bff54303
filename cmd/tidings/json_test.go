package main

import (
	"strings"
	"testing"
)

// notAsJSON are the commands without --json, each with why. All others have it: a
// program reads what they answer.
var notAsJSON = map[string]string{
	"demo":   "runs until it is stopped; with --once its letters are the answer",
	"serve":  "runs until it is stopped; it answers at its address and in its log",
	"worker": "runs until it is stopped; it answers in its log",

	"bounce read":       "answers as JSON, a line a message, and in no other way",
	"subscriber export": "answers as JSON, and in no other way",
	"settings export":   "answers as JSON, and in no other way",
	"templates export":  "its answer is the folder",
	"preview":           "its answer is the letters, each a file",
	"templates check":   "its answer is the exit code; faults are for whoever writes the template",
}

// TestEveryCommandAnswersAsJSON walks the command line: one that is new has --json,
// or a reason why not.
func TestEveryCommandAnswersAsJSON(t *testing.T) {
	t.Parallel()
	var c cli
	parser, err := newParser(&c)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, leaf := range parser.Model.Leaves(true) {
		name := strings.TrimPrefix(leaf.FullPath(), "tidings ")
		name = strings.TrimSpace(strings.Split(name, "<")[0])
		seen[name] = true
		asJSON := false
		for _, flags := range leaf.AllFlags(false) {
			for _, f := range flags {
				asJSON = asJSON || f.Name == "json"
			}
		}
		switch why := notAsJSON[name]; {
		case !asJSON && why == "":
			t.Errorf("tidings %s has no --json; give it one, or notAsJSON a reason", name)
		case asJSON && why != "":
			t.Errorf("tidings %s has --json, and a reason for having none: %s", name, why)
		}
	}
	for name := range notAsJSON {
		if !seen[name] {
			t.Errorf("notAsJSON speaks of %q, which is no command", name)
		}
	}
}
