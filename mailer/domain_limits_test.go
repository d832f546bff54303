package mailer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

func TestDomainLimitsAreRead(t *testing.T) {
	t.Parallel()
	type limits = map[string]mailer.DomainLimit
	for _, tc := range []struct {
		name, text string
		want       limits
	}{
		{"nothing is no limit", "", limits{}},
		{"space alone is nothing", " ,\n\t", limits{}},
		{"a rate and places", "example.org=20/s:5", limits{"example.org": {Rate: 20, Concurrent: 5}}},
		{"a rate alone", "example.org=0.5/s", limits{"example.org": {Rate: 0.5}}},
		{"places alone", "example.org=:2", limits{"example.org": {Concurrent: 2}}},
		{"minutes and hours", "a.example.org=600/m:3 b.example.org=36/h", limits{"a.example.org": {Rate: 10, Concurrent: 3}, "b.example.org": {Rate: 0.01}}},
		{"one an hour is the least", "example.org=1/h", limits{"example.org": {Rate: 1.0 / 3600}}},
		{"every other domain", "*=50/s:10", limits{"*": {Rate: 50, Concurrent: 10}}},
		{"commas, lines and spaces between", "example.org=1/s,example.net=2/s\n example.com=3/s", limits{"example.org": {Rate: 1}, "example.net": {Rate: 2}, "example.com": {Rate: 3}}},
		{"upper case is lower case", "Example.ORG=1/s", limits{"example.org": {Rate: 1}}},
		{"an international domain in ASCII", "xn--bcher-kva.example=1/s", limits{"xn--bcher-kva.example": {Rate: 1}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := mailer.ParseDomainLimits(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAWrongDomainLimitIsToldInWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"a domain without a limit", "example.org", `"example.org" is not domain=rate:places`},
		{"a limit without a domain", "=1/s", `"=1/s" is not domain=rate:places`},
		{"an empty limit", "example.org=", "example.org: there is neither a rate nor a number of places"},
		{"only a colon", "example.org=:", "example.org: there is neither"},
		{"no unit", "example.org=20", `"20" is not a rate such as 20/s`},
		{"another unit", "example.org=20/d", `"20/d" is not a rate`},
		{"not a number", "example.org=NaN/s", `"NaN/s" is not a rate`},
		{"a number only Go knows", "example.org=1e3/s", `"1e3/s" is not a rate`},
		{"two dots", "example.org=1.2.3/s", `"1.2.3/s" is not a rate`},
		{"below nothing", "example.org=-1/s", `"-1/s" is not a rate`},
		{"nothing a second", "example.org=0/s", "the rate 0/s is not between 1/h and 1000000/s"},
		{"less than one an hour", "example.org=0.9/h", "the rate 0.9/h is not between"},
		{"more than can be", "example.org=1000001/s", "the rate 1000001/s is not between"},
		{"no places after the colon", "example.org=1/s:", `"" after the colon is not a number from 1 to 1000`},
		{"zero places", "example.org=1/s:0", `"0" after the colon`},
		{"too many places", "example.org=:1001", `"1001" after the colon`},
		{"the same domain twice", "example.org=1/s EXAMPLE.org=2/s", "example.org is there twice"},
		{"every other domain twice", "*=1/s *=2/s", "* is there twice"},
		{"a domain outside ASCII", "bücher.example=1/s", "must be written in ASCII, in its xn-- form"},
		{"an address", "reader@example.org=1/s", `"reader@example.org" is not a domain`},
		{"one label", "localhost=1/s", `"localhost" is not a domain`},
		{"a pattern", "*.example.org=1/s", `"*.example.org" is not a domain`},
		{"a machine", "192.0.2.1=1/s", `"192.0.2.1" is not a domain`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := mailer.ParseDomainLimits("example.com=1/s " + tc.text)
			if err == nil {
				t.Fatalf("it was taken for %v", got)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%q, want %q", err, tc.want)
			}
			if subscriptions.CodeOf(err) != subscriptions.Invalid || !strings.Contains(subscriptions.HintOf(err), "=20/s:5") {
				t.Errorf("code %s, hint %q", subscriptions.CodeOf(err), subscriptions.HintOf(err))
			}
		})
	}
}

func TestAllFaultsOfDomainLimitsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	_, err := mailer.ParseDomainLimits("one=1/s, example.org=x/s example.net=:x *=0/h example.com=1/s")
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, want := range []string{`"one"`, `"x/s"`, `"x" after`, "0/h"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the faults lack %s: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "example.com") {
		t.Errorf("what is right is called a fault: %v", err)
	}
}
