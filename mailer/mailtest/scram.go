package mailtest

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// plus ends the names of the mechanisms that are bound to the TLS connection.
const plus = "-PLUS"

// scramServer is the server's half of SCRAM (RFC 5802, RFC 7677), with the channel
// binding of TLS 1.3 (RFC 9266). It is for tests: the salt is always the same.
type scramServer struct {
	session *session
	hash    func() hash.Hash
	binding []byte // of the TLS connection; nil without -PLUS
	step    int

	user, password string
	header         string // what the client said of channel binding
	clientFirst    string
	serverFirst    string
	nonce          string
	saltedPassword []byte
}

const iterations = 4096

func newScram(s *session) (sasl.Server, error) {
	scram := &scramServer{session: s, hash: sha1.New}
	if strings.Contains(s.auth, "256") {
		scram.hash = sha256.New
	}
	if strings.HasSuffix(s.auth, plus) {
		state, _ := s.conn.TLSConnectionState()
		var err error
		if scram.binding, err = state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32); err != nil {
			return nil, err
		}
	}
	return scram, nil
}

func (c *scramServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if c.step == 0 && response == nil {
		return nil, false, nil // the client has not begun with the command
	}
	c.step++
	switch c.step {
	case 1:
		challenge, err = c.first(string(response))
	case 2:
		challenge, err = c.final(string(response))
	default:
		c.session.user = c.user
		return nil, true, nil
	}
	return challenge, false, err
}

// first takes "n,,n=user,r=nonce".
func (c *scramServer) first(message string) ([]byte, error) {
	parts := strings.SplitN(message, ",", 3)
	if len(parts) < 3 {
		return nil, smtp.ErrAuthFailed
	}
	c.header, c.clientFirst = parts[0]+","+parts[1]+",", parts[2]
	if (c.binding != nil) != (parts[0] == "p=tls-exporter") {
		return nil, smtp.ErrAuthFailed
	}
	c.user = strings.NewReplacer("=2C", ",", "=3D", "=").Replace(attribute(c.clientFirst, "n"))
	c.password = c.session.srv.opts.Auth[c.user]
	c.nonce = attribute(c.clientFirst, "r") + rand.Text()
	salt := []byte("the salt of the tests")
	c.serverFirst = fmt.Sprintf("r=%s,s=%s,i=%d", c.nonce, base64.StdEncoding.EncodeToString(salt), iterations)
	var err error
	c.saltedPassword, err = pbkdf2.Key(c.hash, c.password, salt, iterations, c.hash().Size())
	return []byte(c.serverFirst), err
}

// final takes "c=binding,r=nonce,p=proof" and gives our own proof.
func (c *scramServer) final(message string) ([]byte, error) {
	withoutProof, _, _ := strings.Cut(message, ",p=")
	binding := base64.StdEncoding.EncodeToString(append([]byte(c.header), c.binding...))
	if attribute(message, "c") != binding || attribute(message, "r") != c.nonce || c.password == "" {
		return nil, smtp.ErrAuthFailed
	}
	signed := c.clientFirst + "," + c.serverFirst + "," + withoutProof
	clientKey := c.mac(c.saltedPassword, "Client Key")
	stored := c.hash()
	stored.Write(clientKey)
	proof := c.mac(stored.Sum(nil), signed)
	for i := range proof {
		proof[i] ^= clientKey[i]
	}
	given, err := base64.StdEncoding.DecodeString(attribute(message, "p"))
	if err != nil || !bytes.Equal(given, proof) {
		return nil, smtp.ErrAuthFailed
	}
	signature := c.mac(c.mac(c.saltedPassword, "Server Key"), signed)
	return []byte("v=" + base64.StdEncoding.EncodeToString(signature)), nil
}

func (c *scramServer) mac(key []byte, text string) []byte {
	m := hmac.New(c.hash, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// attribute is the value of "name=value" in a message with commas between.
func attribute(message, name string) string {
	for part := range strings.SplitSeq(message, ",") {
		if value, ok := strings.CutPrefix(part, name+"="); ok {
			return value
		}
	}
	return ""
}
