package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Exec runs SQL that only a test would.
func (s *Store) Exec(ctx context.Context, sql string, args ...any) error {
	return s.write(ctx).Exec(sql, args...).Error
}

// Columns lists a table's columns.
func (s *Store) Columns(ctx context.Context, table string) ([]string, error) {
	rows, err := s.read(ctx).Table(table).Limit(1).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Columns()
}

// Rows are a row struct for every table.
func Rows() map[string]any {
	return map[string]any{"topics": topicRow{}, "topic_slugs": topicSlugRow{}, "topic_moves": topicMoveRow{}, "subscribers": subscriberRow{}, "subscriptions": subscriptionRow{}, "consents": consentRow{},
		"suppressions": suppressionRow{}, "address_changes": addressChangeRow{}, "editors": editorRow{}, "editor_recovery_codes": recoveryCodeRow{}, "editor_sessions": sessionRow{}, "audit_events": auditRow{}, "webinars": webinarRow{}, "webinar_topics": webinarTopicRow{}, "registrations": registrationRow{}, "webinar_runs": webinarRunRow{}, "people_imports": peopleImportRow{}, "people_import_lists": peopleImportListRow{}, "people_import_lines": peopleImportLineRow{}, "deadline_wishes": deadlineWishRow{}, "deadline_reminders": deadlineReminderRow{}, "deadline_runs": deadlineRunRow{},
		"editions": editionRow{}, "edition_contents": contentRow{}, "items": itemRow{}, "item_topics": itemTopicRow{},
		"item_sources": itemSourceRow{}, "item_revisions": itemRevisionRow{}, "item_drafts": itemDraftRow{}, "glossary_terms": termRow{}, "glossary_revisions": termRevisionRow{}, "glossary_ignored": ignoredRow{}, "item_words": itemWordRow{}, "item_words_read": itemReadRow{}, "variants": variantRow{}, "deliveries": deliveryRow{}, "workers": workerRow{}, "retention": retentionRow{},
		"edition_items": editionItemRow{}, "edition_sections": editionSectionRow{}, "topic_set_counts": topicSetCountRow{}, "topic_set_counted": topicSetCountedRow{},
		"settings": settingsRow{}, "wordings": wordingRow{}, "pictures": pictureRow{}, "archive_entries": archiveEntryRow{}, "attachments": attachmentRow{}, "archive_topics": archiveTopicRow{},
		"imports": importRow{}, "import_entries": importEntryRow{}, "feeds": feedRow{}, "feed_topics": feedTopicRow{}, "feed_entries": feedEntryRow{},
		"bounces": bounceRow{}, "bounce_originals": originalRow{},
		"preflights": preflightRow{}, "preflight_acknowledgements": acknowledgementRow{}, "link_answers": linkAnswerRow{}, "personas": personaRow{},
		"seed_groups": seedGroupRow{}, "seed_addresses": seedAddressRow{}, "test_sends": testSendRow{}, "test_letters": testLetterRow{}}
}

// OpenKeeping and MaxIdle are for the test of kept statements.
var OpenKeeping = openKeeping

const MaxIdle = maxIdle

// IsPostgres tells the tests which database they run on.
func (s *Store) IsPostgres() bool { return s.postgres }

// BacklogQueries are what the backlog asks, with arguments that fit.
func BacklogQueries() map[string][]any {
	return map[string][]any{firstOfNone: {lowestPriority}, firstOfEdition: {1, lowestPriority}, freeMail: nil, heldMail: nil, waitingLetters: {1, 10, time.Now(), 10}}
}

// RetentionQueries are what the retention clocks ask, each with the index that
// answers it.
func RetentionQueries(now time.Time) map[string]struct {
	Index string
	Args  []any
} {
	return map[string]struct {
		Index string
		Args  []any
	}{
		dueUnconfirmed:          {"subscribers_unconfirmed", []any{now, now, 1000}},
		dueLeft:                 {"subscribers_left", []any{now, now, 1000}},
		dueIPs:                  {"consents_whole_ip", []any{now, 1000}},
		dropIPs:                 {"consents_ip", []any{now, 1000}},
		duePendingRegistrations: {"registrations_pending", []any{now, 1000}},
		dueRegistrations:        {"registrations_webinar|registrations_address", []any{now, 1000}}, // both hold only what is not forgotten
		dropAddressChanges:      {"address_changes_created", []any{now, now, 1000}},
		nextDeliveries:          {"PRIMARY KEY|deliveries_pkey", []any{7, 1000}},
		dropAnswers:             {"PRIMARY KEY|deliveries_pkey", []any{7, 1000}},
		dueAuditIPs:             {"audit_events_whole_ip", []any{now, 1000}},
		dropAuditIPs:            {"audit_events_ip", []any{now, 1000}},
		dropDeskLetters:         {"deliveries_desk", []any{now, 1000}},
		dropTestLetters:         {"deliveries_test", []any{now, 1000}},
	}
}

// Explain gives the plan of a query.
func (s *Store) Explain(ctx context.Context, query string, args ...any) (string, error) {
	if s.postgres {
		var lines []string
		err := s.read(ctx).Transaction(func(tx *gorm.DB) error {
			// A table this small is otherwise read from end to end.
			if err := tx.Exec("SET LOCAL enable_seqscan = off").Error; err != nil {
				return err
			}
			return tx.Raw("EXPLAIN "+query, args...).Scan(&lines).Error
		})
		return strings.Join(lines, "\n"), err
	}
	var steps []struct{ Detail string }
	err := s.read(ctx).Raw("EXPLAIN QUERY PLAN "+query, args...).Scan(&steps).Error
	var plan strings.Builder
	for _, step := range steps {
		plan.WriteString(step.Detail + "\n")
	}
	return plan.String(), err
}

// Watch notes the queries that f asks, as SQL with the values in it.
func (s *Store) Watch(f func()) ([]string, error) {
	var queries []string
	note := func(db *gorm.DB) {
		queries = append(queries, db.Explain(db.Statement.SQL.String(), db.Statement.Vars...))
	}
	on := s.r.Callback()
	err := errors.Join(on.Query().After("gorm:query").Register("watch", note), on.Row().After("gorm:row").Register("watch", note))
	if err == nil {
		f()
		err = errors.Join(on.Query().Remove("watch"), on.Row().Remove("watch"))
	}
	return queries, err
}

// ForgetArchive takes the archive's rows away, as they were before there were any.
func (s *Store) ForgetArchive(ctx context.Context) error {
	return s.tx(ctx, func(tx *Store) error {
		for _, statement := range []string{"DELETE FROM archive_search", "DELETE FROM archive_topics", "DELETE FROM archive_entries", "UPDATE edition_contents SET indexed = 0"} {
			if err := tx.write(ctx).Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// ItemQueries are what finds items alike, each with the index that answers it.
func ItemQueries() map[string]string {
	return map[string]string{alikeByStandard + " LIMIT ?": "items_standard_key", alikeByLink + " LIMIT ?": "item_sources_url_key"}
}
