//go:build !race

package importer_test

const everyLine = 1
