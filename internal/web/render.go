package web

import (
	"io"
	"net/http"
	"sync"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"
)

// zippers are reused: one holds many times what a page does. The standard
// library's would take half of the time that a list takes.
var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // pages are made for one person once: time counts more than the last tenth
	return z
}}

// Render writes a component with a status, compressed for whoever takes that.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	if !acceptsGzip(r) {
		w.WriteHeader(status)
		return c.Render(r.Context(), w)
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z := zippers.Get().(*gzip.Writer)
	z.Reset(w)
	err := c.Render(r.Context(), z)
	if e := z.Close(); err == nil {
		err = e
	}
	z.Reset(io.Discard) // keeps nothing of this request
	zippers.Put(z)
	return err
}
