package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"sesec.eu/tidings/mailer/bounce"
	"sesec.eu/tidings/subscriptions"
)

type bounceCmd struct {
	Read  bounceReadCmd  `cmd:"" help:"Say of each message which address it is about, and how bad: one JSON object a line."`
	List  bounceListCmd  `cmd:"" help:"List what came back, the newest first."`
	Show  bounceShowCmd  `cmd:"" help:"Show one report with the message that came, or the history of an address."`
	Stats bounceStatsCmd `cmd:"" help:"Sum what came back by domain and reason."`
}

type bounceReadCmd struct {
	Record    bool     `help:"Record it too: what proves to be about a letter of ours counts. For the pipe of a mail server; answers 75 when it should try again."`
	Recipient string   `help:"Address that the message came to, where the mail server tells it." placeholder:"ADDRESS"`
	Files     []string `arg:"" optional:"" help:"Messages, each in a file of its own; - for standard input, which is read when none is named." placeholder:"FILE"`
}

// readAnswer is a line of the answer.
type readAnswer struct {
	bounce.Report
	Recorded *bool                      `json:"recorded,omitempty"` // whether it is new
	Effect   subscriptions.ReturnEffect `json:"effect,omitempty"`
}

// Run reads them all. What is not understood is an answer too, so that only a
// file that cannot be read makes it fail, after the others.
func (c *bounceReadCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if !c.Record {
		return c.read(ctx, std, nil)
	}
	err := inApp(ctx, s, std, func(a *app) error { return c.read(ctx, std, a.bounces) })
	if err != nil {
		// A mail server that pipes to us keeps the message (sysexits.h): nothing is lost.
		return errLater{err}
	}
	return nil
}

func (c *bounceReadCmd) read(ctx context.Context, std stdio, into *subscriptions.BounceService) error {
	files := c.Files
	if len(files) == 0 {
		files = []string{"-"}
	}
	answers := json.NewEncoder(std.out)
	answers.SetEscapeHTML(false)
	lost := 0
	for _, name := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		answer, err := c.readReturned(ctx, std, name, into)
		if err != nil {
			fmt.Fprintf(std.err, "tidings: %v\n", err)
			lost++
			continue
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	if lost > 0 {
		return fmt.Errorf("%d of %d files could not be read", lost, len(files))
	}
	return nil
}

// readReturned reads one message, and records it where that is asked. The reader
// takes any bytes; that they could not be had at all is kept apart from it.
func (c *bounceReadCmd) readReturned(ctx context.Context, std stdio, name string, into *subscriptions.BounceService) (readAnswer, error) {
	answer, err := readFile(ctx, std, name, func(r io.Reader) (readAnswer, error) {
		w := &watched{r: r}
		if into == nil {
			report := bounce.Read(w)
			return readAnswer{Report: report}, w.err
		}
		raw, err := io.ReadAll(io.LimitReader(w, bounce.MaxMessage))
		if err != nil {
			return readAnswer{}, err
		}
		report, returned := bounce.Take(raw, subscriptions.WayPipe, c.Recipient)
		done, err := into.Record(ctx, returned)
		fresh := !done.Known
		return readAnswer{report, &fresh, done.Effect}, err
	})
	if err != nil {
		return answer, fmt.Errorf("%s: %w", fileName(name), err)
	}
	return answer, nil
}

// watched remembers how reading failed.
type watched struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}
