package subscriptions

import (
	"errors"
	"fmt"
)

// Code says what kind of fault an Error is. One table in web/page maps codes to
// HTTP statuses, one in cmd/tidings to exit codes.
type Code string

// The codes. Anything that is not an *Error is Internal.
const (
	Invalid     Code = "invalid"     // the input is wrong; the person can mend it
	NotFound    Code = "not_found"   // no such thing
	Conflict    Code = "conflict"    // somebody else was faster, or it exists already
	Refused     Code = "refused"     // the thing is in a state that does not allow this
	Expired     Code = "expired"     // a link whose time is over
	Forged      Code = "forged"      // a link that is not ours, or not for this
	Limited     Code = "limited"     // too often; later it is taken
	Unavailable Code = "unavailable" // a service we need did not answer
	Internal    Code = "internal"    // our fault
)

// Error is a fault with words for the person who meets it.
type Error struct {
	Code    Code
	Field   string // the input at fault, as it is called in forms and files; may be empty
	Message string // one sentence: what is wrong
	Hint    string // one sentence: what to do next; may be empty
	Err     error  // the cause; may be nil
}

// Error gives the message and its cause, without the hint.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is lets errors.Is(err, ErrNotFound) match any error of the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Message == "" && t.Code == e.Code
}

// Sentinels for errors.Is: they match every Error of their code.
var (
	ErrInvalid  = &Error{Code: Invalid}
	ErrNotFound = &Error{Code: NotFound}
	ErrConflict = &Error{Code: Conflict}
	ErrRefused  = &Error{Code: Refused}
	ErrExpired  = &Error{Code: Expired}
	ErrForged   = &Error{Code: Forged}
)

// CodeOf gives the code of the first Error in the chain, Internal when there is
// none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// HintOf gives the first hint in the chain, or "".
func HintOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
	return ""
}

func invalid(field, format string, args ...any) *Error {
	return &Error{Code: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *Error {
	return &Error{Code: NotFound, Message: fmt.Sprintf(format, args...)}
}

func refused(format string, args ...any) *Error {
	return &Error{Code: Refused, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) hint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}
