package subscriptions_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// admin is who changes settings in these tests.
var admin = subscriptions.Actor{Name: "Ada", IP: "192.0.2.7"}

func (h *house) settings() *subscriptions.SettingsService {
	return &subscriptions.SettingsService{Store: h.store, Now: h.clock, Base: subscriptions.StandardIdentity()}
}

func current(t *testing.T, s *subscriptions.SettingsService) subscriptions.House {
	t.Helper()
	house, err := s.Current(t.Context())
	must(t, err)
	return house
}

func TestAChangeIsAVersionAndIsOnRecord(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.settings()
		same(t, int64(0), current(t, s).Version)
		saved, changes, err := s.Change(t.Context(), 0, subscriptions.Settings{"site": " Green Letters ", "light.accent": "#14663F", "subject": "China ICT standards"}, admin)
		must(t, err)
		same(t, int64(1), saved.Version)
		same(t, 2, len(changes)) // the subject is the standard's
		same(t, "Green Letters", current(t, s).Identity.Site)
		same(t, subscriptions.Colour("#14663f"), current(t, s).Identity.Colours().Light.Accent)

		events, err := h.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: "settings.change"})
		must(t, err)
		same(t, 2, len(events))
		found := false
		for _, e := range events {
			found = found || e.Detail == "site: standard → “Green Letters”" && e.Actor == "Ada" && e.Subject == "settings:site" && e.IP == "192.0.2.7"
		}
		if !found {
			t.Errorf("the log says %+v", events)
		}

		// What changes nothing is no version.
		again, changes, err := s.Change(t.Context(), 1, subscriptions.Settings{"site": "Green Letters"}, admin)
		must(t, err)
		same(t, int64(1), again.Version)
		same(t, 0, len(changes))
	})
}

func TestAFaultStoresNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.settings()
		_, _, err := s.Change(t.Context(), 0, subscriptions.Settings{"site": "Ours", "zone.first": "Mars/Olympus"}, admin)
		fails(t, err, subscriptions.Invalid)
		stored, err := s.Stored(t.Context())
		must(t, err)
		same(t, int64(0), stored.Version)
		events, err := h.store.AuditEvents(t.Context(), subscriptions.AuditFilter{})
		must(t, err)
		same(t, 0, len(events))
	})
}

// The other process learns of a change by itself, within seconds.
func TestAChangeIsInForceInEveryProcess(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site, worker := h.settings(), h.settings()
		same(t, "SESEC Tidings", current(t, worker).Identity.Site)
		_, _, err := site.Change(t.Context(), 0, subscriptions.Settings{"site": "Ours"}, admin)
		must(t, err)
		same(t, "Ours", current(t, site).Identity.Site)
		h.wait(2 * time.Second)
		same(t, "Ours", current(t, worker).Identity.Site)
		// A clock that is set back does not keep a process from learning.
		_, _, err = site.Change(t.Context(), 1, subscriptions.Settings{"site": "Theirs"}, admin)
		must(t, err)
		h.wait(-time.Hour)
		same(t, "Theirs", current(t, worker).Identity.Site)
	})
}

func TestTwoWhoEditAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.settings()
		_, _, err := s.Change(t.Context(), 0, subscriptions.Settings{"site": "One", "subject": "News"}, admin)
		must(t, err)
		_, _, err = s.Change(t.Context(), 1, subscriptions.Settings{"site": "Two"}, subscriptions.Actor{Name: "Bob"})
		must(t, err)

		// Ada still has version 1 before her, and has changed the same field.
		_, _, err = s.Change(t.Context(), 1, subscriptions.Settings{"site": "Three", "subject": "News"}, admin)
		fails(t, err, subscriptions.Conflict)
		var conflict *subscriptions.ConflictError
		if !errors.As(err, &conflict) || conflict.Theirs["site"] != "Two" || conflict.By != "Bob" || len(conflict.Theirs) != 1 {
			t.Fatalf("the conflict says %+v", conflict)
		}
		same(t, "Two", current(t, s).Identity.Site)

		// Another field of the same form is no conflict, and what was not touched stays.
		saved, changes, err := s.Change(t.Context(), 1, subscriptions.Settings{"site": "One", "subject": "Standards"}, admin)
		must(t, err)
		same(t, 1, len(changes))
		same(t, "Two Standards", saved.Values["site"]+" "+saved.Values["subject"])

		// Who has seen both may save over it.
		_, _, err = s.Change(t.Context(), saved.Version, subscriptions.Settings{"site": "Three"}, admin)
		must(t, err)
		same(t, "Three", current(t, s).Identity.Site)
	})
}

func TestAnEarlierVersionIsTakenUpAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.settings()
		for _, name := range []string{"One", "Two"} {
			stored, err := s.Stored(t.Context())
			must(t, err)
			_, _, err = s.Change(t.Context(), stored.Version, subscriptions.Settings{"site": name, "text.digest.soon": name}, admin)
			must(t, err)
		}
		back, changes, err := s.Restore(t.Context(), 1, admin)
		must(t, err)
		same(t, int64(3), back.Version)
		same(t, 2, len(changes))
		same(t, "One", current(t, s).Identity.Text("digest.soon"))
		_, _, err = s.Restore(t.Context(), 0, admin) // before anything was set
		must(t, err)
		same(t, "SESEC Tidings", current(t, s).Identity.Site)
		history, err := h.store.SettingsHistory(t.Context(), 0, 10)
		must(t, err)
		same(t, 4, len(history))
		same(t, "restored version 0", history[0].Note)
		older, err := h.store.SettingsHistory(t.Context(), 3, 1)
		must(t, err)
		same(t, int64(2), older[0].Version)
		_, _, err = s.Restore(t.Context(), 99, admin)
		fails(t, err, subscriptions.NotFound)
	})
}

func TestWhatTheOperatorFixedStays(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.settings()
		_, _, err := s.Change(t.Context(), 0, subscriptions.Settings{"site": "Ours", "subject": "News"}, admin)
		must(t, err)
		fixed := h.settings()
		fixed.Fixed = map[string]subscriptions.Fixed{"site": {Value: "The operator's", By: "TIDINGS_SITE"}}
		same(t, "The operator's", current(t, fixed).Identity.Site)
		same(t, "News", current(t, fixed).Identity.Subject)
		_, _, err = fixed.Change(t.Context(), 1, subscriptions.Settings{"site": "Ours again"}, admin)
		fails(t, err, subscriptions.Refused)
		if !strings.Contains(err.Error(), "TIDINGS_SITE") {
			t.Error(err)
		}
	})
}

// Nobody's consent changes its meaning: a new text is a new version, and who agreed
// before agreed to the one they saw.
func TestANewTextOfConsentIsANewVersion(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.settings()
		old := subscriptions.StandardWording()
		h.signUp(t, "early@example.org", "iot")
		_, _, err := s.Change(t.Context(), 0, subscriptions.Settings{"text.consent": "Send me letters."}, admin)
		must(t, err)
		first := current(t, s).Identity.Consent()
		same(t, subscriptions.Wording{Version: "2019-04-01", Text: "Send me letters."}, first)
		// A change of something else is none of the text.
		_, _, err = s.Change(t.Context(), 1, subscriptions.Settings{"site": "Ours"}, admin)
		must(t, err)
		same(t, first, current(t, s).Identity.Consent())

		h.signUp(t, "late@example.org", "iot")
		// The form was open while the text changed, or says what never was.
		for address, shown := range map[string]string{"during@example.org": old.Version, "forged@example.org": "1999-01"} {
			must(t, h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: address, Topics: []string{"iot"}, Wording: shown}))
		}
		// Who confirms agrees to what their letter said.
		early := h.find(t, "early@example.org")
		given, err := h.store.Consents(t.Context(), early.ID)
		must(t, err)
		_, err = h.people.Confirm(t.Context(), h.keys.Issue(subscriptions.PurposeConfirm, early.ID, given[0].ID, h.clock()), "")
		must(t, err)

		_, _, err = s.Change(t.Context(), 2, subscriptions.Settings{"text.consent": ""}, admin)
		must(t, err)
		same(t, subscriptions.Wording{Version: "2019-04-01-2", Text: old.Text}, current(t, s).Identity.Consent())

		for address, want := range map[string]string{"early@example.org": old.Version + " " + old.Version, "late@example.org": first.Version,
			"during@example.org": old.Version, "forged@example.org": first.Version} {
			consents, err := h.store.Consents(t.Context(), h.find(t, address).ID)
			must(t, err)
			var got []string
			for _, c := range consents {
				got = append(got, c.Wording)
			}
			same(t, want, strings.Join(got, " "))
		}
		data, err := h.people.ExportAddress(t.Context(), "late@example.org")
		must(t, err)
		same(t, "Send me letters.", data.Consents[0].Words)
	})
}

func TestAProposalStoresNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.settings()
		s.Signs = "example.com"
		p, err := s.Propose(t.Context(), 0, subscriptions.Settings{"site": "Ours", "text.consent": "Yes."})
		must(t, err)
		same(t, "Ours Yes.", p.House.Identity.Site+" "+p.House.Identity.Consent().Text)
		same(t, 2, len(p.Changes))
		same(t, "sender.address", p.Warnings[0].Field)
		stored, err := s.Stored(t.Context())
		must(t, err)
		same(t, int64(0), stored.Version)
		known, err := h.store.Wordings(t.Context())
		must(t, err)
		same(t, 0, len(known))
	})
}

func TestAPictureIsKeptWithTheSettingThatNamesIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.settings()
		p, err := subscriptions.NewPicture("logo.light", pngOf(t, 320, 80))
		must(t, err)
		for range 2 { // the second time it is there
			stored, err := s.Stored(t.Context())
			must(t, err)
			_, _, err = s.Change(t.Context(), stored.Version, subscriptions.Settings{"logo.light": ""}, admin)
			must(t, err)
			stored, err = s.Stored(t.Context())
			must(t, err)
			_, _, err = s.Change(t.Context(), stored.Version, subscriptions.Settings{"logo.light": p.Setting()}, admin, p)
			must(t, err)
		}
		kept, err := h.store.FindPicture(t.Context(), p.Name)
		must(t, err)
		same(t, p, kept)
		same(t, subscriptions.Logo{Name: p.Name, Width: 192, Height: 48}, current(t, s).Identity.Logo)
	})
}

// What was approved is what is sent: freezing takes the settings with it.
func TestFreezingTakesTheSettings(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s := h.settings()
		h.editions.Settings = s
		_, _, err := s.Change(t.Context(), 0, subscriptions.Settings{"site": "Ours"}, admin)
		must(t, err)
		h.item(t, "an-entry", subscriptions.Date{Year: 2019, Month: 3, Day: 1}, "iot")
		e, err := h.editions.Create(t.Context(), "First quarter", quarter)
		must(t, err)
		e, err = h.editions.Freeze(t.Context(), e.ID)
		must(t, err)
		before, err := h.store.Content(t.Context(), e.ID)
		must(t, err)
		same(t, int64(1), before.Look.Version)
		same(t, "Ours", before.Look.Values["site"])
		_, _, err = s.Change(t.Context(), 1, subscriptions.Settings{"site": "Theirs"}, admin)
		must(t, err)
		after, err := h.editions.Collect(t.Context(), e.ID)
		must(t, err)
		same(t, "Ours", after.Look.Values["site"])
		hash, err := after.Hash()
		must(t, err)
		same(t, e.Hash, hash)
		// Who wants the new look opens the edition again; the hash is another.
		_, err = h.editions.Reopen(t.Context(), e.ID)
		must(t, err)
		again, err := h.editions.Freeze(t.Context(), e.ID)
		must(t, err)
		if again.Hash == e.Hash {
			t.Error("the hash does not tell that the settings changed")
		}
	})
}
