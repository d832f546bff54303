package subscriptions

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// WebinarEdit is a webinar as an editor writes it: times are wall clocks of the
// zone, as 2019-06-11 09:30.
type WebinarEdit struct {
	Version         int // that was edited; another one has been saved since: Conflict
	Title           string
	Slug            string // "" makes one of the title; fixed once announced
	Topics          []string
	Starts, Ends    string // fixed once announced: see Move
	Zone            string // the same
	Language        string
	Presenters      []Presenter
	Contents        string
	RegistrationURL string
	JoinURL         string
	Capacity        string // "" for no limit
	RegisterUntil   string // "" for the start
	Questions       []Question
	Reminders       string // "7d 24h 1h", "none", "" for the standard ones
	RecordingURL    string
	SlidesURL       string
	Tells           bool // who saves may have it told to the registered
}

// The bounds of a webinar's texts, in characters.
const (
	MaxContents   = 20_000
	MaxPresenters = 8
	MaxBiography  = 1_000
	maxWhy        = 300
)

const wallClock = "2006-01-02 15:04"

// EditOfWebinar gives it as a form shows it.
func EditOfWebinar(w Webinar, topics []Topic) WebinarEdit {
	loc, err := LoadZone(w.Zone)
	if err != nil {
		loc = time.UTC // its zone was checked when it was saved
	}
	e := WebinarEdit{Version: w.Version, Title: w.Title, Slug: w.Slug, Topics: slugsOf(topicsIn(topics, NewTopicSet(w.Topics...))), Zone: w.Zone, Language: w.Language,
		Presenters: w.Presenters, Contents: w.Contents, RegistrationURL: w.RegistrationURL, JoinURL: w.JoinURL, Questions: w.Questions,
		RecordingURL: w.RecordingURL, SlidesURL: w.SlidesURL}
	if !w.Starts.IsZero() {
		e.Starts, e.Ends = w.Starts.In(loc).Format(wallClock), w.Ends.In(loc).Format(wallClock)
	}
	if w.Capacity > 0 {
		e.Capacity = strconv.Itoa(w.Capacity)
	}
	if !w.RegisterUntil.IsZero() {
		e.RegisterUntil = w.RegisterUntil.In(loc).Format(wallClock)
	}
	if w.Reminders != nil {
		e.Reminders = WindowNames(w.Reminders)
	}
	return e
}

// ReadSchedule reads a start and an end on the wall clock of a zone, and tells every
// fault.
func ReadSchedule(starts, ends, zone string) (from, to time.Time, err error) {
	loc, err := LoadZone(zone)
	if err != nil {
		return from, to, err
	}
	from, errFrom := ParseLocalTime("starts", strings.TrimSpace(starts), loc)
	to, errTo := ParseLocalTime("ends", strings.TrimSpace(ends), loc)
	if errFrom == nil && errTo == nil && !to.After(from) {
		errTo = invalid("ends", "the webinar ends before it starts")
	}
	return from, to, errors.Join(errFrom, errTo)
}

// apply puts the edit into the webinar and tells every fault. What is fixed by its
// state stays.
func (e WebinarEdit) apply(w *Webinar, all []Topic) error {
	var faults []error
	fault := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	draft := w.State == WebinarDraft
	w.Title = strings.Join(strings.Fields(e.Title), " ")
	if draft {
		w.Slug = cmp.Or(strings.TrimSpace(e.Slug), Slugify(e.Title))
		var err error
		if w.Starts, w.Ends, err = ReadSchedule(e.Starts, e.Ends, e.Zone); err != nil {
			fault(err)
		} else {
			w.Zone = e.Zone
		}
	}
	topics, err := pickTopics(all, e.Topics)
	fault(err)
	w.Topics = nil
	for _, t := range topics {
		w.Topics = append(w.Topics, t.ID)
	}
	w.Language = strings.Join(strings.Fields(e.Language), " ")
	w.Contents = strings.ReplaceAll(strings.TrimSpace(e.Contents), "\r\n", "\n")
	if utf8.RuneCountInString(w.Contents) > MaxContents {
		fault(invalid("contents", "the contents have more than %d characters", MaxContents))
	}
	w.Presenters, err = cleanPresenters(e.Presenters)
	fault(err)
	w.RegistrationURL, w.JoinURL = strings.TrimSpace(e.RegistrationURL), strings.TrimSpace(e.JoinURL)
	w.RecordingURL, w.SlidesURL = strings.TrimSpace(e.RecordingURL), strings.TrimSpace(e.SlidesURL)
	w.Capacity = 0
	if s := strings.TrimSpace(e.Capacity); s != "" {
		if w.Capacity, err = strconv.Atoi(s); err != nil || w.Capacity < 1 || w.Capacity > 1_000_000 {
			fault(invalid("capacity", "the capacity is a number of people, or nothing"))
		}
	}
	w.RegisterUntil = time.Time{}
	if s := strings.TrimSpace(e.RegisterUntil); s != "" {
		if loc, errZone := LoadZone(w.Zone); errZone == nil {
			w.RegisterUntil, err = ParseLocalTime("register_until", s, loc)
			fault(err)
		}
	}
	w.Reminders, err = ParseWindows(e.Reminders)
	fault(err)
	w.Questions = e.Questions
	if len(faults) == 0 {
		fault(w.Validate())
	}
	return errors.Join(faults...)
}

func cleanPresenters(given []Presenter) ([]Presenter, error) {
	var kept []Presenter
	for _, p := range given {
		name, err := CleanName("presenters", p.Name)
		if err != nil {
			return nil, err
		}
		role, err := CleanName("presenters", p.Role)
		if err != nil {
			return nil, err
		}
		p = Presenter{Name: name, Role: role, Biography: strings.TrimSpace(p.Biography)}
		switch {
		case p == (Presenter{}):
			continue
		case p.Name == "":
			return nil, invalid("presenters", "a presenter needs a name")
		case utf8.RuneCountInString(p.Biography) > MaxBiography:
			return nil, invalid("presenters", "the biography of %s has more than %d characters", p.Name, MaxBiography)
		}
		kept = append(kept, p)
	}
	if len(kept) > MaxPresenters {
		return nil, invalid("presenters", "%d presenters are the most", MaxPresenters)
	}
	return kept, nil
}
