package subscriptions_test

import (
	"context"
	"encoding/base64"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// plainFacts are an edition against which nothing is to be said.
func plainFacts() subscriptions.PreflightFacts {
	topics := subscriptions.StandardTopics()[:2]
	for i := range topics {
		topics[i].ID = int64(i + 1)
	}
	identity := subscriptions.StandardIdentity()
	identity.BaseURL = "https://tidings.example.org"
	c := subscriptions.Content{EditionID: 7, Title: "March", Intro: "An intro.", Topics: topics, Entries: []subscriptions.Item{
		{ID: 1, Number: 1, Title: "One", Topics: []int64{1}, Body: "Words."}, {ID: 2, Number: 2, Title: "Two", Topics: []int64{2}, Body: "Words."}}}
	reach := subscriptions.NewReach(c, subscriptions.TopicSetCounts{At: storetest.Now(), Counts: []subscriptions.TopicSetCount{{Chosen: subscriptions.NewTopicSet(1, 2), People: 3}}})
	return subscriptions.PreflightFacts{Content: c, Reach: reach, Now: storetest.Now(), Today: subscriptions.DateOf(storetest.Now()), Identity: identity,
		Items: map[int64]subscriptions.Item{}, Webinars: map[string]subscriptions.Webinar{}, Elsewhere: map[int64][]subscriptions.Edition{}}
}

func TestWhatIsFoundInAContent(t *testing.T) {
	t.Parallel()
	webinar := subscriptions.Webinar{Slug: "w", Title: "W", Topics: []int64{1}, Starts: storetest.Now().Add(72 * time.Hour), Ends: storetest.Now().Add(73 * time.Hour), State: subscriptions.WebinarAnnounced}
	for name, c := range map[string]struct {
		change func(f *subscriptions.PreflightFacts)
		want   string // "code level", sorted, with commas
	}{
		"nothing":                     {func(*subscriptions.PreflightFacts) {}, ""},
		"an edition without an item":  {func(f *subscriptions.PreflightFacts) { f.Content.Entries, f.Reach.People = nil, 0 }, "edition-empty blocking, people-none blocking, topic-empty note, topic-empty note"},
		"no intro":                    {func(f *subscriptions.PreflightFacts) { f.Content.Intro = " " }, "edition-intro note"},
		"a topic without an entry":    {func(f *subscriptions.PreflightFacts) { f.Content.Entries = f.Content.Entries[:1] }, "topic-empty note"},
		"an entry of a retired topic": {func(f *subscriptions.PreflightFacts) { f.Content.Entries[0].Topics = []int64{9} }, "entry-no-topic blocking, topic-empty note"},
		"an entry of no topic":        {func(f *subscriptions.PreflightFacts) { f.Content.Entries[0].Topics = nil }, "entry-no-topic blocking, topic-empty note"},
		"an item in two editions": {func(f *subscriptions.PreflightFacts) {
			f.Elsewhere[1] = []subscriptions.Edition{{ID: 6, Title: "February"}}
		}, "entry-twice blocking"},
		"two entries of one title": {func(f *subscriptions.PreflightFacts) { f.Content.Entries[1].Title = "one" }, "entry-same warning"},
		"an entry without text":    {func(f *subscriptions.PreflightFacts) { f.Content.Entries[0].Body = "\n" }, "entry-bare warning"},
		"a deadline that is past when it leaves": {func(f *subscriptions.PreflightFacts) {
			f.Today, f.Ahead = day(2019, 4, 9), true
			f.Content.Entries[0].Comments = &subscriptions.CommentPeriod{Until: day(2019, 4, 5)}
		}, "deadline-past warning"},
		"a deadline that is past": {func(f *subscriptions.PreflightFacts) {
			f.Content.Entries[0].Comments = &subscriptions.CommentPeriod{Until: day(2019, 3, 31)}
		}, "deadline-past warning"},
		"a deadline today": {func(f *subscriptions.PreflightFacts) {
			f.Content.Entries[0].Comments = &subscriptions.CommentPeriod{Until: day(2019, 4, 1)}
		}, "deadline-today warning"},
		"a deadline in three days": {func(f *subscriptions.PreflightFacts) {
			f.Content.Entries[0].Comments = &subscriptions.CommentPeriod{Until: day(2019, 4, 4)}
		}, "deadline-near note"},
		"a deadline in four days": {func(f *subscriptions.PreflightFacts) {
			f.Content.Entries[0].Comments = &subscriptions.CommentPeriod{Until: day(2019, 4, 5)}
		}, ""},
		"an abbreviation": {func(f *subscriptions.PreflightFacts) { f.Content.Entries[0].Body = "The CAC and the MIIT." }, "glossary-missing warning, glossary-missing warning"},
		"one that is explained": {func(f *subscriptions.PreflightFacts) {
			f.Content.Entries[0].Body, f.Content.Glossary = "The CAC.", []subscriptions.Term{{Abbreviation: "CAC"}}
		}, ""},
		"one that is passed over": {func(f *subscriptions.PreflightFacts) {
			f.Content.Entries[0].Body, f.Ignored = "The CAC.", []string{"CAC"}
		}, ""},
		"many of them are one finding": {func(f *subscriptions.PreflightFacts) {
			f.Content.Entries[0].Body = "The CAC, MIIT, SAC, CCSA, CESI and NDRC."
		}, "glossary-missing warning"},
		"a picture without words": {func(f *subscriptions.PreflightFacts) { f.Content.Entries[0].Body = "![ ](https://example.org/x.png)" }, "picture-alt warning"},
		"a picture with words":    {func(f *subscriptions.PreflightFacts) { f.Content.Intro = "![A map](x.png)" }, "picture-words note"},
		"a link without TLS": {func(f *subscriptions.PreflightFacts) {
			f.Content.Entries[0].Sources = []subscriptions.Source{{URL: "http://example.org"}}
		}, "link-plain note"},
		"a site that nobody can open": {func(f *subscriptions.PreflightFacts) {
			f.Identity.BaseURL, f.Identity.From.Address = "http://127.0.0.1:8080", "a@sender.eu"
		}, "base-local warning"},
		"somebody tries it out":  {func(f *subscriptions.PreflightFacts) { f.Identity.BaseURL = "http://127.0.0.1:8080" }, "base-local note"},
		"a site without TLS":     {func(f *subscriptions.PreflightFacts) { f.Identity.BaseURL = "http://tidings.example.org" }, "base-plain warning"},
		"people who get nothing": {func(f *subscriptions.PreflightFacts) { f.Reach.Nothing = 37 }, "people-nothing note"},
		"nobody was counted":     {func(f *subscriptions.PreflightFacts) { f.Reach.At = time.Time{} }, "people-uncounted warning"},
		"a webinar to come": {func(f *subscriptions.PreflightFacts) {
			f.Content.Webinars = []subscriptions.Webinar{webinar}
			f.Webinars["w"] = webinar
		}, ""},
		"a webinar that was cancelled": {func(f *subscriptions.PreflightFacts) {
			now := webinar
			now.State = subscriptions.WebinarCancelled
			f.Content.Webinars = []subscriptions.Webinar{webinar}
			f.Webinars["w"] = now
		}, "webinar-cancelled blocking"},
		"a webinar that was moved": {func(f *subscriptions.PreflightFacts) {
			now := webinar
			now.Starts = now.Starts.Add(time.Hour)
			f.Content.Webinars = []subscriptions.Webinar{webinar}
			f.Webinars["w"] = now
		}, "webinar-moved blocking"},
		"a webinar that is over": {func(f *subscriptions.PreflightFacts) {
			was := webinar
			was.Starts, was.Ends = f.Now.Add(-2*time.Hour), f.Now.Add(-time.Hour)
			f.Content.Webinars = []subscriptions.Webinar{was}
			f.Webinars["w"] = was
		}, "webinar-over warning"},
		"an entry announces one past": {func(f *subscriptions.PreflightFacts) {
			was := webinar
			was.Ends = f.Now
			f.Webinars["w"] = was
			f.Content.Entries[0].WebinarSlug = "w"
		}, "webinar-over warning"},
		"an entry announces one unknown": {func(f *subscriptions.PreflightFacts) { f.Content.Entries[0].WebinarSlug = "w" }, "webinar-unknown warning"},
		"changed since the freeze": {func(f *subscriptions.PreflightFacts) {
			f.Frozen = true
			i := f.Content.Entries[0]
			i.Body = "Other."
			f.Items[1] = i
		}, "entry-changed warning"},
		"withdrawn since the freeze": {func(f *subscriptions.PreflightFacts) {
			f.Frozen = true
			i := f.Content.Entries[0]
			i.State = subscriptions.ItemWithdrawn
			f.Items[1] = i
		}, "entry-withdrawn blocking"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := plainFacts()
			c.change(&f)
			var got []string
			for _, found := range subscriptions.ContentFindings(f) {
				got = append(got, found.Code+" "+string(found.Level))
				if found.Sentence == "" || !strings.HasSuffix(found.Sentence, ".") || found.Place.Name == "" || found.Level == subscriptions.FindingBlocking && found.Do == "" {
					t.Errorf("%+v", found)
				}
			}
			slices.Sort(got)
			same(t, c.want, strings.Join(got, ", "))
		})
	}
}

