package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sample is one answered request.
type sample struct {
	kind int
	took time.Duration
	size int
}

// open sends request i at began + i/rate whether or not earlier ones were
// answered, and counts each from the moment it was due: a stalled server is
// charged for everybody who would have waited.
func open(ctx context.Context, rate int, length time.Duration, send func(i int) (kind, size int, err error)) ([]sample, error) {
	n := int(length.Seconds() * float64(rate))
	out := make([]sample, n)
	var failures atomic.Int64
	var first atomic.Pointer[error]
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		wg.Go(func() {
			kind, size, err := send(i)
			if err != nil {
				failures.Add(1)
				first.CompareAndSwap(nil, &err)
			}
			out[i] = sample{kind, time.Since(due), size} // one that gave up waited as long as it waited
		})
	}
	wg.Wait()
	if p := first.Load(); p != nil {
		fmt.Fprintf(os.Stderr, "%d of %d requests failed, the first: %v\n", failures.Load(), n, *p)
		if int(failures.Load()) == n {
			return nil, *p
		}
	}
	return out, nil
}

// percentile is in milliseconds.
func percentile(ds []float64, p float64) float64 {
	if len(ds) == 0 {
		return 0
	}
	slices.Sort(ds)
	return ds[min(len(ds)-1, int(p*float64(len(ds))))]
}

func times(ss []sample, kind int) (out []float64) {
	for _, s := range ss {
		if s.kind == kind {
			out = append(out, float64(s.took.Microseconds())/1000)
		}
	}
	return out
}

func (s *server) get(ctx context.Context, path string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Accept-Encoding", "gzip") // as every browser; the size is what crosses the wire
	res, err := s.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, res.Status)
	}
	return int(n), err
}

// pgbench runs script as the program's own role under row security at rate
// (0: as fast as it can) and returns each transaction's milliseconds and the
// transactions a second.
func (s *server) pgbench(ctx context.Context, script string, rate, clients int, seconds int) (ms []float64, tps float64, err error) {
	dir, err := os.MkdirTemp("", "truckflow-pgbench-")
	if err != nil {
		return nil, 0, err
	}
	defer os.RemoveAll(dir)
	f := filepath.Join(dir, "script.sql")
	if err := os.WriteFile(f, []byte("begin;\nset local app.org_id = '"+s.org+"';\n"+script+"\ncommit;\n"), 0o600); err != nil {
		return nil, 0, err
	}
	args := []string{"-n", "-M", "prepared", "-f", f, "-c", fmt.Sprint(clients), "-T", fmt.Sprint(seconds), "-l", "--log-prefix", filepath.Join(dir, "log")}
	if rate > 0 {
		args = append(args, "-R", fmt.Sprint(rate))
	}
	if _, err := s.postgres(ctx, "pgbench", "truckflow_app", "", args...); err != nil {
		return nil, 0, err
	}
	logs, err := filepath.Glob(filepath.Join(dir, "log*"))
	for _, l := range logs {
		b, err := os.ReadFile(l)
		if err != nil {
			return nil, 0, err
		}
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 2 { // client, number, microseconds …
				us, err := strconv.ParseFloat(f[2], 64)
				if err != nil {
					return nil, 0, err
				}
				ms = append(ms, us/1000)
			}
		}
	}
	return ms, float64(len(ms)) / float64(seconds), err
}

// post books one load under a key of its own.
func (s *server) post(ctx context.Context, body, key string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/loads", bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Idempotency-Key", key)
	res, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("POST /v1/loads: %s: %.300s", res.Status, b)
	}
	return err
}
