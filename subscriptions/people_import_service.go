package subscriptions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PeopleImportService takes lists of people in, and back.
type PeopleImportService struct {
	Store   Store
	Imports *ImportService
	Reader  ListReader
	Now     func() time.Time
}

const (
	// listAtOnce is up to how many rows a step is done before the page answers;
	// what is longer is left to the job.
	listAtOnce  = 2000
	maxEvidence = 4000
)

// errWorkedOn ends a step that somebody else has gone on with.
var errWorkedOn = errors.New("another process works on this list")

// Upload keeps a list as it came, with what its columns seem to be.
func (s *PeopleImportService) Upload(ctx context.Context, by Actor, name string, list []byte) (PeopleImport, error) {
	p := PeopleImport{Name: name, State: ListUploaded, EditorID: by.EditorID, By: by.Name, Size: len(list)}
	if len(list) > MaxListBytes {
		return p, invalid("file", "the list has more than 20 MB").hint("Cut it into several.")
	}
	head, err := s.Reader.Head(list)
	if err != nil {
		return p, asFieldFault("file", err)
	}
	if head.Rows > MaxListRows {
		return p, invalid("file", "the list has more than 200,000 rows").hint("Cut it into several.")
	}
	p.Rows, p.Columns = head.Rows, head.Guess
	p.At = s.Now()
	p.ChangedAt = p.At
	err = s.Store.InTx(ctx, func(tx Store) error {
		if err := tx.AddPeopleImport(ctx, &p, list); err != nil {
			return err
		}
		return audit(ctx, tx, by, p.At, "person-list.upload", listSubject(p.ID), p.Name, fmt.Sprintf("%d rows", p.Rows))
	})
	return p, err
}

// asFieldFault gives an input fault the field of the form.
func asFieldFault(field string, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != Invalid || e.Field != "" {
		return err
	}
	with := *e
	with.Field = field
	return &with
}

func listSubject(id int64) string { return "person-list:" + strconv.FormatInt(id, 10) }

// PeopleImportEdit is what an admin says about a list.
type PeopleImportEdit struct {
	Columns   ListColumns
	Topics    []string // slugs, for rows that name none
	Confirmed *bool    // nil: nothing was chosen
	Source    string
	GivenOn   string // "2019-03-14"
	Evidence  string
}

// apply checks it, every fault at once.
func (e PeopleImportEdit) apply(p *PeopleImport, head ListHead, topics []Topic, today Date) error {
	var faults []error
	used := map[int]bool{}
	for _, at := range []int{e.Columns.Email, e.Columns.Name, e.Columns.First, e.Columns.Last, e.Columns.Organisation, e.Columns.Topics} {
		if at < -1 || at >= len(head.Headings) || at >= 0 && used[at] {
			faults = append(faults, invalid("columns", "two columns claim to be the same, or one is not there").hint("Choose what each column holds once."))
			break
		}
		used[at] = true
	}
	if e.Columns.Email < 0 {
		faults = append(faults, invalid("columns", "no column holds the address").hint("Say which one does."))
	}
	p.Columns, p.Topics = e.Columns, nil
	if len(e.Topics) > 0 {
		picked, err := pickTopics(topics, e.Topics)
		if err != nil {
			faults = append(faults, err)
		}
		p.Topics = slugsOf(picked)
	} else if e.Columns.Topics < 0 {
		faults = append(faults, invalid("topics", "the list names no topics").hint("Say what these people asked for."))
	}
	p.Confirmed, p.Source, p.GivenOn, p.Evidence = false, "", Date{}, ""
	switch {
	case e.Confirmed == nil:
		faults = append(faults, invalid("confirmed", "say whether they have agreed").hint("Without a proof, a letter asks each of them."))
	case *e.Confirmed:
		p.Confirmed = true
		source, err := CleanName("source", e.Source)
		if err == nil && source == "" {
			err = errNoReason("source", "say where the consent lies")
		}
		if err != nil {
			faults = append(faults, err)
		}
		p.Source = source
		switch on, err := ParseDate(strings.TrimSpace(e.GivenOn)); {
		case err != nil:
			faults = append(faults, invalid("given_on", "say on which day they agreed").hint("As in 2019-03-14; if on several, the last."))
		case on.Compare(today) > 0 || on.Year < 1990:
			faults = append(faults, invalid("given_on", "%s is no day on which they can have agreed", on.Words()))
		default:
			p.GivenOn = on
		}
		p.Evidence = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(e.Evidence, "\x00", ""), "\ufffd"))
		if len(p.Evidence) > maxEvidence {
			faults = append(faults, invalid("evidence", "these words have more than %d bytes", maxEvidence))
		}
	}
	return errors.Join(faults...)
}

