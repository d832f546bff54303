package subscriptions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of an edition's texts, in bytes.
const (
	MaxIntro   = 20_000 // the intro, who sends this, a section's intro
	MaxContact = 2_000
	MaxSubject = 300 // the subject, the preheader
)

// EditionEdit is what an editor sends of an edition's texts.
type EditionEdit struct {
	Version int // of the edition they began from
	Title   string
	Period  Period
	Intro   string
	About   string
	Contact string
	// What an inbox shows. Empty: what is inside.
	Subject   string
	Preheader string
}

// EditOf is an edition's texts as they stand.
func EditOf(e Edition) EditionEdit {
	return EditionEdit{Version: e.Version, Title: e.Title, Period: e.Period, Intro: e.Intro, About: e.About, Contact: e.Contact,
		Subject: e.Subject, Preheader: e.Preheader}
}

// Edit changes the texts and the period of a collecting edition. One that was
// changed since Version answers Conflict, with the edition as it is now, so that
// both texts can be shown.
func (s *EditionService) Edit(ctx context.Context, id int64, edit EditionEdit) (Edition, error) {
	var e Edition
	err := s.Store.InTx(ctx, func(tx Store) error {
		var err error
		if e, err = tx.FindEdition(ctx, id); err != nil {
			return err
		}
		if err := e.issue(); err != nil {
			return err
		}
		if e.State != EditionCollecting {
			return e.wrong("edited", "Only a collecting edition can be changed. Reopen it first.")
		}
		if e.Version != edit.Version {
			return &Error{Code: Conflict, Message: fmt.Sprintf("edition %d was changed by somebody else meanwhile", id),
				Hint: "Both texts are below. Keep what you want of them and save again."}
		}
		was := EditOf(e)
		changed := e
		changed.Title, changed.Period = strings.TrimSpace(edit.Title), edit.Period
		changed.Intro, changed.About, changed.Contact = clean(edit.Intro), clean(edit.About), clean(edit.Contact)
		changed.Subject, changed.Preheader = clean(edit.Subject), clean(edit.Preheader)
		if changed.Title != e.Title {
			changed.Slug = Slugify(changed.Title) // nobody outside has seen the old one
		}
		now := EditOf(changed)
		if now == was {
			return nil
		}
		if err := validateTexts(changed); err != nil {
			return err
		}
		if changed.Slug != e.Slug {
			if changed.Slug, err = freeSlug(ctx, tx, changed.Slug); err != nil {
				return err
			}
		}
		changed.Version++
		if err := tx.UpdateEdition(ctx, changed, EditionCollecting); err != nil {
			return err
		}
		e = changed
		return s.audit(ctx, tx, "edition.edit", e, editDetail(was, now))
	})
	return e, err
}

