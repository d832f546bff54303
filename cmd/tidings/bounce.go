package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"sesec.eu/tidings/mailer/bounce"
)

type bounceCmd struct {
	Read bounceReadCmd `cmd:"" help:"Say of each message which address it is about, and how bad: one JSON object a line."`
}

type bounceReadCmd struct {
	Files []string `arg:"" optional:"" help:"Messages, each in a file of its own; - for standard input, which is read when none is named." placeholder:"FILE"`
}

// Run reads them all. What is not understood is an answer too, so that only a
// file that cannot be read makes it fail, after the others.
func (c *bounceReadCmd) Run(ctx context.Context, std stdio) error {
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
		report, err := readReturned(ctx, std, name)
		if err != nil {
			fmt.Fprintf(std.err, "tidings: %v\n", err)
			lost++
			continue
		}
		if err := answers.Encode(report); err != nil {
			return err
		}
	}
	if lost > 0 {
		return fmt.Errorf("%d of %d files could not be read", lost, len(files))
	}
	return nil
}

// readReturned reads one message. The reader takes any bytes; that they could not
// be had at all is kept apart from it.
func readReturned(ctx context.Context, std stdio, name string) (bounce.Report, error) {
	report, err := readFile(ctx, std, name, func(r io.Reader) (bounce.Report, error) {
		w := &watched{r: r}
		report := bounce.Read(w)
		return report, w.err
	})
	if err != nil {
		return report, fmt.Errorf("%s: %w", fileName(name), err)
	}
	return report, nil
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
