// Package fetch gets pages from addresses that people typed in: feeds to watch,
// links to check. It is the only code of Tidings that follows an address it was
// given, and it does so without ever reaching into the network it runs in.
//
// # What it holds to
//
//   - The address is http or https, names no user, and its host is a name or an
//     IP address in its usual form (not 2130706433 or 0177.1).
//   - Each connection is judged by the IP address it is about to be made to,
//     after the name was resolved: a name that resolves to another address the
//     second time gains nothing. What is not the open internet is refused:
//     loopback, private, link-local (where clouds keep their metadata),
//     multicast, and IPv6 forms of all these. So are ports other than 80 and 443.
//   - A redirect is a new address, judged the same way; after five it ends.
//   - No proxy of the environment, no cookies, no credentials.
//   - 5 MB of body after decompressing, 64 KB of header, 20 seconds in all. What
//     is larger or slower is cut off, and the error says so.
//
// Options.Allow lets named networks through, for feeds on an intranet and for
// tests on loopback.
//
// Errors are *subscriptions.Error with a sentence for the person who typed the
// address: Invalid where the address is at fault, Refused where we do not go
// there, Unavailable where the other side is at fault.
package fetch
