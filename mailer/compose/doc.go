// Package compose turns a delivery into a message.
//
//	Content ──BuildDigest──▶ Digest ──view.go──▶ views ──templates──▶ HTML, text
//	                                                                     │ inline the style sheet, fold the lines
//	                     Message ◀──splice── Body with slots ◀───────────┘ once a variant
//
// # What is shared and what is not
//
// All people with the same topics share one Body. It is rendered once, with a
// made-up word (slot.go) where each person's own lines go: their name, their two
// tokens, the day they subscribed, and every webinar in their own time zone; and
// how they take part in it, of the ways that there are (door.go). The
// words survive html/template, the inliner and the folding; then they are
// replaced by the marks of mailer.SlotMark. Composing for one person signs two
// tokens and fills the slots: no template runs, nothing is escaped but a name.
//
// Bodies are cached (package lru) by variant: a delivery exists only once its
// edition has begun to leave, and from then on its content does not change.
// Previews of what can still change do not touch the cache.
//
// # What every letter holds to
//
//   - It is at most softLimit octets of HTML, whatever is in it: fit.go shortens
//     the longest items at a paragraph until the whole fits, so that no mail
//     program cuts off the footer with its links (MAIL 22).
//   - Text and HTML come from the same view, so they tell the same facts and
//     lead to the same places (MAIL 21).
//   - Editors' words cannot become markup, a header or a slot: view.go cleans
//     every string, markdown drops raw HTML, marks are stripped before slots are
//     set (MAIL 5).
//   - Mail to an address that nobody has confirmed holds no word a stranger
//     could have typed into a form (MAIL 16).
//
// One file a mail: digest.go, confirmation.go, manage.go, welcome.go, address.go.
package compose
