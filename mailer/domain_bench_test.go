package mailer_test

import (
	"testing"

	"sesec.eu/tidings/mailer"
)

// BenchmarkDomains is what a message costs beside all else: the bar is well under
// a microsecond, without an allocation.
func BenchmarkDomains(b *testing.B) {
	for name, limits := range map[string]map[string]mailer.DomainLimit{
		"no limit": nil,
		"limits":   {slow: {Rate: 1e6, Concurrent: 1000}, "*": {Rate: 1e6}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			d := mailer.NewDomains(limits)
			b.RunParallel(func(pb *testing.PB) {
				for now := domainStart; pb.Next(); now = now.Add(1000) {
					if _, ok := d.Admit(slow, now); ok {
						d.Done(slow, taken, now)
					}
				}
			})
		})
	}
}
