package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/telemetry"
)

// logs is a logger with all its sinks.
type logs struct {
	*slog.Logger
	dir     string
	console bytes.Buffer
}

func newLogs(t *testing.T, level slog.Level) *logs {
	t.Helper()
	l := &logs{dir: filepath.Join(t.TempDir(), "logs")}
	log, closeAll, err := telemetry.NewLog(telemetry.LogSettings{Level: level, Console: &l.console, Dir: l.dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closeAll(); err != nil {
			t.Error(err)
		}
	})
	l.Logger = log
	return l
}

func (l *logs) file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

func (l *logs) all(t *testing.T) string {
	return l.console.String() + l.file(t, "combined.log") + l.file(t, "error.log")
}

func TestWhereRecordsGo(t *testing.T) {
	t.Parallel()
	l := newLogs(t, slog.LevelInfo)
	l.Debug("too detailed")
	l.Info("load booked", "load", "L-10234", "customer", "Blue Sky, Inc", "took", 1500*time.Millisecond, "pages", []int{1, 2})
	l.Error("mail failed", "error", io.ErrUnexpectedEOF)
	combined, failed := l.file(t, "combined.log"), l.file(t, "error.log")
	if strings.Count(combined, "\n") != 2 || strings.Count(failed, "\n") != 1 || !strings.Contains(failed, "mail failed") {
		t.Errorf("combined:\n%serror:\n%s", combined, failed)
	}
	var rec map[string]any
	if err := json.Unmarshal([]byte(strings.SplitN(combined, "\n", 2)[0]), &rec); err != nil {
		t.Fatal(err)
	}
	if rec["msg"] != "load booked" || rec["level"] != "INFO" || rec["load"] != "L-10234" || rec["time"] == nil {
		t.Errorf("record %v", rec)
	}
	lines := strings.Split(l.console.String(), "\n")
	if want := ` INFO  load booked load=L-10234 customer="Blue Sky, Inc" took=1.5s pages=[1,2]`; len(lines) != 3 || !strings.HasSuffix(lines[0], want) {
		t.Errorf("console:\n%s\nwant a line ending in\n%s", l.console.String(), want)
	}
	if strings.Contains(l.console.String(), "\x1b") {
		t.Error("colours where there is no terminal")
	}
}

func TestOutsidersCannotFakeLines(t *testing.T) {
	t.Parallel()
	l := newLogs(t, slog.LevelInfo)
	l.Info("file\x1b[2J\nreceived", "name", "a.pdf\n12:00:00.000 INFO  paid", "k\ney", 1)
	if strings.Count(l.console.String(), "\n") != 1 || strings.Contains(l.console.String(), "\x1b") {
		t.Errorf("console:\n%q", l.console.String())
	}
}

