package subscriptions

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// GlossaryService is what editors do with the glossary. What a term said before is
// kept; the words of items are kept beside them, so that "used in" and "missing"
// cost no reading: Work reads those that have changed.
type GlossaryService struct {
	Store Store
	Now   func() time.Time
}

// How much stands on a page, and how large a glossary may be.
const (
	glossaryPage = 50
	maxTerms     = 5000
	readBatch    = 100 // items of one round of Work
)

// TermRow is a term with the items that use it.
type TermRow struct {
	Term
	Items int
}

// GlossaryList is a page of the glossary.
type GlossaryList struct {
	Query string
	Terms []TermRow
	Paging
	All        int // terms in the glossary
	Missing    int // abbreviations in items without a term
	Duplicates []Duplicate
	Unread     int // items that were not read since they changed
}

// Duplicate are terms that may be one.
type Duplicate struct {
	Why   string // "the same abbreviation in other letters"
	Terms []Term
}

// List reads a page of the terms in which the words of the query stand.
func (s *GlossaryService) List(ctx context.Context, query string, page int) (GlossaryList, error) {
	terms, err := s.Store.Terms(ctx)
	if err != nil {
		return GlossaryList{}, err
	}
	uses, err := s.Store.WordUses(ctx)
	if err != nil {
		return GlossaryList{}, err
	}
	l := GlossaryList{Query: strings.Join(strings.Fields(query), " "), All: len(terms), Duplicates: duplicates(terms)}
	found := slices.DeleteFunc(terms, func(t Term) bool { return !matchesTerm(t, l.Query) })
	l.Paging = newPaging(page, len(found), glossaryPage)
	for _, t := range found[l.offset():min(l.offset()+glossaryPage, len(found))] {
		l.Terms = append(l.Terms, TermRow{t, uses[t.Abbreviation]})
	}
	if l.Missing, err = s.Store.CountMissingWords(ctx); err != nil {
		return l, err
	}
	l.Unread, err = s.Store.CountUnread(ctx)
	return l, err
}

func matchesTerm(t Term, query string) bool {
	text := strings.ToLower(t.Abbreviation + " " + t.English + " " + t.Chinese)
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// duplicates finds terms whose abbreviations differ in the case of letters and in
// signs alone, or whose name is the same.
func duplicates(terms []Term) []Duplicate {
	var all []Duplicate
	for _, by := range []struct {
		why string
		key func(Term) string
	}{
		{"the same letters", func(t Term) string { return bareLetters(t.Abbreviation) }},
		{"the same English name", func(t Term) string { return bareLetters(t.English) }},
		{"the same Chinese name", func(t Term) string { return strings.TrimSpace(t.Chinese) }},
	} {
		groups := map[string][]Term{}
		for _, t := range terms {
			if key := by.key(t); key != "" {
				groups[key] = append(groups[key], t)
			}
		}
		for _, g := range groups {
			if len(g) > 1 && !slices.ContainsFunc(all, func(d Duplicate) bool { return slices.Equal(d.Terms, g) }) {
				all = append(all, Duplicate{by.why, g})
			}
		}
	}
	slices.SortFunc(all, func(a, b Duplicate) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Terms[0].Abbreviation), strings.ToLower(b.Terms[0].Abbreviation)), strings.Compare(a.Why, b.Why))
	})
	return all
}

func bareLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if alnum(r) {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// Term reads one, with what it said before.
func (s *GlossaryService) Term(ctx context.Context, id int64) (TermRow, []TermRevision, error) {
	t, err := s.Store.FindTerm(ctx, id)
	if err != nil {
		return TermRow{}, nil, err
	}
	uses, err := s.Store.WordUses(ctx)
	if err != nil {
		return TermRow{}, nil, err
	}
	past, err := s.Store.TermRevisions(ctx, id)
	return TermRow{t, uses[t.Abbreviation]}, past, err
}

// Removed lists terms that were taken out, the latest first.
func (s *GlossaryService) Removed(ctx context.Context) ([]TermRevision, error) {
	return s.Store.RemovedTerms(ctx, 20)
}

func cleanTerm(t Term) Term {
	one := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	t.Abbreviation, t.English, t.Chinese = one(t.Abbreviation), one(t.English), one(t.Chinese)
	return t
}

// Add puts a term in. One with the same abbreviation is a conflict: it is changed
// where it is.
func (s *GlossaryService) Add(ctx context.Context, t Term, by Actor) (Term, error) {
	t = cleanTerm(t)
	t.ID, t.Version = 0, 0
	if err := t.Validate(); err != nil {
		return t, err
	}
	err := s.Store.InTx(ctx, func(tx Store) error {
		terms, err := tx.Terms(ctx)
		if err != nil {
			return err
		}
		if len(terms) >= maxTerms {
			return refused("the glossary has %d terms, and takes no more", len(terms)).hint("Remove some that no item uses.")
		}
		added, err := tx.PutTerm(ctx, &t)
		if err != nil {
			return err
		}
		if !added {
			return invalid("abbreviation", "%s is in the glossary already", t.Abbreviation).hint("Change it there.")
		}
		return s.changed(ctx, tx, by, "term.add", Term{}, t)
	})
	return t, err
}

// Change changes a term, as it was when the editor read it.
func (s *GlossaryService) Change(ctx context.Context, t Term, by Actor) (Term, error) {
	t = cleanTerm(t)
	if err := t.Validate(); err != nil {
		return t, err
	}
	err := s.Store.InTx(ctx, func(tx Store) error { return s.change(ctx, tx, &t, by) })
	return t, err
}

func (s *GlossaryService) change(ctx context.Context, tx Store, t *Term, by Actor) error {
	was, err := tx.FindTerm(ctx, t.ID)
	if err != nil {
		return err
	}
	if other, err := tx.FindTermByAbbreviation(ctx, t.Abbreviation); err == nil && other.ID != t.ID {
		return invalid("abbreviation", "%s is in the glossary already", t.Abbreviation)
	} else if err != nil && CodeOf(err) != NotFound {
		return err
	}
	if was.Abbreviation == t.Abbreviation && was.English == t.English && was.Chinese == t.Chinese {
		t.Version = was.Version
		return nil
	}
	if err := tx.UpdateTerm(ctx, t); err != nil {
		return err
	}
	if err := tx.AddTermRevision(ctx, &TermRevision{Term: was, Actor: by.Name, At: s.Now()}); err != nil {
		return err
	}
	return s.changed(ctx, tx, by, "term.change", was, *t)
}

// Remove takes a term out. What it said is kept, and Restore brings it back.
func (s *GlossaryService) Remove(ctx context.Context, id int64, version int, by Actor) (TermRevision, error) {
	var r TermRevision
	err := s.Store.InTx(ctx, func(tx Store) error {
		was, err := tx.FindTerm(ctx, id)
		if err != nil {
			return err
		}
		was.Version = version
		if err := tx.RemoveTerm(ctx, was); err != nil {
			return err
		}
		r = TermRevision{Term: was, Removed: true, Actor: by.Name, At: s.Now()}
		if err := tx.AddTermRevision(ctx, &r); err != nil {
			return err
		}
		return s.changed(ctx, tx, by, "term.remove", was, Term{})
	})
	return r, err
}

// Restore makes a term say again what it said before, or puts it in again.
func (s *GlossaryService) Restore(ctx context.Context, revision int64, by Actor) (Term, error) {
	r, err := s.Store.FindTermRevision(ctx, revision)
	if err != nil {
		return Term{}, err
	}
	now, err := s.Store.FindTerm(ctx, r.Term.ID)
	if CodeOf(err) == NotFound {
		return s.Add(ctx, r.Term, by)
	}
	if err != nil {
		return Term{}, err
	}
	t := r.Term
	t.Version = now.Version
	return s.Change(ctx, t, by)
}

// changed logs a change, and has items read again where the words that count have
// become others.
func (s *GlossaryService) changed(ctx context.Context, tx Store, by Actor, action string, was, t Term) error {
	if was.Abbreviation != t.Abbreviation {
		if err := tx.ForgetWords(ctx); err != nil {
			return err
		}
	}
	var words []string
	for _, f := range []struct{ what, was, now string }{{"abbreviation", was.Abbreviation, t.Abbreviation}, {"English", was.English, t.English}, {"Chinese", was.Chinese, t.Chinese}} {
		if f.was != f.now {
			words = append(words, strings.TrimSuffix(strings.Replace(f.what+" "+f.was+" → "+f.now, "  →", "", 1), " → "))
		}
	}
	id := max(t.ID, was.ID)
	return audit(ctx, tx, by, s.Now(), action, fmt.Sprintf("term:%d", id), cmp.Or(t.Abbreviation, was.Abbreviation), strings.Join(words, "; "))
}

// MissingList is a page of abbreviations to work off.
type MissingList struct {
	Words []MissingWord
	Paging
	Ignored []string
	Unread  int
}

// Missing lists abbreviations that stand in items and not in the glossary.
func (s *GlossaryService) Missing(ctx context.Context, page int) (MissingList, error) {
	total, err := s.Store.CountMissingWords(ctx)
	if err != nil {
		return MissingList{}, err
	}
	l := MissingList{Paging: newPaging(page, total, glossaryPage)}
	if l.Words, err = s.Store.MissingWords(ctx, glossaryPage, l.offset()); err != nil {
		return l, err
	}
	if l.Ignored, err = s.Store.IgnoredWords(ctx); err != nil {
		return l, err
	}
	l.Unread, err = s.Store.CountUnread(ctx)
	return l, err
}

// Ignore passes a word over, or heeds it again.
func (s *GlossaryService) Ignore(ctx context.Context, word string, ignore bool, by Actor) error {
	if word = strings.TrimSpace(word); word == "" || len(word) > maxAbbreviation || !oneLine(word) {
		return invalid("word", "this is not an abbreviation")
	}
	return s.Store.InTx(ctx, func(tx Store) error {
		put, action := tx.IgnoreWord, "term.ignore"
		if !ignore {
			put, action = tx.HeedWord, "term.heed"
		}
		if err := put(ctx, word); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), action, "", word, "")
	})
}

// Work reads the items that have changed, until none is left.
func (s *GlossaryService) Work(ctx context.Context) error {
	for ctx.Err() == nil {
		items, err := s.Store.UnreadItems(ctx, readBatch)
		if err != nil || len(items) == 0 {
			return err
		}
		terms, err := s.Store.Terms(ctx)
		if err != nil {
			return err
		}
		for _, i := range items {
			if err := s.Store.PutItemWords(ctx, i, ItemWords(terms, i)); err != nil {
				return fmt.Errorf("keep the words of item %d: %w", i.ID, err)
			}
		}
	}
	return ctx.Err()
}
