package bot

import (
	"errors"
	"net/url"
	"strings"
)

// bareError is an error without the addresses of the requests behind it. Those carry the session's keys, and errors end
// in logs, in the outbox and on people's screens.
type bareError struct{ err error }

// bare hides request addresses in what an error says; nil stays nil.
func bare(err error) error {
	if err == nil {
		return nil
	}
	return &bareError{err}
}

func (e *bareError) Error() string {
	text := e.err.Error()
	if u := (*url.Error)(nil); errors.As(e.err, &u) {
		text = strings.ReplaceAll(text, u.Error(), u.Err.Error())
	}
	return strings.Join(strings.Fields(text), " ") // the library joins errors by line breaks
}

func (e *bareError) Unwrap() error { return e.err }