// Check says what the columns are and on which basis people come in, and begins
// the rehearsal that tells what would come of it. Nobody comes in by it.
func (s *PeopleImportService) Check(ctx context.Context, id int64, e PeopleImportEdit) error {
	list, err := s.Store.List(ctx, id)
	if err != nil {
		return s.gone(ctx, id, err)
	}
	head, err := s.Reader.Head(list)
	if err != nil {
		return err
	}
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return err
	}
	rows, err := s.step(ctx, id, func(_ Store, p *PeopleImport) error {
		if p.State != ListUploaded && p.State != ListChecked {
			return refused("this list is %s", p.State.Words())
		}
		if err := e.apply(p, head, topics, DateOf(s.Now())); err != nil {
			return err
		}
		p.State = ListChecking
		return nil
	})
	return s.atOnce(ctx, id, rows, err)
}

// Take lets the people in.
func (s *PeopleImportService) Take(ctx context.Context, by Actor, id int64) error {
	rows, err := s.step(ctx, id, func(tx Store, p *PeopleImport) error {
		if p.State != ListChecked {
			return refused("this list is %s", p.State.Words()).hint("A list is checked first, and taken in once.")
		}
		p.State = ListRunning
		return audit(ctx, tx, by, s.Now(), "person-list.take", listSubject(id), p.Name, p.basis())
	})
	return s.atOnce(ctx, id, rows, err)
}

// basis says with what right they come in.
func (p PeopleImport) basis() string {
	if !p.Confirmed {
		return "a letter asks each to confirm"
	}
	return "consent: " + p.Source + ", given " + p.GivenOn.String()
}

// Withdraw takes a list back: rule 3.
func (s *PeopleImportService) Withdraw(ctx context.Context, by Actor, id int64, note string) error {
	note, err := CleanName("note", note)
	if err == nil && note == "" {
		err = errNoReason("note", "say why it is taken back")
	}
	if err != nil {
		return err
	}
	rows, err := s.step(ctx, id, func(tx Store, p *PeopleImport) error {
		// What a command line has begun and not ended has no list to go on with.
		if p.State != ListDone && (p.State != ListRunning || p.Size > 0) {
			return refused("this list is %s", p.State.Words()).hint("What has come in can be taken back, once.")
		}
		p.State, p.Note, p.Withdrawn = ListWithdrawing, note, WithdrawReport{}
		return audit(ctx, tx, by, s.Now(), "person-list.withdraw", listSubject(id), p.Name, note)
	})
	return s.atOnce(ctx, id, rows, err)
}

// Drop forgets a list that was not taken in.
func (s *PeopleImportService) Drop(ctx context.Context, by Actor, id int64) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		p, err := tx.FindPeopleImport(ctx, id)
		if err != nil {
			return err
		}
		if p.State != ListUploaded && p.State != ListChecked && p.State != ListChecking {
			return refused("this list is %s", p.State.Words()).hint("It can be taken back.")
		}
		if err := tx.DropPeopleImport(ctx, id); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), "person-list.drop", listSubject(id), p.Name, "")
	})
}

