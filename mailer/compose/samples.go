package compose

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// Sample is a mail composed of made-up data: what `tidings preview` writes, and what
// every letter is checked by (package checks).
//
// # Which there are
//
// Every kind of delivery has at least one, in each case: a test reads the kinds from
// the source of the domain and fails where one is missing. A new kind is added to
// sampleStore.mails, with the pages that it must lead to.
type Sample struct {
	Name    string // "confirmation.already"; no other of its case has it
	Kind    subscriptions.Kind
	Case    Case
	Message *mailer.Message
}

// Case is what a sample's data are like.
type Case string

// The cases. Longest is more than any edition will hold: names and titles as long as
// may be, words that cannot be broken, more items than a letter has room for.
const (
	CaseNormal  Case = "normal"
	CaseEmpty   Case = "empty"   // nothing but what there must be
	CaseLongest Case = "longest" // of everything more than fits
	CaseChinese Case = "chinese" // Chinese wherever an editor or a reader may write
)

// Cases lists them.
func Cases() []Case { return []Case{CaseNormal, CaseEmpty, CaseLongest, CaseChinese} }

// SampleOptions say what the samples are made of.
type SampleOptions struct {
	Identity  subscriptions.Identity
	Templates fs.FS // nil: those of this build
	Now       time.Time
	Edition   *subscriptions.Content // of the normal case, in place of the short one made up here
	Cases     []Case                 // none means all
}

// Samples composes them: of each case one of every kind, and of some kinds several.
// They are the same each time. Their links are signed by a key that opens nothing.
func Samples(ctx context.Context, o SampleOptions) ([]Sample, error) {
	keys, err := sampleKeys()
	if err != nil {
		return nil, err
	}
	var all []Sample
	for _, s := range o.stores() {
		c, err := s.composer(keys, o.Identity, o.Templates)
		if err != nil {
			return nil, err
		}
		for _, mail := range s.mails(o.Now) {
			m, err := c.Compose(ctx, mail.delivery, mail.reader)
			if err != nil {
				return nil, fmt.Errorf("the sample %s, %s: %w", mail.name, s.name, innermost(err))
			}
			all = append(all, Sample{Name: mail.name, Kind: mail.delivery.Kind, Case: s.name, Message: m})
		}
	}
	return all, nil
}

// SampleDigest composes the digest of some topics, in the first of the cases.
func SampleDigest(o SampleOptions, topics subscriptions.TopicSet) (*mailer.Message, error) {
	keys, err := sampleKeys()
	if err != nil {
		return nil, err
	}
	s := o.stores()[0]
	c, err := s.composer(keys, o.Identity, o.Templates)
	if err != nil {
		return nil, err
	}
	s.topics = topics
	return c.Preview(s.content, s.person())
}

func sampleKeys() (*subscriptions.Keyring, error) {
	return subscriptions.NewKeyring([]byte("only for samples: signs no link that leaves"))
}

// stores gives one for each case that is asked for.
func (o SampleOptions) stores() []sampleStore {
	all := append(samples(o.Now), longest(o.Now), chinese(o.Now))
	for i := range all {
		if all[i].name == CaseNormal && o.Edition != nil {
			all[i].content, all[i].topics = *o.Edition, everyTopic(*o.Edition)
		}
	}
	return slices.DeleteFunc(all, func(s sampleStore) bool { return len(o.Cases) > 0 && !slices.Contains(o.Cases, s.name) })
}

// composer speaks for the store, always at the same moment.
func (s sampleStore) composer(keys *subscriptions.Keyring, id subscriptions.Identity, files fs.FS) (*Composer, error) {
	return New(Options{Store: s, Keys: keys, Identity: id, Templates: files, Salt: "sample", Now: func() time.Time { return s.at }})
}

func everyTopic(c subscriptions.Content) subscriptions.TopicSet {
	var ids []int64
	for _, t := range c.Topics {
		ids = append(ids, t.ID)
	}
	return subscriptions.NewTopicSet(ids...)
}

