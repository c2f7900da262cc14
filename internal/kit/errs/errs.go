// Package errs is the one way errors travel through the house: a kind for
// machines, a message for the person at the screen, a hint for whoever runs
// the server, and the wrapped cause for the log. Only Message, Hint and Fields
// ever reach a user; the cause never does.
package errs

import (
	"errors"
	"fmt"
	"maps"
)

// Kind classifies an error; edges translate it once (HTTP status, exit code).
type Kind string

// The kinds, with the HTTP status an edge answers.
const (
	KindInvalid         Kind = "invalid"         // 422: the input is wrong; Fields may say where
	KindUnauthenticated Kind = "unauthenticated" // 401: nobody is signed in
	KindForbidden       Kind = "forbidden"       // 403: the role may not
	KindNotFound        Kind = "not_found"       // 404: not there, or another tenant's
	KindConflict        Kind = "conflict"        // 409: illegal in this state, a duplicate, or stale
	KindTooLarge        Kind = "too_large"       // 413: over a stated limit
	KindUnsupported     Kind = "unsupported"     // 415: a file or format we cannot read
	KindRateLimited     Kind = "rate_limited"    // 429: slow down
	KindUnavailable     Kind = "unavailable"     // 503: a dependency is gone; trying again is safe
	KindInternal        Kind = "internal"        // 500: our fault
)

// Error is an error with a kind. Build it with the constructors below.
type Error struct {
	Kind    Kind
	Message string            // for the person: lower case, no full stop, no internals
	HintMsg string            // for the operator: what to do about it; may be empty
	Fields  map[string]string // form field → what is wrong with it; may be nil
	Cause   error             // for the log only; may be nil
}

// Error returns the message with its cause, for logs.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Hint returns a copy of e that tells the operator what to do.
func (e *Error) Hint(format string, args ...any) *Error {
	c := *e
	c.HintMsg = fmt.Sprintf(format, args...)
	return &c
}

// Field returns a copy of e that also names a wrong form field.
func (e *Error) Field(name, format string, args ...any) *Error {
	c := *e
	c.Fields = maps.Clone(e.Fields)
	if c.Fields == nil {
		c.Fields = map[string]string{}
	}
	c.Fields[name] = fmt.Sprintf(format, args...)
	return &c
}

// Wrap returns a copy of e with a cause for the log.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

func newError(k Kind, format string, args []any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Invalid says the input is wrong.
func Invalid(format string, args ...any) *Error { return newError(KindInvalid, format, args) }

// Unauthenticated says nobody is signed in.
func Unauthenticated(format string, args ...any) *Error {
	return newError(KindUnauthenticated, format, args)
}

// Forbidden says the signed-in person's role may not do this.
func Forbidden(format string, args ...any) *Error { return newError(KindForbidden, format, args) }

// NotFound says the thing is not there, or belongs to another tenant: the two
// are never told apart.
func NotFound(format string, args ...any) *Error { return newError(KindNotFound, format, args) }

// Conflict says the change is illegal in the present state, a duplicate, or
// based on a stale copy.
func Conflict(format string, args ...any) *Error { return newError(KindConflict, format, args) }

// TooLarge says a stated limit is exceeded.
func TooLarge(format string, args ...any) *Error { return newError(KindTooLarge, format, args) }

// Unsupported says the file or format cannot be read here.
func Unsupported(format string, args ...any) *Error { return newError(KindUnsupported, format, args) }

// RateLimited says the caller must slow down.
func RateLimited(format string, args ...any) *Error { return newError(KindRateLimited, format, args) }

// Unavailable says a dependency is gone and trying again is safe.
func Unavailable(format string, args ...any) *Error { return newError(KindUnavailable, format, args) }

// Internal says the fault is ours; the cause is logged, never shown.
func Internal(cause error, format string, args ...any) *Error {
	return newError(KindInternal, format, args).Wrap(cause)
}

// KindOf returns err's kind: KindInternal for an error without one, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// Is reports whether err is of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Public returns what a user may see of err: its own *Error when it has one
// that is not internal, else a plain internal error that tells nothing.
func Public(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: KindInternal, Message: "something went wrong on our side; nothing was saved", Cause: err}
}
