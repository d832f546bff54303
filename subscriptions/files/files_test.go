package files_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/files"
)

// clock is set by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

var noon = time.Date(2019, time.April, 1, 12, 0, 0, 0, time.UTC)

func folder(t *testing.T) (*files.Folder, string, *clock) {
	t.Helper()
	c := &clock{now: noon}
	path := filepath.Join(t.TempDir(), "files")
	return files.New(path, c.Now), path, c
}

// list names all files in the folder, those on their way too.
func list(t *testing.T, path string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(path, name)
			names = append(names, rel)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return names
}

func keep(t *testing.T, d *files.Folder, content string) string {
	t.Helper()
	in, err := d.Receive(t.Context(), strings.NewReader(content), 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Discard()
	if err := in.Keep(); err != nil {
		t.Fatal(err)
	}
	return in.Hash()
}

func TestAFileComesBackAsItWas(t *testing.T) {
	t.Parallel()
	d, path, _ := folder(t)
	content := strings.Repeat("words ", 100)
	in, err := d.Receive(t.Context(), iotest.OneByteReader(strings.NewReader(content)), 1000)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(content))
	hash := hex.EncodeToString(sum[:])
	if in.Hash() != hash || in.Size() != int64(len(content)) {
		t.Errorf("%s, %d bytes", in.Hash(), in.Size())
	}
	head := make([]byte, 5)
	if _, err := in.ReadAt(head, 6); err != nil || string(head) != "words" {
		t.Errorf("%q, %v", head, err)
	}
	if _, err := d.Open(hash); !errors.Is(err, subscriptions.ErrNotFound) {
		t.Errorf("it can be read before it is kept: %v", err)
	}
	if err := in.Keep(); err != nil {
		t.Fatal(err)
	}
	in.Discard() // does nothing any more
	f, err := d.Open(hash)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || string(got) != content {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if names := list(t, path); len(names) != 1 {
		t.Errorf("the folder holds %v", names)
	}
	info, err := os.Stat(filepath.Join(path, list(t, path)[0]))
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
}

func TestWhatIsTooLargeOrBrokenOffLeavesNothing(t *testing.T) {
	t.Parallel()
	d, path, _ := folder(t)
	if _, err := d.Receive(t.Context(), strings.NewReader(strings.Repeat("x", 1001)), 1000); !errors.Is(err, subscriptions.ErrTooLarge) {
		t.Errorf("1001 bytes of 1000: %v", err)
	}
	gone := errors.New("the sender is gone")
	if _, err := d.Receive(t.Context(), io.MultiReader(strings.NewReader("x"), iotest.ErrReader(gone)), 1000); !errors.Is(err, gone) || subscriptions.CodeOf(err) == subscriptions.Unavailable {
		t.Errorf("broken off: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Receive(ctx, strings.NewReader("x"), 1000); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if names := list(t, path); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestAPathIsNoHash(t *testing.T) {
	t.Parallel()
	d, path, _ := folder(t)
	keep(t, d, "x")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "secret"), []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{"", "ab", "../../secret", strings.Repeat("../", 21) + "x", strings.Repeat("A", 64), strings.Repeat("/", 64), strings.Repeat("0", 64)} {
		if f, err := d.Open(hash); !errors.Is(err, subscriptions.ErrNotFound) {
			t.Errorf("Open(%q): %v, %v", hash, f, err)
		}
	}
}

func TestAFolderThatCannotBeWrittenIsSaidWithAHint(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := files.New(path, time.Now).Receive(t.Context(), strings.NewReader("x"), 10)
	if subscriptions.CodeOf(err) != subscriptions.Unavailable || !strings.Contains(subscriptions.HintOf(err), "TIDINGS_FILES") {
		t.Errorf("%v, hint %q", err, subscriptions.HintOf(err))
	}
}

func TestSweepTakesWhatNobodyNames(t *testing.T) {
	t.Parallel()
	d, path, c := folder(t)
	named, orphan := keep(t, d, "named"), keep(t, d, "orphan")
	if _, err := d.Receive(t.Context(), strings.NewReader("died on the way"), 1000); err != nil { // never kept
		t.Fatal(err)
	}
	for _, name := range list(t, path) {
		if err := os.Chtimes(filepath.Join(path, name), noon, noon); err != nil {
			t.Fatal(err)
		}
	}
	c.set(noon.Add(48 * time.Hour))
	young := keep(t, d, "young")
	stranger := filepath.Join(path, "README") // nothing of ours is touched
	if err := os.WriteFile(stranger, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(stranger, noon, noon); err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	n, err := d.Sweep(t.Context(), noon.Add(24*time.Hour), func(hashes []string) (map[string]bool, error) {
		for _, h := range hashes {
			asked[h] = true
		}
		return map[string]bool{named: true}, nil
	})
	if err != nil || n != 2 {
		t.Errorf("%d removed, %v", n, err)
	}
	if asked[young] || !asked[orphan] {
		t.Errorf("asked about %v", asked)
	}
	if names := list(t, path); len(names) != 3 {
		t.Errorf("the folder holds %v", names)
	}
	if n, err := files.New(filepath.Join(path, "none"), c.Now).Sweep(t.Context(), noon, nil); n != 0 || err != nil {
		t.Errorf("a folder that is not there: %d, %v", n, err)
	}
	refused := errors.New("the database is away")
	if _, err := d.Sweep(t.Context(), noon.Add(72*time.Hour), func([]string) (map[string]bool, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	if names := list(t, path); len(names) != 3 {
		t.Errorf("without an answer it removed some: %v", names)
	}
}

// A file that nobody names any more is kept anew while the sweep is under way:
// between the question and the removal.
func TestAFileThatIsKeptDuringTheSweepStays(t *testing.T) {
	t.Parallel()
	d, _, c := folder(t)
	hash := keep(t, d, "same bytes")
	c.set(noon.Add(48 * time.Hour))
	n, err := d.Sweep(t.Context(), noon.Add(24*time.Hour), func([]string) (map[string]bool, error) {
		keep(t, d, "same bytes")
		return nil, nil
	})
	if err != nil || n != 0 {
		t.Errorf("%d removed, %v", n, err)
	}
	f, err := d.Open(hash)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, _ := io.ReadAll(f); !bytes.Equal(got, []byte("same bytes")) {
		t.Errorf("%q", got)
	}
}
