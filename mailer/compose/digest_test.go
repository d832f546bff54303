package compose_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"mime/quotedprintable"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestDigestGolden(t *testing.T) {
	storetest.OneAfterTheOther(t)
	// An edition as no other: a draft open for comment, Chinese in every place,
	// no intro.
	chinese := func(c *subscriptions.Content) {
		c.Intro = ""
		for i := range c.Entries {
			e := &c.Entries[i]
			if e.Slug != "personal-information-security-draft" {
				continue
			}
			e.Title = "Draft on personal information security 个人信息安全规范"
			e.Comments.Until = subscriptions.Date{Year: 2019, Month: time.April, Day: 20}
			e.Standard.Identifier, e.Standard.OriginalTitle = "GB/T 35273", "信息安全技术 个人信息安全规范"
			e.Body = "全国信息安全标准化技术委员会于2019年2月4日发布了《信息安全技术 个人信息安全规范》修订草案，" +
				"公开征求意见。意见反馈截止日期为2019年3月3日，欢迎有关单位和个人提出意见和建议。\n\n" +
				"| 编号 | 标准 |\n|---|---|\n| GB/T 35273 | 个人信息安全规范 |\n| GB/T 22239 | 网络安全等级保护基本要求 |\n"
		}
	}
	// An edition that an editor has ordered: cybersecurity opens it, under words of
	// its own.
	ordered := func(c *subscriptions.Content) {
		slices.SortStableFunc(c.Topics, func(a, b subscriptions.Topic) int {
			return strings.Compare(b.Slug, a.Slug)
		})
		at := slices.IndexFunc(c.Topics, func(t subscriptions.Topic) bool { return t.Slug == "cybersecurity" })
		c.Topics = append([]subscriptions.Topic{c.Topics[at]}, slices.Delete(slices.Clone(c.Topics), at, at+1)...)
		c.Sections = []subscriptions.SectionText{{TopicID: c.Topics[0].ID, Heading: "Security <first>",
			Intro: "Two drafts are **open**. Both come from [TC260](https://www.tc260.org.cn/)."}}
	}
	for _, test := range []struct {
		name, reader, zone string
		topics             []string
		change             []func(*subscriptions.Content)
	}{
		{"all-topics", "Anna Berg", "", nil, nil},
		{"one-topic", "Anna Berg", "Europe/Lisbon", []string{"iot"}, nil},
		{"two-topics", "Anna Berg", "Europe/Brussels", []string{"cybersecurity", "industrial-internet"}, nil},
		{"only-horizontal", "Anna Berg", "Pacific/Honolulu", []string{"horizontal"}, nil},
		{"without-a-name", "", "", []string{"blockchain"}, nil},
		{"chinese", "陈舒", "Asia/Shanghai", []string{"cybersecurity"}, []func(*subscriptions.Content){chinese}},
		{"ordered", "Anna Berg", "", []string{"cybersecurity", "iot"}, []func(*subscriptions.Content){ordered}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t, test.change...)
			r := h.reader(test.reader, test.topics...)
			r.Subscriber.Zone = test.zone
			m := h.digest(t, r)
			if m.To.Name != test.reader {
				t.Errorf("To names %q", m.To.Name)
			}
			goldenMessage(t, "digest."+test.name, m)
		})
	}
}

func TestASplicedMessageEqualsAWholeRendering(t *testing.T) {
	storetest.OneAfterTheOther(t)
	h := newHouse(t)
	slugs := []string{"horizontal", "iot", "blockchain", "communication-networks", "industrial-internet", "cybersecurity"}
	rapid.Check(t, func(rt *rapid.T) {
		r := h.reader(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "Anna & Bo <b>", `"O'Neil"`, "陈舒", "a+b=c", "slotAx0x", "x\x01\r\ny"})).Draw(rt, "name"),
			rapid.SliceOfNDistinct(rapid.SampledFrom(slugs), 1, -1, rapid.ID).Draw(rt, "topics")...)
		r.Subscriber.ID = rapid.Int64Min(1).Draw(rt, "id")
		r.Subscriber.Zone = rapid.SampledFrom([]string{"", "Europe/Lisbon", "America/New_York", "Asia/Shanghai", "Nowhere/Else"}).Draw(rt, "zone")
		m := h.digest(t, r)
		text, page := m.Render()
		set, _ := subscriptions.NewAudience(h.content).VariantFor(r.Chosen)
		wantText, wantPage, err := h.Whole(h.content, set, r)
		if err != nil {
			rt.Fatal(err)
		}
		if text != wantText {
			rt.Errorf("the text differs: %s", firstDifference(text, wantText))
		}
		if page != wantPage {
			rt.Errorf("the HTML differs: %s", firstDifference(page, wantPage))
		}
	})
}

