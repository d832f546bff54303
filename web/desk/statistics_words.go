package desk

import (
	"cmp"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// Sentences tell the report's numbers in words, the most important first.
func (p *StatisticsPage) Sentences() []string {
	var said []string
	say := func(s string) { said = append(said, s) }
	m := p.Sum
	last := p.Span.To
	if today := subscriptions.DateOf(p.At.UTC()); today.Compare(last) < 0 {
		last = today
	}
	switch off := m.End - m.Start; {
	case off > 0:
		say("On " + last.Words() + " the newsletter had " + page.Count(m.End, "reader", "readers") + ", " + page.Number(off) + " more than at the beginning of the period.")
	case off < 0:
		say("On " + last.Words() + " the newsletter had " + page.Count(m.End, "reader", "readers") + ", " + page.Number(-off) + " fewer than at the beginning of the period.")
	default:
		say("On " + last.Words() + " the newsletter had " + page.Count(m.End, "reader", "readers") + ", as many as at the beginning of the period.")
	}
	came := page.Count(m.Joined, "person", "people") + " joined"
	if m.Back > 0 {
		came += ", " + page.Number(m.Back) + " who had left came back"
	}
	came += ", and " + page.Number(m.Left) + " left"
	if p.Known {
		came += "; in the same time before it were " + page.Number(p.Before.Joined) + " and " + page.Number(p.Before.Left)
	}
	say(came + ".")
	if m.SignedUp > 0 {
		say("The form was sent by " + page.Count(m.SignedUp, "person", "people") + "; who does not confirm by a link in a letter gets nothing and is forgotten.")
	}
	switch {
	case m.Editions == 0:
		say("No edition was sent.")
	default:
		s := page.Count(m.Editions, "edition was", "editions were") + " sent, in " + page.Count(m.Letters, "letter", "letters")
		if m.Editions > 1 {
			s += "; the largest reached " + page.Count(m.Reached, "person", "people")
		}
		if p.Known && p.Before.Editions > 0 {
			s += ". Before it were " + page.Count(p.Before.Editions, "edition", "editions") + " with " + page.Count(p.Before.Letters, "letter", "letters")
		}
		say(s + ".")
	}
	if lost := p.lostLetters(); lost > 0 {
		say(page.Count(lost, "letter", "letters") + " could not be delivered (" + share(lost, p.planned()) + ")" + ", most often for this reason: " + p.Lost[0].Key + ".")
	}
	if m.Complain > 0 {
		say(page.Count(m.Complain, "person", "people") + " reported a letter as spam; nothing more is sent to them.")
	}
	var ill []string
	for _, t := range p.Topics {
		if why := t.Health(); why != "" {
			ill = append(ill, cmp.Or(t.Topic.Name, t.Topic.ShortName)+" ("+why+")")
		}
	}
	if len(ill) > 0 {
		say("To look at: " + page.List(ill) + ".")
	}
	return said
}

func (p *StatisticsPage) lostLetters() (n int) {
	for _, f := range p.Lost {
		n += f.N
	}
	return n
}

func (p *StatisticsPage) planned() (n int) {
	for _, e := range p.Editions {
		n += e.Books.Planned
	}
	return n
}
