package subscriptions_test

import (
	"testing"
	"unicode/utf16"

	"sesec.eu/tidings/subscriptions"
)

// utf16le is how Teams writes its lists.
func utf16le(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// Lists as the usual tools export them, shortened.
func TestListsOfAttendees(t *testing.T) {
	t.Parallel()
	both := []subscriptions.Attendee{{Address: "a@example.org", Name: "Anna Berg", Attended: true}, {Address: "b@example.org", Name: "Ben Li"}}
	for name, c := range map[string]struct {
		list string
		want []subscriptions.Attendee
	}{
		"GoToWebinar": {"Attendee Report:,AI in China\n\nGeneral Information\nWebinar Name,Webinar ID\nAI in China,123-456\n\nAttendee Details\nAttended,Interest Rating,Last Name,First Name,Email Address,Time in Session\nYes,88,Berg,Anna,a@example.org,58 minutes\nNo,--,Li,Ben,b@example.org,--\n", both},
		"Zoom": {"Attendee Report\nReport Generated:,\"Jun 11, 2019 11:00 AM\"\nTopic,Webinar ID\nAI,1\nHost Details,\nAttended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes)\nYes,Host,host@example.org,x,y,60,\nAttendee Details,\nAttended,User Name (Original Name),First Name,Last Name,Email,Time in Session (minutes)\nYes,Anna Berg,Anna,Berg,a@example.org,58,\nNo,Ben Li,Ben,Li,b@example.org,--,\n",
			append([]subscriptions.Attendee{{Address: "host@example.org", Name: "Host", Attended: true}}, both...)},
		"Teams": {utf16le("1. Summary\nMeeting title\tAI\n\n2. Participants\nName\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\nAnna Berg\t6/11/19\t6/11/19\t58m 3s\ta@example.org\ta@example.org\tAttendee\n"),
			both[:1]},
		"Webex":                          {"Attended;Name;Email;Attendance Duration\nYes;Anna Berg;a@example.org;58 mins\nNo;Ben Li;b@example.org;-\n", both},
		"only a time says who was there": {"Name,Email,Duration (Minutes)\nAnna Berg,a@example.org,58\nBen Li,b@example.org,0\n", both},
		"a list of those who came":       {"Email\na@example.org\nnot an address\n", []subscriptions.Attendee{{Address: "a@example.org", Attended: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := subscriptions.ReadAttendance([]byte(c.list))
			must(t, err)
			same(t, c.want, got)
		})
	}
	for _, bad := range []string{"", "a,b\nc,d\n", "\xff\xfea"} {
		_, err := subscriptions.ReadAttendance([]byte(bad))
		fails(t, err, subscriptions.Invalid)
	}
}

func FuzzReadAttendance(f *testing.F) {
	f.Add([]byte("Attended,Email\nYes,a@example.org\n"))
	f.Add([]byte(utf16le("Name\tEmail\nA\ta@example.org\n")))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = subscriptions.ReadAttendance(data) })
}
