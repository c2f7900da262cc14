package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// console writes lines for people: time, level, message, key=value.
type console struct {
	mu      *sync.Mutex
	w       io.Writer
	level   slog.Leveler
	colours bool
	prefix  string // open groups, each with a dot
	attrs   []byte // written already, from WithAttrs
}

func newConsole(w io.Writer, level slog.Leveler, colours bool) *console {
	return &console{mu: &sync.Mutex{}, w: w, level: level, colours: colours}
}

const (
	grey   = "\x1b[90m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	reset  = "\x1b[0m"
)

func (c *console) Enabled(_ context.Context, l slog.Level) bool { return l >= c.level.Level() }

func (c *console) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	c.colour(&b, grey, r.Time.Local().Format("15:04:05.000"))
	b.WriteByte(' ')
	c.colour(&b, levelColour(r.Level), levelName(r.Level))
	b.WriteByte(' ')
	b.WriteString(printable(r.Message))
	b.Write(c.attrs)
	var after []string // texts of several lines follow their record
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "stack" && a.Value.Kind() == slog.KindString {
			after = append(after, a.Value.String())
			return true
		}
		c.attr(&b, c.prefix, a)
		return true
	})
	b.WriteByte('\n')
	for _, s := range after {
		for line := range strings.Lines(s) {
			b.WriteString("    " + printable(strings.TrimRight(line, "\n")) + "\n")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.w.Write(b.Bytes())
	return err
}

func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO "
	case l < slog.LevelError:
		return "WARN "
	}
	return "ERROR"
}

func levelColour(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return grey
	case l < slog.LevelWarn:
		return cyan
	case l < slog.LevelError:
		return yellow
	}
	return red
}

func (c *console) colour(b *bytes.Buffer, colour, s string) {
	if c.colours {
		b.WriteString(colour + s + reset)
	} else {
		b.WriteString(s)
	}
}

func (c *console) attr(b *bytes.Buffer, prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, g := range v.Group() {
			c.attr(b, prefix, g)
		}
		return
	}
	if a.Key == "" {
		return
	}
	b.WriteByte(' ')
	c.colour(b, grey, printable(prefix+a.Key)+"=")
	b.WriteString(value(v))
}

func value(v slog.Value) string {
	var s string
	switch v.Kind() {
	case slog.KindTime:
		return v.Time().UTC().Format(time.RFC3339)
	case slog.KindAny:
		j, err := json.Marshal(v.Any())
		if err != nil {
			return strconv.Quote(v.String())
		}
		return string(j)
	default:
		s = v.String()
	}
	if s == "" || strings.ContainsAny(s, " =\"") || printable(s) != s {
		return strconv.Quote(s)
	}
	return s
}

// printable keeps what an outsider sent (a file name, a header) from moving
// the cursor or faking a line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0x2028 || r == 0x2029 {
			return '\uFFFD'
		}
		return r
	}, s)
}

func (c *console) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b bytes.Buffer
	b.Write(c.attrs)
	for _, a := range attrs {
		c.attr(&b, c.prefix, a)
	}
	d := *c
	d.attrs = b.Bytes()
	return &d
}

func (c *console) WithGroup(name string) slog.Handler {
	d := *c
	if name != "" {
		d.prefix += name + "."
	}
	return &d
}