func firstDifference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("at %d: %q, want %q", i, a[max(0, i-40):min(len(a), i+40)], b[max(0, i-40):min(len(b), i+40)])
		}
	}
	return fmt.Sprintf("lengths %d and %d", len(a), len(b))
}

func TestEveryItemIsInExactlyTheDigestsWhoseTopicsHoldIt(t *testing.T) {
	h := newHouse(t)
	for _, topics := range [][]string{{"iot"}, {"blockchain"}, {"communication-networks"}, {"industrial-internet"}, {"cybersecurity"},
		{"horizontal"}, {"iot", "cybersecurity"}, nil} {
		r := h.reader("", topics...)
		set := r.Chosen.With(h.topics["horizontal"].ID) // for everyone
		text, page := h.digest(t, r).Render()
		for _, item := range h.content.Entries {
			want := set.HasAny(item.Topics)
			link := "https://tidings.example.org/items/" + item.Slug
			if got := strings.Contains(text, item.Title) && strings.Contains(text, link); got != want {
				t.Errorf("topics %v: entry %d in the text: %v, want %v", topics, item.Number, got, want)
			}
			if got := strings.Contains(page, ">"+html.EscapeString(item.Title)+"</a></h3>") && strings.Contains(page, `"`+link+`"`); got != want {
				t.Errorf("topics %v: entry %d in the HTML: %v, want %v", topics, item.Number, got, want)
			}
		}
	}
}

func TestFactsArriveWhole(t *testing.T) {
	h := newHouse(t)
	text, page := h.digest(t, h.reader("")).Render()
	oneLine := strings.Join(strings.Fields(text), " ")
	facts := []string{"9:30–10:30 in Brussels (CEST, UTC+2)", "15:30–16:30 in Beijing (CST, UTC+8)", "Tuesday 11 June 2019", "Dr. Betty Xu", "Comments closed on 3 March 2019",
		"ISO/IEC 29182-2:2013", "http://www.srrc.org.cn/wap/content.aspx?id=22625", "https://attendee.gotowebinar.com/register/6905922981922601474",
		"betty.xu@sesec.eu", "Mobile: +86 185 118 20197"}
	for _, term := range subscriptions.BuildDigest(h.content, h.set(), subscriptions.Date{}).Glossary {
		facts = append(facts, term.Chinese)
	}
	for _, fact := range facts {
		// A Chinese name may be wrapped in the text: compare without spaces.
		if !strings.Contains(strings.ReplaceAll(oneLine, " ", ""), strings.ReplaceAll(fact, " ", "")) {
			t.Errorf("the text lacks %q", fact)
		}
		if !strings.Contains(html.UnescapeString(page), fact) {
			t.Errorf("the HTML lacks %q", fact)
		}
	}
}

var href = regexp.MustCompile(`href="([^"]*)"`)

func TestEveryLinkOfTheHTMLIsInTheText(t *testing.T) {
	h := newHouse(t)
	text, page := h.digest(t, h.reader("")).Render()
	links := href.FindAllStringSubmatch(page, -1)
	if len(links) < 40 {
		t.Fatalf("found %d links only", len(links))
	}
	for _, l := range links {
		link := html.UnescapeString(l[1])
		if strings.HasPrefix(link, "#") {
			if !strings.Contains(page, `id="`+link[1:]+`"`) {
				t.Errorf("nothing has the anchor %s", link)
			}
			continue
		}
		if !strings.Contains(text, strings.TrimPrefix(link, "mailto:")+"\n") {
			t.Errorf("the text lacks %s", link)
		}
	}
}

func TestHeadingsComeInOrder(t *testing.T) {
	h := newHouse(t)
	_, page := h.digest(t, h.reader("")).Render()
	last := '0'
	for i, m := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(page, -1) {
		level := rune(m[1][0])
		if level > last+1 || i > 0 && level == '1' {
			t.Errorf("heading %d is h%c after h%c", i, level, last)
		}
		last = level
	}
}

