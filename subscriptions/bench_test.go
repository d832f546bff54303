package subscriptions_test

import (
	"fmt"
	"iter"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// The bars on the machine that CI runs on, two cores, SQLite in a file: 100,000
// subscribers are imported in at most 5 s and an edition for as many is queued in
// at most 3 s, with memory that does not grow with the number of people.
const crowdSize = 100_000

// crowdRows are people with the topics spread over them as in life: most have
// one or two, some have all.
func crowdRows(n int) iter.Seq[subscriptions.SubscriberRow] {
	sets := [][]string{{"iot"}, {"cybersecurity"}, {"iot", "cybersecurity"}, {"blockchain"}, {"communication-networks", "industrial-internet"},
		{"horizontal"}, {"horizontal", "iot", "blockchain", "communication-networks", "industrial-internet", "cybersecurity"}}
	return func(yield func(subscriptions.SubscriberRow) bool) {
		for i := range n {
			if !yield(subscriptions.SubscriberRow{Line: i + 2, Email: fmt.Sprintf("Reader.%d@host%d.example.org", i, i%97),
				Name: fmt.Sprintf("Reader %d", i), Topics: sets[i%len(sets)]}) {
				return
			}
		}
	}
}

func BenchmarkImportSubscribers(b *testing.B) {
	for _, o := range []subscriptions.SubscriberOptions{provable, {}} {
		b.Run(fmt.Sprintf("confirmed=%t", o.Confirmed), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				h := newHouse(b, storetest.New(b))
				peak := watchHeap()
				b.StartTimer()
				report, err := h.imports.Subscribers(b.Context(), crowdRows(crowdSize), o)
				b.StopTimer()
				must(b, err)
				b.ReportMetric(peak(), "MB-peak")
				if report.Added != crowdSize {
					b.Fatalf("%+v", report)
				}
				b.StartTimer()
			}
			rate(b)
		})
	}
}

func BenchmarkQueueEdition(b *testing.B) {
	h := newHouse(b, storetest.New(b))
	_, err := h.imports.Subscribers(b.Context(), crowdRows(crowdSize), provable)
	must(b, err)
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		for topic := range h.topics { // news for everybody
			h.item(b, fmt.Sprintf("%s-%d", topic, n), day(2019, 2, 1), topic)
		}
		e := h.sending(b)
		peak := watchHeap()
		b.StartTimer()
		e = h.plan(b, e.ID, 1000)
		b.StopTimer()
		b.ReportMetric(peak(), "MB-peak")
		if e.Planned != crowdSize {
			b.Fatalf("planned %d, nothing for %d", e.Planned, e.Nothing)
		}
		b.StartTimer()
	}
	rate(b)
}

func rate(b *testing.B) {
	perOp := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(perOp, "s/op")
	b.ReportMetric(crowdSize/perOp, "rows/s")
}

// watchHeap gives the highest number of megabytes the heap's objects took until
// the function is called, above what they took before.
func watchHeap() func() float64 {
	heap := func() float64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return float64(sample[0].Value.Uint64()) / (1 << 20)
	}
	before := heap()
	peak := before
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				peak = max(peak, heap())
			}
		}
	})
	return func() float64 {
		close(stop)
		wg.Wait()
		return peak - before
	}
}

// BenchmarkProgress is one look at a send of 30,000: what is done once a second, however
// many watch, and less often where it takes long.
func BenchmarkProgress(b *testing.B) {
	h := newHouse(b, storetest.New(b))
	h.item(b, "news", day(2019, 2, 1), "iot")
	h.crowd(b, 30_000)
	e := h.plan(b, h.sending(b).ID, 1000)
	h.ends(b, e.ID, 10_000, subscriptions.DeliverySent)
	progress := &subscriptions.ProgressService{Store: h.store, Now: h.clock}
	for b.Loop() {
		progress.Changed(e.ID)
		if p, err := progress.Of(b.Context(), e.ID); err != nil || p.Books.Sent != 10_000 {
			b.Fatalf("%+v, %v", p.Books, err)
		}
	}
}
