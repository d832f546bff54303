package desk

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ReleasePage leads an edition from its freeze to its last letter. It says in one
// sentence what comes next, and has one dark button for that.
type ReleasePage struct {
	Frame
	EditionSteps
	Edition subscriptions.Edition
	Stage   string // collecting, frozen, waiting, approved, far, ordered, sending, paused, sent, cancelled
	Next    string // the sentence
	Path    string
	Read    string // where one reads it before approving
	Fault   string // why what was sent was not done; "" when nothing was
	Hint    string
	Faults  page.Faults

	Entries int
	Letters int // different ones
	Count   subscriptions.HeadCount
	Authors []subscriptions.Authorship
	Barred  string                           // why the visitor may not approve; "" when they may
	Open    string                           // why nobody may yet: what the preflight found; "" when nothing
	Cooling int                              // minutes
	Late    []subscriptions.PreflightFinding // what time does to it until the moment it is ordered for

	// What stands in the forms.
	Note, Day, Hour, Zone, Rate string
	Zones                       []string

	Numbers   ProgressView
	Live      bool                     // the page follows by itself
	Uncertain []subscriptions.Delivery // the first of them, for who may see addresses
	More      int                      // uncertain ones beyond those
	Failed    []subscriptions.Delivery // the latest answers
}

const (
	shownUncertain = 50
	shownFailed    = 5
)

func releasePath(id int64) string { return editionPath(id) + "/release" }

// release shows the page.
func (d *Desk) release(v *Visit) error {
	p, err := d.releasePage(v)
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/release", p)
}

// releaseAgain shows the page as it is now, with why something was not done.
func (d *Desk) releaseAgain(v *Visit, cause error, change func(p *ReleasePage)) error {
	var fault *subscriptions.Error
	if !errors.As(cause, &fault) || fault.Code == subscriptions.NotFound || fault.Code == subscriptions.Internal || fault.Code == subscriptions.Unavailable {
		return cause
	}
	p, err := d.releasePage(v)
	if err != nil {
		return err
	}
	if faults, ok := page.FaultsOf(cause); ok && fault.Field != "" {
		p.Faults = faults
	} else {
		p.Fault, p.Hint = page.Sentence(fault.Message), page.Sentence(fault.Hint)
	}
	if change != nil {
		change(p)
	}
	return d.show(v, page.Status(cause), "desk/release", p)
}

func (d *Desk) releasePage(v *Visit) (*ReleasePage, error) {
	ctx := v.Request.Context()
	e, err := d.Editions.Store.FindEdition(ctx, v.id())
	if err != nil {
		return nil, err
	}
	p := &ReleasePage{Frame: Frame{Title: "Release of " + e.Title, Section: "/desk/editions"}, EditionSteps: d.editionSteps(v, e, "/release"), Edition: e, Path: releasePath(e.ID)}
	p.Read = editionPath(e.ID)
	for _, part := range p.Parts {
		if strings.HasSuffix(part.Path, "/preview") {
			p.Read = part.Path
		}
	}
	content, err := d.Editions.Collect(ctx, e.ID)
	if err != nil && (subscriptions.CodeOf(err) != subscriptions.NotFound || e.State != subscriptions.EditionCancelled) {
		return nil, err
	}
	p.Entries = len(content.Entries)
	rules, err := d.Editions.Rules(ctx)
	if err != nil {
		return nil, err
	}
	p.Cooling = int(rules.Cooling.Minutes())
	if e.StartedAt.IsZero() && e.State != subscriptions.EditionCancelled {
		reach, err := d.Reach.Of(ctx, content)
		if err != nil {
			return nil, err
		}
		p.Letters, p.Count = reach.Letters, subscriptions.HeadCount{People: reach.People, At: reach.At}
	}
	if p.Authors, err = d.Editions.Store.EditionAuthors(ctx, e.ID); err != nil {
		return nil, err
	}
	if e.State == subscriptions.EditionFrozen || e.State == subscriptions.EditionApproved {
		if err := d.approval(v, p); err != nil {
			return nil, err
		}
	}
	d.stage(p)
	if p.Stage == "ordered" && e.Scheduled() {
		if zone, err := subscriptions.LoadZone(d.Pages.Identity().Zone); err == nil {
			p.Late = subscriptions.LateFindings(content, e.SendAt, zone)
		}
	}
	if !e.StartedAt.IsZero() || !e.SendAt.IsZero() {
		if err := d.follow(v, p); err != nil {
			return nil, err
		}
	}
	d.form(p)
	return p, nil
}

