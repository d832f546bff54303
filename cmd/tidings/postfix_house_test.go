package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

// mailHouse is Debian's Postfix twice on loopback, and Dovecot beside it, in a folder
// of their own:
//
//	Tidings ──SMTP──▶ near (our relay) ──SMTP──▶ far (their server, which refuses)
//	   ▲                 │ reports
//	   ├──────LMTP───────┤ to bounce@lmtp.test
//	   └──IMAP── Dovecot ◀──LMTP── to bounce@imap.test
type mailHouse struct {
	dir              string
	near             int // ports
	lmtp, imap, save int
}

const mailPassword = "for this test only"

// freePorts gives ports that nobody has at the moment.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// newMailHouse starts the servers and stops them with the test.
func newMailHouse(t *testing.T) *mailHouse {
	t.Helper()
	const reason = "Debian's postfix, dovecot-imapd and dovecot-lmtpd are needed, and root to run them; apt-get install postfix dovecot-imapd dovecot-lmtpd"
	postfix := storetest.Program(t, "postfix", reason, "postfix", "/usr/sbin/postfix")
	dovecot := storetest.Program(t, "postfix", reason, "dovecot", "/usr/sbin/dovecot")
	if os.Getuid() != 0 {
		t.Skip(reason) // installed, and not ours to run: CI runs as root
	}
	// Not in t.TempDir: their own users have to get through, and paths of sockets are
	// short.
	dir, err := os.MkdirTemp("/tmp", "tpf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := freePorts(t, 6)
	h := &mailHouse{dir: dir, near: p[0], lmtp: p[2], imap: p[3], save: p[4]}
	far, nobody := p[1], p[5]
	h.write(t, "near/transport", fmt.Sprintf("lmtp.test lmtp:inet:127.0.0.1:%d\nimap.test lmtp:inet:127.0.0.1:%d\nusers.test smtp:[127.0.0.1]:%d\ndead.test smtp:[127.0.0.1]:%d\n", h.lmtp, h.save, far, nobody))
	h.write(t, "far/users", "good@users.test x\nfull@users.test x\npolicy@users.test x\n")
	h.write(t, "far/access", "full@users.test 552 5.2.2 Mailbox is full\npolicy@users.test 554 5.7.1 Refused by policy\n")
	h.postfix(t, postfix, "near", h.near, "mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks, reject\n"+
		"transport_maps = texthash:"+dir+"/near/transport\nmaximal_queue_lifetime = 5s\ndelay_warning_time = 1s\n")
	h.postfix(t, postfix, "far", far, "mynetworks = \nvirtual_mailbox_domains = users.test\nvirtual_transport = discard:\nvirtual_mailbox_maps = texthash:"+dir+"/far/users\n"+
		"smtpd_relay_restrictions = reject_unauth_destination\nsmtpd_recipient_restrictions = check_recipient_access texthash:"+dir+"/far/access, reject_unlisted_recipient, permit\n")
	h.dovecot(t, dovecot)
	for _, port := range []int{h.near, far, h.imap, h.save} {
		h.answers(t, port)
	}
	return h
}

func (h *mailHouse) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (h *mailHouse) run(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	defer cancel()
	// Into a file: what it leaves running would hold a pipe open.
	out, err := os.CreateTemp(h.dir, "said")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr = out, out
	if err := c.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, said)
	}
}

// postfix starts an instance with a queue of its own, in which nothing waits longer
// than seconds.
func (h *mailHouse) postfix(t *testing.T, program, name string, port int, more string) {
	t.Helper()
	dir := filepath.Join(h.dir, name)
	h.write(t, name+"/main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/q
data_directory = %[1]s/data
maillog_file = %[1]s/log
maillog_file_prefixes = /tmp
myhostname = %[2]s.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
alias_maps =
local_recipient_maps =
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
bounce_queue_lifetime = 60s
in_flow_delay = 0
append_dot_mydomain = no
biff = no
`, dir, name)+more)
	h.write(t, name+"/master.cf", fmt.Sprintf(`127.0.0.1:%d inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`, port))
	h.run(t, "install", "-d", dir+"/q")
	h.run(t, "install", "-d", "-o", "postfix", dir+"/data")
	t.Cleanup(func() {
		_ = exec.Command(program, "-c", dir, "abort").Run()
		if t.Failed() {
			log, _ := os.ReadFile(dir + "/log")
			t.Logf("%s:\n%s", name, log)
		}
	})
	h.run(t, program, "-c", dir, "start")
}

// dovecot keeps what comes to bounce@imap.test for IMAP.
func (h *mailHouse) dovecot(t *testing.T, program string) {
	t.Helper()
	h.write(t, "dovecot/conf", fmt.Sprintf(`protocols = imap lmtp
listen = 127.0.0.1
base_dir = %[1]s/dovecot/run
state_dir = %[1]s/dovecot/state
log_path = %[1]s/dovecot/log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:%[1]s/dovecot/mail
first_valid_uid = 1
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
mail_fsync = never
passdb {
  driver = static
  args = password=%[4]s
}
userdb {
  driver = static
  args = uid=mail gid=mail home=%[1]s/dovecot/home allow_all_users=yes
}
service imap-login {
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = %[3]d
  }
}
`, h.dir, h.imap, h.save, strings.ReplaceAll(mailPassword, " ", "_")))
	for _, d := range []string{"mail", "home"} {
		h.run(t, "install", "-d", "-o", "mail", "-g", "mail", h.dir+"/dovecot/"+d)
	}
	h.run(t, program, "-c", h.dir+"/dovecot/conf")
	t.Cleanup(func() {
		_ = exec.Command(program, "-c", h.dir+"/dovecot/conf", "stop").Run()
		if t.Failed() {
			log, _ := os.ReadFile(h.dir + "/dovecot/log")
			t.Logf("dovecot:\n%s", log)
		}
	})
}

// answers waits until somebody listens.
func (h *mailHouse) answers(t *testing.T, port int) {
	t.Helper()
	for range 200 {
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("nobody listens on port %d", port)
}
