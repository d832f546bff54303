package desk

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// uploadBody is what is read of an upload. It is far above what is taken: a
// browser shows an answer only once it has sent all, so that to say "too large"
// of 50 MB means to read them, and to throw them away. Of more than this the
// connection is cut.
const uploadBody = 96 << 20

// uploadTime is how long an upload may take on a slow line.
const uploadTime = 10 * time.Minute

// AttachmentsPage lists the documents of an item, and takes another.
type AttachmentsPage struct {
	Frame
	Item    subscriptions.Item
	Files   []subscriptions.Attachment
	Kinds   []AttachmentChoice
	Accept  string // endings, for the browser's file chooser
	Most    int64  // bytes
	Faults  page.Faults
	Removed int64 // the attachment that can be brought back, 0 for none
}

// AttachmentChoice is a kind of document in the form.
type AttachmentChoice struct {
	Value, Text string
	Chosen      bool
}

// ItemDocuments are the documents of an item on its own pages.
type ItemDocuments struct {
	ItemID int64 // 0 for an item that is not saved yet
	Files  []subscriptions.Attachment
	Apart  bool // links open in a tab of their own, for the page is a form
}

func (d *Desk) documentsOf(v *Visit, itemID int64, apart bool) (ItemDocuments, error) {
	docs := ItemDocuments{ItemID: itemID, Apart: apart}
	if itemID == 0 {
		return docs, nil
	}
	var err error
	docs.Files, err = d.Attachments.Store.Attachments(v.Request.Context(), itemID)
	return docs, err
}

// attachments answers GET /desk/items/ID/attachments.
func (d *Desk) attachments(v *Visit) error {
	removed, _ := strconv.ParseInt(v.Query("removed"), 10, 64)
	return d.showAttachments(v, http.StatusOK, &AttachmentsPage{Removed: removed}, "")
}

func (d *Desk) showAttachments(v *Visit, status int, p *AttachmentsPage, kind subscriptions.AttachmentKind) (err error) {
	if p.Item, err = d.attachedItem(v); err != nil {
		return err
	}
	if p.Files, err = d.Attachments.Store.Attachments(v.Request.Context(), p.Item.ID); err != nil {
		return err
	}
	p.Frame = Frame{Title: "Documents", Section: "/desk/items"}
	p.Kinds = []AttachmentChoice{
		{string(subscriptions.AttachmentOriginal), "The original document", kind == subscriptions.AttachmentOriginal},
		{string(subscriptions.AttachmentEnglish), "The document in English", kind == subscriptions.AttachmentEnglish},
		{string(subscriptions.AttachmentOther), "Something else", kind == subscriptions.AttachmentOther},
	}
	p.Accept, p.Most = strings.Join(subscriptions.AttachmentEndings(), ","), subscriptions.MaxAttachment
	return d.show(v, status, "desk/attachments", p)
}

func (d *Desk) attachedItem(v *Visit) (subscriptions.Item, error) {
	id, err := strconv.ParseInt(v.Param("id"), 10, 64)
	if err != nil {
		return subscriptions.Item{}, subscriptions.ErrNotFound
	}
	return d.Attachments.Store.FindItem(v.Request.Context(), id)
}

// attach answers POST /desk/items/ID/attachments. The file goes to the disk as it
// comes; nothing of it is held in memory.
func (d *Desk) attach(v *Visit) error {
	item, err := d.attachedItem(v)
	if err != nil {
		return err
	}
	// The server's own bounds are those of a page. Where they cannot be moved, as
	// in a test without a connection, there are none.
	until := time.Now().Add(uploadTime)
	connection := http.NewResponseController(v.Writer)
	_, _ = connection.SetReadDeadline(until), connection.SetWriteDeadline(until)

	parts, err := v.Request.MultipartReader()
	if err != nil {
		return &page.FormError{Status: http.StatusBadRequest, Message: "The form could not be read."}
	}
	kind := subscriptions.AttachmentOther
	fault := func(err error) error {
		// What is left is read so that the browser comes to see the answer.
		_, _ = io.Copy(io.Discard, v.Request.Body)
		return d.attachFault(v, kind, err)
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return fault(&subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: "no file was chosen", Hint: "Choose one, then press Attach."})
		case err != nil:
			return fault(brokenOff(err))
		case part.FormName() == "kind":
			const longest = 20
			word, err := io.ReadAll(io.LimitReader(part, longest))
			if err != nil {
				return fault(brokenOff(err))
			}
			kind = subscriptions.AttachmentKind(word)
		case part.FormName() == "file" && part.FileName() != "":
			a, err := d.Attachments.Attach(v.Request.Context(), item.ID, subscriptions.Upload{Name: part.FileName(), Kind: kind, Body: part}, v.By())
			if err != nil {
				if subscriptions.CodeOf(err) == subscriptions.Internal && v.Request.Context().Err() == nil && isSender(err) {
					err = brokenOff(err)
				}
				return fault(err)
			}
			v.Say(a.Name + " is attached.")
			return v.Go("/desk/items/" + strconv.FormatInt(item.ID, 10) + "/attachments")
		}
	}
}

// isSender reports whether reading the request failed, and not our disk or
// database.
func isSender(err error) bool {
	var tooLarge *http.MaxBytesError
	return errors.As(err, &tooLarge) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, multipart.ErrMessageTooLarge)
}

func brokenOff(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return subscriptions.ErrTooLarge
	}
	return &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: "the file did not arrive whole", Hint: "Send it again.", Err: err}
}

// attachFault shows the form again with what was wrong.
func (d *Desk) attachFault(v *Visit, kind subscriptions.AttachmentKind, err error) error {
	var e *subscriptions.Error
	if !errors.As(err, &e) || e.Code == subscriptions.NotFound {
		return err
	}
	if e.Code == subscriptions.Unavailable {
		d.Pages.Log.ErrorContext(v.Request.Context(), "attach a file", "error", err)
	}
	status := page.Status(err)
	if e == subscriptions.ErrTooLarge {
		status = http.StatusRequestEntityTooLarge
	}
	said := strings.TrimSpace(page.Sentence(e.Message) + " " + page.Sentence(e.Hint))
	return d.showAttachments(v, status, &AttachmentsPage{Faults: page.Faults{{Field: "file", Message: said}}}, kind)
}

// detach answers POST /desk/attachments/ID/remove.
func (d *Desk) detach(v *Visit) error {
	return d.changeAttachment(v, d.Attachments.Detach, " is removed.", true)
}

// reattach answers POST /desk/attachments/ID/restore.
func (d *Desk) reattach(v *Visit) error {
	return d.changeAttachment(v, d.Attachments.Reattach, " is attached again.", false)
}

type attachmentChange = func(ctx context.Context, id int64, by subscriptions.Actor) (subscriptions.Attachment, error)

func (d *Desk) changeAttachment(v *Visit, change attachmentChange, said string, removed bool) error {
	id, err := strconv.ParseInt(v.Param("id"), 10, 64)
	if err != nil {
		return subscriptions.ErrNotFound
	}
	a, err := change(v.Request.Context(), id, v.By())
	if err != nil {
		return err
	}
	v.Say(a.Name + said)
	to := "/desk/items/" + strconv.FormatInt(a.ItemID, 10) + "/attachments"
	if removed {
		to += "?removed=" + strconv.FormatInt(a.ID, 10)
	}
	return v.Go(to)
}
