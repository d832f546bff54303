// Package templates holds what readers and editors see, as files, and parses
// all of it when the program starts: a broken template is found by the first
// run, not by the first reader.
//
//	email/        one pair a mail: digest.html and digest.txt
//	email/parts/  what mails share: the letter around them, masthead, item, footer
//	web/          pages: a layout, partials, one file a page
//	markdown/     (a package) what editors write, as HTML and as text
//
// The package knows no noun of the service: templates are filled with the view
// structs of whoever renders them (mailer/compose, web/page).
//
// # The hand
//
// Letter and site are one publication. Serif for what is said (titles, the
// lede, the numbers of entries), sans for what is used (labels, facts, links).
// Structure by rules and space. A topic is one small square and one colour, the
// same everywhere. One dark button a view.
package templates
