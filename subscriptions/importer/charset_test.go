package importer_test

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

func in(t *testing.T, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTextIsReadInItsEncoding(t *testing.T) {
	t.Parallel()
	const chinese = "全国信息安全标准化技术委员会 (TC260) published a draft. 个人信息安全规范"
	const french = "Le comité élabore des normes : accès, sécurité, qualité à l’été"
	gb := simplifiedchinese.GB18030
	for name, c := range map[string]struct {
		b           []byte
		contentType string
		want, as    string
	}{
		"UTF-8":                             {[]byte(chinese), "", chinese, ""},
		"UTF-8 with a mark":                 {[]byte("\ufeff" + chinese), "", chinese, ""},
		"UTF-16 with a mark, little end":    {in(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), chinese), "", chinese, "UTF-16LE"},
		"UTF-16 with a mark, big end":       {in(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), chinese), "", chinese, "UTF-16BE"},
		"a mark wins over the server":       {[]byte("\ufeff" + chinese), "text/xml; charset=iso-8859-1", chinese, ""},
		"GB18030 that says nothing":         {in(t, gb, chinese), "", chinese, "GB18030"},
		"GB2312 as the server says":         {in(t, gb, chinese), "text/html; charset=gb2312", chinese, "GB18030"},
		"GBK as the XML says":               {in(t, gb, `<?xml version="1.0" encoding="GBK"?><a>中</a>`), "", `<?xml version="1.0" encoding="GBK"?><a>中</a>`, "GB18030"},
		"Latin-1 that says nothing":         {in(t, charmap.Windows1252, french), "", french, "WINDOWS-1252"},
		"Latin-1 as the server says":        {in(t, charmap.ISO8859_1, "café"), "text/plain; charset=ISO-8859-1", "café", "WINDOWS-1252"},
		"the server wins over the document": {in(t, charmap.ISO8859_1, `<?xml version="1.0" encoding="utf-8"?><a>é</a>`), "text/xml; charset=latin1", `<?xml version="1.0" encoding="utf-8"?><a>é</a>`, "WINDOWS-1252"},
		"as a meta tag says":                {in(t, japanese.ShiftJIS, `<html><meta charset="shift_jis"><p>標準`), "", `<html><meta charset="shift_jis"><p>標準`, "SHIFT_JIS"},
	} {
		got, as, err := importer.Text(c.b, c.contentType)
		if err != nil || got != c.want || as != c.as {
			t.Errorf("%s: it reads %q as %q, %v", name, got, as, err)
		}
	}
	for name, c := range map[string]struct {
		b           []byte
		contentType string
	}{
		"not the UTF-8 it is said to be": {[]byte("caf\xe9"), "text/plain; charset=utf-8"},
		"an encoding nobody knows":       {[]byte("caf\xe9"), "text/plain; charset=klingon"},
	} {
		if _, _, err := importer.Text(c.b, c.contentType); subscriptions.CodeOf(err) != subscriptions.Invalid || subscriptions.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("\xff\xfea\x00"), "")
	f.Add([]byte("\xd6\xd0\xb9\xfa"), "text/html; charset=gb2312")
	f.Add([]byte(`<?xml version="1.0" encoding="utf-16"?>`), "")
	f.Fuzz(func(t *testing.T, b []byte, contentType string) {
		if text, _, err := importer.Text(b, contentType); err == nil && !utf8.ValidString(text) {
			t.Errorf("%q, %q reads as %q, which is no UTF-8", b, contentType, text)
		}
	})
}
