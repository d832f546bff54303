package subscriptions

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ComposedLetter is a digest as it would leave, byte for byte but for the signature
// that the sender puts before it.
type ComposedLetter struct {
	Subject   string
	Text      string
	HTML      string
	Raw       []byte  // the whole message
	Shortened []int64 // items whose end is only on the web
	LeftOut   int     // entries that are only on the web
	Postal    string  // the sender's postal address, as it should stand in it
}

// LetterRequest is which letter is wanted.
type LetterRequest struct {
	Content   Content
	Recipient Recipient
	// Key is that of the delivery, from which the Message-ID comes.
	Key string
	// Mute signs the links in the letter for nobody.
	Mute bool
	// At is the moment at which it would leave; zero: now.
	At time.Time
}

// Letters composes letters without sending them, by the same composer and the same
// encoder as the worker. It answers a Refused error when the edition has nothing
// for the reader.
type Letters interface {
	Letter(ctx context.Context, r LetterRequest) (ComposedLetter, error)
}

// LetterLink is a link of a letter with its words.
type LetterLink struct{ To, Words string }

var (
	anchorTag = regexp.MustCompile(`(?is)<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>`)
	anyTag    = regexp.MustCompile(`(?s)<[^>]*>`)
	imageTag  = regexp.MustCompile(`(?is)<img\b[^>]*>`)
	altText   = regexp.MustCompile(`(?is)\balt="([^"]*)"`)
)

// Links gives the web links of the HTML part.
func (l ComposedLetter) Links() (links []LetterLink) {
	for _, m := range anchorTag.FindAllStringSubmatch(l.HTML, -1) {
		if to := html.UnescapeString(m[1]); strings.HasPrefix(to, "http") {
			links = append(links, LetterLink{to, strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(m[2], ""))), " ")})
		}
	}
	return links
}

// The size of a letter (MAIL 22): mail programs cut off what is longer than the
// first, with the links to leave; from the second on there is little room left.
const (
	clippedAt = 102_000
	nearlyAt  = 92_000
)

// letterFindings are what one letter shows; name says which it is.
func letterFindings(name string, l ComposedLetter) (found []PreflightFinding) {
	add := func(code string, level FindingLevel, sentence, do string) {
		found = append(found, PreflightFinding{Code: code, Level: level, Place: placeLetters, Sentence: sentence, Do: do})
	}
	switch size := len(l.HTML); {
	case size > clippedAt:
		add("letter-clipped", FindingBlocking, fmt.Sprintf("The letter for %s has %d KB: mail programs cut it off, with the links to leave.", name, size/1000), "Shorten the texts of the edition.")
	case size > nearlyAt:
		add("letter-large", FindingWarning, fmt.Sprintf("The letter for %s has %d KB; mail programs cut off at 102.", name, size/1000), "Shorten the texts of the edition.")
	}
	for _, img := range imageTag.FindAllString(l.HTML, -1) {
		if m := altText.FindStringSubmatch(img); m == nil || strings.TrimSpace(m[1]) == "" && !strings.Contains(img, `role="presentation"`) {
			add("letter-alt", FindingWarning, "A picture of the letter has no words: without pictures, nothing stands there.", "Give the logo its words in the settings.")
			found[len(found)-1].Path, found[len(found)-1].Action = "/desk/settings/look", "Open the settings"
		}
	}
	for _, wrong := range headerFaults(l.Raw) {
		add("letter-headers", FindingBlocking, wrong, "This is a fault of the program or its templates: tell who runs it.")
	}
	return append(found, spamFindings(l)...)
}

// once are the header fields of which a message has exactly one (RFC 5322, 3.6).
var once = []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "List-Id", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post"}

// headerFaults holds a whole message to what every digest must satisfy (MAIL 4, 5, 6,
// 9 and 21).
func headerFaults(raw []byte) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for line := range bytes.SplitSeq(raw, []byte("\n")) {
		if len(bytes.TrimSuffix(line, []byte("\r"))) > 998 {
			say("A line of the message is longer than 998 octets.")
			break
		}
	}
	head, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader()
	if err != nil {
		say("The head of the message cannot be read: %v.", err)
		return wrong
	}
	for _, name := range once {
		if n := len(head[name]); n != 1 {
			say("The message has %d fields %s, and must have one.", n, name)
		}
	}
	for _, name := range []string{"Bcc", "Cc"} {
		if len(head[name]) > 0 {
			say("The message has a field %s: one message goes to one person.", name)
		}
	}
	if to, err := mail.ParseAddressList(head.Get("To")); err != nil || len(to) != 1 {
		say("The field To does not name one person.")
	}
	if from, err := mail.ParseAddressList(head.Get("From")); err != nil || len(from) != 1 {
		say("The field From does not name one sender.")
	}
	if _, err := mail.ParseDate(head.Get("Date")); err != nil {
		say("The field Date holds no date.")
	}
	if v := head.Get("List-Unsubscribe"); !strings.HasPrefix(v, "<http") || strings.Count(v, "<http") != 1 {
		say("The field List-Unsubscribe does not hold one link.")
	}
	if head.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		say("The field List-Unsubscribe-Post does not offer one click.")
	}
	kind, params, err := mime.ParseMediaType(head.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		say("The message is %s, and not text and HTML.", kind)
		return wrong
	}
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	var kinds []string
	for parts := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := parts.NextPart()
		if err != nil {
			if err != io.EOF {
				say("The parts of the message cannot be read: %v.", err)
			}
			break
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		kinds = append(kinds, kind)
	}
	if !slices.Equal(kinds, []string{"text/plain", "text/html"}) {
		say("The parts of the message are %s, and not text before HTML.", strings.Join(kinds, ", "))
	}
	return wrong
}
