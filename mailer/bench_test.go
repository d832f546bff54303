package mailer_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
)

// BenchmarkWorker sends b.N letters through the whole path: claim, ledger, SMTP on
// loopback, with a server that shares the processors.
func BenchmarkWorker(b *testing.B) {
	h := newHouse(b, b.N, mailtest.Options{})
	w := h.worker(10)
	began := time.Now()
	b.ResetTimer()
	stop := h.run(w)
	for h.mail.Count() < b.N {
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "messages/s")
	b.StopTimer()
	stop()
	h.once(b.N)
}
