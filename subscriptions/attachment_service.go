package subscriptions

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// AttachmentService attaches documents to items and says who may read them.
//
// Three rules stand behind it:
//
//  1. The file comes first and the row after it. A crash between the two leaves
//     a file that nobody names, never a row without its file.
//  2. To detach takes the row's time, not the file: it can be undone until the
//     file is swept, a month later.
//  3. A file is as public as the items it is attached to: it is served to all
//     once one of them is out, before that to the desk alone.
type AttachmentService struct {
	Store Store
	Files FileStore // nil where no folder for files is set
	Now   func() time.Time
}

const (
	keepDetached = 30 * oneDay
	undoDetach   = 14 * oneDay // well before the file goes
)

// Upload is a file on its way in.
type Upload struct {
	Name string
	Kind AttachmentKind
	Body io.Reader
}

// Attach stores a file with an item. The error is Invalid for a file that is too
// large or of the wrong kind, Conflict for one that is attached already.
func (s *AttachmentService) Attach(ctx context.Context, itemID int64, u Upload, by Actor) (Attachment, error) {
	if err := s.ready(); err != nil {
		return Attachment{}, err
	}
	if !slices.Contains([]AttachmentKind{AttachmentOther, AttachmentOriginal, AttachmentEnglish}, u.Kind) {
		return Attachment{}, invalid("kind", "there is no kind of document called %q", u.Kind)
	}
	file, err := s.Files.Receive(ctx, u.Body, MaxAttachment)
	if err != nil {
		return Attachment{}, err
	}
	defer file.Discard()
	kind, err := sniff(file, file.Size())
	if err != nil {
		return Attachment{}, err
	}
	now := s.Now()
	a := Attachment{ItemID: itemID, Name: fileName(u.Name, kind), Type: kind.mediaType, Kind: u.Kind, Size: file.Size(), Hash: file.Hash(),
		CreatedAt: now, CreatedBy: by.Name}
	// Asked before the file is kept, so that what is refused leaves none behind.
	if err := s.admit(ctx, s.Store, a); err != nil {
		return Attachment{}, err
	}
	if err := file.Keep(); err != nil {
		return Attachment{}, fmt.Errorf("keep the file %s: %w", a.Hash, err)
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		if err := s.admit(ctx, tx, a); err != nil {
			return err
		}
		if err := tx.AddAttachment(ctx, &a); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, now, "item.attach", a)
	})
	return a, err
}

// admit refuses one file too many, and the same one twice.
func (s *AttachmentService) admit(ctx context.Context, tx Store, a Attachment) error {
	if _, err := tx.FindItem(ctx, a.ItemID); err != nil {
		return err
	}
	attached, err := tx.Attachments(ctx, a.ItemID)
	if err != nil {
		return err
	}
	if len(attached) >= maxAttachments {
		return invalid("file", "the item has %d attachments, which is the most it may have", len(attached)).hint("Remove one first.")
	}
	for _, other := range attached {
		if other.Hash == a.Hash {
			e := invalid("file", "this file is attached already, as %s", other.Name)
			e.Code = Conflict
			return e
		}
	}
	return nil
}

func (s *AttachmentService) audit(ctx context.Context, tx Store, by Actor, now time.Time, action string, a Attachment) error {
	item, err := tx.FindItem(ctx, a.ItemID)
	if err != nil {
		return err
	}
	return audit(ctx, tx, by, now, action, fmt.Sprintf("item:%d", a.ItemID), item.Title, a.Name)
}

// Detach takes a document off its item. To do it twice is to do it once.
func (s *AttachmentService) Detach(ctx context.Context, id int64, by Actor) (Attachment, error) {
	return s.change(ctx, id, by, "item.detach", func(a *Attachment, now time.Time) (bool, error) {
		done := a.EndedAt.IsZero()
		if done {
			a.EndedAt = now
		}
		return done, nil
	})
}

// Reattach undoes Detach.
func (s *AttachmentService) Reattach(ctx context.Context, id int64, by Actor) (Attachment, error) {
	return s.change(ctx, id, by, "item.reattach", func(a *Attachment, now time.Time) (bool, error) {
		switch {
		case a.EndedAt.IsZero():
			return false, nil
		case now.Sub(a.EndedAt) > undoDetach:
			return false, refused("%s was removed too long ago", a.Name).hint("Attach it again.")
		}
		a.EndedAt = time.Time{}
		return true, nil
	})
}

func (s *AttachmentService) change(ctx context.Context, id int64, by Actor, action string, f func(a *Attachment, now time.Time) (bool, error)) (a Attachment, err error) {
	now := s.Now()
	err = s.Store.InTx(ctx, func(tx Store) error {
		if a, err = tx.FindAttachment(ctx, id); err != nil {
			return err
		}
		changed, err := f(&a, now)
		if err != nil || !changed {
			return err
		}
		if a.EndedAt.IsZero() {
			if err := s.admit(ctx, tx, a); err != nil {
				return err
			}
		}
		if err := tx.UpdateAttachment(ctx, a); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, now, action, a)
	})
	return a, err
}

// Attached is a file somebody may read. The reader is to be closed.
type Attached struct {
	Attachment
	Public bool // anybody may; else whoever is signed in
	File   io.ReadSeekCloser
}

// Open gives a file by its hash and one of its names. It answers NotFound to who
// is not signed in while no item of it is out.
func (s *AttachmentService) Open(ctx context.Context, hash, name string, signedIn bool) (Attached, error) {
	missing := notFound("there is no such file")
	if len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" || s.Files == nil {
		return Attached{}, missing
	}
	attached, err := s.Store.AttachmentsOf(ctx, hash)
	if err != nil {
		return Attached{}, err
	}
	for _, a := range attached {
		if a.Name != name {
			continue
		}
		public, err := s.public(ctx, a.ItemID)
		if err != nil {
			return Attached{}, err
		}
		if !public && !signedIn {
			continue
		}
		file, err := s.Files.Open(hash)
		if err != nil {
			return Attached{}, fmt.Errorf("open attachment %d: %w", a.ID, err)
		}
		return Attached{a, public, file}, nil
	}
	return Attached{}, missing
}

// public reports whether the item has a page on the site.
func (s *AttachmentService) public(ctx context.Context, itemID int64) (bool, error) {
	item, err := s.Store.FindItem(ctx, itemID)
	if err != nil || item.EditionID == 0 {
		return false, err
	}
	e, err := s.Store.FindEdition(ctx, item.EditionID)
	if err != nil || !e.Public() {
		return false, err
	}
	c, err := s.Store.Content(ctx, e.ID)
	return err == nil && slices.ContainsFunc(c.Entries, func(i Item) bool { return i.ID == itemID }), err
}

// Sweep removes the files that no attachment has named for a month, and says how
// many. What came within the last day stays: its row may be on the way.
func (s *AttachmentService) Sweep(ctx context.Context) (int, error) {
	if s.Files == nil {
		return 0, nil
	}
	now := s.Now()
	return s.Files.Sweep(ctx, now.Add(-oneDay), func(hashes []string) (map[string]bool, error) {
		return s.Store.AttachedFiles(ctx, hashes, now.Add(-keepDetached))
	})
}

func (s *AttachmentService) ready() error {
	if s.Files != nil {
		return nil
	}
	return &Error{Code: Unavailable, Field: "file", Message: "there is no folder for attachments",
		Hint: "Whoever runs the service sets TIDINGS_FILES to a folder that every process can read."}
}
