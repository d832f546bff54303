// Package mailer turns deliveries (rows) into sent mail. It claims them, has
// them composed, keeps the pace, sends, and records what happened; it knows
// neither SMTP nor templates.
//
//	        Claim                  Compose          Send
//	store ────────▶ Worker ──────▶ Composer ──────▶ Conn      (one goroutine a connection)
//	  ▲                │ ledger                       │
//	  └────Advance─────┴──────────outcome─────────────┘
//
// A connection looks one message ahead: while one is on its way the next is
// composed and announced, and a Conn may let its envelope leave with the end of
// the one before. Mail that a person waits for has a lane of its own past the
// batches of digests.
//
// # What a crash can cost
//
// A delivery is marked "sending" in a commit of its own before its first octet
// leaves, together with the outcome of the message before it. So a process that
// dies at any instant leaves at most one message per connection of which nobody
// knows whether it arrived; everything else is known from the rows. The Ledger
// groups those commits over all connections: one transaction carries what every
// connection has to say at that moment.
//
// # Who may be mailed
//
// The claim reads the people of a batch once (RecipientsByID) and the domain
// decides. Between then and the first octet a person may leave: the grant of
// the Begin compares the subscriber's revision, so that a message composed for
// yesterday's wishes does not leave.
//
// # Pace
//
// Tuning is what may change while a worker runs: the servers, the number of
// connections, the pace. Throttle is the global rate. Domains is the pace of each receiving domain: its
// limit, and what its answers have taught. retry.go has the waits after a temporary
// refusal and the rules of what is temporary.
package mailer
