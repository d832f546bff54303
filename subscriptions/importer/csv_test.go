package importer_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
)

// rowsOf writes rows as "line email|name|topics" or "line: error".
func rowsOf(r io.Reader) (rows []string) {
	for row := range importer.Subscribers(r) {
		if row.Err != nil {
			rows = append(rows, fmt.Sprintf("%d: %v", row.Line, row.Err))
			continue
		}
		rows = append(rows, fmt.Sprintf("%d %s|%s|%s", row.Line, row.Email, row.Name, strings.Join(row.Topics, ",")))
	}
	return rows
}

func TestSubscribersAreReadRowByRow(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	tests := []struct {
		name string
		in   string
		want []string
	}{
		{"a plain list", "email,name,topics\na@example.org,Ann,iot;blockchain\nb@example.org,,\n",
			[]string{"2 a@example.org|Ann|iot,blockchain", "3 b@example.org||"}},
		{"a domain beyond ASCII", "email,name,topics\npost@Bücher.example,Ann,iot\n", []string{"2 post@xn--bcher-kva.example|Ann|iot"}},
		{"columns in any order and case, and others between them", "Topics,Company,NAME,E-Mail\niot,Acme,Ann,a@example.org\n",
			[]string{"2 a@example.org|Ann|iot"}},
		{"addresses alone", "email\na@example.org\n\nb@example.org", []string{"2 a@example.org||", "4 b@example.org||"}},
		{"a byte order mark and the line ends of Windows", "\ufeffemail,name,topics\r\na@example.org,Ann,iot\r\n", []string{"2 a@example.org|Ann|iot"}},
		{"semicolons between fields, bars or commas between topics", "email;name;topics\na@example.org;Ann;iot|blockchain\nb@example.org;Ben;iot, cybersecurity\n",
			[]string{"2 a@example.org|Ann|iot,blockchain", "3 b@example.org|Ben|iot,cybersecurity"}},
		{"tabs between fields", "email\tname\ttopics\na@example.org\tAnn\tiot;blockchain\n", []string{"2 a@example.org|Ann|iot,blockchain"}},
		{"spaces around everything", " email , name , topics \n a@example.org ,  Ann   Example , iot ; blockchain \n", []string{"2 a@example.org|Ann Example|iot,blockchain"}},
		{"quotes, with a divider, a quote and a line break within", "email,name,topics\na@example.org,\"Example, \"\"Ann\"\"\nof Acme\",iot\nb@example.org,Ben,iot\n",
			[]string{`2 a@example.org|Example, "Ann" of Acme|iot`, "4 b@example.org|Ben|iot"}},
		{"rows of nothing, as spreadsheets leave them", "email,name,topics\n,,\na@example.org,Ann,iot\n , ,\n", []string{"3 a@example.org|Ann|iot"}},
		{"a row with too few fields costs itself alone", "email,name,topics\na@example.org,Ann\nb@example.org,Ben,iot\n",
			[]string{"2: the row has 2 fields where the header has 3", "3 b@example.org|Ben|iot"}},
		{"so does one with too many", "email,name\na@example.org,Ann,iot\nb@example.org,Ben\n",
			[]string{"2: the row has 3 fields where the header has 2", "3 b@example.org|Ben|"}},
		{"so does one with a quote that is not closed", "email,name,topics\na@example.org,\"Ann,iot\nb@example.org,Ben,iot\nc@example.org,\"Cem\",iot\n",
			[]string{"2: a quotation mark is opened and not closed", "3 b@example.org|Ben|iot", "4 c@example.org|Cem|iot"}},
		{"also when it is the last", "email,name,topics\na@example.org,\"Ann,iot", []string{"2: a quotation mark is opened and not closed"}},
		{"also when many rows follow", "email,name\n\"a@example.org,Ann\n" + strings.Repeat("b@example.org,Ben\n", 30),
			append([]string{"2: a quotation mark is opened and not closed"}, numberedRows(3, 30)...)},
		{"so does one with a quote within a field", "email,name\na@example.org,Ann \"A\" B\nb@example.org,\"Ben\" B\nc@example.org,Cem\n",
			[]string{"2: a quotation mark stands in the middle of a field", "3: a quotation mark stands in the middle of a field", "4 c@example.org|Cem|"}},
		{"so does one that is too long", "email,name\na@example.org," + long + "\nb@example.org,Ben\n",
			[]string{"2: the row is longer than 64 KB", "3 b@example.org|Ben|"}},
		{"so does one that is not UTF-8", "email,name\na@example.org,J\xfcrgen\nb@example.org,Ben\n",
			[]string{"2: the row is not UTF-8 text", "3 b@example.org|Ben|"}},
		{"so does one with a zero byte", "email,name\na@example.org,\x00\nb@example.org,Ben\n",
			[]string{"2: the row holds a zero byte, which no text does", "3 b@example.org|Ben|"}},
		{"a list without addresses is refused", "name,topics\nAnn,iot\n", []string{"1: the list has no column email"}},
		{"so is one with two columns of them", "email,e-mail\na@example.org,b@example.org\n", []string{"1: the header names the column email twice"}},
		{"so is an empty one", "", []string{"0: the list of subscribers is empty"}},
		{"so is UTF-16", "\xff\xfee\x00m\x00", []string{"1: the list of subscribers is UTF-16"}},
		{"a header alone has no rows", "email,name,topics\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				if got := rowsOf(r); !slices.Equal(got, tt.want) {
					t.Errorf("rows are\n\t%s\nand should be\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
				}
			}
		})
	}
}

