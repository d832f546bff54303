package subscriptions

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Question is what the form of a webinar asks beside name and address. There are
// few: each costs registrations, and the answers are forgotten with the
// registration.
type Question struct {
	ID       string       `json:"id"` // never changes: answers point at it
	Kind     QuestionKind `json:"kind"`
	Text     string       `json:"text"`
	Choices  []string     `json:"choices,omitempty"` // of a choice
	Required bool         `json:"required,omitempty"`
}

// QuestionKind says what answers there are.
type QuestionKind string

// The kinds.
const (
	QuestionText   QuestionKind = "text"
	QuestionChoice QuestionKind = "choice"
	QuestionYesNo  QuestionKind = "yesno"
)

// QuestionKinds lists them.
func QuestionKinds() []QuestionKind {
	return []QuestionKind{QuestionText, QuestionChoice, QuestionYesNo}
}

// The bounds of questions and answers, in characters.
const (
	MaxQuestions = 5
	maxQuestion  = 200
	maxChoices   = 12
	MaxAnswer    = 500
)

func validQuestions(questions []Question) error {
	if len(questions) > MaxQuestions {
		return invalid("questions", "%d questions are more than people answer; %d is the most", len(questions), MaxQuestions)
	}
	ids := map[string]bool{}
	for i, q := range questions {
		field := fmt.Sprintf("question-%d", i+1)
		switch {
		case strings.TrimSpace(q.Text) == "" || !oneLine(q.Text) || utf8.RuneCountInString(q.Text) > maxQuestion:
			return invalid(field, "question %d needs a text of one line", i+1)
		case !slices.Contains(QuestionKinds(), q.Kind):
			return invalid(field, "question %d has no kind of answer", i+1)
		case q.ID == "" || ids[q.ID]:
			return invalid(field, "question %d has no id of its own", i+1)
		case q.Kind == QuestionChoice && (len(q.Choices) < 2 || len(q.Choices) > maxChoices):
			return invalid(field, "question %d needs from 2 to %d choices", i+1, maxChoices)
		}
		for n, c := range q.Choices {
			if strings.TrimSpace(c) == "" || !oneLine(c) || utf8.RuneCountInString(c) > maxQuestion || slices.Contains(q.Choices[:n], c) {
				return invalid(field, "the choices of question %d are to be different lines", i+1)
			}
		}
		ids[q.ID] = true
	}
	return nil
}

// AnswerField is the input of a question.
func (q Question) AnswerField() string { return "answer-" + q.ID }

// ReadAnswers keeps what answers a question of the webinar, and tells every fault.
// What was not asked is dropped.
func (w Webinar) ReadAnswers(given map[string]string) (map[string]string, []error) {
	answers := map[string]string{}
	var faults []error
	for _, q := range w.Questions {
		a := strings.Join(strings.Fields(given[q.ID]), " ")
		switch {
		case a == "" && q.Required:
			faults = append(faults, invalid(q.AnswerField(), "answer this: %s", q.Text))
		case a == "":
		case !utf8.ValidString(a) || strings.ContainsFunc(a, func(r rune) bool { return r < ' ' || r == 0x7f }):
			faults = append(faults, invalid(q.AnswerField(), "the answer holds characters that are none"))
		case utf8.RuneCountInString(a) > MaxAnswer:
			faults = append(faults, invalid(q.AnswerField(), "the answer has more than %d characters", MaxAnswer))
		case q.Kind == QuestionChoice && !slices.Contains(q.Choices, a), q.Kind == QuestionYesNo && a != "yes" && a != "no":
			faults = append(faults, invalid(q.AnswerField(), "choose one of the answers"))
		default:
			answers[q.ID] = a
		}
	}
	return answers, faults
}
