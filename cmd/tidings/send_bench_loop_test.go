package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/jhillyerd/enmime/v2"
	"github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
)

// The baseline: the loop that one writes over go-mail, in a process of its own. A
// client a worker, one connection each, no NOOP and no RSET, quoted-printable, a
// message built a person. It keeps no books, and so cannot go on where it stopped.

// benchLoopCommand sends the letters, which are files, in turns.
func benchLoopCommand(b *testing.B, addr string, messages int, key string, letters []string) *exec.Cmd {
	b.Helper()
	return benchChild(b, benchLoopChild, append([]string{"-to", addr, "-n", strconv.Itoa(messages), "-key", key}, letters...)...)
}

// benchLoop is main of the baseline's process.
func benchLoop() {
	to := flag.String("to", "", "`address` of the server")
	n := flag.Int("n", 0, "number of messages")
	keyFile := flag.String("key", "", "`file` of the key that signs, or nothing")
	flag.Parse()
	l, err := newMailLoop(*to, *keyFile, flag.Args())
	if err != nil {
		log.Fatal(err)
	}
	failed := make(chan error, benchConnections)
	var workers sync.WaitGroup
	for w := range benchConnections {
		workers.Go(func() {
			if err := l.work(context.Background(), w, *n); err != nil {
				failed <- err
			}
		})
	}
	workers.Wait()
	close(failed)
	for err := range failed {
		log.Fatal(err)
	}
}

type mailLoop struct {
	host    string
	port    int
	letters []*enmime.Envelope
	key     crypto.Signer // nil: unsigned
}

func newMailLoop(addr, keyFile string, files []string) (*mailLoop, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	l := &mailLoop{host: host}
	if l.port, err = strconv.Atoi(port); err != nil {
		return nil, err
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		letter, err := enmime.ReadEnvelope(bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		l.letters = append(l.letters, letter)
	}
	if keyFile == "" {
		return l, nil
	}
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key", keyFile)
	}
	l.key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	return l, err
}

// work is one worker: every tenth message.
func (l *mailLoop) work(ctx context.Context, worker, messages int) error {
	client, err := mail.NewClient(l.host, mail.WithPort(l.port), mail.WithTLSPolicy(mail.NoTLS), mail.WithoutNoop(), mail.WithoutRset())
	if err != nil {
		return err
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	for i := worker; i < messages; i += benchConnections {
		letter, to := l.letters[i%len(l.letters)], benchAddress(i)
		m := mail.NewMsg(mail.WithNoDefaultUserAgent())
		if err := errors.Join(m.From("tidings@example.org"), m.To(to)); err != nil {
			return err
		}
		m.Subject(letter.GetHeader("Subject"))
		m.SetDate()
		m.SetMessageID()
		m.SetBodyString(mail.TypeTextPlain, letter.Text)
		m.AddAlternativeString(mail.TypeTextHTML, letter.HTML)
		if l.key == nil {
			err = client.SendWithSMTPClient(conn, m)
		} else {
			err = l.sendSigned(conn, m, to)
		}
		if err != nil {
			return err
		}
	}
	return conn.Quit()
}

// sendSigned builds the message once. The middleware that is published for this
// builds it twice, to sign and to send, which would flatter us.
func (l *mailLoop) sendSigned(conn *gosmtp.Client, m *mail.Msg, to string) error {
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		return err
	}
	signer, err := dkim.NewSigner(&dkim.SignOptions{Domain: "example.org", Selector: "bench", Signer: l.key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationSimple})
	if err != nil {
		return err
	}
	if _, err := signer.Write(raw.Bytes()); err != nil {
		return err
	}
	if err := signer.Close(); err != nil {
		return err
	}
	if err := errors.Join(conn.UpdateDeadline(15*time.Second), conn.Mail("tidings@example.org"), conn.Rcpt(to)); err != nil {
		return err
	}
	w, err := conn.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(signer.Signature())); err != nil {
		return err
	}
	if _, err := w.Write(raw.Bytes()); err != nil {
		return err
	}
	return w.Close()
}
