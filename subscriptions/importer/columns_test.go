package importer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

// people writes what Lists makes of a file: "address|name|organisation|topics".
func people(t *testing.T, list string) (head subscriptions.ListHead, rows []string) {
	t.Helper()
	head, err := importer.Lists{}.Head([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	for r := range (importer.Lists{}).Rows([]byte(list), head.Guess) {
		if r.Err != nil {
			rows = append(rows, fmt.Sprintf("%d: %v", r.Line, r.Err))
			continue
		}
		rows = append(rows, fmt.Sprintf("%d %s|%s|%s|%s", r.Line, r.Email, r.Name, r.Organisation, strings.Join(r.Topics, "+")))
	}
	return head, rows
}

func TestColumnsAreRecognisedInThreeLanguages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"English", "First name,Last name,E-mail address,Company,Topics\nAnn,Example,a@example.org,Acme,IoT;Blockchain\n", "2 a@example.org|Ann Example|Acme|IoT+Blockchain"},
		{"German", "Vorname;Name;E-Mail-Adresse:;Firma;Themen\nÄnne;Muster;a@example.org;Verband;IoT, Blockchain\n", "2 a@example.org|Änne Muster|Verband|IoT+Blockchain"},
		{"German, of Excel", "Vorname;Nachname;E-Mail\n\xc4nne;M\xfcller;a@example.org\n", "2 a@example.org|Änne Müller||"},
		{"French", "Prénom,NOM,Courriel,Organisme,Centres d’intérêt\nZoé,Modèle,z@example.org,Institut,IoT\n", "2 z@example.org|Zoé Modèle|Institut|IoT"},
		{"a last name alone is the name", "nom,adresse_e-mail *\nModèle,z@example.org\n", "2 z@example.org|Modèle||"},
		{"a name beside two names is left aside", "name,first name,last name,mail\nx,Ann,Example,a@example.org\n", "2 a@example.org|Ann Example||"},
		{"no headings", "a@example.org\nb@example.org\n", "1 a@example.org|||, 2 b@example.org|||"},
		{"no headings, a name first", "Ann,a@example.org\nBen,b@example.org,more\n", "1 a@example.org|Ann||, 2 b@example.org|Ben||"},
		{"as mail programs write", "Ann Example <a@example.org>\n\"Ben, B.\" <b@example.org>\n", "1 a@example.org|Ann Example||, 2: a quotation mark stands in the middle of a field"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, rows := people(t, tt.in); strings.Join(rows, ", ") != tt.want {
				t.Errorf("reads %q, want %q", strings.Join(rows, ", "), tt.want)
			}
		})
	}
	if head, _ := people(t, "x,y\n"+strings.Repeat("a@example.org,1\n", 9)); head.Guess.Email != -1 || head.Rows != 9 || len(head.Sample) != 5 || !head.Named {
		t.Errorf("columns that nobody knows: %+v", head)
	}
}

func TestColumnsCanBeTold(t *testing.T) {
	t.Parallel()
	read := func(in string, told map[string]string) (rows []string) {
		for r := range importer.SubscribersBy(strings.NewReader(in), told) {
			rows = append(rows, fmt.Sprint(r.Email, "|", r.Name, "|", r.Err))
		}
		return rows
	}
	if got := read("Name,Contact address\nA,a@example.org\n", map[string]string{"email": "contact ADDRESS"}); !slices.Equal(got, []string{"a@example.org|A|<nil>"}) {
		t.Error(got)
	}
	if got := read("email,private mail\na@example.org,b@example.org\n", map[string]string{"email": "private mail"}); !slices.Equal(got, []string{"b@example.org||<nil>"}) {
		t.Error(got)
	}
	if got := read("email\na@example.org\n", map[string]string{"name": "Who"}); len(got) != 1 || !strings.Contains(got[0], "no column “Who”") {
		t.Error(got)
	}
}

func TestWhatWasPastedBecomesLines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a@example.org; b@example.org":                    "a@example.org\nb@example.org\n",
		"Ann <a@example.org>, Ben <b@example.org>,\r\n\n": "Ann <a@example.org>\nBen <b@example.org>\n",
		"email,name\na@example.org,Ann\n":                 "email,name\na@example.org,Ann\n",
		"":                                                "",
	} {
		if got := string(importer.Lists{}.Pasted(in)); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