func TestWhatFiltersDislike(t *testing.T) {
	t.Parallel()
	fine := subscriptions.ComposedLetter{Subject: "3 in IoT · March 2019", Text: "News for you. A street 1, Brussels", HTML: `<a href="https://example.org/a">The draft</a>`, Postal: "A street 1, Brussels"}
	for name, c := range map[string]struct {
		change func(l *subscriptions.ComposedLetter)
		want   string
	}{
		"nothing":                        {func(*subscriptions.ComposedLetter) {}, ""},
		"a subject in capitals":          {func(l *subscriptions.ComposedLetter) { l.Subject = "ALL THE NEWS OF MARCH" }, "spam-capitals"},
		"an abbreviation in the subject": {func(l *subscriptions.ComposedLetter) { l.Subject = "3 in IoT, GB/T 35273" }, ""},
		"a subject with rows of marks":   {func(l *subscriptions.ComposedLetter) { l.Subject = "News!!" }, "spam-marks"},
		"no subject":                     {func(l *subscriptions.ComposedLetter) { l.Subject = " " }, "spam-subject-none"},
		"a subject that is long":         {func(l *subscriptions.ComposedLetter) { l.Subject = strings.Repeat("long ", 21) }, "spam-subject-long"},
		"a short link":                   {func(l *subscriptions.ComposedLetter) { l.HTML = `<a href="https://bit.ly/x">The draft</a>` }, "spam-shortener"},
		"a link to a number":             {func(l *subscriptions.ComposedLetter) { l.HTML = `<a href="http://192.0.2.7/x">The draft</a>` }, "spam-number"},
		"words that are another address": {func(l *subscriptions.ComposedLetter) {
			l.HTML = `<a href="https://evil.example.net/x"><b>https://example.org/x</b></a>`
		}, "spam-other-address"},
		"words that are the same site": {func(l *subscriptions.ComposedLetter) {
			l.HTML = `<a href="https://www.example.org/x?y">example.org/x</a><a href="https://nodejs.org/">Node.js</a>`
		}, ""},
		"links and no words":        {func(l *subscriptions.ComposedLetter) { l.HTML = strings.Repeat(fine.HTML, 30) }, "spam-links"},
		"no postal address":         {func(l *subscriptions.ComposedLetter) { l.Text = "News for you." }, "spam-postal"},
		"an unset one":              {func(l *subscriptions.ComposedLetter) { l.Postal = "" }, "spam-postal"},
		"pictures, no words":        {func(l *subscriptions.ComposedLetter) { l.HTML = strings.Repeat(`<img src="x" alt="y">`, 4) }, "spam-pictures"},
		"a folded address":          {func(l *subscriptions.ComposedLetter) { l.Text = "A street\n1, Brussels" }, ""},
		"a link to our own machine": {func(l *subscriptions.ComposedLetter) { l.HTML = `<a href="http://127.0.0.1:8080/x">Change</a>` }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := fine
			c.change(&l)
			var got []string
			for _, f := range subscriptions.SpamFindings(l) {
				got = append(got, f.Code)
			}
			same(t, c.want, strings.Join(got, ", "))
		})
	}
}

