// Package stub stands in for the servers of language models, for tests and for
// truckflow ai bench: it speaks Ollama's, OpenAI's and Anthropic's interfaces,
// refuses what they refuse, queues as a warm Ollama does, fails in each way they
// fail, and remembers every byte it was sent.
package stub

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Mode is how a server behaves.
type Mode string

// The modes.
const (
	Well      Mode = "well"
	Hang      Mode = "hang"      // takes the question and says nothing
	Slow      Mode = "slow"      // twenty times as long to the first token
	Limit     Mode = "limit"     // 429 with Retry-After
	Loading   Mode = "loading"   // 503
	Broken    Mode = "broken"    // 500
	Malformed Mode = "malformed" // 200 and a page
	Half      Mode = "half"      // breaks off in the middle
	NoKey     Mode = "no key"    // 401
)

// Settings are what Start needs. Zero values: no delays, one word, every model known.
type Settings struct {
	Models []string      // known; empty: any
	Slots  int           // answers made at a time; the others wait without bound. 0: no bound
	First  time.Duration // until an answer's first token, once it has a place
	Each   time.Duration // between tokens
	Words  int           // of an answer without schema
	Blind  bool          // its models cannot look at pictures
	Say    func(Question) Reply
}

// Question is what a server was asked, whatever the interface.
type Question struct {
	API    string // ollama, openai, anthropic
	Model  string
	Text   string // system prompt and messages
	Schema json.RawMessage
	Tools  []string
	Images [][]byte
	Body   string // as it came
}

// Reply is what it answers. The zero Reply lets the server make something up.
type Reply struct {
	Text string
	Tool string // a tool to call …
	Args string // … with these arguments, JSON
}

// Server is a running stub.
type Server struct {
	URL string
	s   Settings
	srv *http.Server
	sem chan struct{}

	mu     sync.Mutex
	mode   Mode
	seen   []Question
	gone   int // answers nobody waited for
	most   int // side by side
	inside int
}

// Start listens on this machine only.
func Start(s Settings) (*Server, error) {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if s.Words == 0 {
		s.Words = 1
	}
	v := &Server{URL: "http://" + ln.Addr().String(), s: s, mode: Well}
	if s.Slots > 0 {
		v.sem = make(chan struct{}, s.Slots)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/chat", func(w http.ResponseWriter, r *http.Request) { v.answer(w, r, &ollama{}) })
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) { v.answer(w, r, &openAI{}) })
	mux.HandleFunc("POST /v1/messages", func(w http.ResponseWriter, r *http.Request) { v.answer(w, r, &anthropic{}) })
	mux.HandleFunc("POST /api/show", v.show)
	mux.HandleFunc("POST /api/generate", v.load)
	mux.HandleFunc("GET /v1/models", v.list)
	mux.HandleFunc("GET /v1/models/{model}", v.one)
	v.srv = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = v.srv.Serve(ln) }()
	return v, nil
}

// Close ends the server and every connection.
func (v *Server) Close() { _ = v.srv.Close() }

// Become changes how it behaves from the next question on.
func (v *Server) Become(m Mode) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mode = m
}

// Seen returns every question, in order of arrival.
func (v *Server) Seen() []Question {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.seen)
}

// Left counts answers whose caller hung up before the end.
func (v *Server) Left() int { v.mu.Lock(); defer v.mu.Unlock(); return v.gone }

// Most is how many questions were being answered at once, those waiting included.
func (v *Server) Most() int { v.mu.Lock(); defer v.mu.Unlock(); return v.most }

func (v *Server) knows(model string) bool {
	return len(v.s.Models) == 0 || slices.Contains(v.s.Models, model)
}

// speech is one interface's way to say things.
type speech interface {
	// read understands a request, or says with which status and error it is refused.
	read(r *http.Request, body []byte) (q Question, status int, err string)
	fail(w http.ResponseWriter, status int, err string)
	// begin, word, call and end write an answer; in is the number of the question's tokens.
	begin(w io.Writer, in int)
	word(w io.Writer, text string)
	call(w io.Writer, tool, args string)
	end(w io.Writer, in, out int, first, rest time.Duration)
}

