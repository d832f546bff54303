// Package public is the site that readers see: what is on, subscribing and all
// that follows from it, and the archive.
//
// One noun a file. A handler reads the request, calls one use case and shows a
// page; every rule is in package subscriptions. Three things hold everywhere:
//
//   - GET and HEAD change nothing, whatever the link: mail scanners open every
//     link there is (MAIL 11). What acts is a button, and its POST.
//   - No cookie is set and nobody signs in. Who may act holds a link.
//   - The answer to a form never tells whether an address is known (MAIL 15).
package public

import (
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// Site answers readers.
type Site struct {
	Pages         *page.Renderer
	Subscriptions *subscriptions.SubscriptionService
	Signups       *subscriptions.SignupService
	Archive       *subscriptions.ArchiveService
	Seats         *subscriptions.RegistrationService // of webinars
	Attachments   *subscriptions.AttachmentService
	SignedIn      func(c *gin.Context) bool // at the desk
	Inbox         Inbox                     // nil unless this is the demo
	Clock         Clock                     // the same
	Now           func() time.Time
}

// answerEvery is longer than any of the ways a form with an address takes
// through the database, unless that is very busy.
const answerEvery = 100 * time.Millisecond

// evenly holds an answer back until answerEvery from its start, or the next
// multiple of it, so that the time it takes does not tell whether an address is
// known (MAIL 15). The real clock counts, also in a demo.
//
// The ways differ by a few statements. To take the same for all, or to answer
// first and do the work after, would cost either rows about people who never
// asked for anything or an answer "a letter is on its way" that a crash makes a
// lie; a step hides all but the rare way that ends just before one.
func evenly(c *gin.Context, start time.Time) {
	wait := time.NewTimer(HoldBack(time.Since(start)))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-c.Request.Context().Done():
	}
}

// HoldBack is how much longer an answer waits that took so long until now.
func HoldBack(took time.Duration) time.Duration { return answerEvery - max(took, 0)%answerEvery }

// entriesOf puts the items of a content into their home sections, in order.
func entriesOf(c subscriptions.Content) []subscriptions.Entry {
	entries := make([]subscriptions.Entry, len(c.Entries))
	for i, item := range c.Entries {
		entries[i] = c.Entry(item, 0)
	}
	return entries
}

// plain is a page that only has words of its own.
func (s *Site) plain(c *gin.Context, name string, f page.Frame) error {
	s.Pages.HTML(c, 200, name, PlainPage{f})
	return nil
}

// PlainPage has nothing but its frame.
type PlainPage struct{ page.Frame }