// step changes a list in a transaction and begins its work from the first row.
func (s *PeopleImportService) step(ctx context.Context, id int64, f func(tx Store, p *PeopleImport) error) (rows int, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		p, err := tx.FindPeopleImport(ctx, id)
		if err != nil {
			return err
		}
		if err := f(tx, &p); err != nil {
			return err
		}
		p.Done, p.Fault, p.ChangedAt, rows = 0, "", s.Now(), p.Rows
		if p.State == ListChecking || p.State == ListRunning {
			p.Report = SubscriberReport{}
			if err := tx.DropListLines(ctx, id); err != nil {
				return err
			}
		}
		return tx.UpdatePeopleImport(ctx, p)
	})
	return rows, err
}

// atOnce does the work of a short list.
func (s *PeopleImportService) atOnce(ctx context.Context, id int64, rows int, err error) error {
	if err != nil || rows > listAtOnce {
		return err
	}
	return s.Work(ctx, id)
}

// gone says why there is no list.
func (s *PeopleImportService) gone(ctx context.Context, id int64, err error) error {
	if _, findErr := s.Store.FindPeopleImport(ctx, id); findErr != nil || !errors.Is(err, ErrNotFound) {
		return cmp.Or(findErr, err)
	}
	return refused("the list itself is not kept any more").hint("Import it once more.")
}

// Sample is what one sees of a list that is kept.
func (s *PeopleImportService) Sample(ctx context.Context, id int64) (ListHead, error) {
	list, err := s.Store.List(ctx, id)
	if err != nil {
		return ListHead{}, err
	}
	return s.Reader.Head(list)
}

// listAlive is how long after its last batch a list is somebody else's. A rehearsal
// begins anew with whoever takes it over: two that took it from each other would
// never end.
const listAlive = 30 * time.Second

// WorkDue goes on with every list that waits, or that a process has left, and says
// how many.
func (s *PeopleImportService) WorkDue(ctx context.Context) (n int, err error) {
	ids, err := s.Store.WorkingPeopleImports(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		p, err := s.Store.FindPeopleImport(ctx, id)
		if err != nil {
			return n, err
		}
		if p.Done > 0 && s.Now().Sub(p.ChangedAt) < listAlive {
			continue
		}
		if err := s.Work(ctx, id); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Download hands a list out as it came, and writes down who took it.
func (s *PeopleImportService) Download(ctx context.Context, by Actor, id int64) (list []byte, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		p, err := tx.FindPeopleImport(ctx, id)
		if err != nil {
			return err
		}
		if list, err = tx.List(ctx, id); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), "person-list.export", listSubject(id), p.Name, fmt.Sprintf("%d rows", p.Rows))
	})
	return list, err
}

// Work does the step a list is in to its end, or until the context ends.
func (s *PeopleImportService) Work(ctx context.Context, id int64) error {
	p, err := s.Store.FindPeopleImport(ctx, id)
	if err != nil {
		return err
	}
	switch p.State {
	case ListWithdrawing:
		err = s.withdraw(ctx, p)
	case ListChecking, ListRunning:
		err = s.read(ctx, p)
	}
	var wrong *Error
	switch {
	case errors.Is(err, errWorkedOn), errors.Is(err, ErrNotFound):
		return nil
	case errors.As(err, &wrong) && wrong.Code == Invalid:
		// The list cannot be gone through; to try again would not help.
		_, err := s.move(ctx, p, func(_ Store, p *PeopleImport) error {
			p.Fault, p.State = sentenceOf(wrong), ListUploaded
			return nil
		})
		return err
	}
	return err
}

// move changes a list that is still where p was, and answers how it is then.
func (s *PeopleImportService) move(ctx context.Context, p PeopleImport, f func(tx Store, p *PeopleImport) error) (PeopleImport, error) {
	err := s.Store.InTx(ctx, func(tx Store) error { return s.moveIn(ctx, tx, &p, f) })
	return p, err
}

func (s *PeopleImportService) moveIn(ctx context.Context, tx Store, p *PeopleImport, f func(tx Store, p *PeopleImport) error) error {
	now, err := tx.FindPeopleImport(ctx, p.ID)
	if err != nil {
		return err
	}
	if now.State != p.State || now.Done != p.Done {
		return errWorkedOn
	}
	if err := f(tx, &now); err != nil {
		return err
	}
	now.ChangedAt = s.Now()
	*p = now
	return tx.UpdatePeopleImport(ctx, now)
}

