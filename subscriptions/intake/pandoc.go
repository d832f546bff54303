package intake

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

// Pandoc turns Word documents into HTML. The zero value looks for the program on
// PATH.
type Pandoc struct {
	Path   string        // "" for pandoc on PATH
	Within time.Duration // 0 for 20 s
}

// The bounds of a run.
const (
	pandocTime   = 20 * time.Second
	pandocOutput = 16 << 20
	pandocMemory = "512M"
)

// HTML converts a document. Pictures are left out, tracked changes are taken as
// accepted.
func (p Pandoc) HTML(ctx context.Context, document []byte) (string, error) {
	if err := importer.CheckWord(document); err != nil {
		return "", err
	}
	program, err := exec.LookPath(cmp.Or(p.Path, "pandoc"))
	if err != nil {
		return "", &subscriptions.Error{Code: subscriptions.Unavailable, Field: "file", Message: "Word documents are read with pandoc, which is not installed on this server",
			Hint: "Paste the text of the document, or have pandoc 2.15 or later installed."}
	}
	folder, err := os.MkdirTemp("", "tidings-word-")
	if err != nil {
		return "", fmt.Errorf("read a Word document: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // nothing is left in it but what pandoc wrote; the system clears the rest
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(p.Within, pandocTime))
	defer cancel()
	// The options are ours alone; the document comes through standard input.
	run := exec.CommandContext(ctx, program, "+RTS", "-M"+pandocMemory, "-RTS", "--sandbox", "--from=docx", "--to=html", "--wrap=none", "--track-changes=accept") //nolint:gosec // no word of it comes from outside
	run.Dir = folder
	run.Env = []string{"HOME=" + folder, "TMPDIR=" + folder, "LANG=C.UTF-8"}
	run.Stdin = bytes.NewReader(document)
	run.WaitDelay = time.Second
	out, complaint := &limited{most: pandocOutput, stop: cancel}, &limited{most: 4 << 10}
	run.Stdout, run.Stderr = out, complaint
	err = run.Run()
	switch {
	case out.over:
		return "", wrong("the document holds more text than is read at once", "Cut it into several.")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", wrong("the document takes too long to read", "Cut it into several, or paste its text.")
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: "the document cannot be read",
			Hint: "Save it anew as .docx, or paste its text.", Err: fmt.Errorf("pandoc: %w: %s", err, bytes.TrimSpace(complaint.kept.Bytes()))}
	}
	return out.kept.String(), nil
}

// limited keeps so many bytes, and stops the program that writes more.
type limited struct {
	kept bytes.Buffer // not embedded: its ReadFrom would go around Write
	most int
	stop func() // nil lets it go on
	over bool
}

// Write takes all, and keeps what there is room for.
func (l *limited) Write(p []byte) (int, error) {
	room := l.most - l.kept.Len()
	if len(p) > room {
		if l.over = true; l.stop != nil {
			l.stop()
		}
		l.kept.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return l.kept.Write(p)
}