func TestPeopleOfOneVariantShareOneBody(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.digest(t, h.reader("Anna", "iot")), h.digest(t, h.reader("Bo", "iot"))
	if anna.Body != bo.Body {
		t.Error("each has a body of their own")
	}
	if other := h.digest(t, h.reader("Anna", "blockchain")); other.Body == anna.Body {
		t.Error("two variants have one body")
	}
}

func TestHeadersOfADigest(t *testing.T) {
	h := newHouse(t)
	m := h.digest(t, h.reader("Anna", "iot"))
	got := map[string]string{}
	for _, header := range append(slices.Clone(m.Body.Headers), m.Headers...) {
		if _, twice := got[header.Name]; twice {
			t.Errorf("%s stands twice", header.Name)
		}
		got[header.Name] = header.Value
	}
	token := m.Fill[1].Text
	for name, want := range map[string]string{
		"List-Id":               "SESEC Tidings digest <digest.example.org>",
		"List-Unsubscribe":      "<https://tidings.example.org/unsubscribe/" + token + ">",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Auto-Submitted":        "auto-generated",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if claims, err := storetest.Keys(t).Parse(subscriptions.PurposeUnsubscribe, token, storetest.Now().AddDate(2, 0, 0)); err != nil || claims.Subscriber != 117 {
		t.Errorf("after two years the link says %+v, %v", claims, err)
	}
	if want := subscriptions.MessageID("salt", subscriptions.DigestKey(h.content.EditionID, 117), "example.org"); m.MessageID != want {
		t.Errorf("Message-ID %s, want %s", m.MessageID, want)
	}
}

func TestWhoChangedTopicsAfterThePlanGetsWhatTheyWantNow(t *testing.T) {
	h := newHouse(t)
	d := h.delivery(t, h.reader("", "iot"))
	m, err := h.Compose(t.Context(), d, h.reader("", "blockchain"))
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := m.Render(); strings.Contains(text, "real-time IoT framework") || !strings.Contains(text, "Blockchain information services") {
		t.Error("the letter is about the topics of the plan")
	}
	_, err = h.Compose(t.Context(), d, subscriptions.Recipient{Subscriber: h.reader("").Subscriber})
	if skip := (*mailer.Skip)(nil); !errors.As(err, &skip) || skip.Reason != "nothing in their topics" {
		t.Errorf("without topics: %v", err)
	}
}

func TestATopicCanBeLeftUnlessItTravelsWithEveryLetter(t *testing.T) {
	h := newHouse(t)
	m := h.digest(t, h.reader("", "iot", "horizontal"))
	text, page := m.Render()
	link := "https://tidings.example.org/unsubscribe/" + m.Fill[1].Text
	for part, s := range map[string]string{"text": text, "HTML": page} {
		if !strings.Contains(s, link+"?topic=iot") || strings.Contains(s, "?topic=horizontal") || strings.Count(s, link) != 2 {
			t.Errorf("the %s does not offer to leave IoT, and all", part)
		}
	}
}