// read goes through the rows, to tell what would come of them or to let them in.
func (s *PeopleImportService) read(ctx context.Context, p PeopleImport) error {
	list, err := s.Store.List(ctx, p.ID)
	if err != nil {
		return err
	}
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return err
	}
	b := newSubscriberBatch(s.Imports, topics, SubscriberOptions{Confirmed: p.Confirmed, Source: p.consentSource(), Topics: p.Topics,
		DryRun: p.State == ListChecking, Run: p.ID})
	b.keepLines = true
	// A rehearsal that was broken off begins anew: what it has seen is not kept.
	skip := p.Done
	if b.options.DryRun && skip > 0 {
		if p, err = s.move(ctx, p, func(tx Store, p *PeopleImport) error { p.Done = 0; return tx.DropListLines(ctx, p.ID) }); err != nil {
			return err
		}
		skip = 0
	} else if skip > 0 {
		b.report = &p.Report
	}
	done := p.Done
	commit := func(last bool) error {
		return b.flush(ctx, s.Store, func(tx Store) error {
			return s.moveIn(ctx, tx, &p, func(tx Store, p *PeopleImport) error {
				p.Done, p.Report = done, *b.report
				switch {
				case last && p.State == ListChecking:
					p.State = ListChecked
				case last:
					p.State = ListDone
				}
				for i := range b.lines {
					b.lines[i].ImportID = p.ID
				}
				return tx.AddListLines(ctx, b.lines)
			})
		})
	}
	n := 0
	for row := range s.Reader.Rows(list, p.Columns) {
		if n++; n <= skip {
			b.pass(row)
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		done++
		b.report.Rows++
		b.add(row)
		if b.full() {
			if err := commit(false); err != nil {
				return err
			}
		}
	}
	return commit(true)
}

// consentSource is what the consents of a list say.
func (p PeopleImport) consentSource() string {
	if !p.Confirmed {
		return fmt.Sprintf("list %d", p.ID)
	}
	return fmt.Sprintf("list %d: %s, given %s", p.ID, p.Source, p.GivenOn)
}

// Stream takes people in from a file that is not kept, as it is read: the way of
// the command line. With DryRun it keeps nothing.
func (s *PeopleImportService) Stream(ctx context.Context, by Actor, name string, rows iter.Seq[SubscriberRow], o SubscriberOptions) (PeopleImport, SubscriberReport, error) {
	now := s.Now()
	p := PeopleImport{Name: name, State: ListRunning, At: now, ChangedAt: now, EditorID: by.EditorID, By: by.Name, Confirmed: o.Confirmed,
		Source: o.Source, Topics: slices.Clone(o.Topics)}
	if o.DryRun {
		report, err := s.Imports.Subscribers(ctx, rows, o)
		return p, report, err
	}
	if err := o.check(); err != nil {
		return p, SubscriberReport{}, err
	}
	if err := s.Store.AddPeopleImport(ctx, &p, nil); err != nil {
		return p, SubscriberReport{}, err
	}
	o.Run = p.ID
	report, err := s.Imports.Subscribers(ctx, rows, o)
	p.State, p.Rows, p.Done, p.Report, p.ChangedAt = ListDone, report.Rows, report.Rows, report, s.Now()
	if err != nil {
		p.Fault = fmt.Sprintf("Broken off after %d rows.", report.Rows)
	}
	// Also when the wish to stop has ended it: what came in is told.
	ctx = context.WithoutCancel(ctx)
	return p, report, errors.Join(err, s.Store.InTx(ctx, func(tx Store) error {
		if err := tx.UpdatePeopleImport(ctx, p); err != nil {
			return err
		}
		return audit(ctx, tx, by, p.ChangedAt, "person-list.take", listSubject(p.ID), p.Name, fmt.Sprintf("%d rows, %d added", report.Rows, report.Added))
	}))
}
