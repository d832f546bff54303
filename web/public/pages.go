package public

import "sesec.eu/tidings/web/page"

// Pages has the zero value of every page's struct, by the name of its template: what
// templates of an operator's own are tried with. (The inbox is the demo's.)
func Pages() map[string]any {
	return map[string]any{
		"public/home": HomePage{}, "public/subscribe": SubscribePage{}, "public/check": CheckPage{}, "public/subscribe-sent": PlainPage{},
		"public/confirm": ConfirmPage{}, "public/alive": AlivePage{}, "public/preferences": PreferencesPage{}, "public/paused": PausedPage{}, "public/address": AddressPage{},
		"public/manage": ManagePage{}, "public/manage-sent": PlainPage{}, "public/unsubscribe": UnsubscribePage{}, "public/unsubscribed": UnsubscribedPage{},
		"public/undone": UndonePage{}, "public/error": page.ErrorPage{}, "public/editions": EditionsPage{}, "public/edition": EditionPage{},
		"public/item": ItemPage{}, "public/topics": TopicsPage{}, "public/topic": TopicPage{}, "public/search": SearchPage{}, "public/webinars": WebinarsPage{},
		"public/webinar": WebinarPage{}, "public/register-sent": SentPage{}, "public/attend": SeatPage{}, "public/register": SeatPage{}, "public/registration": SeatPage{}, "public/glossary": GlossaryPage{}, "public/deadlines": DeadlinesPage{}, "public/own": OwnPage{}, "public/privacy": PrivacyPage{}, "public/erase": ErasePage{},
	}
}