func TestABodyIsBuiltToItsEndThoughTheFirstToAskGoesAway(t *testing.T) {
	h := newHouse(t)
	r := h.reader("", "iot")
	d := h.delivery(t, r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Compose(ctx, d, r); err != nil {
		t.Errorf("whoever waits for the same body gets: %v", err)
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	evil := "<script>alert(1)</script> \x01\x05\x1f slotAx0x {{.Name}} \r\nBcc: all@example.org"
	h := newHouse(t, func(c *subscriptions.Content) {
		c.Title, c.Intro, c.About, c.Contact = evil, evil, evil+" [x](javascript:alert(1)) ![p](https://e.example/p.gif)", evil
		for i := range c.Topics {
			c.Topics[i].Name, c.Topics[i].ShortName, c.Topics[i].Accent = evil, evil, evil
		}
		for i := range c.Entries {
			e := &c.Entries[i]
			e.Title, e.Issuer, e.Body = evil, evil, evil+"\n\n<div onclick=x>y</div> &#1; &#x1f; <img src=x onerror=y>\n\n"+e.Body
			e.Standard = &subscriptions.Standard{Identifier: evil, Title: evil, OriginalTitle: evil, Committee: evil, Stage: evil, Relation: evil}
			e.Sources = []subscriptions.Source{{Title: evil, URL: "javascript:alert(1)", Language: evil}}
		}
		for i := range c.Webinars {
			c.Webinars[i].Title, c.Webinars[i].Presenters = evil, []subscriptions.Presenter{{Name: evil, Role: evil}}
		}
		for i := range c.Glossary {
			c.Glossary[i].English, c.Glossary[i].Chinese = evil, evil
		}
	})
	r := h.reader("", "iot", "cybersecurity")
	r.Subscriber.Name = evil
	m := h.digest(t, r) // Compose has run Check
	text, page := m.Render()
	if strings.ContainsFunc(text+page, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7f }) {
		t.Error("a control character came through")
	}
	for _, bad := range []string{"<script", "onclick", "onerror", `href="javascript`, "<img", "p.gif"} {
		if strings.Contains(page, bad) {
			t.Errorf("the HTML holds %s", bad)
		}
	}
	if !strings.Contains(text, "{{.Name}}") || compose.Hidden(text+page) {
		t.Error("a word of the editor was taken for a template's, or a slot was not set")
	}
	if n := strings.Count(m.Body.Text, mailer.SlotMark(0)); n != 1 {
		t.Errorf("the text has %d places for the name, want 1", n)
	}
	if strings.Contains(m.Body.Subject+m.To.Name, "\n") {
		t.Error("a header has two lines")
	}
}

func TestSizes(t *testing.T) {
	storetest.OneAfterTheOther(t)
	h := newHouse(t)
	if all := h.digest(t, h.reader("")); len(all.Body.HTML) > 60_000 {
		t.Errorf("the whole sample takes %d octets of HTML, want at most 60,000", len(all.Body.HTML))
	}
	for _, test := range []struct {
		name   string
		change func(*subscriptions.Content)
		lacks  string // what had to go
		holds  string
	}{
		{"one long item ends at a paragraph", func(c *subscriptions.Content) {
			c.Entries[2].Body = strings.Repeat("A paragraph of the long item.\n\n", 5000)
		}, "", "A paragraph of the long item."},
		{"one endless paragraph gives way to its summary", func(c *subscriptions.Content) {
			c.Entries[2].Summary, c.Entries[2].Body = "In short.", strings.Repeat("Word ", 39_000)
		}, "Word Word", "In short."},
		{"Chinese takes nine octets a character", func(c *subscriptions.Content) {
			c.Entries[2].Body = strings.Repeat("全国信息安全标准化技术委员会公开征求意见。\n\n", 1000)
		}, "", "全国信息安全标准化技术委员会公开征求意见。"},
		{"so many items that their titles alone are too much", func(c *subscriptions.Content) {
			for i := range 1500 {
				e := c.Entries[2]
				e.Number, e.Slug, e.WebinarSlug = 100+i, fmt.Sprintf("copy-%d", i), ""
				c.Entries = append(c.Entries, e)
			}
		}, "Names in this letter", "more entries are on the web"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t, test.change)
			m := h.digest(t, h.reader(strings.Repeat("名", 120)))
			text, page := m.Render()
			if n := compose.Encoded(m.Body.HTML); n > compose.SoftLimit {
				t.Errorf("%d octets of HTML", n)
			}
			if n := compose.Encoded(page); n >= 102*1024 {
				t.Errorf("%d octets of HTML with the reader's own lines", n)
			}
			for part, s := range map[string]string{"text": text, "HTML": page} {
				if !strings.Contains(s, "/unsubscribe/"+m.Fill[1].Text) || !strings.Contains(s, "Beijing 100106, P R China") {
					t.Errorf("the %s has lost its footer", part)
				}
				if test.lacks != "" && strings.Contains(s, test.lacks) || !strings.Contains(s, test.holds) {
					t.Errorf("the %s: holds %q %v, holds %q %v", part, test.lacks, strings.Contains(s, test.lacks), test.holds, strings.Contains(s, test.holds))
				}
			}
			// Short items stay whole beside long ones.
			if test.lacks == "" && !strings.Contains(text, "Backups of related information") {
				t.Error("a short item was shortened too")
			}
		})
	}
}

