package subscriptions_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestHowDatesAreWritten(t *testing.T) {
	t.Parallel()
	day := subscriptions.Date{Year: 2019, Month: time.March, Day: 7}
	want := map[subscriptions.DateStyle]string{
		subscriptions.DatesWords: "7 March 2019", subscriptions.DatesSlashes: "07/03/2019",
		subscriptions.DatesDots: "07.03.2019", subscriptions.DatesISO: "2019-03-07",
	}
	for _, style := range subscriptions.DateStyles() {
		same(t, want[style], style.Format(day))
		same(t, "", style.Format(subscriptions.Date{}))
		read, err := subscriptions.ParseDateStyle(string(style))
		must(t, err)
		same(t, style, read)
	}
	same(t, day.Words(), subscriptions.DatesWords.Format(day))
	same(t, day.Words(), subscriptions.DateStyle("of a later version").Format(day))
	_, err := subscriptions.ParseDateStyle("mdy")
	fails(t, err, subscriptions.Invalid)
}
