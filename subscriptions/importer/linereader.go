package importer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine bounds a line: no person writes one of 64 KB. What goes on for
// maxEndless without one is no list at all, but a disk image or a device.
const (
	maxLine    = 64 << 10
	maxEndless = 64 << 20
)

var errEndless = errors.New("the file has no lines: is it a text file?")

// textLine is a line without its end.
type textLine struct {
	no   int
	text []byte // good until the next call of next
	long bool   // it was longer than maxLine; text is empty
}

// lineReader gives lines with their numbers, in memory that does not grow.
type lineReader struct {
	buf  *bufio.Reader
	no   int
	back []textLine
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{buf: bufio.NewReaderSize(r, maxLine+2)}
}

// next gives the line below, or io.EOF.
func (l *lineReader) next() (textLine, error) {
	if len(l.back) > 0 {
		line := l.back[0]
		l.back = l.back[1:]
		return line, nil
	}
	text, err := l.buf.ReadSlice('\n')
	if len(text) == 0 && err != nil {
		return textLine{no: l.no + 1}, err
	}
	l.no++
	line := textLine{no: l.no}
	for skipped := len(text); errors.Is(err, bufio.ErrBufferFull); skipped += len(text) {
		if skipped > maxEndless {
			return line, errEndless
		}
		line.long = true
		text, err = l.buf.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return line, err
	}
	if !line.long {
		line.text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	}
	return line, nil
}

// giveBack puts lines before those not yet read. Their text must be their own.
func (l *lineReader) giveBack(lines []textLine) {
	l.back = append(lines, l.back...)
}
