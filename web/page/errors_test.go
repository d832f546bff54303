package page_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

func TestStatus(t *testing.T) {
	tests := []struct {
		code subscriptions.Code
		want int
	}{
		{subscriptions.Invalid, 422}, {subscriptions.NotFound, 404}, {subscriptions.Conflict, 409}, {subscriptions.Refused, 409},
		{subscriptions.Expired, 410}, {subscriptions.Forged, 404}, {subscriptions.Unavailable, 503}, {subscriptions.Internal, 500},
	}
	for _, test := range tests {
		err := fmt.Errorf("read a page: %w", &subscriptions.Error{Code: test.code, Message: "x"})
		if got := page.Status(err); got != test.want {
			t.Errorf("%s answers %d, want %d", test.code, got, test.want)
		}
	}
	if got := page.Status(errors.New("disk full")); got != 500 {
		t.Errorf("an unknown fault answers %d", got)
	}
}

func TestFaultsOf(t *testing.T) {
	email := &subscriptions.Error{Code: subscriptions.Invalid, Field: "email", Message: "enter an e-mail address"}
	topics := &subscriptions.Error{Code: subscriptions.Invalid, Field: "topics", Message: "choose at least one topic", Hint: "Or unsubscribe instead."}
	tests := []struct {
		name string
		err  error
		want page.Faults
		ok   bool
	}{
		{"one fault is one sentence", email, page.Faults{{Field: "email", Message: "Enter an e-mail address."}}, true},
		{"a hint is a second sentence", topics, page.Faults{{Field: "topics", Message: "Choose at least one topic. Or unsubscribe instead."}}, true},
		{"several are all told", errors.Join(email, topics), page.Faults{{Field: "email", Message: "Enter an e-mail address."},
			{Field: "topics", Message: "Choose at least one topic. Or unsubscribe instead."}}, true},
		{"a wrapped one is found", fmt.Errorf("subscribe: %w", email), page.Faults{{Field: "email", Message: "Enter an e-mail address."}}, true},
		{"a fault of ours is not for the form", errors.New("disk full"), nil, false},
		{"nor is one of ours among theirs", errors.Join(email, errors.New("disk full")), nil, false},
		{"nor one without a field", &subscriptions.Error{Code: subscriptions.Invalid, Message: "x"}, nil, false},
		{"nor a link that has expired", &subscriptions.Error{Code: subscriptions.Expired, Field: "email", Message: "x"}, nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := page.FaultsOf(test.err)
			if ok != test.ok || !slices.Equal(got, test.want) {
				t.Errorf("%+v %v, want %+v %v", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestInOrder(t *testing.T) {
	faults := page.Faults{{Field: "email"}, {Field: "name"}, {Field: "topics"}}.InOrder("topics", "email", "name")
	if faults[0].Field != "topics" || faults[2].Field != "name" {
		t.Errorf("%+v", faults)
	}
}

func TestSentence(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"this link has expired", "This link has expired."},
		{"Already one.", "Already one."},
		{"what then?", "What then?"},
		{"étage", "Étage."},
		{"  spaces ", "Spaces."},
	}
	for _, test := range tests {
		if got := page.Sentence(test.in); got != test.want {
			t.Errorf("Sentence(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}
