/*
Package bounce reads what comes back: which address, how bad.

# Layers

Read takes the bytes of one message and never fails. It asks in this order, and
the first layer that knows answers:

 1. The token. Our envelope senders carry one (subscriptions.WithMailToken), so
    the address that a report came to names the delivery whatever the report
    says. It is taken as written; Keyring.Parse verifies it. It names the
    delivery beside whatever the other layers find.
 2. Machine parts: complaints (RFC 5965), receipts (RFC 8098) and delivery
    status (RFC 3464, RFC 6533), also where the lines between recipients are
    missing, boundaries are wrong, or the fields stand in plain text.
 3. What is no failure: machines that answer (RFC 3834), filters that want proof
    of a person, notices of lists, scanners and postmasters.
 4. Known formats, as data: formats_servers.go and formats_services.go. An entry
    says by which words a format is known and where its recipients stand.
 5. A guess, for what nobody wrote down: addresses of the notice, weighed by what
    stands around them; last, the one address the message was written to.

Layers 4 and 5 are asked only of what has the look of a failure: a sender that
returns mail or an empty return path, with words of failure; or a subject and a
text that both speak of one.

# Which address

The one that we wrote to: Original-Recipient before Final-Recipient; where a
notice says that an address was generated or expanded from the only recipient of
the message inside, that recipient. Never a postmaster, our sender, or the
From and Reply-To of the message inside.

# How bad

By meaning, not by the first digit (reason.go): words before codes, and the class
follows from the reason. A full mailbox is soft also as 5.2.2 or 5.1.1.

# Why an own MIME reader

Reports are the worst mail there is: boundaries that were never declared, headers
without an end, carriage returns alone, a charset that is a lie. Libraries that
are strict lose exactly these, and libraries that are not decode ten megabytes of
a returned attachment first. The parser (message.go) goes line by line, keeps 64
KB of a part and 512 KB of a message, and reads 10 MB at most; the charsets are
those of golang.org/x/text. The words are found in one pass (phrases.go), so that
the tables may grow.
*/
package bounce
