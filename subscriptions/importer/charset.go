package importer

import (
	"bytes"
	"fmt"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"sesec.eu/tidings/subscriptions"
)

// Text gives the bytes of a file or an answer as UTF-8, and the name of the
// encoding they were in where that was not UTF-8. What the bytes say of
// themselves comes first (a byte order mark), then what the server said, then
// what the file says (an XML declaration, a meta tag); without any of these,
// text that is no UTF-8 is taken for Chinese if its bytes come in pairs as they
// do there, and for Western European otherwise.
func Text(b []byte, contentType string) (text, encoding string, err error) {
	name := declared(b, contentType)
	if name == "" {
		if utf8.Valid(b) {
			return string(b), "", nil
		}
		if name = "windows-1252"; paired(b) {
			name = "gb18030"
		}
	}
	var decoded []byte
	switch name {
	case "utf-8":
		decoded = bytes.TrimPrefix(b, []byte("\ufeff"))
		if !utf8.Valid(decoded) {
			return "", "", notText("UTF-8")
		}
		return string(decoded), "", nil
	case "utf-16le", "utf-16be":
		order := unicode.LittleEndian
		if name == "utf-16be" {
			order = unicode.BigEndian
		}
		decoded, err = unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(b)
	case "windows-1252":
		decoded, err = charmap.Windows1252.NewDecoder().Bytes(b)
	case "gb18030":
		decoded, err = simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	default:
		e, _ := charset.Lookup(name)
		if e == nil {
			return "", "", &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: fmt.Sprintf("the encoding %q is not known", shorten(name)),
				Hint: "Save the file as UTF-8."}
		}
		decoded, err = e.NewDecoder().Bytes(b)
	}
	if err != nil {
		return "", "", notText(strings.ToUpper(name))
	}
	return string(decoded), strings.ToUpper(name), nil
}

func notText(encoding string) error {
	return &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: "the file is not " + encoding + " text, as it says it is",
		Hint: "Save it as UTF-8."}
}

var (
	xmlEncoding = regexp.MustCompile(`^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)
	metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})`)
)

// declared gives the canonical name of the encoding the bytes are said to be in,
// or "".
func declared(b []byte, contentType string) string {
	switch {
	case bytes.HasPrefix(b, []byte("\ufeff")):
		return "utf-8"
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return "utf-16le"
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return "utf-16be"
	}
	if _, parameters, err := mime.ParseMediaType(contentType); err == nil && parameters["charset"] != "" {
		return canonical(parameters["charset"])
	}
	head := b[:min(len(b), 1024)]
	if m := xmlEncoding.FindSubmatch(head); m != nil {
		return canonical(string(m[1]))
	}
	if m := metaCharset.FindSubmatch(head); m != nil {
		return canonical(string(m[1]))
	}
	return ""
}

// canonical names an encoding as the web does, where GB2312 and Latin-1 mean
// their larger successors (WHATWG Encoding, 4.2).
func canonical(name string) string {
	e, known := charset.Lookup(name)
	switch {
	case e == nil:
		return strings.ToLower(name)
	case known == "gbk":
		return "gb18030"
	}
	return known
}

// paired is true of text in GB18030, where two bytes above 0x80 make a
// character and characters stand together. The accents of a Latin text stand
// alone.
func paired(b []byte) bool {
	pairs, alone := 0, 0
	for i := 0; i < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		run := i
		for i < len(b) && b[i] >= 0x80 {
			i++
		}
		if n := i - run; n%2 == 0 {
			pairs += n / 2
		} else {
			alone++
		}
	}
	return pairs > 4*alone
}
