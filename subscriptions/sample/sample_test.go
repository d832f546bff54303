package sample_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions/sample"
)

// The format is the importer's to check. Here stand the facts that must
// survive every edit of the sentences, each beside the file that holds it.
func TestTheFactsOfTheNewsletterCarryOver(t *testing.T) {
	tests := []struct {
		name  string
		file  string
		facts []string
	}{
		{"the edition has its period, project and contact block", "edition.md", []string{
			`title: "January, February and March 2019"`, "from: 2019-01-01", "to: 2019-03-31",
			"2006–2009", "2009–2012", "2014–2017", "36 months", "CEN, CENELEC and ETSI",
			"  Dr. Betty XU\n  Seconded European Standardization Expert in China (SESEC)\n" +
				"  A project co-funded by CEN, CENELEC, ETSI, EC and EFTA\n" +
				"  Room 1005, The Oriental Place, No. 9 East Dongfang Road,\n" +
				"  Chaoyang, Beijing, 100106, P R China\n" +
				"  Phone: +86 10 85275366-802\n  Fax: +86 10 8527 6363\n" +
				"  Mobile: +86 185 118 20197\n  E-mail: betty.xu@sesec.eu\n",
		}},
		{"entry 1 names the speaker and counts the audience", "items/01-webinar-cybersecurity-law.md", []string{
			"17 January", "Chen Shu", "Data Security Department", "Over 100", "2 hours", "3rd",
		}},
		{"entry 2 names both committees and both projects", "items/02-tc260-din-nia.md", []string{
			"SAC/TC260", "DIN/NIA", "22–23 February", "Berlin",
			"“Data Security and Privacy Protection Challenges in AI-based Applications”",
			"“Secure Identities in Machine-to-Machine Communications”",
		}},
		{"entry 3 has the eleven rows of the standards table", "items/03-real-time-iot.md", []string{
			"| 1 | ISO/IEC 29182-2:2013 |", "| 2 | ISO/IEC 29182-5:2013 |", "| 3 | ISO/IEC 20005:2013 |",
			"| 4 | ISO/IEC 19637:2016 |", "| 5 | ISO/IEC 30141:2018 |", "| 6 | ISO/IEC 21823-2 |",
			"| 7 | ISO/IEC 30144 |", "| 8 | ISO/IEC TR 30148 |", "| 9 | ISO/IEC 30163 |",
			"| 10 | ISO/IEC TR 30164 |", "| 11 | ISO/IEC 30165 |",
			"proposed 11 international", "5 are published", "6 are still",
		}},
		{"entry 4 has both dates, both periods and its link", "items/04-blockchain-regulations.md", []string{
			"10 January", "15 February 2019", "six months", "ten days",
			"url: http://www.cac.gov.cn/2019-01/10/c_1123971164.htm\n",
		}},
		{"entry 5 has the radio bureau's link", "items/05-radio-work-tasks.md", []string{
			"19 February", "wireless charging", "automotive radar",
			"url: http://www.srrc.org.cn/wap/content.aspx?id=22625\n",
		}},
		{"entry 6 has its three figures", "items/06-industrial-apps.md", []string{
			"11 February", "89 solutions", "37 cities (industries)", "50%",
			"“Excellent Solutions List of Industrial Internet APP”",
		}},
		{"entry 7 has the plan's figures, the named standards and its joined link", "items/07-industrial-internet-standards-system.md", []string{
			"9 March", "By 2020", "More than 10 basic", "More than 30 general", "More than 20 application",
			"By 2025", "pass 100", "“Industrial Internet Architecture”",
			"“Industrial Internet Time Sensitive Network Technology Requirements”",
			"“Industrial Internet IPv6 Address Allocation Technical Requirements”",
			"“Industrial Internet Identity Resolution System Requirements”",
			"“Industrial Internet Platform Functional Architecture”",
			"“Industrial Internet Industry APP Requirements”",
			"“Industrial Internet Network Security Total Overall Requirements”",
			"“Individualized Customization Classification Guide for Industrial Internet”",
			"url: http://www.miit.gov.cn/n1146295/n1652858/n1652930/n3757016/c6667001/content.html\n",
		}},
		{"entry 8 has the deadline and its link", "items/08-personal-information-draft.md", []string{
			"4 February", "until: 2019-03-03", "3 March",
			"url: https://www.tc260.org.cn/front/postDetail.html?id=20190201173320\n",
		}},
		{"entry 9 has its two counts and its link", "items/09-tc260-key-work.md", []string{
			"4 March", "Over 30 national standards", "15 revised",
			"url: https://www.tc260.org.cn/front/postDetail.html?id=20190228173056\n",
		}},
		{"entry 10 names the method and the two institutes", "items/10-ship-network-security.md", []string{
			"6 March", "ISO/TC8", "2017", "“Ship Network Security Risk Assessment Method”",
			"China Ship Information Center", "Tianjin Institute of Navigation Instruments",
		}},
		{"entry 11 announces the webinar", "items/11-webinar-06.md", []string{
			"webinar: sesec-webinar-06\n", "Tuesday, 11 June 2019, 9:30–10:30 Brussels time",
			"https://attendee.gotowebinar.com/register/6905922981922601474",
		}},
		{"the webinar has its hour, its zone and its registration link", "webinars/06-china-ai-standardization.md", []string{
			"slug: sesec-webinar-06\n", `starts: "2019-06-11 09:30"`, `ends: "2019-06-11 10:30"`,
			"zone: Europe/Brussels", "language: English", "Dr. Betty Xu",
			"registration_url: https://attendee.gotowebinar.com/register/6905922981922601474\n",
		}},
		{"the glossary keeps the long Chinese names whole", "glossary.md", []string{
			"国家互联网信息办公室&中共中央网络安全和信息化委员会办公室\n", "中国国家认证认可监督管理委员会\n",
			"国家商用密码管理办公室\n", "国家市场监督管理总局\n", "标准化技术委员会\n",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := read(t, test.file)
			for _, fact := range test.facts {
				if !strings.Contains(text, fact) {
					t.Errorf("%s lacks %q", test.file, fact)
				}
			}
		})
	}
}

func TestNothingIsMissingFromTheSample(t *testing.T) {
	tests := []struct {
		name    string
		glob    string
		pattern string
		want    int
	}{
		{"eleven entries", "items/*.md", `(?m)^number: \d+$`, 11},
		{"one webinar", "webinars/*.md", `(?m)^kind: webinar$`, 1},
		{"21 abbreviations", "glossary.md", `(?m)^  - abbreviation: \S+$`, 21},
		{"21 Chinese names", "glossary.md", `(?m)^    chinese: [\p{Han}&]+$`, 21},
		{"eleven table rows", "items/03-*.md", `(?m)^\| \d+ \| .+ \| .+ \| (Published|CD|WD|PDTR) \|$`, 11},
		{"three groups of standards", "items/07-*.md", `(?m)^\d\. \*\*`, 3},
		{"five kinds, five kinds and seven kinds of standards", "items/07-*.md", `(?m)^   - `, 17},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			paths, err := fs.Glob(sample.FS(), test.glob)
			if err != nil {
				t.Fatal(err)
			}
			pattern, got := regexp.MustCompile(test.pattern), 0
			for _, path := range paths {
				got += len(pattern.FindAllString(read(t, path), -1))
			}
			if got != test.want {
				t.Errorf("%s in %s: %d, want %d", test.pattern, test.glob, got, test.want)
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := fs.ReadFile(sample.FS(), path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
