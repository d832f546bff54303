package storetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a test needs of the machine, the rules:
//
//   - What is missing skips the test with a sentence that says what to install.
//   - What TIDINGS_TEST_REQUIRE lists must be there: without it the test fails, so
//     that CI cannot lose its tests in silence.
//   - What TIDINGS_TEST_WITHOUT lists is not looked for: the tests run as on the
//     machine of a newcomer, who has Go alone.
//   - A * in either lists everything.
//   - TIDINGS_TEST_THOROUGH has tests look at all of what they look at a part of in
//     everyday runs.
const (
	envRequire  = "TIDINGS_TEST_REQUIRE"
	envWithout  = "TIDINGS_TEST_WITHOUT"
	envThorough = "TIDINGS_TEST_THOROUGH"
)

// Thorough reports whether tests take the time to look at everything.
func Thorough() bool { return os.Getenv(envThorough) != "" }

// OneAfterTheOther skips a test of one goroutine that computes for long: under the race
// detector it takes ten times as long, and there is nothing to detect. It runs in full
// without.
func OneAfterTheOther(t testing.TB) {
	t.Helper()
	if Raced {
		t.Skip("one goroutine: nothing for the race detector")
	}
}

// SkipOrFail ends a test that lacks something of the machine. The reason says what
// to install.
func SkipOrFail(t testing.TB, what, reason string) {
	t.Helper()
	Require(t, what, reason)
	t.Skip(reason)
}

// Require fails a test that lacks what TIDINGS_TEST_REQUIRE lists, and is for tests
// that have something to say without it.
func Require(t testing.TB, what, reason string) {
	t.Helper()
	if listed(envRequire, what) {
		t.Fatalf("%s (%s requires %s)", reason, envRequire, what)
	}
}

// Program finds the first of the programs that the machine has, or ends the test by
// SkipOrFail.
func Program(t testing.TB, what, reason string, names ...string) string {
	t.Helper()
	Look(t, what)
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	SkipOrFail(t, what, reason)
	return ""
}

// Python finds a python3 that has the modules, or ends the test by SkipOrFail. Beside
// the system's own there may be others, which lack what its packages brought.
func Python(t testing.TB, what, reason string, modules ...string) string {
	t.Helper()
	Look(t, what)
	for _, dir := range append([]string{"/usr/bin"}, filepath.SplitList(os.Getenv("PATH"))...) {
		path := filepath.Join(dir, "python3")
		if exec.CommandContext(t.Context(), path, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
			return path
		}
	}
	SkipOrFail(t, what, reason)
	return ""
}

// Look skips a test that would look for what TIDINGS_TEST_WITHOUT lists.
func Look(t testing.TB, what string) {
	t.Helper()
	if listed(envWithout, what) {
		t.Skipf("%s hides %s", envWithout, what)
	}
}

// Browser finds Chromium, or ends the test.
func Browser(t testing.TB) string {
	t.Helper()
	return Program(t, "browser", "no Chromium is installed; on Debian: apt-get install chromium",
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
}

func listed(env, what string) bool {
	return slices.ContainsFunc(strings.Split(os.Getenv(env), ","), func(one string) bool {
		one = strings.TrimSpace(one)
		return one == what || one == "*"
	})
}
