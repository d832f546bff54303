package checks

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jhillyerd/enmime/v2"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// reading is what a parser that somebody else wrote finds in a message.
type reading struct {
	Subject, FromName, ToName, To string
	Text, HTML                    string
	Files                         []string // names of attachments, in order
	Faults                        []string
}

// python reads every message with the email package that comes with Python, which
// is how Mailman and many filters read them.
const python = `
import email, email.policy, json, sys
for path in sys.argv[1:]:
    with open(path, 'rb') as f:
        m = email.message_from_binary_file(f, policy=email.policy.default)
    def body(kind):
        p = m.get_body((kind,))
        return p.get_content().replace('\r\n', '\n') if p else ''
    print(json.dumps({
        'Subject': m['subject'], 'FromName': m['from'].addresses[0].display_name,
        'ToName': m['to'].addresses[0].display_name, 'To': m['to'].addresses[0].addr_spec,
        'Text': body('plain'), 'HTML': body('html'),
        'Files': [p.get_filename() for p in m.walk() if p.get_filename()],
        'Faults': [repr(d) for p in m.walk() for d in p.defects] +
                  [repr(d) for n in ('subject', 'from', 'to', 'date', 'message-id') for d in m[n].defects],
    }))
`

func byPython(t *testing.T, letters []letter) []reading {
	t.Helper()
	program := storetest.Python(t, "python", "no python3 to read messages with; on Debian: apt-get install python3", "email.policy")
	out, err := exec.CommandContext(t.Context(), program, append([]string{"-I", "-c", python}, files(t, letters)...)...).Output()
	if err != nil {
		t.Fatalf("python3: %v", err)
	}
	var all []reading
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var r reading
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// files writes the messages down, in order.
func files(t *testing.T, letters []letter) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i, l := range letters {
		path := filepath.Join(dir, strconv.Itoa(i)+".eml")
		if err := os.WriteFile(path, l.raw, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func byEnmime(t *testing.T, letters []letter) (all []reading) {
	t.Helper()
	for _, l := range letters {
		e, err := enmime.NewParser(enmime.DisableCharacterDetection(true)).ReadEnvelope(bytes.NewReader(l.raw))
		if err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		r := reading{Subject: e.GetHeader("Subject"), Text: strings.ReplaceAll(e.Text, "\r\n", "\n"), HTML: strings.ReplaceAll(e.HTML, "\r\n", "\n")}
		for _, fault := range e.Errors {
			r.Faults = append(r.Faults, fault.Error())
		}
		from, errFrom := e.AddressList("From")
		to, errTo := e.AddressList("To")
		if errFrom != nil || errTo != nil {
			t.Fatalf("%s: %v, %v", l.name, errFrom, errTo)
		}
		r.FromName, r.ToName, r.To = from[0].Name, to[0].Name, to[0].Address
		e.Root.DepthMatchAll(func(p *enmime.Part) bool {
			if p.FileName != "" {
				r.Files = append(r.Files, p.FileName)
			}
			return false
		})
		all = append(all, r)
	}
	return all
}

// An attachment is called after a slug. What parsers read in different ways, as a name
// with a quotation mark or beyond ASCII, never leaves.
func TestNamesOfAttachmentsThatParsersDisagreeOn(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, l := range samples(t) {
		b := l.message.Body
		if b.Invite == nil {
			continue
		}
		for _, name := range []string{"网络研讨会.ics", `a"b.ics`, "a b.ics", "a;b.ics", "../a.ics", "a\r\nb.ics", ""} {
			m := *l.message
			m.Body = &mailer.Body{From: b.From, ReplyTo: b.ReplyTo, Subject: b.Subject, Headers: b.Headers, Text: b.Text, HTML: b.HTML, Slots: b.Slots,
				Invite: &mailer.Invite{Method: b.Invite.Method, Name: name, Data: b.Invite.Data}}
			if m.Check() == nil {
				t.Errorf("an attachment called %q may leave", name)
			}
			tried++
		}
	}
	if tried == 0 {
		t.Error("no sample has an attachment")
	}
}

// TestOthersReadWhatWeWrote: subject, names, both texts and the names of attachments,
// in Chinese as in ASCII.
func TestOthersReadWhatWeWrote(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	letters := samples(t)
	for parser, read := range map[string]func(*testing.T, []letter) []reading{"Python": byPython, "enmime": byEnmime} {
		t.Run(parser, func(t *testing.T) {
			t.Parallel()
			all := read(t, letters)
			if len(all) != len(letters) {
				t.Fatalf("%d of %d messages were read", len(all), len(letters))
			}
			for i, got := range all {
				l := letters[i]
				m := l.message
				if got.Subject != m.Body.Subject || got.FromName != m.Body.From.Name || got.ToName != m.To.Name || got.To != m.To.Address {
					t.Errorf("%s: it reads %q from %q to %q <%s>", l.name, got.Subject, got.FromName, got.ToName, got.To)
				}
				if got.Text != l.text || got.HTML != l.page {
					t.Errorf("%s: it reads other texts", l.name)
				}
				var names []string
				if i := m.Body.Invite; i != nil {
					names = append(names, i.Name)
				}
				if strings.Join(got.Files, "|") != strings.Join(names, "|") {
					t.Errorf("%s: it reads the attachments %q, we sent %q", l.name, got.Files, names)
				}
				if len(got.Faults) > 0 {
					t.Errorf("%s: it complains of %v", l.name, got.Faults)
				}
			}
		})
	}
}
