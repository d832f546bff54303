package main

import (
	"bytes"
	"maps"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jhillyerd/enmime/v2"
)

// The sample edition as the newsletter has it: each entry, by the last part of
// its link, under its topics. Written by hand, not read from the sample, so that
// a mistake there is seen.
var entryTopics = map[string][]string{
	"webinar-on-cybersecurity-law":         {"horizontal", "cybersecurity"},
	"tc260-din-nia-memorandum":             {"horizontal", "cybersecurity"},
	"real-time-iot-framework":              {"iot"},
	"blockchain-information-services":      {"blockchain"},
	"radio-bureau-2019-work-tasks":         {"communication-networks"},
	"excellent-industrial-internet-apps":   {"industrial-internet"},
	"industrial-internet-standards-system": {"industrial-internet"},
	"personal-information-security-draft":  {"cybersecurity"},
	"tc260-key-work-2019":                  {"cybersecurity"},
	"ship-network-security-risk":           {"cybersecurity"},
	"webinar-06-china-ai":                  {"horizontal"},
}

// Who must get a digest, and with which topics; everybody else must not.
var digestOf = map[string][]string{
	"everything@example.org": {"horizontal", "iot", "blockchain", "communication-networks", "industrial-internet", "cybersecurity"},
	"iot@example.org":        {"horizontal", "iot"},
	"ledger@example.org":     {"horizontal", "blockchain"},
	"radio@example.org":      {"horizontal", "communication-networks"},
	"factory@example.org":    {"horizontal", "industrial-internet", "iot"},
	"security@example.org":   {"horizontal", "cybersecurity"},
	"policy@example.org":     {"horizontal", "cybersecurity", "blockchain"},
	"general@example.org":    {"horizontal"},
}

// letter is a message of the demo, read by another library than the one that
// wrote it.
type letter struct {
	*enmime.Envelope
	raw []byte
}

func demoLetters(t *testing.T) map[string]letter {
	t.Helper()
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"demo", "--once", "--outbox", dir}, stdio{strings.NewReader(""), &stdout, &stderr}); code != exitDone {
		t.Fatalf("demo --once ended with %d:\n%s%s", code, stdout.String(), stderr.String())
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	letters := map[string]letter{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		envelope, err := enmime.ReadEnvelope(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, e := range envelope.Errors {
			t.Errorf("%s: %v", file, e)
		}
		to, err := envelope.AddressList("To")
		if err != nil || len(to) != 1 {
			t.Fatalf("%s: one recipient wanted, got %v, %v", file, to, err)
		}
		if _, twice := letters[to[0].Address]; twice {
			t.Errorf("%s got two messages", to[0].Address)
		}
		letters[to[0].Address] = letter{envelope, raw}
	}
	return letters
}

func TestDemoSendsExactlyTheExpectedMessages(t *testing.T) {
	t.Parallel()
	letters := demoLetters(t)
	want := append(slices.Collect(maps.Keys(digestOf)), "pending@example.org")
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(letters))); diff != "" {
		t.Fatalf("recipients (-want +got)\n%s", diff)
	}
	ids := map[string]bool{}
	for to, l := range letters {
		t.Run(to, func(t *testing.T) {
			checkForm(t, l)
			if to == "pending@example.org" {
				checkConfirmation(t, l)
			} else {
				checkDigest(t, l, digestOf[to])
			}
		})
		ids[l.GetHeader("Message-ID")] = true
	}
	if len(ids) != len(letters) {
		t.Errorf("%d Message-IDs for %d messages", len(ids), len(letters))
	}
}

