package subscriptions

import "strings"

// What came back, in the words of the desk.

// Words say in a few words what came back.
func (b Bounce) Words() string {
	switch b.Kind {
	case ReturnBounce:
		words := b.Reason.Words()
		if b.Reason == "" || b.Reason == ReasonOther {
			words = "not delivered"
		}
		return strings.ToUpper(words[:1]) + words[1:]
	case ReturnComplaint:
		return "Reported as spam"
	case ReturnDelay:
		return "Late, still tried"
	case ReturnAutoreply:
		return "Answered by a machine"
	case ReturnChallenge:
		return "Asked to prove that we are people"
	case ReturnDelivered:
		return "Delivered, or read"
	case ReturnUnsubscribe:
		return "Wants to leave"
	case ReturnProbe:
		return "Asked whether it works"
	case ReturnAlive:
		return "Its owner has answered"
	case ReturnLifted:
		return "Lifted by an editor"
	}
	return "Not understood"
}

// Followed says what came of it, in a few words.
func (b Bounce) Followed() string {
	switch b.Effect {
	case EffectCounted:
		return "Remembered"
	case EffectAsked:
		return "The address is asked"
	case EffectEnded:
		return "Letters ended"
	case EffectLeft:
		return "They have left"
	case EffectTooLate:
		return "Suppressed already"
	case EffectStranger:
		return "Proves nothing"
	}
	if b.Way == WayOurs {
		return ""
	}
	return "Nothing"
}

// Words say how it got here.
func (w Way) Words() string {
	switch w {
	case WayRefused:
		return "at once"
	case WayPipe:
		return "by a pipe"
	case WaySMTP:
		return "by mail"
	case WayIMAP:
		return "from a mailbox"
	case WayMaildir:
		return "from a folder"
	case WayOurs:
		return "by ourselves"
	case WaySES:
		return "from Amazon SES"
	case WayPostmark:
		return "from Postmark"
	case WaySendGrid:
		return "from SendGrid"
	case WayMailgun:
		return "from Mailgun"
	case WayBrevo:
		return "from Brevo"
	}
	return string(w)
}
