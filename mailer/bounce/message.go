package bounce

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"strings"
)

// MaxMessage is how much of a message is read.
const MaxMessage = 10 << 20

// Bounds of what is read and of what is kept of it, so that a message of any
// size and shape costs the same few hundred kilobytes at most.
const (
	maxRead   = MaxMessage // of the message
	maxHeader = 64 << 10   // of the header of a part
	maxBody   = 64 << 10   // of the body of a part
	maxKept   = 512 << 10
	maxParts  = 64
	maxDepth  = 12
	lineSpace = 8 << 10 // a longer line is read in pieces
)

// part is a message, or a part of one, as it was found.
type part struct {
	fields   []field
	media    string // lower case; text/plain when nothing is said
	params   map[string]string
	encoding string // lower case
	body     []byte // not decoded; of a multipart, what stands before the first boundary
	children []*part
	message  bool // a message of its own, not a part of one
	depth    int
}

type field struct{ name, value string } // the name in lower case, the value unfolded

func (p *part) get(name string) string {
	for i := range p.fields {
		if p.fields[i].name == name {
			return p.fields[i].value
		}
	}
	return ""
}

// parser takes a message line by line. It believes boundaries only as far as
// they are there: a missing end, a boundary that is not the declared one and a
// header that never stops are all read as far as they make sense.
type parser struct {
	in    *bufio.Reader
	root  *part
	cur   *part // nil after the last boundary
	head  bool  // in the header of cur
	size  int   // of the header so far
	open  []boundary
	parts int
	kept  int
}

type boundary struct {
	text string
	of   *part
}

func parse(r io.Reader) *part {
	p := &parser{in: bufio.NewReaderSize(io.LimitReader(r, maxRead), lineSpace)}
	p.root = &part{message: true}
	p.cur, p.head = p.root, true
	for {
		b, err := p.in.ReadSlice('\n')
		if len(b) > 0 {
			p.lines(b)
		}
		if err != nil && err != bufio.ErrBufferFull { //nolint:errorlint // ReadSlice gives it bare
			break
		}
	}
	if p.head {
		p.endHeader()
	}
	return p.root
}

// lines splits at carriage returns too: some mail has only those.
func (p *parser) lines(b []byte) {
	b = bytes.TrimSuffix(b, []byte("\n"))
	b = bytes.TrimRight(b, "\r")
	for {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			p.line(b)
			return
		}
		p.line(b[:i])
		b = b[i+1:]
	}
}

func (p *parser) line(b []byte) {
	if len(b) > 2 && b[0] == '-' && b[1] == '-' && p.isBoundary(b) {
		return
	}
	switch {
	case p.cur == nil:
	case p.head:
		p.headerLine(b)
	default:
		p.bodyLine(b)
	}
}

// isBoundary reports whether the line divides, and divides.
func (p *parser) isBoundary(b []byte) bool {
	b = bytes.TrimRight(b[2:], " \t")
	for i := len(p.open) - 1; i >= 0; i-- {
		rest, ok := bytes.CutPrefix(b, []byte(p.open[i].text))
		if !ok || len(rest) > 0 && string(rest) != "--" {
			continue
		}
		if p.head {
			p.endHeader()
		}
		of := p.open[i].of
		if len(rest) > 0 {
			p.open, p.cur = p.open[:i], nil
			return true
		}
		p.open = p.open[:i+1]
		p.begin(of, false)
		return true
	}
	// A boundary that nobody declared, where one is awaited.
	if p.cur == nil || p.head || len(b) == 0 || len(b) > 200 {
		return false
	}
	awaited := strings.HasPrefix(p.cur.media, "multipart/") ||
		p.cur.message && len(bytes.TrimSpace(p.cur.body)) == 0
	if next, _ := p.in.Peek(8); !awaited || !bytes.EqualFold(next, []byte("content-")) {
		return false
	}
	p.cur.media = "multipart/mixed"
	p.open = append(p.open, boundary{string(b), p.cur})
	p.begin(p.cur, false)
	return true
}

func (p *parser) begin(of *part, message bool) {
	p.parts++
	if p.parts > maxParts {
		p.cur, p.open = nil, nil
		return
	}
	c := &part{message: message, depth: of.depth + 1}
	of.children = append(of.children, c)
	p.cur, p.head, p.size = c, true, 0
}

func (p *parser) headerLine(b []byte) {
	c := p.cur
	switch {
	case len(bytes.TrimSpace(b)) == 0:
		if c.message && len(c.fields) == 0 {
			return // empty lines above a message
		}
		p.endHeader()
	case b[0] == ' ' || b[0] == '\t':
		if n := len(c.fields); n > 0 && p.size < maxHeader {
			c.fields[n-1].value += " " + string(bytes.TrimSpace(b))
			p.size += len(b)
		}
	default:
		name, value, ok := cutField(b)
		if !ok {
			if c.message && len(c.fields) == 0 && (bytes.HasPrefix(b, []byte("From ")) || bytes.HasPrefix(b, []byte(">From "))) {
				return // the divider of an mbox
			}
			p.endHeader()
			p.line(append([]byte(nil), b...))
			return
		}
		if p.size < maxHeader {
			c.fields = append(c.fields, field{name, value})
			p.size += len(b)
		}
	}
}

// cutField takes "Name: value" apart.
func cutField(b []byte) (name, value string, ok bool) {
	i := bytes.IndexByte(b, ':')
	if i < 1 || i > 76 {
		return "", "", false
	}
	n := bytes.TrimRight(b[:i], " \t")
	for _, c := range n {
		if c <= ' ' || c >= 0x7f {
			return "", "", false
		}
	}
	return strings.ToLower(string(n)), string(bytes.TrimSpace(b[i+1:])), len(n) > 0
}

// endHeader looks at what kind of part this is.
func (p *parser) endHeader() {
	c := p.cur
	p.head = false
	if c == nil {
		return
	}
	c.encoding = strings.ToLower(strings.TrimSpace(c.get("content-transfer-encoding")))
	c.media, c.params = mediaType(c.get("content-type"))
	switch {
	case strings.HasPrefix(c.media, "multipart/"):
		if b := strings.TrimRight(c.params["boundary"], " \t"); b != "" && len(p.open) < maxDepth {
			p.open = append(p.open, boundary{b, c})
		}
	case isMessage(c.media) && c.encoding != "base64" && c.encoding != "quoted-printable" && c.depth < maxDepth:
		p.begin(c, true)
	}
}

func isMessage(media string) bool {
	return media == "message/rfc822" || media == "message/global" || media == "message/news"
}

// mediaType reads a Content-Type, also one that is not well written.
func mediaType(s string) (string, map[string]string) {
	if s == "" {
		return "text/plain", nil
	}
	if media, params, err := mime.ParseMediaType(s); err == nil {
		return media, params
	}
	media, rest, _ := strings.Cut(s, ";")
	params := map[string]string{}
	for _, one := range strings.Split(rest, ";") {
		name, value, _ := strings.Cut(one, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, has := params[name]; !has {
			params[name] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	media = strings.ToLower(strings.TrimSpace(media))
	if !strings.Contains(media, "/") {
		media = "text/plain"
	}
	return media, params
}

func (p *parser) bodyLine(b []byte) {
	if c := p.cur; len(c.body)+len(b) < maxBody && p.kept < maxKept {
		c.body = append(append(c.body, b...), '\n')
		p.kept += len(b) + 1
	}
}
