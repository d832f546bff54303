package templates

// ParseWebFrom parses a test's own pages.
var ParseWebFrom = parseWeb
