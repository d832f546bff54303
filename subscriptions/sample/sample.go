// Package sample holds a real edition to try the service on: "January,
// February and March 2019" of the SESEC China IT/ICT Standardization
// Newsletter, as files in the format that "tidings import items" reads
// (docs/items-format.md).
//
//	edition.md     the edition: period, intro, contact block, about the project
//	glossary.md    21 abbreviations with their English and Chinese names
//	items/         the eleven entries, numbered as printed
//	webinars/      Webinar 06, which entry 11 announces
//
// The demo imports these files just as an editor would import hers, so that
// what it shows went through the service's own door. The facts are the
// newsletter's: names, numbers, dates, standard codes, links and Chinese names
// stand as printed, and where the print had to be interpreted a comment in the
// file's front matter says so. The sentences were written anew.
package sample

import (
	"embed"
	"io/fs"
)

//go:embed edition.md glossary.md items webinars
var files embed.FS

// FS returns the sample edition's files, with paths as in this folder.
func FS() fs.FS { return files }