// longest is a store in which everything is as long as may be.
func longest(now time.Time) sampleStore {
	s := samples(now)[0]
	s.name = CaseLongest
	// A word that no line has room for, and one that breaks anywhere.
	word := strings.Repeat("Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", 3)
	long := func(runes int, words string) string {
		return strings.TrimSpace(string([]rune(strings.Repeat(words+" ", runes/len([]rune(words))+1))[:runes]))
	}
	s.reader = long(60, "Maria Theresia von und zu Habsburg-Lothringen")
	accents := subscriptions.Accents()
	s.content.Topics = nil
	for i := range 24 {
		s.content.Topics = append(s.content.Topics, subscriptions.Topic{ID: int64(i + 1), Slug: fmt.Sprintf("topic-%d", i+1), Position: i + 1, ForEveryone: i == 0,
			Name: long(80, "Communication networks, services, equipment and spectrum"), ShortName: long(24, "Communication networks"), Accent: accents[i%len(accents)]})
	}
	s.topics = everyTopic(s.content)
	full := s.content.Entries[0]
	full.Title = word[:len(word)/3] + " " + long(240, "Measures for the security assessment of outbound transfers of personal information and of important data")
	full.Issuer, full.Summary = long(200, "Ministry of Industry and Information Technology"), long(400, "A summary of what is in it.")
	full.Standard = &subscriptions.Standard{Identifier: long(200, "GB/T 35273-2017"), Title: long(200, "Information security technology"), OriginalTitle: strings.Repeat("信息安全技术个人信息安全规范", 12),
		Committee: long(200, "SAC/TC260"), Stage: long(200, "draft for comment"), Relation: long(200, "identical to ISO/IEC 27701")}
	full.Comments = &subscriptions.CommentPeriod{Until: full.Comments.Until, URL: "https://example.org/" + strings.Repeat("draft-of-", 200)}
	full.Sources = nil
	for i := range 6 {
		full.Sources = append(full.Sources, subscriptions.Source{Title: long(120, "Notice of the standing committee"), URL: fmt.Sprintf("https://example.org/%d/%s", i, strings.Repeat("notice-", 30)), Language: "zh"})
	}
	full.Sources[0].Title = "" // the address stands for it
	row := "| https://example.org/" + strings.Repeat("path/", 30) + " | " + long(160, "a cell that says much") + " | " + strings.Repeat("标准", 40) + " | 1 | 2 |\n"
	full.Body = long(1200, "A paragraph of an entry.") + " " + word + " https://example.org/" + strings.Repeat("path/", 140) + "\n\n" +
		"- one\n  - two\n    - three\n      1. four\n\n" + "| A | B | C | D | E |\n|---|---|---|---|---|\n" + strings.Repeat(row, 12) + "\n" + strings.Repeat(long(900, "And another paragraph.")+"\n\n", 6)
	s.content.Title, s.content.Slug = long(300, "The edition of the first quarter"), "the-longest"
	s.content.Intro, s.content.About, s.content.Contact = strings.Repeat(long(700, "An intro.")+"\n\n", 3), strings.Repeat(long(900, "About us.")+"\n\n", 3), long(200, "A line")+"\nus@example.org"
	s.content.Entries, s.content.Webinars, s.content.Glossary = nil, nil, nil
	for i := range 60 {
		e := full
		e.ID, e.Number, e.Slug = int64(i+1), i+1, fmt.Sprintf("entry-%d", i+1)
		e.Topics = []int64{int64(i%24 + 1), int64((i+1)%24 + 1), int64((i+2)%24 + 1)}
		s.content.Entries = append(s.content.Entries, e)
	}
	webinar := samples(now)[0].content.Webinars[0]
	webinar.Title, webinar.Contents = long(300, "A webinar on much"), strings.Repeat(long(500, "What is said.")+"\n\n", 4)
	webinar.Presenters = slices.Repeat([]subscriptions.Presenter{{Name: long(80, "A speaker"), Role: long(120, "Expert")}}, 8)
	for i := range 30 {
		w := webinar
		w.ID, w.Slug, w.Starts, w.Ends = int64(i+1), fmt.Sprintf("webinar-%d", i+1), w.Starts.AddDate(0, 0, i), w.Ends.AddDate(0, 0, i)
		s.content.Webinars = append(s.content.Webinars, w)
	}
	for i := range 60 {
		s.content.Glossary = append(s.content.Glossary, subscriptions.Term{Abbreviation: fmt.Sprintf("%s%d", long(30, "ABBREVIATION"), i), English: long(200, "The name in full"), Chinese: strings.Repeat("名称", 100)})
	}
	return s
}

