// Package webpage reads HTML as Word, LibreOffice, Excel, Outlook, Google Docs
// and web pages hand it over, and writes it as the Markdown of an item's body.
// It opens nothing, asks no clock and knows no store.
//
// # How a page is read
//
// Each step changes the tree that the step before it left, and is a file of its
// own:
//
//	webpage.go  bytes → tree; the bounds; at the end the tree → Markdown
//	clean.go    what nobody sees goes, links are made honest, pictures counted;
//	            bold, italic and struck text of styles become elements
//	office.go   Word's paragraphs that only look like a list become lists, and
//	            lists that stand in the wrong place are put right
//	table.go    tables that only lay out a page are unwrapped; all others become
//	            a plain grid: spans and tables in tables are flattened into it
//
// # Nothing is lost silently
//
// What has no place in Markdown (pictures, forms) is counted, and the notes
// say so in words that a person reads.
//
// # Safe by two locks
//
// The Markdown holds no element of HTML and no link but http, https and mailto.
// Whoever shows it sanitises all the same (package markdown).
package webpage
