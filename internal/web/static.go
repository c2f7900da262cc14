package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// The vendor folder is filled by the build from locked npm tarballs and may be
// absent at compile time; the pages then work without live updates and maps.
//
//go:embed all:static
var staticFiles embed.FS

// asset is one embedded file, kept compressed once somebody asked for it.
type asset struct {
	body []byte
	kind string
	zip  func() []byte // gzip of body; nil when it would not shrink
}

// assets is read once. One hash stands for all files together, so that modules
// and style sheets may name their neighbours by relative URL.
var assets = sync.OnceValue(func() assetSet {
	set := assetSet{files: map[string]*asset{}}
	sum := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := staticFiles.ReadFile(p)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(p, "static/")
		sum.Write([]byte(name))
		sum.Write(body)
		set.files[name] = &asset{body: body, kind: contentType(name), zip: sync.OnceValue(func() []byte { return compress(body) })}
		return nil
	})
	if err != nil {
		panic("web: the embedded static files cannot be read: " + err.Error())
	}
	set.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	return set
})

type assetSet struct {
	hash  string
	files map[string]*asset
}

// Asset returns the URL of an embedded file, "app.css" or "vendor/htmx.min.js".
// The URL changes with the content, so browsers keep what it names for a year.
func Asset(name string) string {
	return "/static/" + assets().hash + "/" + name
}

// HasAsset reports whether a file is embedded: vendor files may not be.
func HasAsset(name string) bool {
	_, ok := assets().files[name]
	return ok
}

// Static serves the embedded files under /static/. It needs no session. A URL
// with an outdated hash (a page open since before an upgrade) gets the present
// file and is not cached.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/static/"), "/")
		a, ok := assets().files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		serveAsset(w, r, a, hash == assets().hash)
	})
}

func serveAsset(w http.ResponseWriter, r *http.Request, a *asset, current bool) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	etag := `"` + assets().hash + `"`
	h.Set("ETag", etag)
	if current {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	if acceptsGzip(r) {
		if z := a.zip(); z != nil {
			h.Set("Content-Encoding", "gzip")
			body = z
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	w.Write(body) //nolint:errcheck // the reader left; nobody to tell
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" && strings.ReplaceAll(params, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// compress returns the gzip of body, or nil when that saves less than a tenth
// (images are compressed already).
func compress(body []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if _, err := z.Write(body); err != nil || z.Close() != nil || b.Len() > len(body)*9/10 {
		return nil
	}
	return b.Bytes()
}

// contentType names a file's type without asking the machine's own mime
// tables, which differ between systems.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map", ".geojson":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
