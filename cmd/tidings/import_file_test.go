package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// zeros is a device without an end, as /dev/zero is.
type zeros struct{}

// Read fills the buffer.
func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestTheWishToStopEndsReading(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip("this system has no named pipes:", err)
	}
	silent, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() }) // after the tests below, which run later
	tests := []struct {
		name, path string
		in         io.Reader
	}{
		{"a pipe that nobody has opened to write", fifo, nil},
		{"a terminal at which nobody types", "-", silent},
		{"a device without an end", "-", zeros{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				_, err := readFile(ctx, stdio{in: test.in}, test.path, func(r io.Reader) (int64, error) { return io.Copy(io.Discard, r) })
				done <- err
			}()
			time.Sleep(20 * time.Millisecond)
			stop()
			select {
			case err := <-done:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("ended with %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Error("goes on")
			}
		})
	}
}

func TestReadingIsWhole(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a line of a file\n", 10_000)
	var got bytes.Buffer
	if _, err := readFile(t.Context(), stdio{in: strings.NewReader(text)}, "-", func(r io.Reader) (int64, error) { return got.ReadFrom(r) }); err != nil || got.String() != text {
		t.Errorf("%d octets of %d came through: %v", got.Len(), len(text), err)
	}
}