// What preflight tells of a letter is what was done to it, each time the same.
func TestWhatWasShortenedIsTold(t *testing.T) {
	storetest.OneAfterTheOther(t)
	letter := func(h *house, topics ...string) (text, page string, short mailer.Shortening) {
		m, short, err := h.Letter(t.Context(), subscriptions.LetterRequest{Content: h.content, Recipient: h.reader("", topics...), Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		text, page = m.Render()
		return text, page, short
	}
	h := newHouse(t, func(c *subscriptions.Content) {
		c.Entries[2].Body = strings.Repeat("A paragraph of the long item.\n\n", 2000)
	})
	text, page, short := letter(h, "iot")
	if want := (mailer.Shortening{Items: []int64{h.content.Entries[2].ID}}); cmp.Diff(short, want) != "" {
		t.Errorf("told %+v, want %+v", short, want)
	}
	if n := strings.Count(page, "where this entry goes on"); n != 1 {
		t.Errorf("%d entries lead to where they go on", n)
	}
	if n := compose.Encoded(page); n < compose.SoftLimit*9/10 {
		t.Errorf("%d octets: more was cut than had to be", n)
	}
	if again, other, _ := letter(h, "iot"); again != text || other != page {
		t.Error("another time it is cut in another way")
	}
	if _, _, short := letter(h, "blockchain"); len(short.Items) > 0 || short.LeftOut > 0 {
		t.Errorf("a letter without the item: %+v", short)
	}
	many := newHouse(t, func(c *subscriptions.Content) {
		for i := range 1500 {
			e := c.Entries[2]
			e.Number, e.Slug, e.WebinarSlug = 100+i, fmt.Sprintf("copy-%d", i), ""
			c.Entries = append(c.Entries, e)
		}
	})
	if text, _, short = letter(many); !strings.Contains(text, fmt.Sprintf("%d more entries are on the web", short.LeftOut)) {
		t.Errorf("of too many entries: %+v", short)
	}
}

// The count is that of the encoder that sends.
func TestTheSizeIsThatOfQuotedPrintable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := strings.ReplaceAll(rapid.String().Draw(rt, "text"), "\r", "")
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		if _, err := w.Write([]byte(strings.ReplaceAll(s, "\n", "\r\n"))); err != nil {
			rt.Fatal(err)
		}
		if err := w.Close(); err != nil {
			rt.Fatal(err)
		}
		// The encoder takes three octets for a space at the end of a line: ours has none.
		if got, want := compose.Encoded(s), b.Len(); got > want+3 || got < want-2*strings.Count(s, " ")-2*strings.Count(s, "\t") {
			rt.Errorf("%q: %d octets, want %d", s, got, want)
		}
	})
}

func TestTooMuchEvenWithoutItemsIsAnError(t *testing.T) {
	h := newHouse(t, func(c *subscriptions.Content) { c.Title = strings.Repeat("T", 200_000) })
	r := h.reader("", "iot")
	_, err := h.Compose(t.Context(), h.delivery(t, r), r)
	if err == nil || !strings.Contains(err.Error(), "compose digest for delivery 42") || !strings.Contains(err.Error(), "shorten") {
		t.Errorf("got %v", err)
	}
}

func TestABodyIsBuiltOnceHoweverManyAsk(t *testing.T) {
	h := newHouse(t)
	r := h.reader("", "iot")
	d := h.delivery(t, r)
	bodies := make([]*mailer.Body, 32)
	var all sync.WaitGroup
	for i := range bodies {
		all.Go(func() {
			if m, err := h.Compose(t.Context(), d, r); err == nil {
				bodies[i] = m.Body
			}
		})
	}
	all.Wait()
	for _, b := range bodies {
		if b == nil || b != bodies[0] {
			t.Fatal("there is more than one body")
		}
	}
	if h.Cached() != 1 {
		t.Errorf("%d bodies are kept", h.Cached())
	}
}

func TestAnEditorsWordsInTheInbox(t *testing.T) {
	h := newHouse(t, func(c *subscriptions.Content) {
		c.Subject, c.Preheader = "5G bands & more: {inside}", "Read <first>, {period}"
	})
	m := h.digest(t, h.reader("", "communication-networks"))
	if want := "5G bands & more: 1 in Communication, 2 in Horizontal"; m.Body.Subject != want {
		t.Errorf("subject %q, want %q", m.Body.Subject, want)
	}
	if _, page := m.Render(); !strings.Contains(page, ">Read &lt;first&gt;, January–March 2019\u00a0") {
		t.Error("the preheader is not the editor's, or the masthead follows it")
	}
}
