package bounce_test

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer/bounce"
)

// BenchmarkRead reads the corpus, one report an operation.
func BenchmarkRead(b *testing.B) {
	all := corpus(b)
	size := 0
	for _, s := range all {
		size += len(s.eml)
	}
	b.SetBytes(int64(size / len(all)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		bounce.Read(bytes.NewReader(all[i%len(all)].eml))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}

// endless writes the same for ever.
type endless struct {
	what string
	n    int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e.what[int(e.n+int64(n))%len(e.what):])
	}
	e.n += int64(n)
	return n, nil
}

// TestTheSizeOfAMessageIsBounded: what never ends is left after 10 MB, and little
// of it is kept.
func TestTheSizeOfAMessageIsBounded(t *testing.T) { // not parallel: it measures memory
	const head = "From: MAILER-DAEMON@mx.example.net\nTo: news@example.org\nSubject: failure notice\n"
	for name, what := range map[string]string{
		"a body without lines":        "x",
		"lines of a body":             "word word word\n",
		"a header":                    "X-More: and more\n",
		"parts":                       "--b\nContent-Type: text/plain\n\nmore\n",
		"messages in messages":        "Content-Type: message/rfc822\n\n",
		"addresses":                   "<anna@example.net>: 550 user unknown\n",
		"recipients of a report":      "Final-Recipient: rfc822; anna@example.net\nAction: failed\n",
		"an HTML tag that stays open": "<p ",
	} {
		t.Run(name, func(t *testing.T) {
			source := &endless{what: what}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			bounce.Read(io.MultiReader(strings.NewReader(head+"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"), source))
			runtime.ReadMemStats(&after)
			if source.n > 11<<20 {
				t.Errorf("%d bytes were read", source.n)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20 {
				t.Errorf("%d bytes were allocated for one message", took)
			}
		})
	}
}
