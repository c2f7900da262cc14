package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed seed.sql
var seedSQL string

const (
	email    = "owner@bench.example.com"
	password = "a long enough password"
)

// server is the program under measurement, its database and a signed-in client.
type server struct {
	url, data string
	cmd       *exec.Cmd
	log       *bytes.Buffer
	ended     chan struct{}
	http      *http.Client
	token     string // bearer
	org       string
}

// start runs the program until it ends or ctx does, and returns how long the
// first page took from the moment of starting it.
func start(ctx context.Context, program, data string) (*server, time.Duration, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, 0, err
	}
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		return nil, 0, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, 0, err
	}
	s := &server{url: "http://127.0.0.1:" + port, data: data, log: &bytes.Buffer{}, ended: make(chan struct{}),
		http: &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}}}
	s.cmd = exec.CommandContext(ctx, program, "serve")
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 40 * time.Second
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	// Nothing of this shell's own settings: the embedded default is measured.
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "PG_BIN=" + os.Getenv("PG_BIN"), "PORT=" + port, "TRUCKFLOW_DATA=" + data,
		"TRUCKFLOW_LOG_LEVEL=warn", "TRUCKFLOW_RATE_PER_MINUTE=10000000"}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, 0, err
	}
	go func() { _ = s.cmd.Wait(); close(s.ended) }()
	for {
		res, err := s.http.Get(s.url + "/sign-in")
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if err == nil && res.StatusCode == http.StatusOK {
				return s, time.Since(began), nil
			}
		}
		select {
		case <-s.ended:
			return nil, 0, fmt.Errorf("the program ended: %s", s.log)
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the program in order and waits for it; safe to call twice.
func (s *server) stop() {
	if s == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.ended
}

// form posts a form as a browser does.
func (s *server) form(ctx context.Context, path string, v url.Values) error {
	res, err := s.http.PostForm(s.url+path, v)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 400 {
		err = fmt.Errorf("POST %s: %d: %.300s", path, res.StatusCode, b)
	}
	return err
}

// found makes the company and its owner, as the first visitor does.
func (s *server) found(ctx context.Context) error {
	return s.form(ctx, "/setup", url.Values{"company": {"Bench Lines LLC"}, "name": {"Dana"}, "email": {email}, "password": {password}})
}

func (s *server) signIn(ctx context.Context) error {
	if err := s.form(ctx, "/sign-in", url.Values{"email": {email}, "password": {password}}); err != nil {
		return err
	}
	b, _ := json.Marshal(map[string]string{"email": email, "password": password})
	res, err := s.http.Post(s.url+"/v1/auth/token", "application/json", bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var t struct{ Token string }
	if err := json.NewDecoder(res.Body).Decode(&t); err != nil {
		return err
	}
	if t.Token == "" {
		return errors.New("no bearer token")
	}
	s.token = t.Token
	s.org, err = s.ask(ctx, "select id from orgs")
	return err
}

// readPaper uploads a document and waits until the program has read it.
func (s *server) readPaper(ctx context.Context, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("file", filepath.Base(file))
	if err != nil {
		return err
	}
	// The same bytes twice would be one document, read once.
	if _, err := fmt.Fprintf(part, "%s\n%%%% %d\n", content, time.Now().UnixNano()); err != nil {
		return err
	}
	if err := m.Close(); err != nil {
		return err
	}
	var doc struct{ ID, State string }
	if err := s.call(ctx, http.MethodPost, "/v1/documents", m.FormDataContentType(), &form, &doc); err != nil {
		return err
	}
	for doc.State != "read" {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		if err := s.call(ctx, http.MethodGet, "/v1/documents/"+doc.ID, "", nil, &doc); err != nil {
			return err
		}
	}
	return nil
}

// call asks the API and reads its JSON answer into out.
func (s *server) call(ctx context.Context, method, path, kind string, body io.Reader, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", kind)
	res, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %.300s", method, path, res.Status, b)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, out)
}

// seed fills the database behind the program's back.
func (s *server) seed(ctx context.Context, loads int) error {
	_, err := s.postgres(ctx, "psql", "postgres", seedSQL, "-qXAt", "-v", fmt.Sprintf("loads=%d", loads))
	return err
}

// ask runs one query as the administrator.
func (s *server) ask(ctx context.Context, sql string) (string, error) {
	out, err := s.postgres(ctx, "psql", "postgres", sql, "-qXAt", "-v", "ON_ERROR_STOP=1")
	return strings.TrimSpace(out), err
}

// postgres runs one of PostgreSQL's programs on the embedded database as a role.
func (s *server) postgres(ctx context.Context, program, role, stdin string, args ...string) (string, error) {
	b, err := os.ReadFile(filepath.Join(s.data, "postgres", "passwords.json"))
	if err != nil {
		return "", err
	}
	secrets := map[string]string{}
	if err := json.Unmarshal(b, &secrets); err != nil {
		return "", err
	}
	bin, err := s.find(program)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = []string{"PGHOST=" + filepath.Join(s.data, "postgres", "run"), "PGPORT=5432", "PGUSER=" + role, "PGPASSWORD=" + secrets[role], "PGDATABASE=truckflow"}
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %.800s", program, err, errOut.String())
	}
	return string(out), err
}

// find looks beside the running server's own program first: versions must agree.
func (s *server) find(program string) (string, error) {
	pid, err := os.ReadFile(filepath.Join(s.data, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	exe, err := os.Readlink("/proc/" + first + "/exe")
	if err != nil {
		return "", err
	}
	p := filepath.Join(filepath.Dir(exe), program)
	_, err = os.Stat(p)
	return p, err
}
