package subscriptions_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// solve does what the script in the browser does.
func solve(c *subscriptions.Challenge) string {
	seed := sha256.Sum256([]byte(c.Token))
	var numbers []string
	for piece := range c.Pieces {
		for n := 0; ; n++ {
			block := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(seed[:], uint32(piece)), uint32(n))
			sum := sha256.Sum256(block)
			if bits.LeadingZeros32(binary.BigEndian.Uint32(sum[:4])) >= c.Bits {
				numbers = append(numbers, fmt.Sprint(n))
				break
			}
		}
	}
	return strings.Join(numbers, ",")
}

// desk weighs forms with the given limits, and with how fast they came back.
func (h *house) desk(limits ...subscriptions.SignupLimit) *subscriptions.SignupService {
	s := subscriptions.NewSignupService(h.store, h.keys, h.clock)
	s.Limits = limits
	return s
}

// form is one that a person filled in: it was opened a minute ago.
func (h *house) form(s *subscriptions.SignupService, address, ip string) subscriptions.SignupForm {
	h.wait(-time.Minute)
	opened := s.FormToken()
	h.wait(time.Minute)
	return subscriptions.SignupForm{Name: subscriptions.FormSubscribe, Address: address, Words: "topics=iot", IP: ip, Opened: opened}
}

func weigh(t *testing.T, s *subscriptions.SignupService, f subscriptions.SignupForm, want subscriptions.Verdict) *subscriptions.Challenge {
	t.Helper()
	got, challenge, err := s.Weigh(t.Context(), f)
	must(t, err)
	if got != want || (challenge != nil) != (want == subscriptions.Prove) {
		t.Fatalf("the form of %s from %s: verdict %d with %v, want %d", f.Address, f.IP, got, challenge, want)
	}
	return challenge
}

func TestFormsAreCounted(t *testing.T) {
	const most = 3
	for name, c := range map[string]struct {
		limit        subscriptions.SignupLimit
		same, others []string // "address ip"
	}{
		"by address, however it is spelled": {subscriptions.SignupLimit{By: subscriptions.CountAddress, Then: subscriptions.Hush},
			[]string{"a@example.org 192.0.2.1", "A@Example.org 198.51.100.1"}, []string{"b@example.org 192.0.2.1"}},
		"by network of version 4": {subscriptions.SignupLimit{By: subscriptions.CountNetwork, Then: subscriptions.Prove},
			[]string{"a@example.org 203.0.113.1", "b@example.org 203.0.113.255", "c@example.org ::ffff:203.0.113.7"}, []string{"a@example.org 203.0.114.1"}},
		"by network of version 6": {subscriptions.SignupLimit{By: subscriptions.CountNetwork, Then: subscriptions.Refuse},
			[]string{"a@example.org 2001:db8:1:2::1", "b@example.org 2001:db8:1:ff:ffff::9"}, []string{"a@example.org 2001:db8:1:100::1", "a@example.org 203.0.113.1"}},
		"what is no address is one network": {subscriptions.SignupLimit{By: subscriptions.CountNetwork, Then: subscriptions.Prove},
			[]string{"a@example.org ", "a@example.org nonsense"}, []string{"a@example.org 203.0.113.1"}},
		"by receiving domain": {subscriptions.SignupLimit{By: subscriptions.CountDomain, Then: subscriptions.Prove},
			[]string{"a@example.org 192.0.2.1", "b@Example.org 198.51.100.1"}, []string{"a@example.net 192.0.2.1", "a@sub.example.org 192.0.2.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				limit := c.limit
				limit.Within, limit.Most = time.Hour, most
				s := h.desk(limit)
				form := func(who string) subscriptions.SignupForm {
					address, ip, _ := strings.Cut(who, " ")
					return h.form(s, address, ip)
				}
				for i := range most {
					weigh(t, s, form(c.same[i%len(c.same)]), subscriptions.Pass)
				}
				for _, who := range c.same {
					weigh(t, s, form(who), limit.Then)
				}
				for _, who := range c.others {
					weigh(t, s, form(who), subscriptions.Pass)
				}
				// Another process has counted nothing yet, and knows all the same.
				weigh(t, h.desk(limit), form(c.same[0]), limit.Then)
				h.wait(time.Hour)
				weigh(t, s, form(c.same[0]), subscriptions.Pass)
			})
		})
	}
}

