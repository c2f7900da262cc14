// Package telemetry is what the program tells about itself: logs for people
// and for machines, without secrets, and metrics for Prometheus.
package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"gopkg.in/natefinch/lumberjack.v2"

	"truckflow/internal/kit/errs"
)

// LogSettings say where logs go. A zero number means its default.
type LogSettings struct {
	Level   slog.Level // for the console and combined.log; default info
	Console io.Writer  // lines for people; nil: none. Coloured when it is a terminal
	Dir     string     // for combined.log (all) and error.log (errors), JSON lines; "": no files

	MaxSizeMB  int // a file is rotated at this size; default 50
	MaxBackups int // rotated files kept of each; default 5
	MaxAgeDays int // rotated files are removed after so many days; default 30
}

// NewLog returns the program's logger and a function that closes its files.
// Each record gets the request id and the acting organisation from its
// context, and no attribute that is named like a secret, or URL with a
// password in it, is ever written in the clear (see redact.go).
func NewLog(s LogSettings) (*slog.Logger, func() error, error) {
	level := slog.HandlerOptions{Level: s.Level}
	var sinks []slog.Handler
	var files []*lumberjack.Logger
	if s.Console != nil {
		sinks = append(sinks, newConsole(s.Console, s.Level, IsTerminal(s.Console)))
	}
	if s.Dir != "" {
		if err := writable(s.Dir); err != nil {
			return nil, nil, err
		}
		combined, errors := s.file("combined.log"), s.file("error.log")
		files = append(files, combined, errors)
		sinks = append(sinks, slog.NewJSONHandler(combined, &level),
			slog.NewJSONHandler(errors, &slog.HandlerOptions{Level: slog.LevelError}))
	}
	closeAll := func() error {
		var first error
		for _, f := range files {
			if err := f.Close(); err != nil && first == nil {
				first = err
			}
		}
		return first
	}
	return slog.New(&handler{next: slog.NewMultiHandler(sinks...)}), closeAll, nil
}

func (s LogSettings) file(name string) *lumberjack.Logger {
	or := func(n, otherwise int) int {
		if n > 0 {
			return n
		}
		return otherwise
	}
	return &lumberjack.Logger{
		Filename:   filepath.Join(s.Dir, name),
		MaxSize:    or(s.MaxSizeMB, 50),
		MaxBackups: or(s.MaxBackups, 5),
		MaxAge:     or(s.MaxAgeDays, 30),
	}
}

// writable finds a folder that cannot take logs at start instead of losing
// every line later.
func writable(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(dir, ".writable-"); err == nil {
			f.Close()
			err = os.Remove(f.Name())
		}
	}
	if err != nil {
		return errs.Unavailable("logs cannot be written").
			Hint("make %s a folder that the program's user can write to", dir).Wrap(err)
	}
	return nil
}

// IsTerminal reports whether w is a terminal (or another character device).
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	fi, err := f.Stat()
	return err == nil && fi.Mode()&os.ModeCharDevice != 0
}

// Recover logs a panic of the function that defers it, with the stack, and
// lets the program live. It must be deferred directly:
//
//	defer telemetry.Recover(ctx, log, "position feed")
func Recover(ctx context.Context, log *slog.Logger, name string) {
	if p := recover(); p != nil {
		log.ErrorContext(ctx, "panic", "in", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
}

// Go runs f in a goroutine whose panic is logged instead of ending the program.
func Go(ctx context.Context, log *slog.Logger, name string, f func(context.Context)) {
	go func() {
		defer Recover(ctx, log, name)
		f(ctx)
	}()
}
