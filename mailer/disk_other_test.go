//go:build !unix

package mailer_test

import "errors"

func limitFiles(bool) error { return errors.New("the size of files cannot be limited here") }
