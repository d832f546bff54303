package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// full is a disk without room.
type full struct{}

// Write fails.
func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAnAnswerThatIsLostIsAFailure(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"config", "--json"}, {"--help"}} {
		var complaints bytes.Buffer
		if code := run(t.Context(), args, stdio{strings.NewReader(""), full{}, &complaints}); code == exitDone {
			t.Errorf("%v: done, with nothing written", args)
		}
		if !strings.Contains(complaints.String(), "no space left") {
			t.Errorf("%v: %q", args, complaints.String())
		}
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, addr, want string }{
		{"an address of this machine", "127.0.0.1:8080", "127.0.0.1:8080"},
		{"a name", "tidings.example.org:80", "tidings.example.org:80"},
		{"every address", "0.0.0.0:8080", "127.0.0.1:8080"},
		{"every address of the newer kind", "[::]:8080", "127.0.0.1:8080"},
		{"every address, left out", ":8080", "127.0.0.1:8080"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := reachable(test.addr); got != test.want {
				t.Errorf("reachable(%q) = %q, want %q", test.addr, got, test.want)
			}
		})
	}
}
