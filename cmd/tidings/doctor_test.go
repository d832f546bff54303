package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// names is a DNS server on loopback: "TXT name" and its answers. What is not in it
// does not exist.
type names map[string][]string

// serve answers with what is in it now.
func (n names) serve(t *testing.T) string {
	t.Helper()
	n = maps.Clone(n)
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer, err := n.answer(buffer[:size]); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

func (n names) answer(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return nil, err
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	name, exists := strings.ToLower(strings.TrimSuffix(q.Name.String(), ".")), false
	for known, answers := range n {
		kind, of, _ := strings.Cut(known, " ")
		exists = exists || of == name
		if of != name || "Type"+kind != q.Type.String() {
			continue
		}
		for _, a := range answers {
			var body dnsmessage.ResourceBody
			switch kind {
			case "TXT":
				var parts []string
				for ; len(a) > 200; a = a[200:] {
					parts = append(parts, a[:200])
				}
				body = &dnsmessage.TXTResource{TXT: append(parts, a)}
			case "MX":
				body = &dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName(a)}
			case "A":
				body = &dnsmessage.AResource{A: [4]byte(net.ParseIP(a).To4())}
			case "PTR":
				body = &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(a)}
			}
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: body})
		}
	}
	if !exists {
		m.RCode = dnsmessage.RCodeNameError
	}
	return m.Pack()
}

// asks runs the command and gives what was found, by what it is about.
func asksDoctor(t *testing.T, env map[string]string, args ...string) (int, []complaint) {
	t.Helper()
	flags := []string{"doctor", "--json"}
	for name, value := range env {
		flags = append(flags, "--"+name, value)
	}
	var out, said bytes.Buffer
	code := run(context.Background(), append(flags, args...), stdio{strings.NewReader(""), &out, &said})
	var found []complaint
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		t.Fatalf("%v: %s %s", err, out.String(), said.String())
	}
	return code, found
}

func told(found []complaint, level subscriptions.Level, words string) bool {
	for _, f := range found {
		if f.Level == level && strings.Contains(f.About+": "+f.Text, words) {
			return true
		}
	}
	return false
}

func TestTheDoctorLooks(t *testing.T) {
	t.Parallel()
	server, err := mailtest.New(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	dir := t.TempDir()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "key.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), 0o600); err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	record := subscriptions.SignKey{Selector: "s1", Public: public}.DKIMRecord()
	dns := names{"MX sender.eu": {"mail.sender.eu."}, "TXT sender.eu": {"v=spf1 ip4:192.0.2.7 -all"}, "TXT s1._domainkey.sender.eu": {record}, "TXT _dmarc.sender.eu": {"v=DMARC1; p=none"}}
	env := map[string]string{"database": filepath.Join(dir, "tidings.db"), "smtp": server.URL(), "sender": "News <news@sender.eu>", "dkim-keys": "s1=" + file, "secret": "a-secret-that-only-this-test-knows"}

	code, found := asksDoctor(t, env, "--dns", dns.serve(t))
	if code != exitDone || !told(found, subscriptions.LevelOK, "SPF, DKIM and DMARC are published") || !told(found, subscriptions.LevelOK, "It takes mail from news@sender.eu") ||
		!told(found, subscriptions.LevelOK, "secret: It is set") || !told(found, subscriptions.LevelWarn, "No worker runs") || !told(found, subscriptions.LevelOK, record) {
		t.Errorf("%d %+v", code, found)
	}
	// The key that is published is another one.
	dns["TXT s1._domainkey.sender.eu"] = []string{"v=DKIM1; k=rsa; p=b3RoZXI="}
	if code, found = asksDoctor(t, env, "--dns", dns.serve(t)); code != exitFailed || !told(found, subscriptions.LevelBad, "holds another key") {
		t.Errorf("another key: %d %+v", code, found)
	}
	// Nobody is asked, and the mail server is gone.
	if code, found = asksDoctor(t, env, "--offline"); code != exitDone || told(found, subscriptions.LevelBad, "") || told(found, subscriptions.LevelOK, "mail server") {
		t.Errorf("offline: %d %+v", code, found)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if code, found = asksDoctor(t, env, "--dns", dns.serve(t)); code != exitFailed || !told(found, subscriptions.LevelBad, "mail server") {
		t.Errorf("no mail server: %d %+v", code, found)
	}
}

func TestTheDoctorLooksUpNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dns   names
		level subscriptions.Level
		words string
	}{
		"there and back":    {names{"A mail.sender.eu": {"192.0.2.7"}, "PTR 7.2.0.192.in-addr.arpa": {"mail.sender.eu."}}, subscriptions.LevelOK, "and back"},
		"no name":           {names{"A mail.sender.eu": {"192.0.2.7"}}, subscriptions.LevelWarn, "has no name (PTR)"},
		"another name":      {names{"A mail.sender.eu": {"192.0.2.7"}, "PTR 7.2.0.192.in-addr.arpa": {"other.net."}, "A other.net": {"192.0.2.8"}}, subscriptions.LevelWarn, "which is another address"},
		"no address at all": {names{}, subscriptions.LevelWarn, "could not be looked up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &doctor{app: &app{settings: settings{smtp: []smtp.Options{{Host: "mail.sender.eu"}}}}, resolver: resolverAt(c.dns.serve(t))}
			d.names(t.Context())
			if len(d.found) != 1 || !told(d.found, c.level, c.words) {
				t.Errorf("%+v", d.found)
			}
		})
	}
}