// approval says what speaks against approving it.
func (d *Desk) approval(v *Visit, p *ReleasePage) error {
	ctx, mine := v.Request.Context(), d.Editions.As(v.By())
	if err := mine.MayApprove(ctx, p.Edition); err != nil {
		if subscriptions.CodeOf(err) != subscriptions.Refused {
			return err
		}
		p.Barred = "You wrote it last, or froze it. " + page.Sentence(subscriptions.HintOf(err))
	}
	if d.Preflight == nil {
		return nil
	}
	verdict, err := d.Preflight.Verdict(ctx, p.Edition.ID)
	if err == nil && !verdict.May {
		p.Open = verdict.Why + " " + verdict.Do
	}
	return err
}

// stage says where the edition stands, as the page's forms have it.
func (d *Desk) stage(p *ReleasePage) {
	e := p.Edition
	p.Stage = string(e.State)
	switch {
	case e.State == subscriptions.EditionCollecting:
		p.Next = "It is being collected. When it is complete, freeze and submit it: a publisher approves exactly that copy."
		if p.Entries == 0 {
			p.Next = "It holds nothing yet. Published items of its period fall in by themselves."
		}
	case e.State == subscriptions.EditionFrozen && e.SubmittedAt.IsZero():
		p.Next = "It is frozen. Submit it, and a publisher who did not write it approves it."
	case e.State == subscriptions.EditionFrozen:
		p.Stage, p.Next = "waiting", e.SubmittedBy+" asked for approval "+d.Pages.DayAndHour(e.SubmittedAt)+". A publisher who did not write it looks at it and approves."
	case e.State == subscriptions.EditionApproved && !e.SendAt.IsZero():
		p.Stage, p.Next = "ordered", "The first letter leaves "+d.leaves(e)+". Until then the order can be taken back."
	case e.State == subscriptions.EditionApproved && p.Far():
		p.Stage, p.Next = "far", "It was approved for "+page.Count(e.Approved.People, "person", "people")+", and "+page.Number(p.Count.People)+" would get it today. It waits for an approval of that."
	case e.State == subscriptions.EditionApproved:
		p.Next = e.ApprovedBy + " approved it " + d.Pages.DayAndHour(e.ApprovedAt) + ". Send it now, or choose the moment."
	case e.State == subscriptions.EditionCancelled && e.StartedAt.IsZero():
		p.Next = "It was cancelled " + d.Pages.DayAndHour(e.CancelledAt) + ", and nothing of it has left."
	}
}

// Far reports whether so many more or fewer would get it that it is to be approved
// once more.
func (p *ReleasePage) Far() bool {
	return !p.Count.At.IsZero() && p.Edition.Approved.Far(p.Count.People)
}

// follow reads the numbers of a send, and what a person has to decide about.
func (d *Desk) follow(v *Visit, p *ReleasePage) error {
	ctx := v.Request.Context()
	now, err := d.Progress.Of(ctx, p.Edition.ID)
	if err != nil {
		return err
	}
	now.Edition = p.Edition // of this moment
	p.Numbers = d.progressView(now)
	if p.Next == "" {
		p.Next = p.Numbers.Sum
	}
	p.Live = p.Edition.State == subscriptions.EditionApproved || p.Edition.State == subscriptions.EditionSending || p.Edition.State == subscriptions.EditionPaused
	if now.Books.Uncertain > 0 && v.May(subscriptions.RolePublisher) {
		p.Uncertain, err = d.Editions.Store.Deliveries(ctx, subscriptions.DeliveryFilter{EditionID: p.Edition.ID, Limit: shownUncertain,
			States: []subscriptions.DeliveryState{subscriptions.DeliveryUncertain}})
		if err != nil {
			return err
		}
		p.More = max(now.Books.Uncertain-len(p.Uncertain), 0)
	}
	if now.Books.Failed > 0 && v.May(subscriptions.RolePublisher) {
		p.Failed, err = d.Editions.Store.Deliveries(ctx, subscriptions.DeliveryFilter{EditionID: p.Edition.ID, Limit: shownFailed,
			States: []subscriptions.DeliveryState{subscriptions.DeliveryFailed}})
	}
	return err
}

// form fills in what the forms begin with: tomorrow at nine.
func (d *Desk) form(p *ReleasePage) {
	identity := d.Pages.Identity()
	p.Zone, p.Zones = identity.Zone, []string{identity.Zone}
	if identity.Second != identity.Zone {
		p.Zones = append(p.Zones, identity.Second)
	}
	p.Zones = append(p.Zones, "UTC")
	zone, err := subscriptions.LoadZone(p.Zone)
	if err != nil {
		return
	}
	p.Day, p.Hour = subscriptions.DateOf(d.Now().In(zone)).AddDays(1).String(), "09:00"
	if p.Edition.Rate > 0 {
		p.Rate = strconv.FormatFloat(p.Edition.Rate, 'f', -1, 64)
	}
}
