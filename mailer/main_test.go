package mailer_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// Run again by a test, this process is the worker that will be killed, or whose
	// disk is full.
	if os.Getenv(envChild) != "" {
		child()
	}
	if os.Getenv(envDisk) != "" {
		diskChild()
	}
	// GORM's cache of prepared statements starts a goroutine that nothing can end.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("gorm.io/gorm/internal/lru.NewLRU[...].func1"))
}
