package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestJudgePreflight(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	warning := subscriptions.PreflightFinding{Key: "w", Level: subscriptions.FindingWarning}
	taken := warning
	taken.Taken = &subscriptions.Acknowledgement{Reason: "It is meant."}
	done := func(change func(*subscriptions.Preflight)) *subscriptions.Preflight {
		p := &subscriptions.Preflight{Hash: "h", State: subscriptions.PreflightDone, UpdatedAt: now, FinishedAt: now}
		change(p)
		return p
	}
	for name, c := range map[string]struct {
		run *subscriptions.Preflight
		may bool
		why string
	}{
		"nobody has checked it": {nil, false, "not checked yet"},
		"nothing was found":     {done(func(*subscriptions.Preflight) {}), true, ""},
		"notes ask for nothing": {done(func(p *subscriptions.Preflight) {
			p.Findings = []subscriptions.PreflightFinding{{Level: subscriptions.FindingNote}}
		}), true, ""},
		"a finding blocks": {done(func(p *subscriptions.Preflight) {
			p.Findings = []subscriptions.PreflightFinding{{Level: subscriptions.FindingBlocking}}
		}), false, "1 finding blocks it"},
		"a warning waits":                 {done(func(p *subscriptions.Preflight) { p.Findings = []subscriptions.PreflightFinding{warning, taken} }), false, "taken note of"},
		"every warning was taken note of": {done(func(p *subscriptions.Preflight) { p.Findings = []subscriptions.PreflightFinding{taken} }), true, ""},
		"it has changed since":            {done(func(p *subscriptions.Preflight) { p.Hash = "other" }), false, "has changed"},
		"the check is a day old":          {done(func(p *subscriptions.Preflight) { p.FinishedAt = now.Add(-25 * time.Hour) }), false, "more than a day"},
		"it is being checked":             {done(func(p *subscriptions.Preflight) { p.State = subscriptions.PreflightRunning }), false, "being checked"},
		"the check was broken off": {done(func(p *subscriptions.Preflight) {
			p.State, p.UpdatedAt = subscriptions.PreflightRunning, now.Add(-2*time.Minute)
		}), false, "broken off"},
		"the check failed": {done(func(p *subscriptions.Preflight) { p.State = subscriptions.PreflightFailed }), false, "broken off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := subscriptions.JudgePreflight(7, "h", c.run, now)
			if v.May != c.may || !strings.Contains(v.Why, c.why) || v.May == (v.Do != "") {
				t.Errorf("%+v", v)
			}
		})
	}
}
