package web_test

import (
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// attachedTo are the documents of an item: a usual one and one with a long name.
func attachedTo(now time.Time) []subscriptions.Attachment {
	return []subscriptions.Attachment{{ID: 1, ItemID: 1, Name: "GB-T-35273.pdf", Type: "application/pdf", Kind: subscriptions.AttachmentOriginal, Size: 1_400_000, Hash: strings.Repeat("a", 64), CreatedAt: now, CreatedBy: "Anna"},
		{ID: 2, ItemID: 1, Name: strings.Repeat("long-name-", 12) + ".docx", Type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Size: 12, Hash: strings.Repeat("b", 64), CreatedAt: now}}
}

// attachmentPages has what stands around the writing of an item: its documents
// and its preview.
func attachmentPages(now time.Time, frame desk.Frame) map[string][]framed {
	kinds := []desk.AttachmentChoice{{Value: "original", Text: "The original document", Chosen: true}, {Value: "", Text: "Something else"}}
	return map[string][]framed{
		"desk/attachments": {&desk.AttachmentsPage{Frame: frame, Item: subscriptions.Item{ID: 1, Title: "A draft"}, Kinds: kinds, Accept: ".pdf", Most: 20, Removed: 3},
			&desk.AttachmentsPage{Frame: frame, Item: subscriptions.Item{ID: 1, Title: "A draft"}, Files: attachedTo(now), Kinds: kinds, Accept: ".pdf", Most: 20,
				Faults: page.Faults{{Field: "file", Message: "The file is empty. Choose another."}}}},
		"desk/preview": {&desk.PreviewPage{Frame: frame, Item: "A draft", Words: []desk.SentWord{{Name: "title", Value: "A draft"}}, Web: "<!doctype html><html lang=en><title>T</title><main><h1>T</h1></main>"}},
	}
}