// A message that breaks a rule is told so; the whole one is not.
func TestWhatIsWrongWithAMessage(t *testing.T) {
	t.Parallel()
	const whole = "Date: Mon, 01 Apr 2019 08:00:00 +0000\r\nMessage-ID: <x@example.org>\r\nTo: <reader@example.org>\r\nList-Unsubscribe: <https://example.org/u>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/alternative; boundary=b\r\nReply-To: <a@example.org>\r\nList-Id: x <digest.example.org>\r\nAuto-Submitted: auto-generated\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" +
		"From: \"A\" <a@example.org>\r\nSubject: News\r\n\r\n--b\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nx\r\n--b\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n<p>x\r\n--b--\r\n"
	same(t, []string(nil), subscriptions.HeaderFaults([]byte(whole)))
	for change, words := range map[[2]string]string{
		{"Subject: News\r\n", ""}:                                    "0 fields Subject",
		{"Subject: News", "Subject: News\r\nSubject: More"}:          "2 fields Subject",
		{"To: <reader@example.org>", "To: <a@b.org>, <c@d.org>"}:     "does not name one person",
		{"MIME-Version: 1.0", "Bcc: <a@b.org>\r\nMIME-Version: 1.0"}: "field Bcc",
		{"<https://example.org/u>", "<mailto:u@example.org>"}:        "does not hold one link",
		{"=One-Click", "=No"}:                                        "one click",
		{"multipart/alternative", "multipart/mixed"}:                 "and not text and HTML",
		{"text/plain; charset=UTF-8", "text/html; charset=UTF-8"}:    "and not text before HTML",
		{"<p>x", strings.Repeat("x", 1000)}:                          "longer than 998",
		{"Mon, 01 Apr 2019 08:00:00 +0000", "today"}:                 "holds no date",
	} {
		got := strings.Join(subscriptions.HeaderFaults([]byte(strings.Replace(whole, change[0], change[1], 1))), " ")
		if !strings.Contains(got, words) {
			t.Errorf("%q for %q: %q, want %q", change[1], change[0], got, words)
		}
	}
}

