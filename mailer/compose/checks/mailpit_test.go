package checks

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// mailpitFinds counts the elements that use a feature, in the way and for the
// features of Mailpit's HTML check, as far as a letter of ours could have them.
func mailpitFinds(page string) map[string]int {
	found := map[string]int{}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "body", "hr", "style", "link", "base", "picture", "svg", "form", "video", "audio", "object":
			found["html-"+n.Data]++
		case "article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "mark", "nav", "section", "summary", "time":
			found["html-semantics"]++
		}
		if n.Data == "a" && strings.HasPrefix(attr(n, "href"), "#") {
			found["html-anchor-links"]++
		}
		if n.Data == "style" && n.FirstChild != nil {
			found["css-at-media"] += len(mediaQuery.FindAllString(n.FirstChild.Data, -1))
			for _, c := range []string{"first-child", "last-child", "nth-child", "hover", "not"} {
				found["css-pseudo-class-"+c] += strings.Count(n.FirstChild.Data, ":"+c)
			}
			continue
		}
		style := attr(n, "style")
		for _, p := range inlineProperties {
			if strings.Contains(style, p+":") || hasAttr(n, p) && sizeAttributes[p] {
				found["css-"+p]++
			}
		}
		if hasAttr(n, "bgcolor") && !strings.Contains(style, "background-color:") {
			found["css-background-color"]++
		}
	}
	return found
}

var (
	mediaQuery       = regexp.MustCompile(`(?mi)@media\s?\(`)
	sizeAttributes   = set("background border height padding width")
	inlineProperties = strings.Fields(`background background-clip background-color background-image background-position background-repeat background-size
		border border-radius box-shadow box-sizing clip-path direction display filter float font font-weight gap height hyphens
		letter-spacing line-height list-style list-style-position margin max-height max-width min-height min-width object-fit opacity outline
		overflow overflow-wrap padding position table-layout text-align text-decoration text-indent text-overflow text-shadow text-transform
		transform visibility white-space width word-break z-index`)
)

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
