package smtp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// Our signatures are checked by programs that share no line with the one that
// makes them: a signer and a verifier of one author agree also where both are
// wrong. Each gets the message as a server received it, and the same changed on
// the way.

// finding is what a verifier says of one signature.
type finding struct {
	Selector string `json:"selector"`
	Result   string `json:"result"` // pass; whatever else is none
	Why      string `json:"why"`
}

// verifier checks all signatures of each message against the DNS records. It
// ends the test where the program is not installed.
type verifier func(t *testing.T, records map[string]string, messages [][]byte) [][]finding

// evidence goes to a foreign verifier as JSON; [][]byte is base64 there.
type evidence struct {
	Records  map[string]string `json:"records"`
	Messages [][]byte          `json:"messages"`
}

const dkimpyScript = `
import base64, dkim, json, sys
given = json.load(sys.stdin)
def txt(name, timeout=5):
    return given["records"].get(name.decode().rstrip("."), "").encode() or None
answer = []
for raw in given["messages"]:
    raw = base64.b64decode(raw)
    found = []
    n = sum(1 for name, _ in dkim.DKIM(raw).headers if name.lower() == b"dkim-signature")
    for i in range(n):
        d = dkim.DKIM(raw)
        try:
            result, why = ("pass" if d.verify(i, dnsfunc=txt) else "fail"), ""
        except dkim.DKIMException as e:
            result, why = "fail", str(e)
        found.append({"selector": (d.selector or b"").decode(), "result": result, "why": why})
    answer.append(found)
json.dump(answer, sys.stdout)
`

// The resolver answers with real DNS packets; a TXT record is strings of at most
// 255 octets (RFC 1035, 3.3.14).
const perlScript = `
use strict; use warnings;
use JSON::PP; use MIME::Base64; use Net::DNS; use Mail::DKIM::Verifier; use Mail::DKIM::DNS;
package Zone;
sub new { my ($class, $records) = @_; return bless { records => $records }, $class }
sub errorstring { 'NOERROR' }
sub send {
	my ($self, $name, $type) = @_;
	my $reply = Net::DNS::Packet->new($name, $type);
	my $text = $self->{records}{$name};
	if (defined $text) {
		$reply->push(answer => Net::DNS::RR->new(name => $name, type => 'TXT', ttl => 60, txtdata => [unpack '(a255)*', $text]));
	} else {
		$reply->header->rcode('NXDOMAIN');
	}
	return $reply;
}
package main;
my $given = decode_json(do { local $/; <STDIN> });
Mail::DKIM::DNS::resolver(Zone->new($given->{records}));
my @answer;
for my $raw (@{ $given->{messages} }) {
	my $dkim = Mail::DKIM::Verifier->new();
	$dkim->PRINT(decode_base64($raw));
	$dkim->CLOSE;
	push @answer, [map { { selector => $_->selector, result => $_->result, why => $_->result_detail } } $dkim->signatures];
}
print encode_json(\@answer);
`

// ask runs a verifier's script on the evidence.
func ask(t *testing.T, records map[string]string, messages [][]byte, name string, args ...string) [][]finding {
	t.Helper()
	given, err := json.Marshal(evidence{records, messages})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(given), &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, complaints.Bytes())
	}
	var found [][]finding
	if err := json.Unmarshal(out.Bytes(), &found); err != nil || len(found) != len(messages) {
		t.Fatalf("%s answers on %d of %d messages: %v\n%s", name, len(found), len(messages), err, out.Bytes())
	}
	return found
}

func goMsgauth(t *testing.T, records map[string]string, messages [][]byte) [][]finding {
	var found [][]finding
	for _, raw := range messages {
		var list []finding
		for i, v := range verify(t, raw, records) {
			f := finding{Selector: selectors(raw)[i], Result: "pass"}
			if v.Err != nil {
				f.Result, f.Why = "fail", v.Err.Error()
			}
			list = append(list, f)
		}
		found = append(found, list)
	}
	return found
}

func dkimpy(t *testing.T, records map[string]string, messages [][]byte) [][]finding {
	python := storetest.Python(t, "dkim", "dkimpy is not installed: install it (Debian: apt-get install python3-dkim)", "dkim", "nacl.signing")
	return ask(t, records, messages, python, "-c", dkimpyScript)
}

func mailDKIM(t *testing.T, records map[string]string, messages [][]byte) [][]finding {
	storetest.Look(t, "dkim")
	if exec.CommandContext(t.Context(), "perl", "-MMail::DKIM::Verifier", "-MNet::DNS", "-e", "1").Run() != nil {
		storetest.SkipOrFail(t, "dkim", "Mail::DKIM is not installed: install it (Debian: apt-get install libmail-dkim-perl)")
	}
	return ask(t, records, messages, "perl", "-e", perlScript)
}

var selector = regexp.MustCompile(`(?s)DKIM-Signature:.*?\bs=([a-z0-9]+)`)

// selectors are those of the message's signatures, from the top.
func selectors(raw []byte) (names []string) {
	for _, m := range selector.FindAllSubmatch(raw, -1) {
		names = append(names, string(m[1]))
	}
	return names
}

