package subscriptions

// Variant is everybody with the same topic set in one edition: one rendered
// and encoded body, spliced with each person's own lines.
type Variant struct {
	ID        int64
	EditionID int64
	Topics    TopicSet // chosen by the person, with those for everyone
}