// A proxy that was not named makes all readers one network. They are asked for a
// proof, but not sent away.
func TestANetworkOfOurOwnIsNotRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.desk(subscriptions.SignupLimit{By: subscriptions.CountNetwork, Within: time.Hour, Most: 1, Then: subscriptions.Refuse})
		for _, ip := range []string{"127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd00::1", "fe80::1%eth0", ""} {
			for range 3 {
				weigh(t, s, h.form(s, "a@example.org", ip), subscriptions.Pass)
			}
		}
	})
}

func TestTheStandardLimits(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := subscriptions.NewSignupService(h.store, h.keys, h.clock)
		for i := range 10 {
			weigh(t, s, h.form(s, fmt.Sprintf("p%d@d%d.example.org", i, i), "192.0.2.1"), subscriptions.Pass)
		}
		eleventh := h.form(s, "p11@example.org", "192.0.2.1")
		c := weigh(t, s, eleventh, subscriptions.Prove)
		eleventh.Challenge, eleventh.Proof = c.Token, solve(c)
		weigh(t, s, eleventh, subscriptions.Pass)
		for i := range 10 {
			weigh(t, s, h.form(s, "victim@example.net", fmt.Sprintf("198.51.%d.1", i)), subscriptions.Pass)
		}
		weigh(t, s, h.form(s, "victim@example.net", "198.51.99.1"), subscriptions.Hush)
		manage := h.form(s, "victim@example.net", "198.51.99.1")
		manage.Name = subscriptions.FormManage
		weigh(t, s, manage, subscriptions.Pass)
	})
}

func TestWhoIsSuspected(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.desk()
		fast := func(after time.Duration) subscriptions.SignupForm {
			f := h.form(s, "a@example.org", "192.0.2.1")
			f.Opened = s.FormToken()
			h.wait(after)
			return f
		}
		weigh(t, s, fast(0), subscriptions.Prove)
		weigh(t, s, fast(1900*time.Millisecond), subscriptions.Prove)
		weigh(t, s, fast(4*time.Second), subscriptions.Pass)
		weigh(t, s, fast(23*time.Hour), subscriptions.Pass)
		weigh(t, s, fast(25*time.Hour), subscriptions.Prove)
		never := fast(time.Minute)
		never.Opened = ""
		weigh(t, s, never, subscriptions.Prove)
		stolen := fast(time.Minute)
		stolen.Opened = h.keys.Issue(subscriptions.PurposeUnsubscribe, 1, 1, h.clock())
		weigh(t, s, stolen, subscriptions.Prove)
		trapped := fast(time.Minute)
		trapped.Trap = "https://example.org"
		c := weigh(t, s, trapped, subscriptions.Prove)
		trapped.Challenge, trapped.Proof = c.Token, solve(c)
		weigh(t, s, trapped, subscriptions.Pass)
	})
}