func (v *Server) answer(w http.ResponseWriter, r *http.Request, s speech) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return
	}
	q, status, why := s.read(r, body)
	q.Body = string(body)
	v.mu.Lock()
	v.seen = append(v.seen, q)
	mode := v.mode
	v.inside++
	v.most = max(v.most, v.inside)
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		v.inside--
		if r.Context().Err() != nil {
			v.gone++
		}
		v.mu.Unlock()
	}()
	if status == 0 && !v.knows(q.Model) {
		status, why = http.StatusNotFound, "not_found_error"
	}
	if status == 0 && v.s.Blind && len(q.Images) > 0 {
		status, why = http.StatusBadRequest, "invalid_request_error"
	}
	switch {
	case status != 0:
	case mode == Limit:
		w.Header().Set("Retry-After", "1")
		status, why = http.StatusTooManyRequests, "rate_limit_error"
	case mode == Loading:
		status, why = http.StatusServiceUnavailable, "overloaded_error"
	case mode == Broken:
		status, why = http.StatusInternalServerError, "server_error"
	case mode == NoKey:
		status, why = http.StatusUnauthorized, "authentication_error"
	case mode == Malformed:
		_, _ = io.WriteString(w, "<html><body>Welcome to the captive portal</body></html>\n")
		return
	case mode == Hang:
		<-r.Context().Done()
		return
	}
	if status != 0 {
		s.fail(w, status, why)
		return
	}
	v.speak(w, r, s, q, mode)
}

// speak writes a whole answer, or half of one.
func (v *Server) speak(w http.ResponseWriter, r *http.Request, s speech, q Question, mode Mode) {
	if v.sem != nil {
		select {
		case v.sem <- struct{}{}:
			defer func() { <-v.sem }()
		case <-r.Context().Done():
			return
		}
	}
	began := time.Now()
	first := v.s.First
	if mode == Slow {
		first = 20 * first
	}
	if !pause(r.Context(), first) {
		return
	}
	out := Reply{}
	if v.s.Say != nil {
		out = v.s.Say(q)
	}
	if out == (Reply{}) {
		out.Text = invent(q.Schema, v.s.Words)
	}
	in := len(q.Text)/4 + 1
	s.begin(w, in)
	took := time.Since(began)
	words := strings.SplitAfter(out.Text, " ")
	for i, word := range words {
		if mode == Half && i >= (len(words)+1)/2 {
			break
		}
		if i > 0 && !pause(r.Context(), v.s.Each) {
			return
		}
		s.word(w, word)
		w.(http.Flusher).Flush()
	}
	if mode == Half {
		panic(http.ErrAbortHandler) // the connection is cut
	}
	if out.Tool != "" {
		s.call(w, out.Tool, out.Args)
	}
	s.end(w, in, len(words), took, time.Since(began)-took)
}

func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// invent makes the least answer of a schema, or words.
func invent(schema json.RawMessage, words int) string {
	if len(schema) == 0 {
		return strings.TrimSpace(strings.Repeat("word ", words))
	}
	var s node
	_ = json.Unmarshal(schema, &s)
	b, _ := json.Marshal(s.least())
	return string(b)
}

type node struct {
	Type       any             `json:"type"`
	Enum       []any           `json:"enum"`
	Properties map[string]node `json:"properties"`
}

func (n node) least() any {
	t, _ := n.Type.(string)
	if ts, ok := n.Type.([]any); ok && len(ts) > 0 {
		t, _ = ts[len(ts)-1].(string)
	}
	switch {
	case len(n.Enum) > 0:
		return n.Enum[0]
	case t == "object":
		out := map[string]any{}
		for k, p := range n.Properties {
			out[k] = p.least()
		}
		return out
	case t == "array":
		return []any{}
	case t == "number", t == "integer":
		return 0
	case t == "boolean":
		return false
	case t == "null":
		return nil
	}
	return "text"
}

func (v *Server) show(w http.ResponseWriter, r *http.Request) {
	var q struct{ Model string }
	if json.NewDecoder(r.Body).Decode(&q) != nil || !v.knows(q.Model) {
		(&ollama{}).fail(w, http.StatusNotFound, "model not found")
		return
	}
	can := []string{"completion", "tools"}
	if !v.s.Blind {
		can = append(can, "vision")
	}
	write(w, map[string]any{"capabilities": can})
}

func (v *Server) load(w http.ResponseWriter, r *http.Request) {
	var q struct{ Model string }
	if json.NewDecoder(r.Body).Decode(&q) != nil || !v.knows(q.Model) {
		(&ollama{}).fail(w, http.StatusNotFound, "model not found")
		return
	}
	write(w, map[string]any{"model": q.Model, "done": true, "done_reason": "load"})
}

func (v *Server) list(w http.ResponseWriter, _ *http.Request) {
	data := []map[string]string{}
	for _, m := range v.s.Models {
		data = append(data, map[string]string{"id": m, "object": "model"})
	}
	write(w, map[string]any{"object": "list", "data": data})
}

func (v *Server) one(w http.ResponseWriter, r *http.Request) {
	if !v.knows(r.PathValue("model")) {
		(&anthropic{}).fail(w, http.StatusNotFound, "not_found_error")
		return
	}
	write(w, map[string]string{"type": "model", "id": r.PathValue("model")})
}

func write(w io.Writer, v any) {
	b, _ := json.Marshal(v)
	_, _ = w.Write(append(b, '\n'))
}
