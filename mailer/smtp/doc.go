// Package smtp lets messages leave. go-mail opens, secures and authenticates the
// connection and builds everything that is the same for all people of a
// variant; per person the package splices lines and headers into those bytes.
//
// # Several servers
//
// A Pool spreads connections over servers with weights, limits and time outs; its
// comment has the rules. It knows nothing of messages: one that was refused for now
// is the worker's to send again, over whichever connection it then has. url.go reads
// the servers from a setting, auth.go logs in.
//
// # Encoding once a variant
//
// A Body is given to go-mail with its slot marks in place, single control
// characters which quoted-printable (RFC 2045, 6.7) writes as =01 … =1F and never
// tears apart. The finished bytes are cut at those places. A value is encoded on
// its own and put between two soft line breaks, so that no line grows beyond 76
// characters and nothing around it moves.
//
// # What an answer means
//
// classify.go has the table. Whatever is not known to be permanent is temporary,
// and an end of the connection after the final dot is uncertain: the message may
// have arrived.
package smtp
