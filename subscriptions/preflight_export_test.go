package subscriptions

// The rules of preflight, for their tables.
var (
	ContentFindings = contentFindings
	SpamFindings    = spamFindings
	HeaderFaults    = headerFaults
)
