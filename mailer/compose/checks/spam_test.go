package checks

import (
	"bufio"
	"bytes"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

// most is the highest score a letter may have; SpamAssassin calls spam what has 5.
const most = 0.5

// score runs every message through SpamAssassin's rules in one process, for its start
// costs a second: without network, without what it has learned elsewhere.
const spamassassin = `
use strict; use warnings; use Mail::SpamAssassin;
my $sa = Mail::SpamAssassin->new({ local_tests_only => 1, dont_copy_prefs => 1, userprefs_filename => '/dev/null',
    userstate_dir => $ENV{HOME}, post_config_text => "use_bayes 0\n" });
for my $path (@ARGV) {
    open(my $file, '<', $path) or die "$path: $!";
    local $/;
    my $mail = $sa->parse(<$file>);
    my $status = $sa->check($mail);
    printf("%.2f %s\n", $status->get_score, $status->get_names_of_tests_hit || 'nothing');
    $status->finish; $mail->finish;
}
`

func TestNoLetterLooksLikeSpam(t *testing.T) {
	t.Parallel()
	storetest.Look(t, "spamassassin")
	if err := exec.CommandContext(t.Context(), "perl", "-MMail::SpamAssassin", "-e", "1").Run(); err != nil {
		storetest.SkipOrFail(t, "spamassassin", "no SpamAssassin; on Debian: apt-get install spamassassin")
	}
	// And one that is spam, to know that the rules are there.
	known := letter{name: "GTUBE", raw: []byte("From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\nDate: Mon, 01 Apr 2019 08:00:00 +0000\r\n" +
		"Message-ID: <x@example.org>\r\n\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n")}
	letters := append(usual(t), known)
	run := exec.CommandContext(t.Context(), "perl", append([]string{"-e", spamassassin}, files(t, letters)...)...)
	run.Env = []string{"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	var complaints bytes.Buffer
	run.Stderr = &complaints
	out, err := run.Output()
	if err != nil {
		t.Fatalf("SpamAssassin: %v\n%s", err, &complaints)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	worst, n := -100.0, 0
	for ; lines.Scan(); n++ {
		number, rules, _ := strings.Cut(lines.Text(), " ")
		score, err := strconv.ParseFloat(number, 64)
		if err != nil {
			t.Fatalf("SpamAssassin says %q", lines.Text())
		}
		if n == len(letters)-1 {
			if score < 100 {
				t.Errorf("what is made to be found has %.2f: %s", score, rules)
			}
			continue
		}
		if worst = max(worst, score); score > most {
			t.Errorf("%s: %.2f, %s", letters[n].name, score, rules)
		}
	}
	if n != len(letters) {
		t.Fatalf("%d of %d messages were scored\n%s", n, len(letters), &complaints)
	}
	t.Logf("%d letters, the worst has %.2f; %.1f is allowed", n-1, worst, most)
}
