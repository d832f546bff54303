package smtp_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// keyFiles writes an RSA and an Ed25519 key and gives the setting that names
// them, and the DNS records of their public halves.
func keyFiles(t *testing.T, bits int) (setting string, records map[string]string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	edPrivate, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	setting = "r2019=" + write("rsa.pem", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)) +
		", e2019=" + write("ed.pem", "PRIVATE KEY", edPrivate)
	return setting, map[string]string{
		"r2019._domainkey.example.org": "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rsaPublic),
		"e2019._domainkey.example.org": "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public),
	}
}

func verify(t *testing.T, raw []byte, records map[string]string) []*dkim.Verification {
	t.Helper()
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		return []string{records[name]}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryMessageIsSignedWithEveryKey(t *testing.T) {
	t.Parallel()
	setting, records := keyFiles(t, 2048)
	keys, err := smtp.ReadKeys(setting)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, mailtest.Options{})
	c := connect(t, sender(t, s, func(o *smtp.Options) { o.Domain, o.Keys = "example.org", keys }))
	accepted(t, c.Send(t.Context(), digest()))
	accepted(t, c.Send(t.Context(), to("second")))
	for _, m := range s.Messages() {
		found := verify(t, m.Data, records)
		if len(found) != 2 {
			t.Fatalf("%d signatures, want 2", len(found))
		}
		for _, v := range found {
			if v.Err != nil || v.Domain != "example.org" {
				t.Errorf("the signature of %s: %v", v.Domain, v.Err)
			}
			for _, name := range []string{"From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Content-Type", "MIME-Version"} {
				if !slices.ContainsFunc(v.HeaderKeys, func(k string) bool { return strings.EqualFold(k, name) }) {
					t.Errorf("h= does not name %s: %v", name, v.HeaderKeys)
				}
			}
		}
	}
	// What somebody changes on the way is seen.
	raw := s.Messages()[0].Data
	for name, tampered := range map[string][]byte{
		"a second From":      append([]byte("From: Somebody <else@example.net>\r\n"), raw...),
		"another subject":    bytes.Replace(raw, []byte("Subject: "), []byte("Subject: Re: "), 1),
		"a list to leave":    bytes.Replace(raw, []byte("List-Unsubscribe: <"), []byte("List-Unsubscribe: <https://example.net/x>, <"), 1),
		"a word in the body": bytes.Replace(raw, []byte("\r\n\r\n--"), []byte("\r\n\r\nAdded.\r\n--"), 1),
	} {
		if bytes.Equal(tampered, raw) {
			t.Fatalf("%s: nothing was changed", name)
		}
		for _, v := range verify(t, tampered, records) {
			if v.Err == nil {
				t.Errorf("%s: the signature still holds", name)
			}
		}
	}
}

func TestKeysAreReadOrEachFaultIsTold(t *testing.T) {
	t.Parallel()
	short, _ := keyFiles(t, 1024)
	file := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := smtp.ReadKeys(short + ",x=" + file + ",y=/no/such/file,plain,bad selector=" + file)
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, want := range []string{"1024 bits", "holds no PEM key", "cannot be read", `"plain" is not selector=file`, "is not a DKIM selector"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the faults do not tell %q: %v", want, err)
		}
	}
	if subscriptions.CodeOf(err) != subscriptions.Invalid {
		t.Errorf("the code is %s", subscriptions.CodeOf(err))
	}
	if keys, err := smtp.ReadKeys(" "); err != nil || keys != nil {
		t.Errorf("no keys: %v, %v", keys, err)
	}
}
