package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

// tidingsAt runs a command on a database and gives what it says.
func tidingsAt(t *testing.T, database string, args ...string) (code int, said string) {
	t.Helper()
	var out, complaint bytes.Buffer
	all := append([]string{"--database", database, "--secret", "0123456789abcdef0123", "--files", filepath.Join(t.TempDir(), "files")}, args...)
	code = run(t.Context(), all, stdio{strings.NewReader(""), &out, &complaint})
	return code, out.String() + complaint.String()
}

func TestAPostgresBackupComesBack(t *testing.T) {
	t.Parallel()
	storetest.Program(t, "postgres", "pg_dump is not installed; on Debian: apt-get install postgresql-client", "pg_dump")
	from, to := storetest.Postgres(t), storetest.Postgres(t)
	list := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(list, []byte("email,topics\nanna@example.org,iot\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup.tgz")
	for _, step := range [][]string{{"import", "subscribers", list, "--confirmed", "--source", "a sheet"}, {"backup", file}} {
		if code, said := tidingsAt(t, from, step...); code != exitDone {
			t.Fatalf("%v: %s", step, said)
		}
	}
	if code, said := tidingsAt(t, to, "restore", file); code != exitDone {
		t.Fatalf("restore: %s", said)
	}
	if code, said := tidingsAt(t, to, "subscriber", "show", "anna@example.org"); code != exitDone || !strings.Contains(said, "[iot]") {
		t.Errorf("what was restored: %s", said)
	}
	if code, said := tidingsAt(t, to, "restore", file); code != exitFailed || !strings.Contains(said, "there already") {
		t.Errorf("a second restore: %d %s", code, said)
	}
	if code, said := tidingsAt(t, to, "worker", "--smtp", "smtp://127.0.0.1:9?tls=none"); code != exitFailed || !strings.Contains(said, "looks like a copy") {
		t.Errorf("a restored database sends: %d %s", code, said)
	}
	if code, said := tidingsAt(t, filepath.Join(t.TempDir(), "x.db"), "restore", file); code != exitFailed || !strings.Contains(said, "one of postgres") {
		t.Errorf("into SQLite: %d %s", code, said)
	}
}

// A backup that is taken while people come in holds some of them, and is whole.
func TestABackupIsTakenWhileTheServiceRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	database := filepath.Join(dir, "tidings.db")
	if code, said := tidingsAt(t, database, "migrate"); code != exitDone {
		t.Fatal(said)
	}
	var list strings.Builder
	list.WriteString("email,topics\n")
	for n := range 3000 {
		fmt.Fprintf(&list, "p%d@example.org,iot\n", n)
	}
	if err := os.WriteFile(filepath.Join(dir, "people.csv"), []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var coming sync.WaitGroup
	coming.Go(func() {
		if code, said := tidingsAt(t, database, "import", "subscribers", filepath.Join(dir, "people.csv"), "--confirmed", "--source", "x"); code != exitDone {
			t.Error(said)
		}
	})
	for n := range 3 {
		file := filepath.Join(dir, fmt.Sprintf("%d.tgz", n))
		if code, said := tidingsAt(t, database, "backup", file); code != exitDone {
			t.Errorf("backup: %s", said)
		}
		if code, said := tidingsAt(t, filepath.Join(dir, fmt.Sprintf("%d.db", n)), "restore", file); code != exitDone {
			t.Errorf("restore: %s", said)
		}
	}
	coming.Wait()
}

// An archive of somebody else's making writes nothing outside its place.
func TestAnArchiveThatIsNoBackup(t *testing.T) {
	t.Parallel()
	for name, entry := range map[string]tar.Header{
		"a way out":           {Name: "files/../../out", Size: 1, Typeflag: tar.TypeReg},
		"an absolute path":    {Name: "/tmp/out", Size: 1, Typeflag: tar.TypeReg},
		"a link":              {Name: "files/x", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink},
		"no manifest first":   {Name: "database", Size: 1, Typeflag: tar.TypeReg},
		"something unknown":   {Name: "surprise", Size: 1, Typeflag: tar.TypeReg},
		"a manifest of other": {Name: "manifest.json", Size: 1, Typeflag: tar.TypeReg},
	} {
		var b bytes.Buffer
		zip := gzip.NewWriter(&b)
		pack := tar.NewWriter(zip)
		if name != "no manifest first" {
			if err := packText(pack, "manifest.json", `{"format":"tidings-backup/1","database":"sqlite"}`, storetest.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if err := pack.WriteHeader(&entry); err != nil {
			t.Fatal(err)
		}
		if entry.Size > 0 {
			_, _ = pack.Write([]byte("{"))
		}
		_, _ = pack.Close(), zip.Close()
		dir := t.TempDir()
		file := filepath.Join(dir, "x.tgz")
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, said := tidingsAt(t, filepath.Join(dir, "in", "..", "x.db"), "restore", file); code != exitFailed || !strings.Contains(said, "no whole backup") {
			t.Errorf("%s: %d %s", name, code, said)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%s leaves %v", name, left)
		}
	}
}
