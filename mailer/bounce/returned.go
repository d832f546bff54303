package bounce

import (
	"bytes"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// Take reads a message for the record: the report, its identity, and the message
// itself. The envelope's recipient, where a way in knows it, bears the token
// whatever the message says of it.
func Take(raw []byte, way subscriptions.Way, recipient string) (Report, subscriptions.Returned) {
	root := parse(bytes.NewReader(raw))
	report := read(root, 0)
	if report.Recipients == nil {
		report.Recipients = []Recipient{}
	}
	switch purpose, token, ok := subscriptions.MailToken(recipient); {
	case !ok:
	case purpose == subscriptions.PurposeDelivery:
		report.DeliveryToken = token
	case report.Kind == KindUnsubscribe || report.Kind == KindOther:
		report.Kind, report.UnsubscribeToken = KindUnsubscribe, token
	}
	r := subscriptions.Returned{Way: way, Kind: report.Kind, Token: report.DeliveryToken, Unsubscribe: report.UnsubscribeToken,
		Format: report.Format, Why: report.Why, Original: raw}
	for _, one := range report.Recipients {
		r.Recipients = append(r.Recipients, subscriptions.ReturnedRecipient{Address: one.Address, Class: one.Class, Reason: one.Reason, Status: one.Status,
			Action: one.Action, Diagnostic: one.Diagnostic})
	}
	if r.Kind == KindBounce && len(r.Recipients) == 0 && r.Token != "" {
		r.Recipients = []subscriptions.ReturnedRecipient{{Class: ClassSoft, Reason: Other}}
	}
	r.ID = identity(root, raw, r)
	return report, r
}

// identity stays the same when the message comes once more by another way, which
// adds fields on top. The token is in it: a stranger who guesses a Message-ID
// cannot take the place of the true report.
func identity(root *part, raw []byte, r subscriptions.Returned) string {
	if id := strings.TrimSpace(root.get("message-id")); id != "" {
		return subscriptions.ReportID("message", id, root.get("date"), root.get("from"), r.Token, r.Unsubscribe)
	}
	body := raw
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(blank)); i >= 0 {
			body = raw[i:]
			break
		}
	}
	body = bytes.ReplaceAll(bytes.TrimSpace(body), []byte("\r\n"), []byte("\n"))
	return subscriptions.ReportID("body", root.get("from"), root.get("subject"), root.get("date"), r.Token, r.Unsubscribe, string(body))
}

// Judge reads what a server answered to a letter of ours.
func Judge(code int, status, text string) (subscriptions.ReturnReason, subscriptions.ReturnClass) {
	if code > 0 {
		text = strings.TrimSpace(strconv.Itoa(code) + " " + status + " " + text)
	}
	reason, class, _ := diagnosis{text: text, status: enhanced(status)}.judge()
	return reason, class
}

// ClassOf is how bad a reason is. permanent matters where it tells nothing by itself.
func ClassOf(r subscriptions.ReturnReason, permanent bool) subscriptions.ReturnClass {
	return classOf(r, permanent)
}
