package main

import (
	"context"
	"fmt"
	"strings"

	"sesec.eu/tidings/mailer/bounce"
	"sesec.eu/tidings/subscriptions"
)

// demoReturn is a message that comes back in the demo; none ends anybody's letters.
type demoReturn struct {
	stranger              bool // it bears no token of ours
	from, subject         string
	status, said, headers string
}

var demoReturnMail = []demoReturn{
	{from: "MAILER-DAEMON@mx.example.net", subject: "Undelivered Mail Returned to Sender", status: "5.2.2", said: "smtp; 552 5.2.2 Mailbox full"},
	{from: "A reader <reader@example.net>", subject: "Automatic reply: January–March 2019", headers: "Auto-Submitted: auto-replied\n", said: "I am out of the office until Monday."},
	{from: "postmaster@example.com", subject: "Undeliverable: January–March 2019", status: "5.7.1", said: "smtp; 550 5.7.1 Message refused by policy"},
	{stranger: true, from: "MAILER-DAEMON@mx.example.org", subject: "failure notice", status: "5.1.1", said: "smtp; 550 5.1.1 No such user"},
}

// demoReturns has something come back of what the edition sent, as a mail server
// would bring it.
func (a *app) demoReturns(ctx context.Context, edition int64) error {
	sent, err := a.store.Deliveries(ctx, subscriptions.DeliveryFilter{EditionID: edition, States: []subscriptions.DeliveryState{subscriptions.DeliverySent}, Limit: len(demoReturnMail)})
	if err != nil {
		return err
	}
	for i, d := range sent {
		m := demoReturnMail[i]
		to := "bounce@example.org"
		if !m.stranger {
			if to, err = subscriptions.WithMailToken(to, a.keys.Issue(subscriptions.PurposeDelivery, d.SubscriberID, d.ID, d.CreatedAt)); err != nil {
				return err
			}
		}
		_, returned := bounce.Take([]byte(m.text(i, to, d.Address)), subscriptions.WaySMTP, to)
		if _, err := a.bounces.Record(ctx, returned); err != nil {
			return fmt.Errorf("record what came back in the demo: %w", err)
		}
	}
	return nil
}

func (m demoReturn) text(n int, to, address string) string {
	head := fmt.Sprintf("Return-Path: <>\nFrom: %s\nTo: %s\nSubject: %s\nMessage-ID: <demo-%d@mx.example.net>\nDate: Mon, 1 Apr 2019 09:30:00 +0000\n%s", m.from, to, m.subject, n, m.headers)
	if m.status == "" {
		return strings.ReplaceAll(head+"\n"+m.said+"\n", "\n", "\r\n")
	}
	return strings.ReplaceAll(head+fmt.Sprintf(`Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Your message could not be delivered to %[1]s.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; %[1]s
Action: failed
Status: %[2]s
Diagnostic-Code: %[3]s
--b--
`, address, m.status, m.said), "\n", "\r\n")
}
