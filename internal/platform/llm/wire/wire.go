// Package wire is what the engines' HTTP interfaces have in common: a question
// is posted as JSON, the answer comes line by line or as server-sent events, and
// a status says what went wrong.
package wire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/platform/llm"
)

const (
	maxAnswer = 8 << 20 // bytes of one answer
	maxLine   = 4 << 20
	dialing   = 5 * time.Second
)

// Client speaks to one server.
type Client struct {
	base    string
	headers map[string]string
	http    *http.Client
}

// New returns a client of the server at base. It follows no redirect: a server on
// the premises must not be able to send a question elsewhere. inside also passes
// over any proxy of the environment.
func New(base string, headers map[string]string, inside bool) *Client {
	tr := &http.Transport{DialContext: (&net.Dialer{Timeout: dialing}).DialContext, MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: dialing, ForceAttemptHTTP2: true}
	if !inside {
		tr.Proxy = http.ProxyFromEnvironment
	}
	return &Client{base: strings.TrimSuffix(base, "/"), headers: headers,
		http: &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Post sends body and returns the answer, open; another status than 200 is a *llm.Failure.
func (c *Client) Post(ctx context.Context, path string, body any) (io.ReadCloser, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, http.MethodPost, path, bytes.NewReader(b))
}

// Get reads path.
func (c *Client) Get(ctx context.Context, path string) (io.ReadCloser, error) {
	return c.do(ctx, http.MethodGet, path, nil)
}

func (c *Client) do(ctx context.Context, method, path string, body io.Reader) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range c.headers {
		req.Header.Set(k, v)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, Lost(ctx, err, llm.Unreachable)
	}
	if res.StatusCode == http.StatusOK {
		return struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}, nil
	}
	defer res.Body.Close()
	return nil, failure(res)
}

// Lost is the error of a connection that broke: ctx's own where that is the cause.
func Lost(ctx context.Context, err error, t llm.Trouble) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f := &llm.Failure{Trouble: t}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		f.Detail = "no connection"
	}
	return f
}

// failure reads a status. Of the body only the error's own type goes into it: a
// message may quote the question.
func failure(res *http.Response) *llm.Failure {
	f := &llm.Failure{Status: res.StatusCode}
	b, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	f.Detail = errorType(b)
	switch s := res.StatusCode; {
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable, s == 529:
		f.Trouble = llm.Busy
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
			f.After = time.Duration(n) * time.Second
		}
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		f.Trouble = llm.NoKey
	case s == http.StatusNotFound:
		f.Trouble = llm.Missing
	case s >= 500:
		f.Trouble = llm.Broken
	case s >= 400:
		f.Trouble = llm.Rejected
	default:
		f.Trouble = llm.Malformed
	}
	return f
}

func errorType(b []byte) string {
	var x struct {
		Error struct {
			Type string          `json:"type"`
			Code json.RawMessage `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(b, &x) != nil || len(x.Error.Type) > 60 {
		return ""
	}
	return x.Error.Type
}

// Lines calls each with every line that is not empty, until it says stop.
func Lines(ctx context.Context, r io.Reader, each func(line []byte) (stop bool, err error)) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	for s.Scan() {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		if stop, err := each(s.Bytes()); err != nil || stop {
			return err
		}
	}
	if err := s.Err(); err != nil {
		return Lost(ctx, err, llm.BrokenOff)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &llm.Failure{Trouble: llm.BrokenOff}
}

// Events calls each with the data of every server-sent event, until it says stop.
func Events(ctx context.Context, r io.Reader, each func(data []byte) (stop bool, err error)) error {
	return Lines(ctx, r, func(line []byte) (bool, error) {
		data, ok := bytes.CutPrefix(line, []byte("data:"))
		if !ok {
			if bytes.HasPrefix(line, []byte("event:")) || bytes.HasPrefix(line, []byte(":")) || bytes.HasPrefix(line, []byte("id:")) || bytes.HasPrefix(line, []byte("retry:")) {
				return false, nil
			}
			return true, &llm.Failure{Trouble: llm.Malformed, Detail: "no server-sent event"}
		}
		return each(bytes.TrimSpace(data))
	})
}

// Decode reads one JSON value of an answer.
func Decode(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return &llm.Failure{Trouble: llm.Malformed, Detail: "no JSON"}
	}
	return nil
}

// mostWhole bytes an answer that is no stream may have: a list of models has some kilobytes.
const mostWhole = 4 << 20

// Whole reads an answer that is one JSON value, and closes it.
func Whole(ctx context.Context, body io.ReadCloser, v any) error {
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, mostWhole))
	if err != nil {
		return Lost(ctx, err, llm.BrokenOff)
	}
	return Decode(b, v)
}

// Inside reports whether a server at base stands on the premises: this machine, a
// private address, a name without a dot or of a private zone, or one of hosts,
// which somebody who knows vouches for. Anything else is outside.
func Inside(base string, hosts []string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" {
		return false
	}
	h := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	for _, x := range hosts {
		if strings.EqualFold(strings.TrimSpace(x), h) {
			return true
		}
	}
	if a, err := netip.ParseAddr(h); err == nil {
		a = a.Unmap()
		return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast()
	}
	for _, zone := range []string{".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet"} {
		if strings.HasSuffix(h, zone) {
			return true
		}
	}
	return !strings.Contains(h, ".")
}
