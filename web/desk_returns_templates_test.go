package web_test

import (
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
)

// returnPages are the cases of the pages of what came back.
func returnPages(now time.Time, frame desk.Frame) map[string][]framed {
	frame.Section = "/desk/returns"
	long := strings.Repeat("a-very-long-name.", 12) + "example.org"
	dead := subscriptions.Bounce{ID: 1, Report: "r", At: now, Way: subscriptions.WaySMTP, Kind: subscriptions.ReturnBounce, Class: subscriptions.ReturnHard, Reason: subscriptions.ReasonUserUnknown,
		Status: "5.1.1", Action: "failed", Address: "anna@example.net", Domain: "example.net", Hash: "h", SubscriberID: 1, DeliveryID: 2, EditionID: 3,
		Diagnostic: "smtp; 550 5.1.1 <anna@example.net>: Recipient address rejected: User unknown in virtual mailbox table", Format: "rfc3464", Effect: subscriptions.EffectEnded, Kept: 4000}
	full := dead
	full.ID, full.Class, full.Reason, full.Effect, full.Address, full.Domain, full.At = 2, subscriptions.ReturnSoft, subscriptions.ReasonMailboxFull, subscriptions.EffectAsked, "somebody@"+long, long, now.Add(-40*24*time.Hour)
	full.Diagnostic, full.Behind = strings.Repeat("452 4.2.2 The recipient's mailbox is over its quota. ", 9), true
	spam := subscriptions.Bounce{ID: 3, At: now, Kind: subscriptions.ReturnComplaint, Class: subscriptions.ReturnComplains, Way: subscriptions.WaySES, Address: "ben@example.org", Domain: "example.org", Hash: "x", Effect: subscriptions.EffectEnded}
	stranger := subscriptions.Bounce{ID: 4, At: now, Kind: subscriptions.ReturnOther, Class: subscriptions.ReturnNone, Way: subscriptions.WayIMAP, Why: "an answer by a person"}
	forged := subscriptions.Bounce{ID: 5, At: now, Kind: subscriptions.ReturnBounce, Class: subscriptions.ReturnHard, Way: subscriptions.WayMaildir, Address: "x<script>@example.org", Effect: subscriptions.EffectStranger}
	gone := subscriptions.Bounce{ID: 6, At: now, Kind: subscriptions.ReturnDelay, Class: subscriptions.ReturnNone, Way: subscriptions.WayPipe, SubscriberID: 9}
	refused := subscriptions.Bounce{ID: 7, At: now, Kind: subscriptions.ReturnBounce, Class: subscriptions.ReturnSoft, Reason: subscriptions.ReasonPolicy, Way: subscriptions.WayRefused, Address: "c@example.org", Hash: "h", Effect: subscriptions.EffectCounted}
	all := []subscriptions.Bounce{dead, full, spam, stranger, forged, gone, refused}
	for i, k := range []subscriptions.ReturnKind{subscriptions.ReturnAutoreply, subscriptions.ReturnChallenge, subscriptions.ReturnDelivered, subscriptions.ReturnUnsubscribe, subscriptions.ReturnProbe, subscriptions.ReturnAlive, subscriptions.ReturnLifted} {
		b := subscriptions.Bounce{ID: int64(10 + i), At: now, Kind: k, Class: subscriptions.ReturnNone, Hash: "h", Address: "anna@example.net"}
		if i > 3 {
			b.Way = subscriptions.WayOurs
		}
		all = append(all, b)
	}
	text := "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail Returned to Sender\n\n<script>alert(1)</script>\n" + strings.Repeat("A long line of a message that came back. ", 20)
	standing := subscriptions.Standing{Verdict: subscriptions.AddressAsk, Score: 1.02}
	edition := subscriptions.Edition{ID: 3, Title: "January–March 2019"}
	return map[string][]framed{
		"desk/returns": {&desk.ReturnsPage{Frame: frame}, &desk.ReturnsPage{Frame: frame, Narrow: true, Query: desk.ReturnsQuery{Kind: "bounce", Class: "hard", Domain: long, Whose: "nobody"}},
			&desk.ReturnsPage{Frame: frame, All: all, On: "/desk/returns?before=1", Newest: "/desk/returns", Counts: map[subscriptions.ReturnKind]int{"bounce": 1204, "complaint": 1, "autoreply": 99}}},
		"desk/return": {&desk.ReturnPage{Frame: frame, Bounce: dead, Text: text, Size: 300_000, Cut: true, Edition: edition.Title, History: all, Standing: standing},
			&desk.ReturnPage{Frame: frame, Bounce: stranger}, &desk.ReturnPage{Frame: frame, Bounce: forged, Text: text}, &desk.ReturnPage{Frame: frame, Bounce: gone}, &desk.ReturnPage{Frame: frame, Bounce: refused}},
		"desk/return-figures": {&desk.ReturnFiguresPage{Frame: frame, Days: 30}, &desk.ReturnFiguresPage{Frame: frame, Days: 90,
			Editions: []desk.EditionComplaints{{Edition: edition, ComplaintRate: subscriptions.ComplaintRate{Complaints: 4, Sent: 1200}}, {Edition: edition}},
			Counts:   []subscriptions.BounceCount{{Domain: long, Reason: subscriptions.ReasonMailboxFull, Class: subscriptions.ReturnSoft, Kind: subscriptions.ReturnBounce, N: 1204}, {Class: subscriptions.ReturnComplains, Kind: subscriptions.ReturnComplaint, N: 1}}}},
	}
}
