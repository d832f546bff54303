package compose_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// The worker is tried on PostgreSQL too.
func TestMain(m *testing.M) { storetest.Main(m) }

// watched tells of each letter that has been composed.
type watched struct {
	*compose.Composer
	done chan subscriptions.Delivery
}

func (w watched) Compose(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	m, err := w.Composer.Compose(ctx, d, r)
	w.done <- d
	return m, err
}

// A letter that stands at a low rate is looked at once more before its first octet
// leaves: whatever was decided, or the hour that has struck, while it stood there.
func TestWhatHappensWhileALetterOfAWebinarWaits(t *testing.T) {
	t.Parallel()
	type scene struct {
		*testing.T
		store *store.Store
		keys  *subscriptions.Keyring
		desk  *subscriptions.WebinarService
		seats *subscriptions.RegistrationService
		w     subscriptions.Webinar
		place subscriptions.Registration
		wait  func(time.Duration)
	}
	by := subscriptions.Actor{Name: "a test"}
	for name, c := range map[string]struct {
		announcement bool
		meanwhile    func(s scene) error
		want         string // why it does not leave
	}{
		"nothing":            {false, func(scene) error { return nil }, ""},
		"the webinar begins": {false, func(s scene) error { s.wait(time.Hour); return nil }, "has begun"},
		"it is moved": {false, func(s scene) error {
			_, err := s.desk.Move(s.Context(), s.w.ID, subscriptions.WebinarMove{Starts: "2019-05-02 09:00", Ends: "2019-05-02 10:00", Zone: "UTC"}, by)
			return err
		}, "was moved"},
		"it is cancelled": {false, func(s scene) error { _, err := s.desk.Cancel(s.Context(), s.w.ID, "", by); return err }, "was cancelled"},
		"the place is given back": {false, func(s scene) error {
			_, err := s.seats.Leave(s.Context(), s.seats.OwnLink(s.place.ID))
			return err
		}, "given back"},
		"an announcement, and nothing": {true, func(scene) error { return nil }, ""},
		"they register": {true, func(s scene) error {
			p, err := s.store.FindSubscriberByAddress(s.Context(), "reader@example.org")
			if err != nil {
				return err
			}
			_, err = s.seats.TakeOffer(s.Context(), s.keys.Issue(subscriptions.PurposeRegister, p.ID, s.w.ID, s.seats.Now()), nil)
			return err
		}, "have registered"},
		"registration closes": {true, func(s scene) error { s.wait(31 * time.Minute); return nil }, "registration is over"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				var moved atomic.Int64
				began := time.Now()
				now := func() time.Time {
					return storetest.Now().Add(time.Since(began) + time.Duration(moved.Load())).Truncate(time.Microsecond)
				}
				keys, topics := storetest.Keys(t), storetest.Topics(t, s)
				sc := scene{T: t, store: s, keys: keys, wait: func(d time.Duration) { moved.Add(int64(d)) },
					desk:  &subscriptions.WebinarService{Store: s, Keys: keys, Now: now},
					seats: &subscriptions.RegistrationService{Store: s, Keys: keys, Now: now}}
				must := func(err error) {
					t.Helper()
					if err != nil {
						t.Fatal(err)
					}
				}
				starts := now().Add(time.Hour)
				sc.w = subscriptions.Webinar{Slug: "webinar", Title: "A webinar", Starts: starts, Ends: starts.Add(time.Hour), Zone: "UTC", State: subscriptions.WebinarAnnounced,
					RegisterUntil: starts.Add(-30 * time.Minute), Topics: []int64{topics["iot"].ID}, Version: 1, CreatedAt: now(), UpdatedAt: now()}
				must(s.AddWebinar(t.Context(), &sc.w))
				reader := &subscriptions.Subscriber{Address: "reader@example.org", CreatedAt: now(), ConfirmedAt: now()}
				must(s.AddSubscribers(t.Context(), []*subscriptions.Subscriber{reader}))
				must(s.AddSubscriptions(t.Context(), []*subscriptions.Subscription{{SubscriberID: reader.ID, TopicID: topics["iot"].ID, State: subscriptions.SubscriptionActive, CreatedAt: now(), ConfirmedAt: now()}}))
				// The first takes the only place at the rate, so that the second has to wait.
				var letters []subscriptions.Delivery
				for i := range 2 {
					sc.place = subscriptions.Registration{WebinarID: sc.w.ID, Address: fmt.Sprintf("guest%d@example.org", i), State: subscriptions.RegistrationActive, CreatedAt: now(), ConfirmedAt: now()}
					must(s.AddRegistration(t.Context(), &sc.place))
					d := subscriptions.Delivery{Kind: subscriptions.KindReminder, RefID: sc.place.ID, Address: sc.place.Address, Key: fmt.Sprintf("reminder:%d:1h:0", sc.place.ID)}
					if i == 1 && c.announcement {
						d = subscriptions.Delivery{Kind: subscriptions.KindAnnouncement, RefID: sc.w.ID, SubscriberID: reader.ID, Address: reader.Address, Key: "announcement"}
					}
					d.Priority, d.State, d.NotBefore, d.CreatedAt = subscriptions.PriorityMany, subscriptions.DeliveryQueued, now(), now()
					letters = append(letters, d)
				}
				_, err := s.QueueDeliveries(t.Context(), letters)
				must(err)

				server, err := mailtest.New(mailtest.Options{})
				must(err)
				defer server.Close()
				address, err := smtp.ParseURL(server.URL())
				must(err)
				out, err := smtp.New(address)
				must(err)
				id := subscriptions.StandardIdentity()
				id.BaseURL = "https://tidings.example.org"
				composer, err := compose.New(compose.Options{Store: s, Keys: keys, Identity: id, Salt: "salt", Now: now})
				must(err)
				watch := watched{composer, make(chan subscriptions.Delivery, 1000)}
				worker := mailer.NewWorker(mailer.Tuning{Sender: out, Connections: 1, Rate: 0.01})
				worker.Store, worker.Keys, worker.Composer, worker.Now, worker.Poll = s, keys, watch, now, 10*time.Millisecond
				worker.Editions = &subscriptions.EditionService{Store: s, Keys: keys, Now: now}
				worker.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- worker.Run(ctx) }()
				for d := range watch.done {
					if d.Key == letters[1].Key {
						break
					}
				}
				must(c.meanwhile(sc))
				worker.Tune(mailer.Tuning{Sender: out, Connections: 1})
				var got subscriptions.Delivery
				for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && !got.State.Final(); time.Sleep(10 * time.Millisecond) {
					got, err = s.FindDeliveryByKey(t.Context(), letters[1].Key)
					must(err)
				}
				stop()
				if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				left := 0
				for _, m := range server.Messages() {
					if strings.Contains(string(m.Data), subscriptions.MessageID("salt", letters[1].Key, id.Domain())) {
						left++
					}
				}
				if c.want == "" && (got.State != subscriptions.DeliverySent || left != 1) {
					t.Errorf("the letter is %s (%s), and %d have left", got.State, got.Detail, left)
				}
				if c.want != "" && (got.State != subscriptions.DeliverySkipped || !strings.Contains(got.Detail, c.want) || left != 0) {
					t.Errorf("the letter is %s (%s), and %d have left, want it skipped: %s", got.State, got.Detail, left, c.want)
				}
			})
		})
	}
}
