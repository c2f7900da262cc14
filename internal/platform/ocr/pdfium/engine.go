// Package pdfium opens PDFs with PDFium compiled to WebAssembly: characters
// with their boxes, page images, and joining documents into one file. No cgo,
// and a document can neither touch files nor use more memory or time than it
// is given, because every document gets a machine of its own that is thrown
// away afterwards.
//
// Interruptible WebAssembly runs about four times slower than the other kind
// (measured: 18 ms instead of 4 ms for the text of two pages). It is used all
// the same: without it a hostile page could neither be stopped nor, because
// compiled WebAssembly is no preemption point, let the collector of the whole
// program run.
package pdfium

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	gopdfium "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// What can be wrong with a document.
var (
	ErrLocked  = errors.New("the PDF asks for a password")
	ErrDamaged = errors.New("the PDF cannot be opened")
	ErrPage    = errors.New("the page cannot be read")
	ErrSlow    = errors.New("the PDF takes too long")
	ErrClosed  = errors.New("the PDF engine is closed")
)

// Settings of an Engine. The zero value of each field means its default.
type Settings struct {
	// CacheDir keeps PDFium's compiled code (21 MB); without it every start
	// compiles for some seconds. It must belong to this program alone: code
	// in it is executed.
	CacheDir string
	Workers  int           // documents open at the same time; default 2
	Memory   int64         // bytes one document may use; default 512 MB
	Limit    time.Duration // for one step: opening, one page's text, one page's image; default 20 s
	Idle     time.Duration // PDFium is unloaded after this long without a document; default 1 minute
	Log      *slog.Logger  // default: nowhere
}

// Engine loads PDFium when the first document is opened and unloads it, and
// gives the memory back to the system, when none has been open for a while.
// It is safe for concurrent use.
type Engine struct {
	set Settings

	mu     sync.Mutex
	pool   gopdfium.Pool
	cache  wazero.CompilationCache
	busy   int // callers of Use that have not finished
	idle   *time.Timer
	closed bool
}

const wasmPage = 64 << 10

// New prepares an engine; nothing is loaded yet.
func New(set Settings) *Engine {
	if set.Workers <= 0 {
		set.Workers = 2
	}
	if set.Memory <= 0 {
		set.Memory = 512 << 20
	}
	if set.Limit <= 0 {
		set.Limit = 20 * time.Second
	}
	if set.Idle <= 0 {
		set.Idle = time.Minute
	}
	if set.Log == nil {
		set.Log = slog.New(slog.DiscardHandler)
	}
	return &Engine{set: set}
}

// Loaded reports whether PDFium is in memory now.
func (e *Engine) Loaded() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pool != nil
}

// Close unloads PDFium; documents still open end with an error.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.idle != nil {
		e.idle.Stop()
	}
	return e.unload()
}

// Use keeps what is in memory there until done is called, and starts the idle time
// anew then. It loads nothing.
func (e *Engine) Use() (done func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.idle != nil {
		e.idle.Stop()
	}
	e.busy++
	return sync.OnceFunc(e.done)
}

func (e *Engine) done() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.busy--
	switch {
	case e.busy > 0 || e.closed:
	case e.idle == nil:
		e.idle = time.AfterFunc(e.set.Idle, e.rest)
	default:
		e.idle.Reset(e.set.Idle)
	}
}

// rest unloads PDFium, unless somebody took work up again meanwhile.
func (e *Engine) rest() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.busy > 0 || e.closed {
		return
	}
	if err := e.unload(); err != nil {
		e.set.Log.Warn("unloading PDFium", "err", err)
	}
}

// loaded returns the pool, loading it first when needed.
func (e *Engine) loaded() (gopdfium.Pool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, ErrClosed
	}
	if e.pool == nil {
		if err := e.load(); err != nil {
			return nil, err
		}
	}
	return e.pool, nil
}

func (e *Engine) load() error {
	began := time.Now()
	cache := wazero.NewCompilationCache()
	if e.set.CacheDir != "" {
		if err := os.MkdirAll(e.set.CacheDir, 0o700); err != nil {
			return fmt.Errorf("the folder for compiled code: %w", err)
		}
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(e.set.CacheDir); err != nil {
			return fmt.Errorf("the folder for compiled code: %w", err)
		}
	}
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithCompilationCache(cache).
		WithMemoryLimitPages(uint32(e.set.Memory / wasmPage)).
		WithCloseOnContextDone(true)
	pool, err := webassembly.Init(webassembly.Config{
		MaxTotal:      e.set.Workers,
		RuntimeConfig: config,
		// An empty file system: the default would show the document the whole disk.
		FSConfig: wazero.NewFSConfig(),
		Stdout:   io.Discard,
		Stderr:   io.Discard,
	})
	if err != nil {
		return errors.Join(fmt.Errorf("loading PDFium: %w", err), cache.Close(context.Background()))
	}
	e.pool, e.cache = pool, cache
	e.set.Log.Debug("PDFium loaded", "took", time.Since(began))
	return nil
}

func (e *Engine) unload() error {
	if e.pool == nil {
		return nil
	}
	err := errors.Join(e.pool.Close(), e.cache.Close(context.Background()))
	e.pool, e.cache = nil, nil
	return err
}
