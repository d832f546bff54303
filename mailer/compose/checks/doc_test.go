// Package checks holds every letter to what a reader's program, a spam filter, a
// screen reader and the site make of it. It is tests alone: nothing of it ships.
//
//	features_test.go      finds what an HTML mail uses
//	caniemail_test.go     which clients know it (testdata/caniemail), and the score
//	fallbacks_test.go     what the readers of the others see instead
//
// What is checked are the samples of package compose, every kind in every case, and
// every variant of the sample edition.
package checks
