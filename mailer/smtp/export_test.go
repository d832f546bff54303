package smtp

import (
	"time"

	gosmtp "github.com/wneessen/go-mail/smtp"

	"sesec.eu/tidings/mailer"
)

// Seams for the tests in package smtp_test.
var (
	Answer        = answer
	AppendMessage = appendMessage
)

// NewConn sends over a connection of the test's own.
func NewConn(c *gosmtp.Client, timeout time.Duration) mailer.Conn {
	return newConn(c, Options{Timeout: timeout, MaxMessages: 1000, MaxAge: time.Hour}, nil)
}
