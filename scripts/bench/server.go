package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"truckflow/internal/ops/pgmanager"
)

const (
	owner    = "owner@bench.example"
	password = "a bench passphrase 7"
)

// server is one running program.
type server struct {
	cmd  *exec.Cmd
	url  string
	http *http.Client
	log  *bytes.Buffer
}

// start runs the program and waits until it is ready; took is how long that was.
func start(ctx context.Context, program, data string, env ...string) (s *server, took time.Duration, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return nil, 0, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, 0, err
	}
	s = &server{cmd: exec.CommandContext(ctx, program, "serve"), url: fmt.Sprintf("http://127.0.0.1:%d", port), log: &bytes.Buffer{},
		http: &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256}}}
	s.cmd.Env = append(append(os.Environ(), fmt.Sprintf("PORT=%d", port), "TRUCKFLOW_DATA="+data, "TRUCKFLOW_RATE_PER_MINUTE=100000000", "TRUCKFLOW_LOG_LEVEL=warn"), env...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, 0, err
	}
	for time.Since(began) < time.Minute {
		if r, err := s.http.Get(s.url + "/sign-in"); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			if r.StatusCode == 200 {
				return s, time.Since(began), nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.stop()
	return nil, 0, fmt.Errorf("the program was not ready within a minute:\n%s", s.log)
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// starts measures the fresh and the warm start with the embedded database, and the binary.
func starts(ctx context.Context, t *table, program, dir string) error {
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	t.most("binary", "MB", float64(info.Size())/1e6, 80)
	for _, x := range []struct {
		name string
		goal float64
	}{{"fresh start to first page, own PostgreSQL", 15}, {"warm start to first page, own PostgreSQL", 3}} {
		s, took, err := start(ctx, program, filepath.Join(dir, "starts"))
		if err != nil {
			return err
		}
		s.stop()
		t.most(x.name, "s", took.Seconds(), x.goal)
	}
	return nil
}

// bench is the program on a database that the bench can reach as well.
type bench struct {
	*server
	pg    *pgmanager.Server
	super *pgxpool.Pool
	token string
	org   string
	payer string // a customer's id
}

func open(ctx context.Context, program, dir string) (b *bench, err error) {
	b = &bench{}
	if b.pg, err = pgmanager.Start(ctx, pgmanager.Config{Dir: filepath.Join(dir, "postgres")}); err != nil {
		return nil, err
	}
	if b.server, _, err = start(ctx, program, filepath.Join(dir, "data"), "DATABASE_URL="+b.pg.OwnerDSN()); err != nil {
		b.close()
		return nil, err
	}
	if b.super, err = pgxpool.New(ctx, strings.Replace(b.pg.SuperDSN(), "dbname=postgres", "dbname=truckflow", 1)); err == nil {
		err = b.found(ctx)
	}
	if err != nil {
		b.close()
		return nil, fmt.Errorf("%w\n%s", err, b.log)
	}
	return b, nil
}

func (b *bench) close() {
	if b.super != nil {
		b.super.Close()
	}
	if b.server != nil {
		b.stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_ = b.pg.Stop(ctx)
}

// found makes the company, signs the owner in, and looks at the first pages.
func (b *bench) found(ctx context.Context) error {
	r, err := b.http.PostForm(b.url+"/setup", url.Values{"company": {"Bench Carrier"}, "name": {"Olive"}, "email": {owner}, "password": {password}})
	if err != nil {
		return err
	}
	_ = r.Body.Close()
	var tok struct {
		Token string `json:"token"`
	}
	if err := b.post(ctx, "/v1/auth/token", map[string]any{"email": owner, "password": password}, &tok); err != nil {
		return err
	}
	b.token = tok.Token
	var c struct {
		ID string `json:"id"`
	}
	if err := b.post(ctx, "/v1/customers", map[string]any{"name": "Bench Logistics LLC", "kind": "broker", "usdot": "3999001"}, &c); err != nil {
		return err
	}
	b.payer = c.ID
	for _, p := range []string{"/", "/board", "/loads", "/billing"} {
		if _, err := b.get(ctx, p); err != nil {
			return err
		}
	}
	return b.super.QueryRow(ctx, "select id::text from orgs").Scan(&b.org)
}

var posts int

func (b *bench) post(ctx context.Context, path string, in, out any) error {
	posts++
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return b.send(ctx, path, "bench-"+strconv.Itoa(posts), body, out)
}

func (b *bench) send(ctx context.Context, path, key string, body []byte, out any) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Idempotency-Key", key)
	if b.token != "" {
		q.Header.Set("Authorization", "Bearer "+b.token)
	}
	r, err := b.http.Do(q)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	got, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if r.StatusCode >= 300 {
		return fmt.Errorf("%s: %s: %.300s", path, r.Status, got)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(got, out)
}

// get fetches a page, or a /v1 path as the bearer; size is what crossed the wire.
func (b *bench) get(ctx context.Context, path string) (size int64, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+path, nil)
	if err != nil {
		return 0, err
	}
	q.Header.Set("Accept-Encoding", "gzip")
	if strings.HasPrefix(path, "/v1") {
		q.Header.Set("Authorization", "Bearer "+b.token)
	}
	r, err := b.http.Do(q)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	size, err = io.Copy(io.Discard, r.Body)
	if err == nil && r.StatusCode != 200 {
		err = fmt.Errorf("%s: %s", path, r.Status)
	}
	return size, err
}

// memory is the program's own resident memory in MB, once it has come to rest.
func (b *bench) memory() (float64, error) {
	time.Sleep(5 * time.Second)
	st, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for _, l := range strings.Split(string(st), "\n") {
		if f := strings.Fields(l); len(f) > 1 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(f[1], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}
