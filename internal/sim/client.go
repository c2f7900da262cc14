package sim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"truckflow/internal/kit/clock"
)

// client speaks /v1 as any outside program would.
type client struct {
	url, email, password string
	http                 *http.Client
	log                  *slog.Logger
	clock                clock.Clock
	run                  int64 // makes the keys of this process's live work its own
	n                    atomic.Int64

	mu      sync.Mutex
	token   string
	expires time.Time
}

func newClient(c Config) *client {
	return &client{url: c.URL, email: c.Email, password: c.Password, log: c.Log, clock: c.Clock, run: c.Clock.Now().UnixNano(),
		http: &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}}}
}

// refused is an answer of 400 and above.
type refused struct {
	Status int
	Detail string `json:"detail"`
	Errors []struct {
		Message  string `json:"message"`
		Location string `json:"location"`
	} `json:"errors"`
	path string
}

func (r *refused) Error() string {
	s := fmt.Sprintf("%s: %d %s", r.path, r.Status, r.Detail)
	for _, e := range r.Errors[:min(3, len(r.Errors))] {
		s += "; " + e.Location + ": " + e.Message
	}
	return s
}

// is reports an answer with one of these statuses.
func is(err error, status ...int) bool {
	var r *refused
	if !errors.As(err, &r) {
		return false
	}
	for _, s := range status {
		if r.Status == s {
			return true
		}
	}
	return false
}

// key is a fresh idempotency key for live work; its retries share it.
func (c *client) key() string { return fmt.Sprintf("sim-live-%d-%d", c.run, c.n.Add(1)) }

func (c *client) get(ctx context.Context, path string, out any) error {
	return c.send(ctx, http.MethodGet, path, "", "", nil, out)
}

// post sends in as JSON under an idempotency key; "" is a fresh one.
func (c *client) post(ctx context.Context, path, key string, in, out any) error {
	body := []byte("{}")
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	return c.send(ctx, http.MethodPost, path, key, "application/json", body, out)
}

// upload sends one file with form fields. The boundary follows from the key so
// that a retry is the same request.
func (c *client) upload(ctx context.Context, path, key string, fields [][2]string, filename string, data []byte, out any) error {
	if key == "" {
		key = c.key()
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	sum := sha256.Sum256([]byte(key))
	if err := w.SetBoundary("sim" + hex.EncodeToString(sum[:20])); err != nil {
		return err
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return err
		}
	}
	part, err := w.CreateFormFile(fileField, filename)
	if err != nil {
		return err
	}
	if _, err := part.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.send(ctx, http.MethodPost, path, key, w.FormDataContentType(), b.Bytes(), out)
}

// tries bounds how often one request is sent before it counts as failed.
const tries = 8

func (c *client) send(ctx context.Context, method, path, key, ctype string, body []byte, out any) (err error) {
	if method == http.MethodPost && key == "" {
		key = c.key()
	}
	fresh := false // a new token was fetched for this very request
	for try := range tries {
		var wait time.Duration
		if wait, err = c.once(ctx, method, path, key, ctype, body, out); err == nil {
			return nil
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case is(err, 401) && !fresh:
			c.forget()
			fresh = true
			continue
		case is(err, 429, 502, 503, 504) || !isRefused(err):
			wait = max(wait, min(10*time.Second, 250*time.Millisecond<<try))
		default:
			return err
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
	return err
}

func isRefused(err error) bool {
	var r *refused
	return errors.As(err, &r)
}

// once sends a request once; wait is what the server asked for.
func (c *client) once(ctx context.Context, method, path, key, ctype string, body []byte, out any) (wait time.Duration, err error) {
	token, err := c.bearer(ctx)
	if err != nil {
		return 0, err
	}
	return c.exchange(ctx, method, path, map[string]string{"Authorization": "Bearer " + token, "Idempotency-Key": key, "Content-Type": ctype}, body, out)
}

func (c *client) exchange(ctx context.Context, method, path string, head map[string]string, body []byte, out any) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	for k, v := range head {
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 32<<20))
	if err != nil {
		return 0, err
	}
	if res.StatusCode >= 400 {
		r := &refused{path: method + " " + path}
		_ = json.Unmarshal(b, r) // the status alone is enough when the body is not a problem document
		r.Status = res.StatusCode
		s, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return time.Duration(s) * time.Second, r
	}
	if out == nil || len(b) == 0 {
		return 0, nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return 0, fmt.Errorf("answer of %s: %w", path, err)
	}
	return 0, nil
}

// bearer returns a token that is good for another minute.
func (c *client) bearer(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && c.clock.Now().Add(time.Minute).Before(c.expires) {
		return c.token, nil
	}
	body, err := json.Marshal(map[string]string{"email": c.email, "password": c.password})
	if err != nil {
		return "", err
	}
	var out struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}
	if _, err := c.exchange(ctx, http.MethodPost, "/v1/auth/token", map[string]string{"Content-Type": "application/json"}, body, &out); err != nil {
		return "", err
	}
	c.token, c.expires = out.Token, out.Expires
	return c.token, nil
}

func (c *client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = ""
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