func numberedRows(from, n int) (rows []string) {
	for i := range n {
		rows = append(rows, fmt.Sprintf("%d b@example.org|Ben|", from+i))
	}
	return rows
}

func TestEveryBadRowSaysWhatToDo(t *testing.T) {
	for _, in := range []string{"", "name\n", "email\n\"a\n", "email\na\"b\n", "email\na,b\n", "email\n\xff\n", "email\n\x00\n"} {
		for row := range importer.Subscribers(strings.NewReader(in)) {
			if row.Err == nil || subscriptions.CodeOf(row.Err) != subscriptions.Invalid || subscriptions.HintOf(row.Err) == "" {
				t.Errorf("%q gives %v, hint %q", in, row.Err, subscriptions.HintOf(row.Err))
			}
		}
	}
}

func TestAReaderThatFailsEndsTheList(t *testing.T) {
	broken := errors.New("the disk is gone")
	r := io.MultiReader(strings.NewReader("email\na@example.org\n"), iotest.ErrReader(broken))
	var last error
	rows := 0
	for row := range importer.Subscribers(r) {
		last = row.Err
		rows++
	}
	if rows != 2 || !errors.Is(last, broken) {
		t.Errorf("%d rows, the last with %v", rows, last)
	}
}

func TestACallerMayStopEarly(t *testing.T) {
	for range importer.Subscribers(strings.NewReader("email\na@example.org\nb@example.org\n")) {
		break
	}
}

// list gives n rows without holding them.
func list(n int) io.Reader {
	return io.MultiReader(strings.NewReader("email,name,topics\n"), &repeated{row: []byte("somebody.of.note@example.org,\"Somebody of Note\",iot;blockchain;cybersecurity\n"), n: n})
}

type repeated struct {
	row []byte
	n   int
	at  int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.row[r.at:])
	if r.at += n; r.at == len(r.row) {
		r.at = 0
		r.n--
	}
	return n, nil
}

func TestALongListNeedsLittleMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	most, n := uint64(0), 0
	for range importer.Subscribers(list(200_000)) {
		if n++; n%50_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			most = max(most, after.HeapAlloc)
		}
	}
	if n != 200_000 {
		t.Fatalf("%d rows", n)
	}
	if most > before.HeapAlloc+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before.HeapAlloc, most)
	}
}

func BenchmarkSubscribers(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for row := range importer.Subscribers(list(100_000)) {
			if row.Err != nil {
				b.Fatal(row.Err)
			}
			n++
		}
		if n != 100_000 {
			b.Fatal(n)
		}
	}
}

func FuzzSubscribers(f *testing.F) {
	for _, s := range []string{"email,name,topics\na@example.org,Ann,iot;blockchain\n", "email;topics\n\"a\";\"b\nc\"\n", "\ufeffe-mail\tname\r\na\"b\t\r\n", "email\n\"\n\"\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		lines, last := strings.Count(string(in), "\n")+1, -1
		for row := range importer.Subscribers(strings.NewReader(string(in))) {
			if row.Line <= last || row.Line > lines {
				t.Fatalf("row %d after row %d of %d lines", row.Line, last, lines)
			}
			if last = row.Line; row.Err == nil && len(row.Email)+len(row.Name) > len(in) {
				t.Fatalf("row %d is longer than the file", row.Line)
			}
		}
	})
}
