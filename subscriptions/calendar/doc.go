// Package calendar writes events as calendars read them (RFC 5545): invitations
// that travel in mail (RFC 5546, RFC 6047), files to open and feeds to subscribe to.
//
// # What every calendar holds to
//
//   - Moments are told in the zone the event was set in, as a wall clock with a
//     VTIMEZONE that is generated from Go's own tz database (zone.go): the programs
//     that trust it and those that know the zone by its name come to the same
//     instant. An event set in UTC is told in UTC. Days (deadlines) have no zone.
//   - The UID of an event never changes; its SEQUENCE rises with every change, so
//     that an update is taken for one and a CANCEL removes what it is about.
//   - An invitation names one attendee, the one who gets it; a feed names none.
//   - The same event gives the same bytes: DTSTAMP and LAST-MODIFIED come from the
//     event and not from the clock. ETags and golden files rest on that.
//   - Lines end in CRLF and hold at most 75 octets, and no character is cut in two.
//
// The writer is arran4/golang-ical; what it leaves to its user is here: line ends,
// VTIMEZONE, and parameters, which it escapes by a rule that is not that of RFC 5545.
package calendar
