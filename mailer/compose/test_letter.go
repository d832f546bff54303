package compose

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"strings"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates/markdown"
)

// testMark begins the subject of a test, and testHeader is in its head.
const (
	testMark   = "[Test] "
	testHeader = "X-Tidings-Test"
)

// maxTests is how many bodies of tests are kept: those of one test, mostly.
const maxTests = 16

// test is a letter of a TestSend: the digest that everybody with its topics would get,
// as of when it is ordered to leave, marked as a test in its subject, its head and its
// first line. Its links act for nobody.
func (c *Composer) test(ctx context.Context, d subscriptions.Delivery) (*mailer.Message, error) {
	v, err := c.tests.Get(d.RefID, func() (*variant, error) { return c.testVariant(context.WithoutCancel(ctx), d.RefID) })
	if err != nil {
		return nil, err
	}
	return v.voice.splice(v, d, subscriptions.Recipient{}), nil
}

func (c *Composer) testVariant(ctx context.Context, id int64) (*variant, error) {
	letter, sent, err := c.store.FindTestLetter(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(sent.Content.Entries)+len(sent.Content.Webinars) == 0 {
		return nil, &mailer.Skip{Reason: "the test was forgotten"}
	}
	set, ok := subscriptions.NewAudience(sent.Content).VariantFor(letter.Topics)
	if !ok {
		return nil, &mailer.Skip{Reason: "nothing in these topics"}
	}
	speaks, err := c.voiceOf(ctx, sent.Content)
	if err != nil {
		return nil, err
	}
	e, err := c.store.FindEdition(ctx, sent.EditionID)
	if err != nil {
		return nil, err
	}
	v, err := speaks.build(sent.Content, set, e.ReadAt(c.now()), asDigest)
	if err != nil {
		return nil, err
	}
	words := fmt.Sprintf("This is a test of “%s”, sent by %s. It went to no reader, and its links act for nobody.",
		line(sent.Content.Title), line(sent.Actor))
	v.body.Subject = testMark + v.body.Subject
	v.body.Text = strings.Join([]string{"[Test]", markdown.Fold(words, columns), ""}, "\n") + "\n" + v.body.Text
	v.body.HTML = bodyTag.ReplaceAllStringFunc(v.body.HTML, func(tag string) string {
		return tag + `<p style="margin:0;padding:12px 16px;background:#14213a;color:#fff;font:14px/1.4 Arial,sans-serif"><strong>Test.</strong> ` + html.EscapeString(words) + `</p>`
	})
	v.body.Headers = append(v.body.Headers, mailer.Header{Name: testHeader, Value: fmt.Sprintf("edition %d, %s", sent.EditionID, sent.Hash)})
	return v, nil
}

var bodyTag = regexp.MustCompile(`<body[^>]*>`)