func TestWhoItBelongsTo(t *testing.T) {
	t.Parallel()
	org := ids.New()
	ctx := tenant.WithRequestID(tenant.System(t.Context(), org), "req-7")
	for name, with := range map[string]func(*slog.Logger) *slog.Logger{
		"plain":      func(l *slog.Logger) *slog.Logger { return l },
		"attributes": func(l *slog.Logger) *slog.Logger { return l.With("a", 1) },
		"groups":     func(l *slog.Logger) *slog.Logger { return l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h") },
	} {
		l := newLogs(t, slog.LevelInfo)
		with(l.Logger).InfoContext(ctx, "x", "c", 3)
		with(l.Logger).Info("without")
		lines := strings.Split(l.file(t, "combined.log"), "\n")
		var rec, without map[string]any
		if json.Unmarshal([]byte(lines[0]), &rec) != nil || rec["request_id"] != "req-7" || rec["org"] != org.String() {
			t.Errorf("%s: %s", name, lines[0])
		}
		if json.Unmarshal([]byte(lines[1]), &without) != nil || without["request_id"] != nil || without["org"] != nil {
			t.Errorf("%s: %s", name, lines[1])
		}
		if name == "groups" && (!strings.Contains(lines[0], `"g":{"b":2,"h":{"c":3}}`) || rec["a"] != 1.0) {
			t.Errorf("groups: %s", lines[0])
		}
	}
}

type valuer struct{ secret string }

func (v valuer) LogValue() slog.Value {
	return slog.GroupValue(slog.String("password", v.secret), slog.String("user", "dana"))
}

type account struct {
	User     string `json:"user"`
	Password string `json:"password"`
	Deep     []map[string]any
}

// TestSecretsAreNeverWritten logs one secret in every way we know and looks
// for it in every sink.
func TestSecretsAreNeverWritten(t *testing.T) {
	t.Parallel()
	const s = "hUnTeR2xyz"
	link, err := url.Parse("https://dana:" + s + "@files.example/x")
	if err != nil {
		t.Fatal(err)
	}
	for name, log := range map[string]func(*slog.Logger){
		"named password":      func(l *slog.Logger) { l.Info("x", "password", s) },
		"named in capitals":   func(l *slog.Logger) { l.Info("x", "SMTP_PASSWORD", s) },
		"named like a header": func(l *slog.Logger) { l.Info("x", "Set-Cookie", s, "Authorization", "Bearer "+s) },
		"camel case":          func(l *slog.Logger) { l.Info("x", "accessToken", s, "clientSecret", s, "apiKey", s) },
		"dsn":                 func(l *slog.Logger) { l.Info("x", "dsn", "host=db user=a password="+s) },
		"bytes":               func(l *slog.Logger) { l.Info("x", "secret", []byte(s)) },
		"with":                func(l *slog.Logger) { l.With("token", s).Info("x") },
		"with within a group": func(l *slog.Logger) { l.WithGroup("g").With("token", s).Info("x") },
		"group":               func(l *slog.Logger) { l.Info("x", slog.Group("g", slog.Group("h", "token", s))) },
		"group's own name":    func(l *slog.Logger) { l.Info("x", slog.Group("credentials", "value", s)) },
		"open group's name":   func(l *slog.Logger) { l.WithGroup("cookies").Info("x", "value", s) },
		"valuer":              func(l *slog.Logger) { l.Info("x", "account", valuer{s}) },
		"struct":              func(l *slog.Logger) { l.Info("x", "account", account{User: "dana", Password: s}) },
		"pointer and depth":   func(l *slog.Logger) { l.Info("x", "a", &account{Deep: []map[string]any{{"api_key": s}}}) },
		"map":                 func(l *slog.Logger) { l.Info("x", "env", map[string]string{"JWT_SECRET": s}) },
		"http header":         func(l *slog.Logger) { l.Info("x", "header", http.Header{"Authorization": {"Basic " + s}}) },
		"unmarshallable":      func(l *slog.Logger) { l.Info("x", "a", map[string]any{"password": s, "f": func() {}}) },
		"url":                 func(l *slog.Logger) { l.Info("x", "from", "postgres://app:"+s+"@db:5432/truckflow?sslmode=require") },
		"url without user":    func(l *slog.Logger) { l.Info("x", "from", "redis://:"+s+"@cache:6379") },
		"url with token":      func(l *slog.Logger) { l.Info("x", "from", "https://"+s+"@git.example/x") },
		"url, odd password":   func(l *slog.Logger) { l.Info("x", "from", "smtp://u:a/@:"+s+"@mail.example:587") },
		"parsed url":          func(l *slog.Logger) { l.Info("x", "from", link) },
		"url in an error":     func(l *slog.Logger) { l.Error("x", "error", fmt.Errorf("dial amqp://u:%s@h: refused", s)) },
		"url in the message":  func(l *slog.Logger) { l.Info("connecting to redis://u:" + s + "@h") },
		"assigned in text":    func(l *slog.Logger) { l.Info("x", "line", `started with --password="`+s+` more" -v`) },
		"json in text":        func(l *slog.Logger) { l.Info("x", "body", `{"user":"a","access_token":"`+s+`"}`) },
		"bearer in text":      func(l *slog.Logger) { l.Info("sent Authorization: Bearer " + s + " to them, and bearer " + s) },
		"error with dsn":      func(l *slog.Logger) { l.Error("x", "error", errors.New("cannot parse `host=h password="+s+"`")) },
		"stack":               func(l *slog.Logger) { l.Error("x", "stack", "main.f(token="+s+")\nmain.g()") },
	} {
		l := newLogs(t, slog.LevelInfo)
		log(l.Logger)
		out := l.all(t)
		if strings.Contains(out, s) || !strings.Contains(out, telemetry.Hidden) && !strings.Contains(out, "bytes]") {
			t.Errorf("%s:\n%s", name, out)
		}
	}
}

func TestWhatIsNoSecretStays(t *testing.T) {
	t.Parallel()
	l := newLogs(t, slog.LevelInfo)
	l.Info("read dana@carrier.example at https://a.example/x?y=1@z", "tokens_in", 1200, "url", "https://s3.example:9000/b", "rate", "basic information at a basic rate 2.10",
		"email", "a@b.example", "error", errs.NotFound("load %s is not there", "L-1"), "stop", struct{ City string }{"El Paso"}, "data", []byte("abc"))
	out := l.file(t, "combined.log")
	for _, want := range []string{
		"dana@carrier.example", "https://a.example/x?y=1@z", `"tokens_in":1200`, "https://s3.example:9000/b", "basic information at a basic rate 2.10", "a@b.example",
		"load L-1 is not there", `{"City":"El Paso"}`, "[3 bytes]",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, telemetry.Hidden) {
		t.Errorf("hidden without need:\n%s", out)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log, closeAll, err := telemetry.NewLog(telemetry.LogSettings{Dir: dir, MaxSizeMB: 1, MaxBackups: 2})
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 10_000)
	for range 150 {
		log.Info(line)
	}
	if err := closeAll(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "combined*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%v %v, want the log and one rotated", files, err)
	}
	for _, f := range files {
		fi, err := os.Stat(f)
		if err != nil || fi.Size() > 1<<20 || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %d bytes, %v, %v", f, fi.Size(), fi.Mode(), err)
		}
	}
}

func TestFolderThatCannotTakeLogs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := telemetry.NewLog(telemetry.LogSettings{Dir: filepath.Join(file, "logs")})
	if !errs.Is(err, errs.KindUnavailable) || !strings.Contains(errs.Public(err).HintMsg, file) {
		t.Errorf("got %v", err)
	}
}

func TestPanicInAGoroutine(t *testing.T) {
	t.Parallel()
	l := newLogs(t, slog.LevelInfo)
	ctx := tenant.WithRequestID(t.Context(), "req-9")
	logged := make(chan struct{})
	log := slog.New(signal{l.Handler(), logged})
	telemetry.Go(ctx, log, "position feed", func(context.Context) { panic("token=hUnTeR2xyz ran out") })
	select {
	case <-logged:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was logged")
	}
	out := l.file(t, "error.log")
	for _, want := range []string{"position feed", "ran out", "req-9", "log_test.go"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing in\n%s", want, out)
		}
	}
	if strings.Contains(l.all(t), "hUnTeR2xyz") {
		t.Error("the panic's secret was written")
	}
	if !strings.Contains(l.console.String(), "\n    goroutine ") {
		t.Errorf("the console does not show the stack on lines of its own:\n%s", l.console.String())
	}
}

// signal closes done after the first record.
type signal struct {
	slog.Handler
	done chan struct{}
}

func (s signal) Handle(ctx context.Context, r slog.Record) error {
	defer close(s.done)
	return s.Handler.Handle(ctx, r)
}