// Each of these brings a proof that is none for this form at this time.
func TestProofsThatAreNone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.desk()
		form := h.form(s, "a@example.org", "192.0.2.1")
		form.Trap = "x"
		c := weigh(t, s, form, subscriptions.Prove)
		proof := solve(c)
		for name, change := range map[string]func(f *subscriptions.SignupForm){
			"another address":           func(f *subscriptions.SignupForm) { f.Address = "b@example.org" },
			"other words":               func(f *subscriptions.SignupForm) { f.Words = "topics=blockchain" },
			"another form":              func(f *subscriptions.SignupForm) { f.Name = subscriptions.FormManage },
			"a number too few":          func(f *subscriptions.SignupForm) { f.Proof = proof[:strings.LastIndexByte(proof, ',')] },
			"a number too many":         func(f *subscriptions.SignupForm) { f.Proof += ",1" },
			"numbers in another order":  func(f *subscriptions.SignupForm) { f.Proof = proof[strings.IndexByte(proof, ',')+1:] + ",1" },
			"a number that is none":     func(f *subscriptions.SignupForm) { f.Proof = "x" + proof },
			"a number that is negative": func(f *subscriptions.SignupForm) { f.Proof = "-" + proof },
			"a number beyond 32 bits":   func(f *subscriptions.SignupForm) { f.Proof = "99999999999" + proof },
			"no challenge":              func(f *subscriptions.SignupForm) { f.Challenge = "" },
			"a challenge of another's":  func(f *subscriptions.SignupForm) { f.Challenge = f.Challenge[:20] + "AA" + f.Challenge[22:] },
			"a waiting token instead":   func(f *subscriptions.SignupForm) { f.Challenge = c.Wait },
			"a proof for a wait":        func(f *subscriptions.SignupForm) { f.Challenge, f.Proof, f.Wait = "", "", f.Challenge },
		} {
			f := form
			f.Challenge, f.Proof = c.Token, proof
			change(&f)
			if verdict, _, err := s.Weigh(t.Context(), f); err != nil || verdict != subscriptions.Prove {
				t.Errorf("%s: verdict %d, %v", name, verdict, err)
			}
		}
		late := form
		late.Challenge, late.Proof = c.Token, proof
		h.wait(62 * time.Minute)
		weigh(t, s, late, subscriptions.Prove)
	})
}

// Of many who send one solution at once, in two processes, one gets through.
func TestAProofIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		desks := []*subscriptions.SignupService{h.desk(), h.desk()}
		form := h.form(desks[0], "a@example.org", "192.0.2.1")
		form.Trap = "x"
		c := weigh(t, desks[0], form, subscriptions.Prove)
		form.Challenge, form.Proof = c.Token, solve(c)
		verdicts := make([]subscriptions.Verdict, 16)
		var wg sync.WaitGroup
		for i := range verdicts {
			wg.Go(func() {
				var err error
				if verdicts[i], _, err = desks[i%2].Weigh(t.Context(), form); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		passed := 0
		for _, v := range verdicts {
			if v == subscriptions.Pass {
				passed++
			}
		}
		if passed != 1 {
			t.Errorf("%d forms passed with one proof, want 1", passed)
		}
	})
}

func TestWaitingIsAsGoodAsSolving(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.desk(subscriptions.SignupLimit{By: subscriptions.CountWaits, Within: 24 * time.Hour, Most: 2, Then: subscriptions.Prove})
		form := h.form(s, "a@example.org", "192.0.2.1")
		form.Trap = "x"
		form.Wait = weigh(t, s, form, subscriptions.Prove).Wait
		h.wait(100 * time.Second)
		early := weigh(t, s, form, subscriptions.Prove)
		if early.Wait != form.Wait || !early.TooSoon || early.WaitFor != 20*time.Second {
			t.Errorf("who came early begins to wait anew: %+v", early)
		}
		h.wait(20 * time.Second)
		weigh(t, s, form, subscriptions.Pass)
		again := weigh(t, s, form, subscriptions.Prove)
		if again.Wait == form.Wait {
			t.Error("a token that was used is handed out again")
		}
		h.wait(2 * time.Minute)
		form.Wait = again.Wait
		weigh(t, s, form, subscriptions.Prove) // the third of this network: used, used again, used
	})
}

// The rows that are over go, and no row tells what it counted.
func TestCountsAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.desk(subscriptions.SignupLimit{By: subscriptions.CountAddress, Within: time.Hour, Most: 1, Then: subscriptions.Hush})
		for i := range 20 {
			weigh(t, s, h.form(s, fmt.Sprintf("p%d@example.org", i), "192.0.2.1"), subscriptions.Pass)
		}
		h.wait(2 * time.Hour)
		weigh(t, s, h.form(s, "a@example.org", "192.0.2.1"), subscriptions.Pass)
		left, err := h.store.PruneAttempts(t.Context(), h.clock().Add(24*time.Hour), 100)
		must(t, err)
		if left != 1 {
			t.Errorf("%d rows were kept, want the one that still counts", left)
		}
	})
}
