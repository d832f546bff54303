// Package importer turns files into the nouns of package subscriptions. It
// reads bytes and hands back an Import, or rows; it opens no file, asks no
// clock and knows no store, so that a dry run and a real one read alike.
//
// # The readers
//
//   - Newsletter reads the plain text of a past newsletter, as pdftotext gives
//     it: items, abbreviations, webinars and the edition. It guesses, and says
//     so.
//   - Documents reads Markdown files with facts on top (docs/items-format.md).
//     It guesses nothing: what is not right is an error with file and line.
//   - Archive reads a zip file of such files.
//   - Items reads a table of items from CSV.
//   - Feed reads RSS, Atom and JSON Feed.
//   - Word reads a Word document that was turned into HTML (package pandoc does
//     so); CheckWord refuses one that would unpack to more than it should.
//   - Subscribers streams a list of people from CSV, row by row.
//
// Text makes UTF-8 of bytes in any encoding; the readers of bytes use it.
//
// # How a newsletter is read
//
// Each step takes what the step before it made, and is a file of its own:
//
//	lines.go      bytes → lines, each with its number, the gap above it, and
//	              whether a page begins there
//	furniture.go  page headers, footers and page numbers are set aside
//	links.go      so are the links repeated at the end of a page; broken links
//	              are put together
//	join.go       how two lines become one: hyphens, broken links and numbers
//	headings.go   which lines are the numbered headings and the names of sections
//	segments.go   lines → front matter, sections, items, contact
//	blocks.go     the lines of an item → paragraphs, lists, tables (table.go)
//	markdown.go   blocks → Markdown
//	dates.go      dates, periods, deadlines
//	terms.go      the page of abbreviations
//	event.go      "Time and Date:", "Topic:" … → a webinar
//	entry.go      what an item says: its day, deadline, sources, issuer
//	newsletter.go all of them in order
//
// # Nothing is lost silently
//
// Every line keeps a mark of what became of it. A line without a mark at the
// end becomes a finding, with its number and its words.
package importer