// checkForm holds a message against MAIL 4, 5, 7, 21, 22 and 23.
func checkForm(t *testing.T, l letter) {
	m, err := netmail.ReadMessage(bytes.NewReader(l.raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Auto-Submitted"} {
		if n := len(m.Header[name]); n != 1 {
			t.Errorf("%d %s headers", n, name)
		}
	}
	if when, err := m.Header.Date(); err != nil || when.Format("2006-01-02") != "2019-04-01" {
		t.Errorf("date %v, %v: not on the demo's day", when, err)
	}
	if id := m.Header.Get("Message-Id"); !regexp.MustCompile(`^<[a-z0-9]+@example\.org>$`).MatchString(id) {
		t.Errorf("Message-ID %q is not on our domain", id)
	}
	if !strings.HasPrefix(m.Header.Get("Content-Type"), "multipart/alternative") {
		t.Errorf("Content-Type %q", m.Header.Get("Content-Type"))
	}
	if p := l.Root.FirstChild; p == nil || p.ContentType != "text/plain" || p.NextSibling == nil || p.NextSibling.ContentType != "text/html" {
		t.Error("the complete text is not the first part, or the HTML not the second")
	}
	if n := len(l.HTML); n >= 102_000 {
		t.Errorf("the HTML has %d bytes; Gmail clips at 102 KB", n)
	}
	for _, forbidden := range []string{"<script", "<form", "<link", "<img", "javascript:"} {
		if strings.Contains(strings.ToLower(l.HTML), forbidden) {
			t.Errorf("the HTML holds %s", forbidden)
		}
	}
	for line := range bytes.SplitSeq(l.raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Fatalf("a line of %d octets, or a bare CR or LF: %.60q", len(line), line)
		}
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(l.HTML, -1) {
		href := strings.ReplaceAll(link[1], "&amp;", "&")
		if strings.HasPrefix(href, "#") || strings.HasPrefix(href, "mailto:") {
			continue
		}
		if u, err := url.Parse(href); err != nil || u.Host == "" {
			t.Errorf("the link %q is none", href)
		}
		if !strings.Contains(l.Text, href) {
			t.Errorf("the text lacks the link %s", href)
		}
	}
}

// checkDigest: every entry in exactly the digests whose topics hold it, in both
// parts, and the facts of the newsletter exactly.
func checkDigest(t *testing.T, l letter, topics []string) {
	for slug, filed := range entryTopics {
		wanted := slices.ContainsFunc(filed, func(topic string) bool { return slices.Contains(topics, topic) })
		link := "http://127.0.0.1:8080/items/" + slug
		if got := strings.Contains(l.HTML, link+`"`); got != wanted {
			t.Errorf("%s in the HTML: %v, want %v", slug, got, wanted)
		}
		if got := strings.Contains(l.Text, link); got != wanted {
			t.Errorf("%s in the text: %v, want %v", slug, got, wanted)
		}
	}
	facts := map[string][]string{
		"horizontal": {"17 January", "22–23 February", "DIN/NIA", "11 June 2019", "9:30–10:30 in Brussels", "15:30–16:30 in Beijing",
			"https://attendee.gotowebinar.com/register/6905922981922601474", "Dr. Betty X", "+86 10 85275366-802", "betty.xu@sesec.eu"},
		"iot": {"ISO/IEC 29182-2:2013", "ISO/IEC 29182-5:2013", "ISO/IEC 20005:2013", "ISO/IEC 19637:2016", "ISO/IEC 30141:2018", "ISO/IEC 21823-2",
			"ISO/IEC 30144", "ISO/IEC TR 30148", "ISO/IEC 30163", "ISO/IEC TR 30164", "ISO/IEC 30165", "PDTR", "中国电子标准化研究所"},
		"blockchain":             {"http://www.cac.gov.cn/2019-01/10/c_1123971164.htm", "15 February", "国家互联网信息办公室&中共中央网络安全和信息化委员会办公室"},
		"communication-networks": {"http://www.srrc.org.cn/wap/content.aspx?id=22625", "19 February"},
		"industrial-internet":    {"http://www.miit.gov.cn/n1146295/n1652858/n1652930/n3757016/c6667001/content.html", "2025", "89", "中国工业和信息化部"},
		"cybersecurity": {"https://www.tc260.org.cn/front/postDetail.html?id=20190201173320", "https://www.tc260.org.cn/front/postDetail.html?id=20190228173056",
			"ISO/TC", "标准化技术委员会"},
	}
	page := strings.NewReplacer("&#39;", "'", "&amp;", "&", "\u00a0", " ").Replace(l.HTML)
	flat := strings.Join(strings.Fields(l.Text), " ")
	for _, topic := range topics {
		for _, fact := range facts[topic] {
			if !strings.Contains(page, fact) {
				t.Errorf("%s: the HTML lacks %q", topic, fact)
			}
			if !strings.Contains(flat, fact) && !strings.Contains(strings.ReplaceAll(flat, " ", ""), strings.ReplaceAll(fact, " ", "")) {
				t.Errorf("%s: the text lacks %q", topic, fact)
			}
		}
	}
	unsubscribe := l.GetHeader("List-Unsubscribe")
	if !strings.HasPrefix(unsubscribe, "<http://127.0.0.1:8080/unsubscribe/") || l.GetHeader("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("one-click unsubscribe: %q, %q", unsubscribe, l.GetHeader("List-Unsubscribe-Post"))
	}
	if !strings.Contains(l.Text, strings.Trim(unsubscribe, "<>")) {
		t.Error("the text lacks the link to leave")
	}
	if l.GetHeader("List-Id") == "" {
		t.Error("no List-Id")
	}
	if !strings.HasSuffix(l.GetHeader("Subject"), " · January–March 2019") {
		t.Errorf("subject %q", l.GetHeader("Subject"))
	}
}

func checkConfirmation(t *testing.T, l letter) {
	if l.GetHeader("List-Unsubscribe") != "" {
		t.Error("mail to somebody who has not subscribed offers to unsubscribe")
	}
	for _, want := range []string{"/confirm/", "IoT", "Cybersecurity and digital identity"} {
		if !strings.Contains(l.Text, want) || !strings.Contains(l.HTML, want) {
			t.Errorf("the confirmation lacks %q", want)
		}
	}
}

func TestDemoIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	one, two := demoLetters(t), demoLetters(t)
	// Everything but the tokens and the ids, which belong to an installation.
	plain := func(l letter) string {
		return regexp.MustCompile(`/(confirm|preferences|unsubscribe)/[\w-]+`).ReplaceAllString(l.Text, "/$1/T")
	}
	for to := range one {
		if diff := cmp.Diff(plain(one[to]), plain(two[to])); diff != "" {
			t.Errorf("%s (-first +second)\n%s", to, diff)
		}
	}
}
