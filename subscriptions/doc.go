// Package subscriptions is the domain of Tidings: every noun of the service
// and every rule about it, on the standard library alone. It does no I/O; what
// must be kept goes through the interfaces of store.go, and time, randomness
// and keys are handed in.
//
// # The words
//
//   - Topic: what a person can ask for. A topic "for everyone" travels with
//     every digest but is no reason to send one.
//   - Subscriber: a person with an address. Subscription: the person × topic;
//     it ends with a reason and is never deleted in passing. Consent: the
//     append-only proof of what was agreed, when, to which wording.
//     Suppression: an address that must not be mailed, kept as a keyed hash.
//   - Item: one piece of news, filed under one or several topics; the first is
//     its home. It may carry a standard, a comment deadline and sources.
//   - Edition: an issue of the newsletter. collecting → frozen → approved →
//     sending → sent; paused and cancelled on the way.
//     An item falls into the edition of its period; what an editor decides about
//     it (EditionItem) comes before that. Reach: who would get what of it now.
//   - Content: the edition as it was frozen. Everything that is sent is
//     composed from it, so what was approved is what arrives.
//   - Digest: the edition as one person gets it. Variant: all people with the
//     same topic set, who share one digest.
//   - Delivery: one message to one person and its whole story. For every
//     edition planned = sent + failed + skipped + uncertain + open (Books).
//   - Webinar, Registration, Reminder: an online event tied to topics, a
//     person's place in it, a message derived from its start time.
//   - Editor, Role, Session: somebody who works at the desk, what they may do, and
//     a browser in which they are signed in. Audit event: a line of who did what,
//     which the database itself keeps from being changed.
//
// # How the package is laid out
//
// One noun a file, and the same file name on every other floor: subscriber.go
// here, store/subscriber.go there. Use cases end in _service.go. A service is a
// struct of what it needs (the store, a clock, a key ring); its methods are the
// verbs of the product and each runs its decision, and the rows that must
// follow from it, in one transaction.
//
// # Time
//
// A moment is a time.Time in UTC, the zero value meaning "never". A day
// without a clock (an item's date, a period, a deadline) is a Date.
package subscriptions
