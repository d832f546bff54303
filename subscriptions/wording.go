package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Wording is the sentence a person agrees to. A change of the sentence is a new
// version; old ones stay, because consents point at them.
type Wording struct {
	Version string
	Text    string
}

// Wordings of the program itself, oldest first. The last is the standard, and in
// force until the settings have one of their own.
var wordings = [...]Wording{
	{"2019-04", "Send me one e-mail digest a month with the topics I ticked. I can change topics or leave at any time with the links in every letter."},
}

// StandardWording is the sentence shown until the settings have one of their own.
func StandardWording() Wording { return wordings[len(wordings)-1] }

// CurrentWording is the sentence in force.
func CurrentWording(ctx context.Context, store Store) (Wording, error) {
	set, err := store.Wordings(ctx)
	if err != nil || len(set) == 0 {
		return StandardWording(), err
	}
	return set[len(set)-1], nil
}

// FindWording finds the sentence of a version, for the proof a person may ask; ""
// where there is none.
func FindWording(ctx context.Context, store interface {
	Wordings(ctx context.Context) ([]Wording, error)
}, version string) (string, error) {
	if text, ok := moveWordingText(version); ok {
		return text, nil
	}
	for _, w := range wordings {
		if w.Version == version {
			return w.Text, nil
		}
	}
	set, err := store.Wordings(ctx)
	for _, w := range set {
		if w.Version == version {
			return w.Text, err
		}
	}
	return "", err
}

// shownWording is the version that a form was shown with, if there is one of that
// name, and else the one in force: a text may change while somebody fills in a form.
func shownWording(ctx context.Context, store Store, shown string) (string, error) {
	if shown != "" {
		if text, err := FindWording(ctx, store, shown); err != nil || text != "" {
			return shown, err
		}
	}
	now, err := CurrentWording(ctx, store)
	return now.Version, err
}

// wordingOf is the version that a person's consent was given to, or the one in force
// where there is no such consent.
func wordingOf(ctx context.Context, store Store, consentID, subscriberID int64) (string, error) {
	given, err := store.FindConsent(ctx, consentID)
	switch {
	case err == nil && given.SubscriberID == subscriberID:
		return given.Wording, nil
	case err != nil && !errors.Is(err, ErrNotFound):
		return "", err
	}
	now, err := CurrentWording(ctx, store)
	return now.Version, err
}

// nextWording names a new text by its day: 2026-11-24, 2026-11-24-2.
func nextWording(ctx context.Context, tx Store, text string, now time.Time) (Wording, error) {
	day := DateOf(now.UTC()).String()
	for n := 1; ; n++ {
		w := Wording{Version: day, Text: text}
		if n > 1 {
			w.Version = fmt.Sprintf("%s-%d", day, n)
		}
		known, err := FindWording(ctx, tx, w.Version)
		if err != nil {
			return w, err
		}
		if known == "" {
			return w, tx.AddWording(ctx, w, now)
		}
	}
}