// clean takes what browsers do to line ends back.
func clean(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

func validateTexts(e Edition) error {
	if err := e.Validate(); err != nil {
		return err
	}
	for _, f := range []struct {
		field, what, text string
		most              int
	}{{"intro", "intro", e.Intro, MaxIntro}, {"about", "text on who sends this", e.About, MaxIntro}, {"contact", "contact", e.Contact, MaxContact}} {
		if err := validText(f.field, f.what, f.text, f.most); err != nil {
			return err
		}
	}
	for _, f := range []struct{ field, what, text string }{{"subject", "subject", e.Subject}, {"preheader", "preview line", e.Preheader}} {
		if err := validInboxLine(f.field, f.what, f.text); err != nil {
			return err
		}
	}
	return nil
}

// validInboxLine wants one line that holds no other names than the two that stand for
// something in a subject.
func validInboxLine(field, what, text string) error {
	if len(text) > MaxSubject || !oneLine(text) {
		return invalid(field, "the %s is one line of at most %d characters", what, MaxSubject)
	}
	for _, m := range place.FindAllStringSubmatch(text, -1) {
		if m[1] != "inside" && m[1] != "period" {
			return invalid(field, "{%s} stands for nothing here", m[1]).hint("This text may hold {inside} and {period}.")
		}
	}
	return nil
}

func validText(field, what, text string, most int) error {
	switch {
	case len(text) > most:
		return invalid(field, "the %s has more than %d characters", what, most)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return invalid(field, "the %s is not valid UTF-8 text", what)
	}
	return nil
}

// editDetail says what an edit changed.
func editDetail(was, now EditionEdit) string {
	var parts []string
	if was.Title != now.Title {
		parts = append(parts, fmt.Sprintf("title %q → %q", was.Title, now.Title))
	}
	if was.Period != now.Period {
		parts = append(parts, fmt.Sprintf("period %s – %s → %s – %s", was.Period.From, was.Period.To, now.Period.From, now.Period.To))
	}
	for _, f := range [][3]string{{"intro", was.Intro, now.Intro}, {"about", was.About, now.About}, {"contact", was.Contact, now.Contact},
		{"subject", was.Subject, now.Subject}, {"preheader", was.Preheader, now.Preheader}} {
		if f[1] != f[2] {
			parts = append(parts, f[0])
		}
	}
	return strings.Join(parts, ", ")
}

// Propose gives the edition that would come next: as long as the last one, and
// named after its months. The first is the month of today.
func (s *EditionService) Propose(ctx context.Context) (EditionEdit, error) {
	editions, err := s.Store.Editions(ctx)
	if err != nil {
		return EditionEdit{}, err
	}
	editions = slices.DeleteFunc(editions, func(e Edition) bool { return e.State == EditionCancelled })
	today := DateOf(s.Now())
	p := Period{From: Date{today.Year, today.Month, 1}}
	p.To = p.From.AddMonths(1).AddDays(-1)
	if len(editions) > 0 { // newest period first
		p = editions[0].Period.Next()
	}
	return EditionEdit{Title: p.Words(), Period: p}, nil
}

// SectionEdit is what an editor says about a section.
type SectionEdit struct {
	TopicID int64
	Verb    PlacingVerb // PlaceUp, PlaceDown, PlaceTop, or "" to leave it where it is
	Heading *string     // in place of the topic's name
	Intro   *string     // Markdown
}

// EditSection moves a section of a collecting edition, or gives it words of its
// own.
func (s *EditionService) EditSection(ctx context.Context, id int64, edit SectionEdit) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEdition(ctx, id)
		if err != nil {
			return err
		}
		if err := e.issue(); err != nil {
			return err
		}
		if e.State != EditionCollecting {
			return e.wrong("changed", "Only a collecting edition can be changed. Reopen it first.")
		}
		topics, err := tx.Topics(ctx)
		if err != nil {
			return err
		}
		sections, err := tx.EditionSections(ctx, id)
		if err != nil {
			return err
		}
		ordered, _ := orderTopics(topics, sections)
		from := slices.IndexFunc(ordered, func(t Topic) bool { return t.ID == edit.TopicID })
		if from < 0 {
			return notFound("there is no such section")
		}
		topic := ordered[from]
		row := EditionSection{EditionID: id, TopicID: topic.ID}
		if at := slices.IndexFunc(sections, func(r EditionSection) bool { return r.TopicID == topic.ID }); at >= 0 {
			row = sections[at]
		}
		was := row
		if edit.Heading != nil {
			row.Heading = clean(*edit.Heading)
		}
		if edit.Intro != nil {
			row.Intro = clean(*edit.Intro)
		}
		if len(row.Heading) > maxTitle || !oneLine(row.Heading) {
			return invalid("heading", "the heading is one line of at most %d characters", maxTitle)
		}
		if err := validText("intro", "section's intro", row.Intro, MaxIntro); err != nil {
			return err
		}
		if row != was {
			row.By, row.At = s.By.Name, s.Now()
			if err := tx.PutEditionSections(ctx, row); err != nil {
				return err
			}
			sections = append(slices.DeleteFunc(sections, func(r EditionSection) bool { return r.TopicID == topic.ID }), row)
			if err := s.audit(ctx, tx, "edition.section", e, topic.Name+": words"); err != nil {
				return err
			}
		}
		return s.moveSection(ctx, tx, e, ordered, from, sections, edit.Verb)
	})
}

func (s *EditionService) moveSection(ctx context.Context, tx Store, e Edition, ordered []Topic, from int, rows []EditionSection, verb PlacingVerb) error {
	to := from
	switch verb {
	case "":
	case PlaceUp:
		to--
	case PlaceDown:
		to++
	case PlaceTop:
		to = 0
	default:
		return invalid("verb", "there is no move %q", verb)
	}
	if to = min(max(to, 0), len(ordered)-1); to == from {
		return nil
	}
	topic := ordered[from]
	ordered = slices.Insert(slices.Delete(ordered, from, from+1), to, topic)
	for n, t := range ordered {
		row := EditionSection{EditionID: e.ID, TopicID: t.ID, By: s.By.Name, At: s.Now()}
		if at := slices.IndexFunc(rows, func(r EditionSection) bool { return r.TopicID == t.ID }); at >= 0 {
			row = rows[at]
		}
		row.Position = n + 1
		if err := tx.PutEditionSections(ctx, row); err != nil {
			return err
		}
	}
	return s.audit(ctx, tx, "edition.section", e, fmt.Sprintf("%s: to place %d", topic.Name, to+1))
}
