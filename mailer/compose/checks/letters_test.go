package checks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/sample"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// letter is a message with its texts as a reader has them before them.
type letter struct {
	name       string // "longest digest", "edition iot cybersecurity"
	kind       subscriptions.Kind
	message    *mailer.Message
	text, page string
	raw        []byte // as it leaves
}

func newLetter(t *testing.T, name string, kind subscriptions.Kind, m *mailer.Message) letter {
	t.Helper()
	l := letter{name: name, kind: kind, message: m}
	l.text, l.page = m.Render()
	var err error
	if l.raw, err = smtp.Encode(m); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return l
}

// tree parses the page; whoever asks may change it.
func (l letter) tree(t *testing.T) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(l.page))
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	return doc
}

// house is the identity that letters here have.
func house() subscriptions.Identity {
	id := subscriptions.StandardIdentity()
	id.BaseURL = "https://tidings.example.org"
	return id
}

// once composes what all tests look at, at the first that asks.
var once struct {
	sync.Mutex
	edition  *subscriptions.Content
	samples  []letter
	variants []letter
}

// sampleEdition is the sample edition, imported and frozen.
func sampleEdition(t *testing.T) *subscriptions.Content {
	t.Helper()
	once.Lock()
	defer once.Unlock()
	if once.edition != nil {
		return once.edition
	}
	s := storetest.New(t)
	storetest.Topics(t, s)
	found, err := importer.Documents(sample.FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	keys := storetest.Keys(t)
	report, err := (&subscriptions.ImportService{Store: s, Keys: keys, Now: storetest.Now}).Import(t.Context(), found, subscriptions.ImportOptions{Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	content, err := (&subscriptions.EditionService{Store: s, Keys: keys, Now: storetest.Now}).Collect(t.Context(), report.Edition.ID)
	if err != nil {
		t.Fatal(err)
	}
	once.edition = &content
	return once.edition
}

// samples are every kind of mail in every case; the normal one is of the sample
// edition.
func samples(t *testing.T) []letter {
	t.Helper()
	edition := sampleEdition(t)
	once.Lock()
	defer once.Unlock()
	if once.samples == nil {
		all, err := compose.Samples(t.Context(), compose.SampleOptions{Identity: house(), Now: storetest.Now(), Edition: edition})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			once.samples = append(once.samples, newLetter(t, fmt.Sprintf("%s %s", s.Case, s.Name), s.Kind, s.Message))
		}
	}
	return once.samples
}

// variants are the digests of the sample edition for all 63 sets of its six topics.
func variants(t *testing.T) []letter {
	t.Helper()
	edition := sampleEdition(t)
	once.Lock()
	defer once.Unlock()
	if once.variants != nil {
		return once.variants
	}
	o := compose.SampleOptions{Identity: house(), Now: storetest.Now(), Edition: edition, Cases: []compose.Case{compose.CaseNormal}}
	for bits := 1; bits < 1<<len(edition.Topics); bits++ {
		var ids []int64
		name := "edition"
		for i, topic := range edition.Topics {
			if bits>>i&1 == 1 {
				ids = append(ids, topic.ID)
				name += " " + topic.Slug
			}
		}
		m, err := compose.SampleDigest(o, subscriptions.NewTopicSet(ids...))
		if err != nil {
			t.Fatal(err)
		}
		once.variants = append(once.variants, newLetter(t, name, subscriptions.KindDigest, m))
	}
	return once.variants
}

func everyLetter(t *testing.T) []letter {
	t.Helper()
	return slices.Concat(samples(t), variants(t))
}

// distinct leaves out letters whose page another has too, but for links.
func distinct(letters []letter) []letter {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(letters), func(l letter) bool {
		key := string(l.kind) + signed.ReplaceAllString(l.page, "")
		defer func() { seen[key] = true }()
		return seen[key]
	})
}

// usual are the samples for checks that take a second a letter: all that differ where
// somebody has the time, else a few that have everything between them.
func usual(t *testing.T) []letter {
	t.Helper()
	letters := distinct(samples(t))
	if storetest.Thorough() {
		return letters
	}
	some := []string{"normal digest", "empty digest", "longest digest", "chinese digest", "normal welcome", "normal confirmation.already", "longest confirmation",
		"normal test", "normal moved", "longest correction", "normal webinar-registered", "chinese webinar-moved", "normal webinar-announcement", "normal reset"}
	return slices.DeleteFunc(letters, func(l letter) bool { return !slices.Contains(some, l.name) })
}

var signed = regexp.MustCompile(`[A-Za-z0-9_-]{30,}`)

func TestMain(m *testing.M) { storetest.Main(m) }
