package mailer

import (
	"context"
	"errors"

	"sesec.eu/tidings/subscriptions"
)

// LetterWriter composes letters to be looked at: Write as the worker's composer does,
// Encode as the sender does. So what is shown is what would leave, byte for byte, but
// for the DKIM-Signature that the sender puts before it.
type LetterWriter struct {
	Write  func(ctx context.Context, r subscriptions.LetterRequest) (*Message, Shortening, error)
	Encode func(m *Message) ([]byte, error)
	Postal func(ctx context.Context) string // the sender's postal address
}

// Shortening is what a digest leaves to the web.
type Shortening struct {
	Items   []int64 // whose end is not in the letter
	LeftOut int     // entries that are not in it at all
}

var _ subscriptions.Letters = LetterWriter{}

// Letter implements subscriptions.Letters.
func (w LetterWriter) Letter(ctx context.Context, r subscriptions.LetterRequest) (subscriptions.ComposedLetter, error) {
	m, short, err := w.Write(ctx, r)
	if skip := (*Skip)(nil); errors.As(err, &skip) {
		return subscriptions.ComposedLetter{}, &subscriptions.Error{Code: subscriptions.Refused, Message: "this reader gets no letter of the edition: " + skip.Reason}
	}
	if err != nil {
		return subscriptions.ComposedLetter{}, err
	}
	l := subscriptions.ComposedLetter{Subject: m.Body.Subject, Shortened: short.Items, LeftOut: short.LeftOut}
	l.Text, l.HTML = m.Render()
	if w.Postal != nil {
		l.Postal = w.Postal(ctx)
	}
	l.Raw, err = w.Encode(m)
	return l, err
}
