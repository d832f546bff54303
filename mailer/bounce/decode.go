package bounce

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// text gives the body of a part as UTF-8, with tags taken off HTML.
func (p *part) text() string {
	b := p.body
	switch p.encoding {
	case "quoted-printable":
		b = quotedPrintable(b)
	case "base64":
		b = unbase64(b)
	}
	s := toUTF8(b, p.params["charset"])
	if p.media == "text/html" {
		s = htmlText(s)
	}
	return s
}

// quotedPrintable decodes what is encoded and leaves the rest as it is; the
// decoder of the library refuses what real servers write.
func quotedPrintable(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			out = append(out, b[i])
			continue
		}
		if i+2 < len(b) {
			if hi, lo := unhex(b[i+1]), unhex(b[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		j := i + 1
		for j < len(b) && (b[j] == ' ' || b[j] == '\t' || b[j] == '\r') {
			j++
		}
		if j < len(b) && b[j] == '\n' {
			i = j // a soft line break
			continue
		}
		out = append(out, '=')
	}
	return out
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// unbase64 decodes as far as it is base64, and gives back what never was.
func unbase64(b []byte) []byte {
	clean := make([]byte, 0, len(b))
	for _, c := range b {
		switch {
		case 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/':
			clean = append(clean, c)
		case c == '=' || c == '\n' || c == '\r' || c == ' ' || c == '\t':
		case c == '@' || c == ':' || c == '<':
			return b // plain text under a wrong label
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, _ := base64.RawStdEncoding.Decode(out, clean)
	return out[:n]
}

// toUTF8 believes a charset only when the bytes agree.
func toUTF8(b []byte, charset string) string {
	charset = strings.ToLower(strings.TrimSpace(charset))
	if bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")) {
		return convert(japanese.ISO2022JP, b)
	}
	if utf8.Valid(b) && !strings.HasPrefix(charset, "utf-16") && charset != "hz-gb-2312" {
		return string(b)
	}
	if e, err := htmlindex.Get(charset); err == nil {
		if name, _ := htmlindex.Name(e); name != "utf-8" && name != "windows-1252" && name != "replacement" {
			return convert(e, b)
		}
	}
	if looksChinese(b) {
		return convert(simplifiedchinese.GB18030, b)
	}
	if charset == "" || strings.HasPrefix(charset, "utf") {
		if s := strings.ToValidUTF8(string(b), "\uFFFD"); strings.Count(s, "\uFFFD")*20 < len(b) && charset != "" {
			return s
		}
	}
	return convert(charmap.Windows1252, b)
}

func convert(e encoding.Encoding, b []byte) string {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

// looksChinese: the high bytes come in pairs, as those of GB 2312 do.
func looksChinese(b []byte) bool {
	pairs, odd := 0, 0
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] < 0x80:
		case b[i] >= 0xa1 && i+1 < len(b) && b[i+1] >= 0xa1:
			pairs++
			i++
		default:
			odd++
		}
	}
	return pairs >= 4 && odd*8 < pairs
}

// words decodes RFC 2047.
func words(s string) string {
	if !strings.Contains(s, "=?") {
		return toUTF8([]byte(s), "")
	}
	d := mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		b, err := io.ReadAll(io.LimitReader(in, 4<<10))
		return strings.NewReader(toUTF8(b, charset)), err
	}}
	out, err := d.DecodeHeader(s)
	if err != nil {
		return s
	}
	return toUTF8([]byte(out), "")
}

// breaks are the tags that end a line, or a cell.
var breaks = map[string]string{"br": "\n", "p": "\n\n", "div": "\n", "tr": "\n", "li": "\n", "table": "\n", "h1": "\n", "h2": "\n", "h3": "\n",
	"h4": "\n", "blockquote": "\n", "pre": "\n", "hr": "\n", "ul": "\n", "ol": "\n", "title": "\n", "td": " ", "th": " "}

// htmlText takes the tags off. Addresses in angle brackets that nobody escaped stay.
func htmlText(s string) string {
	var b strings.Builder
	b.Grow(len(s) / 2)
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		if strings.HasPrefix(s, "<!--") {
			if end := strings.Index(s, "-->"); end >= 0 {
				s = s[end+3:]
				continue
			}
		}
		end := strings.IndexByte(s, '>')
		if end < 0 {
			b.WriteString(s)
			break
		}
		tag := s[1:end]
		s = s[end+1:]
		if !strings.ContainsAny(tag, " =\"") && strings.Contains(tag, "@") {
			b.WriteString("<" + tag + ">")
			continue
		}
		name, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(tag, "/")), " ")
		name = strings.TrimSpace(strings.TrimRight(name, "/\n\t"))
		b.WriteString(breaks[name])
		if (name == "style" || name == "script" || name == "head") && !strings.HasPrefix(tag, "/") {
			if end := strings.Index(strings.ToLower(s), "</"+name); end >= 0 {
				s = s[end:]
			}
		}
	}
	return strings.ReplaceAll(html.UnescapeString(b.String()), "\u00a0", " ")
}
