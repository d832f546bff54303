package subscriptions_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// fails wants an error of the code with words for the person who meets it.
func fails(t testing.TB, err error, code subscriptions.Code) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one of code %q", code)
		return
	}
	var e *subscriptions.Error
	if !errors.As(err, &e) || e.Code != code || e.Message == "" {
		t.Errorf("%v (code %q), want code %q", err, subscriptions.CodeOf(err), code)
	}
}

// day is a date that a test knows to exist.
func day(y, m, d int) subscriptions.Date {
	t, err := subscriptions.ParseDate(date(y, m, d))
	if err != nil {
		panic(err)
	}
	return t
}

var (
	march   = subscriptions.Period{From: day(2019, 3, 1), To: day(2019, 3, 31)}
	quarter = subscriptions.Period{From: day(2019, 1, 1), To: day(2019, 3, 31)}
)