// chinese is a store whose editors and readers write Chinese.
func chinese(now time.Time) sampleStore {
	s := samples(now)[0]
	s.name, s.reader = CaseChinese, "陈舒"
	s.topics = everyTopic(s.content)
	names := []string{"横向议题", "物联网", "区块链", "通信网络与服务", "工业互联网", "网络安全与数字身份"}
	topics := slices.Clone(s.content.Topics)
	for i := range topics {
		topics[i].Name, topics[i].ShortName = names[i%len(names)], names[i%len(names)]
	}
	s.content.Topics = topics
	full := s.content.Entries[0]
	full.Title, full.Issuer, full.Summary = "个人信息安全规范修订草案公开征求意见", "全国信息安全标准化技术委员会", "修订草案对个人信息的收集、保存和使用提出了新的要求。"
	full.Body = strings.Repeat("全国信息安全标准化技术委员会于2019年2月4日发布了《信息安全技术 个人信息安全规范》修订草案，公开征求意见。欢迎有关单位和个人提出意见和建议。", 3) +
		"\n\n- 收集个人信息应当**合法、正当、必要**\n- 另见[通知](https://example.org/%E9%80%9A%E7%9F%A5)\n  - 附件一\n  - 附件二\n\n| 编号 | 标准 | 状态 |\n|---|---|---|\n| GB/T 35273 | 信息安全技术 个人信息安全规范 | 征求意见稿 |\n| GB/T 22239 | 信息安全技术 网络安全等级保护基本要求 | 现行 |\n"
	full.Standard = &subscriptions.Standard{Identifier: "GB/T 35273", Title: "Personal information security specification", OriginalTitle: "信息安全技术 个人信息安全规范", Committee: "SAC/TC260", Stage: "征求意见稿", Relation: "无"}
	full.Sources = []subscriptions.Source{{Title: "关于征求意见的通知", URL: "https://example.org/zh", Language: "zh"}}
	other := s.content.Entries[1]
	other.Title, other.Body = "工业互联网标识解析体系建设取得进展", "工业和信息化部公布了标识解析二级节点的名单。"
	s.content.Title, s.content.Intro, s.content.About = "2019年第一季度", "本期介绍两项标准的最新进展，以及六月的一次网络研讨会。", "关于我们：介绍中国信息通信技术标准化动态。"
	s.content.Contact, s.content.Entries = "联系人\nus@example.org", []subscriptions.Item{full, other}
	w := s.content.Webinars[0]
	w.Title, w.Contents, w.Presenters = "人工智能标准化与法规", "将介绍人工智能标准体系。", []subscriptions.Presenter{{Name: "徐博士", Role: "专家"}}
	s.content.Webinars = []subscriptions.Webinar{w}
	s.content.Glossary = []subscriptions.Term{{Abbreviation: "SAC", English: "Standardization Administration of China", Chinese: "国家标准化管理委员会"},
		{Abbreviation: "TC260", English: "National Information Security Standardization Technical Committee", Chinese: "全国信息安全标准化技术委员会"}}
	return s
}
