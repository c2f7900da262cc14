package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"truckflow/internal/cli"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/sim/paper"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"truckflow": func() { os.Exit(cli.Main(os.Args[1:])) }})
}

// TestScripts runs testdata/script: every command as a person or a program calls
// it, with right and wrong input. Beside testscript's own commands a script has
//
//	exits CODE truckflow …   runs it and wants exactly this exit code
//	json PATH [VALUE]        wants the last output to be JSON with a value at a.b.0.c
//	database                 sets DATABASE_URL to an empty, real PostgreSQL database
//	port                     sets PORT to a free one
//	ready                    waits until the server on $PORT is ready
//	post PATH TYPE BODY      sends a request there, whatever the answer
//	print FILE               prints a generated rate confirmation
func TestScripts(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			// PostgreSQL's own account passes through to the data folder.
			if err := errors.Join(os.Chmod(filepath.Dir(e.WorkDir), 0o711), os.Chmod(e.WorkDir, 0o711)); err != nil {
				return err
			}
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(cache, "truckflow-test")) // PDFium is compiled once for all
			e.Setenv("TRUCKFLOW_DATA", filepath.Join(e.WorkDir, "data"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "json": hasJSON, "port": port, "ready": ready, "post": post, "print": printPaper,
			"database": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Setenv("DATABASE_URL", pgtest.New(t, "empty", func(context.Context, string) error { return nil }).OwnerDSN)
			},
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg {
		ts.Fatalf("exits CODE COMMAND…")
	}
	var got int
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// hasJSON wants every line of output to belong to one JSON value.
func hasJSON(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	if err := dec.Decode(&v); err != nil {
		ts.Fatalf("not JSON: %v", err)
	}
	if dec.More() {
		ts.Fatalf("something follows the JSON value")
	}
	for _, key := range strings.Split(args[0], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			if i, err := strconv.Atoi(key); err == nil && i < len(x) {
				v = x[i]
				continue
			}
			v = nil
		default:
			v = nil
		}
	}
	if got := fmt.Sprint(v); v == nil || len(args) > 1 && got != args[1] {
		ts.Fatalf("%s is %v, want %v", args[0], v, args[1:])
	}
}

func port(ts *testscript.TestScript, _ bool, _ []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("PORT", strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
	ts.Check(ln.Close())
}

func ready(ts *testscript.TestScript, _ bool, _ []string) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if r, err := http.Get("http://127.0.0.1:" + ts.Getenv("PORT") + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
	}
	ts.Fatalf("the server never became ready")
}

func post(ts *testscript.TestScript, _ bool, args []string) {
	r, err := http.Post("http://127.0.0.1:"+ts.Getenv("PORT")+args[0], args[1], strings.NewReader(args[2]))
	ts.Check(err)
	ts.Check(r.Body.Close())
}

func printPaper(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	ts.Check(paper.Layouts()[0].Print(&b, paper.Random(11)))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
}