func TestMarkdownLinks(t *testing.T) {
	t.Parallel()
	for md, want := range map[string]string{
		"":                                    "",
		"[a](https://example.org/a)":          "https://example.org/a",
		"[a](https://example.org/a_(b)) more": "https://example.org/a_(b)",
		"<https://example.org/a>.":            "https://example.org/a",
		"See https://example.org/a, and (https://example.org/b).": "https://example.org/a https://example.org/b",
		"[a](https://example.org/a) [b](https://example.org/a)":   "https://example.org/a",
		"[a](javascript:alert) [b](/c) [d](mailto:a@example.org)": "",
		"| https://example.org/a | https://example.org/b |":       "https://example.org/a https://example.org/b",
		"[https://example.org/said](https://example.org/led)":     "https://example.org/led https://example.org/said",
	} {
		if got := strings.Join(subscriptions.MarkdownLinks(md), " "); got != want {
			t.Errorf("%q: %q, want %q", md, got, want)
		}
	}
}

func TestJudgeLink(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		asked, target string
		status        int
		forGood       bool
		want          subscriptions.LinkState
	}{
		"there":                        {"https://example.org/a", "https://example.org/a", 200, true, subscriptions.LinkFine},
		"gone":                         {"https://example.org/a", "https://example.org/a", 410, true, subscriptions.LinkDead},
		"an error":                     {"https://example.org/a", "https://example.org/a", 503, true, subscriptions.LinkSilent},
		"for people only":              {"https://example.org/a", "https://example.org/a", 403, true, subscriptions.LinkClosed},
		"to https, www and a slash":    {"http://example.org/a", "https://www.example.org/a/", 200, true, subscriptions.LinkFine},
		"moved for good":               {"https://example.org/a", "https://example.org/b", 200, true, subscriptions.LinkMoved},
		"moved for now":                {"https://example.org/a", "https://example.org/b", 200, false, subscriptions.LinkFine},
		"to the front page":            {"https://example.org/a", "https://example.org/", 200, false, subscriptions.LinkHome},
		"a front page to another":      {"https://example.org/", "https://example.net/", 200, false, subscriptions.LinkFine},
		"the page it moved to is gone": {"https://example.org/a", "https://example.org/b", 404, true, subscriptions.LinkDead},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := subscriptions.JudgeLink(c.asked, c.status, c.target, c.forGood); got.State != c.want || (got.State != subscriptions.LinkFine) != (got.Detail != "") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// zone answers as a DNS server does: a name that is not there is not found, and one
// that ends in .broken nobody answers for.
type zone map[string][]string

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	if strings.HasSuffix(name, ".broken") {
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	if records, ok := z[name]; ok {
		return records, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (z zone) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	records, err := z.LookupTXT(ctx, "mx "+name)
	var all []*net.MX
	for _, r := range records {
		all = append(all, &net.MX{Host: r})
	}
	return all, err
}

func TestTheSendersDomain(t *testing.T) {
	t.Parallel()
	key := subscriptions.SignKey{Selector: "s1", Public: []byte("the public half of a key")}
	encoded := base64.StdEncoding.EncodeToString(key.Public)
	good := func() zone {
		return zone{"mx sender.eu": {"mail.sender.eu."}, "sender.eu": {"google-site-verification=x", "v=spf1 include:mail.net -all"}, "mail.net": {"v=spf1 ip4:192.0.2.0/24 -all"},
			"s1._domainkey.sender.eu": {"v=DKIM1; k=rsa; p=" + encoded[:10] + " " + encoded[10:]}, "_dmarc.sender.eu": {"v=DMARC1; p=reject"}}
	}
	for name, c := range map[string]struct {
		change func(z zone, id *subscriptions.Identity)
		domain string
		keys   []subscriptions.SignKey
		want   string
	}{
		"all is well": {nil, "sender.eu", []subscriptions.SignKey{key}, ""},
		"a subdomain signs": {func(z zone, _ *subscriptions.Identity) {
			z["s1._domainkey.mail.sender.eu"] = z["s1._domainkey.sender.eu"]
		}, "mail.sender.eu", []subscriptions.SignKey{key}, ""},
		"no SPF record":      {func(z zone, _ *subscriptions.Identity) { delete(z, "sender.eu") }, "sender.eu", []subscriptions.SignKey{key}, "sender-spf warning"},
		"two SPF records":    {func(z zone, _ *subscriptions.Identity) { z["sender.eu"] = []string{"v=spf1 -all", "v=spf1 a -all"} }, "sender.eu", []subscriptions.SignKey{key}, "sender-spf blocking"},
		"everybody may send": {func(z zone, _ *subscriptions.Identity) { z["sender.eu"] = []string{"v=spf1 +all"} }, "sender.eu", []subscriptions.SignKey{key}, "sender-spf blocking"},
		"eleven look-ups": {func(z zone, _ *subscriptions.Identity) {
			z["sender.eu"] = []string{"v=spf1" + strings.Repeat(" a", 11) + " -all"}
		}, "sender.eu", []subscriptions.SignKey{key}, "sender-spf blocking"},
		"a record that includes itself": {func(z zone, _ *subscriptions.Identity) { z["sender.eu"] = []string{"v=spf1 include:sender.eu -all"} }, "sender.eu", []subscriptions.SignKey{key}, ""},
		"no key is published":           {func(z zone, _ *subscriptions.Identity) { delete(z, "s1._domainkey.sender.eu") }, "sender.eu", []subscriptions.SignKey{key}, "sender-dkim blocking"},
		"another key is published": {func(z zone, _ *subscriptions.Identity) {
			z["s1._domainkey.sender.eu"] = []string{"v=DKIM1; p=b3RoZXI="}
		}, "sender.eu", []subscriptions.SignKey{key}, "sender-dkim blocking"},
		"a key that was revoked": {func(z zone, _ *subscriptions.Identity) { z["s1._domainkey.sender.eu"] = []string{"v=DKIM1; p="} }, "sender.eu", []subscriptions.SignKey{key}, "sender-dkim blocking"},
		"nothing signs":          {nil, "", nil, "sender-dkim warning"},
		"another domain signs":   {func(z zone, _ *subscriptions.Identity) { z["s1._domainkey.other.net"] = z["s1._domainkey.sender.eu"] }, "other.net", []subscriptions.SignKey{key}, "sender-dkim-aligned blocking"},
		"neither signs nor sends for it": {func(z zone, id *subscriptions.Identity) {
			id.Bounce = "b@other.net"
			z["other.net"] = []string{"v=spf1 -all"}
			z["s1._domainkey.other.net"] = z["s1._domainkey.sender.eu"]
		}, "other.net", []subscriptions.SignKey{key}, "sender-dkim-aligned blocking, sender-dmarc blocking"},
		"no DMARC record": {func(z zone, _ *subscriptions.Identity) { delete(z, "_dmarc.sender.eu") }, "sender.eu", []subscriptions.SignKey{key}, "sender-dmarc warning"},
		"the organisation's DMARC": {func(z zone, id *subscriptions.Identity) {
			id.From.Address = "a@news.sender.eu"
			z["news.sender.eu"], z["mx news.sender.eu"] = z["sender.eu"], z["mx sender.eu"]
		}, "sender.eu", []subscriptions.SignKey{key}, ""},
		"nobody receives its mail": {func(z zone, _ *subscriptions.Identity) { delete(z, "mx sender.eu") }, "sender.eu", []subscriptions.SignKey{key}, "sender-mx warning"},
		"it says that nobody does": {func(z zone, _ *subscriptions.Identity) { z["mx sender.eu"] = []string{"."} }, "sender.eu", []subscriptions.SignKey{key}, "sender-mx warning"},
		"the DNS does not answer":  {func(_ zone, id *subscriptions.Identity) { id.From.Address = "a@sender.broken" }, "sender.broken", []subscriptions.SignKey{key}, "sender-unreachable warning"},
		"a domain for examples":    {func(_ zone, id *subscriptions.Identity) { id.From.Address = "a@mail.example.org" }, "example.org", []subscriptions.SignKey{key}, "sender-example note"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z, id := good(), subscriptions.StandardIdentity()
			id.From.Address = "news@sender.eu"
			if c.change != nil {
				c.change(z, &id)
			}
			d := &subscriptions.SenderDomain{Resolver: z, Signs: func() (string, []subscriptions.SignKey) { return c.domain, c.keys }}
			var got []string
			for _, f := range d.Check(t.Context(), id) {
				got = append(got, f.Code+" "+string(f.Level))
			}
			same(t, c.want, strings.Join(got, ", "))
		})
	}
}
