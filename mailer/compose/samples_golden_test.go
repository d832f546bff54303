package compose_test

import (
	"fmt"
	"testing"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// Every mail in every case, as it is read: testdata/samples. A digest that holds more
// than fits is 90 KB, so the others that are made of the same are left out.
func TestSamplesGolden(t *testing.T) {
	storetest.OneAfterTheOther(t)
	samples, err := compose.Samples(t.Context(), compose.SampleOptions{Identity: identity(), Now: storetest.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if s.Case == compose.CaseLongest && s.Kind != subscriptions.KindDigest && len(s.Message.Body.HTML) > 50_000 {
			continue
		}
		t.Run(fmt.Sprintf("%s %s", s.Name, s.Case), func(t *testing.T) {
			goldenMessage(t, fmt.Sprintf("samples/%s.%s", s.Name, s.Case), s.Message)
		})
	}
}
