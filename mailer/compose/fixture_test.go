package compose_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/sample"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// house is a store that holds the sample edition, frozen, and a composer on it.
type house struct {
	*compose.Composer
	store   *store.Store
	topics  map[string]subscriptions.Topic
	content subscriptions.Content
}

func newHouse(t testing.TB, change ...func(*subscriptions.Content)) *house {
	t.Helper()
	h := &house{store: storetest.New(t)}
	h.topics = storetest.Topics(t, h.store)
	found, err := importer.Documents(sample.FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	keys := storetest.Keys(t)
	imports := &subscriptions.ImportService{Store: h.store, Keys: keys, Now: storetest.Now}
	report, err := imports.Import(t.Context(), found, subscriptions.ImportOptions{Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	editions := &subscriptions.EditionService{Store: h.store, Keys: keys, Now: storetest.Now}
	if _, err := editions.Freeze(t.Context(), report.Edition.ID); err != nil {
		t.Fatal(err)
	}
	// What was read outside a transaction belongs to all readers.
	err = h.store.InTx(t.Context(), func(tx subscriptions.Store) error {
		e, err := tx.FindEdition(t.Context(), report.Edition.ID)
		if err != nil {
			return err
		}
		if h.content, err = tx.Content(t.Context(), e.ID); err != nil {
			return err
		}
		for _, f := range change {
			f(&h.content)
		}
		if e.Hash, err = h.content.Hash(); err != nil {
			return err
		}
		return errors.Join(tx.UpdateEdition(t.Context(), e, e.State), tx.PutContent(t.Context(), h.content))
	})
	if err != nil {
		t.Fatal(err)
	}
	identity := subscriptions.StandardIdentity()
	identity.BaseURL = "https://tidings.example.org"
	h.Composer, err = compose.New(compose.Options{Store: h.store, Keys: keys, Identity: identity, Salt: "salt", Now: storetest.Now})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// set gives the topics of the slugs; none means all of them.
func (h *house) set(slugs ...string) subscriptions.TopicSet {
	var ids []int64
	for slug, topic := range h.topics {
		if len(slugs) == 0 || strings.Contains(" "+strings.Join(slugs, " ")+" ", " "+slug+" ") {
			ids = append(ids, topic.ID)
		}
	}
	return subscriptions.NewTopicSet(ids...)
}

// reader is a confirmed person; the golden files know no other.
func (h *house) reader(name string, slugs ...string) subscriptions.Recipient {
	return subscriptions.Recipient{Chosen: h.set(slugs...), Subscriber: subscriptions.Subscriber{
		ID: 117, Address: "reader@example.org", Name: name, ConfirmedAt: storetest.Now().AddDate(0, 0, -20)}}
}

// delivery is the row that planning writes for the person.
func (h *house) delivery(t testing.TB, r subscriptions.Recipient) subscriptions.Delivery {
	t.Helper()
	d := subscriptions.Delivery{ID: 42, Kind: subscriptions.KindDigest, EditionID: h.content.EditionID, SubscriberID: r.Subscriber.ID,
		Key: subscriptions.DigestKey(h.content.EditionID, r.Subscriber.ID), Address: r.Subscriber.Address, CreatedAt: storetest.Now()}
	set, ok := subscriptions.NewAudience(h.content).VariantFor(r.Chosen)
	if !ok {
		t.Fatal("nothing in the person's topics: no delivery would be planned")
	}
	variants, err := h.store.Variants(t.Context(), d.EditionID, []subscriptions.TopicSet{set})
	if err != nil {
		t.Fatal(err)
	}
	d.VariantID = variants[set.Key()].ID
	return d
}

func (h *house) digest(t testing.TB, r subscriptions.Recipient) *mailer.Message {
	t.Helper()
	m, err := h.Compose(t.Context(), h.delivery(t, r), r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// golden compares with testdata/name, which -update writes.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Fatalf("there is no %s; write it with: go test ./mailer/compose -update", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); if that is meant: go test ./mailer/compose -update\n%s", path, diff)
	}
}

func goldenMessage(t *testing.T, name string, m *mailer.Message) {
	t.Helper()
	text, html := m.Render()
	golden(t, name+".txt", text)
	golden(t, name+".html", html)
}
