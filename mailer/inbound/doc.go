/*
Package inbound lets in what comes back: by a listener of our own (SMTP or LMTP), a
mailbox (IMAP), or a folder (Maildir).

# One door

Each way hands a message to the Door, which reads it (package mailer/bounce) and
records it (subscriptions.BounceService) in one transaction. A report is recorded
once, by whatever ways it comes and however often, so that each way may hand over a
message again when it does not know whether it was taken.

# Nothing is lost

A message is let go of only when it is recorded: the listener answers 4xx while the
database is away, so that the server before it keeps the message; the mailbox and the
folder leave it where it is. They delete, or move, only what was understood; what is
none of the known kinds stays for a person, marked as looked at.

# Strangers

Anybody may connect and write anything. The listener takes mail for the bounce
address and for the addresses that bear a token of ours, no other; it bounds size,
recipients, connections and pace. The reader takes any bytes. What bears no token of
ours is kept and counts against nobody.
*/
package inbound
