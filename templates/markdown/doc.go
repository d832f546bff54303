// Package markdown turns what editors write into the two forms a letter has:
// sanitised HTML, and plain text that is as good as the HTML.
//
//	Parse ──▶ Doc ──▶ HTML   goldmark's renderer, then bluemonday
//	            └───▶ Text   our own renderer: text.go, table.go, wrap.go
//
// Both walk one syntax tree, from which everything was taken that neither may
// show (clean.go), so the two never disagree: raw HTML and pictures are gone
// (a picture's description stays), a link that is not http, https or mailto is
// its words alone, headings start at the level the page has left for them, and
// runs of Chinese are marked as such.
//
// The text is measured in display columns, where a Chinese character counts
// two. The package knows no noun of the service.
package markdown
