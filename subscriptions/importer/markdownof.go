package importer

import (
	"html"
	"net/url"
	"regexp"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
)

// maxHTML bounds what is turned into Markdown at once.
const maxHTML = 1 << 20

// markdownOf turns a piece of a web page into Markdown as items have it: no
// pictures, no scripts, headings of one level. Links without a host are those of
// the page at from, which may be "". What is not HTML comes back as it is.
func markdownOf(source, from string) string {
	if len(source) > maxHTML {
		source = strings.ToValidUTF8(source[:maxHTML], "")
	}
	conv := converter.NewConverter(converter.WithPlugins(base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), table.NewTablePlugin(table.WithHeaderPromotion(true))))
	for _, tag := range []string{"img", "picture", "svg", "video", "audio", "iframe", "object", "form", "button", "template"} {
		conv.Register.TagType(tag, converter.TagTypeRemove, converter.PriorityStandard)
	}
	var options []converter.ConvertOptionFunc
	if u, err := url.Parse(from); err == nil && u.Host != "" {
		options = append(options, converter.WithDomain(u.Scheme+"://"+u.Host))
	}
	text, err := conv.ConvertString(source, options...)
	if err != nil {
		text = escape(plainOf(source)) // nested deeper than a page is
	}
	text = strings.Map(func(r rune) rune {
		if r == 0 || r == 0x7f || r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(level(text))
}

var (
	headline = regexp.MustCompile(`^ {0,3}#{1,6}(?: |$)`)
	tags     = regexp.MustCompile(`(?s)<!--.*?-->|<[a-zA-Z/!?][^>]*>`)
	unspoken = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)\s*>`)
)

// level puts headings on the one level a text may have (docs/items-format.md).
func level(text string) string {
	fence := ""
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		mark := strings.TrimLeft(line, " ")
		switch {
		case fence != "":
			if strings.HasPrefix(mark, fence) {
				fence = ""
			}
		case strings.HasPrefix(mark, "```"), strings.HasPrefix(mark, "~~~"):
			fence = mark[:3]
		default:
			if at := headline.FindString(line); at != "" {
				lines[i] = "#### " + strings.TrimSpace(line[len(at):])
			}
		}
	}
	return strings.Join(lines, "\n")
}

// plainOf is the text of a piece of HTML in one line: a title, say.
func plainOf(source string) string {
	if strings.ContainsAny(source, "<&") {
		source = unspoken.ReplaceAllString(source, " ")
		source = tags.ReplaceAllString(source, " ")
		source = html.UnescapeString(source)
	}
	return spoken(source)
}

// spoken is a text in one line, without what no line may hold.
func spoken(source string) string {
	source = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u00ad' {
			return ' '
		}
		return r
	}, source)
	return strings.Join(strings.Fields(source), " ")
}
