package main

import (
	"context"
	"strings"
	"sync"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/files"
)

// filesBeside is the folder of attachments: the one that is set, or one beside an
// SQLite database. Beside PostgreSQL there is no place that all processes share.
func filesBeside(set, database string) string {
	if set != "" || strings.Contains(database, "://") {
		return set
	}
	return sqlitePath(database) + ".files"
}

// attach wires attachments; without a folder none can be added.
func (a *app) attach(folder string) *subscriptions.AttachmentService {
	s := &subscriptions.AttachmentService{Store: a.store, Now: a.now}
	if folder != "" {
		s.Files = files.New(folder, a.now)
	}
	return s
}

// sweepNow removes files that no item names any more.
func (a *app) sweepNow(ctx context.Context) error {
	_, err := a.store.Exclusively(ctx, "files", func() error {
		n, err := a.attachments.Sweep(ctx)
		if n > 0 {
			a.log.Info("removed files that nothing names", "files", n)
		}
		return err
	})
	return err
}

// itemLetters composes the letter of a content as a reader with every topic gets
// it, with the settings in force. The composer is made with the first one, and
// asks for the settings with each.
func (a *app) itemLetters() func(context.Context, subscriptions.Content) (text, html string, err error) {
	once := sync.OnceValues(func() (*compose.Composer, error) { return a.composer(context.Background()) })
	return func(ctx context.Context, c subscriptions.Content) (text, html string, err error) {
		composer, err := once()
		if err != nil {
			return "", "", err
		}
		c.Look = a.current(ctx).Look()
		all := make([]int64, len(c.Topics))
		for i, t := range c.Topics {
			all[i] = t.ID
		}
		m, err := composer.Preview(c, subscriptions.Recipient{Subscriber: subscriptions.Subscriber{Address: "reader@example.org"}, Chosen: subscriptions.NewTopicSet(all...)})
		if err != nil {
			return "", "", err
		}
		text, html = m.Render()
		return text, html, nil
	}
}
