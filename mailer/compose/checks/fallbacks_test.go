package checks

// fallback says what the reader of a client sees where a letter uses what the client
// does not know. Features and clients are patterns, as of path.Match.
type fallback struct{ feature, clients, sees string }

// A row is a promise that somebody has thought of that reader. What no letter uses
// any more has no row.
var fallbacks = []fallback{
	{"html-doctype", "outlook.windows thunderbird.macos yahoo.android", "the same: widths are on tables and cells, where quirks mode and Word agree with the standard"},
	{"html-body", "outlook.macos yahoo.*", "the same: ground and padding are on the table within as well"},
	{"html-style", "gmail.mobile-webmail", "the letter by day, as on a desk: every style that it needs is in style attributes"},
	{"html-meta-color-scheme", "gmail.* outlook.* apple-mail.ios yahoo.*", "the colours of the day, or the client's own of the night made from them"},
	{"html-anchor-links", "gmail.ios yahoo.*", "a press in the list of contents does nothing; every entry has its own link to the web"},

	{"css-at-media", "gmail.mobile-webmail outlook.windows thunderbird.macos", "the letter by day; tables as wide as the screen, long words wrapped"},
	{"css-at-media-prefers-color-scheme", "gmail.* outlook.windows thunderbird.macos yahoo.*", "the colours of the day, or the client's own of the night made from them"},
	{"css-display-none", "gmail.mobile-webmail", "the preheader as a line of small text above the masthead"},
	{"css-white-space", "outlook.windows", "a date or a name may be broken over two lines"},
	{"css-word-break", "yahoo.*", "a word longer than a telephone is wide makes the letter wider"},
}

// bar is what every letter of a group must reach: so much supported fully at least, so
// much not at most, in percent.
type bar struct{ fully, none float64 }

// bars stand where the templates are, and only ever rise. By use every letter has more
// than 94 % and about 2 % at most; as Mailpit counts, the digest of the whole edition has
// 94 % (the best templates of peers are at 92.1, with 3.6 not supported). What costs most
// there is a margin in a style attribute, which many clients know but for negative
// values: padding of cells and the client's own margin of lists cost nothing.
var bars = map[string]struct{ uses, worst bar }{
	"whole":   {bar{98.2, 0.5}, bar{94, 0.5}}, // the digest of all topics
	"digest":  {bar{97.1, 1.3}, bar{93, 0.8}}, // of some, and welcomes with one
	"other":   {bar{96, 2.1}, bar{90.3, 1.3}}, // a small letter's head is a larger part of it
	"longest": {bar{96.2, 1.9}, bar{91, 1.2}},
}
