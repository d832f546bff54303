package compose_test

import "testing"

// Composing one of 100,000 messages from a body that is there already.
func BenchmarkComposeDigest(b *testing.B) {
	h := newHouse(b)
	r := h.reader("Anna Berg", "iot", "cybersecurity")
	r.Subscriber.Zone = "Europe/Lisbon"
	d := h.delivery(b, r)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Compose(b.Context(), d, r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// Rendering, inlining and folding the body of everybody with all topics.
func BenchmarkBuildVariant(b *testing.B) {
	h := newHouse(b)
	for b.Loop() {
		if _, err := h.Build(h.content, h.set()); err != nil {
			b.Fatal(err)
		}
	}
}