// difficult is a digest with all that signers have stumbled over: letters of two
// scripts and a dot in the headers, fields of many lines, lines that begin with
// dots, spaces before the end of a line, and empty lines at the end.
func difficult() *mailer.Message {
	m := digest()
	m.To.Name = "Zoë Müller"
	m.Body.Subject = strings.Repeat("Nachrichten über 工业互联网 und Normen für Europa. ", 4) + "März 2019"
	m.Headers[0].Value = "<https://tidings.example.org/unsubscribe/" + strings.Repeat("A", 400) + ">"
	m.Body.Headers[0].Value = "The newsletter of a project with a rather long name that does not end on this line <digest.example.org>"
	m.Body.Text += "\n.\n..\n.news \t\n" + strings.Repeat(".", 90) + " \n\n\n"
	m.Body.HTML += ".\n..\n<p>é</p>  \n\n\n"
	return m
}

// field finds a field by name and gives its place, folded lines included.
func field(t *testing.T, raw []byte, name string) (start, end int) {
	t.Helper()
	place := regexp.MustCompile(`(?im)^` + regexp.QuoteMeta(name) + `:.*\r\n([ \t].*\r\n)*`).FindIndex(raw)
	if place == nil {
		t.Fatalf("the message has no field %s", name)
	}
	return place[0], place[1]
}

// another is raw with the last letter or digit before the place changed.
func another(t *testing.T, raw []byte, before int) []byte {
	t.Helper()
	out := bytes.Clone(raw)
	for i := before - 1; i >= 0; i-- {
		switch c := out[i]; {
		case c >= 'a' && c < 'z' || c >= 'A' && c < 'Z' || c >= '0' && c < '9':
			out[i]++
			return out
		case c == 'z' || c == 'Z' || c == '9':
			out[i]--
			return out
		}
	}
	t.Fatal("nothing to change")
	return nil
}

// folds are the places where a field may be folded (RFC 5322, 2.2.3).
var folds = regexp.MustCompile(`(\r\n)?[ \t]+`)

// signed are the fields that each signature has to cover (RFC 6376, 5.4.1;
// RFC 8058, 4).
var signed = []string{"From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
	"Content-Type", "MIME-Version"}

func TestOtherVerifiersAgree(t *testing.T) {
	t.Parallel()
	setting, records := keyFiles(t, 2048)
	keys, err := smtp.ReadKeys(setting)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, mailtest.Options{})
	c := connect(t, sender(t, s, func(o *smtp.Options) { o.Domain, o.Keys = "example.org", keys }))
	accepted(t, c.Send(t.Context(), difficult()))
	raw := s.Messages()[0].Data
	if !slices.Equal(selectors(raw), []string{"r2019", "e2019"}) {
		t.Fatalf("the signatures are of %v", selectors(raw))
	}

	type version struct {
		name string
		raw  []byte
		good bool
	}
	_, dateEnd := field(t, raw, "Date")
	listStart, listEnd := field(t, raw, "List-Id")
	head := bytes.Index(raw, []byte("\r\n\r\n"))
	versions := []version{
		{"as it was received", raw, true},
		{"with the line of a relay", append([]byte("Received: from a.example.org by b.example.net; Mon, 1 Apr 2019 08:00:01 +0000\r\n"), raw...), true},
		{"with a field folded anew", slices.Concat(raw[:listStart], folds.ReplaceAll(raw[listStart:listEnd], []byte("\r\n\t ")), raw[listEnd:]), true},
		{"with a second From above", append([]byte("From: Somebody <else@example.net>\r\n"), raw...), false},
		{"with a second From below", slices.Concat(raw[:dateEnd], []byte("From: Somebody <else@example.net>\r\n"), raw[dateEnd:]), false},
		{"with another way to leave", bytes.Replace(raw, []byte("List-Unsubscribe=One-Click"), []byte("List-Unsubscribe=Two-Click"), 1), false},
		{"with one octet of the text changed", another(t, raw, head+len(raw[head:])/4), false},
		{"with one octet of the end changed", another(t, raw, len(raw)), false},
		{"with a line added", append(bytes.Clone(raw), "Added.\r\n"...), false},
	}
	for _, name := range signed {
		_, end := field(t, raw, name)
		versions = append(versions, version{"with one octet of " + name + " changed", another(t, raw, end), false})
	}
	messages := make([][]byte, len(versions))
	for i, v := range versions {
		if messages[i] = v.raw; i > 0 && bytes.Equal(v.raw, raw) {
			t.Fatalf("%s: nothing was changed", v.name)
		}
	}
	for _, by := range []struct {
		name  string
		check verifier
		// old: the program may be of before RFC 8463, which has it pass over an
		// Ed25519 signature as of an algorithm it does not know.
		old bool
	}{{"go-msgauth", goMsgauth, false}, {"dkimpy", dkimpy, false}, {"Mail::DKIM", mailDKIM, true}} {
		t.Run(by.name, func(t *testing.T) {
			t.Parallel()
			found := by.check(t, records, messages)
			for i, v := range versions {
				var got []string
				for _, f := range found[i] {
					got = append(got, f.Selector)
					if by.old && f.Selector == "e2019" && strings.Contains(f.Why, "unsupported algorithm ed25519-sha256") {
						continue
					}
					if (f.Result == "pass") != v.good {
						t.Errorf("%s, the signature of %s: %s %s", v.name, f.Selector, f.Result, f.Why)
					}
				}
				if fmt.Sprint(got) != "[r2019 e2019]" {
					t.Errorf("%s: the signatures of %v were checked", v.name, got)
				}
			}
		})
	}
}
