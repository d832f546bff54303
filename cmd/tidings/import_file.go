package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"sesec.eu/tidings/subscriptions"
)

// fileName is what a report calls the file.
func fileName(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

// readFile opens a file or standard input. Whatever it turns out to be, a pipe
// that nobody writes to or a device without an end, the wish to stop ends it.
func readFile[T any](ctx context.Context, std stdio, path string, read func(io.Reader) (T, error)) (T, error) {
	var none T
	if path == "-" {
		return read(&stoppable{ctx, std.in})
	}
	f, err := await(ctx, func() (*os.File, error) { return os.Open(path) })
	if err != nil {
		return none, fmt.Errorf("read the file: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return none, &subscriptions.Error{Code: subscriptions.Invalid, Message: path + " is a folder", Hint: "Name a file in it."}
	}
	return read(&stoppable{ctx, f})
}

// stoppable is a reader that ends with its context.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

// Read reads, unless it is told to stop. What is read after that is lost, which
// is no loss.
func (s *stoppable) Read(p []byte) (int, error) {
	b, err := await(s.ctx, func() ([]byte, error) {
		b := make([]byte, len(p))
		n, err := s.r.Read(b)
		return b[:n], err
	})
	return copy(p, b), err
}

// await runs what may block for ever.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
