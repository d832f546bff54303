// Package static holds the site's own assets, embedded. Each is served under a
// name that holds a hash of its content, /static/3f2a…/site.css, so that
// browsers may keep it for ever and still get a new one with a new version.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
)

//go:embed *.css *.svg *.js
var files embed.FS

// Prefix is where assets are served.
const Prefix = "/static/"

// Assets are the files with their paths, compressed once.
type Assets struct {
	paths map[string]string // by name
	files map[string]asset  // by path
}

type asset struct {
	kind       string
	data, gzip []byte
}

// New reads and compresses the assets.
func New() (*Assets, error) {
	a := &Assets{paths: map[string]string{}, files: map[string]asset{}}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("list the assets: %w", err)
	}
	for _, e := range entries {
		if e.Name() == tokens {
			continue
		}
		data, err := read(e.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		p := Prefix + hex.EncodeToString(sum[:6]) + "/" + e.Name()
		a.paths[e.Name()] = p
		a.files[p] = asset{kind: kindOf(e.Name()), data: data, gzip: compress(data)}
	}
	return a, nil
}

// tokens are served as the beginning of the style sheets, so that a page loads
// one.
const tokens = "tokens.css"

func read(name string) ([]byte, error) {
	parts := []string{name}
	if name == "site.css" || name == "desk.css" {
		parts = []string{tokens, name}
	}
	var all []byte
	for _, part := range parts {
		data, err := files.ReadFile(part)
		if err != nil {
			return nil, fmt.Errorf("read the asset %s: %w", part, err)
		}
		all = append(all, data...)
	}
	return all, nil
}

// kindOf does not ask the machine's tables, which differ.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func compress(data []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// Path gives the path of an asset; a name that does not exist gives "", which
// the test of every template finds.
func (a *Assets) Path(name string) string { return a.paths[name] }

// Serve answers a request under Prefix and reports whether there is such an
// asset.
func (a *Assets) Serve(w http.ResponseWriter, r *http.Request, zipped bool) bool {
	f, ok := a.files[r.URL.Path]
	if !ok {
		return false
	}
	h, data := w.Header(), f.data
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if zipped {
		h.Set("Content-Encoding", "gzip")
		data = f.gzip
	}
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // a reader who has gone is no fault of ours
	return true
}
