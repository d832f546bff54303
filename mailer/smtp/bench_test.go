package smtp_test

import (
	"fmt"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/smtp"
)

// digest is a letter of the size of a real one: 30 KB of HTML, some text, the
// slots a digest has.
func digest() *mailer.Message {
	text := strings.Repeat("Standards of the industrial internet 工业互联网, see https://example.org/items/gb-t-35273\n", 80) + "Leave: \x02\nChange: \x03\n"
	html := "<!doctype html><p>Dear \x01,</p>" + strings.Repeat(`<p style="margin:0 0 16px">Standards of the industrial internet 工业互联网, <a href="https://example.org/items/gb-t-35273">read on</a></p>`+"\n", 220) +
		"<a href=\"\x02\">leave</a> <a href=\"\x03\">change</a></html>\n"
	m := letter("Dear \x01,\n"+text, html, fills(0)...)
	return m
}

func fills(i int) []mailer.Fill {
	link := fmt.Sprintf("https://tidings.example.org/unsubscribe/AQEBdQAAAAAAAAAAAAAAAAAAAAAAAAA%08d", i)
	return []mailer.Fill{{Text: "Policy & trade", HTML: "Policy &amp; trade"}, {Text: link, HTML: link}, {Text: link, HTML: link}}
}

// BenchmarkAppendMessage is the work per person: the splice of their lines into a
// body that all share. The bar is 20,000 a second on one core.
func BenchmarkAppendMessage(b *testing.B) {
	m := digest()
	buf, err := smtp.AppendMessage(nil, m)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Fill = fills(i)
		if buf, err = smtp.AppendMessage(buf[:0], m); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkEncodeBody is the work per variant.
func BenchmarkEncodeBody(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := smtp.Encode(digest()); err != nil {
			b.Fatal(err)
		}
	}
}
